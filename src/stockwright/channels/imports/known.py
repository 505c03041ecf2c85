"""What the shop has of the records of a batch already: to tell new ones from changed and unchanged ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from stockwright.kit.bulk import fetch
from stockwright.kit.models import ExternalRef


def content_hash(value: Any) -> str:
    """A digest of plain data, the same for the same content."""
    said = orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def orders_known(channel: str, numbers: Iterable[str]) -> dict[str, str]:
    """Digest of what a channel last told of its orders, by number."""
    rows = fetch(
        "SELECT o.number, o.content_hash FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id"
        " WHERE c.code = %s AND o.number = ANY(%s)",
        (channel, list(numbers)),
    )
    return dict(rows)


def products_known(source: str, handles: Iterable[str]) -> dict[str, str]:
    """Digest of what a source last told of its products, by handle."""
    refs = ExternalRef.objects.filter(source=source, type="product", external_id__in=list(handles))
    return dict(refs.values_list("external_id", "content_hash"))


def variants_known(skus: Iterable[str]) -> dict[str, int]:
    """Variants by SKU: those that have stock of their own."""
    rows = fetch("SELECT sku, id FROM catalog_variant WHERE sku = ANY(%s)", (list(skus),))
    return dict(rows)


def hollow_variants(skus: Iterable[str]) -> set[str]:
    """SKUs that have no stock of their own: kits, and what nobody counts."""
    rows = fetch("SELECT sku FROM catalog_variant WHERE sku = ANY(%s) AND (is_kit OR NOT stocked)", (list(skus),))
    return {row[0] for row in rows}


def locations_known() -> dict[str, int]:
    """Places that hold stock, by code and by name, in lower case; a name of two places is left out."""
    rows = fetch("SELECT id, code, name FROM stock_location WHERE kind IN ('warehouse', 'store') ORDER BY priority, id")
    found = {code.casefold(): id_ for id_, code, _name in rows}
    names = [name.casefold() for _id, _code, name in rows]
    for id_, _code, name in rows:
        if names.count(name.casefold()) == 1:
            found.setdefault(name.casefold(), id_)
    return found


def levels_known(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Units on hand by (variant, location), where the ledger has begun."""
    wanted = list(pairs)
    rows = fetch(
        "SELECT v.variant_id, v.location_id, v.on_hand FROM stock_level v"
        " JOIN unnest(%s::bigint[], %s::bigint[]) AS u(variant_id, location_id)"
        " ON u.variant_id = v.variant_id AND u.location_id = v.location_id",
        ([variant for variant, _ in wanted], [location for _, location in wanted]),
    )
    return {(variant, location): on_hand for variant, location, on_hand in rows}


def write_offs_known(source: str, references: Iterable[str]) -> set[tuple[str, str]]:
    """(reference, SKU) of the write-offs that a source told before."""
    rows = fetch(
        "SELECT r.external_id FROM kit_externalref r WHERE r.source = %s AND r.type = 'write_off'"
        " AND split_part(r.external_id, ' ', 1) = ANY(%s)",
        (source, list(references)),
    )
    return {tuple(row[0].split(" ", 1)) for row in rows}

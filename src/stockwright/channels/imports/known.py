"""What the shop has of the records of a batch already: to tell new ones from changed and unchanged ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from stockwright.channels.files.stock_rows import AVAILABLE
from stockwright.kit.bulk import fetch
from stockwright.kit.business import read_setting
from stockwright.kit.models import ExternalRef


def content_hash(value: Any) -> str:
    """A digest of plain data, the same for the same content."""
    said = orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(said, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What a channel last told of an order."""

    content_hash: str
    external_id: str
    currency: str
    rate: Decimal


def orders_known(channel: str, numbers: Iterable[str]) -> dict[str, KnownOrder]:
    """What a channel last told of its orders, by number."""
    rows = fetch(
        "SELECT o.number, o.content_hash, o.external_id, o.currency, o.rate FROM orders_order o"
        " JOIN orders_channel c ON c.id = o.channel_id WHERE c.code = %s AND o.number = ANY(%s)",
        (channel, list(numbers)),
    )
    return {number: KnownOrder(*told) for number, *told in rows}


def shop_currency() -> str:
    """What the shop counts in; empty where nobody said so yet and no order came in."""
    said = fetch("SELECT EXISTS (SELECT 1 FROM kit_setting WHERE name = 'shop') OR EXISTS (SELECT 1 FROM orders_order)")
    # As the database has it now: an import may have said it a moment ago.
    return str(read_setting("shop").model_dump()["currency"]) if said[0][0] else ""


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


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """A level as the ledger has it."""

    on_hand: int
    # Promised, kept back, or not fit to be sold.
    spoken_for: int
    # Orders wait for units of this variant somewhere.
    waited_for: bool

    def says(self, units: int, meaning: str) -> bool:
        """Whether it says already what is told of it."""
        if meaning != AVAILABLE:
            return self.on_hand == units
        return not self.waited_for and self.on_hand == max(0, units + self.spoken_for)


def levels_known(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], KnownLevel]:
    """Levels by (variant, location), where the ledger has begun."""
    wanted = list(pairs)
    rows = fetch(
        "SELECT v.variant_id, v.location_id, v.on_hand, v.on_hand - v.available,"
        " EXISTS (SELECT 1 FROM stock_shortfall s WHERE s.variant_id = v.variant_id) FROM stock_level v"
        " JOIN unnest(%s::bigint[], %s::bigint[]) AS u(variant_id, location_id)"
        " ON u.variant_id = v.variant_id AND u.location_id = v.location_id",
        ([variant for variant, _ in wanted], [location for _, location in wanted]),
    )
    return {(variant, location): KnownLevel(*level) for variant, location, *level in rows}


def telling_of(digest: str, kind: str, mapping: Any) -> str:
    """A file and how it is read: the same again says the same."""
    return content_hash([digest, kind, mapping])


def tellings() -> dict[int, str]:
    """Which telling was the last of each location's stock."""
    rows = fetch(
        "SELECT DISTINCT ON (p.place) p.place::bigint, i.telling FROM channels_import i,"
        " jsonb_array_elements_text(i.places) AS p(place) WHERE i.state = 'done' ORDER BY p.place, i.id DESC"
    )
    return dict(rows)


def told_since(import_id: int) -> set[int]:
    """Locations whose stock a later import told."""
    rows = fetch(
        "SELECT DISTINCT p.place::bigint FROM channels_import i, jsonb_array_elements_text(i.places) AS p(place)"
        " WHERE i.id > %s",
        (import_id,),
    )
    return {row[0] for row in rows}


def stock_told_since() -> datetime | None:
    """When a file told stock for the first time."""
    found: datetime | None = fetch("SELECT min(created_at) FROM channels_import WHERE places <> '[]'")[0][0]
    return found


def stock_told_at(skus: Iterable[str]) -> dict[str, datetime]:
    """When the stock of SKUs was last told from outside."""
    rows = fetch(
        "SELECT v.sku, max(m.occurred_at) FROM catalog_variant v JOIN stock_movement m ON m.variant_id = v.id"
        " WHERE v.sku = ANY(%s) AND m.reason IN ('opening', 'channel') GROUP BY v.sku",
        (list(skus),),
    )
    return dict(rows)


def write_offs_known(source: str, keys: Iterable[str]) -> set[str]:
    """Those write-offs that a source told before."""
    refs = ExternalRef.objects.filter(source=source, type="write_off", external_id__in=list(keys))
    return set(refs.values_list("external_id", flat=True))

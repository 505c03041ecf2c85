"""What every verb checks first: that variants are counted, that locations hold stock, that lots and bins exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from stockwright.kit.bulk import execute, fetch
from stockwright.stock.errors import (
    KitHasNoStock,
    LotNeeded,
    NoStockThere,
    NotStocked,
    UnknownBin,
    UnknownLocation,
    UnknownLot,
    UnknownVariant,
)
from stockwright.stock.models import HOLDING


def refuse_uncountable(variant_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Refuse kits, services and variants that do not exist.

    Shape: variant to (SKU, tracking).
    Raises: UnknownVariant, KitHasNoStock, NotStocked.
    """
    found: dict[int, tuple[str, str]] = {}
    for id_, sku, is_kit, stocked, tracking in fetch(
        "SELECT id, sku, is_kit, stocked, tracking FROM catalog_variant WHERE id = ANY(%s)", (list(variant_ids),)
    ):
        if is_kit:
            raise KitHasNoStock(sku=sku)
        if not stocked:
            raise NotStocked(sku=sku)
        found[id_] = (sku, tracking)
    unknown = set(variant_ids) - found.keys()
    if unknown:
        raise UnknownVariant(which=min(unknown))
    return found


def refuse_hollow(location_ids: Iterable[int]) -> None:
    """Refuse locations that hold no stock.

    Raises: UnknownLocation, NoStockThere.
    """
    wanted = set(location_ids)
    found = {
        id_: (name, kind)
        for id_, name, kind in fetch("SELECT id, name, kind FROM stock_location WHERE id = ANY(%s)", (list(wanted),))
    }
    for id_ in sorted(wanted):
        if id_ not in found:
            raise UnknownLocation(which=id_)
        name, kind = found[id_]
        if kind not in HOLDING:
            raise NoStockThere(location=name)


def bin_ids(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Bins by (location, code); an empty code is no bin.

    Raises: UnknownBin.
    """
    pairs = {(location, code) for location, code in wanted if code}
    if not pairs:
        return {}
    rows = fetch(
        "SELECT location_id, code, id FROM stock_bin WHERE location_id = ANY(%s) AND code = ANY(%s)",
        ([location for location, _ in pairs], [code for _, code in pairs]),
    )
    found = {(location, code): id_ for location, code, id_ in rows}
    for location, code in sorted(pairs):
        if (location, code) not in found:
            raise UnknownBin(which=code)
    return found


# (variant, lot code) to the day it expires.
Lots = Mapping[tuple[int, str], date | None]


def lot_ids(lots: Lots) -> dict[tuple[int, str], int]:
    """Lots by (variant, code), made where new; a day of expiry is added to those that had none."""
    named = {key: day for key, day in lots.items() if key[1]}
    if not named:
        return {}
    columns = ([v for v, _ in named], [c for _, c in named], list(named.values()))
    execute(
        "INSERT INTO stock_lot (variant_id, code, expires_on)"
        " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::date[]) AS u ORDER BY 1, 2"
        " ON CONFLICT (variant_id, code) DO UPDATE"
        " SET expires_on = coalesce(stock_lot.expires_on, excluded.expires_on)",
        columns,
    )
    rows = fetch(
        "SELECT variant_id, code, id FROM stock_lot WHERE variant_id = ANY(%s) AND code = ANY(%s)", columns[:2]
    )
    return {(variant, code): id_ for variant, code, id_ in rows if (variant, code) in named}


def known_lot(variant_id: int, code: str) -> int | None:
    """The lot of that code; an empty code is no lot.

    Raises: UnknownLot, as only receiving makes lots.
    """
    if not code:
        return None
    rows = fetch(
        "SELECT v.sku, t.id FROM catalog_variant v LEFT JOIN stock_lot t ON t.variant_id = v.id AND t.code = %s"
        " WHERE v.id = %s",
        (code, variant_id),
    )
    sku, lot = rows[0]
    if lot is None:
        raise UnknownLot(sku=sku, lot=code)
    return int(lot)


def refuse_lotless(tracking: Mapping[int, tuple[str, str]], lots: Iterable[tuple[int, str, date | None]]) -> None:
    """Refuse units of a variant tracked by lot that come without one, or without the day it expires.

    A lot that is known already need not be told its day again.
    Raises: LotNeeded.
    """
    for variant, code, day in lots:
        sku, how = tracking[variant]
        if how == "none":
            continue
        known = code and fetch(
            "SELECT 1 FROM stock_lot WHERE variant_id = %s AND code = %s AND expires_on IS NOT NULL", (variant, code)
        )
        if not code or (how == "expiry" and not day and not known):
            raise LotNeeded(sku=sku, expiry=" and when it expires" if how == "expiry" else "")

"""Querysets for lists that go on where the last page ended; the caller filters, orders and cuts them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from stockwright.stock.models import Count, CountLine, Level, Location, Movement, Shortfall, Transfer, TransferLine


def location_rows() -> QuerySet[Location, Any]:
    """Locations of every kind."""
    return Location.objects.all()


def level_rows() -> QuerySet[Level, Any]:
    """Levels, with `sku` and `location_code`."""
    return Level.objects.annotate(sku=F("variant__sku"), location_code=F("location__code"))


def movement_rows() -> QuerySet[Movement, Any]:
    """The ledger, with `sku`, `from_code` and `to_code`."""
    return Movement.objects.annotate(
        sku=F("variant__sku"), from_code=F("from_location__code"), to_code=F("to_location__code")
    )


def shortfall_rows() -> QuerySet[Shortfall, Any]:
    """What nobody could promise, with `sku`."""
    return Shortfall.objects.annotate(sku=F("variant__sku"))


def transfer_rows() -> QuerySet[Transfer, Any]:
    """Transfers, with `origin_code` and `destination_code`."""
    return Transfer.objects.annotate(origin_code=F("origin__code"), destination_code=F("destination__code"))


def transfer_line_rows(transfer_id: int) -> QuerySet[TransferLine, Any]:
    """The lines of a transfer, with `sku`."""
    return TransferLine.objects.filter(transfer_id=transfer_id).annotate(sku=F("variant__sku")).order_by("id")


def count_rows() -> QuerySet[Count, Any]:
    """Counts, with `location_code`."""
    return Count.objects.annotate(location_code=F("location__code"))


def count_line_rows(count_id: int) -> QuerySet[CountLine, Any]:
    """The lines of a count, with `sku`."""
    return CountLine.objects.filter(count_id=count_id).annotate(sku=F("variant__sku")).order_by("id")

"""Places and the bins within them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Given, action
from stockwright.kit.addresses import Address
from stockwright.kit.bulk import fetch
from stockwright.stock.actions.held import hold
from stockwright.stock.actions.promises import refresh_promises, serve_waiting, tell_moved
from stockwright.stock.errors import CodeTaken, LocationNotEmpty, NoStockThere, UnknownLocation
from stockwright.stock.models import Bin, Location


class HoldingKind(StrEnum):
    """The kinds of places that hold stock."""

    WAREHOUSE = "warehouse"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Placed:
    """A location or bin, and what its changed columns were before and are now."""

    id: int
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class AddLocationGiven(Given):
    """A place that holds stock."""

    code: str = Field(title="Code", min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")
    name: str = Field(title="Name", min_length=1, max_length=120)
    kind: HoldingKind = Field(HoldingKind.WAREHOUSE, title="Kind")
    priority: int = Field(100, title="Priority", ge=0, le=800, description="Orders are promised from the lowest first.")
    ships_orders: bool = Field(True, title="Ships orders", description="Web orders may take from it.")
    address: Address = Field(default_factory=Address, title="Address")


@action("stock.add_location", title=str(_("Add location")))
def add_location(call: Call, given: AddLocationGiven) -> Placed:
    """Add a warehouse or store.

    Raises: CodeTaken.
    """
    try:
        with transaction.atomic():
            columns = {**given.model_dump(), "kind": given.kind.value, "address": given.address.kept()}
            place = Location.objects.create(**columns)
    except IntegrityError:
        raise CodeTaken(code=given.code) from None
    call.record("location.added", ("location", place.pk), code=given.code, name=given.name)
    return Placed(place.pk)


class ChangeLocationGiven(Given):
    """What changes about a location; what is left empty stays as it is."""

    location_id: int = Field(title="Location")
    name: str | None = Field(None, title="Name", min_length=1, max_length=120)
    priority: int | None = Field(None, title="Priority", ge=0, le=800)
    ships_orders: bool | None = Field(None, title="Ships orders")
    active: bool | None = Field(None, title="In use")
    address: Address | None = Field(None, title="Address")


def _as_before(given: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    before = result["before"]
    return ("stock.change_location", {"location_id": given["location_id"], **before}) if before else None


@action(
    "stock.change_location", title=str(_("Change location")), subject="location", subject_field="location_id",
    inverse=_as_before,
)  # fmt: skip
def change_location(call: Call, given: ChangeLocationGiven) -> Placed:
    """Change a location. What starts to ship orders serves those that wait; promises made from it stay.

    Raises: UnknownLocation, NoStockThere, LocationNotEmpty where it is closed with stock in it.
    """
    # No stronger lock than this: whoever ships holds levels, and asks for the location's key for the ledger.
    place = Location.objects.select_for_update(no_key=True).filter(pk=given.location_id).first()
    if place is None:
        raise UnknownLocation(which=given.location_id)
    if not place.holds_stock:
        raise NoStockThere(location=place.name)
    wanted = given.model_dump(exclude={"location_id"}, exclude_none=True)
    if given.address is not None:
        wanted["address"] = given.address.kept()
    before = {name: getattr(place, name) for name, value in wanted.items() if getattr(place, name) != value}
    if not before:
        return Placed(place.pk)
    if wanted.get("active") is False and _in_use(place.pk):
        raise LocationNotEmpty(location=place.name)
    Location.objects.filter(pk=place.pk).update(**{name: wanted[name] for name in before})
    call.record("location.changed", ("location", place.pk), before=before, now={name: wanted[name] for name in before})
    if before.keys() & {"ships_orders", "active"}:
        _offer_all(call, place.pk)
    return Placed(place.pk, before, {name: wanted[name] for name in before})


def _in_use(location_id: int) -> bool:
    return bool(
        fetch(
            "SELECT 1 FROM stock_level WHERE location_id = %s AND (on_hand, committed, reserved, incoming)"
            " <> (0, 0, 0, 0) LIMIT 1",
            (location_id,),
        )
    )


def _offer_all(call: Call, location_id: int) -> None:
    """Offer what a location has to every order that waits, and name the days anew: it may have become free to take."""
    rows = fetch(
        "SELECT DISTINCT s.variant_id FROM stock_shortfall s JOIN stock_level l ON l.variant_id = s.variant_id"
        " WHERE l.location_id = %s AND (l.available > 0 OR l.incoming > 0)",
        (location_id,),
    )
    variants = [row[0] for row in rows]
    held = hold(variants)
    serve_waiting(call, held, variants)
    held.write()
    held.moved_orders.update(refresh_promises(variants, call.at))
    tell_moved(call, held, "location_opened")


class AddBinGiven(Given):
    """A shelf position within a location."""

    location_id: int = Field(title="Location")
    code: str = Field(title="Code", min_length=1, max_length=40)


@action("stock.add_bin", title=str(_("Add bin")), subject="location", subject_field="location_id")
def add_bin(call: Call, given: AddBinGiven) -> Placed:
    """Add a bin to a location.

    Raises: UnknownLocation, NoStockThere, CodeTaken.
    """
    place = Location.objects.filter(pk=given.location_id).first()
    if place is None:
        raise UnknownLocation(which=given.location_id)
    if not place.holds_stock:
        raise NoStockThere(location=place.name)
    made, new = Bin.objects.get_or_create(location=place, code=given.code)
    if not new:
        raise CodeTaken(code=given.code)
    call.record("location.bin_added", ("location", place.pk), ("bin", made.pk, "bin"), code=given.code)
    return Placed(made.pk)

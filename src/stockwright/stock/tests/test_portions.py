"""Lots and bins: units leave the one they lie in, and come back in the one they left in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import Returned, commit_demands, fulfil_demands, take_back
from stockwright.stock.errors import NotInBin, NotInLot, OnlyExpired, UnknownLot
from stockwright.stock.models import Location, Lot, Movement, Portion
from stockwright.stock.queries import contents_of, differing_levels, open_differences
from stockwright.stock.tests import make
from stockwright.stock.tests.make import result

pytestmark = pytest.mark.django_db


def lots(of: Variant, at: Location) -> dict[str, int]:
    """Units by lot at a location, whatever bin or condition."""
    rows = Portion.objects.filter(variant=of, location=at).values_list("lot__code").annotate(n=Sum("units"))
    return dict(rows)


def milk(at: Location, **units: int) -> Variant:
    """A variant tracked by expiry; each lot of it lasts a month longer than the one before."""
    made = make.variant("MILK", tracking="expiry")
    for number, (lot, n) in enumerate(units.items(), start=1):
        day = (now() + timedelta(days=30 * number)).date().isoformat()
        result("receive", variant_id=made.pk, location_id=at.pk, units=n, lot=lot, expires_on=day)
    return made


def test_a_customers_return_brings_back_the_lot_that_was_shipped():
    here = make.location()
    made = milk(here, A=2, B=2)
    for order in (1, 2):
        commit_demands(make.call(), [make.demand(made, 2, line=order, order=order)])
        fulfil_demands(make.call(), {order: 2})
    take_back(make.call(), [Returned(2, 2, made.pk, 1, here.pk)])
    assert lots(made, here) == {"B": 1}
    take_back(make.call(), [Returned(1, 1, made.pk, 2, here.pk)])
    assert lots(made, here) == {"A": 2, "B": 1}
    # More than the order took along comes back without a lot.
    take_back(make.call(), [Returned(2, 2, made.pk, 2, here.pk)])
    assert lots(made, here) == {"A": 2, "B": 2}
    assert Movement.objects.filter(reason="returned", lot=None).get().units == 1


def test_two_transfers_in_transit_keep_their_own_lots():
    here, there = make.location(), make.location()
    made = milk(here, A=3, B=3)
    numbers = []
    for _ in range(2):
        lines = [{"variant_id": made.pk, "units": 3}]
        id_ = result("create_transfer", origin_id=here.pk, destination_id=there.pk, lines=lines).transfer_id
        result("ship_transfer", transfer_id=id_)
        numbers.append(id_)
    result("receive_transfer", transfer_id=numbers[1], lines=[{"variant_id": made.pk, "units": 2}], close=True)
    assert lots(made, there) == {"B": 2}
    assert Movement.objects.get(reason="written_off").lot == Lot.objects.get(code="B")
    result("cancel_transfer", transfer_id=numbers[0])
    assert lots(made, here) == {"A": 3}


def test_what_is_found_takes_no_lot_out_of_shrinkage():
    here = make.location()
    made = milk(here, A=3)
    result("adjust", variant_id=made.pk, location_id=here.pk, change=-2)
    result("adjust", variant_id=made.pk, location_id=here.pk, change=2)
    assert lots(made, here) == {"A": 1}


def test_refuses_a_lot_or_a_bin_that_has_not_that_many():
    here = make.location()
    for code in ("A1", "B2"):
        result("add_bin", location_id=here.pk, code=code)
    made, cup = milk(here, A=3, B=3), make.variant("CUP")
    result("receive", variant_id=cup.pk, location_id=here.pk, units=5, bin="A1")
    at = {"variant_id": made.pk, "location_id": here.pk}
    with pytest.raises(NotInLot) as refusal:
        result("scrap", **at, units=4, lot="A")
    assert refusal.value.message == "Of MILK there are 3 in lot A here, in this condition; 4 were asked for."
    with pytest.raises(UnknownLot):
        result("scrap", **at, units=1, lot="a")
    assert not Lot.objects.filter(code="a").exists()
    with pytest.raises(NotInBin):
        result("move", variant_id=cup.pk, location_id=here.pk, units=1, from_bin="B2", to_bin="A1")
    assert lots(made, here) == {"A": 3, "B": 3}


def test_units_leave_the_bin_where_they_are_kept_first_and_then_the_others():
    here, cup = make.location(), make.variant("CUP")
    for code in ("A1", "B2"):
        result("add_bin", location_id=here.pk, code=code)
    at = {"variant_id": cup.pk, "location_id": here.pk}
    result("receive", **at, units=5, bin="A1")
    result("move", **at, units=3, from_bin="A1", to_bin="B2")
    result("quarantine", **at, units=1)
    result("scrap", **at, units=2)
    found = {(c.bin, c.condition, c.units) for c in contents_of(cup.pk)}
    assert found == {("A1", "quality_control", 1), ("B2", "sellable", 2)}


def test_customers_get_no_expired_lot_and_are_told_when_that_makes_it_short():
    here = make.location()
    made = milk(here, FRESH=2)
    yesterday = (now() - timedelta(days=2)).date().isoformat()
    result("receive", variant_id=made.pk, location_id=here.pk, units=3, lot="OLD", expires_on=yesterday)
    commit_demands(make.call(), [make.demand(made, 2, line=1), make.demand(made, 1, line=2)])
    fulfil_demands(make.call(), {1: 2})
    assert lots(made, here) == {"OLD": 3}
    with pytest.raises(OnlyExpired) as refusal, transaction.atomic():
        fulfil_demands(make.call(), {2: 1})
    assert "Of MILK only 0 of 1 can go to customers" in refusal.value.message
    # Thrown away, it is what expired that goes.
    result("scrap", variant_id=made.pk, location_id=here.pk, units=1)
    assert lots(made, here) == {"OLD": 2}


def test_reconciling_finds_and_repairs_portions_that_somebody_broke():
    here = make.location()
    made = milk(here, A=3, B=3)
    Portion.objects.filter(lot__code="A").update(units=1)
    Portion.objects.filter(lot__code="B").delete()
    perform("stock.reconcile", {}, actor=SYSTEM)
    (difference,) = open_differences()
    assert (difference.part, difference.stored, difference.derived) == ("misplaced", 5, 0)
    perform("stock.repair", {"difference_id": difference.id}, actor=SYSTEM)
    assert lots(made, here) == {"A": 3, "B": 3}
    assert differing_levels() == []
    assert open_differences() == []


def test_undo_puts_units_back_into_their_lot_and_bin():
    here = make.location()
    result("add_bin", location_id=here.pk, code="A1")
    made = make.variant("MILK", tracking="lot")
    at = {"variant_id": made.pk, "location_id": here.pk}
    result("receive", **at, units=5, lot="A", bin="A1")
    thrown = result("scrap", **at, units=2)
    result("reverse", movements=thrown.movements)
    assert [(c.lot, c.bin, c.units) for c in contents_of(made.pk)] == [("A", "A1", 5)]


def test_two_lines_that_leave_together_do_not_take_what_has_expired_for_units_without_a_lot():
    here = make.location()
    made = milk(here, A=3)
    result("receive", variant_id=made.pk, location_id=here.pk, units=2, lot="OLD", expires_on="2020-01-01")
    commit_demands(make.call(), [make.demand(made, 3, line=1, order=1), make.demand(made, 2, line=2, order=1)])
    with pytest.raises(OnlyExpired), transaction.atomic():
        fulfil_demands(make.call(), {1: 3, 2: 2})
    assert lots(made, here) == {"A": 3, "OLD": 2}

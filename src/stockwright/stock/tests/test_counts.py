"""Counts: the moment of looking, two people looking at the same shelf, and what moves meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stockwright.kit.clock import now
from stockwright.kit.errors import Invalid
from stockwright.kit.people import Role, may
from stockwright.kit.tests.make import at_once
from stockwright.stock.errors import CountIncomplete, CountNotOpen
from stockwright.stock.models import CountLine, Level, Movement
from stockwright.stock.queries import differing_levels
from stockwright.stock.tests import make
from stockwright.stock.tests.make import result


def looked(place: int, variant: int, units: int, **more: Any) -> int:
    """A count of one variant that somebody has looked at."""
    count = int(result("count_open", location_id=place, variants=[variant]).count_id)
    result("count_enter", count_id=count, lines=[{"variant_id": variant, "units": units, **more}])
    return count


@pytest.mark.django_db
def test_an_entry_that_waited_for_a_connection_is_compared_with_the_books_of_its_moment():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    moment = now()
    result("scrap", variant_id=cup.pk, location_id=here.pk, units=3)
    result("receive", variant_id=cup.pk, location_id=here.pk, units=5)
    count = looked(here.pk, cup.pk, 9, counted_at=moment.isoformat())
    assert result("count_post", count_id=count).variances == {cup.pk: -1}
    assert Level.objects.get().on_hand == 11
    line = CountLine.objects.get()
    assert (line.booked, line.counted_at) == (10, moment)


@pytest.mark.django_db
def test_of_two_looks_at_one_line_the_later_stays_whichever_arrives_first():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    count = looked(here.pk, cup.pk, 9)
    early = (now() - timedelta(hours=1)).isoformat()
    result("count_enter", count_id=count, lines=[{"variant_id": cup.pk, "units": 4, "counted_at": early}])
    assert CountLine.objects.get().counted == 9


@pytest.mark.django_db
def test_refuses_a_look_that_lies_ahead_but_for_a_clock_that_is_a_little_fast():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    looked(here.pk, cup.pk, 9, counted_at=(now() + timedelta(seconds=30)).isoformat())
    assert CountLine.objects.filter(counted_at__lte=now()).count() == CountLine.objects.count() == 1
    with pytest.raises(Invalid):
        looked(here.pk, cup.pk, 9, counted_at=(now() + timedelta(hours=1)).isoformat())


@pytest.mark.django_db
def test_a_variance_that_two_counts_found_is_booked_once():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    first, second = looked(here.pk, cup.pk, 8), looked(here.pk, cup.pk, 8)
    assert result("count_post", count_id=first).variances == {cup.pk: -2}
    posted = result("count_post", count_id=second)
    assert (posted.variances, posted.left_out) == ({}, (cup.pk,))
    assert Level.objects.get().on_hand == 8
    assert CountLine.objects.get(count=second).booked is None


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["count", "count that agrees", "set_on_hand", "adjust", "undo"])
def test_a_line_whose_books_were_put_right_after_the_look_is_left_out(verb: str):
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    for made in (cup, tray):
        make.level(made, here, 10)
    at = {"variant_id": cup.pk, "location_id": here.pk}
    received = result("receive", **at, units=2)
    count = int(result("count_open", location_id=here.pk).count_id)
    lines = [{"variant_id": cup.pk, "units": 10}, {"variant_id": tray.pk, "units": 9}]
    result("count_enter", count_id=count, lines=lines)
    {
        "count": lambda: result("count", location_id=here.pk, lines=[{"variant_id": cup.pk, "units": 11}]),
        "count that agrees": lambda: result("count", location_id=here.pk, lines=[{"variant_id": cup.pk, "units": 12}]),
        "set_on_hand": lambda: result("set_on_hand", lines=[{**at, "units": 11}]),
        "adjust": lambda: result("adjust", **at, change=-1),
        "undo": lambda: result("reverse", movements=received.movements),
    }[verb]()
    before = Level.objects.get(variant=cup).on_hand
    posted = result("count_post", count_id=count)
    assert (posted.variances, posted.left_out) == ({tray.pk: -1}, (cup.pk,))
    assert Level.objects.get(variant=cup).on_hand == before


@pytest.mark.django_db
def test_no_more_can_be_missing_than_is_left():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    count = looked(here.pk, cup.pk, 0)
    result("scrap", variant_id=cup.pk, location_id=here.pk, units=4)
    result("count_post", count_id=count)
    assert Level.objects.get().on_hand == 0
    assert differing_levels() == []


@pytest.mark.django_db(transaction=True)
def test_two_counts_posted_at_once_while_goods_leave_book_the_variance_once():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 10)
    first, second = looked(here.pk, cup.pk, 8), looked(here.pk, cup.pk, 8)
    at = {"variant_id": cup.pk, "location_id": here.pk}
    results = at_once(
        lambda: result("count_post", count_id=first),
        lambda: result("count_post", count_id=second),
        lambda: result("scrap", **at, units=1),
        lambda: result("receive", **at, units=3),
    )
    assert [each for each in results if isinstance(each, Exception)] == []
    posted: list[Any] = results[:2]
    assert sorted(sum(p.variances.values()) for p in posted) == [-2, 0]
    assert sum(len(p.left_out) for p in posted) == 1
    assert Level.objects.get().on_hand == 10
    assert differing_levels() == []


def test_a_picker_enters_what_is_there_and_those_who_may_adjust_post_it():
    for permission in ("stock.count_open", "stock.count_enter"):
        assert may([Role.PICKER], permission)
    for permission in ("stock.count_post", "stock.count", "stock.adjust"):
        assert [role for role in (Role.PICKER, Role.BUYER, Role.LEAD) if may([role], permission)] == [
            Role.BUYER,
            Role.LEAD,
        ]


@pytest.mark.django_db
def test_counting_posts_the_variance():
    cup, tray, here = make.variant("CUP"), make.variant("TRAY"), make.location()
    make.level(cup, here, 5)
    make.level(tray, here, 5)
    lines = [{"variant_id": cup.pk, "units": 3}, {"variant_id": tray.pk, "units": 5}]
    found = result("count", location_id=here.pk, lines=lines)
    assert found.variances == {cup.pk: -2, tray.pk: 0}
    assert Movement.objects.get(reason="counted").to_location.kind == "shrinkage"
    assert Level.objects.filter(counted_at__isnull=False).count() == 2


@pytest.mark.django_db
def test_a_count_takes_the_variance_of_the_moment_of_looking():
    cup, here = make.variant("CUP"), make.location()
    make.level(cup, here, 5)
    opened = result("count_open", location_id=here.pk)
    assert opened.lines == 1
    with pytest.raises(CountIncomplete):
        result("count_post", count_id=opened.count_id)
    result("count_enter", count_id=opened.count_id, lines=[{"variant_id": cup.pk, "units": 4}])
    result("scrap", variant_id=cup.pk, location_id=here.pk, units=2)
    result("count_post", count_id=opened.count_id)
    assert Level.objects.get().on_hand == 2
    with pytest.raises(CountNotOpen):
        result("count_cancel", count_id=opened.count_id)

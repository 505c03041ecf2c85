from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.people import SYSTEM
from stockwright.stock.actions import commit_demands
from stockwright.stock.models import Arrival, Count, Difference, Level, Location, Movement, Reservation, Shortfall
from stockwright.stock.tests import make
from stockwright.stock.tests.make import client, result, text

pytestmark = pytest.mark.django_db
LISTS = ("counts", "arrivals", "transfers", "reservations", "shortfalls", "differences")
SAYS_WHAT_TO_DO = {
    "counts": "Plan a count of a location",
    "arrivals": "Expect goods when you order them",
    "transfers": "Make one to bring goods",
    "reservations": "Reserve units for somebody",
    "shortfalls": "Every unit that was ordered is promised",
    "differences": "Compare them now to be sure",
}


@pytest.fixture
def here() -> Location:
    return make.location("north", name="Warehouse North")


@pytest.fixture
def lead() -> Client:
    return client("lead")


@pytest.fixture
def busy_floor(here: Location) -> Variant:
    """A bit of everything that the lists show."""
    cup, shop = make.variant("CUP"), make.location("shop")
    make.level(cup, here, 20)
    make.arrival(cup, here, 8, on=now().date() - timedelta(days=1))
    result("reserve", holder="cart:eu:1", lines=[{"variant_id": cup.pk, "units": 2}])
    result("count_open", location_id=here.pk, variants=[cup.pk])
    result("create_transfer", origin_id=here.pk, destination_id=shop.pk, lines=[{"variant_id": cup.pk, "units": 3}])
    commit_demands(make.call(), [make.demand(cup, 25, line=1, order=8)])
    Level.objects.filter(location=here).update(incoming=9)
    perform("stock.reconcile", {}, actor=SYSTEM)
    return cup


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_says_what_to_do(lead: Client, name: str):
    page = text(lead.get(f"/stock/{name}/"))
    assert SAYS_WHAT_TO_DO[name] in page.replace("&#x27;", "'")


@pytest.mark.usefixtures("busy_floor")
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_is_a_file_too(lead: Client, name: str, kind: str):
    response: Any = lead.get(f"/stock/{name}/", {"export": kind, "view": "all"})
    assert response.status_code == 200
    assert f"{name}-" in response["Content-Disposition"]
    file = b"".join(response.streaming_content)
    response.close()
    if kind == "csv":
        lines = file.decode().splitlines()
        assert len(lines) == 2
        assert "Repair" not in lines[0]


@pytest.mark.usefixtures("busy_floor")
@pytest.mark.parametrize("name", LISTS)
def test_a_reader_sees_the_lists_without_buttons(name: str):
    page = text(client("reader").get(f"/stock/{name}/"))
    assert "<tbody>" in page
    assert "/do/" not in page.split("<main")[1].split("view_saved.save")[0]


@pytest.mark.usefixtures("busy_floor")
def test_arrivals_show_what_is_late_and_who_waits(lead: Client):
    page = text(lead.get("/stock/arrivals/?view=late"))
    assert "late</span>" in page
    assert "bad strong'>7<" in page
    assert "stock.change_arrival/?arrival_id=" in page
    assert "CUP" not in text(lead.get("/stock/arrivals/?view=closed"))


def test_shortfalls_say_who_waits_for_what_and_when_it_is_promised(busy_floor: Variant, lead: Client):
    page = text(lead.get("/stock/shortfalls/"))
    assert "order 8" in page
    assert "oversold" in page
    # What should have come yesterday promises nothing; what comes tomorrow does.
    assert "nothing is on its way" in text(lead.get("/stock/shortfalls/?view=unknown"))
    (arrival,) = Arrival.objects.all()
    given = {"arrival_id": arrival.pk, "expected_on": now().date() + timedelta(days=1)}
    perform("stock.change_arrival", given, actor=SYSTEM)
    assert "tomorrow" in text(lead.get("/stock/shortfalls/"))
    assert "Nothing matches" in text(lead.get("/stock/shortfalls/?q=TRAY"))
    make.arrival(busy_floor, Location.objects.get(code="north"), 1)
    Shortfall.objects.update(promised_on=None)
    assert "nothing is on its way" in text(lead.get("/stock/shortfalls/?view=unknown"))


@pytest.mark.usefixtures("busy_floor")
def test_reservations_are_live_or_over_and_can_be_released(lead: Client):
    page = text(lead.get("/stock/reservations/"))
    assert "cart:eu:1" in page
    assert "stock.release_reservation/?holder=cart%3Aeu%3A1" in page
    Reservation.objects.update(reserved_until=now() - timedelta(minutes=1))
    assert "cart:eu:1" not in text(lead.get("/stock/reservations/"))
    assert "time is up" in text(lead.get("/stock/reservations/?view=over"))


@pytest.mark.usefixtures("busy_floor")
def test_differences_can_be_repaired_from_their_row(lead: Client):
    page = text(lead.get("/stock/differences/"))
    difference = Difference.objects.get()
    assert f"stock.repair/?difference_id={difference.pk}" in page
    assert "+1" in page
    lead.post("/do/stock.repair/", {"difference_id": difference.pk, "_apply": 1})
    assert f"stock.repair/?difference_id={difference.pk}" not in text(lead.get("/stock/differences/?view=closed"))
    assert Level.objects.get(location__code="north").incoming == 8


@pytest.mark.usefixtures("busy_floor")
def test_filters_narrow_by_location(lead: Client, here: Location):
    other = make.location("empty")
    for name in ("counts", "arrivals", "reservations", "differences"):
        assert "<tbody>" in text(lead.get(f"/stock/{name}/", {"location": here.pk}))
        assert "Nothing matches" in text(lead.get(f"/stock/{name}/", {"location": other.pk}))
    assert "Nothing matches" in text(lead.get("/stock/transfers/", {"to": other.pk}))


# One count -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(here: Location) -> Count:
    """Two lines of three counted: one of them two too few, at a cost."""
    cup, tray, bowl = make.variant("CUP", cost="2.50"), make.variant("TRAY"), make.variant("BOWL")
    for made in (cup, tray, bowl):
        make.level(made, here, 10)
    count = result("count_open", location_id=here.pk, variants=[cup.pk, tray.pk, bowl.pk]).count_id
    result(
        "count_enter", count_id=count, lines=[{"variant_id": cup.pk, "units": 8}, {"variant_id": tray.pk, "units": 10}]
    )
    return Count.objects.get(pk=count)


def test_the_preview_shows_what_posting_changes_and_changes_nothing(counted: Count, lead: Client):
    assert "−2" not in text(lead.get(f"/stock/counts/{counted.pk}/"))
    before = Movement.objects.count()
    page = text(lead.get(f"/stock/counts/{counted.pk}/?preview=1"))
    assert "−2" in page
    assert "-€5.00" in page.replace("−", "-")
    assert "Leave out the 1 line that was not counted" in page
    assert Movement.objects.count() == before


def test_whoever_may_not_post_sees_no_preview(counted: Count):
    page = text(client("reader").get(f"/stock/counts/{counted.pk}/?preview=1"))
    assert "What posting will change" not in page
    assert "−2" not in page


def test_posting_is_refused_in_words_with_the_input_kept(counted: Count, lead: Client):
    refused = lead.post(f"/stock/counts/{counted.pk}/", {"_reason": "yearly", "_key": "a"})
    assert refused.status_code == 409
    page = text(refused)
    assert "1 of 3 lines have not been counted yet" in page
    assert 'value="yearly"' in page


def test_posting_puts_the_books_right_and_then_shows_the_differences(counted: Count, lead: Client):
    sent = {"leave_uncounted": "1", "_key": "a"}
    page = text(lead.post(f"/stock/counts/{counted.pk}/", sent, follow=True))
    assert "Posted: 1 number was put right." in page
    assert "Books said" in page
    assert "−2" in page
    assert Level.objects.get(variant__sku="CUP").on_hand == 8
    assert lead.post(f"/stock/counts/{counted.pk}/", sent).status_code == 302
    assert "Books said" in text(lead.get(f"/stock/counts/{counted.pk}/?export=csv&view=all"))


def test_posting_warns_of_promises_that_it_costs(counted: Count, lead: Client):
    commit_demands(make.call(), [make.demand(Variant.objects.get(sku="CUP"), 9, line=1, order=8)])
    assert "Refuse rather than break promises" in text(lead.get(f"/stock/counts/{counted.pk}/?preview=1"))
    refused = lead.post(f"/stock/counts/{counted.pk}/", {"leave_uncounted": "1", "keep_promises": "1", "_key": "a"})
    assert refused.status_code == 409
    assert "break promises to customers: CUP" in text(refused)
    assert Level.objects.get(variant__sku="CUP").on_hand == 10


def test_a_picker_may_not_cancel_a_transfer_but_take_it_in(here: Location):
    cup, shop = make.variant("CUP"), make.location("shop")
    make.level(cup, shop, 9)
    lines = [{"variant_id": cup.pk, "units": 6}]
    made = result("create_transfer", origin_id=shop.pk, destination_id=here.pk, lines=lines).transfer_id
    draft = text(client("lead").get(f"/stock/transfers/{made}/"))
    assert "stock.ship_transfer" in draft
    assert f"lines.0.variant_id={cup.pk}" in draft
    result("ship_transfer", transfer_id=made)
    page = text(client("picker").get(f"/stock/transfers/{made}/"))
    assert "Take it in" in page
    assert "stock.cancel_transfer" not in page
    assert "6 under way" in page
    assert "Take it in" not in text(client("reader").get(f"/stock/transfers/{made}/"))


def test_what_is_not_there_is_not_found(lead: Client):
    for url in ("/stock/counts/99/", "/stock/counts/99/enter/", "/stock/transfers/99/", "/stock/transfers/99/receive/"):
        assert lead.get(url).status_code == 404

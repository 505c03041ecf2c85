"""The stations of the floor in a real browser, on a telephone with a scanner: it types and presses Enter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.browser.conftest import Windows

from stockwright.catalog.models import Barcode, Variant
from stockwright.kit.actions import perform
from stockwright.kit.models import ActionCall
from stockwright.kit.people import SYSTEM, Role
from stockwright.stock.models import Arrival, CountLine, Level, Shortfall, Transfer
from stockwright.stock.queries import differing_levels
from stockwright.web.tests import make

CHECKS = (Path(__file__).parent / "checks.js").read_text()
LAMP = "8719000144711"
CARTON = "18719000144718"


@pytest.fixture
def carton(shop: make.Shop) -> str:
    """A code on a carton of twelve lamps."""
    Barcode.objects.create(variant=shop.variant, code=CARTON, units=12)
    return CARTON


def scan(page: Page, code: str) -> None:
    """As a scanner does it: into whatever has the focus, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def entered(shop: make.Shop) -> dict[str, int | None]:
    """What the server knows of the count."""
    return dict(CountLine.objects.filter(count=shop.count).values_list("variant__sku", "counted"))


def test_counting_goes_from_scan_to_scan_without_touching_the_glass(windows: Windows, shop: make.Shop, carton: str):
    window = windows.new(Role.PICKER, phone=True)
    page = window.open(f"/stock/counts/{shop.count.pk}/enter/")
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("[data-next-bin]")).to_have_text("LAMP-OAK")
    expect(page.locator(".floor-bar .muted")).to_have_text("0 of 2")
    for code in (LAMP, LAMP, carton):
        scan(page, code)
    expect(page.locator("[data-units]")).to_have_value("14")
    expect(page.locator("[data-verdict]")).to_contain_text("LAMP-OAK: 12 more, now 14")
    scan(page, "mug-blu")
    expect(page.locator("[data-last]")).to_contain_text("LAMP-OAK: 14 counted")
    expect(page.locator("[data-slot=sku]")).to_have_text("MUG-BLU")
    page.click("[data-step='1']")
    expect(page.locator("#code")).to_be_focused()
    page.click("[data-save]")
    expect(page.locator(".verdict.good")).to_contain_text("MUG-BLU: 2 counted")
    expect(page.locator("[data-all-done]")).to_be_visible()
    expect(page.locator(".floor-bar .muted")).to_have_text("2 of 2")
    assert entered(shop) == {"LAMP-OAK": 14, "MUG-BLU": 2}
    assert window.wrong == []


def test_a_wrong_code_is_told_by_word_and_colour_and_takes_nothing_away(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    scan(page, LAMP)
    for code, words in (("4711", "4711 is no barcode or SKU"), ("SET-1", "SET-1 is a kit")):
        scan(page, code)
        expect(page.locator(".verdict.bad")).to_contain_text(words)
    expect(page.locator("[data-units]")).to_have_value("1")
    expect(page.locator("[data-slot=sku]")).to_have_text("LAMP-OAK")


def test_a_code_scanned_into_the_units_is_still_a_code(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    scan(page, LAMP)
    expect(page.locator("[data-units]")).to_have_value("1")
    page.fill("[data-units]", "7")
    page.locator("[data-units]").select_text()
    scan(page, LAMP)
    expect(page.locator("[data-units]")).to_have_value("8")


def test_counting_again_adds_to_what_was_counted_unless_told_to_start_again(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    scan(page, LAMP)
    page.fill("[data-units]", "5")
    page.click("[data-save]")
    expect(page.locator("[data-last]")).to_contain_text("5 counted")
    scan(page, LAMP)
    expect(page.locator("[data-units]")).to_have_value("6")
    page.click("[data-afresh]")
    expect(page.locator("[data-units]")).to_have_value("1")


def test_what_is_not_there_is_counted_as_none_and_a_place_can_be_skipped(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    page.click("[data-skip]")
    expect(page.locator("[data-next-bin]")).to_have_text("MUG-BLU")
    page.click("text=None here")
    expect(page.locator("[data-last]")).to_contain_text("MUG-BLU: 0 counted")
    expect(page.locator("[data-next-bin]")).to_have_text("LAMP-OAK")
    assert entered(shop) == {"LAMP-OAK": None, "MUG-BLU": 0}


def test_an_entry_made_without_a_connection_is_sent_once_when_it_is_back(windows: Windows, shop: make.Shop):
    window = windows.new(Role.PICKER, phone=True)
    page = window.open(f"/stock/counts/{shop.count.pk}/enter/")
    page.context.set_offline(True)
    scan(page, LAMP)
    page.fill("[data-units]", "9")
    page.click("[data-save]")
    expect(page.locator("[data-waiting]")).to_contain_text("1 entry waits for the connection")
    scan(page, "4711")
    expect(page.locator(".verdict.bad")).to_contain_text("No connection")
    scan(page, "MUG-BLU")
    expect(page.locator("[data-slot=sku]")).to_have_text("MUG-BLU")
    assert entered(shop) == {"LAMP-OAK": None, "MUG-BLU": None}
    page.context.set_offline(False)
    expect(page.locator("[data-waiting]")).to_be_hidden()
    expect(page.locator("[data-last]")).to_contain_text("LAMP-OAK: 9 counted")
    assert entered(shop) == {"LAMP-OAK": 9, "MUG-BLU": None}


def test_an_answer_that_got_lost_does_not_count_twice(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open("/stock/receive/?location=" + str(shop.location.pk))
    lost: list[object] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/stock/receive/**", lose_the_first_answer)
    scan(page, LAMP)
    page.fill("[data-units]", "4")
    page.click("[data-save]")
    expect(page.locator("[data-last]")).to_contain_text("4 × LAMP-OAK received")
    expect(page.locator("[data-waiting]")).to_be_hidden()
    assert Level.objects.get(variant=shop.variant, location=shop.location).on_hand == 24
    assert ActionCall.objects.filter(action="stock.receive", door="web").count() == 1


def test_a_reload_loses_neither_what_is_in_hand_nor_what_waits(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    page.route("**/enter/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    scan(page, LAMP)
    page.fill("[data-units]", "9")
    scan(page, "MUG-BLU")
    page.locator("#code").focus()
    scan(page, "MUG-BLU")
    expect(page.locator("[data-slot=sku]")).to_have_text("MUG-BLU")
    expect(page.locator("[data-waiting]")).to_contain_text("1 entry waits")
    page.unroute("**/enter/")
    page.reload()
    expect(page.locator("[data-slot=sku]")).to_have_text("MUG-BLU")
    expect(page.locator("[data-last]")).to_contain_text("LAMP-OAK: 9 counted")


def test_receiving_says_what_is_still_to_come_and_whom_it_served(windows: Windows, shop: make.Shop):
    mug = Variant.objects.get(sku="MUG-BLU")
    for variant, units in ((mug, 10), (shop.variant, 5)):
        given = {"variant_id": variant.pk, "location_id": shop.location.pk, "units": units, "reference": "PO-7"}
        perform("stock.expect", given, actor=SYSTEM)
    window = windows.new(Role.PICKER, phone=True)
    page = window.open("/stock/receive/")
    page.click("text=North")
    expect(page.locator("h1")).to_have_text("Receive at North")
    page.click("text=PO-7")
    expect(page.locator(".floor-bar .muted")).to_have_text("0 of 15")
    scan(page, "MUG-BLU")
    expect(page.locator("[data-slot-marks]")).to_contain_text("orders wait for 3")
    expect(page.locator("#arrival")).to_contain_text("PO-7 · 10 expected")
    expect(page.locator("[data-lot]")).to_be_hidden()
    page.fill("[data-units]", "4")
    page.click("[data-save]")
    expect(page.locator("[data-last]")).to_contain_text("4 × MUG-BLU received, 6 still to come")
    expect(page.locator("[data-served]")).to_contain_text("Served 1 waiting order: #1002 (3)")
    expect(page.locator(".floor-bar .muted")).to_have_text("4 of 15")
    expect(page.locator(".expected [data-variant]").first).to_contain_text("4 / 10")
    assert not Shortfall.objects.exists()
    scan(page, LAMP)
    page.click("[data-all]")
    expect(page.locator("[data-units]")).to_have_value("5")
    page.click("text=damaged")
    page.click("[data-save]")
    expect(page.locator("[data-last]")).to_contain_text("5 × LAMP-OAK received, all of it is here")
    assert Level.objects.get(variant=shop.variant, location=shop.location).damaged == 5
    assert Arrival.objects.filter(closed_at=None).count() == 1
    assert window.wrong == []
    assert differing_levels() == []


def test_a_lot_is_asked_for_and_a_refusal_keeps_what_was_typed(windows: Windows, shop: make.Shop):
    Variant.objects.filter(pk=shop.variant.pk).update(tracking="expiry")
    page = windows.new(Role.PICKER, phone=True).open("/stock/receive/?location=" + str(shop.location.pk))
    scan(page, LAMP)
    page.fill("[data-units]", "3")
    page.click("[data-save]")
    expect(page.locator(".verdict.bad")).to_contain_text("Something is missing for LAMP-OAK")
    expect(page.locator("#lot")).to_be_focused()
    page.keyboard.type("L-2027")
    page.click("[data-save]")
    expect(page.locator(".verdict.bad")).to_contain_text("tracked by lot")
    expect(page.locator("[data-units]")).to_have_value("3")
    expect(page.locator("#lot")).to_have_value("L-2027")
    page.fill("#expires", "2027-03-31")
    page.click("[data-save]")
    expect(page.locator("[data-last]")).to_contain_text("3 × LAMP-OAK received")


def test_a_transfer_is_taken_in_by_scanning_its_boxes(windows: Windows, shop: make.Shop):
    perform("stock.ship_transfer", {"transfer_id": shop.transfer.pk}, actor=SYSTEM)
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/transfers/{shop.transfer.pk}/receive/")
    expect(page.locator("[data-gap]")).to_have_text("2 missing")
    scan(page, LAMP)
    expect(page.locator(".verdict.good")).to_contain_text("LAMP-OAK: 1 of 2")
    scan(page, "MUG-BLU")
    expect(page.locator(".verdict.bad")).to_contain_text("MUG-BLU is not in this transfer")
    page.reload()
    expect(page.locator("[data-units]")).to_have_value("1")
    scan(page, LAMP)
    expect(page.locator("[data-gap]")).to_have_text("complete")
    scan(page, LAMP)
    expect(page.locator(".verdict.bad")).to_contain_text("no more than 2 were sent")
    page.click("text=Take in")
    expect(page.locator(".badges")).to_contain_text("received")
    assert Transfer.objects.get().state == "received"


def test_a_count_is_posted_after_a_look_at_its_differences(windows: Windows, shop: make.Shop):
    line = {"variant_id": shop.variant.pk, "units": 18}
    perform("stock.count_enter", {"count_id": shop.count.pk, "lines": [line]}, actor=SYSTEM)
    page = windows.new(Role.LEAD).open(f"/stock/counts/{shop.count.pk}/")
    page.click("text=Look at the differences and post")
    expect(page.locator("#preview")).to_contain_text("−2")
    page.click("text=Post the count")
    expect(page.locator(".notice.bad")).to_contain_text("1 of 2 lines have not been counted yet")
    page.check("#leave")
    page.click("text=Post the count")
    expect(page.locator(".badges")).to_contain_text("posted")
    page.click(".toast >> text=Undo")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert Level.objects.get(variant=shop.variant, location=shop.location).on_hand == 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_stations_fit_a_telephone_and_can_be_read_by_everybody(windows: Windows, shop: make.Shop, scheme: str):
    perform("stock.ship_transfer", {"transfer_id": shop.transfer.pk}, actor=SYSTEM)
    window = windows.new(Role.LEAD, phone=True, color_scheme=scheme)
    wrong = {}
    for path in (
        f"/stock/counts/{shop.count.pk}/enter/", f"/stock/counts/{shop.count.pk}/enter/?code=LAMP-OAK",
        f"/stock/counts/{shop.count.pk}/", "/stock/receive/?where=1", f"/stock/receive/?location={shop.location.pk}",
        f"/stock/receive/?location={shop.location.pk}&code=LAMP-OAK", f"/stock/transfers/{shop.transfer.pk}/",
        f"/stock/transfers/{shop.transfer.pk}/receive/", "/stock/arrivals/", "/stock/shortfalls/",
    ):  # fmt: skip
        page = window.open(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if found := page.evaluate(f"({CHECKS})()"):
            wrong[path] = found
    assert wrong == {}
    assert not [line for line in window.wrong if not re.search("favicon", line)]


def test_a_question_that_is_never_answered_does_not_hold_up_the_next_scan(windows: Windows, shop: make.Shop):
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/counts/{shop.count.pk}/enter/")
    page.route("**/enter/?code=4711", lambda _route: None)
    scan(page, "4711")
    scan(page, LAMP)
    expect(page.locator("[data-slot=sku]")).to_have_text("LAMP-OAK", timeout=12_000)
    expect(page.locator("[data-units]")).to_have_value("1")


def test_a_transfer_that_was_scanned_without_a_connection_is_kept_until_it_is_back(windows: Windows, shop: make.Shop):
    perform("stock.ship_transfer", {"transfer_id": shop.transfer.pk}, actor=SYSTEM)
    page = windows.new(Role.PICKER, phone=True).open(f"/stock/transfers/{shop.transfer.pk}/receive/")
    page.context.set_offline(True)
    scan(page, LAMP)
    scan(page, LAMP)
    page.click("text=Take in")
    expect(page.locator(".verdict.bad")).to_contain_text("No connection")
    expect(page.locator("[data-units]")).to_have_value("2")
    page.context.set_offline(False)
    page.click("text=Take in")
    expect(page.locator(".badges")).to_contain_text("received")

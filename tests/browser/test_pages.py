"""The pages in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Windows

from stockwright.kit.clock import now
from stockwright.kit.models import ActionCall, ApiKey, Person
from stockwright.kit.people import SYSTEM, Role
from stockwright.orders.models import Hold
from stockwright.stock.models import CountLine
from stockwright.today.looking import look_everywhere
from stockwright.web.tests import make

CHECKS = (Path(__file__).parent / "checks.js").read_text()


def menu_addresses(page: Page) -> list[str]:
    """Every address of the menu, the parts of each section included."""
    found: list[str] = []
    for address in page.locator(".menu a.item").evaluate_all("links => links.map(l => l.pathname)"):
        page.goto(re.sub(r"(https?://[^/]+).*", r"\1", page.url) + address)
        found += page.locator(".menu a.item").evaluate_all("links => links.map(l => l.pathname)")
    return list(dict.fromkeys(found))


def test_somebody_signs_in_and_out(windows: Windows):
    window = windows.new(Role.LEAD)
    page = window.open("/orders/")
    expect(page.locator("h1")).to_have_text("Orders")
    page.click("[aria-label='Sign out']")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    window.open("/orders/")
    assert "/accounts/login/" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_menu_opens_quietly_and_can_be_read_by_everybody(
    windows: Windows, shop: make.Shop, scheme: str
):
    window = windows.new(Role.LEAD, color_scheme=scheme)
    page = window.open("/orders/")
    records = [
        f"/orders/{shop.short_order.pk}/",
        f"/stock/variants/{shop.variant.pk}/",
        f"/stock/counts/{shop.count.pk}/",
        "/profile/",
    ]
    every = menu_addresses(page)
    assert {"/orders/", "/stock/", "/inbox/", "/settings/"} <= set(every)
    wrong: dict[str, list[str]] = {}
    for address in every + records:
        response = page.goto(window.address + address)
        assert response is not None
        assert response.status == 200, address
        page.wait_for_load_state("networkidle")
        if found := page.evaluate(f"({CHECKS})()"):
            wrong[address] = found
    assert wrong == {}
    assert window.wrong == []


@pytest.mark.parametrize("path", ["/orders/", "/stock/", "/stock/receive/", "/stock/counts/"])
def test_a_telephone_shows_pages_without_scrolling_sideways(windows: Windows, path: str):
    page = windows.new(Role.LEAD, phone=True).open(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("[data-menu]")
    expect(page.locator(".menu a.item").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".menu a.item").first).not_to_be_visible()


def test_a_list_is_read_by_keyboard_filtered_and_searched(windows: Windows):
    window = windows.new(Role.LEAD)
    page = window.open("/orders/?view=all")
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#panel")).to_contain_text("Anna Bell")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("x")
    expect(page.locator("#bulk")).to_contain_text("1 selected")
    page.keyboard.press("/")
    page.keyboard.type("1001")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    page.locator("tr[data-row] a").first.click()
    expect(page.locator("h1")).to_have_text("#1001")
    assert window.wrong == []


def test_a_filter_stands_as_a_chip_and_is_taken_off(windows: Windows):
    page = windows.new(Role.LEAD).open("/orders/?view=all")
    page.click("summary:has-text('Filter')")
    page.select_option("#filter-payment", "paid")
    page.click("details[open] button:has-text('Show')")
    expect(page.locator(".chip")).to_contain_text("paid")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.click(".chip a")
    expect(page.locator("tr[data-row]")).to_have_count(2)


def test_an_order_is_held_after_a_look_at_what_will_change_and_undone(windows: Windows, shop: make.Shop):
    window = windows.new(Role.LEAD)
    page = window.open(f"/orders/{shop.order.pk}/")
    page.click(".acts a:has-text('Hold')")
    expect(page.locator("#dialog h2")).to_have_text("Hold")
    page.select_option("#dialog select[name=reason]", "incorrect_address")
    page.click("#dialog button:has-text('Preview')")
    expect(page.locator("#dialog .preview")).to_contain_text("Held: address")
    assert not Hold.objects.exists()
    page.click("#dialog button.primary")
    expect(page.locator(".toast")).to_contain_text("Done: hold")
    expect(page.locator(".badges")).to_contain_text("held")
    expect(page.locator(".timeline")).to_contain_text("Held: address")
    page.click(".toast button:has-text('Undo')")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert Hold.objects.filter(released_at=None).count() == 0
    assert window.wrong == []


def test_a_double_click_does_it_once(windows: Windows, shop: make.Shop):
    page = windows.new(Role.LEAD).open(f"/do/orders.hold/?order_ids={shop.order.pk}")
    page.select_option("select[name=reason]", "other")
    page.dblclick("button.primary")
    expect(page.locator(".toast")).to_contain_text("Done: hold")
    assert ActionCall.objects.filter(action="orders.hold").count() == 1


def test_several_orders_are_tagged_at_once(windows: Windows):
    page = windows.new(Role.LEAD).open("/orders/?view=all")
    page.check("[data-all]")
    page.click("#bulk button:has-text('Tag')")
    page.fill("#dialog [name=tag]", "gift")
    page.click("#dialog button.primary")
    expect(page.locator(".toast")).to_contain_text("2 records")


def test_the_variant_page_says_why(windows: Windows, shop: make.Shop):
    page = windows.new(Role.LEAD).open(f"/stock/variants/{shop.variant.pk}/")
    expect(page.locator(".bar")).to_have_attribute("aria-label", re.compile("available 17, promised 3"))
    expect(page.locator("#why")).to_contain_text("Opening balance")
    expect(page.get_by_role("link", name="#1001").first).to_be_visible()


def test_a_count_is_done_on_a_telephone_with_a_scanner(windows: Windows, shop: make.Shop):
    window = windows.new(Role.PICKER, phone=True)
    page = window.open(f"/stock/counts/{shop.count.pk}/enter/")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("8719000144711")
    page.keyboard.press("Enter")
    expect(page.locator("[data-item]")).to_contain_text("LAMP-OAK")
    page.fill("#units", "19")
    page.click("[data-save]")
    expect(page.locator(".verdict.good")).to_contain_text("19")
    assert CountLine.objects.get(variant=shop.variant, count=shop.count).counted == 19
    page.locator("#code").fill("unknown")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.bad")).to_be_visible()


def test_the_palette_opens_by_keyboard_and_goes_there(windows: Windows):
    window = windows.new(Role.LEAD)
    page = window.open("/stock/")
    page.keyboard.press("Control+k")
    page.keyboard.type("1002")
    expect(page.locator("#palette-results [role=option]").first).to_contain_text("#1002")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("#1002")
    page.keyboard.press("Control+k")
    page.fill("#palette-input", "Plan a count")
    page.locator("#palette-results [role=option]", has_text="Plan a count").click()
    expect(page.locator("#dialog h2")).to_have_text("Plan a count")
    assert window.wrong == []


def test_a_record_is_picked_by_typing(windows: Windows, shop: make.Shop):
    page = windows.new(Role.LEAD).open(f"/do/stock.receive/?location_id={shop.location.pk}")
    page.locator("[data-pick]").first.press_sequentially("mug")
    page.locator(".picker-list [role=option]").first.click()
    assert page.locator("input[name=variant_id]").input_value() != ""


def test_the_theme_that_was_chosen_stays(windows: Windows):
    page = windows.new(Role.LEAD, color_scheme="light").open("/orders/")
    assert page.evaluate("document.documentElement.classList.contains('dark')") is False
    page.click("[data-theme-switch]")
    page.reload()
    assert page.evaluate("document.documentElement.classList.contains('dark')") is True


def test_an_error_page_keeps_the_look(windows: Windows):
    page = windows.new(Role.READER).open("/orders/424242/")
    expect(page.locator("h1")).to_have_text("Not found")
    expect(page.locator(".menu")).to_be_visible()


def test_the_help_names_the_keys_of_the_page_it_is_opened_on(windows: Windows):
    page = windows.new(Role.LEAD).open("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Snooze it")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.goto(page.url + "orders/")
    page.click("[data-keys]")
    expect(page.locator("#keys")).to_contain_text("Select the row")
    expect(page.locator("#keys")).not_to_contain_text("Snooze it")


def test_several_records_are_gathered_by_typing(windows: Windows, shop: make.Shop):
    page = windows.new(Role.LEAD).open(f"/do/stock.count_open/?location_id={shop.location.pk}")
    field = page.locator("[data-gather]")
    for word, sku in (("mug", "MUG-BLU"), ("lamp", "LAMP-OAK")):
        field.press_sequentially(word)
        expect(page.locator(".picker-list")).to_contain_text(sku)
        expect(field).to_have_attribute("aria-activedescendant", re.compile("option-0"))
        field.press("Enter")
    page.get_by_label("MUG-BLU").uncheck()
    page.click("form button.primary")
    expect(page.locator(".toast")).to_contain_text("Done")
    newest = CountLine.objects.exclude(count=shop.count)
    assert list(newest.values_list("variant__sku", flat=True)) == ["LAMP-OAK"]


def test_what_many_proposals_would_do_is_shown_first(windows: Windows):
    look_everywhere(SYSTEM, door="job")
    window = windows.new(Role.LEAD)
    page = window.open("/")
    page.locator("tbody input[name=ids]:enabled").first.check()
    page.click("#bulk button")
    expect(page.locator("#dialog")).to_contain_text("1 proposal")
    before = ActionCall.objects.filter(action="today.apply").count()
    page.click("#dialog button.primary")
    expect(page.locator(".toast").first).to_contain_text("applied")
    expect(page.locator("#dialog")).to_be_hidden()
    assert ActionCall.objects.filter(action="today.apply").count() == before + 1
    assert window.wrong == []


def test_a_button_in_a_row_stands_at_the_right_of_its_card_on_a_telephone(windows: Windows):
    window = windows.new(Role.LEAD, phone=True)
    page = window.open("/settings/api-keys/")
    ApiKey.objects.create(
        name="reports", person=Person.objects.get(), prefix="abcdefgh", digest="x", scopes=["*"], created_at=now()
    )
    page.reload()
    edges = page.evaluate(
        "[document.querySelector('td.act .button'), document.querySelector('tbody tr')].map(e => e.getBoundingClientRect().right)"
    )
    assert edges[1] - edges[0] == pytest.approx(14, abs=1)


def test_what_cannot_be_taken_back_is_asked_for_once_and_offers_no_undo(windows: Windows):
    look_everywhere(SYSTEM, door="job")
    window = windows.new(Role.LEAD)
    page = window.open("/?tab=all")
    row = page.locator("tr[data-row]", has_text="Send order #1001")
    row.locator("[data-look], .what a").first.click()
    expect(page.locator("#panel h2")).to_contain_text("Send order #1001")
    expect(page.locator("#panel .changes")).to_contain_text("left the warehouse")
    page.keyboard.press("a")
    expect(page.locator("#dialog h2")).to_have_text("This can't be taken back")
    expect(page.locator("#dialog .preview")).to_contain_text("left the warehouse")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    assert not ActionCall.objects.filter(action="orders.fulfil").exists()
    page.keyboard.press("a")
    expect(page.locator("#dialog button.primary")).to_be_focused()
    page.keyboard.press("Enter")
    toast = page.locator(".toast").first
    expect(toast).to_contain_text("Applied: Send order #1001")
    expect(toast.locator("button")).to_have_count(0)
    expect(page.locator("#dialog")).to_be_hidden()
    page.goto(window.address + "/today/decided")
    expect(page.locator("tbody tr")).to_contain_text("Send order #1001")
    expect(page.locator("tbody button")).to_have_count(0)
    assert window.wrong == []


def test_a_proposal_is_decided_on_its_own_page_on_a_telephone(windows: Windows):
    look_everywhere(SYSTEM, door="job")
    window = windows.new(Role.LEAD, phone=True)
    page = window.open("/?tab=all")
    # The chosen card is of one colour, and the numbers on top begin where everything does.
    page.locator("tr.here").hover()
    colours = "Array.from(document.querySelectorAll('tr.here td'), e => getComputedStyle(e).backgroundColor)"
    assert set(page.evaluate(colours)) == {"rgba(0, 0, 0, 0)"}
    lefts = "['.tiles .tile', 'h1'].map(one => document.querySelector(one).getBoundingClientRect().left)"
    assert len(set(page.evaluate(lefts))) == 1
    page.locator(".what a", has_text="Send order #1001").click()
    page.get_by_role("button", name="Apply").click()
    page.click("#dialog button.primary")
    expect(page.locator(".toast").first).to_contain_text("Applied: Send order #1001")
    expect(page.locator("h1")).to_have_text("Today")
    assert window.wrong == []

"""Dialogs in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.browser.conftest import Windows

from stockwright.catalog.models import Variant
from stockwright.kit.people import Role
from stockwright.web.tests import make


def test_a_long_dialog_scrolls_and_keeps_its_buttons_in_sight(windows: Windows, shop: make.Shop):
    page = windows.new(Role.LEAD).open(f"/stock/variants/{shop.variant.pk}/")
    page.click("summary:has-text('More')")
    page.click("a:has-text('Change variant')")
    button = page.locator("#dialog .form-acts .primary")
    expect(button).to_be_visible()
    box, frame = button.bounding_box(), page.locator("#dialog").bounding_box()
    assert box is not None
    assert frame is not None
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] <= 900
    page.fill("#dialog [name=title]", "Oak lamp")
    button.click()
    expect(page.locator("#toasts button")).to_have_text("Undo")
    page.locator("main").press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert Variant.objects.get(pk=shop.variant.pk).title == ""

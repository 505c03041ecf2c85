"""Two people with the same form open: nobody's change is overwritten unseen."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from stockwright.catalog.models import Variant
from stockwright.kit.actions import perform
from stockwright.kit.business import Hours, Rates, read_setting
from stockwright.kit.models import ActionCall
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db

TAG = re.compile(r"<(?:input|textarea|select)\b[^>]*>", re.DOTALL)


def opened(client: Client, url: str, group: str = "") -> dict[str, list[str]]:
    """A form as a browser would send it back untouched."""
    text = client.get(url).content.decode()
    if group:
        text = text[text.index(f'<section class="card" id="{group}">') :]
        text = text[: text.index("</section>")]
    else:
        text = text[text.index('<form class="form"') :]
        text = text[: text.index("</form>")]
    text = re.sub(r"<template>.*?</template>", "", text, flags=re.DOTALL)
    sent: dict[str, list[str]] = {}
    for tag in TAG.finditer(text):
        parts = dict(re.findall(r'([\w-]+)="([^"]*)"', tag[0]))
        name = parts.get("name")
        if not name or ('type="checkbox"' in tag[0] and " checked" not in tag[0]):
            continue
        value = parts.get("value", "")
        if tag[0].startswith("<textarea"):
            value = text[tag.end() : text.index("</textarea>", tag.end())]
        if tag[0].startswith("<select"):
            chosen = re.search(r'value="([^"]*)" selected', text[tag.end() : text.index("</select>", tag.end())])
            value = chosen[1] if chosen else ""
        sent.setdefault(name, []).append(unescape(value))
    return sent


def test_what_somebody_else_changed_meanwhile_stays_when_another_field_is_saved():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    url = f"/do/catalog.change_variant/?variant_id={shop.variant.pk}"
    mine, theirs = opened(client, url), opened(client, url)
    assert client.post("/do/catalog.change_variant/", {**theirs, "cost": "1.50", "_apply": 1}).status_code == 302
    assert client.post("/do/catalog.change_variant/", {**mine, "title": "Oak lamp", "_apply": 1}).status_code == 302
    row = Variant.objects.get(pk=shop.variant.pk)
    assert (row.cost, row.title) == (Decimal("1.50"), "Oak lamp")
    given = ActionCall.objects.filter(action="catalog.change_variant").latest("performed_at").given
    assert given["price"] is None


def test_a_field_that_both_changed_is_refused_and_shown_anew():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    url = f"/do/catalog.change_variant/?variant_id={shop.variant.pk}"
    mine, theirs = opened(client, url), opened(client, url)
    client.post("/do/catalog.change_variant/", {**theirs, "cost": "1.50", "grams": "70", "_apply": 1})
    answer = client.post("/do/catalog.change_variant/", {**mine, "cost": "1.75", "title": "Oak", "_apply": 1})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile: cost is now €1.50" in text
    assert 'name="cost" value="1.75"' in text
    assert 'name="grams" value="70"' in text
    row = Variant.objects.get(pk=shop.variant.pk)
    assert (row.cost, row.title) == (Decimal("1.50"), "")
    shown = unescape(re.search(r'name="_shown" value="([^"]*)"', text)[1])  # type: ignore[index]
    again = {**mine, "cost": "1.75", "grams": "70", "_shown": shown, "_apply": 1}
    assert client.post("/do/catalog.change_variant/", again).status_code == 302
    assert Variant.objects.get(pk=shop.variant.pk).cost == Decimal("1.75")


def test_settings_that_were_saved_meanwhile_stay_unless_both_changed_the_same():
    client = make.signed_in(Role.LEAD)
    mine, theirs = opened(client, "/settings/", "hours"), opened(client, "/settings/", "hours")
    assert client.post("/settings/", {**theirs, "cut_off": "16:00", "holidays": "2026-12-25"}).status_code == 302
    assert client.post("/settings/", {**mine, "handling_days": "2"}).status_code == 302
    held = read_setting("hours")
    assert isinstance(held, Hours)
    assert (f"{held.cut_off:%H:%M}", held.handling_days, len(held.holidays)) == ("16:00", 2, 1)
    answer = client.post("/settings/", {**mine, "cut_off": "12:00"})
    assert answer.status_code == 409
    assert "cut-off is now 16:00" in answer.content.decode()
    assert read_setting("hours") == held


def test_rates_are_a_small_table():
    client = make.signed_in(Role.LEAD)
    mine = opened(client, "/settings/", "rates")
    given = {**mine, "rates.1.currency": "GBP", "rates.1.rate": "1.15"}
    assert client.post("/settings/", given).status_code == 302
    held = read_setting("rates")
    assert isinstance(held, Rates)
    assert held.rates == {"GBP": Decimal("1.15")}
    again = opened(client, "/settings/", "rates")
    assert again["rates.0.rate"] == ["1.15"]
    # A page of before: the table is taken whole.
    assert client.post("/settings/", {**mine, "rates.1.currency": "USD", "rates.1.rate": "0.9"}).status_code == 409
    assert client.post("/settings/", {"group": "rates", "_shown": again["_shown"]}).status_code == 302
    assert read_setting("rates") == Rates()


def test_lines_of_an_order_that_were_edited_meanwhile_are_not_edited_back():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    mine = opened(client, f"/do/orders.edit_lines/?order_id={shop.order.pk}")
    line = shop.order.lines.get()
    assert mine["lines.0.units"] == ["3"]
    edit = {"order_id": shop.order.pk, "lines": [{"line_id": line.pk, "units": 5}]}
    perform("orders.edit_lines", edit, actor=SYSTEM)
    answer = client.post("/do/orders.edit_lines/", {**mine, "lines.0.units": "4", "_apply": 1})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile: lines are no longer as they were shown" in text
    assert 'name="lines.0.units" value="5"' in text
    line.refresh_from_db()
    assert line.units == 5


def test_a_form_that_is_sent_twice_is_no_conflict_with_itself():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    mine = opened(client, f"/do/orders.edit_lines/?order_id={shop.order.pk}")
    for _time in range(2):
        answer = client.post("/do/orders.edit_lines/", {**mine, "lines.0.units": "4", "_apply": 1})
        assert answer.status_code == 302
    assert ActionCall.objects.filter(action="orders.edit_lines").count() == 1


def test_parts_of_an_address_that_no_form_has_stay_when_something_else_is_changed():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    address = {"city": "Ghent", "dock": "7"}
    perform("stock.change_location", {"location_id": shop.location.pk, "address": address}, actor=SYSTEM)
    sent = opened(client, f"/do/stock.change_location/?location_id={shop.location.pk}")
    client.post("/do/stock.change_location/", {**sent, "priority": "7", "_apply": 1})
    shop.location.refresh_from_db()
    assert (shop.location.priority, shop.location.address) == (7, address)
    given = ActionCall.objects.filter(action="stock.change_location").latest("performed_at").given
    assert given["address"] is None

"""The page of a variant: its numbers and what makes them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from stockwright.kit.clock import now
from stockwright.stock.actions import commit_demands
from stockwright.stock.models import Location
from stockwright.stock.tests import make
from stockwright.stock.tests.make import client, result, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Location:
    return make.location("north", name="Warehouse North")


@pytest.fixture
def buyer() -> Client:
    return client("buyer")


def test_shows_what_lies_in_which_lot_and_when_it_expires(here: Location, buyer: Client):
    milk = make.variant("MILK", tracking="expiry")
    day = now().date() + timedelta(days=1)
    result("receive", variant_id=milk.pk, location_id=here.pk, units=3, lot="L-77", expires_on=day)
    page = text(buyer.get(f"/stock/variants/{milk.pk}/"))
    assert "<td>L-77</td>" in page
    assert "tomorrow" in page


def test_promises_and_shortfalls_beyond_those_shown_are_summed_whole(here: Location, buyer: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 230)
    commit_demands(make.call(), [make.demand(cup, 1, line=n, order=n) for n in range(1, 451)])
    page = text(buyer.get(f"/stock/variants/{cup.pk}/"))
    sums = [int(found) for found in re.findall(r'colspan="4">more</td><td class="number">(\d+)', page)]
    shown = len(re.findall(r'<td class="number(?: bad strong)?" data-label="units">1</td>', page))
    assert len(sums) == 2
    assert sum(sums) + shown == 450


def test_a_transfer_from_the_variants_page_may_begin_elsewhere(here: Location, buyer: Client):
    cup = make.variant("CUP")
    make.level(cup, here, 3)
    make.location("south", name="Warehouse South")
    page = buyer.get(f"/stock/variants/{cup.pk}/").content.decode()
    dialog = re.search(r"href='(/do/stock\.create_transfer/[^']+)'", page)
    assert dialog
    form = buyer.get(dialog[1].replace("&amp;", "&")).content.decode()
    assert '<select id="f-origin_id" name="origin_id"' in form
    assert f'<option value="{here.pk}" selected>Warehouse North</option>' in form
    assert "Warehouse South" in form

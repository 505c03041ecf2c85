from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import QueryDict

from stockwright.kit.actions import all_actions, perform
from stockwright.kit.forms import Field, form_of
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db

SEARCHED = {"pick", "picks", "choose", "many", "fixed", "hidden"}


def _every(fields: list[Field]) -> Iterator[Field]:
    for made in fields:
        yield made
        yield from _every(list(made.parts))


def test_no_form_of_people_asks_for_the_number_of_a_record():
    make.signed_in(Role.LEAD).get("/stock/locations/")
    asked = [
        f"{verb.name}: {made.name} ({made.kind})"
        for verb in all_actions()
        if verb.for_people
        for made in _every(form_of(verb.name, QueryDict()).fields)
        if (made.name.endswith(("_id", "_ids")) or made.name == verb.subject_field or made.name in ("ids", "variants"))
        and made.kind not in SEARCHED
        and not made.name.startswith("external")
    ]
    assert asked == []


def test_transfers_counts_and_arrivals_are_found_by_what_is_written_on_them():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    perform(
        "stock.expect",
        {"variant_id": shop.variant.pk, "location_id": shop.location.pk, "units": 4, "reference": "PO-1182"},
        actor=SYSTEM,
    )
    for type_, typed, found in [
        ("transfer", f"t-{shop.transfer.pk}", str(shop.transfer)),
        ("transfer", "stor", str(shop.transfer)),
        ("count", str(shop.count), str(shop.count)),
        ("arrival", "1182", "PO-1182"),
        ("arrival", "lamp", "PO-1182"),
    ]:
        choices = client.get(f"/pick/{type_}/", {"q": typed}).json()["choices"]
        assert [choice["label"] for choice in choices] == [found], typed


def test_what_needs_a_record_that_can_not_be_searched_for_is_not_offered_without_one():
    shop, client = make.small_shop(), make.signed_in(Role.LEAD)
    assert "/do/outbox.replay/" not in client.get("/palette/", {"q": "try"}).content.decode()
    assert "/do/stock.count_open/" in client.get("/palette/", {"q": "count"}).content.decode()
    assert 'data-gather="order_ids"' in client.get("/do/orders.hold/").content.decode()
    assert "its page has this too" in client.get("/do/inbox.dismiss/").content.decode()
    del shop

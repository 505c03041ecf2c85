from __future__ import annotations

import base64
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from stockwright.kit.actions import perform
from stockwright.kit.clock import now
from stockwright.kit.models import Person
from stockwright.kit.people import SYSTEM, Role
from stockwright.web.tests import make
from stockwright.web.tests.make import Channel, Customer, Order

pytestmark = pytest.mark.django_db


def orders(count: int, **columns: object) -> None:
    channel, _new = Channel.objects.get_or_create(code="web", defaults={"name": "Web shop", "currency": "EUR"})
    at = now() - timedelta(days=2)
    values = {
        "ship_by": at + timedelta(days=1),
        "currency": "EUR",
        "total": 12,
        "created_at": at,
        "updated_at": at,
        **columns,
    }
    start = Order.objects.count()
    Order.objects.bulk_create(
        Order(channel=channel, number=f"#{2000 + start + n}", placed_at=at + timedelta(seconds=start + n), **values)
        for n in range(count)
    )


def page(url: str, **query: str) -> str:
    return make.signed_in(Role.LEAD).get(url, query).content.decode()


def test_pages_follow_each_other_without_gaps():
    orders(120)
    client = make.signed_in(Role.LEAD)
    seen, url = [], "/orders/?view=all"
    while url:
        response = client.get(url)
        seen += [pk for pk, *_rest in response.context["rows"]]
        url = f"/orders/{response.context['older']}" if response.context["older"] else ""
    assert len(seen) == len(set(seen)) == 120


def test_the_way_back_shows_the_page_before():
    orders(60)
    client = make.signed_in(Role.LEAD)
    first = client.get("/orders/?view=all")
    second = client.get(f"/orders/{first.context['older']}")
    back = client.get(f"/orders/{second.context['newer']}")
    assert [row[0] for row in back.context["rows"]] == [row[0] for row in first.context["rows"]]
    assert len(second.context["rows"]) == 10


def test_only_cheap_counts_are_told():
    orders(60)
    assert "50 of 60" in page("/orders/")
    assert "50 shown" in make.signed_in(Role.READER).get("/orders/?view=all").content.decode()


@pytest.mark.parametrize(
    ("view", "columns"),
    [
        ("late", {}), ("held", {"holds": 1}), ("short", {"short_units": 2}), ("unpaid", {"payment": "pending"}),
    ],
)  # fmt: skip
def test_a_view_shows_what_it_says(view: str, columns: dict[str, object]):
    orders(1, fulfilment="fulfilled", payment="paid")
    orders(1, **{"payment": "paid", **columns})
    response = make.signed_in(Role.LEAD).get("/orders/", {"view": view})
    assert [row[0] for row in response.context["rows"]] == [Order.objects.latest("pk").pk]


def test_filters_narrow_and_can_be_taken_off():
    orders(1, tags=["gift"])
    orders(1, payment="paid")
    client = make.signed_in(Role.LEAD)
    response = client.get("/orders/", {"view": "all", "tag": "gift"})
    assert len(response.context["rows"]) == 1
    assert response.context["chips"][0]["url"] == "?view=all"
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    assert client.get("/orders/", {"view": "all", "since": tomorrow}).context["rows"] == []
    assert len(client.get("/orders/", {"view": "all", "until": tomorrow, "since": "nonsense"}).context["rows"]) == 2


@pytest.mark.parametrize("typed", ["2000", "#2000", "anna b", "anna@example.com"])
def test_search_finds_by_number_customer_and_mail(typed: str):
    orders(1, customer_name="Anna Bell", email="anna@example.com")
    orders(1, customer_name="Bram")
    response = make.signed_in(Role.LEAD).get("/orders/", {"view": "all", "q": typed})
    assert len(response.context["rows"]) == 1


def test_search_finds_by_sku():
    shop = make.small_shop()
    response = make.signed_in(Role.LEAD).get("/orders/", {"view": "all", "q": "lamp-oak"})
    assert [row[0] for row in response.context["rows"]] == [shop.order.pk]


@pytest.mark.parametrize("typed", ["'", "a & b | !c", "\\", "%", "<script>", ":*", "💡"])
def test_whatever_is_typed_breaks_nothing(typed: str):
    orders(1)
    response = make.signed_in(Role.LEAD).get("/orders/", {"view": "all", "q": typed})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


@pytest.mark.parametrize("query", ["after=xyz", "before=W10", "q=%00"])
def test_a_broken_place_in_the_list_is_refused(query: str):
    assert make.signed_in(Role.LEAD).get(f"/orders/?{query}").status_code == 400


def test_unknown_names_in_the_address_are_as_if_not_said():
    orders(1)
    assert len(make.signed_in(Role.LEAD).get("/orders/?view=nope&sort=nope&x=1").context["rows"]) == 1


def sent(response: object) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response)


def test_the_whole_filtered_list_goes_into_the_file_without_formulas():
    orders(70, customer_name="=cmd|' /C calc'!A0")
    client = make.signed_in(Role.ANALYST)
    lines = sent(client.get("/orders/", {"view": "all", "export": "csv"})).decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 71
    assert "'=cmd" in lines[1]
    assert ",=cmd" not in lines[1]
    sheet = io.BytesIO(sent(client.get("/orders/", {"view": "all", "export": "xlsx"})))
    assert len(CalamineWorkbook.from_filelike(sheet).get_sheet_by_index(0).to_python()) == 71


def test_the_action_log_shows_what_somebody_did_and_all_of_it_on_request():
    perform("today.refresh", {}, actor=SYSTEM, door="job")
    client = make.signed_in(Role.LEAD)
    client.post("/do/key.create_own/", {"name": "reports", "scopes": "*", "days": "30", "_apply": 1})
    with CaptureQueriesContext(connection) as asked:
        told = client.get("/calls/").content.decode()
    assert ">Look again</a>" not in told
    assert "1 in all" in told
    assert not any('kit_actioncall"."given"' in query["sql"] for query in asked)
    assert ">Look again</a>" in client.get("/calls/?view=all").content.decode()


def test_an_order_opens_at_the_side():
    shop = make.small_shop()
    text = make.signed_in(Role.LEAD).get(f"/orders/{shop.order.pk}/?panel=1").content.decode()
    assert "<html" not in text
    assert "LAMP-OAK" in text


def test_an_empty_list_says_what_to_do():
    assert "Import the order export" in page("/orders/", view="all")


def test_the_order_says_what_is_short_and_why():
    shop = make.small_shop()
    text = make.signed_in(Role.LEAD).get(f"/orders/{shop.short_order.pk}/").content.decode()
    assert "3 short" in text
    assert "nothing is on its way" in text


def test_what_others_wrote_is_never_markup():
    customer = Customer.objects.create(name="<b>Eve</b>", email="eve@example.com", created_at=now())
    orders(1, customer=customer, customer_name="<b>Eve</b>", note="<script>alert(1)</script>")
    client = make.signed_in(Role.LEAD)
    for url in (
        "/orders/?view=all",
        f"/orders/{Order.objects.get().pk}/",
        f"/customers/{customer.pk}/",
        "/palette/?q=eve",
    ):
        text = client.get(url).content.decode()
        assert "<b>Eve" not in text, url
        assert "<script>alert" not in text, url


@pytest.mark.parametrize("role", [Role.PICKER, Role.READER])
def test_who_may_only_look_takes_no_list_away(role: Role):
    orders(1)
    client = make.signed_in(role)
    assert "export=csv" not in client.get("/orders/?view=all").content.decode()
    for kind in ("csv", "xlsx"):
        response = client.get("/orders/", {"view": "all", "export": kind})
        assert (response.status_code, response.has_header("Content-Disposition")) == (403, False)
    assert "export=csv" in make.signed_in(Role.ANALYST).get("/orders/?view=all").content.decode()


@pytest.mark.parametrize("cursor", [
    [["v", 5], 1], [["v", "x"], 1], [["t", "2026-01-01"], 1], [["t", "2026-01-01T00:00:00"], 1], [["n", "NaN"], 1], [["n", "1e400"], 1],
    [["v", "\x00"], 1], [["v", "\ud800"], 1], [["v", None], 2**80], [["v", []], 1], [["v", {"a": 1}], 1],
    [["v", 1e999], 1], [["t", "2026-01-01T00:00:00+00:00"], "0190b7a0-0000-7000-8000-000000000000"],
])  # fmt: skip
@pytest.mark.parametrize(
    "url", ["/orders/?view=all", "/orders/?view=all&sort=total", "/inbox/?view=all", "/calls/?view=all", "/customers/?"]
)
def test_a_place_in_another_list_or_order_breaks_nothing(url: str, cursor: list[object]):
    orders(1)
    place = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")
    for way in ("after", "before"):
        assert make.signed_in(Role.LEAD).get(f"{url}&{way}={place}").status_code in {200, 400}
        Person.objects.all().delete()


@pytest.mark.parametrize(
    "url",
    [
        "/orders/?view=all&channel=²", "/orders/?view=all&channel=٣", "/do/orders.hold/?order_ids=²", "/do/catalog.change_variant/?variant_id=²",
        "/do/stock.move/?variant_id=²&location_id=٣", "/do/today.assign/?person_id=²", "/stock/variants/?location=²", "/timeline/order/1/?before=2026-02-30T00:00:00Z",
        f"/orders/?view=all&channel={'9' * 40}",
    ],
)  # fmt: skip
def test_digits_that_are_no_number_break_nothing(url: str):
    orders(1)
    assert make.signed_in(Role.LEAD).get(url).status_code < 500


def test_selected_rows_are_numbers_or_nothing():
    client = make.signed_in(Role.LEAD)
    sent = {"ids": ["²", "٣", "9" * 30], "reason": "other", "_reason": "x", "_apply": "1"}
    assert client.post("/do-many/orders.hold/", sent).status_code < 500

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from stockwright.kit.actions import all_actions
from stockwright.kit.models import ActionCall, Person
from stockwright.kit.people import Role, may
from stockwright.web.tests import make

pytestmark = pytest.mark.django_db

# Their doors are their own: the sign-in library's pages and the API (which has its own test of all routes).
OTHERS = ("accounts/", "api/")
# Pages that only answer to a question, or that change something.
ASKED = {"undo", "do_many"}
# What they show is every room's, and so is the permission.
SERVES_ALL = ("do", "pick", "earlier", "earlier_comments")


def _somebody() -> int:
    return int((Person.objects.first() or make.person(Role.READER)).pk)


def patterns() -> Iterator[tuple[str, URLPattern]]:
    for entry in get_resolver().url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver) or route.startswith(OTHERS):
            continue
        yield route, entry


def addresses(shop: make.Shop) -> dict[str, str]:
    """Every named page with an address that exists in the small shop."""
    call = ActionCall.objects.order_by("pk").first()
    assert call is not None
    keys = {
        "order": shop.order.pk, "customer": shop.order.customer_id, "variant": shop.variant.pk, "product": shop.variant.product_id,
        "location": shop.location.pk, "transfer": shop.transfer.pk, "count": shop.count.pk, "count_enter": shop.count.pk,
        "transfer_receive": shop.transfer.pk, "person": _somebody(),
        "inbox_message": shop.message.pk, "call": call.pk, "do": "orders.hold", "pick": "variant",
    }  # fmt: skip
    found = {}
    for _route, entry in patterns():
        name = entry.name
        if not name or name in ASKED:
            continue
        if name in {"earlier", "earlier_comments"}:
            found[name] = reverse(name, args=["order", shop.order.pk])
        elif name in keys:
            found[name] = reverse(name, args=[keys[name]])
        elif "<" not in str(entry.pattern):
            found[name] = reverse(name)
    return found


def test_every_address_goes_through_the_door():
    without = [route for route, entry in patterns() if not hasattr(entry.callback, "permission")]
    assert without == []


def test_a_stranger_is_sent_to_the_sign_in_by_every_page(client: Client):
    for name, url in addresses(make.small_shop()).items():
        response = client.get(url)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/accounts/login/"), name


def test_every_page_opens_for_an_operations_lead():
    client = make.signed_in(Role.LEAD)
    for name, url in addresses(make.small_shop()).items():
        # Some only take what is sent to them.
        assert client.get(url).status_code in (200, 405), name


def test_every_page_refuses_somebody_without_a_role_unless_it_is_everybodys():
    client = make.signed_in()
    by_name = {entry.name: entry.callback.permission for _route, entry in patterns()}  # type: ignore[attr-defined]
    for name, url in addresses(make.small_shop()).items():
        needed = by_name[name]
        expected = 200 if not needed or may([], needed) else 403
        if name not in SERVES_ALL:
            assert client.get(url).status_code in (expected, 405), name


def test_no_page_gives_a_file_to_who_may_only_look():
    client, files = make.signed_in(Role.READER), []
    lead = make.signed_in(Role.LEAD)
    for name, url in addresses(make.small_shop()).items():
        for query in ("export=csv", "export=xlsx"):
            assert not client.get(f"{url}?{query}").has_header("Content-Disposition"), name
        files += [name] * lead.get(f"{url}?export=csv").has_header("Content-Disposition")
    assert len(files) > 8


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_a_database_that_can_not_answer_now_is_said_so_on_every_page(trouble: type[Exception]):
    client = make.signed_in(Role.LEAD)

    def refuse(*_args: object) -> None:
        raise trouble("canceling statement due to lock timeout")

    # As when a lock is not to be had: what the page itself asks, and what the sign-in asks.
    for name, url in list(addresses(make.small_shop()).items())[:5]:
        with connection.execute_wrapper(refuse):
            response = client.get(url)
        assert (response.status_code, response["Retry-After"]) == (503, "5"), name
        assert b"try again" in response.content


@pytest.mark.parametrize("name", SERVES_ALL)
def test_what_serves_every_room_asks_for_the_permission_of_what_it_serves(name: str):
    assert make.signed_in().get(addresses(make.small_shop())[name]).status_code == 403


def test_somebody_who_only_reads_is_refused_every_action():
    client = make.signed_in(Role.READER)
    before = ActionCall.objects.count()
    for action in all_actions():
        if may([Role.READER.value], action.name):
            continue
        for method in (client.get, client.post):
            assert method(reverse("do", args=[action.name])).status_code == 403, action.name
        assert client.post(reverse("do_many", args=[action.name]), {"ids": [1], "_apply": 1}).status_code == 403
    assert ActionCall.objects.count() == before


@pytest.mark.parametrize(
    "url",
    ["/orders/999999/", "/stock/variants/999999/", "/customers/999999/", "/inbox/999999/", "/nowhere/", "/do/no.verb/"],
)
def test_what_is_not_there_is_said_so(url: str):
    response = make.signed_in(Role.LEAD).get(url)
    assert response.status_code == 404
    assert b"Stockwright" in response.content


def test_the_menu_shows_what_may_be_seen():
    make.small_shop()
    reader = make.signed_in(Role.PICKER).get("/orders/").content.decode()
    assert ">Performance<" not in reader
    assert ">Orders" in reader

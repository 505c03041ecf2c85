from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from stockwright.channels.files.tests.make import order_row, shopify_orders
from stockwright.channels.imports.running import run_import
from stockwright.channels.models import Import, ImportMapping
from stockwright.kit.inbox import Incoming, drain_all, receive
from stockwright.kit.models import InboxMessage, Person
from stockwright.kit.rooms import load_rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> Client:
    load_rooms()
    client.force_login(
        Person.objects.create_user("lead@example.com", name="Lead", roles=["lead"]),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def upload(client: Client, text: str, name: str = "orders.csv") -> str:
    response = client.post("/imports/new/", {"file": SimpleUploadedFile(name, text.encode())})
    assert response.status_code == 302
    return str(response["Location"])


def test_a_dropped_file_is_looked_at_and_then_brought_in(lead: Client) -> None:
    where = upload(lead, shopify_orders(order_row("#1"), order_row("#2", **{"Lineitem quantity": "x"})))
    seen = lead.get(where).content.decode()
    assert "Shopify orders" in seen
    assert "not a number" in seen
    assert not Import.objects.exists()
    started = lead.post(f"{where}start/", {"kind": ""})
    run = Import.objects.get()
    assert started["Location"] == f"/imports/{run.pk}/"
    assert "Waiting for a worker" in lead.get(started["Location"]).content.decode()
    run_import(run.pk)
    page = lead.get(started["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in page
    assert "Download these rows" in page
    rows = b"".join(lead.get(f"/imports/{run.pk}/rejects.csv")).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("Line,Column,Value,Reason,Name,Email")
    assert rows[1].startswith("3,Lineitem quantity,x,not a number,#2")


def test_an_import_leads_to_its_own_messages_and_to_no_others(lead: Client) -> None:
    where = upload(lead, shopify_orders(order_row("#1"), order_row("#2", Email="two@example.com")))
    lead.post(f"{where}start/", {"kind": ""})
    run = Import.objects.get()
    run_import(run.pk)
    InboxMessage.objects.filter(external_id="#2").update(state="quarantined", reason="odd")
    receive("shopify:eu", [Incoming("order.place", "other", {"nonsense": 1}, external_id="#other")])
    drain_all()
    page = lead.get(f"/imports/{run.pk}/").content.decode()
    link = re.search(r'href="(/inbox/[^"]+)"', page)
    assert link
    told = lead.get(unescape(link.group(1))).content.decode()
    assert "#2" in told
    assert "#other" not in told


def test_an_unknown_file_is_mapped_on_the_page(lead: Client) -> None:
    where = upload(lead, "article;pieces\nA;3\n", "stock.csv")
    assert "Say what its columns mean" in lead.get(where).content.decode()
    assert "article" in lead.get(f"{where}map/?for=stock").content.decode()
    told = {"for": "stock", "name": "shelf", "title": "Shelf", "column.sku": "article", "column.on_hand": "pieces"}
    assert lead.post(f"{where}map/?for=stock", {**told, "constant.location": "main"}).status_code == 302
    assert ImportMapping.objects.get().spec["columns"]["location"]["constant"] == "main"
    bad = lead.post(f"{where}map/?for=stock", {"for": "stock", "name": "Bad Name"}).content.decode()
    assert "nothing fills" in bad or "can&#x27;t be used" in bad


def test_every_page_of_imports_opens(lead: Client) -> None:
    assert "No file was imported yet" in lead.get("/imports/").content.decode()
    upload(lead, shopify_orders(order_row()))
    assert lead.get("/imports/new/").status_code == 200
    assert lead.get("/imports/file/999/").status_code == 404
    assert lead.get("/imports/999/").status_code == 404


def test_who_may_not_import_can_not_even_leave_a_file(client: Client) -> None:
    load_rooms()
    client.force_login(
        Person.objects.create_user("reader@example.com", name="Reader", roles=["reader"]),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    response = client.post("/imports/new/", {"file": SimpleUploadedFile("a.csv", b"a,b\n")})
    assert response.status_code == 403

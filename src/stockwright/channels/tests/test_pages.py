from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from stockwright.channels.files.tests.make import order_row, shopify_orders
from stockwright.channels.imports import preview as ahead
from stockwright.channels.imports.preview import first_part
from stockwright.channels.imports.reading import quiet
from stockwright.channels.imports.running import run_import
from stockwright.channels.imports.turn import turn
from stockwright.channels.models import Import, ImportMapping
from stockwright.channels.pages import looking
from stockwright.kit.clock import now
from stockwright.kit.inbox import Incoming, drain_all, receive
from stockwright.kit.models import InboxMessage, Person, StoredFile
from stockwright.kit.rooms import load_rooms

pytestmark = pytest.mark.django_db


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
    assert rows[1].startswith("3,Lineitem quantity,x,not a number: write digits")


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


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("currency=EURO", "Currency: longer than 3 characters"), ("channel=" + "x" * 41, "Channel: longer than 40"),
        ("encoding=" + "y" * 31, "Encoding: longer than 30"),
    ],
)  # fmt: skip
def test_an_address_that_says_too_much_is_refused_in_a_sentence(lead: Client, query: str, said: str) -> None:
    where = upload(lead, shopify_orders(order_row("#1")))
    for url in (f"{where}?{query}", f"{where}map/?{query}"):
        response = lead.get(url)
        assert (response.status_code, said in response.content.decode()) == (400, True)
    assert lead.get(f"{where}map/?for=x").status_code == 404


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 no archive at all", b"PAR1 no parquet either", b"\xff\xfea\x00,", b"a,b\n\xff\xfe\x00\x81,1\n",
        b'Name,Email\n"#1', b"\x00" * 40, b"Name;Name;Name\n1;2;3\n", b"sku,on_hand\nA," + b"9" * 5000 + b"\n",
    ],
)  # fmt: skip
def test_whatever_is_in_a_file_the_page_about_it_opens_and_says_so(lead: Client, content: bytes, name: str) -> None:
    response = lead.post("/imports/new/", {"file": SimpleUploadedFile(name, content)})
    where = str(response["Location"])
    for kind in ("", "shopify-orders", "shopify-inventory", "woocommerce-products"):
        assert lead.get(f"{where}?kind={kind}").status_code == 200
    assert lead.get(f"{where}map/").status_code in (200, 400)


def test_what_no_reader_foresaw_is_told_as_the_files_trouble(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    where = upload(lead, shopify_orders(order_row("#1")))

    def broken(*_given: object, **_said: object) -> None:
        raise IndexError("odd row")

    monkeypatch.setattr(looking, "preview_first", broken)
    response = lead.get(where)
    assert response.status_code == 200
    assert "IndexError: odd row" in response.content.decode()


def test_what_was_declared_of_a_file_holds_for_its_mapping_too(lead: Client) -> None:
    content = "Größe|a;b|Stück\nA|;|3\n".encode("cp1252")
    where = str(lead.post("/imports/new/", {"file": SimpleUploadedFile("stock.csv", content)})["Location"])
    query = "encoding=cp1252&delimiter=pipe"
    page = lead.get(f"{where}map/?for=stock&{query}").content.decode()
    assert "read as cp1252, pipe" in page
    assert "encoding=cp1252" in page
    assert '<option value="Stück">' in page
    told = {"for": "stock", "name": "shelf", "title": "Shelf", "column.sku": "Größe", "column.on_hand": "Stück"}
    saved = lead.post(f"{where}map/?for=stock&{query}", told)
    assert "encoding=cp1252&delimiter=pipe" in saved["Location"]


def test_a_page_looks_at_the_first_part_of_a_large_file_alone(lead: Client) -> None:
    rows = [order_row(f"#{n}") for n in range(7000)]
    where = upload(lead, shopify_orders(*rows))
    stored = StoredFile.objects.get()
    part = first_part(stored, {})
    assert (len(list(part.table.rows())), part.whole) == (5000, False)
    page = lead.get(where).content.decode()
    assert "What the first 400 records would do" in page
    assert "Only the first part was read" in page


def test_a_look_shows_orders_however_many_products_come_before_them(lead: Client) -> None:
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    rows = (f"{5000 + n // 10},{10000 + n},Mug {n},1,2026-01-05 10:00:00,2.50,17,France\n" for n in range(4010))
    where = upload(lead, head + "".join(rows))

    seen = lead.get(where).content.decode()

    assert "What the first 400 records would do" in seen
    assert re.search(r'New</span><span class="figure">400<', seen)
    assert "1 line" not in seen
    assert "10 lines, placed" in seen


@pytest.mark.parametrize(
    ("state", "applied", "far"),
    [
        ("reading", 1, "50 of 200 rows, about 7 minutes left"),
        ("applying", 1, "1 of 2 records, about 1 minute left"),
        ("applying", 0, "0 of 2 records<"),
        ("waiting", 0, "Waiting for a worker<"),
    ],
)
def test_the_page_of_an_import_says_how_far_it_is_and_how_long_it_takes(
    lead: Client, state: str, applied: int, far: str
) -> None:
    where = upload(lead, shopify_orders(order_row("#1")))
    lead.post(f"{where}start/", {"kind": ""})
    run = Import.objects.get()
    receive(run.source, [Incoming("order.place", key, {}, external_id=key) for key in ("one", "two")])
    InboxMessage.objects.filter(external_id="one").update(state="applied" if applied else "pending")
    Import.objects.update(state=state, rows=50, rows_expected=200, started_at=now() - timedelta(minutes=1))

    with turn(quiet, patient=False):
        part = lead.get(f"/imports/{run.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert far in part
    badge = re.search(r'<span id="import-state" hx-swap-oob="true">(.+?)</span></span>', part)
    assert badge
    assert state in badge.group(1)
    assert "hx-swap-oob" not in lead.get(f"/imports/{run.pk}/").content.decode()


def test_of_a_huge_text_only_the_first_megabytes_are_read(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_FIRST_BYTES", 2000)
    # What comes later is not even text.
    content = shopify_orders(*(order_row(f"#{n}") for n in range(30))).encode() + b"\xff\x81\x00" * 2000
    response = lead.post("/imports/new/", {"file": SimpleUploadedFile("orders.csv", content)})
    page = lead.get(str(response["Location"])).content.decode()
    assert "What the first" in page
    assert 'Rejected</span><span class="figure">–' in page


def test_of_a_large_workbook_only_the_first_rows_are_read(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_FIRST_BYTES", 40_000)
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        page = book.add_worksheet("orders")
        for n, row in enumerate(csv.reader(io.StringIO(shopify_orders(*(order_row(f"#{n}") for n in range(300)))))):
            page.write_row(n, 0, row)
    response = lead.post("/imports/new/", {"file": SimpleUploadedFile("orders.xlsx", held.getvalue())})
    part = first_part(StoredFile.objects.get(), {})
    rows = list(part.table.rows())
    assert not part.whole
    assert 10 < len(rows) < 200
    page_ = lead.get(str(response["Location"])).content.decode()
    assert f"What the first {len(rows) - 1} records would do" in page_


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


def test_a_finished_import_leads_to_the_orders_it_told_and_to_no_others(lead: Client) -> None:
    for name, code in (("first.csv", "#1"), ("second.csv", "#2")):
        lead.post(f"{upload(lead, shopify_orders(order_row(code)), name)}start/", {"kind": ""})
        run = Import.objects.order_by("-id")[0]
        run_import(run.pk)
    page = lead.get(f"/imports/{run.pk}/").content.decode()
    link = re.search(r'href="(/orders/[^"]+)"', page)
    assert link
    told = lead.get(unescape(link.group(1))).content.decode()
    assert "#2" in told
    assert "#1" not in told


def test_says_that_an_import_is_stopped_when_whoever_read_it_is_gone(lead: Client) -> None:
    lead.post(f"{upload(lead, shopify_orders(order_row()))}start/", {"kind": ""})
    run = Import.objects.get()
    Import.objects.update(state="reading")
    page = lead.get(f"/imports/{run.pk}/").content.decode()
    assert "goes on from where it stood" in page
    assert ">stopped<" in page
    with turn(quiet, patient=False):
        assert "goes on from where it stood" not in lead.get(f"/imports/{run.pk}/").content.decode()

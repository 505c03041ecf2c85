"""Files that nobody would give us, given to us by HTTP: each is told in one clear sentence."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from stockwright.channels.files.tests.make import FILES, order_row, shopify_orders
from stockwright.channels.imports.running import run_import
from stockwright.channels.models import Import
from stockwright.channels.tests.test_pages import upload
from stockwright.kit.bulk import fetch

pytestmark = pytest.mark.django_db
GOOD = shopify_orders(order_row("#1"))


def bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 60_000_000)
    return held.getvalue()


def workbook_without_rows() -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        book.add_worksheet("one")
    return held.getvalue()


TROUBLES = [
    ("bomb.xlsx", bomb(), "can't be read: unpacked it would be 60 MB from 0.1 MB. Save the sheet as CSV."),
    ("line.csv", b"x" * 10_000_000, "can't be read: line 1 is longer than 4,000,000 characters. Is it a CSV file?"),
    (
        "program.csv", b"\x7fELF" + bytes(range(256)) * 50,
        "can't be read: it is neither UTF-8 (line 2) nor Windows-1252 (byte 0x81). Declare --encoding, or save it as UTF-8.",
    ),
    ("picture.csv", b"\x89PNG\r\n\x1a\n", "can't be read: it is PNG. CSV, XLSX and Parquet can be read."),
    (
        "twice.csv", GOOD.replace("Accepts Marketing", "lineitem price").encode(),
        "has more than one column called lineitem price: nothing tells which of them counts. Give each a name of its own.",
    ),
    ("head.csv", GOOD.split("\r\n")[0].encode(), "names its columns and has no rows: there is nothing to import."),
    ("blank.csv", b"\r\n\r\n", "can't be read: it is empty. The first line must name the columns."),
    ("no-rows.xlsx", workbook_without_rows(), "can't be read: none of its sheets has rows. Its sheets: one"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "sentence"), TROUBLES, ids=[name for name, *_ in TROUBLES])
def test_a_file_of_known_trouble_is_told_in_one_sentence(
    lead: Client, name: str, content: bytes, sentence: str
) -> None:
    given = lead.post("/imports/new/", {"file": SimpleUploadedFile(name, content)})
    response = lead.get(str(given["Location"]))
    told = re.findall(r'role="alert">(.*?)</div>', response.content.decode(), re.DOTALL)
    assert (response.status_code, [unescape(each) for each in told]) == (200, [f"{name} {sentence}"])


def test_a_file_of_no_bytes_is_told_in_one_sentence(lead: Client) -> None:
    response = lead.post("/imports/new/", {"file": SimpleUploadedFile("nothing.csv", b"")}, follow=True)
    assert "nothing.csv can't be read: it is empty." in unescape(response.content.decode())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read(lead: Client, codec: str) -> None:
    given = lead.post("/imports/new/", {"file": SimpleUploadedFile("orders.csv", GOOD.encode(codec))})
    page = lead.get(str(given["Location"])).content.decode()
    assert "UTF-16" in page
    assert 'role="alert"' not in page


def test_no_room_for_a_file_is_told_in_one_sentence(lead: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"")
    settings.MEDIA_ROOT = tmp_path / "full" / "files"
    response = lead.post("/imports/new/", {"file": SimpleUploadedFile("orders.csv", GOOD.encode())})
    assert response.status_code == 503
    assert "orders.csv can't be kept: Not a directory. Make room, then try again." in unescape(
        response.content.decode()
    )


def test_no_room_for_a_large_file_on_its_way_in_is_told_in_one_sentence(
    settings: Any, tmp_path: Path, lead: Client
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "gone")
    lead.handler.enforce_csrf_checks = True
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', lead.get("/imports/new/").content.decode())
    assert token
    large = SimpleUploadedFile("orders.csv", GOOD.encode() + b"\r\n" * 3_000_000)
    response = lead.post("/imports/new/", {"csrfmiddlewaretoken": token[1], "file": large})
    assert response.status_code == 503
    assert "orders.csv can't be kept: No such file or directory. Make room" in unescape(response.content.decode())


def test_the_unit_of_weights_is_asked_for_where_the_file_leaves_it_open(lead: Client) -> None:
    magento = "\n".join(",".join(f'"{cell}"' for cell in row) for row in FILES["magento-products"])
    where = upload(lead, magento, "magento.csv")
    assert 'name="weight_unit"' in lead.get(where).content.decode()
    assert 'name="weight_unit"' not in lead.get(upload(lead, GOOD)).content.decode()
    lead.post(f"{where}start/", {"kind": "", "weight_unit": "lbs"})
    run = Import.objects.get()
    assert run.options["read"]["weight_unit"] == "lbs"
    run_import(run.pk)
    # 0.2 pounds.
    assert fetch("SELECT DISTINCT grams FROM catalog_variant WHERE sku LIKE 'T-_'") == [(91,)]
    assert '<option value="lbs" selected>' in lead.get(f"{where}?weight_unit=lbs").content.decode()

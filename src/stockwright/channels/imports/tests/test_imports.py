from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stockwright.channels.actions.start import StartGiven, prepare
from stockwright.channels.errors import NotCancellable, NotReading
from stockwright.channels.files.errors import UnknownFormat
from stockwright.channels.files.tests.make import next_row, order_row, shopify_orders
from stockwright.channels.imports.preview import preview
from stockwright.channels.imports.reading import read_into_inbox
from stockwright.channels.imports.running import run_import
from stockwright.channels.imports.storing import keep_file
from stockwright.channels.imports.tests.make import add_location, bring_in, start, write
from stockwright.channels.models import Import, ImportReject
from stockwright.channels.queries import reject_columns, reject_rows, report
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import NotPermitted
from stockwright.kit.journal import timeline
from stockwright.kit.people import SYSTEM, Actor
from stockwright.kit.sheets import write_csv

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PRODUCTS = "sku,title,price,cost,barcode,grams,quantity\nA,Mug,9.50,4.00,111,300,12\nB,Cup,7.50,3.00,222,200,0\n"


def orders(count: int) -> str:
    return shopify_orders(*(order_row(f"#{1001 + n}", Id=str(10_000 + n)) for n in range(count)))


def test_orders_go_in_and_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, orders(5))
    first, again = bring_in(path), bring_in(path)
    assert (first.run.new, first.settled.applied, first.run.state) == (5, 5, "done")
    assert (again.run.new, again.run.changed, again.run.unchanged, again.settled.all) == (0, 0, 5, 0)
    assert fetch("SELECT count(*) FROM orders_order")[0][0] == 5


def test_addresses_taxes_and_discounts_told_again_are_no_change() -> None:
    first = bring_in(SAMPLES / "shopify_orders.csv").run
    again = bring_in(SAMPLES / "shopify_orders.csv").run
    assert (again.new, again.changed, again.unchanged) == (0, 0, first.new)


def test_a_changed_order_is_an_update(tmp_path: Path) -> None:
    bring_in(write(tmp_path, orders(3)))
    changed = bring_in(
        write(
            tmp_path, orders(2) + shopify_orders(order_row("#1003", Notes="ring twice", Id="10002")).split("\r\n", 1)[1]
        )
    )
    assert (changed.run.changed, changed.run.unchanged, changed.settled.applied) == (1, 2, 1)
    assert fetch("SELECT note FROM orders_order WHERE number = '#1003'") == [("ring twice",)]


def test_a_bad_row_keeps_its_whole_order_out_and_no_other(tmp_path: Path) -> None:
    text = shopify_orders(
        order_row("#1"), order_row("#2"), next_row("#2", **{"Lineitem quantity": "many"}), order_row("#3")
    )
    done = bring_in(write(tmp_path, text))
    assert (done.run.new, done.run.rejected_records, done.run.rejected_rows, done.clean) == (2, 1, 2, False)
    reject = ImportReject.objects.get()
    assert (reject.line, reject.column, reject.value, reject.key) == (4, "Lineitem quantity", "many", "#2")


def test_rejects_can_be_mended_and_imported(tmp_path: Path) -> None:
    done = bring_in(write(tmp_path, shopify_orders(order_row("#1"), order_row("#2", **{"Lineitem quantity": "many"}))))
    raw = b"".join(write_csv(reject_columns(done.run), reject_rows(done.run))).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(raw)))
    assert [(row["Line"], row["Value"], row["Name"]) for row in rows] == [("3", "many", "#2")]
    assert bring_in(write(tmp_path, raw.replace("many", "4"), "mended.csv")).run.new == 1


def test_products_bring_their_stock_along(tmp_path: Path) -> None:
    add_location()
    done = bring_in(write(tmp_path, PRODUCTS), "plain_products")
    assert (done.run.new, done.clean) == (4, True)
    rows = fetch(
        "SELECT v.sku, v.grams, l.on_hand FROM catalog_variant v JOIN stock_level l ON l.variant_id = v.id ORDER BY 1"
    )
    assert rows[0] == ("A", 300, 12)


def test_the_same_stock_file_does_not_undo_what_happened_since(tmp_path: Path) -> None:
    place = add_location()
    bring_in(write(tmp_path, PRODUCTS), "plain_products")
    path = write(tmp_path, "sku,quantity,location\nA,20,Main warehouse\n", "stock.csv")
    assert bring_in(path, "plain_stock").run.changed == 1
    ((variant,),) = fetch("SELECT id FROM catalog_variant WHERE sku = 'A'")
    given = {"lines": [{"variant_id": variant, "location_id": place, "units": 15}]}
    perform("stock.set_on_hand", given, actor=SYSTEM)
    assert bring_in(path, "plain_stock").run.unchanged == 1
    assert fetch("SELECT on_hand FROM stock_level WHERE variant_id = %s", (variant,)) == [(15,)]
    assert bring_in(path, "plain_stock", again=True).run.changed == 1
    assert fetch("SELECT on_hand FROM stock_level WHERE variant_id = %s", (variant,)) == [(20,)]


def test_stock_of_unknown_goods_and_places_is_rejected_row_by_row(tmp_path: Path) -> None:
    add_location()
    bring_in(write(tmp_path, PRODUCTS), "plain_products")
    text = "sku,quantity,location\nA,20,main\nX,1,main\nB,3,moon\nB,-4,main\n"
    done = bring_in(write(tmp_path, text, "stock.csv"), "plain_stock")
    assert (done.run.changed, done.run.rejected_records) == (1, 3)
    assert list(ImportReject.objects.values_list("line", "value").order_by("line")) == [
        (3, "X"),
        (4, "moon"),
        (5, "-4"),
    ]


def test_a_look_ahead_writes_nothing(tmp_path: Path) -> None:
    add_location()
    kept = keep_file(write(tmp_path, PRODUCTS))
    prepared = prepare(kept, StartGiven.model_validate({"file_id": 0, "kind": "plain_products"}))
    seen = preview(kept, prepared, opening={})
    assert (seen.rows, seen.new, seen.rejected, seen.types["product"]) == (4, 4, 0, 2)
    for table in ("channels_import", "catalog_product", "kit_inboxmessage", "kit_journalevent WHERE kind LIKE 'cat%%'"):
        assert fetch(f"SELECT count(*) FROM {table}")[0][0] == 0  # noqa: S608


def test_an_unknown_head_is_refused_with_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="its columns are foo, bar"):
        start(write(tmp_path, "foo,bar\n1,2\n"))
    assert not Import.objects.exists()


def test_a_saved_mapping_reads_a_file_of_ones_own(tmp_path: Path) -> None:
    spec = {
        "name": "market", "title": "Market", "kind": "orders", "channel": "market", "decimal": "comma",
        "columns": {
            "number": {"column": "Bestellung", "strip": "#"}, "placed_at": "Datum", "sku": "Artikel", "units": "Menge",
            "unit_price": "Preis", "currency": {"constant": "EUR"}, "title": {"column": "Name", "split": " / ", "part": 0},
        },
    }  # fmt: skip
    path = write(tmp_path, "Bestellung;Datum;Artikel;Menge;Preis;Name\n#7;01.02.2026;A;2;1.234,50;Tasse / blau\n")
    perform("import.map", {"mapping": spec}, actor=SYSTEM)
    assert bring_in(path, "market").clean
    rows = fetch(
        "SELECT o.number, o.currency, l.unit_price, l.title FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id"
    )
    assert [(n, c, str(p), t) for n, c, p, t in rows] == [("7", "EUR", "1234.5000", "Tasse")]


def test_cancelling_takes_back_what_was_not_applied(tmp_path: Path) -> None:
    import_id = start(write(tmp_path, orders(4)))
    run = Import.objects.get(pk=import_id)
    perform("import.begin", {"import_id": import_id}, actor=SYSTEM)
    run.refresh_from_db()
    read_into_inbox(run)
    perform("import.cancel", {"import_id": import_id}, actor=SYSTEM)
    assert report(import_id).settled.superseded == 4
    assert fetch("SELECT count(*) FROM orders_order")[0][0] == 0
    with pytest.raises(NotCancellable):
        perform("import.cancel", {"import_id": import_id}, actor=SYSTEM)


def test_two_readers_of_one_import_never_write_twice(tmp_path: Path) -> None:
    import_id = start(write(tmp_path, orders(4)))
    perform("import.begin", {"import_id": import_id}, actor=SYSTEM)
    one, other = Import.objects.get(pk=import_id), Import.objects.get(pk=import_id)
    read_into_inbox(one)
    with pytest.raises(NotReading):
        read_into_inbox(other)
    assert report(import_id).settled.all == 4


def test_starting_the_same_file_again_goes_on_with_the_half_done_import(tmp_path: Path) -> None:
    path = write(tmp_path, orders(2))
    first = start(path)
    assert start(path) == first
    run_import(first)
    assert start(path) != first


def test_the_course_of_an_import_is_in_the_journal(tmp_path: Path) -> None:
    done = bring_in(write(tmp_path, orders(1)))
    kinds = [entry.kind for entry in timeline("import", done.run.pk)]
    assert {"import.started", "import.read", "import.finished"} <= set(kinds)


def test_a_picker_may_not_import() -> None:
    with pytest.raises(NotPermitted):
        perform("import.start", {"file_id": 1}, actor=Actor("person:1", "Picker", ("picker",)))


@pytest.mark.parametrize("name", ["shopify_orders.csv", "shopify_inventory.csv", "bad_rows.csv"])
def test_the_files_to_try_are_what_they_say(name: str) -> None:
    kept = keep_file(SAMPLES / name)
    seen = preview(kept, prepare(kept, StartGiven.model_validate({"file_id": 0})), opening={})
    assert seen.kind == ("shopify-inventory" if "inventory" in name else "shopify-orders")
    if name == "shopify_orders.csv":
        assert (seen.new, seen.rejected) == (40, 0)
    if name == "bad_rows.csv":
        assert (seen.new, seen.rejected) == (3, 5)


KILLED = """
import os, sys
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[2]
from stockwright.kit.rooms import load_rooms
load_rooms()
from stockwright.channels.imports import reading
reading._RECORDS = 7
from stockwright.channels.imports.running import run_import
print("up", flush=True)
run_import(int(sys.argv[1]))
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    import_id = start(write(tmp_path, orders(400)))
    from django.db import connection  # noqa: PLC0415 - the name of the test's own database

    command = [sys.executable, "-c", KILLED, str(import_id), connection.settings_dict["NAME"]]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stockwright.kit.settings"}
    kills = 0
    for wait in (0.05, 0.2, 0.4):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(wait)
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                kills += 1
    run_import(import_id)
    done = report(import_id)
    assert kills
    assert (done.run.state, done.run.rows, done.run.new, done.settled.applied) == ("done", 400, 400, 400)
    assert fetch("SELECT count(*), count(DISTINCT number) FROM orders_order") == [(400, 400)]

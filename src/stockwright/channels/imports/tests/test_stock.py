"""What files say of stock, against what happened before, meanwhile and after."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db import connection

from stockwright.channels.errors import ImportRunning, ImportsBusy
from stockwright.channels.files.tests.make import order_row, shopify_orders
from stockwright.channels.imports.reading import read_into_inbox
from stockwright.channels.imports.running import run_import
from stockwright.channels.imports.tests.make import add_location, bring_in, start, write
from stockwright.channels.imports.turn import turn
from stockwright.channels.models import Import, ImportReject
from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import NotPermitted
from stockwright.kit.inbox import drain, replay
from stockwright.kit.people import SYSTEM, Actor

pytestmark = pytest.mark.django_db
PRODUCTS = "sku,title,price\nA,Mug,9.50\nB,Cup,7.50\n"
WOO = "ID,Type,SKU,Name,Published,Visibility in catalog,In stock?,Stock,Regular price,Parent\n"


def level(sku: str = "A") -> tuple[int, int, int]:
    """On hand, committed, available."""
    return fetch(
        "SELECT l.on_hand, l.committed, l.available FROM stock_level l JOIN catalog_variant v ON v.id = l.variant_id"
        " WHERE v.sku = %s",
        (sku,),
    )[0]


def told(folder: Path, units: int, name: str = "stock.csv") -> Path:
    return write(folder, f"sku,quantity,location\nA,{units},main\n", name)


@pytest.fixture
def shop(tmp_path: Path) -> int:
    place = add_location()
    bring_in(write(tmp_path, PRODUCTS), "plain_products")
    return place


def open_order(folder: Path, units: int) -> None:
    cells = {"Lineitem sku": "A", "Lineitem quantity": str(units)}
    assert bring_in(write(folder, shopify_orders(order_row("#1", **cells)), "orders.csv")).clean


@pytest.mark.parametrize("orders_first", [True, False])
@pytest.mark.usefixtures("shop")
def test_what_can_still_be_sold_is_what_can_still_be_sold_here(tmp_path: Path, orders_first: bool) -> None:
    if orders_first:
        open_order(tmp_path, 2)
    else:
        bring_in(told(tmp_path, 9), "plain-stock")
        open_order(tmp_path, 2)
    wide = write(tmp_path, "Handle,Title,SKU,HS Code,COO,Main warehouse\na,Mug,A,,,5\n", "wide.csv")
    done = bring_in(wide)
    assert (done.run.kind, level()) == ("shopify-inventory", (7, 2, 5))
    assert any("can still be sold" in note for note in done.run.notes)
    assert bring_in(wide, again=True).run.unchanged == 1


@pytest.mark.usefixtures("shop")
def test_stock_below_nothing_is_a_backlog_not_an_error(tmp_path: Path) -> None:
    open_order(tmp_path, 49)
    done = bring_in(write(tmp_path, f"{WOO}1,simple,A,Mug,1,visible,1,-49,9.50,\n", "woo.csv"))
    assert (done.run.rejected_records, level()) == (0, (0, 0, 0))
    assert any("below nothing" in note for note in done.run.notes)


@pytest.mark.usefixtures("shop")
def test_why_it_is_three_names_the_file(tmp_path: Path) -> None:
    done = bring_in(told(tmp_path, 3), "plain-stock")
    rows = fetch("SELECT reference_type, reference_id, note FROM stock_movement")
    assert rows == [("import", done.run.pk, "stock.csv")]


@pytest.mark.usefixtures("shop")
def test_an_older_file_is_set_again_once_another_one_told_otherwise(tmp_path: Path) -> None:
    monday = told(tmp_path, 20)
    bring_in(monday, "plain-stock")
    assert bring_in(monday, "plain-stock").run.remarks == {"skipped": 1}
    bring_in(told(tmp_path, 15, "tuesday.csv"), "plain-stock")
    assert bring_in(monday, "plain-stock").run.changed == 1
    assert level()[0] == 20


def held_back(path: Path) -> tuple[Import, int]:
    """An import whose one message was quarantined, and that message."""
    import_id = start(path, "plain-stock")
    perform("import.begin", {"import_id": import_id}, actor=SYSTEM)
    run = Import.objects.get(pk=import_id)
    read_into_inbox(run)
    execute("UPDATE kit_inboxmessage SET state = 'quarantined' WHERE source = %s", (run.source,))
    run_import(import_id)
    return run, fetch("SELECT id FROM kit_inboxmessage WHERE source = %s", (run.source,))[0][0]


@pytest.mark.parametrize("later", ["file", "movement"])
def test_stock_that_was_held_back_does_not_undo_what_came_later(tmp_path: Path, shop: int, later: str) -> None:
    bring_in(told(tmp_path, 9, "before.csv"), "plain-stock")
    _run, message = held_back(told(tmp_path, 5))
    if later == "file":
        bring_in(told(tmp_path, 9, "same.csv"), "plain-stock")
    else:
        ((variant,),) = fetch("SELECT id FROM catalog_variant WHERE sku = 'A'")
        given = {"lines": [{"variant_id": variant, "location_id": shop, "units": 8}]}
        perform("stock.set_on_hand", given, actor=SYSTEM)
    before = level()
    replay([message])
    drain("file.stock")
    assert fetch("SELECT state FROM kit_inboxmessage WHERE id = %s", (message,)) == [("superseded",)]
    assert level() == before


@pytest.mark.usefixtures("shop")
def test_stock_that_was_held_back_goes_in_where_nothing_came_later(tmp_path: Path) -> None:
    _run, message = held_back(told(tmp_path, 5))
    replay([message])
    drain("file.stock")
    assert level()[0] == 5


@pytest.mark.usefixtures("shop")
def test_one_bad_row_of_stock_takes_no_other_along(tmp_path: Path) -> None:
    done = bring_in(write(tmp_path, "sku,quantity,location\nA,500000000,main\nB,4,main\n"), "plain-stock")
    assert (done.settled.quarantined, done.run.rejected_records, level("B")[0]) == (0, 1, 4)
    assert ImportReject.objects.get().value == "500000000"


@pytest.mark.usefixtures("shop")
def test_a_half_done_import_is_not_gone_on_with_under_other_options(tmp_path: Path) -> None:
    perform("stock.add_location", {"code": "shop", "name": "Shop"}, actor=SYSTEM)
    path = write(tmp_path, "sku,quantity\nA,1\n")
    first = start(path, "plain-stock", location="main")
    with pytest.raises(ImportRunning):
        start(path, "plain-stock", location="shop")
    assert start(path, "plain-stock", location="main") == first


@pytest.mark.usefixtures("shop")
def test_who_may_not_set_stock_brings_in_products_without_it(tmp_path: Path) -> None:
    merchandiser = Actor("person:7", "Mo", ("merchandiser",))
    with pytest.raises(NotPermitted):
        start(told(tmp_path, 3), "plain-stock", actor=merchandiser)
    products = write(tmp_path, "sku,title,quantity\nC,Pan,4\n", "more.csv")
    import_id = start(products, "plain-products", actor=merchandiser)
    run = run_import(import_id)
    assert (run.new, run.remarks) == (1, {"left_out": 1})
    assert fetch("SELECT count(*) FROM stock_level")[0][0] == 0


@pytest.mark.usefixtures("shop")
def test_what_an_earlier_import_left_in_the_inbox_is_applied_first(tmp_path: Path) -> None:
    first = start(told(tmp_path, 9, "first.csv"), "plain-stock")
    run_import(first, wait=False)
    done = bring_in(write(tmp_path, "sku,location,quantity\nA,main,9\n", "second.csv"), "plain-stock")
    assert (Import.objects.get(pk=first).state, done.run.unchanged, level()[0]) == ("done", 1, 9)


@pytest.mark.django_db(transaction=True)
def test_imports_run_one_after_the_other(tmp_path: Path) -> None:
    import_id = start(write(tmp_path, PRODUCTS), "plain-products")
    held, let_go = threading.Event(), threading.Event()

    def other() -> None:
        with turn(lambda *_: None, patient=True):
            held.set()
            let_go.wait(20)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    held.wait(20)
    with pytest.raises(ImportsBusy):
        run_import(import_id, patient=False)
    assert Import.objects.get(pk=import_id).state == "waiting"
    let_go.set()
    assert run_import(import_id).state == "done"
    thread.join()

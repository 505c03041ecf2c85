"""Orders of a mapped file: rows by number; and in a journal of invoices also credits, fees and write-offs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.files.cells.words import country, parts
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import first_bad, good
from stockwright.channels.files.mapped.columns import MappedColumns
from stockwright.channels.files.mapped.credits import Credits, buyer, match_credits
from stockwright.channels.files.mapped.spec import Mapping
from stockwright.channels.files.port import Item, Options, Record, Wait, rejected
from stockwright.channels.files.reading import BadRow, Row, Table
from stockwright.channels.files.reading.table import text

ZERO = Decimal(0)
_LINE_MONEY = (("discount", "line_discount"), ("tax", "line_tax"))
_NEVER = re.compile(r"(?!)")
_ALWAYS = re.compile(r"")


@dataclass(slots=True)
class Journal:
    """How this file is read: the mapping, its patterns compiled, and what the survey found."""

    columns: MappedColumns
    mapping: Mapping
    options: Options
    goods: re.Pattern[str]
    credits: re.Pattern[str]
    adjustments: re.Pattern[str]
    titles: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    prices: defaultdict[str, Counter[Any]] = field(default_factory=lambda: defaultdict(Counter))
    # A row that has each price.
    priced: dict[Any, Row] = field(default_factory=dict)
    # Who gave back what, by the survey: customer and SKU.
    credited: set[tuple[str, str]] = field(default_factory=set)
    given_back: Credits = field(default_factory=Credits)
    # Invoices that were rejected: what was given back of them has no sale to belong to.
    lost: set[str] = field(default_factory=set)
    line_money: tuple[tuple[str, str], ...] = ()
    _goods: dict[str, bool] = field(default_factory=dict)

    def is_goods(self, sku: str) -> bool:
        """Whether the code is one of goods."""
        known = self._goods.get(sku)
        if known is None:
            known = self._goods[sku] = self.goods.match(sku) is not None
        return known


def read_orders(table: Table, columns: MappedColumns, mapping: Mapping, options: Options) -> Iterator[Item]:
    """Products of the SKUs that are new, then orders and write-offs."""
    invoices = mapping.invoices
    journal = Journal(
        columns, mapping, options,
        re.compile(invoices.goods) if invoices.goods else _ALWAYS,
        re.compile(invoices.credits) if invoices.credits else _NEVER,
        re.compile(invoices.adjustments) if invoices.adjustments else _NEVER,
    )  # fmt: skip
    journal.line_money = tuple((key, column) for key, column in _LINE_MONEY if columns.fills(column))
    rows_of = columns.survey(
        table,
        options,
        numbers=[*columns.of_kind("number"), *columns.of_kind("whole")],
        moments=columns.of_kind("moment"),
        group="number",
        also=_taster(journal) if mapping.make_products or invoices.credits else None,
        fallback="",
    )
    if invoices.credits:
        journal.given_back = match_credits(table, columns, journal.credits, journal.credited)
    if mapping.make_products and journal.titles:
        yield from _products(journal)
        yield Wait()
    for number, rows in columns.groups(table, "number", rows_of):
        try:
            if error := first_bad(rows):
                raise error
            yield from _records(journal, number, good(rows), rows)
        except BadCell as error:
            journal.lost.add(number)
            yield rejected(error, rows, number)


def _taster(journal: Journal) -> Any:
    """Collect what products are made of (each SKU's titles and prices), and who gave back what."""
    columns, titles, prices = journal.columns, journal.titles, journal.prices
    sku_of, title_of, price_of, units_of = (columns.cells(key) for key in ("sku", "title", "unit_price", "units"))
    makes, is_goods, is_credit = journal.mapping.make_products, journal.is_goods, journal.credits.match
    writes_off = journal.mapping.invoices.write_offs
    number_of, any_credits = columns.texts("number"), bool(journal.mapping.invoices.credits)

    def taste(row: Row) -> None:
        sku = sku_of(row)
        sku = sku.strip() if type(sku) is str else text(sku)
        goods = is_goods(sku)
        if any_credits and is_credit(number_of(row)):
            if goods and (customer := buyer(columns, row)):
                journal.credited.add((customer, sku))
        elif not goods and (not writes_off or not _less_than_nothing(units_of(row))):
            # What was written off needs a product to move, whatever its code; other codes of money need none.
            return
        if not makes or not sku or (not goods and is_credit(number_of(row))):
            return
        if title := title_of(row):
            titles[sku][title] += 1
        elif sku not in titles:
            titles[sku] = Counter()
        # The row is kept beside: what it costs is read once all decimal marks are known.
        price = price_of(row)
        prices[sku][price] += 1
        journal.priced.setdefault(price, row)

    return taste


def _less_than_nothing(cell: Any) -> bool:
    return cell < 0 if isinstance(cell, int | float) else text(cell).startswith(("-", "("))


def _products(journal: Journal) -> Iterator[Record]:
    """A product per SKU: titled as most rows title it, priced as most rows price it."""
    columns = journal.columns
    for sku, titles in journal.titles.items():
        prices = Counter({p: n for p, n in journal.prices[sku].items() if p not in ("", None)})
        price = None
        for candidate, _times in prices.most_common():
            try:
                price = columns.number(journal.priced[candidate], "unit_price") or ZERO
            except BadCell:
                continue
            if price > 0:
                break
            price = None
        product = {
            "handle": sku,
            "title": (text(titles.most_common(1)[0][0]) if titles else sku)[:300] or sku,
            "status": "active",
            "variants": [{"sku": sku, "price": price}],
        }
        yield Record("product_if_new", sku, product, [])


def _records(journal: Journal, number: str, rows: Sequence[Row], all_rows: list[Row | BadRow]) -> Iterator[Item]:
    """What one invoice comes to: an order, a credit that nothing earlier explains, or a write-off."""
    columns = journal.columns
    if not number:
        raise columns.bad(rows[0], "number", _("an order needs a number"))
    if journal.credits.match(number):
        lines = [line for position, row in enumerate(rows) if (line := _credit_line(journal, number, position, row))]
        if lines:
            order = _order(journal, number, rows, lines)
            order["note"] = _("Credit for goods whose sale is not in the file.")
            order["tags"] = ["credit"]
            yield Record("order", number, order, all_rows)
        else:
            yield Record("absorbed", number, {}, all_rows)
        return
    only_fees = journal.adjustments.match(number) is not None
    lines = []
    kept: list[Row] = []
    for position, row in enumerate(rows):
        write_off = None if only_fees else _write_off(journal, number, position, row)
        if write_off is not None:
            yield Record("write_off", number, write_off, [row])
            continue
        line = _line(journal, row, fee=only_fees)
        if back := journal.given_back.units(number, position):
            line["returned"] = back
        lines.append(line)
        kept.append(row)
    if lines:
        yield Record("order", number, _order(journal, number, kept, lines), [*kept])


def _credit_line(journal: Journal, number: str, position: int, row: Row) -> dict[str, Any] | None:
    """What is left of a credit's row, as money; None when an earlier line explains all of it."""
    open_units = journal.given_back.open_units(number, position, journal.lost)
    if open_units == 0:
        return None
    line = _line(journal, row, fee=True)
    return line if open_units is None else {**line, "units": -open_units}


def _line(journal: Journal, row: Row, *, fee: bool) -> dict[str, Any]:
    columns = journal.columns
    sku, units, price = columns.text(row, "sku"), columns.whole(row, "units"), columns.number(row, "unit_price")
    if units is None:
        raise columns.bad(row, "units", _("empty"))
    if price is None:
        raise columns.bad(row, "unit_price", _("empty"))
    line: dict[str, Any] = {"sku": sku, "units": units, "unit_price": price}
    if title := columns.text(row, "title"):
        line["title"] = title[:300]
    if fee or not journal.is_goods(sku):
        line["kind"] = "fee"
    elif units < 0:
        raise columns.bad(row, "units", _("goods can't be sold in less than nothing"))
    for key, column in journal.line_money:
        if (amount := columns.number(row, column)) is not None:
            line[key] = amount
    return line


def _write_off(journal: Journal, number: str, position: int, row: Row) -> dict[str, Any] | None:
    columns = journal.columns
    units = (columns.whole(row, "units") or 0) if journal.mapping.invoices.write_offs else 0
    if units >= 0 or columns.number(row, "unit_price"):
        return None
    at = columns.moment(row, "placed_at")
    if at is None:
        raise columns.bad(row, "placed_at", _("empty"))
    note = columns.text(row, "title")
    return {
        "sku": columns.text(row, "sku"), "units": -units, "at": at, "note": note, "reference": number,
        "position": position + 1,
    }  # fmt: skip


def _order(journal: Journal, number: str, rows: Sequence[Row], lines: list[dict[str, Any]]) -> dict[str, Any]:
    columns, options = journal.columns, journal.options
    first = rows[0]
    placed_at = columns.moment(first, "placed_at")
    if placed_at is None:
        raise columns.bad(first, "placed_at", _("empty on the first row of an order"))
    order: dict[str, Any] = {
        "channel": options.channel,
        "number": number,
        "placed_at": placed_at,
        "currency": columns.text(first, "currency").upper() or options.currency,
        "lines": lines,
        "country": country(columns.text(first, "country")),
    }
    for key in ("rate", "shipping", "discount", "tax", "total"):
        if (amount := columns.number(first, key)) is not None:
            order[key] = amount
    for key in ("fulfilled_at", "cancelled_at", "ship_by"):
        if (moment := columns.moment(first, key)) is not None:
            order[key] = moment
    for key in ("note", "email", "shipping_method"):
        if value := columns.text(first, key):
            order[key] = value
    if tags := parts(columns.text(first, "tags")):
        order["tags"] = [tag[:60] for tag in tags]
    _customer(columns, first, order)
    if options.history or order.get("cancelled_at") or order.get("fulfilled_at"):
        _as_history(journal, number, order, placed_at)
    return order


def _customer(columns: MappedColumns, row: Row, order: dict[str, Any]) -> None:
    told = {
        "external_id": columns.text(row, "customer")[:200],
        "name": columns.text(row, "customer_name")[:200],
        "phone": columns.text(row, "phone")[:40],
        "email": columns.text(row, "email")[:254],
    }
    if any(told.values()):
        code = order["country"]
        told["country"] = code if len(code) == 2 else ""  # noqa: PLR2004 - ISO code
        order["customer"] = {key: value for key, value in told.items() if value}


def _as_history(journal: Journal, number: str, order: dict[str, Any], placed_at: datetime) -> None:
    """Done long ago: sent, paid, and given back as far as later credits say."""
    order["is_history"] = True
    if order.get("cancelled_at"):
        for line in order["lines"]:
            line["cancelled"] = line["units"]
        return
    worth = sum((line["units"] * line["unit_price"] - line.get("discount", ZERO) for line in order["lines"]), ZERO)
    total = order.get("total", worth + order.get("shipping", ZERO) - order.get("discount", ZERO))
    entries: list[dict[str, Any]] = []
    if total > 0:
        entries.append({"amount": total, "at": placed_at})
    refunds = journal.given_back.refunds.get(number, [])
    entries.extend(
        {"kind": "refund", "amount": r.amount, "at": r.at, "gateway": "credit note", "reference": r.reference}
        for r in refunds
    )
    if entries:
        order["payments"] = entries
    given_back = sum((r.amount for r in refunds), ZERO)
    order["payment"] = "paid" if not given_back else "refunded" if given_back >= total else "partially_refunded"

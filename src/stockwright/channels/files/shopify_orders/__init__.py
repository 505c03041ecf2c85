"""Shopify's order export: one row per line item; what belongs to the order stands on its first row alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.channels.files.cells.words import country, parts
from stockwright.channels.files.errors import BadCell
from stockwright.channels.files.grouping import Columns, first_bad, good
from stockwright.channels.files.port import Format, Item, Kind, Options, Record, rejected
from stockwright.channels.files.reading import Row, Table

_PLAIN = """Name Email|Financial Status|Paid at|Fulfillment Status|Fulfilled at|Currency|Subtotal|Shipping|Taxes|Total
Discount Code|Discount Amount|Shipping Method|Created at|Lineitem quantity|Lineitem name|Lineitem price|Lineitem sku
Lineitem requires shipping|Lineitem fulfillment status|Lineitem discount|Notes|Note Attributes|Cancelled at
Payment Method|Payment Reference|Refunded Amount|Outstanding Balance|Id|Tags|Risk Level|Phone"""
# The columns that are read.
NAMES = {name.strip(): (name.strip(),) for name in _PLAIN.replace("Name ", "Name|").replace("\n", "|").split("|")}
_ADDRESS = ("Name", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
NAMES |= {f"{side} {part}": (f"{side} {part}",) for side in ("Billing", "Shipping") for part in _ADDRESS}
NAMES |= {f"Tax {n} {part}": (f"Tax {n} {part}",) for n in range(1, 6) for part in ("Name", "Value")}
_NUMBERS = ("Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Lineitem price", "Refunded Amount")
_MOMENTS = ("Paid at", "Fulfilled at", "Created at", "Cancelled at")
_MARKS = ("Name", "Created at", "Lineitem quantity", "Lineitem price", "Lineitem name")
# Without one of them a line could not be told from another, or found again in a later export.
_NEEDED = (*_MARKS, "Lineitem sku")
_CENT = Decimal("0.01")
ZERO = Decimal(0)

# Financial status as Shopify writes it, and what it is here.
_PAYMENT = {
    "": None, "pending": "pending", "authorized": "authorized", "partially_paid": "partially_paid", "paid": "paid",
    "partially_refunded": "partially_refunded", "refunded": "refunded", "voided": "voided", "expired": "voided",
    "unpaid": "pending",
}  # fmt: skip
_SENT = frozenset(("fulfilled", "shipped"))
_RESTOCKED = "restocked"
# Money that was given back, or never came and will not: what has not left stays.
_MONEY_GONE = frozenset(("refunded", "voided", "expired"))


def recognise(table: Table) -> float:
    """By its line item columns."""
    there = table.index()
    return sum(name.lower() in there for name in _MARKS) / len(_MARKS)


def read(table: Table, options: Options) -> Iterator[Item]:
    """Orders, each from all its rows."""
    columns = Columns(table, NAMES)
    columns.need(table, _NEEDED, _("Export the orders from Shopify as plain CSV, all columns."))
    rows_of = columns.survey(table, options, numbers=_NUMBERS, moments=_MOMENTS, group="Name")
    for name, rows in columns.groups(table, "Name", rows_of):
        try:
            if error := first_bad(rows):
                raise error
            yield Record("order", name, _order(columns, name, good(rows), options), rows)
        except BadCell as error:
            yield rejected(error, rows, name)


def _order(columns: Columns, name: str, rows: Sequence[Row], options: Options) -> dict[str, Any]:
    first = rows[0]
    if not name:
        raise columns.bad(first, "Name", _("an order needs a name"))
    placed_at = columns.moment(first, "Created at")
    if placed_at is None:
        raise columns.bad(first, "Created at", _("empty on the first row of an order"))
    cancelled_at = columns.moment(first, "Cancelled at")
    fulfilment = columns.text(first, "Fulfillment Status").lower()
    over = cancelled_at is not None or fulfilment == _RESTOCKED or _paid_status(columns, first) in _MONEY_GONE
    lines = [
        _line(columns, row, fulfilment, over=over, history=options.history)
        for row in rows if _is_line(columns, row)
    ]  # fmt: skip
    if not lines:
        raise columns.bad(first, "Lineitem quantity", _("an order needs at least one line"))
    if over and any(line["cancelled"] for line in lines):
        # The day when money went back is not in the file; it is not before the money came.
        cancelled_at = cancelled_at or columns.moment(first, "Paid at") or placed_at
    done = cancelled_at is not None or all(line["fulfilled"] + line["cancelled"] == line["units"] for line in lines)
    order: dict[str, Any] = {
        "channel": options.channel,
        "number": name,
        "external_id": columns.text(first, "Id").lstrip("'"),
        "placed_at": placed_at,
        "currency": columns.text(first, "Currency").upper() or options.currency,
        "lines": lines,
        "email": columns.text(first, "Email"),
        "shipping": columns.number(first, "Shipping") or ZERO,
        "tax": columns.number(first, "Taxes"),
        "total": columns.number(first, "Total"),
        "shipping_method": columns.text(first, "Shipping Method")[:120],
        "note": _note(columns, first),
        "tags": [tag[:60] for tag in parts(columns.text(first, "Tags"))],
        "risk": columns.text(first, "Risk Level").lower()[:10],
        "cancelled_at": cancelled_at,
        "fulfilled_at": columns.moment(first, "Fulfilled at"),
        "is_history": done or options.history,
    }
    order |= _money(columns, first, lines, order)
    order |= _people(columns, first)
    if not done:
        order |= _holds(columns, rows, order)
    return order


def _holds(columns: Columns, rows: Sequence[Row], order: dict[str, Any]) -> dict[str, Any]:
    """A reason to wait where the file leaves open what still is to be sent: somebody looks before it goes."""
    notes = []
    if any(columns.text(row, "Lineitem fulfillment status").lower() == "partial" for row in rows):
        notes.append(_("Partly sent, but the file does not say how much."))
    if order["payment"] == "partially_refunded":
        notes.append(_("Partly refunded, but the file does not say for which goods."))
    return {"holds": [{"reason": "other", "note": " ".join(notes)}]} if notes else {}


def _is_line(columns: Columns, row: Row) -> bool:
    """Some exports repeat an order's row for a second payment, without a line item."""
    return bool(columns.text(row, "Lineitem quantity") or columns.text(row, "Lineitem name"))


def _line(columns: Columns, row: Row, fulfilment: str, *, over: bool, history: bool) -> dict[str, Any]:
    """A line; of an order that is `over`, or of which the rest was sent, nothing is left to send."""
    units = columns.whole(row, "Lineitem quantity")
    price = columns.number(row, "Lineitem price")
    if units is None:
        raise columns.bad(row, "Lineitem quantity", _("not a number of pieces"))
    if units < 0:
        cure = _("write how many were ordered; what went back is said by Refunded Amount, or by taking it back here")
        raise columns.bad(row, "Lineitem quantity", _("a line can't have a negative quantity: %s") % cure)
    if price is None:
        raise columns.bad(row, "Lineitem price", _("a line needs a price"))
    own = columns.text(row, "Lineitem fulfillment status").lower()
    sent = own in _SENT or (fulfilment in _SENT and own not in ("pending", _RESTOCKED))
    # A line that is pending while its order is fulfilled was taken out of it.
    taken_out = not sent and (over or own == _RESTOCKED or fulfilment in _SENT)
    line: dict[str, Any] = {
        "sku": columns.text(row, "Lineitem sku")[:100],
        "title": columns.text(row, "Lineitem name")[:300],
        "units": units,
        "unit_price": price,
        "discount": columns.number(row, "Lineitem discount") or ZERO,
        "requires_shipping": columns.yes(row, "Lineitem requires shipping", fallback=True),
        "fulfilled": units if sent or (history and not taken_out) else 0,
        "cancelled": units if taken_out else 0,
    }
    return line


def _money(columns: Columns, row: Row, lines: list[dict[str, Any]], order: dict[str, Any]) -> dict[str, Any]:
    """Discounts, taxes and payments of the order's first row."""
    discount = columns.number(row, "Discount Amount") or ZERO
    of_lines = sum((line["discount"] for line in lines), ZERO)
    tax, total = order["tax"] or ZERO, order["total"]
    subtotal = columns.number(row, "Subtotal")
    paid_status = _paid_status(columns, row)
    found: dict[str, Any] = {
        # Shopify's figure holds those of the lines as well.
        "discount": max(ZERO, discount - of_lines),
        "payment": _PAYMENT[paid_status],
        "discounts": [{"code": code, "amount": str(discount)} for code in [columns.text(row, "Discount Code")] if code],
        "taxes": [
            {"name": label, "amount": str(columns.number(row, f"Tax {n} Value") or ZERO)}
            for n in range(1, 6)
            if (label := columns.text(row, f"Tax {n} Name"))
        ],
    }
    if tax and total is not None and subtotal is not None:
        found["taxes_included"] = abs(subtotal + order["shipping"] - total) < _CENT
    found["payments"] = _payments(columns, row, paid_status, total)
    return found


def _paid_status(columns: Columns, row: Row) -> str:
    status = columns.text(row, "Financial Status").lower().replace(" ", "_")
    if status not in _PAYMENT:
        raise columns.bad(row, "Financial Status", _("not a state of payment that Shopify writes"))
    return status


def _payments(columns: Columns, row: Row, status: str, total: Decimal | None) -> list[dict[str, Any]]:
    entries = []
    open_ = columns.number(row, "Outstanding Balance")
    refunded = columns.positive(row, "Refunded Amount") or ZERO
    paid = ZERO
    if total is not None and status in ("paid", "partially_paid", "partially_refunded", "refunded"):
        paid = total - open_ if status == "partially_paid" and open_ is not None else total
    gateway = columns.text(row, "Payment Method")[:80]
    if paid > 0:
        entries.append({
            "kind": "payment", "amount": paid, "at": columns.moment(row, "Paid at"), "gateway": gateway,
            "reference": columns.text(row, "Payment Reference")[:200],
        })  # fmt: skip
    if refunded > 0:
        entries.append({"kind": "refund", "amount": refunded, "gateway": gateway})
    return entries


def _people(columns: Columns, row: Row) -> dict[str, Any]:
    billing, shipping = (_address(columns, row, side) for side in ("Billing", "Shipping"))
    ships_to = shipping.get("country", "") or billing.get("country", "")
    name = shipping.get("name", "") or billing.get("name", "")
    email = columns.text(row, "Email")
    found: dict[str, Any] = {"billing_address": billing, "shipping_address": shipping, "country": ships_to}
    if email or name:
        found["customer"] = {
            "email": email[:254],
            "name": name[:200],
            "phone": (columns.text(row, "Phone") or shipping.get("phone", ""))[:40].lstrip("'"),
            "country": ships_to if len(ships_to) == 2 else "",  # noqa: PLR2004 - ISO code
        }
    return found


def _address(columns: Columns, row: Row, side: str) -> dict[str, str]:
    found = {part.lower(): columns.text(row, f"{side} {part}").lstrip("'") for part in _ADDRESS}
    if found["country"]:
        found["country"] = country(found["country"])
    return {part: value for part, value in found.items() if value}


def _note(columns: Columns, row: Row) -> str:
    return "\n".join(n for n in (columns.text(row, "Notes"), columns.text(row, "Note Attributes")) if n)


FORMAT = Format(
    code="shopify-orders",
    title=str(gettext_lazy("Shopify orders")),
    kind=Kind.ORDERS,
    recognise=recognise,
    read=read,
    doc=__doc__ or "",
)

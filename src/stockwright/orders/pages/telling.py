"""What happens to orders, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stockwright.kit.pages import sentences, tell
from stockwright.kit.pages.words import money
from stockwright.orders.pages.badges import FULFILMENT, PAYMENT, RETURNED, cancel_word, hold_word

sentences(
    {
        "order.updated": gettext_lazy("Updated by its channel"),
        "order.address_changed": gettext_lazy("Delivery address changed"),
        "order.lines_edited": gettext_lazy("Lines edited"),
        "order.lines_mapped": gettext_lazy("SKUs found in the catalogue, so the lines can be promised"),
        "order.noted": gettext_lazy("Note: {note}"),
        "order.tagged": gettext_lazy("Tagged {tag}"),
        "order.untagged": gettext_lazy("Tag {tag} taken off"),
        "order.expected_otherwise": gettext_lazy("What it is short of was decided anew"),
        "order.promise_changed": gettext_lazy("Promised for another day"),
        "comment.added": gettext_lazy("Comment: {text}"),
        "customer.added": gettext_lazy("Became a customer"),
        "channel.added": gettext_lazy("Channel {name} added"),
    }
)


def _units(data: Mapping[str, Any]) -> str:
    count = int(data["units"])
    return ngettext("{n} unit", "{n} units", count).format(n=f"{count:,}")


@tell("order.placed")
def placed(data: Mapping[str, Any]) -> str:
    """Placed, where and for how much."""
    total = money(Decimal(str(data["total"])), data["currency"])
    return _("Placed in {channel}: {units}, {total}").format(channel=data["channel"], units=_units(data), total=total)


@tell("order.held")
def held(data: Mapping[str, Any]) -> str:
    """Why it waits."""
    note = f" ({data['note']})" if data.get("note") else ""
    return _("Held: {reason}").format(reason=hold_word(data["reason"])) + note


@tell("order.hold_released")
def released(data: Mapping[str, Any]) -> str:
    """What it no longer waits for."""
    return _("Hold released: {reason}").format(reason=hold_word(data["reason"]))


@tell("order.cancelled")
def cancelled(data: Mapping[str, Any]) -> str:
    """The end of it."""
    return _("Cancelled: {reason}").format(reason=cancel_word(data["reason"])) + _owed(data)


@tell("order.lines_cancelled")
def lines_cancelled(data: Mapping[str, Any]) -> str:
    """A part of it is not wanted."""
    return _("{units} cancelled: {reason}").format(units=_units(data), reason=cancel_word(data["reason"])) + _owed(data)


def _owed(data: Mapping[str, Any]) -> str:
    if "to_refund" not in data:
        return ""
    return "; " + _("{amount} to refund").format(amount=money(Decimal(data["to_refund"]), data["currency"]))


@tell("order.lines_revived")
def lines_revived(data: Mapping[str, Any]) -> str:
    """A channel told units as gone, and tells them again."""
    return _("The channel wants {units} again that it had told as gone").format(units=_units(data))


@tell("order.fulfilled")
def fulfilled(data: Mapping[str, Any]) -> str:
    """What left, and how."""
    if data.get("before_us"):
        return _("Had been sent before Stockwright kept the books")
    by = " ".join(filter(None, (data.get("carrier"), data.get("tracking_number"))))
    return _("{units} sent").format(units=_units(data)) + (f", {by}" if by else "")


@tell("order.sent_unpromised")
def sent_unpromised(data: Mapping[str, Any]) -> str:
    """A channel sent what was not promised."""
    return _("The channel sent {units} that were not promised here").format(units=_units(data))


@tell("order.served")
def served(data: Mapping[str, Any]) -> str:
    """It got what it waited for."""
    return _("{units} promised to it that it was short of").format(units=_units(data))


@tell("order.robbed")
def robbed(data: Mapping[str, Any]) -> str:
    """What it was promised is not there any more."""
    return _("{units} short that had been promised to it").format(units=_units(data))


@tell("order.returned")
def returned(data: Mapping[str, Any]) -> str:
    """What came back."""
    text = _("{units} came back") if data.get("restocked", True) else _("The channel says {units} came back")
    return text.format(units=_units(data))


@tell("order.paid")
def paid(data: Mapping[str, Any]) -> str:
    """Money came."""
    return _("Paid {amount}").format(amount=money(Decimal(data["amount"]), data["currency"]))


@tell("order.refunded")
def refunded(data: Mapping[str, Any]) -> str:
    """Money went back."""
    return _("Refunded {amount}").format(amount=money(Decimal(data["amount"]), data["currency"]))


@tell("order.payment_changed")
def payment_changed(data: Mapping[str, Any]) -> str:
    """Where the money is now."""
    return _("Payment: {new}").format(new=PAYMENT[data["new"]][0])


@tell("order.payment_contradicted")
def payment_contradicted(data: Mapping[str, Any]) -> str:
    """What a channel says of the money, which can't be."""
    told, here = (PAYMENT[data[name]][0] for name in ("told", "here"))
    return _("The channel says {told}, we say {here}: left as it was").format(told=told, here=here)


@tell("order.fulfilment_changed")
def fulfilment_changed(data: Mapping[str, Any]) -> str:
    """How far the goods are now."""
    return _("Goods: {new}").format(new=FULFILMENT[data["new"]][0])


@tell("order.returned_changed")
def returned_changed(data: Mapping[str, Any]) -> str:
    """Whether anything came back."""
    return _("Returns: {new}").format(new=RETURNED[data["new"]][0])

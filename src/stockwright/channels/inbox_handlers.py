"""Messages that files put into the inbox: products, stock, write-offs. Orders are taken by the room of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from stockwright.channels.imports.batch import PRODUCT, STOCK, WRITE_OFF
from stockwright.channels.imports.known import told_since
from stockwright.channels.models import Import
from stockwright.kit.actions import Outcome, perform
from stockwright.kit.inbox import Message, Settled, handles
from stockwright.kit.people import SYSTEM


@handles(PRODUCT, batch=1000)
def save_products(messages: Sequence[Message]) -> Settled:
    """Save the products of a batch, and remember what was told of each."""
    given = {"products": [m.payload for m in messages]}
    return Settled(call=_perform("import.save_products", given, messages).call_id)


@handles(STOCK, batch=20)
def set_stock(messages: Sequence[Message]) -> Settled:
    """Set levels; a batch has up to ten thousand of them.

    What a later import has told, or anything has moved since the file was read, stays as it is: a message may be
    tried again long after it came.
    """
    settled = Settled()
    of_import: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        of_import[message.source].append(message)
    for source, told in of_import.items():
        _set_stock(int(source.rpartition(":")[2]), told, settled)
    return settled


def _set_stock(import_id: int, messages: Sequence[Message], settled: Settled) -> None:
    name = Import.objects.filter(pk=import_id).values_list("name", flat=True).first() or ""
    later = told_since(import_id)
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    levels: dict[int, set[tuple[int, int]]] = {}
    for message in messages:
        payload = message.payload
        rows = [row for row in payload["rows"] if row["location_id"] not in later]
        levels[message.id] = {(row["variant_id"], row["location_id"]) for row in rows}
        for row in rows:
            lines[row.pop("meaning")].append({**row, "as_of": payload["at"]})
    outdated: set[tuple[int, int]] = set()
    for meaning, told in lines.items():
        given = {"lines": told, "meaning": meaning, "note": name, "reference": ("import", import_id)}
        outcome = _perform("stock.set_on_hand", given, messages, reason=f"import of {name}")
        settled.calls |= dict.fromkeys(levels, outcome.call_id)
        outdated.update(outcome.result.outdated)
    why = _("a later import, or what happened since, says more of these levels")
    settled.superseded |= {id_: why for id_, told_of in levels.items() if told_of <= outdated}


@handles(WRITE_OFF, batch=1)
def write_off(messages: Sequence[Message]) -> Settled:
    """Post what was written off before the ledger."""
    return Settled(call=_perform("import.write_off", messages[0].payload, messages).call_id)


def _perform(name: str, given: dict[str, Any], messages: Sequence[Message], reason: str = "") -> Outcome:
    """Perform an action; its log names the messages, which keep the whole input."""
    said = {"messages": [messages[0].id, messages[-1].id]}
    return perform(name, given, actor=SYSTEM, door="inbox", reason=reason, remember=said)

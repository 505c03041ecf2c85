"""Messages that files put into the inbox: products, stock, write-offs. Orders are taken by the room of orders."""

from __future__ import annotations

from collections.abc import Sequence

from stockwright.channels.imports.sorting import PRODUCT, STOCK, WRITE_OFF
from stockwright.kit.actions import perform
from stockwright.kit.inbox import Message, Settled, handles
from stockwright.kit.people import SYSTEM


@handles(PRODUCT, batch=1000)
def save_products(messages: Sequence[Message]) -> Settled:
    """Save the products of a batch, and remember what was told of each."""
    outcome = perform("import.save_products", {"products": [m.payload for m in messages]}, actor=SYSTEM, door="inbox")
    return Settled(call=outcome.call_id)


@handles(STOCK, batch=20)
def set_stock(messages: Sequence[Message]) -> Settled:
    """Set levels; a batch has up to ten thousand of them."""
    lines = [
        {"variant_id": row["variant_id"], "location_id": row["location_id"], "units": row["on_hand"]}
        for message in messages
        for row in message.payload["rows"]
    ]
    outcome = perform("stock.set_on_hand", {"lines": lines}, actor=SYSTEM, door="inbox", reason="import of a file")
    return Settled(call=outcome.call_id)


@handles(WRITE_OFF, batch=1)
def write_off(messages: Sequence[Message]) -> Settled:
    """Post what was written off before the ledger."""
    outcome = perform("import.write_off", messages[0].payload, actor=SYSTEM, door="inbox")
    return Settled(call=outcome.call_id)

"""An order as somebody outside tells it: typed, checked, not yet ours."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
)  # fmt: skip
from pydantic_core import PydanticCustomError

from stockwright.kit.money import CURRENCIES
from stockwright.orders.states import CancelReason, HoldReason, Payment

# Far beyond any order, well within what the columns hold.
MOST_UNITS = 10_000_000
MOST_MONEY = Decimal(10) ** 12

Amount = Annotated[Decimal, Field(ge=-MOST_MONEY, le=MOST_MONEY)]
Units = Annotated[int, Field(ge=0, le=MOST_UNITS)]
Code = Annotated[str, StringConstraints(max_length=80)]
ZERO = Decimal(0)
_CODE = re.compile(r"[A-Z]{3}")


def _currency(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise PydanticCustomError("currency", str(_("not a currency: three capital letters, such as EUR")))
    return code


Currency = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]})
]


class Draft(BaseModel):
    """Settings of all drafts."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LineDraft(Draft):
    """A line of an order. Goods are named by `variant_id` or `sku`; a fee needs neither."""

    sku: Annotated[str, StringConstraints(max_length=100)] = ""
    variant_id: int | None = None
    units: Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS)]
    unit_price: Amount = ZERO
    # Of the whole line, not of one unit.
    discount: Amount = ZERO
    tax: Amount = ZERO
    title: str = ""
    kind: Literal["goods", "fee"] = "goods"
    # What had happened to it already; nothing said of a history order means that all the rest was sent.
    cancelled: Units = 0
    fulfilled: Units | None = None
    returned: Units = 0
    requires_shipping: bool | None = None
    unit_cost: Amount | None = None


class PaymentDraft(Draft):
    """Money that came or went."""

    kind: Literal["payment", "refund"] = "payment"
    amount: Annotated[Decimal, Field(gt=0, le=MOST_MONEY)]
    at: AwareDatetime | None = None
    gateway: Code = ""
    reference: Annotated[str, StringConstraints(max_length=200)] = ""


class CustomerDraft(Draft):
    """Who buys: recognised by e-mail address, else by what the channel calls them."""

    external_id: Annotated[str, StringConstraints(max_length=200)] = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    country: Annotated[str, StringConstraints(max_length=2)] = ""


class HoldDraft(Draft):
    """A reason to wait that came with the order."""

    reason: HoldReason
    # Whose hold it is, so that they release their own and nobody else's.
    handle: Annotated[str, StringConstraints(max_length=60)] = "channel"
    note: str = ""


class OrderDraft(Draft):
    """An order: channel and number make it the same order again, `version` tells which telling is newer."""

    channel: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    number: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    external_id: Annotated[str, StringConstraints(max_length=200)] = ""
    # Compared as text: an update time in ISO 8601, or a number with leading zeros.
    version: Annotated[str, StringConstraints(max_length=64)] = ""
    placed_at: AwareDatetime
    currency: Currency
    rate: Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 9)] = Decimal(1)
    lines: Annotated[list[LineDraft], Field(max_length=5000)]
    # Of the whole order, beside what the lines have.
    discount: Amount = ZERO
    shipping: Amount = ZERO
    fees: Amount = ZERO
    tax: Amount | None = None
    taxes_included: bool = False
    # As the channel counts it; computed where it is not told.
    total: Amount | None = None
    payment: Payment | None = None
    # Sums, for sources that know no single payments; otherwise the entries count.
    paid: Annotated[Decimal, Field(ge=0, le=MOST_MONEY)] | None = None
    refunded: Annotated[Decimal, Field(ge=0, le=MOST_MONEY)] | None = None
    payments: list[PaymentDraft] = Field(default_factory=list)
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    customer: CustomerDraft | None = None
    shipping_address: dict[str, Any] = Field(default_factory=dict)
    billing_address: dict[str, Any] = Field(default_factory=dict)
    country: Annotated[str, StringConstraints(max_length=40)] = ""
    shipping_method: Annotated[str, StringConstraints(max_length=120)] = ""
    discounts: list[dict[str, Any]] = Field(default_factory=list)
    taxes: list[dict[str, Any]] = Field(default_factory=list)
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(default_factory=list)
    note: str = ""
    risk: Annotated[str, StringConstraints(max_length=10)] = ""
    holds: list[HoldDraft] = Field(default_factory=list)
    # Who held units for it in the cart: they go to this order.
    holder: Annotated[str, StringConstraints(max_length=120)] = ""
    ship_by: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    cancel_reason: CancelReason | None = None
    fulfilled_at: AwareDatetime | None = None
    # Done long ago: stored and counted, but it commits no stock and is promised to nobody.
    is_history: bool = False
    is_test: bool = False

    @field_validator("shipping_address", "billing_address", "discounts", "taxes")
    @classmethod
    def _sorted(cls, value: Any) -> Any:
        # The database keeps no order of keys: the same order told by file and by inbox must have the same digest.
        return in_order(value)


DRAFTS: TypeAdapter[list[OrderDraft]] = TypeAdapter(list[OrderDraft])


# Before it no shop sold on the web; each month since may get its own partition of the journal.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


def problem(draft: OrderDraft, latest: datetime) -> str:
    """What is wrong with a draft beyond its types, in words; empty when nothing is.

    `latest` is the instant after which nothing can have happened yet.
    """
    if draft.currency not in CURRENCIES:
        return f"{draft.currency} is not a currency of ISO 4217"
    for moment in (draft.placed_at, draft.cancelled_at, draft.fulfilled_at):
        if moment is not None and not EARLIEST <= moment <= latest:
            return f"{moment.isoformat()} is no likely time for an order"
    asked = 0
    for position, line in enumerate(draft.lines, 1):
        if line.kind == "fee":
            continue
        units = line.units
        asked += units
        if units < 0:
            return f"line {position}: goods can't have {units} units"
        sent = sent_already(draft, line)
        if line.cancelled + sent > units:
            return f"line {position}: {line.cancelled} cancelled and {sent} sent are more than {units} ordered"
        if line.returned > sent:
            return f"line {position}: more units came back than were sent"
    return "" if asked <= MOST_UNITS else "more units than any order has"


def older(version: str, than: str) -> bool:
    """Whether one telling is older than another.

    Without versions of the same kind (the channel's own, or `#` and the order of arrival) the later telling counts.
    """
    return bool(version) and bool(than) and (version[0] == "#") == (than[0] == "#") and version < than


def sent_already(draft: OrderDraft, line: LineDraft) -> int:
    """The units of a goods line that had left when the order was told."""
    if line.fulfilled is not None:
        return line.fulfilled
    return max(line.units - line.cancelled, 0) if draft.is_history else 0


def in_order(value: Any) -> Any:
    """JSON-like data with the keys of its objects sorted."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else value


def content_hash(draft: OrderDraft) -> str:
    """A digest of everything it says but its version; the same from every door."""
    # All fields, defaults too: looking for defaults costs more than writing them.
    said = draft.__pydantic_serializer__.to_json(draft, exclude={"version"})
    return hashlib.blake2b(said, digest_size=16).hexdigest()

"""A file is taken in, and an import of it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.channels.errors import ImportRunning, NeedsChannel
from stockwright.channels.files.mapped import Mapping, mapped_format
from stockwright.channels.files.port import Format, Kind
from stockwright.channels.files.reading import Table, open_table
from stockwright.channels.imports.kinds import MAPPED, format_of, mapping_of, options_of
from stockwright.channels.imports.known import telling_of
from stockwright.channels.imports.storing import on_disk
from stockwright.channels.jobs_queue import defer_import
from stockwright.channels.models import Import
from stockwright.channels.states import UNFINISHED
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import NotFound
from stockwright.kit.models import StoredFile
from stockwright.orders.actions import AddChannelGiven, add_channel

_SETS_STOCK = "stock.set_on_hand"


class AddFileGiven(Given):
    """Bytes that lie in the storage already."""

    name: str = Field(max_length=255, min_length=1)
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    # Where the storage keeps it, and nowhere else.
    path: str = Field(max_length=255, pattern=r"^[0-9a-f]{2}/[0-9a-f]{64}(_[A-Za-z0-9]{1,20})?$")


@action("import.add_file", title=str(_("Add a file")), for_people=False)
def add_file(call: Call, given: AddFileGiven) -> dict[str, int]:
    """Note a file that was put into the storage; the same bytes under the same name are the same file."""
    stored, new = StoredFile.objects.get_or_create(
        digest=given.digest,
        name=given.name,
        defaults={"bytes": given.bytes, "path": given.path, "created_at": call.at},
    )
    if new:
        call.record("file.added", ("file", stored.pk), name=given.name, bytes=given.bytes)
    return {"file_id": stored.pk}


class StartGiven(Given):
    """What a file is, and how to read it; what is left out is found out from the file."""

    file_id: int = Field(title=str(_("File")))
    kind: str = Field("", title=str(_("Kind")), max_length=80)
    channel: str = Field("", title=str(_("Channel")), max_length=40)
    location: str = Field("", title=str(_("Location")), max_length=120)
    currency: str = Field("", title=str(_("Currency")), max_length=3)
    zone: str = Field("", title=str(_("Time zone")), max_length=60)
    date_format: str = Field("", title=str(_("Date format")), max_length=60)
    decimal: Literal["", "point", "comma"] = Field("", title=str(_("Decimal mark")))
    encoding: str = Field("", title=str(_("Encoding")), max_length=30)
    delimiter: str = Field("", title=str(_("Delimiter")), max_length=10)
    sheet: str = Field("", title=str(_("Sheet")), max_length=100)
    weight_unit: Literal["", "g", "kg", "lbs", "oz"] = Field("", title=str(_("Unit of weights")))
    history: bool = Field(default=False, title=str(_("Take orders as done")))
    # Stock that this very file told before is set again.
    again: bool = Field(default=False, title=str(_("Set stock again")))
    # A worker reads it; otherwise whoever started it does.
    background: bool = Field(default=True, title=str(_("In the background")))


@dataclass(frozen=True, slots=True)
class Started:
    """The import, and whether it is one that had been left half done."""

    import_id: int
    kind: str
    resumed: bool = False


@action("import.start", title=str(_("Import a file")), for_people=False)
def start(call: Call, given: StartGiven) -> Started:
    """Begin an import; the same file and kind left half done before is gone on with.

    Products with stock go in without it where whoever imports may not set stock.

    Raises: NotFound, UnreadableFile, UnknownFormat, NeedsChannel, BadInput, NotPermitted, ImportRunning.
    """
    stored = StoredFile.objects.filter(pk=given.file_id).first()
    if stored is None:
        raise NotFound(what="file", which=given.file_id)
    prepared = prepare(stored, given)
    if prepared.format.kind is Kind.STOCK and not call.actor.may(_SETS_STOCK):
        raise call.actor.refusal(_SETS_STOCK)
    # Two who start the same at once: the second waits for the first, and then finds it.
    StoredFile.objects.select_for_update().get(pk=stored.pk)
    earlier = Import.objects.filter(file__digest=stored.digest, kind=prepared.kind).order_by("-id")
    said: dict[str, Any] = {
        "mapping": prepared.mapping,
        # Asked to set stock again, it may tell what it told before.
        "telling": "" if given.again else telling_of(stored.digest, prepared.kind, prepared.mapping),
        "options": {
            "read": prepared.read,
            "open": {"encoding": given.encoding, "delimiter": given.delimiter, "sheet": given.sheet},
            "source": prepared.source,
            "stock": call.actor.may(_SETS_STOCK),
        },
    }
    half_done = earlier.filter(state__in=[s.value for s in UNFINISHED]).first()
    if half_done is not None:
        if any(getattr(half_done, name) != value for name, value in said.items()):
            raise ImportRunning(name=stored.name, which=half_done.pk)
        if given.background:
            defer_import(half_done.pk)
        return Started(half_done.pk, half_done.kind, resumed=True)
    if prepared.format.kind is Kind.ORDERS:
        channel = AddChannelGiven(
            code=prepared.source, name=prepared.source.replace("-", " ").capitalize(), kind=prepared.platform,
            currency=prepared.read["currency"],
        )  # fmt: skip
        add_channel(call, channel)
    run = Import.objects.create(
        kind=prepared.kind, name=stored.name, file=stored, **said, actor=call.actor.code, created_at=call.at
    )
    call.record("import.started", ("import", run.pk), ("file", stored.pk, "file"), name=stored.name, format=run.kind)
    if given.background:
        defer_import(run.pk)
    return Started(run.pk, run.kind)


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a file will be read."""

    format: Format
    kind: str
    mapping: dict[str, Any] | None
    read: dict[str, Any]
    # Who tells its records: the channel of orders, else the platform.
    source: str
    # shopify, woocommerce ...; "file" where a mapping says what its columns mean.
    platform: str


def prepare(stored: Any, given: StartGiven, mapping: Mapping | None = None) -> Prepared:
    """Find out what a file is and with which options it is read; `mapping` is one that is not saved.

    Raises: NotFound, UnreadableFile, UnknownFormat, NeedsChannel, BadInput.
    """
    with on_disk(stored) as path:
        table = open_table(path, stored.name, encoding=given.encoding, delimiter=given.delimiter, sheet=given.sheet)
        return prepare_table(table, given, mapping)


def prepare_table(table: Table, given: StartGiven, mapping: Mapping | None = None) -> Prepared:
    """The same of a file that is open already.

    Raises: NotFound, UnknownFormat, NeedsChannel, BadInput.
    """
    format_ = mapped_format(mapping) if mapping is not None else format_of(given.kind, table)
    if mapping is None and format_.code.startswith(MAPPED):
        mapping = mapping_of(format_.code.removeprefix(MAPPED))
    told = given.model_dump(
        include={"location", "currency", "zone", "date_format", "decimal", "history", "weight_unit"}
    )
    told["location"] = told["location"] or only_location()
    if mapping is not None:
        platform, known = "file", mapping.channel
        told["zone"] = told["zone"] or mapping.zone
        told["currency"] = told["currency"] or mapping.currency
        plain = mapping.model_dump(mode="json")
    else:
        platform, plain = format_.code.split("-")[0], None
        known = _only_channel(platform) if format_.kind is Kind.ORDERS and not given.channel else platform
    channel = given.channel or known
    if format_.kind is Kind.ORDERS and not channel:
        raise NeedsChannel(among="")
    read = asdict(options_of({**told, "channel": channel or "files"}))
    return Prepared(format_, format_.code, plain, read, channel or "files", platform)


def _only_channel(platform: str) -> str:
    """The channel of a platform's orders where none is named. Raises: NeedsChannel where there are several."""
    codes = [row[0] for row in fetch("SELECT code FROM orders_channel WHERE kind = %s ORDER BY code", (platform,))]
    if len(codes) > 1:
        raise NeedsChannel(among=f" ({', '.join(codes)})")
    return codes[0] if codes else platform


def only_location() -> str:
    """The code of the only place that holds stock; empty where there are several or none."""
    rows = fetch("SELECT code FROM stock_location WHERE kind IN ('warehouse', 'store') AND active LIMIT 2")
    return str(rows[0][0]) if len(rows) == 1 else ""

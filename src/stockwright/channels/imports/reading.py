"""Stage 1: a file's rows become messages in the inbox, batch by batch, so that a kill at any moment loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from stockwright.channels.errors import NotReading
from stockwright.channels.files.port import Options, Record, Rejected
from stockwright.channels.files.reading import open_table
from stockwright.channels.files.reading.table import text
from stockwright.channels.imports.batch import Batch, Outgoing
from stockwright.channels.imports.kinds import format_of
from stockwright.channels.imports.remarks import sentences
from stockwright.channels.imports.settling import settle
from stockwright.channels.imports.sorting import Sorter
from stockwright.channels.imports.storing import on_disk
from stockwright.channels.models import Import
from stockwright.channels.states import ImportState
from stockwright.kit.actions import perform
from stockwright.kit.bulk import as_json, copy_rows, execute
from stockwright.kit.clock import now
from stockwright.kit.inbox import storable
from stockwright.kit.people import SYSTEM

# Called with (text, done, total).
Progress = Callable[[str, int | None, int | None], None]

# Records and rows of one transaction: whichever is reached first.
_RECORDS, _ROWS = 1000, 20_000
_MESSAGE_COLUMNS = ("source", "topic", "dedupe_key", "payload", "external_id", "version", "received_at")
_REJECT_COLUMNS = ("run_id", "line", "column", "value", "reason", "key", "rows")


def quiet(_text: str, _done: int | None = None, _total: int | None = None) -> None:
    """No progress to tell."""


def read_into_inbox(run: Import, progress: Progress = quiet) -> None:
    """Read an import's file from where it was left, until its end.

    Each batch is one transaction: messages, rejects, counts and the position. The position is compared and set, so
    that two readers of the same import can't both write.

    Raises: NotReading; errors of files.errors before anything is read.
    """
    options = Options(**run.options["read"])
    with on_disk(run.file) as path:
        table = open_table(path, run.name, **run.options["open"])
        format_ = format_of(run.kind, table, run.mapping)
        Import.objects.filter(pk=run.pk).update(
            rows_expected=table.estimate,
            columns=[text(storable(column)) for column in table.columns],
            notes=[*table.evidence.notes, *sentences(run.remarks)],
        )
        sorter = Sorter(run.options["source"], telling=run.telling, stock=run.options["stock"])
        writer = _Writer(run, sorter, table.evidence.notes)
        progress(_reading(run), run.rows, table.estimate)
        for position, item in enumerate(format_.read(table, options), 1):
            if position <= run.position:
                continue
            if isinstance(item, Record | Rejected):
                writer.add(item)
                if not writer.full:
                    continue
            writer.write(position)
            progress(_reading(run), run.rows, table.estimate)
            if not isinstance(item, Record | Rejected):
                settle(run, progress)
        writer.write(writer.last + run.position)


def _reading(run: Import) -> str:
    return f"Reading {run.name}"


class _Writer:
    """Collects items, and writes what comes of them."""

    def __init__(self, run: Import, sorter: Sorter, notes: Sequence[str]) -> None:
        self._run = run
        self._sorter = sorter
        # How the file was understood.
        self._notes = notes
        self._records: list[Record] = []
        self._rejects: list[Rejected] = []
        self._rows = 0
        # Items since the last write.
        self.last = 0

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return self.last >= _RECORDS or self._rows >= _ROWS

    def add(self, item: Record | Rejected) -> None:
        """Take an item."""
        self.last += 1
        self._rows += len(item.rows)
        if isinstance(item, Record):
            self._records.append(item)
        else:
            self._rejects.append(item)

    def write(self, position: int) -> None:
        """Write everything collected, and that the file is settled up to this item. Raises: NotReading."""
        run = self._run
        moment = now()
        with transaction.atomic():
            batch = self._sorter.sort(self._records)
            batch.rejects[:0] = self._rejects
            self._claim(position, batch, moment)
            if batch.currency:
                values = {"group": "shop", "values": {"currency": batch.currency}}
                perform("settings.change", values, actor=SYSTEM, door="job", reason=run.source)
            _send(run, batch.messages, position, moment)
            _reject(run, batch.rejects)
        run.refresh_from_db()
        self._records, self._rejects, self._rows, self.last = [], [], 0, 0

    def _claim(self, position: int, batch: Batch, moment: datetime) -> None:
        counted = [record for record in self._records if record.type != "product_if_new"]
        remarks = Counter(self._run.remarks) + batch.remarks
        moved = execute(
            "UPDATE channels_import SET position = %(position)s, rows = rows + %(rows)s,"
            " records = records + %(records)s, new = new + %(new)s, changed = changed + %(changed)s,"
            " unchanged = unchanged + %(unchanged)s, rejected_records = rejected_records + %(rejected)s,"
            " rejected_rows = rejected_rows + %(rejected_rows)s, messages = messages + %(messages)s,"
            " remarks = %(remarks)s::jsonb, notes = %(notes)s::jsonb, places = %(places)s::jsonb,"
            " seen_at = %(moment)s WHERE id = %(id)s AND position = %(was)s AND state = %(state)s",
            {
                "position": position, "rows": self._rows, "records": len(counted) + len(self._rejects),
                "new": batch.new, "changed": batch.changed, "unchanged": batch.unchanged,
                "rejected": len(batch.rejects), "rejected_rows": sum(len(r.rows) for r in batch.rejects),
                "messages": len(batch.messages), "moment": moment, "id": self._run.pk, "was": self._run.position,
                "state": ImportState.READING.value, "remarks": as_json(remarks),
                "notes": as_json([*self._notes, *sentences(remarks)]),
                "places": as_json(sorted({*self._run.places, *batch.places})),
            },
        )  # fmt: skip
        if not moved:
            raise NotReading(which=self._run.pk)


def _send(run: Import, messages: list[Outgoing], position: int, moment: datetime) -> None:
    """COPY messages into the inbox: the position that was claimed makes their keys new."""
    if not messages:
        return
    source = run.source
    copy_rows(
        "kit_inboxmessage",
        _MESSAGE_COLUMNS,
        (
            (source, m.topic, f"{position}:{n}", m.payload, storable(m.external_id), "", moment)
            for n, m in enumerate(messages)
        ),
    )
    execute("SELECT pg_notify('stockwright_inbox', '')")


def _reject(run: Import, rejects: list[Rejected]) -> None:
    copy_rows(
        "channels_importreject",
        _REJECT_COLUMNS,
        (
            (
                run.pk, reject.line, storable(reject.column)[:200], storable(reject.value), storable(reject.reason),
                storable(reject.key)[:200], as_json([[row.line, _plain(row.cells)] for row in reject.rows]),
            )
            for reject in rejects
        ),
    )  # fmt: skip


def _plain(cells: Any) -> list[str]:
    return [storable(text(cell)) for cell in cells]

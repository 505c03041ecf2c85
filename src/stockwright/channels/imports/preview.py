"""A look ahead: everything an import would do, with nothing written."""

from __future__ import annotations

import codecs
import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from stockwright.channels.files.port import Options, Record, Rejected, Wait
from stockwright.channels.files.reading import BadRow, Row, Table, open_table
from stockwright.channels.files.reading.table import text
from stockwright.channels.files.reading.xlsx_beginning import copy_beginning
from stockwright.channels.imports.kinds import format_of
from stockwright.channels.imports.known import telling_of
from stockwright.channels.imports.reading import Progress, quiet
from stockwright.channels.imports.remarks import sentences
from stockwright.channels.imports.sorting import Sorter
from stockwright.channels.imports.storing import on_disk

_AT_ONCE = 1000
# A look ahead on a page reads so much of a file and no more.
_FIRST_ROWS = 5_000
_FIRST_BYTES = 16 << 20
# How XLSX and Parquet begin.
_WORKBOOK = b"PK\x03\x04"
_PACKED = (_WORKBOOK, b"PAR1")
_SHOWN = 50


@dataclass(slots=True)
class Preview:
    """What an import would come to."""

    kind: str
    title: str
    evidence: dict[str, Any]
    columns: list[str]
    rows: int = 0
    records: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    # Credits that went into the orders they give back.
    matched: int = 0
    rejected: int = 0
    types: Counter[str] = field(default_factory=Counter)
    # What has to be said beside the counts: `remarks`.
    remarks: Counter[str] = field(default_factory=Counter)
    # The first rejects and records, to look at.
    rejects: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    # Whether the whole file was looked at.
    complete: bool = True

    def plain(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {**asdict(self), "remarks": self.said}

    @property
    def said(self) -> list[str]:
        """The remarks in words."""
        return sentences(self.remarks)


def preview(
    stored: Any, prepared: Any, *, opening: dict[str, str], progress: Progress = quiet, again: bool = False
) -> Preview:
    """Read a whole file and sort its records without writing anything; `again`: stock that it told last as well.

    Raises: what makes the file as a whole unreadable.
    """
    with on_disk(stored) as path:
        table = open_table(path, stored.name, **opening)
        seen, items = _begin(table, prepared)
        sorter = _sorter(stored, prepared, again=again)
        while batch := list(islice(items, _AT_ONCE)):
            _take(seen, sorter, batch)
            progress(f"Looking at {stored.name}", seen.rows, table.estimate)
    return seen


def preview_first(part: FirstPart, stored: Any, prepared: Any, limit: int, *, again: bool = False) -> Preview:
    """The same of the first records of a file alone, for a page that must not wait for the whole of it.

    Raises: what makes the file as a whole unreadable, as far as that part shows it.
    """
    seen, items = _begin(part.table, prepared)
    # Of records alone there is a last one; waiting for those before does nothing here.
    found = [item for item in items if not isinstance(item, Wait)]
    if not part.whole:
        # The rows of the last record may go on beyond the part.
        found = found[:-1]
    # Products that orders bring along come before them all, and say nothing of their own.
    told = [place for place, item in enumerate(found) if not _brought_along(item)]
    seen.complete = part.whole and len(told) <= limit
    _take(seen, _sorter(stored, prepared, again=again), found[: told[limit]] if len(told) > limit else found)
    return seen


def _brought_along(item: Record | Rejected) -> bool:
    return isinstance(item, Record) and item.type == "product_if_new"


def _sorter(stored: Any, prepared: Any, *, again: bool) -> Sorter:
    telling = "" if again else telling_of(stored.digest, prepared.kind, prepared.mapping)
    return Sorter(prepared.source, dry=True, telling=telling)


def _begin(table: Table, prepared: Any) -> tuple[Preview, Iterator[Record | Rejected | Wait]]:
    format_ = format_of(prepared.kind, table, prepared.mapping)
    seen = Preview(format_.code, format_.title, asdict(table.evidence), table.columns)
    return seen, iter(format_.read(table, Options(**prepared.read)))


@dataclass(frozen=True, slots=True)
class FirstPart:
    """The first rows of a file as a table, and whether they are all of them."""

    table: Table
    whole: bool


def first_part(stored: Any, opening: dict[str, str]) -> FirstPart:
    """The first rows of a file, held in memory; of a text or a workbook no more is read than they may need.

    Raises: UnreadableFile.
    """
    with on_disk(stored) as path, _beginning(path, stored.name) as (where, cut):
        table = open_table(where, stored.name, **opening)
        rows = list(islice(table.rows(), _FIRST_ROWS + 1))
    kept = rows[:_FIRST_ROWS]
    return FirstPart(replace(table, rows=lambda: iter(kept)), whole=not cut and len(rows) <= _FIRST_ROWS)


@contextlib.contextmanager
def _beginning(path: Path, name: str) -> Iterator[tuple[Path, bool]]:
    """A large text up to the end of a line, or a workbook with the first rows of its large sheets, as a file of its own.

    Anything else as it is.
    """
    with path.open("rb") as file, tempfile.NamedTemporaryFile() as held:
        start = file.read(4)
        if path.stat().st_size > _FIRST_BYTES and start not in _PACKED:
            held.write(_whole_lines(start + file.read(_FIRST_BYTES)))
            cut = True
        else:
            cut = start == _WORKBOOK and copy_beginning(path, name, held, _FIRST_BYTES)
        held.flush()
        yield (Path(held.name), True) if cut else (path, False)


def _whole_lines(text_: bytes) -> bytes:
    end = text_.rfind(b"\n") + 1
    # Of UTF-16 the other half of the line's end, too.
    end += end % 2 if b"\0" in text_[:4] or text_[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else 0
    return text_[:end] if end else text_


def _take(seen: Preview, sorter: Sorter, items: list[Any]) -> None:
    records = [item for item in items if isinstance(item, Record)]
    rejects = [item for item in items if isinstance(item, Rejected)]
    batch = sorter.sort(records)
    rejects.extend(batch.rejects)
    seen.rows += sum(len(item.rows) for item in items if isinstance(item, Record | Rejected))
    counted = [record for record in records if record.type not in ("product_if_new", "absorbed")]
    told = sum(not _brought_along(record) for record in records)
    seen.records += told + sum(isinstance(item, Rejected) for item in items)
    seen.new += batch.new
    seen.changed += batch.changed
    seen.unchanged += batch.unchanged
    seen.matched += sum(record.type == "absorbed" for record in records)
    seen.rejected += len(rejects)
    seen.types.update(record.type for record in records)
    seen.remarks.update(batch.remarks)
    for reject in rejects[: _SHOWN - len(seen.rejects)]:
        seen.rejects.append(
            {"line": reject.line, "column": reject.column, "value": reject.value, "reason": reject.reason,
             "key": reject.key}
        )  # fmt: skip
    for record in counted[: 5 - len(seen.samples)]:
        seen.samples.append({"type": record.type, "key": record.key, "payload": record.payload})


def first_rows(table: Table, count: int = 8) -> list[list[str]]:
    """The first rows of a table as texts."""
    rows: list[Row | BadRow] = list(islice(table.rows(), count))
    return [[text(cell) for cell in row.cells] for row in rows]

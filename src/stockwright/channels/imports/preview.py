"""A look ahead: everything an import would do, with nothing written."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from stockwright.channels.files.port import Options, Record, Rejected
from stockwright.channels.files.reading import BadRow, Row, Table, open_table
from stockwright.channels.files.reading.table import text
from stockwright.channels.imports.kinds import format_of
from stockwright.channels.imports.reading import Progress, quiet
from stockwright.channels.imports.sorting import Sorter
from stockwright.channels.imports.storing import on_disk

_AT_ONCE = 1000
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
    # The first rejects and records, to look at.
    rejects: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    # Whether the whole file was looked at.
    complete: bool = True

    def plain(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)


def preview(
    stored: Any,
    prepared: Any,
    *,
    opening: dict[str, str],
    progress: Progress = quiet,
    limit: int | None = None,
) -> Preview:
    """Read a file (its first `limit` items) and sort its records without writing anything.

    Raises: what makes the file as a whole unreadable.
    """
    with on_disk(stored) as path:
        table = open_table(path, stored.name, **opening)
        format_ = format_of(prepared.kind, table, prepared.mapping)
        seen = Preview(format_.code, format_.title, asdict(table.evidence), table.columns)
        sorter = Sorter(prepared.source, dry=True)
        items = format_.read(table, Options(**prepared.read))
        while batch := list(islice(items, _AT_ONCE if limit is None else min(_AT_ONCE, limit))):
            _take(seen, sorter, batch)
            progress(f"Looking at {stored.name}", seen.rows, table.estimate)
            if limit is not None and seen.records >= limit:
                seen.complete = next(items, None) is None
                break
    return seen


def _take(seen: Preview, sorter: Sorter, items: list[Any]) -> None:
    records = [item for item in items if isinstance(item, Record)]
    rejects = [item for item in items if isinstance(item, Rejected)]
    batch = sorter.sort(records)
    rejects.extend(batch.rejects)
    seen.rows += sum(len(item.rows) for item in items if isinstance(item, Record | Rejected))
    counted = [record for record in records if record.type not in ("product_if_new", "absorbed")]
    told = sum(record.type != "product_if_new" for record in records)
    seen.records += told + sum(isinstance(item, Rejected) for item in items)
    seen.new += batch.new
    seen.changed += batch.changed
    seen.unchanged += batch.unchanged
    seen.matched += sum(record.type == "absorbed" for record in records)
    seen.rejected += len(rejects)
    seen.types.update(record.type for record in records)
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

"""A year of invoices from a file to committed rows with journal, against COPY of those rows into the same tables."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from psycopg import sql

from stockwright.bench.figures import Figure, Progress, stopwatch
from stockwright.bench.scratch import Scratch
from stockwright.channels.imports.running import run_import
from stockwright.channels.imports.storing import keep_file
from stockwright.channels.queries import Report, report
from stockwright.kit.actions import perform
from stockwright.kit.bulk import fetch
from stockwright.kit.partitions import PARTITIONED, ensure_months
from stockwright.kit.people import SYSTEM
from stockwright.kit.rooms import load_rooms

ROWS = 541_909
MUST = 0.25
_KIND = "uci-online-retail"
# Tables that are there before any import, or are no part of it.
_NOT_OURS = ("django_", "auth_", "account_", "axes_", "mfa_", "procrastinate_", "stock_location", "kit_setting")
# Made like the file, where that is not at hand: as many rows, invoices, SKUs and customers, one credit in sixty rows.
_SYNTHETIC = """
COPY (
    SELECT CASE WHEN n % 1500 < 25 THEN 'C' ELSE '' END || (500000 + n // 25) AS InvoiceNo,
           CAST(10000 + (hash(n % 25 + (n // 25) * 31) % 4000) AS VARCHAR) AS StockCode,
           'ARTICLE ' || (10000 + (hash(n % 25 + (n // 25) * 31) % 4000)) AS Description,
           CASE WHEN n % 1500 < 25 THEN -1 ELSE 1 + hash(n) % 24 END::BIGINT AS Quantity,
           TIMESTAMP '2010-12-01 08:00:00' + INTERVAL (n // 25 * 24) MINUTE AS InvoiceDate,
           round(0.5 + (hash(n % 25 + (n // 25) * 31) % 4000) / 400.0, 2) AS UnitPrice,
           CASE WHEN hash(n // 25) % 4 = 0 THEN NULL ELSE CAST(12000 + hash(n // 25) % 4372 AS VARCHAR) END AS CustomerID,
           'United Kingdom' AS Country
    FROM range({rows}) r(n)
) TO '{path}' (FORMAT parquet)
"""


def run(scratch: Scratch, progress: Progress, size: float) -> list[Figure]:
    """Rows of the file a second, until the last of them is committed and journalled."""
    load_rooms()
    with tempfile.TemporaryDirectory() as folder:
        path, made = _file(Path(folder), size)
        ours, told = _import(path, progress)
        progress("Keeping the rows that were written")
        dumps = _dump(scratch, Path(folder))
        months = {table: _span(table) for table in PARTITIONED}
        scratch.renew()
        for table, span in months.items():
            if span is not None:
                ensure_months(table, *span)
        progress("Copying them back into empty tables")
        floor = _copy_back(scratch, dumps)
    rows, written = told.run.rows, sum(dump.rows for dump in dumps)
    wrong = (
        "" if told.clean and rows else f"{told.run.rejected_records} rejected, {told.settled.quarantined} in quarantine"
    )
    notes = {
        "seconds": round(ours, 1), "floor_seconds": round(floor, 1), "file_rows": rows, "rows_written": written,
        "tables": len(dumps), "file": "synthetic" if made else path.name,
    }  # fmt: skip
    return [Figure("import", "file rows/s", rows / ours, rows / floor, MUST, wrong=wrong, notes=notes)]


def _file(folder: Path, size: float) -> tuple[Path, bool]:
    """The real file, or one like it; whether it was made."""
    here = Path(os.environ.get("STOCKWRIGHT_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))
    real = here / "online_retail" / "online_retail_541909.parquet"
    if real.exists() and size == 1:
        return real, False
    made = folder / "invoices.parquet"
    rows = max(100, round(ROWS * size))
    with duckdb.connect() as db:
        db.execute("SET enable_progress_bar = false")
        if real.exists():
            db.execute(f"COPY (SELECT * FROM '{real}' LIMIT {rows}) TO '{made}' (FORMAT parquet)")  # noqa: S608
        else:
            db.execute(_SYNTHETIC.format(rows=rows, path=made))
    return made, not real.exists()


def _import(path: Path, progress: Progress) -> tuple[float, Report]:
    with stopwatch() as seconds:
        kept = keep_file(path)
        file = {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path}
        added = perform("import.add_file", file, actor=SYSTEM).result
        given = {"file_id": added["file_id"], "kind": _KIND, "background": False}
        started = perform("import.start", given, actor=SYSTEM).result
        run_import(started.import_id, progress, helped=True)
        return seconds(), report(started.import_id)


@dataclass(frozen=True, slots=True)
class _Dump:
    """The rows of a table, in a file."""

    table: str
    columns: tuple[str, ...]
    path: Path
    rows: int


def _dump(scratch: Scratch, folder: Path) -> list[_Dump]:
    """Every table that has rows now; the ledger last, for it looks at the others at once."""
    tables = fetch(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
        " GROUP BY 1 ORDER BY c.relname = 'stock_movement', 1"
    )
    dumps = []
    with scratch.connect() as connection, connection.cursor() as cursor:
        for table, columns in tables:
            if table.startswith(_NOT_OURS):
                continue
            path = folder / f"{table}.copy"
            statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT binary)").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
            )
            with path.open("wb") as file, cursor.copy(statement) as copy:
                for piece in copy:
                    file.write(piece)
            if cursor.rowcount > 0:
                dumps.append(_Dump(table, tuple(columns), path, cursor.rowcount))
    return dumps


def _span(table: str) -> tuple[datetime, datetime] | None:
    ((first, last),) = fetch(f"SELECT min(occurred_at), max(occurred_at) FROM {table}")  # noqa: S608 - our own names
    return (first, last) if first is not None else None


def _copy_back(scratch: Scratch, dumps: list[_Dump]) -> float:
    """One transaction of COPY statements, its commit (where foreign keys are checked) included."""
    with stopwatch() as seconds, scratch.connect() as connection:
        with connection.cursor() as cursor:
            for dump in dumps:
                statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
                    sql.Identifier(dump.table), sql.SQL(", ").join(map(sql.Identifier, dump.columns))
                )
                with dump.path.open("rb") as file, cursor.copy(statement) as copy:
                    while piece := file.read(1 << 20):
                        copy.write(piece)
        connection.commit()
        return seconds()

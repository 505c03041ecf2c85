"""`stockwright import`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop

_SHOWN = 20
# From this size on, in bytes, a second process helps.
_LARGE = 1_000_000
# In front of the name of a file that ships with the program.
_SAMPLE = "sample:"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("import")
    def import_(  # noqa: PLR0917 - typer's way of options
        kind: str = typer.Argument("", help="shopify-orders, woocommerce-products, ... a mapping's name, or auto."),
        file: Path | None = typer.Argument(
            None, help="A CSV, XLSX or Parquet file; sample:shopify_orders.csv ships with it."
        ),
        dry_run: bool = typer.Option(False, "--dry-run", help="Say what would happen; write nothing."),
        mapping: Path | None = typer.Option(None, help="A TOML file that says what the columns mean; it is saved."),
        channel: str = typer.Option("", help="The channel that orders belong to."),
        location: str = typer.Option("", help="Where stock is, if the file does not say (code or name)."),
        currency: str = typer.Option("", help="Of orders whose file names none."),
        zone: str = typer.Option("", help="Time zone of times that name none."),
        date_format: str = typer.Option("", help="dmy, mdy, ymd or a pattern such as %d/%m/%Y %H:%M."),
        decimal: str = typer.Option("", help="point or comma."),
        encoding: str = typer.Option("", help="utf-8, utf-16, cp1252 ..."),
        weight_unit: str = typer.Option("", help="Of weights whose file names none: kg (as if not said), lbs, g, oz."),
        delimiter: str = typer.Option("", help="comma, semicolon, tab or pipe."),
        sheet: str = typer.Option("", help="Of an XLSX file."),
        history: bool = typer.Option(False, help="Take orders as done long ago."),
        again: bool = typer.Option(False, help="Set stock again that this very file set before."),
        wait: bool = typer.Option(True, help="Wait until everything is applied."),
        rejects: Path | None = typer.Option(None, help="Where to write the rows that did not go in."),
        list_: bool = typer.Option(False, "--list", help="List kinds, mappings and the latest imports."),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Bring a file in: orders, products or stock."""
        if not list_ and file is None:
            # `stockwright import FILE` finds the kind out by itself.
            if not kind or not (Path(kind).exists() or kind.startswith(_SAMPLE)):
                say.refuse("Name a kind and a file: stockwright import shopify-orders orders.csv (--list shows kinds).")
                raise typer.Exit(Exit.USAGE)
            kind, file = "auto", Path(kind)
        given: dict[str, Any] = {
            "kind": "" if kind == "auto" else kind, "channel": channel, "location": location, "currency": currency,
            "zone": zone, "date_format": date_format, "decimal": decimal, "encoding": encoding,
            "weight_unit": weight_unit, "delimiter": delimiter, "sheet": sheet, "history": history, "again": again,
        }  # fmt: skip
        with shop(as_json=as_json):
            from stockwright.kit.rooms import load_rooms

            load_rooms()
            if list_:
                _list(as_json=as_json)
                return
            code = _bring_in(file or Path(), given, mapping, rejects, dry_run=dry_run, wait=wait, as_json=as_json)
        raise typer.Exit(code)


def _bring_in(
    file: Path, given: dict[str, Any], mapping: Path | None, rejects: Path | None, *, dry_run: bool, wait: bool,
    as_json: bool,
) -> Exit:  # fmt: skip
    from stockwright.channels.imports.running import run_import
    from stockwright.channels.imports.samples import sample
    from stockwright.channels.imports.storing import keep, keep_file
    from stockwright.channels.queries import report
    from stockwright.kit.actions import perform
    from stockwright.kit.people import SYSTEM

    progress = _Quiet() if as_json else say.Progress()
    ships = str(file).startswith(_SAMPLE)
    beside = Path(Path(str(file).removeprefix(_SAMPLE)).name) if ships else file
    try:
        kept = keep(beside.name, [sample(beside.name)]) if ships else keep_file(file)
    except OSError as error:
        say.refuse(f"{file}: {error.strerror or error}")
        return Exit.USAGE
    spec = _read_mapping(mapping) if mapping is not None else None
    if dry_run:
        return _look(kept, given, spec, progress, as_json=as_json)
    if spec is not None:
        given["kind"] = f"mapping:{perform('import.map', {'mapping': spec}, actor=SYSTEM, door='cli').result['name']}"
    added = perform(
        "import.add_file",
        {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path},
        actor=SYSTEM, door="cli",
    )  # fmt: skip
    given |= {"file_id": added.result["file_id"], "background": False}
    started = perform("import.start", given, actor=SYSTEM, door="cli").result
    if started.resumed:
        say.tell(f"Going on with import {started.import_id}, which was left half done.")
    run_import(started.import_id, progress, wait=wait, helped=kept.bytes > _LARGE)
    progress.finish()
    told = report(started.import_id)
    where = _write_rejects(told.run, rejects or beside.with_name(f"{beside.stem}-rejects.csv"))
    if as_json:
        say.write_json({**told.plain(), "rejects_file": str(where) if where else None})
    else:
        _tell(told, where)
    return Exit.DONE if told.clean else Exit.REFUSED


class _Quiet(say.Progress):
    """Tells nothing: another program reads."""

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Tell nothing."""


def _read_mapping(path: Path) -> dict[str, Any]:
    import tomllib

    from stockwright.channels.errors import BadMapping

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(why=f"{path.name}: {error}") from None


def _look(
    kept: Any, given: dict[str, Any], spec: dict[str, Any] | None, progress: say.Progress, *, as_json: bool
) -> Exit:
    from stockwright.channels.actions.start import StartGiven, prepare
    from stockwright.channels.imports.kinds import checked_mapping
    from stockwright.channels.imports.preview import preview

    # A look ahead writes nothing: the mapping is not saved either.
    mapping = checked_mapping(spec) if spec is not None else None
    checked = StartGiven.model_validate({**given, "file_id": 0})
    opening = {"encoding": checked.encoding, "delimiter": checked.delimiter, "sheet": checked.sheet}
    prepared = prepare(kept, checked, mapping)
    seen = preview(kept, prepared, opening=opening, progress=progress, again=checked.again)
    progress.finish()
    if as_json:
        say.write_json(seen.plain())
    else:
        say.out.print(f"{kept.name} is {seen.title}; {'; '.join(seen.evidence['notes'])}", markup=False)
        say.out.print(
            f"{seen.rows:,} rows, {seen.records:,} records: {seen.new:,} new, {seen.changed:,} changed,"
            f" {seen.unchanged:,} unchanged,{_matched(seen.matched)} {seen.rejected:,} rejected. Nothing was written."
        )
        for remark in seen.said:
            say.out.print(remark, markup=False)
        _table_of_rejects(seen.rejects, seen.rejected)
    return Exit.REFUSED if seen.rejected else Exit.DONE


def _write_rejects(run: Any, path: Path) -> Path | None:
    from stockwright.channels.queries import reject_columns, reject_rows
    from stockwright.kit.sheets import write_csv

    if not run.rejected_records:
        return None
    try:
        with path.open("wb") as file:
            file.writelines(write_csv(reject_columns(run), reject_rows(run)))
    except OSError as error:
        say.refuse(
            f"The rejects could not be written to {path} ({error.strerror}); see import {run.pk} in the browser."
        )
        return None
    return path


def _tell(told: Any, where: Path | None) -> None:
    from stockwright.channels.imports.remarks import sentences

    run, settled = told.run, told.settled
    say.out.print(
        f"Import {run.pk}: {run.rows:,} rows, {run.records:,} records: {run.new:,} new, {run.changed:,} changed,"
        f" {run.unchanged:,} unchanged,{_matched(run.absorbed)} {run.rejected_records:,} rejected."
    )
    for remark in sentences(run.remarks):
        say.out.print(remark, markup=False)
    if settled.pending:
        say.out.print(f"{settled.pending:,} messages wait in the inbox; a worker applies them.")
    if settled.quarantined:
        say.out.print(f"{settled.quarantined:,} messages are in quarantine: see Inbox, source {run.source}.")
    if where:
        first = [
            {"line": r.line, "column": r.column, "value": r.value, "reason": r.reason}
            for r in run.rejects.order_by("line")[:_SHOWN]
        ]
        _table_of_rejects(first, run.rejected_records)
        say.out.print(f"The rows that did not go in, with why: {where}", markup=False)


def _matched(credits_: int) -> str:
    return f" {credits_:,} credits matched with their orders," if credits_ else ""


def _table_of_rejects(rejects: list[dict[str, Any]], count: int) -> None:
    if not rejects:
        return
    table = Table("Line", "Column", "Value", "Why", box=None)
    for reject in rejects[:_SHOWN]:
        cells = (str(reject["line"]), reject["column"], reject["value"][:40], reject["reason"])
        table.add_row(*map(escape, cells))
    say.out.print(table)
    if count > _SHOWN:
        say.out.print(f"... and {count - _SHOWN:,} more")


def _list(*, as_json: bool) -> None:
    from stockwright.channels.files.registry import FORMATS
    from stockwright.channels.imports.kinds import all_mappings
    from stockwright.channels.queries import recent_imports, report

    kinds = [{"kind": f.code, "title": f.title} for f in FORMATS.values()]
    mappings = [{"kind": m.name, "title": m.title} for m in all_mappings().values()]
    imports = [report(run.pk).plain() for run in recent_imports(20)]
    if as_json:
        say.write_json({"kinds": kinds, "mappings": mappings, "imports": imports})
        return
    table = Table("Kind", "What it is", box=None)
    for each in (*kinds, *mappings):
        table.add_row(each["kind"], escape(each["title"]))
    say.out.print(table)
    if imports:
        latest = Table("Import", "File", "Kind", "State", "Rows", "New", "Changed", "Unchanged", "Rejected", box=None)
        for each in imports:
            latest.add_row(
                str(each["import"]), escape(each["file"]), each["kind"], each["state"],
                *(f"{each[key]:,}" for key in ("rows", "new", "changed", "unchanged", "rejected")),
            )  # fmt: skip
        say.out.print(latest)

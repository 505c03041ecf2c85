"""`stockwright export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def export(
        list_: str = typer.Argument("", metavar="LIST", help="orders, customers, variants ... nothing: name them."),
        file: Path | None = typer.Argument(None, help="Ends in .csv or .xlsx; - writes CSV to standard output."),
        filter_: list[str] = typer.Option(
            [], "--filter", help="As in the list's address: view=late, q=mug, channel=2."
        ),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Write a whole list into a file, as its page does."""
        with shop(as_json=as_json):
            lists = _lists()
            if not list_:
                _name_them(lists, as_json=as_json)
                return
            if list_ not in lists:
                say.refuse(f"There is no list {list_}. There are: {', '.join(lists)}.")
                raise typer.Exit(Exit.USAGE)
            if (
                file is None
                or file.suffix.lower() not in (".csv", ".xlsx", "")
                or (not file.suffix and str(file) != "-")
            ):
                say.refuse("Name a file that ends in .csv or .xlsx, or - for standard output.")
                raise typer.Exit(Exit.USAGE)
            rows = _write(lists[list_], file, filter_)
        if as_json and str(file) != "-":
            say.write_json({"list": list_, "file": str(file), "rows": rows})
        elif str(file) != "-":
            say.out.print(f"{file}: {rows:,} rows", markup=False)


def _lists() -> dict[str, Any]:
    """Every list that a room's pages declare, by name."""
    import sys

    from django.urls import get_resolver

    from stockwright.kit.lists import RecordList
    from stockwright.kit.rooms import load_rooms

    load_rooms()
    # Loading the addresses imports every room's pages.
    _ = get_resolver().url_patterns
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("stockwright.")]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, RecordList)]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def _name_them(lists: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say.write_json({name: [column.name for column in each.columns] for name, each in lists.items()})
        return
    table = Table("List", "Columns", box=None)
    for name, each in lists.items():
        table.add_row(name, ", ".join(str(column.label) for column in each.columns))
    say.out.print(table)


def _write(list_: Any, file: Path, filters: list[str]) -> int:
    import sys
    from types import SimpleNamespace

    from django.http import QueryDict

    from stockwright.kit.business import calendar
    from stockwright.kit.lists.keyset import ordered
    from stockwright.kit.sheets import write_csv, write_xlsx

    query = QueryDict("&".join(filters) or ("view=all" if any(v.name == "all" for v in list_.views) else ""))
    state = list_.read(SimpleNamespace(GET=query))
    chunks = list_.chunks(ordered(list_.narrowed(state), state.sort, descending=state.descending))
    heads = [str(column.label) for column in list_.columns]
    count = 0

    def counted() -> Any:
        nonlocal count
        for row in chunks:
            count += 1
            yield row

    zone = calendar().zone
    if str(file) == "-":
        for piece in write_csv(heads, counted(), zone=zone):
            sys.stdout.buffer.write(piece)
        return count
    with file.open("wb") as target:
        if file.suffix.lower() == ".xlsx":
            return write_xlsx(heads, counted(), target, zone=zone, sheet=str(list_.title)[:31])
        target.writelines(write_csv(heads, counted(), zone=zone))
    return count

"""`stockwright bench`: measured figures, each beside the least that could do the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import refusals, set_up_django
from stockwright.kit import embedded

if TYPE_CHECKING:
    from stockwright.bench.figures import Figure

NAMES = ("import", "commit", "contention", "lists", "api")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def bench(
        name: str = typer.Argument(help="One of: " + ", ".join(NAMES) + "."),
        as_json: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
        size: float = typer.Option(1.0, "--size", min=0.001, help="How much work; 1 is what counts."),
    ) -> None:
        """Measure this machine in a scratch database of its own."""
        if name not in NAMES:
            raise typer.BadParameter("one of " + ", ".join(NAMES))
        progress = say.Progress()
        with refusals(as_json=as_json), embedded.lease((lambda _text: None) if as_json else say.tell):
            from stockwright.bench.scratch import scratch_database

            with scratch_database() as scratch:
                set_up_django()
                from stockwright.bench.figures import run

                progress("Making the scratch database")
                scratch.migrate()
                figures = run(name, scratch, progress, size)
                plain = [figure.plain() for figure in figures]
                progress.finish()
        if as_json:
            say.write_json(plain[0] if len(plain) == 1 else plain)
        else:
            _table(name, figures)
        if not all(figure.ok for figure in figures):
            raise typer.Exit(Exit.REFUSED)


def _table(name: str, figures: list[Figure]) -> None:
    from rich.table import Table

    table = Table(title=f"bench {name}")
    for title in ("", "unit", "ours", "floor", "ratio", "must", "ok"):
        table.add_column(title, justify="left" if title in {"", "unit", "ok"} else "right")
    for figure in figures:
        must = "" if figure.must is None else f"{'at most' if figure.at_most else 'at least'} {figure.must:g}"
        table.add_row(
            figure.name, figure.unit, f"{figure.ours:,.1f}", f"{figure.floor:,.1f}", f"{figure.ratio:.2f}", must,
            "yes" if figure.ok else f"no {figure.wrong}",
        )  # fmt: skip
    say.out.print(table)

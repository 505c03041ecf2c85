"""`stockwright reconcile`."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def reconcile(
        repair: bool = typer.Option(False, "--repair", help="Make every level say what it is made of."),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Derive every stock level anew from the ledger, promises and arrivals, and report where it differs."""
        with shop(as_json=as_json):
            from stockwright.kit.actions import perform
            from stockwright.kit.people import SYSTEM
            from stockwright.stock.queries import differences_now

            found = differences_now()
            done = perform("stock.reconcile", {"repair": repair}, actor=SYSTEM, door="cli").result
        if as_json:
            say.write_json({**asdict(done), "rows": [asdict(row) for row in found]})
        else:
            table = Table("SKU", "Location", "Number", "Stored", "Derived")
            for row in found:
                table.add_row(row.sku, row.location, row.part, f"{row.stored:,}", f"{row.derived:,}")
            if found:
                say.out.print(table)
            say.out.print(
                f"{done.levels:,} levels compared: {len(found):,} numbers differ, {done.repaired:,} repaired."
            )
        raise typer.Exit(Exit.REFUSED if done.differences else Exit.DONE)

"""`stockwright today`."""

from __future__ import annotations

import typer
from rich.markup import escape
from rich.table import Table

from stockwright.cli import say
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def today(
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
        limit: int = typer.Option(20, "--limit", min=1, max=10_000, help="How many proposals at most."),
        kind: str = typer.Option("", "--kind", help="Only one kind, such as orders.late."),
        look: bool = typer.Option(True, "--look/--no-look", help="Run the watchers first."),
    ) -> None:
        """Print what needs doing now, the most pressing first."""
        with shop(as_json=as_json):
            from stockwright.kit.business import Shop, setting
            from stockwright.kit.clock import now
            from stockwright.kit.money import format_money
            from stockwright.kit.people import SYSTEM
            from stockwright.today import queries
            from stockwright.today.looking import look_everywhere
            from stockwright.today.pages.words import by_when, rank_words

            if look:
                look_everywhere(SYSTEM, door="cli")
            moment, currency = now(), setting(Shop).currency
            rows = queries.listed(SYSTEM, moment, kind=kind, limit=limit)
            _tabs, worth = queries.tabs(SYSTEM)
            if as_json:
                say.write_json(
                    {
                        "at": moment, "currency": currency, "at_stake": str(worth),
                        "proposals": [{**queries.as_data(row), "rank_reason": rank_words(row.rank, currency)} for row in rows],
                        "beyond": [{"kind": rest.kind, "more": rest.more} for rest in queries.rests(SYSTEM)],
                        "failing": [{"kind": run.kind, "error": run.error} for run in queries.failing()],
                    }
                )  # fmt: skip
                return
            if not rows:
                say.out.print("Nothing needs doing now.")
                return
            table = Table(box=None, pad_edge=False)
            for head, justify in (
                ("", "right"),
                ("At stake", "right"),
                ("By when", "left"),
                ("What to do, and why", "left"),
            ):
                table.add_column(head, justify=justify)  # type: ignore[arg-type]
            for row in rows:
                found = row.proposal
                words = f"[bold]{escape(found.title)}[/]\n{escape(found.reason)}"
                table.add_row(
                    str(row.place), format_money(found.value, currency), by_when(found.deadline, moment)[0], words
                )
            say.out.print(table)
            for run in queries.failing():
                say.refuse(f"The watcher {run.kind} failed: {run.error}")

"""`stockwright kpi`."""

from __future__ import annotations

from datetime import datetime

import typer
from rich.markup import escape
from rich.table import Table

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop

DAY = "%Y-%m-%d"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def kpi(  # noqa: PLR0917 - typer reads the options from the signature
        name: str = typer.Argument("", help="Such as on_time_ship; see --list."),
        first: datetime = typer.Option(None, "--from", formats=[DAY], help="The first day."),
        last: datetime = typer.Option(None, "--to", formats=[DAY], help="The last day, included."),
        grain: str = typer.Option("", "--grain", help="day, week or month: also print the course."),
        channel: str = typer.Option("", "--channel", help="The code of one channel."),
        listed: bool = typer.Option(False, "--list", help="Print every KPI with its definition."),
        count: bool = typer.Option(True, "--count/--no-count", help="Count what changed first."),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Print a KPI over a period, with the sums it is made of."""
        if not listed and not name:
            say.refuse("Name a KPI, or use --list.")
            raise typer.Exit(Exit.USAGE)
        with shop(as_json=as_json):
            from stockwright.insight.asking import BadGrain, answer, contracts
            from stockwright.insight.counting import count_up

            if listed:
                _print_list(contracts(), as_json=as_json)
                return
            if grain not in {"", "day", "week", "month"}:
                raise BadGrain(grain=grain)
            if count:
                count_up(door="cli")
            told = answer(
                name, first.date() if first else None, last.date() if last else None, grain=grain, channel=channel
            )
            if as_json:
                say.write_json(told)
            else:
                _print_answer(told)


def _print_list(found: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        say.write_json(found)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Name")
    table.add_column("What it says")
    for contract in found:
        table.add_row(str(contract["name"]), escape(str(contract["definition"])))
    say.out.print(table)


def _print_answer(told: dict[str, object]) -> None:
    say.out.print(f"[bold]{escape(str(told['title']))}[/]  {told['in_words']}   {told['from']} to {told['to']}")
    say.out.print(f"numerator {told['numerator']}, denominator {told['denominator']}")
    series = told.get("series")
    if isinstance(series, list):
        for step in series:
            say.out.print(f"{step['from']}  {step['in_words']}")

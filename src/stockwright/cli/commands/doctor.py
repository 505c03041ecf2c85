"""`stockwright doctor`."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.markup import escape

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
        """Look the installation over and say the cure for what is wrong."""
        with shop(as_json=as_json, check=False):
            from stockwright.cli.checks import State, examine

            found = examine()
        well = all(finding.state is not State.WRONG for finding in found)
        if as_json:
            say.write_json({"ok": well, "findings": [asdict(finding) for finding in found]})
        else:
            colours = {State.OK: "green", State.NOTE: "yellow", State.WRONG: "red"}
            for finding in found:
                say.out.print(
                    f"[{colours[finding.state]}]{finding.state:<6}[/]{finding.check:<11} {escape(finding.words)}"
                )
                if finding.cure:
                    say.out.print(f"{'':<18}cure: {escape(finding.cure)}")
        raise typer.Exit(Exit.DONE if well else Exit.REFUSED)

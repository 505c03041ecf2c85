"""`stockwright restore`."""

from __future__ import annotations

from pathlib import Path

import typer

from stockwright.cli import say
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def restore(
        file: Path = typer.Argument(help="A file that `stockwright backup` has written.", exists=True, dir_okay=False),
        force: bool = typer.Option(False, "--force", help="Replace the shop that is here."),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Replace the shop by a backup, all of it or nothing. The shop must not be running."""
        with shop(as_json=as_json, check=False):
            from stockwright.cli.backups.bring_back import restore as bring_back

            made = bring_back(file.absolute(), (lambda _text: None) if as_json else say.tell, force=force)
        rows = sum(made.rows.values())
        if as_json:
            say.write_json({"file": str(file), "tables": len(made.rows), "rows": rows, "made_at": made.made_at})
        else:
            say.out.print(f"Restored {rows:,} rows in {len(made.rows)} tables, as of {made.made_at}.")

"""`stockwright backup`."""

from __future__ import annotations

from pathlib import Path

import typer

from stockwright.cli import say
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def backup(
        file: Path = typer.Argument(help="The file to write; it must not exist."),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Write the whole shop into one file: database, stored files and secret. The shop may be running."""
        with shop(as_json=as_json):
            from stockwright.cli.backups.make import backup as make

            made = make(file.absolute(), (lambda _text: None) if as_json else say.tell)
        size = file.stat().st_size
        for name in made.left_out:
            say.refuse(f"Left out: {name}.")
        if as_json:
            told = {"tables": len(made.rows), "rows": sum(made.rows.values()), "made_at": made.made_at}
            say.write_json({"file": str(file), "bytes": size, **told, "left_out": made.left_out})
        else:
            say.out.print(f"{file}: {sum(made.rows.values()):,} rows in {len(made.rows)} tables, {size / 1e6:,.1f} MB.")

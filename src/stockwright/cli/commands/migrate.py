"""`stockwright migrate`."""

from __future__ import annotations

import typer

from stockwright.cli import say
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def migrate(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
        """Bring the database up to this version."""
        with shop(as_json=as_json, check=False):
            from stockwright.cli import migrations

            run = migrations.migrate()
        if as_json:
            say.write_json({"migrated": run})
        else:
            say.out.print(f"{len(run)} migrations run." if run else "The database is up to date.")

"""`stockwright serve`: everything on one machine."""

from __future__ import annotations

import typer

from stockwright.cli.address import DEFAULT_HOST, DEFAULT_PORT, refuse_nameless, refuse_taken, tell_url
from stockwright.cli.say import tell
from stockwright.cli.shop import refusals, shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def serve(
        host: str = typer.Option(DEFAULT_HOST, envvar="STOCKWRIGHT_BIND", help="Address to listen on."),
        port: int = typer.Option(DEFAULT_PORT, envvar="PORT", help="Port to listen on."),
    ) -> None:
        """Run it all: database, web server and worker. Ctrl-C ends it all."""
        with refusals():
            # Before anything is started: a taken port is known at once.
            refuse_taken(host, port)
            refuse_nameless(host)
            tell_url(host, port)
        with shop(check=False):
            from stockwright.cli import migrations
            from stockwright.cli.running import run_all

            if run := migrations.migrate():
                tell(f"Brought the database up to this version ({len(run)} migrations)")
            code = run_all(host, port)
        raise typer.Exit(code)

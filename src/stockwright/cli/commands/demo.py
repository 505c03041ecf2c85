"""`stockwright demo`: a small real shop to look at."""

from __future__ import annotations

import typer

from stockwright.cli.address import DEFAULT_HOST, DEFAULT_PORT, refuse_nameless, refuse_taken, tell_url
from stockwright.cli.say import Progress, tell
from stockwright.cli.shop import refusals, shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def demo(
        host: str = typer.Option(DEFAULT_HOST, envvar="STOCKWRIGHT_BIND", help="Address to listen on."),
        port: int = typer.Option(DEFAULT_PORT, envvar="PORT", help="Port to listen on."),
        only_build: bool = typer.Option(False, "--only-build", help="Fill the shop and end."),
    ) -> None:
        """Fill an empty shop with a small real one, then run it all."""
        with refusals():
            if not only_build:
                refuse_taken(host, port)
                refuse_nameless(host)
                tell_url(host, port)
        with shop(check=False):
            from stockwright.cli import migrations
            from stockwright.cli.running import run_all
            from stockwright.demo.build import build

            if run := migrations.migrate():
                tell(f"Brought the database up to this version ({len(run)} migrations)")
            progress = Progress()
            name, password = build(progress)
            progress.finish()
            sign_in = f"Sign in as {name} with the password {password}" if password else f"Sign in as {name}"
            if only_build:
                tell(sign_in)
                return
            code = run_all(host, port, also_say=sign_in)
        raise typer.Exit(code)

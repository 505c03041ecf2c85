"""`stockwright worker`: the background work alone."""

from __future__ import annotations

import typer

from stockwright.cli.lifeline import follow_parent
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def worker() -> None:
        """Do the background work. Any number of workers may share one database."""
        follow_parent()
        with shop(quiet=True):
            from stockwright.kit.worker import run

            run()

"""`stockwright worker`: the background work alone."""

from __future__ import annotations

import signal
import threading

import typer

from stockwright.cli.lifeline import follow_parent
from stockwright.cli.say import tell
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def worker() -> None:
        """Do the background work. Any number of workers may share one database."""
        follow_parent()
        stop = threading.Event()
        with shop(quiet=True):
            from stockwright.kit.worker import run

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda _number, _frame: stop.set())
            run(stop, on_ready=lambda: tell("Worker at work"))

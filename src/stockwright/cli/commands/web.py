"""`stockwright web`: the web server alone."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from stockwright.cli.address import DEFAULT_HOST, DEFAULT_PORT, refuse_nameless, refuse_taken, tell_url, url
from stockwright.cli.lifeline import end_with, follow_parent
from stockwright.cli.say import tell
from stockwright.cli.shop import refusals, shop

# Threads wait for the database most of the time; each holds one of its 200 connections.
_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def web(
        host: str = typer.Option(DEFAULT_HOST, envvar="STOCKWRIGHT_BIND", help="Address to listen on."),
        port: int = typer.Option(DEFAULT_PORT, envvar="PORT", help="Port to listen on."),
        processes: int = typer.Option(1, min=1, help="How many processes answer."),
        threads: int = typer.Option(_THREADS, min=1, help="How many requests each answers at once."),
    ) -> None:
        """Run the web server. Any number of them may share one database."""
        follow_parent()
        with refusals():
            refuse_nameless(host)
            tell_url(host, port)
        with shop(quiet=True):
            from django.db import connections

            refuse_taken(host, port)
            # The processes that answer are forked from here: each opens connections of its own.
            connections.close_all()
            tell(f"Web server on {url(host, port)}")
            serve(host, port, processes, threads)


def serve(host: str, port: int, processes: int, threads: int) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "stockwright.kit.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
        log_level=LogLevels.warning,
    ).serve(target_loader=_load)


def _load(target: str) -> Callable[..., Any]:
    """Load the application in a process that answers, tied to the process that forked it."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    # Static files are served from the packages themselves; that no folder collects them is no news.
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)
    module, name = target.split(":")
    application: Callable[..., Any] = getattr(import_module(module), name)
    return application

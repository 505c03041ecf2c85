"""The `stockwright` program: which commands there are, and how each failure ends."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType

import typer

from stockwright import __version__
from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.kit.embedded.errors import SetupError

# Every command's module in cli/commands, in the order of `stockwright --help`.
COMMANDS = (
    "demo",
    "serve",
    "web",
    "worker",
    "today",
    "kpi",
    "do",
    "person",
    "doctor",
    "backup",
    "restore",
    "import_",
    "export",
    "reconcile",
    "bench",
    "migrate",
    "manage",
    "version",
)

_INTERRUPTED = 130


def build() -> typer.Typer:
    """Return the program with all its commands."""
    app = typer.Typer(
        name="stockwright",
        help="The operations room of an online shop.",
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def options(
        context: typer.Context,
        version: bool = typer.Option(False, "--version", help="Print the version and end.", is_eager=True),
    ) -> None:
        if version:
            typer.echo(__version__)
        elif context.invoked_subcommand is None:
            typer.echo(context.get_help())
            raise typer.Exit(Exit.USAGE)

    for name in COMMANDS:
        importlib.import_module(f"stockwright.cli.commands.{name}").register(app)
    return app


def main() -> None:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, _end)
    try:
        build()()
    except SetupError as error:
        say.refuse(str(error))
        sys.exit(Exit.UNAVAILABLE)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # `stockwright ... | head` has read enough; nothing may be flushed to it any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)


def _end(number: int, _frame: FrameType | None) -> None:
    # As an exception, so that leases are given back and the last user stops the database.
    sys.exit(128 + number)

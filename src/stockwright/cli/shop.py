"""A command's way to the shop: database leased, Django set up, tables made in an empty one, errors turned into exit codes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

import typer

from stockwright.cli import say
from stockwright.cli.exits import Exit, exit_of_kind
from stockwright.kit import embedded
from stockwright.kit.embedded import SetupError
from stockwright.kit.errors import StockwrightError


@contextlib.contextmanager
def shop(*, as_json: bool = False, check: bool = True, quiet: bool = False) -> Iterator[None]:
    """Have the shop ready within the block; models may be imported there, not before.

    Raises: typer.Exit with 1 for a refusal and 3 where something needed is missing, after printing why.
    """
    tell = (lambda _text: None) if quiet or as_json else say.tell
    with refusals(as_json=as_json), embedded.lease(tell):
        set_up_django()
        if check:
            # Django must be set up before anything that reads its settings is imported.
            from stockwright.cli.migrations import make_ready  # noqa: PLC0415

            with _database_trouble():
                make_ready(tell)
        with _database_trouble():
            yield


@contextlib.contextmanager
def refusals(*, as_json: bool = False) -> Iterator[None]:
    """Print what stops a command as one sentence (or one JSON object) and leave with its exit code."""
    try:
        yield
    except SetupError as error:
        _print(str(error), {"kind": "unavailable", "code": "setup", "message": str(error)}, as_json=as_json)
        raise typer.Exit(Exit.UNAVAILABLE) from error
    except StockwrightError as error:
        facts = {"kind": str(error.kind), "code": error.code, "message": error.message, "facts": error.facts}
        _print(error.message, facts, as_json=as_json)
        raise typer.Exit(exit_of_kind(str(error.kind))) from error


@contextlib.contextmanager
def _database_trouble() -> Iterator[None]:
    """Turn what the database cannot do just now into one sentence. Raises: SetupError."""
    # Only here, where Django is set up already.
    from django.db import OperationalError  # noqa: PLC0415

    try:
        yield
    except OperationalError as error:
        said = str(error).strip().splitlines()[0].rstrip(".")
        if "No space left on device" in said:
            message = "The database's disk is full: free some space and try again; nothing half done was kept."
        else:
            message = f"The database could not do it ({said}): see 'stockwright doctor'."
        raise SetupError(message) from error


def set_up_django() -> None:
    """Load the settings and the rooms. Raises: SetupError where the home folder cannot be used."""
    # Django takes long to import, and --help needs none of it.
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stockwright.kit.settings")
    try:
        django.setup()
    except OSError as error:
        message = (
            f"{error.filename or 'The home folder'} cannot be used ({error.strerror}): give yourself the right to write it, "
            "or set STOCKWRIGHT_HOME to another folder."
        )
        raise SetupError(message) from error


def _print(text: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        say.write_json({"error": facts})
    else:
        say.refuse(text)

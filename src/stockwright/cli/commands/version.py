"""`stockwright version`."""

from __future__ import annotations

import platform

import typer

from stockwright import __version__
from stockwright.cli import say


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def version(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
        """Print the version."""
        if as_json:
            say.write_json({"stockwright": __version__, "python": platform.python_version()})
        else:
            say.out.print(f"Stockwright {__version__}")

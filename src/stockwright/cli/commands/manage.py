"""`stockwright manage`: Django's own commands."""

from __future__ import annotations

import typer

from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
    def manage(context: typer.Context) -> None:
        """Run one of Django's own commands, as in `stockwright manage shell`."""
        with shop(check=False, quiet=True):
            from django.core.management import execute_from_command_line

            execute_from_command_line(["stockwright manage", *context.args])

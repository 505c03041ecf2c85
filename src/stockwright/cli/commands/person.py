"""`stockwright person`: the first people of a shop, and a way back in."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import typer

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the commands."""
    person = typer.Typer(help="People who may sign in.", no_args_is_help=True)
    app.add_typer(person, name="person")

    @person.command()
    def add(
        email: str = typer.Argument(..., help="Their e-mail address; they sign in with it."),
        role: list[str] = typer.Option(
            ["lead"], help="lead, picker, buyer, support, merchandiser, analyst or reader; several are fine."
        ),
        name: str = typer.Option("", help="Their name."),
        password_stdin: bool = typer.Option(
            False, "--password-stdin", help="Read the password from standard input; one is made up without it."
        ),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    ) -> None:
        """Add somebody who can sign in at once."""
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(12)
        with shop(as_json=as_json):
            from stockwright.kit.actions import perform
            from stockwright.kit.people import SYSTEM

            given = {
                "email": email,
                "name": name or email.split("@", maxsplit=1)[0],
                "roles": role,
                "password": password,
            }
            outcome = perform("person.create", given, actor=SYSTEM, door="cli")
        if as_json:
            made = {} if password_stdin else {"password": password}
            say.write_json({"person_id": outcome.result.person_id, "email": email, **made})
        elif password_stdin:
            say.out.print(f"{email} can sign in now.", markup=False)
        else:
            say.out.print(f"{email} can sign in now with the password {password}", markup=False)

    @person.command("list")
    def list_people(as_json: bool = typer.Option(False, "--json", help="Print one JSON array.")) -> None:
        """List everybody who may sign in."""
        with shop(as_json=as_json):
            from stockwright.kit.models import Person

            people: list[dict[str, Any]] = [
                {"id": p.pk, "email": p.email, "name": p.name, "roles": p.roles, "active": p.is_active}
                for p in Person.objects.order_by("email")
            ]
        if as_json:
            say.write_json(people)
            return
        for one in people:
            state = "" if one["active"] else " (deactivated)"
            say.out.print(f"{one['email']:<40} {', '.join(one['roles'])}{state}", markup=False)
        if not people:
            say.tell("Nobody yet: stockwright person add EMAIL")
            raise typer.Exit(Exit.DONE)

"""`stockwright do`: any action of the shop."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.shop import shop


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def do(  # noqa: PLR0917 - typer reads them as options
        action: str = typer.Argument("", help="The action, such as orders.hold.", show_default=False),
        given: str = typer.Option(
            "", "--input", metavar="FILE|-", help="The input as JSON: a file, or - for standard input."
        ),
        values: list[str] = typer.Option(
            [], "--set", metavar="FIELD=VALUE", help="One field: JSON, or else a text; a.b=1 goes deeper."
        ),
        dry_run: bool = typer.Option(False, "--dry-run", help="Show what would happen, and change nothing."),
        reason: str = typer.Option("", help="Why, for the journal."),
        key: str = typer.Option("", help="Idempotency key: the same key again answers with the first result."),
        as_person: str = typer.Option(
            "", "--as", metavar="EMAIL", help="Act as this person; the shop itself without it."
        ),
        as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
        list_all: bool = typer.Option(False, "--list", help="List the actions."),
        markdown: bool = typer.Option(False, "--markdown", help="With --list: the whole reference, as Markdown."),
        schema: bool = typer.Option(False, "--schema", help="Print the JSON Schema of the action's input."),
    ) -> None:
        """Do anything that the shop can do: one verb, checked, journalled, and undone where it can be."""
        if not action and not list_all:
            _misused("Name an action, or ask for --list.")
        sent = {} if list_all or schema else _input(given, values)
        with shop(as_json=as_json):
            if list_all and markdown:
                from stockwright.cli.reference import actions_page

                sys.stdout.write(actions_page())
            elif list_all:
                _list(as_json=as_json)
            elif schema:
                from stockwright.kit.actions import get_action

                say.write_json(get_action(action).given.model_json_schema())
            else:
                from stockwright.kit.actions import perform

                outcome = perform(
                    action, sent, actor=_actor(as_person), reason=reason, key=key or None, dry_run=dry_run, door="cli"
                )
                plain = outcome.plain(reveal=not dry_run)
                if as_json:
                    say.write_json(plain)
                else:
                    _tell(plain)


def _input(given: str, values: list[str]) -> dict[str, Any]:
    if given == "-":
        text = sys.stdin.read()
    elif given:
        try:
            text = Path(given).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            _misused(f"There is no file {given}.")
        except OSError as error:
            _misused(f"{given} can't be read: {error.strerror}.")
        except UnicodeDecodeError:
            _misused(f"{given} is no UTF-8 text.")
    else:
        text = "{}"
    try:
        sent = json.loads(text)
    except json.JSONDecodeError as error:
        _misused(f"The input is not JSON: {error}")
    if not isinstance(sent, dict):
        _misused("The input must be one JSON object.")
    made: dict[str, Any] = sent
    for value in values:
        _set(made, value)
    return made


def _set(sent: dict[str, Any], assignment: str) -> None:
    path, equals, text = assignment.partition("=")
    if not equals or not path:
        _misused(f"--set takes FIELD=VALUE, not {assignment}.")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    *above, last = path.split(".")
    for name in above:
        sent = sent.setdefault(name, {})
        if not isinstance(sent, dict):
            _misused(f"{name} of --set {path} is not an object.")
    sent[last] = value


def _misused(text: str) -> NoReturn:
    say.refuse(text)
    raise typer.Exit(Exit.USAGE)


def _actor(email: str) -> Any:
    from stockwright.kit.errors import NotFound
    from stockwright.kit.models import Person
    from stockwright.kit.people import SYSTEM, actor_of

    if not email:
        return SYSTEM
    person = Person.objects.filter(email=email.lower()).first()
    if person is None:
        raise NotFound(what="person", which=email)
    return actor_of(person)


def _list(*, as_json: bool) -> None:
    from rich.table import Table

    from stockwright.kit.actions import all_actions

    verbs = all_actions()
    if as_json:
        say.write_json([
            {
                "name": verb.name, "title": str(verb.title), "description": verb.doc, "subject": verb.subject,
                "can_be_undone": verb.inverse is not None, "dangerous": verb.dangerous,
            }
            for verb in verbs
        ])  # fmt: skip
        return
    table = Table("action", "what it does", box=None, pad_edge=False)
    for verb in verbs:
        table.add_row(verb.name, verb.doc.splitlines()[0] if verb.doc else str(verb.title))
    say.out.print(table)


def _tell(plain: dict[str, Any]) -> None:
    if plain["replayed"]:
        say.tell("Done before under this key; this is what came of it.")
    elif plain["dry_run"]:
        say.tell("Nothing was changed. This would happen:")
    for fact in plain["facts"]:
        records = ", ".join(f"{ref['type']} {ref['id']}" for ref in fact["objects"])
        say.out.print(f"{fact['kind']:<32} {records}", markup=False)
    for effect in plain["effects"]:
        say.out.print(f"{effect['kind']:<32} (goes out)", markup=False)
    if plain["result"] is not None:
        say.write_json(plain["result"])

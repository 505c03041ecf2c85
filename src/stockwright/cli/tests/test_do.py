from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stockwright.cli.main import build
from stockwright.kit.models import ActionCall, Person, Setting
from stockwright.kit.people import Role
from stockwright.kit.tests.make import make_person

pytestmark = pytest.mark.django_db
CHANGE = {"group": "shop", "values": {"name": "Teapots"}}


def run(*words: str, stdin: str = "") -> Result:
    """The program with these words."""
    return CliRunner().invoke(build(), words, input=stdin)


def told(result: Result) -> Any:
    """The JSON document it printed."""
    return json.loads(result.stdout)


def test_does_an_action_with_input_from_a_file(tmp_path: Path):
    path = tmp_path / "input.json"
    path.write_text(json.dumps(CHANGE), encoding="utf-8-sig")
    result = run("do", "settings.change", "--input", str(path), "--reason", "new sign", "--json")
    assert result.exit_code == 0
    assert told(result)["result"]["after"] == {"name": "Teapots"}
    row = ActionCall.objects.get()
    assert (row.door, row.reason, row.actor) == ("cli", "new sign", "system")


def test_takes_input_from_standard_input_and_fields_by_set():
    result = run(
        "do", "settings.change", "--input", "-", "--set", "values.currency=GBP", "--json", stdin=json.dumps(CHANGE)
    )
    assert told(result)["result"]["after"] == {"name": "Teapots", "currency": "GBP"}


def test_a_value_is_json_or_else_a_text():
    result = run(
        "do",
        "settings.change",
        "--set",
        "group=hours",
        "--set",
        "values.handling_days=2",
        "--set",
        "values.zone=Europe/Paris",
        "--json",
    )
    assert told(result)["result"]["after"] == {"handling_days": 2, "zone": "Europe/Paris"}


def test_a_dry_run_says_what_would_happen_and_changes_nothing():
    result = run("do", "settings.change", "--set", "group=shop", "--set", "values.name=Teapots", "--dry-run")
    assert result.exit_code == 0
    assert "Nothing was changed" in result.stderr
    assert "settings.changed" in result.stdout
    assert not Setting.objects.exists()


def test_the_same_key_does_it_once():
    words = ("do", "settings.change", "--set", "group=shop", "--set", "values.name=Teapots", "--key", "k")
    first, again = run(*words, "--json"), run(*words, "--json")
    assert told(again)["call"] == told(first)["call"]
    assert told(again)["replayed"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("do",), 2),
        (("do", "settings.change", "--set", "nonsense"), 2),
        (("do", "settings.change", "--set", "group=shop", "--set", "group.name=x"), 2),
        (("do", "settings.change", "--input", "/no/such/file"), 2),
        (("do", "no.such"), 1),
        (("do", "settings.change"), 1),
        (("do", "settings.change", "--as", "nobody@shop.example"), 1),
        (("do", "--schema", "no.such"), 1),
    ],
)
def test_says_why_not_and_leaves_with_the_right_code(words: tuple[str, ...], code: int):
    result = run(*words)
    assert result.exit_code == code
    assert result.stderr
    assert not ActionCall.objects.exists()


@pytest.mark.parametrize("stdin", ["{", "[1]", '"x"'])
def test_input_that_is_no_object_is_bad_usage(stdin: str):
    assert run("do", "settings.change", "--input", "-", stdin=stdin).exit_code == 2


def test_acts_with_no_more_than_the_persons_own_rights():
    make_person(Role.READER, email="rea@shop.example")
    result = run(
        "do", "settings.change", "--set", "group=shop", "--set", "values={}", "--as", "REA@shop.example", "--json"
    )
    assert result.exit_code == 1
    assert told(result)["error"]["code"] == "not_permitted"


def test_lists_every_action_and_prints_the_schema_of_one():
    assert "settings.change" in {verb["name"] for verb in told(run("do", "--list", "--json"))}
    assert "settings.change" in run("do", "--list").stdout
    assert told(run("do", "settings.change", "--schema"))["required"] == ["group", "values"]


def test_the_reference_tells_every_action_and_its_fields():
    page = run("do", "--list", "--markdown").stdout
    assert all(f"## {verb['name']}\n" in page for verb in told(run("do", "--list", "--json")))
    assert "| `group` (required) | string | Group |" in page


def test_a_first_lead_is_added_with_a_password_from_standard_input():
    result = run(
        "person", "add", "Lea@shop.example", "--name", "Lea", "--password-stdin", stdin="correct horse battery\n"
    )
    assert result.exit_code == 0
    person = Person.objects.get()
    assert (person.email, person.roles) == ("lea@shop.example", ["lead"])
    assert person.check_password("correct horse battery")
    assert "horse" not in result.output


def test_without_one_a_password_is_made_up_and_told_once():
    made = told(run("person", "add", "bo@shop.example", "--role", "picker", "--role", "buyer", "--json"))
    person = Person.objects.get()
    assert person.roles == ["buyer", "picker"]
    assert person.check_password(made["password"])
    assert told(run("person", "list", "--json"))[0]["email"] == "bo@shop.example"


def test_a_weak_password_is_refused():
    result = run("person", "add", "bo@shop.example", "--password-stdin", stdin="short\n")
    assert result.exit_code == 1
    assert not Person.objects.exists()

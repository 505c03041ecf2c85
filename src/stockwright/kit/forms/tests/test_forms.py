from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum

import pytest
from django.http import QueryDict
from pydantic import BaseModel, Field

from stockwright.kit.actions import Call, Given, action, get_action, perform
from stockwright.kit.errors import BadInput, Refused
from stockwright.kit.forms import Field as FormField
from stockwright.kit.forms import filled_in, fills, form_of, held_now
from stockwright.kit.forms.fields import fields_of
from stockwright.kit.forms.form import read_fields, read_form
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


class Colour(StrEnum):
    """Says what it is, not what a field is for."""

    RED = "red"
    NAVY = "navy_blue"


class Part(BaseModel):
    sku: str
    units: int = Field(gt=0)


class TryGiven(Given):
    name: str = Field(title="What it is called", description="As people say it.", max_length=80)
    colour: Colour
    colours: tuple[Colour, ...] = ()
    price: Decimal | None = None
    on: date | None = None
    at: datetime | None = None
    until: time = time(14)
    loud: bool = False
    tags: tuple[str, ...] = ()
    parts: list[Part] = Field(default_factory=list)


@action("form.try", title="Try a form")
def try_form(call: Call, given: TryGiven) -> dict[str, str]:
    """Try.

    More that no dialog shows.
    """
    call.record("form.tried", ("form", 1), name=given.name)
    if given.name == "no":
        raise Refused("Not that name.")
    return {"name": given.name}


def field(name: str, query: str = "") -> FormField:
    return next(f for f in form_of("form.try", QueryDict(query)).fields if f.name == name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("name", "text"), ("colour", "select"), ("colours", "many"), ("price", "decimal"), ("on", "date"),
        ("at", "moment"), ("until", "time"), ("loud", "check"), ("tags", "words"), ("parts", "rows"),
    ],
)  # fmt: skip
def test_every_type_has_its_input(name: str, kind: str):
    assert field(name).kind == kind


def test_titles_and_descriptions_label_the_field():
    assert (field("name").label, field("name").hint, field("name").required) == (
        "What it is called",
        "As people say it.",
        True,
    )
    assert (field("colour").label, field("colour").hint) == ("Colour", "")
    assert [o.label for o in field("colour").options] == ["Red", "Navy blue"]


def test_what_is_sent_becomes_the_input_of_the_action():
    sent = QueryDict(
        "name=Mug&colour=red&colours=red&colours=navy_blue&price=12.50&on=2026-03-02&at=2026-03-02T10:30&until=15:00"
        "&loud=1&tags=a, b&parts.0.sku=A&parts.0.units=2&parts.4.sku=B&parts.4.units=1&parts.5.sku=&parts.5.units="
    )
    given = TryGiven.model_validate(read_form(form_of("form.try", sent), sent))
    assert given == TryGiven(
        name="Mug", colour=Colour.RED, colours=(Colour.RED, Colour.NAVY), price=Decimal("12.50"), on=date(2026, 3, 2),
        at=datetime(2026, 3, 2, 10, 30, tzinfo=UTC), until=time(15), loud=True, tags=("a", "b"),
        parts=[Part(sku="A", units=2), Part(sku="B", units=1)],
    )  # fmt: skip


def test_a_box_that_is_not_ticked_says_no_and_an_empty_field_says_nothing():
    sent = QueryDict("name=Mug&colour=red&_check=loud&price=&on=")
    given = read_form(form_of("form.try", sent), sent)
    assert given["loud"] is False
    assert not {"price", "on"} & given.keys()


def test_a_refusal_stands_at_the_field_it_is_about():
    sent = QueryDict("name=&colour=green&parts.0.sku=A&parts.0.units=0")
    form = form_of("form.try", sent)
    with pytest.raises(BadInput) as caught:
        perform("form.try", read_form(form, sent), actor=SYSTEM)
    form.refuse(caught.value)
    errors = {f.name: f.error for f in form.fields}
    assert errors["colour"] == "Choose one of the list."
    (row,) = next(f for f in form.fields if f.name == "parts").rows
    assert row[1].error == "Should be greater than 0."


def test_a_refusal_of_the_action_stands_above_the_form():
    form = form_of("form.try", QueryDict())
    with pytest.raises(Refused) as caught:
        perform("form.try", {"name": "no", "colour": "red"}, actor=SYSTEM)
    form.refuse(caught.value)
    assert form.error == "Not that name."


def test_the_preview_says_what_will_change():
    form = form_of("form.try", QueryDict("name=Mug"))
    form.show_preview(perform("form.try", {"name": "Mug", "colour": "red"}, actor=SYSTEM, dry_run=True))
    assert form.previewed
    assert str(form.changes[0]).startswith("Tried")


def test_the_dialog_shows_the_first_sentence_alone():
    assert form_of("form.try", QueryDict()).explanation == "Try."


def test_a_new_form_has_a_new_key_and_a_sent_one_keeps_its_own():
    assert form_of("form.try", QueryDict()).key != form_of("form.try", QueryDict()).key
    assert form_of("form.try", QueryDict("_key=k")).key == "k"


def test_what_the_page_has_decided_is_hidden():
    form = form_of("form.try", QueryDict("name=Mug"), hidden=["name"])
    assert next(f for f in form.fields if f.name == "name").kind == "hidden"
    assert get_action("form.try") is form.verb


class Place(BaseModel):
    city: str = ""
    zip: str = ""


class ChangeGiven(Given):
    thing_id: int
    active: bool | None = None
    place: Place | None = None
    parts: tuple[Part, ...] = ()


class MarkGiven(Given):
    thing_ids: list[int] = Field(min_length=1)


@action("form.mark", title="Mark", subject="thing", subject_field="thing_ids")
def mark_form(call: Call, given: MarkGiven) -> None:
    """Mark."""


def records(ids: list[int]) -> FormField:
    """The field of a dialog about these records."""
    return form_of("form.mark", QueryDict("&".join(f"thing_ids={id_}" for id_ in ids))).fields[0]


def test_records_are_ticked_by_name_so_that_some_can_be_left_out():
    made = records([12, 15])
    assert (made.kind, made.value) == ("many", ["12", "15"])
    assert [(o.value, o.label) for o in made.options] == [("12", "thing 12"), ("15", "thing 15")]
    sent = QueryDict("_check=thing_ids&thing_ids=15")
    assert read_form(form_of("form.mark", sent), sent) == {"thing_ids": ["15"]}


def test_when_no_record_is_left_ticked_none_is_meant():
    sent = QueryDict("_check=thing_ids")
    assert read_form(form_of("form.mark", sent), sent) == {"thing_ids": []}


def test_of_many_records_a_few_are_named_and_all_are_sent():
    made = records(list(range(1, 101)))
    assert made.kind == "fixed"
    assert made.shown.startswith("thing 1, thing 2, ")
    assert made.shown.endswith(" and 92 more")
    sent = QueryDict(f"thing_ids={made.value}")
    assert len(read_form(form_of("form.mark", sent), sent)["thing_ids"]) == 100


@action("form.change", title="Change", subject="thing", subject_field="thing_id")
def change_form(call: Call, given: ChangeGiven) -> None:
    """Change."""


def test_what_is_left_alone_is_not_said():
    form = form_of("form.change", QueryDict("thing_id=1"))
    assert [f.kind for f in form.fields if f.name == "active"] == ["select"]
    assert read_form(form, QueryDict("thing_id=1&active=")) == {"thing_id": "1", "parts": []}
    assert ChangeGiven.model_validate(read_form(form, QueryDict("thing_id=1&active=false"))).active is False


def test_a_model_within_the_input_is_a_group_of_fields():
    form = form_of("form.change", QueryDict("thing_id=1"))
    sent = QueryDict("thing_id=1&place.city=Delft&place.zip=")
    assert ChangeGiven.model_validate(read_form(form, sent)).place == Place(city="Delft")


def test_a_dialog_shows_what_the_record_holds_now_unless_its_address_says_otherwise():
    fills("form.change")(
        lambda _asked: {"active": True, "place": {"city": "Delft"}, "parts": [{"sku": "A", "units": 2}]}
    )
    asked = QueryDict("thing_id=1&active=false")
    full = filled_in(asked, held_now("form.change", asked))
    assert full.dict() == {
        "thing_id": "1",
        "active": "false",
        "place.city": "Delft",
        "parts.0.sku": "A",
        "parts.0.units": "2",
    }


def test_a_line_that_was_put_there_with_nothing_said_of_it_is_left_alone():
    class LineGiven(BaseModel):
        line_id: int
        units: int

    class LinesGiven(Given):
        lines: tuple[LineGiven, ...]

    sent = QueryDict("lines.0.line_id=4&lines.0.units=&lines.1.line_id=5&lines.1.units=2")
    assert read_fields(fields_of(LinesGiven), sent) == {"lines": [{"line_id": "5", "units": "2"}]}

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.translation import gettext_lazy

from stockwright.kit.actions import Call, Given, action, perform
from stockwright.kit.errors import Conflict, Invalid, NotFound, StockwrightError, Unavailable
from stockwright.kit.models import Person
from stockwright.kit.pages import Named, PageRequest, name_of, names, page, read_timeline, say_fact, sentences, tell
from stockwright.kit.people import SYSTEM

pytestmark = pytest.mark.django_db


class NoteGiven(Given):
    on: int
    word: str


@action("note.write", title="Note")
def note(call: Call, given: NoteGiven) -> None:
    """Write it down."""
    call.record("note.written", ("note", given.on), ("variant", 99, "about"), word=given.word)


def test_a_kind_with_a_sentence_is_told_by_it():
    sentences({"test.said": gettext_lazy("Said {word}")})
    tell("test.sung")(lambda data: f"Sang {len(data['verses'])} verses")
    assert say_fact("test.said", {"word": "hello"}) == "Said hello"
    assert say_fact("test.sung", {"verses": [1, 2]}) == "Sang 2 verses"


def test_a_kind_without_one_and_an_old_fact_without_a_field_say_the_kind():
    sentences({"test.was_said": gettext_lazy("Said {word}")})
    assert say_fact("test.goods_came", {}) == "Goods came"
    assert say_fact("test.was_said", {}) == "Was said"


def test_the_timeline_names_who_did_it_and_what_else_it_touched():
    names("variant_of_test")(lambda ids: {id_: Named(f"V{id_}") for id_ in ids})
    perform("note.write", {"on": 4, "word": "x"}, actor=SYSTEM, reason="because")
    (line,) = read_timeline("note", 4)
    assert (line.words, line.who, line.reason) == ("Written", "Stockwright", "because")
    assert name_of("variant_of_test", 3).label == "V3"


def test_an_unknown_record_still_has_a_name():
    assert name_of("thing_nobody_names", 7).label == "thing nobody names 7"


@pytest.mark.parametrize(
    ("error", "status"),
    [(Invalid("x"), 400), (NotFound(what="order", which=1), 404), (Conflict(), 409), (Unavailable(), 503)],
)
def test_a_refusal_becomes_plain_words_for_a_part_of_a_page(error: StockwrightError, status: int):
    @page()
    def refuse(_request: PageRequest) -> HttpResponse:
        raise error

    request = RequestFactory().get("/", headers={"HX-Request": "true"})
    request.user = Person.objects.create_user("a@example.com", name="A", roles=["reader"])
    response = refuse(request)
    assert isinstance(response, HttpResponse)
    assert (response.status_code, response.content.decode()) == (status, error.message)


def test_a_page_sends_strangers_to_the_sign_in_and_others_away():
    @page("view.secret")
    def secret(_request: PageRequest) -> HttpResponse:
        return HttpResponse("seen")

    class Nobody:
        is_authenticated = False

    request = RequestFactory().get("/x/")
    request.user = Nobody()  # type: ignore[assignment]
    assert secret(request).status_code == 302
    request.user = Person.objects.create_user("a@example.com", name="A", roles=["picker"])
    request.META["HTTP_HX_REQUEST"] = "true"
    assert secret(request).status_code == 403

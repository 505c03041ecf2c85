from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stockwright.kit.lists.keyset import BadCursor, beyond, decode, encode, ordered
from stockwright.kit.lists.parts import Sort
from stockwright.kit.models import Person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
JOINED, SEEN, KEY = Sort("joined_at"), Sort("last_login", nullable=True), Sort("pk")


def person(number: int, *, hours: int = 0, seen: int | None = None) -> Person:
    made = Person.objects.create(
        email=f"p{number}@example.com", name=f"P{number}", joined_at=AT + timedelta(hours=hours)
    )
    if seen is not None:
        Person.objects.filter(pk=made.pk).update(last_login=AT + timedelta(hours=seen))
    return made


def read_through(sort: Sort, *, descending: bool, size: int = 2) -> list[str]:
    names: list[str] = []
    cursor = ""
    while True:
        rows = ordered(Person.objects.all(), sort, descending=descending)
        page = list((beyond(rows, sort, cursor, descending=descending) if cursor else rows)[:size])
        if not page:
            return names
        names += [p.name for p in page]
        cursor = encode(page[-1], sort)


@pytest.mark.parametrize("descending", [False, True])
def test_every_row_comes_once_even_when_many_share_a_moment(*, descending: bool):
    for number in range(7):
        person(number, hours=number // 3)
    expected = [f"P{n}" for n in range(7)]
    assert read_through(JOINED, descending=descending) == (expected[::-1] if descending else expected)


def test_rows_inserted_while_paging_shift_nothing():
    for number in range(4):
        person(number, hours=number)
    first = list(ordered(Person.objects.all(), JOINED, descending=True)[:2])
    person(9, hours=9)
    rest = beyond(Person.objects.all(), JOINED, encode(first[-1], JOINED), descending=True)
    assert [p.name for p in first] + [p.name for p in ordered(rest, JOINED, descending=True)] == [
        "P3",
        "P2",
        "P1",
        "P0",
    ]


@pytest.mark.parametrize(("descending", "expected"), [(False, "P1 P3 P0 P2 P4"), (True, "P4 P2 P0 P3 P1")])
def test_rows_without_a_value_are_not_lost(*, descending: bool, expected: str):
    for number, seen in enumerate([None, 1, None, 5, None]):
        person(number, seen=seen)
    assert read_through(SEEN, descending=descending) == expected.split()


def test_pages_by_key_alone():
    for number in range(5):
        person(number)
    assert read_through(KEY, descending=True) == ["P4", "P3", "P2", "P1", "P0"]


@pytest.mark.parametrize("broken", ["", "xyz", "W10", "bm9uc2Vuc2U"])
def test_refuses_a_cursor_that_is_not_whole(broken: str):
    with pytest.raises(BadCursor):
        decode(broken)

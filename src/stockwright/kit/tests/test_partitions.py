from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from stockwright.kit import partitions
from stockwright.kit.bulk import execute, fetch
from stockwright.kit.partitions import (
    NoSuchTime,
    ensure_ahead,
    ensure_moments,
    ensure_months,
    month_of,
    next_month,
    partition_name,
)


def moment(year: int, month: int, day: int = 1) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def partitions_of(table: str) -> set[str]:
    rows = fetch("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", (table,))
    return {row[0] for row in rows}


def test_months_follow_one_another_over_the_year():
    december = month_of(moment(2025, 12, 31))
    assert partition_name("t", december) == "t_2025_12"
    assert next_month(december) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_makes_what_lacks_between_two_months_and_nothing_twice():
    assert len(ensure_months("kit_journalevent", moment(1981, 11), moment(1982, 2))) == 4
    assert ensure_months("kit_journalevent", moment(1981, 12), moment(1982, 1)) == []


@pytest.mark.django_db
def test_makes_only_the_months_that_moments_fall_into():
    made = ensure_moments("kit_journalobject", [moment(1983, 1), moment(1993, 1), moment(1983, 1, 20)])
    assert made == ["kit_journalobject_1983_01", "kit_journalobject_1993_01"]


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1969, 2200, 9999])
def test_refuses_years_no_shop_has_seen(year: int):
    with pytest.raises(NoSuchTime):
        ensure_moments("kit_journalevent", [moment(year, 5)])


@pytest.mark.django_db
def test_makes_the_coming_months_of_every_table():
    ensure_ahead(moment(2101, 11), months=3)
    for table in partitions.PARTITIONED:
        assert {f"{table}_2101_11", f"{table}_2101_12", f"{table}_2102_01", f"{table}_2102_02"} <= partitions_of(table)


@pytest.mark.django_db
def test_a_partition_survives_the_transaction_that_needed_it():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - fails after the work
        ensure_months("kit_journalevent", moment(1984, 1), moment(1984, 1))
        raise ZeroDivisionError
    assert "kit_journalevent_1984_01" in partitions_of("kit_journalevent")


@pytest.mark.django_db(transaction=True)
def test_makes_it_within_the_transaction_when_that_holds_the_tables_itself():
    with transaction.atomic():
        execute("LOCK TABLE kit_journalevent IN SHARE UPDATE EXCLUSIVE MODE")
        assert ensure_months("kit_journalevent", moment(1985, 1), moment(1985, 1)) == ["kit_journalevent_1985_01"]
    assert "kit_journalevent_1985_01" in partitions_of("kit_journalevent")


@pytest.mark.django_db(transaction=True)
def test_a_partition_rolled_back_is_made_again():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - fails after the work
        execute("LOCK TABLE kit_journalevent IN SHARE UPDATE EXCLUSIVE MODE")
        ensure_months("kit_journalevent", moment(1986, 1), moment(1986, 1))
        raise ZeroDivisionError
    assert "kit_journalevent_1986_01" not in partitions_of("kit_journalevent")
    assert ensure_months("kit_journalevent", moment(1986, 1), moment(1986, 1)) == ["kit_journalevent_1986_01"]
    assert connection.in_atomic_block is False

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from stockwright.kit.actions import perform
from stockwright.kit.bulk import execute
from stockwright.kit.clock import now
from stockwright.kit.errors import DeliveryError
from stockwright.kit.models import OutboxEffect
from stockwright.kit.outbox import (
    BACK_OFF,
    LONGEST_WAIT,
    TryAgain,
    cancel_effects,
    deliver,
    delivers,
    replay_effect,
    replay_effects,
    revive,
)
from stockwright.kit.people import SYSTEM
from stockwright.kit.tests.make import at_once

sent: list[tuple[str, str]] = []
answers: list[BaseException | None] = []


@delivers("probe.tell")
def tell(payload: dict[str, Any], key: str) -> dict[str, Any]:
    """Note what is sent; fail as the test wants."""
    sent.append((payload["name"], key))
    if answers and (error := answers.pop(0)):
        raise error
    return {"heard": payload["name"]}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    sent.clear()
    answers.clear()


def make_effect(name: str = "a", lock: str = "") -> OutboxEffect:
    perform("probe.write", {"name": name}, actor=SYSTEM)
    effect = OutboxEffect.objects.latest("id")
    if lock:
        OutboxEffect.objects.filter(pk=effect.pk).update(lock=lock)
    return effect


def again(effect: OutboxEffect) -> OutboxEffect:
    effect.refresh_from_db()
    return effect


def wait_of(effect: OutboxEffect) -> float:
    with pytest.raises(TryAgain) as caught:
        deliver(effect.pk)
    return (caught.value.at - now()).total_seconds()


@pytest.mark.django_db
def test_an_effect_is_delivered_once_however_often_its_job_runs():
    effect = make_effect()
    deliver(effect.pk)
    deliver(effect.pk)
    assert len(sent) == 1
    assert (again(effect).state, effect.answer, effect.attempts) == ("delivered", {"heard": "a"}, 1)


@pytest.mark.django_db
def test_a_refused_action_sends_nothing():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - refused after the work
        make_effect()
        raise ZeroDivisionError
    assert not OutboxEffect.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="outbox.deliver").exists()


@pytest.mark.django_db
def test_waits_as_long_as_the_other_side_says():
    effect = make_effect()
    answers.append(DeliveryError("busy", retry_after=42))
    assert 40 < wait_of(effect) <= 42
    assert (again(effect).state, effect.attempts, effect.error) == ("waiting", 1, "busy")


@pytest.mark.django_db
def test_waits_no_longer_than_a_day():
    answers.append(DeliveryError("come back in a year", retry_after=365 * 86400))
    assert wait_of(make_effect()) <= LONGEST_WAIT


@pytest.mark.django_db
def test_backs_off_longer_and_longer_and_then_is_quarantined():
    effect = make_effect()
    answers.extend([ConnectionError("reset\x00")] * (len(BACK_OFF) + 1))
    for seconds in BACK_OFF:
        assert seconds - 3 < wait_of(effect) <= seconds
    deliver(effect.pk)
    assert (again(effect).state, effect.attempts) == ("quarantined", len(BACK_OFF) + 1)
    assert effect.error == "ConnectionError: reset\ufffd"
    assert {key for _, key in sent} == {effect.key}


@pytest.mark.django_db
def test_a_permanent_refusal_is_quarantined_at_once():
    effect = make_effect()
    answers.append(DeliveryError("no such order", permanent=True))
    deliver(effect.pk)
    assert (again(effect).state, effect.error) == ("quarantined", "no such order")


@pytest.mark.django_db
def test_what_nobody_delivers_is_quarantined():
    effect = make_effect()
    OutboxEffect.objects.filter(pk=effect.pk).update(kind="probe.nobody")
    deliver(effect.pk)
    assert again(effect).error == "nobody delivers probe.nobody"


@pytest.mark.django_db
def test_replay_starts_from_the_first_attempt_with_the_same_key():
    effect = make_effect()
    answers.append(DeliveryError("no", permanent=True))
    deliver(effect.pk)
    replay_effect(effect.pk)
    assert (again(effect).state, effect.attempts) == ("waiting", 0)
    deliver(effect.pk)
    assert again(effect).state == "delivered"
    assert len({key for _, key in sent}) == 1
    assert replay_effects([effect.pk]) == 0


@pytest.mark.django_db
def test_a_cancelled_effect_is_not_sent_by_the_job_that_comes_for_it():
    effect = make_effect()
    assert cancel_effects([effect.pk], "customer phoned") == 1
    deliver(effect.pk)
    assert (sent, again(effect).state, effect.error) == ([], "cancelled", "customer phoned")
    assert cancel_effects([effect.pk], "again") == 0


@pytest.mark.django_db
def test_killed_between_sending_and_settling_it_is_sent_again_under_the_same_key():
    effect = make_effect()
    answers.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        deliver(effect.pk)
    assert again(effect).state == "waiting"
    deliver(effect.pk)
    assert [key for _, key in sent] == [effect.key, effect.key]
    assert again(effect).state == "delivered"


def fetch_job() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        worker = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(%s, %s)", (["outbox"], worker))
        job: int | None = cursor.fetchone()[0]
        return job


def run_job(job: int) -> None:
    """As a worker does it: run, then finish or put back in line as the task's own strategy says."""
    row = ProcrastinateJob.objects.get(pk=job)
    try:
        deliver(**row.args)
    except TryAgain as error:
        strategy: Any = deliver.retry_strategy
        decision = strategy.get_retry_decision(exception=error, job=row)
        execute("SELECT procrastinate_retry_job_v2(%s, %s, NULL, NULL, NULL)", (job, decision.retry_at))
    else:
        execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", (job,))


@pytest.mark.django_db
def test_the_job_of_a_dead_worker_goes_back_in_line():
    make_effect()
    job = fetch_job()
    assert revive() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
    assert revive() == 1
    assert ProcrastinateJob.objects.get(pk=job).status == "todo"


@pytest.mark.django_db
def test_a_waiting_effect_without_any_job_gets_one():
    effect = make_effect()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert revive() == 0
    OutboxEffect.objects.filter(pk=effect.pk).update(created_at=now() - timedelta(minutes=5))
    assert revive() == 1
    assert ProcrastinateJob.objects.get().args == {"effect_id": effect.pk}
    assert revive() == 0


@pytest.mark.django_db(transaction=True)
def test_effects_of_one_lock_go_out_in_order_even_when_the_first_has_to_wait():
    with transaction.atomic():
        for name in ("first", "second"):
            effect = make_effect(name)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET lock = 'order 1'")
    answers.append(DeliveryError("busy", retry_after=0))
    while job := fetch_job():
        run_job(job)
    assert [name for name, _ in sent] == ["first", "first", "second"]
    assert again(effect).state == "delivered"


@pytest.mark.django_db(transaction=True)
def test_two_jobs_for_one_effect_send_it_once():
    effect = make_effect()
    at_once(*[lambda: deliver(effect.pk)] * 3)
    assert len(sent) == 1

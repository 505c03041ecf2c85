"""The outbox: effects written with the action, delivered after it, retried by the error's own word."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from procrastinate import RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from stockwright.kit.bulk import as_json, execute, fetch
from stockwright.kit.clock import now
from stockwright.kit.errors import DeliveryError, NotFound
from stockwright.kit.locks import advisory_key
from stockwright.kit.models import OutboxEffect

if TYPE_CHECKING:
    from stockwright.kit.actions.call import Call

log = logging.getLogger(__name__)
State = OutboxEffect.State

# Seconds before the 2nd, 3rd ... attempt when the error names none; after the last the effect is quarantined.
BACK_OFF = (5, 30, 120, 600, 3600, 6 * 3600)
# However long the other side asks us to wait, we look again after this.
LONGEST_WAIT = 24 * 3600

# Gets the payload and the idempotency key, returns what the other side answered.
Deliverer = Callable[[dict[str, Any], str], dict[str, Any] | None]
_DELIVERERS: dict[str, Deliverer] = {}


def delivers(kind: str) -> Callable[[Deliverer], Deliverer]:
    """Register who delivers effects of a kind. It runs outside any transaction and raises DeliveryError."""

    def register(deliverer: Deliverer) -> Deliverer:
        if kind in _DELIVERERS:
            raise RuntimeError(f"two deliverers for {kind}")
        _DELIVERERS[kind] = deliverer
        return deliverer

    return register


def queue_effects(call: Call) -> None:
    """Write the call's effects and defer their jobs, in its transaction; a key seen before is dropped."""
    effects = {effect.key: effect for effect in call.effects}
    if not effects:
        return
    rows = fetch(
        "INSERT INTO kit_outboxeffect (kind, key, payload, lock, call, created_at)"
        " SELECT k, key, p::jsonb, l, %s, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])"
        " AS u(k, key, p, l) ON CONFLICT (key) DO NOTHING RETURNING id, lock",
        (
            call.id,
            now(),
            [e.kind for e in effects.values()],
            list(effects),
            [as_json(e.payload) for e in effects.values()],
            [e.lock for e in effects.values()],
        ),
    )
    for effect_id, lock in sorted(rows):
        defer(effect_id, lock)


def defer(effect_id: int, lock: str) -> None:
    """Have a job deliver the effect, once this transaction is committed."""
    deliver.configure(lock=lock or None).defer(effect_id=effect_id)


class TryAgain(Exception):
    """The job is put back in line until `at`; it keeps its place before later effects of the same lock."""

    def __init__(self, at: datetime, why: str) -> None:
        super().__init__(why)
        self.at = at


class _Patience(BaseRetryStrategy):
    """Retries exactly what asks for it: the effect's own row counts the attempts."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - by contract
        return RetryDecision(retry_at=exception.at) if isinstance(exception, TryAgain) else None


@app.task(name="outbox.deliver", queue="outbox", retry=_Patience())
def deliver(effect_id: int) -> None:
    """Deliver one effect, unless it is settled already or another worker is at it; decide about trying again.

    Locks: a session lock by effect, so that two jobs never send the same effect at once.
    Raises: TryAgain.
    """
    with _alone(effect_id) as alone:
        effect = OutboxEffect.objects.filter(pk=effect_id, state=State.WAITING).first() if alone else None
        if effect is not None:
            _attempt(effect)


def _attempt(effect: OutboxEffect) -> None:
    try:
        deliverer = _DELIVERERS.get(effect.kind)
        if deliverer is None:
            raise DeliveryError(f"nobody delivers {effect.kind}", permanent=True)
        answer = deliverer(effect.payload, effect.key)
    except DeliveryError as error:
        _failed(effect, str(error), error.retry_after, permanent=error.permanent)
    except Exception as error:
        # A defect in a deliverer must not lose the effect either.
        log.exception("effect %s failed", effect.pk)
        _failed(effect, f"{type(error).__name__}: {error}", None, permanent=False)
    else:
        _settle(effect, State.DELIVERED, answer=answer)


def _failed(effect: OutboxEffect, error: str, retry_after: float | None, *, permanent: bool) -> None:
    error = error.replace("\x00", "\ufffd")[:2000]
    if permanent or effect.attempts >= len(BACK_OFF):
        log.warning("effect %s (%s) is quarantined: %s", effect.pk, effect.kind, error)
        _settle(effect, State.QUARANTINED, error=error)
        return
    wait = BACK_OFF[effect.attempts] if retry_after is None else min(max(retry_after, 0), LONGEST_WAIT)
    at = now() + timedelta(seconds=wait)
    OutboxEffect.objects.filter(pk=effect.pk, state=State.WAITING).update(
        attempts=effect.attempts + 1, error=error, next_attempt_at=at
    )
    raise TryAgain(at, error)


def _settle(effect: OutboxEffect, state: str, *, error: str = "", answer: dict[str, Any] | None = None) -> None:
    OutboxEffect.objects.filter(pk=effect.pk).update(
        state=state, attempts=effect.attempts + 1, settled_at=now(), next_attempt_at=None, error=error, answer=answer
    )


@contextmanager
def _alone(effect_id: int) -> Iterator[bool]:
    key = advisory_key(f"effect {effect_id}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (key,))
        row = cursor.fetchone()
        held = bool(row and row[0])
    try:
        yield held
    finally:
        if held:
            execute("SELECT pg_advisory_unlock(%s)", (key,))


def replay_effects(ids: Iterable[int]) -> int:
    """Try quarantined effects again, from the first attempt.

    Units: how many were put back in line.
    """
    with transaction.atomic():
        rows = fetch(
            "UPDATE kit_outboxeffect SET state = 'waiting', attempts = 0, error = '', settled_at = NULL,"
            " next_attempt_at = NULL WHERE id = ANY(%s) AND state = 'quarantined' RETURNING id, lock",
            (list(ids),),
        )
        for effect_id, lock in sorted(rows):
            defer(effect_id, lock)
    return len(rows)


def replay_effect(effect_id: int) -> None:
    """Try one quarantined effect again.

    Raises: NotFound.
    """
    if not replay_effects([effect_id]):
        raise NotFound(what="quarantined effect", which=effect_id)


def cancel_effects(ids: Iterable[int], why: str) -> int:
    """Give up effects that are not delivered yet; a job that comes for one later finds nothing to do.

    Units: how many were given up.
    """
    return execute(
        "UPDATE kit_outboxeffect SET state = 'cancelled', settled_at = %s, next_attempt_at = NULL, error = %s"
        " WHERE id = ANY(%s) AND state IN ('waiting', 'quarantined')",
        (now(), why, list(ids)),
    )


def revive() -> int:
    """Put jobs of dead workers back in line, and give waiting effects without any job a new one.

    Nothing is lost by a killed worker: its effect is sent again, under the same key.
    Units: jobs put back or made.
    """
    stalled = fetch(
        "SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
        " WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - interval '30 seconds')"
    )
    for (job_id,) in stalled:
        execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", (job_id,))
    with transaction.atomic():
        orphans = fetch(
            "SELECT e.id, e.lock FROM kit_outboxeffect e WHERE e.state = 'waiting'"
            " AND coalesce(e.next_attempt_at, e.created_at) < now() - interval '1 minute' AND NOT EXISTS ("
            " SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'outbox.deliver'"
            " AND j.status IN ('todo', 'doing') AND j.args = jsonb_build_object('effect_id', e.id))"
            " ORDER BY e.id LIMIT 1000 FOR UPDATE OF e SKIP LOCKED"
        )
        for effect_id, lock in orphans:
            defer(effect_id, lock)
    return len(stalled) + len(orphans)

"""The outbox: effects written with the action, delivered after it, retried by the error's own word."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from procrastinate.contrib.django import app

from stockwright.kit.bulk import as_json, fetch
from stockwright.kit.clock import now
from stockwright.kit.errors import DeliveryError, NotFound
from stockwright.kit.models import OutboxEffect

if TYPE_CHECKING:
    from stockwright.kit.actions.call import Call

log = logging.getLogger(__name__)

# Seconds before the 2nd, 3rd ... attempt when the error names none; after the last the effect is quarantined.
BACK_OFF = (5, 30, 120, 600, 3600, 6 * 3600)

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
        deliver.configure(lock=lock or None).defer(effect_id=effect_id)


@app.task(name="outbox.deliver", queue="outbox", pass_context=False)
def deliver(effect_id: int) -> None:
    """Deliver one effect, unless it is settled already; decide about trying again."""
    effect = OutboxEffect.objects.filter(pk=effect_id, state=OutboxEffect.State.WAITING).first()
    if effect is None:
        return
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
        OutboxEffect.objects.filter(pk=effect.pk).update(
            state=OutboxEffect.State.DELIVERED, attempts=effect.attempts + 1, settled_at=now(), error="", answer=answer
        )


def _failed(effect: OutboxEffect, error: str, retry_after: float | None, *, permanent: bool) -> None:
    attempts = effect.attempts + 1
    with transaction.atomic():
        rows = OutboxEffect.objects.filter(pk=effect.pk)
        if permanent or attempts > len(BACK_OFF):
            rows.update(
                state=OutboxEffect.State.QUARANTINED, attempts=attempts, error=error, settled_at=now(),
                next_attempt_at=None,
            )  # fmt: skip
            return
        when = now() + timedelta(seconds=retry_after if retry_after is not None else BACK_OFF[attempts - 1])
        rows.update(attempts=attempts, error=error, next_attempt_at=when)
        deliver.configure(lock=effect.lock or None, schedule_at=when).defer(effect_id=effect.pk)


def replay_effect(effect_id: int) -> None:
    """Try a quarantined effect again, from the first attempt.

    Raises: NotFound.
    """
    with transaction.atomic():
        rows = OutboxEffect.objects.filter(pk=effect_id, state=OutboxEffect.State.QUARANTINED)
        lock = rows.values_list("lock", flat=True).first()
        if not rows.update(state=OutboxEffect.State.WAITING, attempts=0, error="", settled_at=None):
            raise NotFound(what="quarantined effect", which=effect_id)
        deliver.configure(lock=lock or None).defer(effect_id=effect_id)

"""Looking: watchers are run and what they find is kept, each kind in one statement."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.kit.actions import Call, Fact, Given, action
from stockwright.kit.actions.call import Ref
from stockwright.kit.bulk import as_json, execute, fetch
from stockwright.kit.business import Costs, Hours, Shop, setting
from stockwright.kit.errors import NotFound, StockwrightError
from stockwright.kit.locks import wait_lock
from stockwright.kit.proposals import Draft, Found, Look, Watcher, all_watchers, get_watcher
from stockwright.today.actions.decide import keeping
from stockwright.today.models import WatcherRun
from stockwright.today.rules import rank

log = logging.getLogger(__name__)

# What was applied rests this long before the same is proposed again, if its facts have not gone by then.
REST = timedelta(hours=24)
# What was dismissed comes back when more than this many times as much is at stake.
COME_BACK = 2


class RefreshGiven(Given):
    """What to look at."""

    kind: str = Field("", title="Kind", description="Such as orders.late; empty for everything.")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a look found, over all kinds it was about."""

    found: int
    new: int
    expired: int
    failed: tuple[str, ...]


@action("today.refresh", title=str(_("Look again")), for_people=False)
def refresh(call: Call, given: RefreshGiven) -> Refreshed:
    """Run watchers and bring the list up to what they see: new proposals, changed ones, those that are moot.

    Locks: a name per kind, so that two looks at once never double or lose anything; while writing, a second name of the
    kind, which those who decide share.
    Raises: NotFound.
    """
    watchers: Sequence[Watcher] = all_watchers()
    if given.kind:
        one = get_watcher(given.kind)
        if one is None:
            raise NotFound(what="watcher", which=given.kind)
        watchers = (one,)
    found = new = expired = 0
    failed: list[str] = []
    for watcher in watchers:
        wait_lock(f"today.refresh {watcher.kind}")
        began = time.monotonic()
        try:
            with transaction.atomic():
                saw = _clipped(watcher.watch(look(call.at, watcher.limit)), watcher.limit)
                made, gone = _keep(call, watcher, saw)
        except (StockwrightError, DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            # One watcher's defect must not hide what the others see; its proposals stay as they are.
            log.exception("the watcher %s failed", watcher.kind)
            _note(call.at, watcher.kind, began, None, f"{type(error).__name__}: {error}")
            failed.append(watcher.kind)
            continue
        _note(call.at, watcher.kind, began, saw, "")
        found, new, expired = found + len(saw.drafts), new + made, expired + gone
    return Refreshed(found, new, expired, tuple(failed))


def look(moment: datetime, limit: int) -> Look:
    """What watchers are told of the shop's settings."""
    hours = setting(Hours)
    return Look(
        now=moment, limit=limit, currency=setting(Shop).currency, costs=setting(Costs), calendar=hours.calendar(),
        warn_hours=hours.late_soon_hours, held_hours=hours.held_too_long_hours,
    )  # fmt: skip


def _clipped(saw: Found, limit: int) -> Found:
    drafts = sorted(saw.drafts, key=lambda draft: -draft.value)[:limit]
    total = saw.total or len(saw.drafts)
    return Found(drafts, total, saw.value or sum((d.value for d in saw.drafts), start=saw.value))


_COLUMNS = (
    'subject_type, subject_id, "group", title, reason, evidence, alternatives, picture, action, given, members, url,'
    " value, how, confidence, deadline, per_hour"
)
_TYPES = (
    'subject_type text, subject_id bigint, "group" text, title text, reason text, evidence jsonb, alternatives jsonb,'
    " picture jsonb, action text, given jsonb, members bigint[], url text, value numeric, how text,"
    " confidence numeric, deadline timestamptz, per_hour numeric"
)
_SAME = 'p.subject_type = g.subject_type AND p.subject_id = g.subject_id AND p."group" = g."group"'
_LIVE = "('open', 'snoozed', 'failed')"

# New ones are inserted, live ones refreshed; those that were decided and whose facts last stay quiet, a dismissed group
# for as long as no more than half of it is new (and for a day where it was gone meanwhile, as groups come and go with
# their size). What failed is tried anew as open once its input has changed.
_UPSERT = f"""
WITH g AS (SELECT * FROM jsonb_to_recordset(%(drafts)s::jsonb) AS r({_TYPES}))
INSERT INTO today_proposal AS t (kind, state, roles, found_at, seen_at, decided_by, decided_name, why, {_COLUMNS})
SELECT %(kind)s, 'open', %(roles)s, %(now)s, %(now)s, '', '', '',
       {", ".join("nullif(g.picture, 'null'::jsonb)" if c == "picture" else "g." + c for c in _COLUMNS.split(", "))}
FROM g WHERE NOT EXISTS (
    SELECT 1 FROM today_proposal p WHERE p.kind = %(kind)s AND {_SAME} AND (
        (p.state = 'dismissed' AND g.value <= p.decided_value * %(come_back)s AND (
            (p.gone_at IS NULL AND g.members = '{{}}') OR (
                g.members <> '{{}}' AND (p.gone_at IS NULL OR p.decided_at > %(rested)s)
                AND (SELECT count(*) FILTER (WHERE NOT m = ANY(p.members)) * 2 <= count(*) FROM unnest(g.members) m)
            )))
        OR (p.state IN ('applied', 'edited') AND p.gone_at IS NULL AND p.decided_at > %(rested)s
            AND p.action = g.action AND p.given = g.given)
    )
)
ORDER BY g.subject_type, g.subject_id, g."group"
ON CONFLICT (kind, subject_type, subject_id, "group") WHERE state IN {_LIVE} DO UPDATE SET
    seen_at = excluded.seen_at, roles = excluded.roles,
    {", ".join(f"{c} = excluded.{c}" for c in _COLUMNS.split(", ")[3:])},
    state = CASE WHEN t.state = 'snoozed' AND t.snoozed_until <= excluded.seen_at THEN 'open'
                 WHEN t.state = 'failed' AND t.given IS DISTINCT FROM excluded.given THEN 'open' ELSE t.state END
RETURNING id, subject_type, subject_id, "group", xmax = 0 AS new
"""  # noqa: S608 - constants of this module


def _keep(call: Call, watcher: Watcher, saw: Found) -> tuple[int, int]:
    """Write what one watcher saw; say how many are new and how many are moot."""
    # Nobody decides while the statements below run: what is settled when one of them begins must still be when it writes.
    wait_lock(keeping(watcher.kind))
    rows = fetch(
        _UPSERT,
        {
            "drafts": as_json([_row(draft, call.at) for draft in saw.drafts]),
            "kind": watcher.kind, "roles": list(watcher.roles), "now": call.at, "rested": call.at - REST,
            "come_back": COME_BACK,
        },
    )  # fmt: skip
    seen = [draft.key for draft in saw.drafts]
    gone = _expire(call, watcher, seen, cut=saw.total > len(seen))
    fresh = [row for row in rows if row[4]]
    call.record_many(
        Fact("proposal.made", _about(id_, type_, subject), {"kind": watcher.kind}, call.at)
        for id_, type_, subject, _group, _new in fresh
    )
    return len(fresh), gone


def _about(proposal: int, type_: str, subject: int) -> tuple[Ref, ...]:
    """The proposal, and the record it is about where it is about one."""
    itself = ("proposal", proposal, "subject")
    return (itself, (type_, subject, "about")) if subject else (itself,)


def _row(draft: Draft, now: datetime) -> Mapping[str, Any]:
    return {
        "subject_type": draft.subject[0], "subject_id": draft.subject[1], "group": draft.group,
        "title": draft.title[:300], "reason": draft.reason, "evidence": [asdict(e) for e in draft.evidence],
        "alternatives": [asdict(o) for o in draft.alternatives],
        "picture": asdict(draft.picture) if draft.picture else None, "action": draft.action, "given": draft.given,
        "members": _members(draft), "url": draft.url, "value": draft.value, "how": draft.how, "confidence": draft.confidence,
        "deadline": draft.deadline.isoformat() if draft.deadline else None,
        "per_hour": rank(draft.value, draft.confidence, draft.deadline, now).per_hour,
    }  # fmt: skip


def _members(draft: Draft) -> list[int]:
    """The records that a group is about, as its action (else the first alternative that names any) takes them."""
    if draft.subject[1]:
        return []
    for given in (draft.given, *(option.given for option in draft.alternatives)):
        lists = [value for value in given.values() if isinstance(value, list | tuple)]
        if found := {one for value in lists for one in value if type(one) is int}:
            return sorted(found)
    return []


_UNSEEN = """
NOT EXISTS (
    SELECT 1 FROM unnest(%(types)s::text[], %(ids)s::bigint[], %(groups)s::text[]) AS s(type, id, "group")
    WHERE s.type = p.subject_type AND s.id = p.subject_id AND s."group" = p."group"
)
"""


def _expire(call: Call, watcher: Watcher, seen: Sequence[tuple[str, int, str]], *, cut: bool) -> int:
    """End what the watcher sees no more.

    Where the watcher saw more than the list takes, what fell off the end may be true still: what somebody has put off
    or was given is kept, and what was decided stays quiet.
    """
    parameters = {
        "kind": watcher.kind, "now": call.at,
        "types": [k[0] for k in seen], "ids": [k[1] for k in seen], "groups": [k[2] for k in seen],
    }  # fmt: skip
    only = "AND p.state = 'open' AND p.assignee_id IS NULL" if cut else ""
    rows = fetch(
        f"UPDATE today_proposal p SET state = 'expired', gone_at = %(now)s WHERE p.kind = %(kind)s"  # noqa: S608
        f" AND p.state IN {_LIVE} {only} AND {_UNSEEN} RETURNING p.id, p.subject_type, p.subject_id",
        parameters,
    )
    if not cut:
        execute(
            "UPDATE today_proposal p SET gone_at = %(now)s WHERE p.kind = %(kind)s AND p.gone_at IS NULL"  # noqa: S608
            f" AND p.state IN ('applied', 'edited', 'dismissed') AND {_UNSEEN}",
            parameters,
        )
    call.record_many(
        Fact("proposal.expired", _about(id_, type_, of), {"kind": watcher.kind}, call.at) for id_, type_, of in rows
    )
    return len(rows)


def _note(at: datetime, kind: str, began: float, saw: Found | None, error: str) -> None:
    columns: dict[str, Any] = {"looked_at": at, "seconds": round(time.monotonic() - began, 3), "error": error}
    fresh = {"shown": 0, "total": 0, "total_value": 0}
    if saw is not None:
        fresh = {"shown": len(saw.drafts), "total": saw.total, "total_value": saw.value}  # type: ignore[dict-item]
        columns |= fresh
    WatcherRun.objects.update_or_create(pk=kind, defaults=columns, create_defaults={**fresh, **columns})

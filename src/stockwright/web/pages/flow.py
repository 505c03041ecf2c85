"""What comes in, what goes out, and what was done: inbox, outbox, action log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stockwright.kit.actions import all_actions, can_undo
from stockwright.kit.bulk import fetch
from stockwright.kit.errors import NotFound
from stockwright.kit.ids import is_number
from stockwright.kit.lists import Column, Filter, RecordList, Sort, View
from stockwright.kit.masking import masked
from stockwright.kit.models import ActionCall, InboxMessage, OutboxEffect
from stockwright.kit.pages import PageRequest, counts_work, name_all, page, say_fact
from stockwright.kit.pages.names import address
from stockwright.kit.pages.words import badge

LOOK = {
    "pending": "busy", "waiting": "busy", "applied": "good", "delivered": "good", "quarantined": "bad",
    "superseded": "", "cancelled": "",
}  # fmt: skip
BOUND = 1000
EXCERPT = 90


def _state(row: Any) -> object:
    return badge(row.get_state_display(), LOOK[row.state])


def _name_sources(rows: list[Any]) -> None:
    """Say who sent each message: of the API the key by its name, or the person."""
    refs = {row.source: ref for row in rows if (ref := _sender(row.source))}
    named = name_all(refs.values())
    for row in rows:
        row.from_words = named[refs[row.source]].label if row.source in refs else row.source


def _sender(source: str) -> tuple[str, int] | None:
    door, _colon, code = source.partition(":")
    sort, _colon, number = code.partition(":")
    type_ = {"key": "api_key", "person": "person"}.get(sort)
    return (type_, int(number)) if door == "api" and type_ and is_number(number) else None


INBOX = RecordList(
    name="inbox",
    title=gettext_lazy("Inbox"),
    source=lambda: InboxMessage.objects.defer("payload"),
    columns=(
        Column("number", gettext_lazy("Message"), lambda m: f"{m.topic} {m.external_id}".strip(), link=True),
        Column("source", gettext_lazy("From"), lambda m: m.source, show=lambda m: m.from_words),
        Column("state", gettext_lazy("State"), lambda m: m.get_state_display(), show=_state),
        Column("reason", gettext_lazy("Why"), lambda m: m.reason, show=lambda m: m.reason[:EXCERPT]),
        Column("received", gettext_lazy("Came"), lambda m: m.received_at, kind="time"),
        Column("attempts", gettext_lazy("Attempts"), lambda m: m.attempts, kind="number", minor=True),
    ),
    prepare=_name_sources,
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="inbox_message",
    panel=True,
    views=(
        View("quarantined", gettext_lazy("Quarantined"), lambda rows: rows.filter(state="quarantined"), counted=True),
        View("pending", gettext_lazy("Waiting"), lambda rows: rows.filter(state="pending"), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(
        Filter("topic", gettext_lazy("Topic"), lambda rows, v: rows.filter(topic=v), kind="text"),
        Filter("source", gettext_lazy("From"), lambda rows, v: rows.filter(source=v), kind="text"),
    ),
    bulk=("inbox.replay", "inbox.dismiss"),
    template="stockwright/inbox.html",
    empty=("inbox", gettext_lazy("Nothing has come in yet"), gettext_lazy("Every file row, webhook and poll is stored here raw before it is understood.")),
)  # fmt: skip

OUTBOX = RecordList(
    name="outbox",
    title=gettext_lazy("Outbox"),
    source=lambda: OutboxEffect.objects.defer("payload", "answer"),
    columns=(
        Column("kind", gettext_lazy("Effect"), lambda e: e.kind, show=lambda e: say_fact(e.kind, {}), link=True),
        Column("state", gettext_lazy("State"), lambda e: e.get_state_display(), show=_state),
        Column("error", gettext_lazy("Why"), lambda e: e.error, show=lambda e: e.error[:EXCERPT]),
        Column("created", gettext_lazy("Asked for"), lambda e: e.created_at, kind="time"),
        Column("next", gettext_lazy("Next attempt"), lambda e: e.next_attempt_at, kind="time"),
        Column("attempts", gettext_lazy("Attempts"), lambda e: e.attempts, kind="number", minor=True),
    ),
    sorts={"number": Sort("pk")},
    default_sort="-number",
    row_url="outbox_effect",
    panel=True,
    views=(
        View("quarantined", gettext_lazy("Quarantined"), lambda rows: rows.filter(state="quarantined"), counted=True),
        View("waiting", gettext_lazy("Waiting"), lambda rows: rows.filter(state="waiting"), counted=True),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    bulk=("outbox.replay", "outbox.cancel"),
    template="stockwright/outbox.html",
    empty=("outbox", gettext_lazy("Nothing was sent yet"), gettext_lazy("What actions ask for outside waits here until it is delivered.")),
)  # fmt: skip


def _title(call: ActionCall) -> str:
    known = {action.name: action.title for action in all_actions()}
    return str(known.get(call.action, call.action))


def _call_link(call: ActionCall) -> object:
    link = format_html("<a class='strong' href='{}'>{}</a>", address("call", call.pk), _title(call))
    about = getattr(call, "about", "")
    return format_html("{} <span class='muted'>{}</span>", link, about) if about else link


_SUBJECTS = """
SELECT c.id, CASE WHEN jsonb_typeof(s.v) = 'array' THEN s.v -> 0 ELSE s.v END,
    CASE WHEN jsonb_typeof(s.v) = 'array' THEN jsonb_array_length(s.v) ELSE 1 END
FROM unnest(%s::uuid[], %s::text[]) asked(id, field) JOIN kit_actioncall c ON c.id = asked.id
CROSS JOIN LATERAL (SELECT c.given -> asked.field AS v) s
"""


def _name_subjects(calls: list[Any]) -> None:
    """Say which record each call was about, and how many more."""
    verbs = {verb.name: verb for verb in all_actions() if verb.subject and verb.subject_field}
    about = {call.pk: verbs[call.action] for call in calls if call.action in verbs}
    rows = fetch(_SUBJECTS, (list(about), [verb.subject_field for verb in about.values()])) if about else []
    refs = {
        id_: (about[id_].subject, int(first), count) for id_, first, count in rows if is_number(str(first).strip('"'))
    }
    named = name_all((type_, number) for type_, number, _count in refs.values())
    for call in calls:
        if call.pk in refs:
            type_, number, count = refs[call.pk]
            more = _(" and {n} more").format(n=f"{count - 1:,}") if count > 1 else ""
            call.about = named[type_, number].label + more


# What the shop does by its clock and with what comes in, many times a minute.
MACHINES = ("job", "inbox")

CALLS = RecordList(
    name="calls",
    title=gettext_lazy("Action log"),
    # Of an import of a whole catalogue both are megabytes.
    source=lambda: ActionCall.objects.defer("given", "result"),
    columns=(
        Column("action", gettext_lazy("What"), lambda c: c.action, show=_call_link),
        Column("who", gettext_lazy("Who"), lambda c: c.actor_name or c.actor),
        Column("door", gettext_lazy("Through"), lambda c: c.door),
        Column("reason", gettext_lazy("Why"), lambda c: c.reason, show=lambda c: c.reason[:EXCERPT]),
        Column("at", gettext_lazy("When"), lambda c: c.performed_at, kind="time"),
        Column("undone", gettext_lazy("Undone"), lambda c: bool(c.undone_by), show=lambda c: badge(gettext_lazy("undone")) if c.undone_by else None),
    ),
    prepare=_name_subjects,
    # Keys of calls are in the order of time.
    sorts={"number": Sort("pk")},
    default_sort="-number",
    views=(
        View("people", gettext_lazy("Done by somebody"), lambda rows: rows.exclude(door__in=MACHINES)),
        View("all", gettext_lazy("All"), lambda rows: rows),
    ),
    filters=(
        Filter(
            "action", gettext_lazy("Action"), lambda rows, v: rows.filter(action=v),
            choices=lambda: [(a.name, a.title) for a in all_actions()],
        ),
        Filter("who", gettext_lazy("Who (code)"), lambda rows, v: rows.filter(actor=v), kind="text"),
    ),
    empty=("history", gettext_lazy("Nothing was done yet"), gettext_lazy("Every change is an action, and every action stands here.")),
)  # fmt: skip

_WAITING = """
SELECT topic, count(*), min(received_at) FROM (
    SELECT topic, received_at FROM kit_inboxmessage WHERE state = 'pending' ORDER BY topic, id LIMIT 20000
) waiting GROUP BY topic ORDER BY 3
"""
_UNSENT = """
SELECT kind, count(*), min(created_at) FROM (
    SELECT kind, created_at FROM kit_outboxeffect WHERE state = 'waiting' ORDER BY created_at LIMIT 20000
) waiting GROUP BY kind ORDER BY 3
"""


@page("view.flow")
def inbox(request: PageRequest) -> HttpResponseBase:
    """What came in: what waits, what was set aside, and why."""
    return INBOX.respond(request, groups=fetch(_WAITING), set_aside=set_aside())


@page("view.flow")
def inbox_message(request: PageRequest, pk: int) -> HttpResponse:
    """One message: its payload as it came, and what became of it."""
    found = InboxMessage.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="message", which=pk)
    _name_sources([found])
    context = {"message": found, "look": LOOK[found.state], "payload": _pretty(found.payload)}
    return render(
        request,
        "stockwright/inbox_panel.html" if request.GET.get("panel") else "stockwright/inbox_message.html",
        context,
    )


@page("view.flow")
def outbox(request: PageRequest) -> HttpResponseBase:
    """What must go out: what waits, what was set aside, and why."""
    return OUTBOX.respond(
        request, groups=[(say_fact(kind, {}), count, oldest) for kind, count, oldest in fetch(_UNSENT)]
    )


@page("view.flow")
def outbox_effect(request: PageRequest, pk: int) -> HttpResponse:
    """One effect: what is to be sent, how often it was tried, what the other side said."""
    found = OutboxEffect.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="effect", which=pk)
    context = {
        "effect": found, "look": LOOK[found.state], "title_words": say_fact(found.kind, {}),
        "payload": _pretty(found.payload), "answer": _pretty(found.answer) if found.answer else "",
    }  # fmt: skip
    return render(
        request,
        "stockwright/outbox_panel.html" if request.GET.get("panel") else "stockwright/outbox_effect.html",
        context,
    )


@page("view.flow")
def calls(request: PageRequest) -> HttpResponseBase:
    """Every action that was performed, newest first."""
    return CALLS.respond(request)


@page("view.flow")
def call(request: PageRequest, pk: UUID) -> HttpResponse:
    """One performed action: input, outcome, facts, effects, and its undoing."""
    found = ActionCall.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(what="action call", which=pk)
    begun = datetime.fromtimestamp((found.pk.int >> 80) / 1000, UTC)
    rows = fetch(
        # The journal has no index by call; the call's own key says when its facts were recorded.
        "SELECT id, kind, data, occurred_at FROM kit_journalevent WHERE call = %s"
        " AND recorded_at BETWEEN %s AND %s ORDER BY id LIMIT 50",
        (found.pk, begun - timedelta(minutes=1), begun + timedelta(hours=2)),
    )
    objects = fetch(
        "SELECT DISTINCT type, object_id FROM kit_journalobject WHERE event_id = ANY(%s) AND type <> ALL(%s) LIMIT 40",
        ([row[0] for row in rows], ["line", "level"]),
    )
    named = name_all((type_, id_) for type_, id_ in objects)
    context = {
        "call": found,
        "title_words": _title(found),
        "given": _pretty(found.given),
        "result": _pretty(found.result),
        "facts": [
            (say_fact(kind, json.loads(data) if isinstance(data, str) else data), at) for _id, kind, data, at in rows
        ],
        "named": list(named.values()),
        "effects": [
            (effect, say_fact(effect.kind, effect.payload), LOOK[effect.state])
            for effect in OutboxEffect.objects.filter(call=found.pk)[:20]
        ],
        "may_undo": can_undo(found),
    }
    return render(request, "stockwright/call.html", context)


def _pretty(value: Any) -> str:
    """As people read it, without keys and passwords."""
    return masked(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@counts_work("inbox")
def set_aside() -> int:
    """Messages nobody could apply."""
    return InboxMessage.objects.filter(state="quarantined").order_by()[:BOUND].count()


@counts_work("outbox")
def unsendable() -> int:
    """Effects that could not be delivered."""
    return OutboxEffect.objects.filter(state="quarantined").order_by()[:BOUND].count()

"""Every verb as a POST of its own, and what has been performed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from stockwright.api.auth import actor_in, must_see
from stockwright.api.paging import Key, Page, PagingQuery, page
from stockwright.api.reading import header_text, read_flag, read_json
from stockwright.kit.actions import Outcome, all_actions, can_undo, perform, undo
from stockwright.kit.errors import BadInput, NotFound
from stockwright.kit.models import ActionCall

router = Router(tags=["actions"])
DOOR = "api"


class ActionInfo(Schema):
    """A verb."""

    name: str
    title: str
    description: str
    subject: str = Field(description="The type of record it is about; empty for none.")
    can_be_undone: bool
    dangerous: bool
    permitted: bool = Field(description="Whether you may do it.")


class CallInfo(Schema):
    """A performed action in the list of them."""

    id: UUID
    action: str
    actor: str
    actor_name: str
    door: str
    reason: str
    performed_at: datetime
    parent: UUID | None
    undone_by: UUID | None


class CallWhole(CallInfo):
    """One performed action: of a batch, input and result may be large."""

    given: Any
    result: Any
    can_be_undone: bool


@router.get("/actions", response=list[ActionInfo], summary="Every action")
def list_actions(request: HttpRequest) -> Any:
    """Every verb there is, and whether you may do it. The input of each is in this document."""
    actor = actor_in(request)
    return [
        ActionInfo(
            name=verb.name, title=str(verb.title), description=verb.doc, subject=verb.subject,
            can_be_undone=verb.inverse is not None, dangerous=verb.dangerous, permitted=actor.may(verb.name),
        )
        for verb in all_actions()
    ]  # fmt: skip


# Its document is written by api.schema, one operation for each action.
@router.post("/actions/{name}", include_in_schema=False)
def perform_action(request: HttpRequest, name: str) -> HttpResponse:
    """Perform an action."""
    given = read_json(request)
    if not isinstance(given, dict):
        raise BadInput(({"field": "", "message": "the input must be an object", "type": "dict_type"},))
    outcome = perform(
        name,
        given,
        actor=actor_in(request),
        reason=header_text(request, "X-Reason"),
        key=header_text(request, "Idempotency-Key") or None,
        dry_run=read_flag(request, "dry_run"),
        door=DOOR,
    )
    return _told(outcome)


@router.post("/calls/{uuid:call_id}/undo", include_in_schema=False)
def undo_call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Undo an action."""
    outcome = undo(
        call_id,
        actor=actor_in(request),
        reason=header_text(request, "X-Reason"),
        dry_run=read_flag(request, "dry_run"),
        door=DOOR,
    )
    return _told(outcome)


class CallFilter(Schema):
    """Which calls."""

    action: str | None = Field(default=None, max_length=80)
    actor: str | None = Field(default=None, max_length=80, description="person:3, key:7, system ...")


@router.get("/calls", response=Page[CallInfo], summary="What has been performed")
def list_calls(request: HttpRequest, paging: PagingQuery, wanted: Query[CallFilter]) -> Any:
    """Performed actions, newest first; input and result are told of each one alone."""
    must_see(request, "view.flow")
    rows = ActionCall.objects.defer("given", "result")
    if wanted.action is not None:
        rows = rows.filter(action=wanted.action)
    if wanted.actor is not None:
        rows = rows.filter(actor=wanted.actor)
    return page(request, rows, [Key("performed_at", datetime, True), Key("id", UUID, True)], paging, CallInfo.from_orm)


@router.get("/calls/{uuid:call_id}", response=CallWhole, summary="One performed action")
def read_call(request: HttpRequest, call_id: UUID) -> Any:
    """One performed action with its input and result; concealed values are masked."""
    must_see(request, "view.flow")
    row = ActionCall.objects.filter(pk=call_id).first()
    if row is None:
        raise NotFound(what="action call", which=call_id)
    return _call(row)


def _call(row: ActionCall) -> CallWhole:
    return CallWhole(
        id=row.id, action=row.action, actor=row.actor, actor_name=row.actor_name, door=row.door, reason=row.reason,
        performed_at=row.performed_at, given=row.given, result=row.result, parent=row.parent, undone_by=row.undone_by,
        can_be_undone=can_undo(row),
    )  # fmt: skip


def _told(outcome: Outcome) -> HttpResponse:
    # The one place where a key just made is shown.
    body = orjson.dumps(outcome.plain(reveal=not outcome.dry_run), default=str)
    response = HttpResponse(body, content_type="application/json")
    if outcome.replayed:
        response["Idempotent-Replayed"] = "true"
    return response

"""The door of every page: signed in, permitted, and a refusal told as a page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from stockwright.kit.actions import Outcome, all_actions, can_undo, perform
from stockwright.kit.errors import Invalid, Kind, NotPermitted, StockwrightError, Unavailable
from stockwright.kit.masking import masked
from stockwright.kit.models import Person
from stockwright.kit.people import Actor, actor_of

log = logging.getLogger(__name__)
P = ParamSpec("P")

STATUS = {Kind.INVALID: 400, Kind.NOT_FOUND: 404, Kind.REFUSED: 409, Kind.CONFLICT: 409, Kind.UNAVAILABLE: 503}


class NotText(Invalid):
    """What was sent holds a character that no text has."""


class PageRequest(HttpRequest):
    """A request that has come through the door: somebody is signed in, and may see the page."""

    user: Person
    actor: Actor
    # Asked for by htmx, so a part of the page is enough.
    partial: bool


View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
PageView = Callable[Concatenate[PageRequest, P], HttpResponseBase]


def page(permission: str = "") -> Callable[[PageView[P]], View[P]]:
    """Make a view a page: sign-in first, then the permission ("" means anybody who is signed in).

    The request gets `actor` and `partial`. A StockwrightError that the view raises becomes a page that says it.
    """

    def wrap(view: PageView[P]) -> View[P]:
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            inside = cast("PageRequest", request)
            try:
                if not request.user.is_authenticated:
                    return _to_sign_in(request)
                inside.actor = actor_of(inside.user)
                inside.partial = request.headers.get("HX-Request") == "true"
                if any("\x00" in value for sent in (request.GET, request.POST) for _name, value in _pairs(sent)):
                    raise NotText
                must(inside, permission)
                return view(inside, *args, **kwargs)
            except StockwrightError as error:
                return problem_page(inside, error)
            except (OperationalError, InterfaceError) as error:
                # A lock that was not to be had, a deadlock, a database that restarts: nothing was half done.
                log.warning("the database refused a request: %s", masked(str(error)))
                return _unreachable(inside)

        # The test that walks every address reads it.
        opened.permission = permission  # type: ignore[attr-defined]
        return opened

    return wrap


def must(request: PageRequest, permission: str) -> None:
    """Refuse whoever does not hold the permission ("" is held by everybody). Raises: NotPermitted."""
    if permission and not request.actor.may(permission):
        raise request.actor.refusal(permission)


def act(
    request: PageRequest, name: str, given: Mapping[str, Any], *, reason: str = "", dry_run: bool = False
) -> Outcome:
    """Perform an action for the person at the page; reason and idempotency key come with the form.

    Raises: what `perform` raises; inside a page it becomes the page that says so.
    """
    return perform(
        name,
        given,
        actor=request.actor,
        reason=reason or request.POST.get("_reason", ""),
        key=None if dry_run else key_of(request),
        dry_run=dry_run,
        door="web",
    )


def key_of(request: HttpRequest) -> str | None:
    """The idempotency key that came with a form, so that a double click does it once."""
    return request.POST.get("_key") or None


def say(request: HttpRequest, text: str, outcome: Outcome | None = None, *, bad: bool = False) -> None:
    """Show a short word when the next page opens; with an outcome that has an inverse it offers to undo."""
    undo = ""
    if outcome is not None and not outcome.replayed and can_undo(outcome.call_id):
        undo = f"undo:{outcome.call_id}"
    messages.add_message(request, messages.ERROR if bad else messages.SUCCESS, text, extra_tags=undo)


def problem_page(request: HttpRequest, error: StockwrightError) -> HttpResponse:
    """A refusal as a page of its own; as plain words when only a part of a page was asked for."""
    status = 403 if isinstance(error, NotPermitted) else STATUS[error.kind]
    message = _not_permitted(error) if isinstance(error, NotPermitted) else error.message
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    headings = {
        400: _("That is not quite right"),
        403: _("Not for your role"),
        404: _("Not found"),
        409: _("This can't be done now"),
        503: _("Not reachable just now"),
    }
    return render(
        request,
        "stockwright/error.html",
        {"heading": headings[status], "message": message, "status": status, "code": error.code},
        status=status,
    )


def _not_permitted(error: NotPermitted) -> str:
    """What is not for them, as their pages call it."""
    verb = next((a for a in all_actions() if a.name == error.facts.get("action")), None)
    if verb is None:
        return _("None of your roles opens this. Ask an operations lead if you need it.")
    return _("None of your roles may do “{what}”. Ask an operations lead if you need it.").format(what=_(verb.title))


def _unreachable(request: PageRequest) -> HttpResponse:
    """503: says nothing that needs the database."""
    error = Unavailable(_("The database is busy or can't be reached right now. Nothing was half done: try again."))
    if request.headers.get("HX-Request") == "true":
        response = problem_page(request, error)
    else:
        context = {"heading": _("Not reachable just now"), "message": error.message, "status": 503}
        response = HttpResponse(render_to_string("stockwright/broken.html", context), status=503)
    response["Retry-After"] = "5"
    return response


def _pairs(sent: QueryDict) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in sent.lists() for value in values)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
        return response
    return redirect_to_login(request.get_full_path())

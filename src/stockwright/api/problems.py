"""Every refusal as RFC 9457 problem+json."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import orjson
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaValidationError
from pydantic import BaseModel, Field

from stockwright.api.limits import TooMany
from stockwright.kit.errors import BadInput, Kind, NotPermitted, StockwrightError, TooLarge
from stockwright.kit.masking import masked

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {Kind.INVALID: 400, Kind.NOT_FOUND: 404, Kind.REFUSED: 409, Kind.CONFLICT: 409, Kind.UNAVAILABLE: 503}
TITLES = {
    400: "Not valid",
    401: "Not signed in",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Refused",
    413: "Too large",
    429: "Too many requests",
    500: "Something broke",
    503: "Not reachable just now",
}
_RETRY_SECONDS = 5


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Its path with points; empty for the whole.")
    message: str
    type: str = Field(description="A stable word for programs.")


class Problem(BaseModel):
    """Why something was not done (RFC 9457)."""

    type: str = Field(description="urn:stockwright:problem: and the code.")
    title: str
    status: int
    detail: str = Field(description="One sentence for people.")
    code: str = Field(description="A stable word for programs: not_found, key_reused, illegal_move ...")
    errors: list[FieldProblem] = Field(default_factory=list, description="Field by field, where the input is at fault.")
    facts: dict[str, Any] = Field(default_factory=dict, description="What the refusal is about: ids, units, states.")


def problem(
    status: int, code: str, detail: str, *, errors: tuple[dict[str, Any], ...] = (), facts: dict[str, Any] | None = None
) -> HttpResponse:
    """A problem as a response."""
    body = {
        "type": f"urn:stockwright:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"field": e["field"], "message": e["message"], "type": e["type"]} for e in errors],
        "facts": facts or {},
    }
    return HttpResponse(_json(body), status=status, content_type=MEDIA_TYPE)


def problem_of(error: StockwrightError) -> HttpResponse:
    """A named refusal as a response."""
    status = STATUS[error.kind]
    if isinstance(error, NotPermitted):
        status = 403
    elif isinstance(error, TooLarge):
        status = 413
    elif isinstance(error, TooMany):
        status = 429
    errors = error.facts.get("problems", ()) if isinstance(error, BadInput) else ()
    facts = {name: value for name, value in error.facts.items() if name != "problems"}
    response = problem(status, error.code, error.message, errors=errors, facts=facts)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.facts["seconds"])
    elif status == STATUS[Kind.UNAVAILABLE]:
        response["Retry-After"] = str(_RETRY_SECONDS)
    return response


def install(api: NinjaAPI) -> None:
    """Have the API answer every exception with a problem."""
    handlers: dict[type[Exception], Callable[[Any], HttpResponse]] = {
        StockwrightError: problem_of,
        NinjaValidationError: _invalid,
        AuthenticationError: _not_signed_in,
        HttpError: _http_error,
        Http404: lambda _error: problem(404, "not_found", "There is nothing here."),
        OperationalError: _unreachable,
        InterfaceError: _unreachable,
        DataError: _unstorable,
        UnicodeEncodeError: _unstorable,
        OverflowError: _unstorable,
        Exception: _broken,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, _told_by(handler))


def _told_by(handler: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    def answer(_request: HttpRequest, error: Any) -> HttpResponse:
        return handler(error)

    return answer


def _json(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Half a surrogate pair that somebody sent is not worth losing the answer for.
        return str(orjson.dumps({**body, "facts": {}}, default=repr), "utf-8").encode()


def _invalid(error: NinjaValidationError) -> HttpResponse:
    errors = tuple(
        {"field": ".".join(map(str, e["loc"][1:])) or str(e["loc"][0]), "message": e["msg"], "type": e["type"]}
        for e in error.errors
    )
    return problem_of(BadInput(errors))


def _not_signed_in(error: AuthenticationError) -> HttpResponse:
    words = str(error) if str(error) != "Unauthorized" else "Send an API key as 'Authorization: Bearer sw_...'."
    response = problem(401, "not_signed_in", words)
    response["WWW-Authenticate"] = 'Bearer realm="stockwright"'
    return response


def _http_error(error: HttpError) -> HttpResponse:
    code = TITLES.get(error.status_code, "refused").lower().replace(" ", "_")
    return problem(error.status_code, code, str(error))


def _unreachable(error: Exception) -> HttpResponse:
    log.warning("the database refused a request: %s", masked(str(error)))
    response = problem(503, "database_unreachable", "The database is busy or can't be reached right now; try again.")
    response["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _unstorable(error: Exception) -> HttpResponse:
    return problem(400, "out_of_bounds", f"The shop's books can't hold this value: {str(error).splitlines()[0]}")


def _broken(error: Exception) -> HttpResponse:
    # Which request it was stands in the server's own line about the 500.
    log.error("a request broke", exc_info=error)
    return problem(500, "broken", "Something broke; it has been noted. Nothing was half done.")

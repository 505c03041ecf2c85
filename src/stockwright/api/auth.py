"""Who asks: a program with a key, or a person signed in on the pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from stockwright.api.limits import take
from stockwright.kit.models import Person
from stockwright.kit.people import Actor, actor_of
from stockwright.kit.people.keys import find_key

_SAFE = ("GET", "HEAD", "OPTIONS")
# Somebody who tries keys is slowed down by address.
_GUESSES = 20
_GUESSES_PER_SECOND = 0.2


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer sw_...`."""

    openapi_description = "An API key, made on the pages or with key.create_own."

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The actor behind the key.

        Raises: AuthenticationError, TooMany.
        """
        key = find_key(token.strip())
        if key is None:
            take(request, f"guess:{request.META.get('REMOTE_ADDR', '')}", size=_GUESSES, per_second=_GUESSES_PER_SECOND)
            raise AuthenticationError(message="This API key is unknown, expired or revoked.")
        actor = actor_of(key)
        take(request, actor.code)
        return actor


class SessionAuth(APIKeyCookie):
    """The session cookie of a signed-in person; what changes state needs the CSRF token as well."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "The pages' own session, with X-CSRFToken for anything but GET."

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 - the session is read by Django
        """The actor who is signed in, or None.

        Raises: AuthorizationError, TooMany.
        """
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            return None
        if request.method not in _SAFE and check_csrf(request):
            raise AuthorizationError(message="The CSRF token is missing or wrong.")
        actor = actor_of(person)
        take(request, actor.code)
        return actor


def actor_in(request: HttpRequest) -> Actor:
    """Whom authentication found."""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


def must_see(request: HttpRequest, permission: str) -> Actor:
    """The actor, if they may see this.

    Raises: NotPermitted.
    """
    actor = actor_in(request)
    if not actor.may(permission):
        raise actor.refusal(permission)
    return actor

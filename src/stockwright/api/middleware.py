"""What holds for every address under /api/: size, problems instead of pages, rate headers, no caching."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from stockwright.api.problems import MEDIA_TYPE, TITLES, problem, problem_of
from stockwright.kit.errors import TooLarge

PREFIX = "/api/"
_ERROR = 400


class ApiMiddleware:
    """Wraps the API; other addresses pass untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = self._answer(request)
        allowance = getattr(request, "allowance", None)
        if allowance is not None:
            for name, value in allowance.headers().items():
                response[name] = value
        response.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if _declared_size(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            limit = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024 // 1024} MB"
            return problem_of(TooLarge(what="The body", limit=limit))
        response = self.get_response(request)
        if response.status_code < _ERROR or _is_problem(response):
            return response
        # What Django itself refused (a wrong method, a host, an address) is told like everything else.
        told = problem(
            response.status_code,
            TITLES.get(response.status_code, "refused").lower().replace(" ", "_"),
            _WORDS.get(response.status_code, "The request was refused."),
        )
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response:
                told[name] = response[name]
        return told


_WORDS = {
    400: "The request can't be understood.",
    403: "The request was refused.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    500: "Something broke; it has been noted. Nothing was half done.",
}


def _is_problem(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith(MEDIA_TYPE)


def _declared_size(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0

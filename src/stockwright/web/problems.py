"""Error pages in our look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """400."""
    return _problem(request, 400, _("That is not quite right"), _("The address or the form can't be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403."""
    return _problem(request, 403, _("Not for your role"), _("Ask an operations lead if you need this page."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403, when a form came from somewhere else or is too old."""
    return _problem(request, 403, _("This form is too old"), _("Go back, reload the page, and send it again."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """404."""
    return _problem(request, 404, _("Not found"), _("There is no such page. It may have been moved or never existed."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: says nothing that needs the database."""
    return render(
        request,
        "stockwright/broken.html",
        {
            "heading": _("Something broke"),
            "message": _("It has been noted. Nothing was half done: try again."),
            "status": 500,
        },
        status=500,
    )


def locked_out(request: HttpRequest, *_credentials: object) -> HttpResponse:
    """Too many wrong passwords."""
    return render(request, "account/locked.html", status=429)


def _problem(request: HttpRequest, status: int, heading: str, message: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
    return render(
        request, "stockwright/error.html", {"heading": heading, "message": message, "status": status}, status=status
    )

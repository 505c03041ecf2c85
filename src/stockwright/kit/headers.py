"""What browsers are told about every answer, beyond Django's own headers."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# A scanner screen may use the camera; nothing else is asked of the machine.
_PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=(self)"


class SecurityHeadersMiddleware:
    """Adds the content security policy and the permissions policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        return response

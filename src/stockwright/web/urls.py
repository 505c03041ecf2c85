"""The addresses of every page: those of each installed room that has a pages.py, and the API's."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path


def _of_rooms() -> list[URLPattern | URLResolver]:
    """Every room's own addresses, rooms in the order of their names; no namespaces, so names are unique."""
    found: list[URLPattern | URLResolver] = []
    for config in sorted(apps.get_app_configs(), key=lambda c: c.name):
        name = f"{config.name}.pages"
        if config.name.startswith("stockwright.") and config.name != "stockwright.kit" and find_spec(name):
            found += import_module(name).urlpatterns
    return found


urlpatterns = [
    *_of_rooms(),
    path("accounts/", include("stockwright.web.sign_in")),
]
if find_spec("stockwright.api.urls") is not None:
    urlpatterns.append(path("api/", include("stockwright.api.urls")))
    # Asked by load balancers: /healthz, without signing in.
    urlpatterns.append(path("", include("stockwright.api.health_urls")))

handler400 = "stockwright.web.problems.bad_request"
handler403 = "stockwright.web.problems.forbidden"
handler404 = "stockwright.web.problems.not_found"
handler500 = "stockwright.web.problems.broken"

"""The addresses of the API, below /api/."""

from __future__ import annotations

from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from stockwright.api.app import api, nothing_here

urlpatterns = [
    path("v1/", api.urls),
    re_path(r"^.*$", csrf_exempt(nothing_here)),
]

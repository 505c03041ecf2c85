"""The address that load balancers ask, at the root."""

from __future__ import annotations

from django.urls import path

from stockwright.api.health import healthz

urlpatterns = [path("healthz", healthz, name="healthz")]

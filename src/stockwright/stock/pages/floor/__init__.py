"""The warehouse floor: count, receive, transfer; and the lists behind them."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

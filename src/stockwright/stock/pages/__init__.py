"""The pages of stock: records (variants, locations) beside the floor (counts, receiving, transfers, reservations, differences).

The floor's addresses come from `floor/`, whose pages are made for a phone with a scanner.
"""

from __future__ import annotations

from django.urls import URLPattern

from stockwright.stock.pages.floor import urlpatterns as floor_urls

urlpatterns: list[URLPattern] = [*floor_urls]

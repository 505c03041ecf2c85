"""The pages of stock: records (variants, locations) beside the floor (counts, receiving, transfers, reservations, differences).

The floor's addresses come from `floor/`, whose pages are made for a phone with a scanner.
"""

from __future__ import annotations

from django.urls import URLPattern, path

from stockwright.stock.pages import filling, finding, listing, places, telling, variant  # noqa: F401 - some only register
from stockwright.stock.pages.floor import urlpatterns as floor_urls

urlpatterns: list[URLPattern] = [
    path("stock/", listing.variants, name="variants"),
    path("stock/variants/<int:pk>/", variant.variant, name="variant"),
    path("stock/locations/", places.locations_page, name="locations"),
    path("stock/locations/<int:pk>/", places.location, name="location"),
    *floor_urls,
]

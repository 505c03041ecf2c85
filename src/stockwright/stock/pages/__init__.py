"""The pages of stock: variants, locations, receiving, transfers, counts, reservations, differences."""

from __future__ import annotations

from django.urls import path

from stockwright.stock.pages import (  # finding and telling register what they know
    counts,
    finding,  # noqa: F401
    listing,
    places,
    receiving,
    telling,  # noqa: F401
    transfers,
    variant,
    waiting,
)

urlpatterns = [
    path("stock/", listing.variants, name="variants"),
    path("stock/variants/<int:pk>/", variant.variant, name="variant"),
    path("stock/locations/", places.locations_page, name="locations"),
    path("stock/locations/<int:pk>/", places.location, name="location"),
    path("stock/receive/", receiving.receive, name="receive"),
    path("stock/transfers/", transfers.transfers, name="transfers"),
    path("stock/transfers/<int:pk>/", transfers.transfer, name="transfer"),
    path("stock/counts/", counts.counts, name="counts"),
    path("stock/counts/<int:pk>/", counts.count, name="count"),
    path("stock/counts/<int:pk>/station/", counts.station, name="count_station"),
    path("stock/reservations/", waiting.reservations, name="reservations"),
    path("stock/shortfalls/", waiting.shortfalls, name="shortfalls"),
    path("stock/differences/", waiting.differences, name="differences"),
]

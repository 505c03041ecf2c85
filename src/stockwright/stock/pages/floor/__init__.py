"""The warehouse floor: count, receive, transfer; and the lists behind them."""

from __future__ import annotations

from django.urls import URLPattern, path

from stockwright.stock.pages.floor import arrivals, counting, counts, differences, promised, receiving, transfers

urlpatterns: list[URLPattern] = [
    path("stock/counts/", counts.counts, name="counts"),
    path("stock/counts/<int:pk>/", counts.count, name="count"),
    path("stock/counts/<int:pk>/enter/", counting.enter, name="count_enter"),
    path("stock/receive/", receiving.receive, name="receive"),
    path("stock/arrivals/", arrivals.arrivals, name="arrivals"),
    path("stock/transfers/", transfers.transfers, name="transfers"),
    path("stock/transfers/<int:pk>/", transfers.transfer, name="transfer"),
    path("stock/transfers/<int:pk>/receive/", transfers.take_in, name="transfer_receive"),
    path("stock/reservations/", promised.reservations, name="reservations"),
    path("stock/shortfalls/", promised.shortfalls, name="shortfalls"),
    path("stock/differences/", differences.differences, name="differences"),
]

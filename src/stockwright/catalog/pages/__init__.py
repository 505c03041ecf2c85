"""The pages of the catalogue: products, and how variants are found and named."""

from __future__ import annotations

from django.urls import path

from stockwright.catalog.pages import filling, finding, products, telling  # noqa: F401 - some only register

urlpatterns = [
    path("products/", products.products, name="products"),
    path("products/<int:pk>/", products.product, name="product"),
]

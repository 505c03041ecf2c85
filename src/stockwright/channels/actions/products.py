"""Products that a file tells: saved by the catalogue, and what was told of each remembered."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from stockwright.catalog.actions import save_many
from stockwright.catalog.drafts import ProductDraft
from stockwright.kit.actions import Call, Given, action
from stockwright.kit.bulk import execute


class ToldProduct(Given):
    """A product as a source tells it."""

    source: str = Field(max_length=80)
    key: str = Field(max_length=200)
    # Of what was told; empty where it is not to be remembered.
    hash: str = Field("", max_length=64)
    product: ProductDraft


class SaveProductsGiven(Given):
    """Products of one batch."""

    products: tuple[ToldProduct, ...] = Field(min_length=1, max_length=10_000)


@action("import.save_products", title=str(_("Save products from a file")), for_people=False)
def save_products(call: Call, given: SaveProductsGiven) -> dict[str, Any]:
    """Save a batch of products; of a product told twice the last telling counts.

    Raises: what the catalogue refuses.
    """
    latest = {(told.source, told.key): told for told in given.products}
    saved = save_many(call, [told.product for told in latest.values()])
    remembered = [
        (told.source, told.key, told.hash, product.product_id)
        for told, product in zip(latest.values(), saved.products, strict=True)
        if told.hash
    ]
    columns = [list(column) for column in zip(*remembered, strict=True)] or [[], [], [], []]
    execute(
        "INSERT INTO kit_externalref (source, type, external_id, content_hash, object_id, seen_at)"
        " SELECT s, 'product', k, h, o, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS u(s, k, h, o)"
        " ON CONFLICT (source, type, external_id) DO UPDATE SET content_hash = excluded.content_hash,"
        " object_id = excluded.object_id, seen_at = excluded.seen_at",
        (call.at, *columns),
    )
    return {"created": saved.created, "changed": saved.changed, "unchanged": saved.unchanged}

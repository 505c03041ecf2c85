"""Variants and products in the palette, in pickers, and by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy

from stockwright.catalog.models import Barcode, Product, Variant
from stockwright.kit.forms import Choice, picks
from stockwright.kit.ids import is_number
from stockwright.kit.lists.search import HITS, words_query
from stockwright.kit.pages import Found, Named, finds, names
from stockwright.kit.pages.names import address

FEW = 6
CHOICES = 20


def title_of(variant: Variant) -> str:
    """What people call a variant: the product's title, and its own where it has one."""
    own = variant.title or " / ".join(str(value) for value in variant.options.values())
    product = variant.product.title
    return product if not own or own == product else f"{product}, {own}"


def variant_ids(text: str, limit: int = HITS) -> list[int]:
    """The variants a text may mean: by barcode, the beginning of a SKU, or words of the title."""
    wanted = text.strip()
    if not wanted:
        return []
    by_code = Barcode.objects.filter(code=wanted).values_list("variant_id", flat=True)
    upper = Variant.objects.annotate(upper_sku=Upper("sku"))
    by_sku = upper.filter(upper_sku__startswith=wanted.upper()).order_by("sku").values_list("pk", flat=True)[:limit]
    by_words = Variant.objects.filter(Q(search=words_query(wanted))).values_list("pk", flat=True)[:limit]
    by_title = Variant.objects.filter(product__in=_by_words(wanted).values("pk")).values_list("pk", flat=True)[:limit]
    return list(dict.fromkeys([*by_code, *by_sku, *by_words, *by_title]))[:limit]


def _by_words(text: str) -> QuerySet[Product]:
    """Products whose title has words that begin like these."""
    return Product.objects.filter(Q(search=words_query(text)))


@names("variant", "view.catalog")
def name_variants(ids: list[int]) -> dict[int, Named]:
    """SKU and title of variants."""
    rows = Variant.objects.filter(pk__in=ids).select_related("product").defer("search")
    return {v.pk: Named(v.sku, title_of(v), address("variant", v.pk)) for v in rows}


@names("product", "view.catalog")
def name_products(ids: list[int]) -> dict[int, Named]:
    """Titles of products."""
    return {
        p.pk: Named(p.title, p.brand, address("product", p.pk))
        for p in Product.objects.filter(pk__in=ids).defer("search")
    }


@finds(gettext_lazy("SKUs"), "view.catalog")
def find_variants(text: str) -> Iterable[Found]:
    """Variants by SKU, barcode or title."""
    ids = variant_ids(text, FEW)
    rows = Variant.objects.filter(pk__in=ids).select_related("product").defer("search").in_bulk()
    for id_ in ids:
        yield Found(rows[id_].sku, title_of(rows[id_]), address("variant", id_))


def _variant_of(value: str) -> Choice | None:
    row = Variant.objects.filter(pk=int(value)).select_related("product").first() if is_number(value) else None
    return Choice(str(row.pk), row.sku, title_of(row)) if row else None


def _rows(text: str) -> list[Variant]:
    variants = Variant.objects.select_related("product").defer("search")
    return list(variants.filter(pk__in=variant_ids(text, CHOICES)) if text else variants.order_by("sku")[:CHOICES])


@picks("variant", "view.catalog", find=_variant_of)
def pick_variant(text: str) -> Sequence[Choice]:
    """Variants to choose from, by their number."""
    return [Choice(str(v.pk), v.sku, title_of(v)) for v in _rows(text)]


@picks("sku", "view.catalog", find=lambda value: Choice(value, value))
def pick_sku(text: str) -> Sequence[Choice]:
    """Variants to choose from, by SKU."""
    return [Choice(v.sku, v.sku, title_of(v)) for v in _rows(text)]


def _product_of(value: str) -> Choice | None:
    row = Product.objects.filter(pk=int(value)).first() if is_number(value) else None
    return Choice(str(row.pk), row.title, row.brand) if row else None


@picks("product", "view.catalog", find=_product_of)
def pick_product(text: str) -> Sequence[Choice]:
    """Products to choose from."""
    rows = (_by_words(text) if text.strip() else Product.objects.all()).defer("search")
    return [Choice(str(p.pk), p.title, p.brand) for p in rows.order_by("title")[:CHOICES]]

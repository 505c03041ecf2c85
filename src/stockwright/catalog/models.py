"""What the shop sells: products, their variants, and kits made of other variants."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    """What a customer sees on one page; it is sold as one or more variants."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        DRAFT = "draft", _("draft")
        ARCHIVED = "archived", _("archived")
        UNLISTED = "unlisted", _("unlisted")

    title = models.CharField(max_length=300)
    # The stable name in addresses and files; unique within the shop.
    handle = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    brand = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    tags = models.JSONField(default=list)
    # Everything a channel or a buyer knows of it that has no column: material, care, season ...
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Kept by the database: the words of the title.
    search = models.GeneratedField(
        expression=SearchVector("title", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        indexes = [GinIndex(fields=["search"], name="product_search")]

    def __str__(self) -> str:
        return self.title


class Variant(models.Model):
    """One thing that can be counted, with a SKU."""

    class Tracking(models.TextChoices):
        NONE = "none", _("by quantity")
        LOT = "lot", _("by lot")
        EXPIRY = "expiry", _("by lot with expiry date")

    class Backorder(models.TextChoices):
        DENY = "deny", _("stop selling")
        CONTINUE = "continue", _("sell on backorder")
        PREORDER = "preorder", _("pre-order")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    # Exact, case and all: shops that differ by case alone exist (85123A and 85123a are two codes).
    sku = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=300, blank=True)
    # Option name to value, in order: {"Size": "M", "Colour": "Blue"}.
    options = models.JSONField(default=dict)
    price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    compare_at_price = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    # What one unit costs us, in the shop's currency; null means unknown, which is not zero.
    cost = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    grams = models.PositiveIntegerField(null=True)
    length_mm = models.PositiveIntegerField(null=True)
    width_mm = models.PositiveIntegerField(null=True)
    height_mm = models.PositiveIntegerField(null=True)
    hs_code = models.CharField(max_length=20, blank=True)
    # ISO 3166 two letters.
    origin = models.CharField(max_length=2, blank=True)
    tracking = models.CharField(max_length=6, choices=Tracking, default=Tracking.NONE)
    # False for services, gift cards and fees: never short, never counted.
    stocked = models.BooleanField(default=True)
    is_kit = models.BooleanField(default=False)
    backorder = models.CharField(max_length=8, choices=Backorder, default=Backorder.DENY)
    preorder_until = models.DateField(null=True)
    requires_shipping = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Kept by the database: the words of SKU and title.
    search = models.GeneratedField(
        expression=SearchVector("sku", "title", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
            models.CheckConstraint(condition=Q(price__isnull=True) | Q(price__gte=0), name="variant_price_positive"),
            models.CheckConstraint(condition=Q(cost__isnull=True) | Q(cost__gte=0), name="variant_cost_positive"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="variant_search"),
            # For "starts with", as people type.
            models.Index(OpClass(Upper("sku"), "text_pattern_ops"), name="variant_sku_prefix"),
        ]

    def __str__(self) -> str:
        return self.sku


class Barcode(models.Model):
    """A code that a scanner reads; a variant may have several (each, inner, carton, an older one)."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="barcodes")
    code = models.CharField(max_length=80, unique=True)
    # How many units one scan stands for: 12 on a carton.
    units = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.code


class KitComponent(models.Model):
    """A kit is sold as one and picked as these; it has no stock of its own. Kits do not nest."""

    kit = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="part_of")
    units = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kit", "component"], name="component_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="component_units_positive"),
            models.CheckConstraint(condition=~Q(kit=F("component")), name="kit_not_of_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.component_id} in {self.kit_id}"


class Image(models.Model):
    """A picture of a product, perhaps of one variant of it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, related_name="images")
    url = models.URLField(max_length=1000)
    alt = models.CharField(max_length=500, blank=True)
    position = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "url"], name="image_once")]

    def __str__(self) -> str:
        return self.alt or self.url

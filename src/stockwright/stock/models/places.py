"""Where units can be: locations, and the bins in them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Location(models.Model):
    """A place where units can be. Only warehouses and stores have levels; the others balance the books."""

    class Kind(models.TextChoices):
        WAREHOUSE = "warehouse", _("warehouse")
        STORE = "store", _("store")
        SUPPLIER = "supplier", _("suppliers")
        CUSTOMER = "customer", _("customers")
        TRANSIT = "transit", _("in transit")
        SCRAP = "scrap", _("scrap")
        SHRINKAGE = "shrinkage", _("shrinkage")
        # Where goods were before this ledger began: history and opening balances come from here.
        BEFORE = "before", _("before the ledger")

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    # Orders are promised from the lowest number first.
    priority = models.PositiveSmallIntegerField(default=100)
    # A store may hold stock that web orders must not take.
    ships_orders = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    address = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["kind", "priority", "id"], name="location_by_priority")]

    def __str__(self) -> str:
        return self.name

    @property
    def holds_stock(self) -> bool:
        """Whether it has levels."""
        return self.kind in HOLDING


HOLDING = (Location.Kind.WAREHOUSE, Location.Kind.STORE)


class Bin(models.Model):
    """A shelf position within a location."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="bins")
    code = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["location", "code"], name="bin_once")]

    def __str__(self) -> str:
        return self.code

"""What people plan and announce: arrivals, transfers and counts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stockwright.stock.models.places import Location


class Arrival(models.Model):
    """Units expected at a location: from a supplier, or from another location through transit."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="arrivals")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="arrivals")
    # Where from: suppliers or transit.
    origin = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    units = models.IntegerField()
    received = models.IntegerField(default=0, db_default=0)
    expected_on = models.DateField(null=True)
    # What brings it, as (type, id) and in words: ("transfer", 3), "PO-1182".
    reference_type = models.CharField(max_length=40, blank=True)
    reference_id = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=80, blank=True)
    unit_cost = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    created_at = models.DateTimeField()
    # Received in full, or given up.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0, received__gte=0), name="arrival_units_positive"),
        ]
        indexes = [
            models.Index(fields=["variant", "expected_on"], name="arrival_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["reference_type", "reference_id"], name="arrival_of_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.units - self.received} of {self.variant_id} on {self.expected_on}"


class Transfer(models.Model):
    """Goods on their way between two of our own locations."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_TRANSIT = "in_transit", _("in transit")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    origin = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    destination = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    expected_on = models.DateField(null=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="transfer_between_two"),
        ]

    def __str__(self) -> str:
        return f"T-{self.pk}"


class TransferLine(models.Model):
    """A variant of a transfer."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    units = models.IntegerField()
    shipped = models.IntegerField(default=0)
    received = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_line_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="transfer_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.variant_id}"


class Count(models.Model):
    """Somebody going to look. Blind: the counter does not see what the books say."""

    class State(models.TextChoices):
        OPEN = "open", _("being counted")
        POSTED = "posted", _("posted")
        CANCELLED = "cancelled", _("cancelled")

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"C-{self.pk}"


class CountLine(models.Model):
    """A variant to be counted, and what was found."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    # Null until somebody looked.
    counted = models.IntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    # What the books said at the moment of looking, worked out when the count is posted: the variance is counted -
    # booked, whatever moved since. Null in a posted count: left out, as the level was put right in the meantime.
    booked = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "variant"], name="count_line_once"),
            models.CheckConstraint(condition=Q(counted__isnull=True) | Q(counted__gte=0), name="counted_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.counted}"

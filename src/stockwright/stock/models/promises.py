"""Units promised to orders, kept for somebody, and missing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stockwright.stock.models.levels import Level


class Commitment(models.Model):
    """Units of a level promised to an order line. Orders live above, so the line is named by its number alone."""

    line_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="commitments")
    units = models.IntegerField()
    # Units of this variant in one unit of the line: more than one only where the line is a kit.
    per_kit = models.IntegerField(default=1, db_default=1)
    # The line's place in the queue, kept here so that a lost promise goes back to where it stood.
    due_at = models.DateTimeField()
    placed_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_id", "level"], name="commitment_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="commitment_positive"),
        ]
        indexes = [models.Index(fields=["order_id"], name="commitment_of_order")]

    def __str__(self) -> str:
        return f"{self.units} for line {self.line_id}"


class Reservation(models.Model):
    """Units held for somebody who has not ordered yet, until a moment."""

    # Who holds it, in the holder's own words: "cart:eu:8842".
    holder = models.CharField(max_length=120)
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="reservations")
    units = models.IntegerField()
    reserved_until = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "level"], name="reservation_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="reservation_positive"),
        ]
        indexes = [models.Index(fields=["reserved_until"], name="reservation_expiry")]

    def __str__(self) -> str:
        return f"{self.units} for {self.holder}"


class Shortfall(models.Model):
    """Units an order line asked for that nobody could promise: said aloud instead of clamped.

    For a kit there is a row per missing component; the line's own units are in `OrderLine`.
    """

    class Kind(models.TextChoices):
        # The shop had promised to stop selling: a channel sold what was not there.
        OVERSOLD = "oversold", _("oversold")
        BACKORDERED = "backordered", _("on backorder")
        PREORDERED = "preordered", _("pre-ordered")
        # Promised before, then lost by a count, damage or transfer.
        LOST = "lost", _("lost after promise")

    line_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="shortfalls")
    units = models.IntegerField()
    # As in Commitment.
    per_kit = models.IntegerField(default=1, db_default=1)
    kind = models.CharField(max_length=11, choices=Kind)
    # Who is served first when goods arrive: the earliest promise, then the earliest order.
    due_at = models.DateTimeField()
    placed_at = models.DateTimeField()
    since = models.DateTimeField()
    # From the arrival that will bring it; null when nothing is on its way.
    promised_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_id", "variant"], name="shortfall_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="shortfall_positive"),
        ]
        indexes = [
            models.Index(fields=["variant", "due_at", "placed_at", "line_id"], name="shortfall_queue"),
            models.Index(fields=["order_id"], name="shortfall_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.variant_id} short on line {self.line_id}"

"""What the ledger and the promises add up to, and where they do not."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stockwright.stock.models.places import Bin, Location


class Level(models.Model):
    """How many units of a variant a location has, and what they are promised to.

    Each number is a sum of other rows: on_hand, damaged, quality_control of movements; committed of commitments;
    reserved of reservations; incoming of arrivals. The CHECKs are the last line: no code can oversell, not even wrong code.
    """

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0, db_default=0)
    damaged = models.IntegerField(default=0, db_default=0)
    quality_control = models.IntegerField(default=0, db_default=0)
    committed = models.IntegerField(default=0, db_default=0)
    reserved = models.IntegerField(default=0, db_default=0)
    safety_stock = models.IntegerField(default=0, db_default=0)
    incoming = models.IntegerField(default=0, db_default=0)
    available = models.GeneratedField(
        expression=F("on_hand")
        - F("damaged")
        - F("quality_control")
        - F("committed")
        - F("reserved")
        - F("safety_stock"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    bin = models.ForeignKey(Bin, on_delete=models.SET_NULL, null=True, related_name="+")
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="level_once"),
            models.CheckConstraint(
                condition=Q(damaged__gte=0, quality_control__gte=0, committed__gte=0, reserved__gte=0),
                name="level_parts_not_negative",
            ),
            models.CheckConstraint(condition=Q(safety_stock__gte=0, incoming__gte=0), name="level_policy_not_negative"),
            # What is promised is really there and fit to sell.
            models.CheckConstraint(
                condition=Q(on_hand__gte=F("damaged") + F("quality_control") + F("committed") + F("reserved")),
                name="level_never_oversold",
            ),
        ]
        indexes = [models.Index(fields=["location", "variant"], name="level_by_location")]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.on_hand}"


class Difference(models.Model):
    """A number that does not agree with what it is made of, found by reconciling; open until repaired or gone."""

    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="differences")
    # Which column: on_hand, damaged, quality_control, committed, reserved, incoming; or misplaced, units whose
    # portions differ, of which there ought to be none.
    part = models.CharField(max_length=16)
    stored = models.IntegerField()
    derived = models.IntegerField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "part"], name="difference_open_once", condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.stored} stored, {self.derived} derived"

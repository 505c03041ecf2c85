"""Units going from place to place, and what of them lies in which lot and bin."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stockwright.stock.models.places import Bin, Location


class Lot(models.Model):
    """Units of a variant that came together."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=80)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["variant", "code"], name="lot_once")]

    def __str__(self) -> str:
        return self.code


class Condition(models.TextChoices):
    """What shape units are in; only sellable ones can be promised."""

    SELLABLE = "sellable", _("sellable")
    DAMAGED = "damaged", _("damaged")
    QUALITY_CONTROL = "quality_control", _("quality control")


class Reason(models.TextChoices):
    """Why units moved."""

    OPENING = "opening", _("opening balance")
    RECEIVED = "received", _("received")
    SHIPPED = "shipped", _("shipped")
    RETURNED = "returned", _("returned by customer")
    MOVED = "moved", _("moved")
    TRANSFER_OUT = "transfer_out", _("sent to another location")
    TRANSFER_IN = "transfer_in", _("came from another location")
    COUNTED = "counted", _("count variance")
    ADJUSTED = "adjusted", _("adjusted")
    SCRAPPED = "scrapped", _("scrapped")
    QUARANTINED = "quarantined", _("put under quality control")
    RELEASED = "released", _("released for sale")
    DAMAGED = "damaged", _("found damaged")
    WRITTEN_OFF = "written_off", _("written off")
    CHANNEL = "channel", _("set by a file or channel")
    REPAIR = "repair", _("repair of a difference")


class Movement(models.Model):
    """Units going from one place and condition to another: append-only, double entry, partitioned by month.

    The database's key is (id, occurred_at).
    """

    id = models.BigAutoField(primary_key=True)
    variant = models.ForeignKey("catalog.Variant", on_delete=models.DO_NOTHING, related_name="+")
    units = models.PositiveIntegerField()
    from_location = models.ForeignKey(Location, on_delete=models.DO_NOTHING, related_name="+")
    from_condition = models.CharField(max_length=15, choices=Condition)
    to_location = models.ForeignKey(Location, on_delete=models.DO_NOTHING, related_name="+")
    to_condition = models.CharField(max_length=15, choices=Condition)
    from_bin = models.ForeignKey(Bin, on_delete=models.DO_NOTHING, null=True, related_name="+")
    to_bin = models.ForeignKey(Bin, on_delete=models.DO_NOTHING, null=True, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.DO_NOTHING, null=True, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason)
    # What caused it, as (type, id): ("order", 12), ("transfer", 3), ("count", 9).
    reference_type = models.CharField(max_length=40, blank=True)
    reference_id = models.BigIntegerField(null=True)
    note = models.TextField(blank=True)
    unit_cost = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    actor = models.CharField(max_length=80)
    call = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "stock_movement"

    def __str__(self) -> str:
        return f"{self.units} of {self.variant_id}: {self.from_location_id} to {self.to_location_id} ({self.reason})"


class Portion(models.Model):
    """Units of a level that lie in a lot, in a bin, or both: a cached sum of movements, kept with them.

    Written under the locks of the variant's levels. What lies in neither has no row.
    """

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    condition = models.CharField(max_length=15, choices=Condition)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, related_name="+")
    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, null=True, related_name="+")
    units = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "location", "condition", "lot", "bin"], name="portion_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(units__gt=0), name="portion_positive"),
            models.CheckConstraint(condition=Q(lot__isnull=False) | Q(bin__isnull=False), name="portion_somewhere"),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.variant_id} in lot {self.lot_id}, bin {self.bin_id}"


class Reversal(models.Model):
    """A movement that was posted the other way round, so that nobody does it twice."""

    movement_id = models.BigIntegerField(primary_key=True)
    # Of the action that did it; its movements are the other way round.
    call = models.UUIDField(db_index=True)

    def __str__(self) -> str:
        return f"{self.movement_id} reversed"

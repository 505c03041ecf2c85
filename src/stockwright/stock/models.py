"""Where every unit is: the ledger of movements, and the levels and promises that it adds up to.

Only stock.actions writes these tables. Other rooms read through stock.queries.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
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

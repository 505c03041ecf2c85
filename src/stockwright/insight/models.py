"""Numbers by day, and the daily facts of stock that no other table remembers."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from stockwright.insight.rules import Period


class KpiDay(models.Model):
    """One KPI on one business day in one channel: two sums, never a quotient, so that days add up to any period."""

    kpi = models.CharField(max_length=60)
    day = models.DateField()
    # 0 where the KPI knows no channels.
    channel_id = models.BigIntegerField(default=0)
    numerator = models.DecimalField(max_digits=24, decimal_places=4)
    denominator = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kpi", "day", "channel_id"], name="kpi_day_once")]

    def __str__(self) -> str:
        return f"{self.kpi} on {self.day}"


class SourceCount(models.Model):
    """How far a source of KPIs has been counted, and under which contracts."""

    source = models.CharField(max_length=60, primary_key=True)
    # Of the contracts' versions and the shop's time zone: when it differs, every day is counted anew.
    fingerprint = models.CharField(max_length=64)
    # Whatever changed before this instant is in the sums.
    counted_until = models.DateTimeField()
    # When that was done, on the clock: what pages show.
    counted_at = models.DateTimeField()
    # Days that were not counted yet under these contracts, as [first, last], oldest first: the newest are counted first.
    to_count = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.source

    @property
    def history(self) -> list[Period]:
        """The days still to be counted."""
        return [Period(date.fromisoformat(first), date.fromisoformat(last)) for first, last in self.to_count]


class KpiTarget(models.Model):
    """What the shop wants a KPI to be, where it differs from the contract's own target."""

    kpi = models.CharField(max_length=60, primary_key=True)
    # Null: no target at all.
    target = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    def __str__(self) -> str:
        return self.kpi


class StockDay(models.Model):
    """All stock at the end of one business day, as sums: a row a day, however many SKUs there are."""

    day = models.DateField(primary_key=True)
    # Stocked variants on sale that had a level; and those of them with nothing available.
    skus_offered = models.IntegerField()
    skus_out = models.IntegerField()
    units = models.BigIntegerField()
    # At cost, in the shop's currency; units without a known cost add nothing and are counted apart.
    value = models.DecimalField(max_digits=20, decimal_places=4)
    units_without_cost = models.BigIntegerField()
    # Of the goods that went to customers on the day less those that came back, at cost.
    cost_of_goods = models.DecimalField(max_digits=20, decimal_places=4)
    # Derived from the ledger afterwards: promises and safety stock of that evening are unknown, so "out" is
    # "no sellable unit" there.
    from_ledger = models.BooleanField()
    closed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["closed_at"], name="stockday_closed")]

    def __str__(self) -> str:
        return str(self.day)


class StockoutSpell(models.Model):
    """A run of days at whose end a variant had nothing available."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE, related_name="+")
    since = models.DateField()
    # The last such day; null while it lasts.
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "since"], name="spell_once"),
            models.UniqueConstraint(fields=["variant"], name="spell_open_once", condition=Q(until__isnull=True)),
        ]
        indexes = [models.Index(fields=["until", "since"], name="spell_by_end")]

    def __str__(self) -> str:
        return f"{self.variant_id} out since {self.since}"

"""What customers ordered. Only orders.actions writes these tables; other rooms read through orders.queries."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from stockwright.orders.states import CancelReason, Fulfilment, HoldReason, Payment, Return


class Channel(models.Model):
    """Where orders come from: a store, a marketplace, the telephone."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    # "shopify", "woocommerce", "magento", "file", "manual": who knows how to talk to it.
    kind = models.CharField(max_length=40, default="manual")
    currency = models.CharField(max_length=3)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Somebody who buys."""

    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    note = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    created_at = models.DateTimeField()
    search = models.GeneratedField(
        expression=SearchVector("name", "email", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        constraints = [
            # Two orders placed at the same moment by a new customer make one row; empty is allowed many times.
            models.UniqueConstraint(Upper("email"), name="customer_email_once", condition=~Q(email="")),
        ]
        indexes = [GinIndex(fields=["search"], name="customer_search")]

    def __str__(self) -> str:
        return self.name or self.email or f"#{self.pk}"


class Order(models.Model):
    """One order. Money columns are in the order's currency; `total_shop` is the total in the shop's."""

    # The foreign keys of orders and lines have no index of their own: longer ones below begin with the same column.
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="orders", db_index=False)
    # As people say it: "#1042", "536365". Unique within a channel.
    number = models.CharField(max_length=80)
    # What the channel calls it, the version it last told, and a digest of what it said then: the same again changes
    # nothing, an older version is superseded.
    external_id = models.CharField(max_length=200, blank=True, db_default="")
    version = models.CharField(max_length=64, blank=True, db_default="")
    content_hash = models.CharField(max_length=32, blank=True, db_default="")
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, related_name="orders", db_index=False)
    email = models.CharField(max_length=254, blank=True)
    customer_name = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField()
    # The instant by which it is promised to leave; null for history.
    ship_by = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    # Units of the shop's currency for one of the order's, on the day it was placed.
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1)
    subtotal = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    discount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    shipping = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    fees = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    # Prices, and so the total, contain the tax already.
    taxes_included = models.BooleanField(default=False, db_default=False)
    tax = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    total = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    total_shop = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    paid = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    refunded = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    payment = models.CharField(max_length=20, default=Payment.PENDING, choices=[(s.value, s.value) for s in Payment])
    fulfilment = models.CharField(
        max_length=10, default=Fulfilment.OPEN, choices=[(s.value, s.value) for s in Fulfilment]
    )
    returned = models.CharField(max_length=10, default=Return.NONE, choices=[(s.value, s.value) for s in Return])
    # Kept from Hold rows by the actions, so that lists filter without joining: how many holds are live.
    holds = models.PositiveSmallIntegerField(default=0)
    # Kept from stock's decisions likewise: units that nobody could promise.
    short_units = models.IntegerField(default=0)
    # Goods lines whose SKU the catalogue does not know: nothing can be promised for them yet. One without a SKU is a
    # custom item, which leaves without stock.
    unmapped_lines = models.PositiveSmallIntegerField(default=0, db_default=0)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(
        max_length=10, blank=True, db_default="", choices=[(r.value, r.value) for r in CancelReason]
    )
    fulfilled_at = models.DateTimeField(null=True)
    # Imported as something already done: commits no stock and is promised to nobody.
    is_history = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)
    risk = models.CharField(max_length=10, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    note = models.TextField(blank=True)
    shipping_method = models.CharField(max_length=120, blank=True)
    # ISO 3166 two letters, or the word the source used when it is none.
    country = models.CharField(max_length=40, blank=True)
    shipping_address = models.JSONField(default=dict)
    billing_address = models.JSONField(default=dict)
    discounts = models.JSONField(default=list)
    taxes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    search = models.GeneratedField(
        expression=SearchVector("number", "customer_name", "email", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="order_number_once"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="order_rate_positive"),
            models.CheckConstraint(condition=Q(short_units__gte=0), name="order_short_not_negative"),
        ]
        indexes = [
            # The lists: everything by time; and what is still to do, by promise.
            models.Index(fields=["-placed_at", "-id"], name="order_recent"),
            models.Index(
                fields=["ship_by", "id"],
                name="order_to_ship",
                condition=Q(fulfilment__in=["open", "partial"], is_history=False),
            ),
            models.Index(fields=["-placed_at"], name="order_held", condition=Q(holds__gt=0)),
            models.Index(fields=["-placed_at"], name="order_short", condition=Q(short_units__gt=0)),
            models.Index(fields=["-placed_at"], name="order_unmapped", condition=Q(unmapped_lines__gt=0)),
            models.Index(fields=["channel", "external_id"], name="order_external", condition=~Q(external_id="")),
            models.Index(fields=["customer", "-placed_at"], name="order_of_customer"),
            models.Index(fields=["channel", "-placed_at"], name="order_of_channel"),
            models.Index(OpClass(Upper("number"), "text_pattern_ops"), name="order_number_prefix"),
            GinIndex(fields=["search"], name="order_search"),
            # Most orders have none: they cost nothing while they are placed.
            GinIndex(fields=["tags"], name="order_tagged", condition=~Q(tags=[])),
            # What changed lately and what was due on some days: a few pages each, as rows lie roughly in that order.
            BrinIndex(fields=["updated_at"], name="order_changed", autosummarize=True, pages_per_range=32),
            BrinIndex(fields=["ship_by"], name="order_due", autosummarize=True, pages_per_range=32),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """A line of an order: goods, or a fee, shipping or discount that the source wrote as a line."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("goods")
        FEE = "fee", _("fee")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.GOODS)
    # Null while the SKU is not known to the catalogue: it can't be promised until it is mapped.
    variant = models.ForeignKey(
        "catalog.Variant", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    sku = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=300, blank=True)
    # As ordered, after edits; what was taken away again is in `cancelled`.
    units = models.IntegerField()
    cancelled = models.IntegerField(default=0)
    # How many were when people last took units away here: so many stay cancelled, whatever the channel tells.
    cancelled_here = models.IntegerField(default=0, db_default=0)
    fulfilled = models.IntegerField(default=0)
    returned = models.IntegerField(default=0)
    # Of those that came back, the ones somebody received: a channel tells of returns before they are here.
    received = models.IntegerField(default=0, db_default=0)
    unit_price = models.DecimalField(max_digits=18, decimal_places=4)
    discount = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    tax = models.DecimalField(max_digits=18, decimal_places=4, default=0)
    # units x unit_price - discount, in the order's currency, tax apart.
    total = models.DecimalField(max_digits=18, decimal_places=4)
    # Of one unit, in the shop's currency, when it was ordered: what cost of goods sold is made of.
    unit_cost = models.DecimalField(max_digits=16, decimal_places=4, null=True)
    requires_shipping = models.BooleanField(default=True)
    fulfilled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(kind="fee") | Q(units__gte=0), name="line_units_positive"),
            models.CheckConstraint(
                condition=Q(kind="fee")
                | Q(cancelled__gte=0, fulfilled__gte=0, returned__gte=0, units__gte=F("cancelled") + F("fulfilled")),
                name="line_parts_fit",
            ),
            models.CheckConstraint(
                condition=Q(kind="fee") | Q(fulfilled__gte=F("returned"), returned__gte=F("received"), received__gte=0),
                name="line_returns_fit",
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "-order"], name="line_of_variant"),
            models.Index(fields=["sku"], name="line_unmapped", condition=Q(variant__isnull=True, kind="goods")),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.sku}"


class Hold(models.Model):
    """A reason to wait. Several may be live at once; each is released by itself."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="hold_rows")
    reason = models.CharField(max_length=40, choices=[(r.value, r.value) for r in HoldReason])
    # Who placed it, so that a program releases its own and nobody else's.
    handle = models.CharField(max_length=60, default="person")
    note = models.TextField(blank=True)
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "reason", "handle"], name="hold_live_once", condition=Q(released_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["placed_at"], name="hold_live", condition=Q(released_at__isnull=True))]

    def __str__(self) -> str:
        return self.reason


class PaymentEntry(models.Model):
    """Money that came or went: a capture, a refund."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        REFUND = "refund", _("refund")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    kind = models.CharField(max_length=7, choices=Kind)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3)
    gateway = models.CharField(max_length=80, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    # By the channel: such entries follow what it tells; people's own stay.
    told = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "orders_payment"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"

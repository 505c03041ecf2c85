"""What came in raw, and what must go out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class InboxMessage(models.Model):
    """A payload from outside, stored before it is understood. Never deleted by the flow, only settled."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        APPLIED = "applied", _("applied")
        SUPERSEDED = "superseded", _("superseded")
        QUARANTINED = "quarantined", _("quarantined")

    # Who sent it: "shopify:eu", "file:12", "api:3".
    source = models.CharField(max_length=80)
    # What it is, and so which handler takes it: "order.place", "product.describe".
    topic = models.CharField(max_length=80)
    external_id = models.CharField(max_length=200, blank=True)
    # Sorts within one external_id: an update time or a sequence number as text; empty when the source has none.
    version = models.CharField(max_length=64, blank=True)
    # The same delivery twice is one message.
    dedupe_key = models.CharField(max_length=200)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PENDING, db_default=State.PENDING)
    settled_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    call = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "topic", "dedupe_key"], name="inbox_delivered_once"),
        ]
        indexes = [
            # Only what waits: the index stays small however many messages were ever settled.
            models.Index(fields=["topic", "id"], name="inbox_waiting", condition=Q(state="pending")),
            models.Index(fields=["-id"], name="inbox_quarantine", condition=Q(state="quarantined")),
            models.Index(fields=["topic", "external_id"], name="inbox_external"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.external_id} from {self.source}"


class OutboxEffect(models.Model):
    """Something that must happen outside because of an action; delivered by a job deferred with it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        QUARANTINED = "quarantined", _("quarantined")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(max_length=80)
    # Told to the other side, so that a second delivery of the same effect is recognised there.
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField()
    # Effects with the same lock go out one at a time, in order; empty means no order.
    lock = models.CharField(max_length=200, blank=True)
    call = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.WAITING, db_default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, db_default="")
    answer = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="outbox_waiting", condition=Q(state="waiting")),
            models.Index(fields=["-id"], name="outbox_quarantine", condition=Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"

"""Every action that was performed, once."""

from __future__ import annotations

from django.db import models


class ActionCall(models.Model):
    """One performed action: who, what, with what input, and what came of it."""

    # Made in Python (UUIDv7, so in order of time): journal rows name the call before it is written.
    id = models.UUIDField(primary_key=True)
    action = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    # Unique per actor: two clients may choose the same key without meeting.
    key = models.CharField(max_length=200, null=True)
    input_hash = models.CharField(max_length=64)
    given = models.JSONField()
    result = models.JSONField(null=True)
    performed_at = models.DateTimeField()
    parent = models.UUIDField(null=True)
    undone_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "action", "key"], name="call_key_once")]
        indexes = [
            models.Index(fields=["-performed_at"], name="call_recent"),
            models.Index(fields=["action", "-performed_at"], name="call_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or self.actor}"

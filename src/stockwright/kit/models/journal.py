"""The journal: facts in the past tense. Both tables are partitioned by month in the database."""

from __future__ import annotations

from django.db import models


class JournalEvent(models.Model):
    """One fact. The database's key is (id, occurred_at), as partitions demand; ids are unique by themselves (UUIDv7)."""

    id = models.UUIDField(primary_key=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    # The ActionCall; no foreign key, so that old partitions can be archived alone.
    call = models.UUIDField(null=True)
    reason = models.TextField(blank=True)
    data = models.JSONField()

    class Meta:
        managed = False
        db_table = "kit_journalevent"

    def __str__(self) -> str:
        return f"{self.kind} at {self.occurred_at:%Y-%m-%d %H:%M}"


class JournalObject(models.Model):
    """A record that an event touched, in a role: what timelines and the process map read."""

    pk = models.CompositePrimaryKey("event_id", "type", "object_id", "role")
    event_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    role = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "kit_journalobject"

    def __str__(self) -> str:
        return f"{self.type} {self.object_id} ({self.role})"

"""What needs doing, who decided what about it, and when each watcher last looked."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from stockwright.today.states import LIVE, State


class Proposal(models.Model):
    """An action filled in, with the reason, the evidence and the money at stake."""

    # Of its watcher: "orders.late".
    kind = models.CharField(max_length=60)
    # The record it is about, as the journal names records; `group` tells several about one subject apart.
    subject_type = models.CharField(max_length=40)
    # 0: a group of records rather than one.
    subject_id = models.BigIntegerField()
    group = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=10, default=State.OPEN, choices=[(s.value, s.value) for s in State])
    title = models.CharField(max_length=300)
    reason = models.TextField()
    # Lists of {label, value, url} and {title, action, given}; the picture as in kit.proposals.
    evidence = models.JSONField(default=list)
    alternatives = models.JSONField(default=list)
    picture = models.JSONField(null=True)
    # Empty where there is nothing to do but look.
    action = models.CharField(max_length=80, blank=True)
    given = models.JSONField(default=dict)
    # Of a group: the records it is about. One more than when it was dismissed is worth asking again.
    members = ArrayField(models.BigIntegerField(), default=list)
    url = models.CharField(max_length=300, blank=True)
    # In the shop's currency, and how it was computed, in words.
    value = models.DecimalField(max_digits=18, decimal_places=4)
    how = models.TextField(blank=True)
    confidence = models.DecimalField(max_digits=4, decimal_places=3)
    deadline = models.DateTimeField(null=True)
    # Money expected to be lost per hour of waiting, when it was last looked at (today.rules).
    per_hour = models.DecimalField(max_digits=18, decimal_places=4)
    roles = ArrayField(models.CharField(max_length=20), default=list)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    snoozed_until = models.DateTimeField(null=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    # When its facts were gone from the watcher's sight. A decided one without it keeps its successor quiet.
    gone_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # An actor's code and name, as actions remember them.
    decided_by = models.CharField(max_length=80, blank=True)
    decided_name = models.CharField(max_length=200, blank=True)
    # Why it was dismissed, or the refusal that made it fail.
    why = models.TextField(blank=True)
    # What was at stake when it was decided: twice as much is worth asking again.
    decided_value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    # The call of the action that was applied, for undo.
    applied_call = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id", "group"],
                name="proposal_live_once",
                condition=Q(state__in=[s.value for s in LIVE]),
            ),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="proposal_confidence_share"),
        ]
        indexes = [
            # The list, in its order; and the same per kind, for tabs.
            models.Index(
                fields=["-per_hour", "deadline", "-value", "id"], name="proposal_open", condition=Q(state__in=["open", "failed"])
            ),
            models.Index(fields=["kind", "state"], name="proposal_live", condition=Q(state__in=[s.value for s in LIVE])),
            models.Index(
                fields=["kind", "subject_type", "subject_id"], name="proposal_quiet",
                condition=Q(state__in=["applied", "edited", "dismissed"], gone_at__isnull=True),
            ),
            models.Index(fields=["kind", "-decided_at"], name="proposal_decided", condition=Q(decided_at__isnull=False)),
            models.Index(fields=["subject_type", "subject_id"], name="proposal_of_record"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class WatcherRun(models.Model):
    """The last look of a watcher: what it saw in all, beyond what fits on the list."""

    kind = models.CharField(max_length=60, primary_key=True)
    looked_at = models.DateTimeField()
    seconds = models.FloatField()
    shown = models.IntegerField()
    total = models.IntegerField()
    total_value = models.DecimalField(max_digits=18, decimal_places=4)
    # A defect in one watcher never stops the others; it is said here.
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.kind

"""Files that came in: what was asked, how far it is, what was wrong with which row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stockwright.channels.states import UNFINISHED, ImportState


class ImportMapping(models.Model):
    """What the columns of one kind of file mean, as `channels.files.mapped.Mapping`."""

    name = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10)
    spec = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class Import(models.Model):
    """One file on its way in. Its messages in the inbox have the source `file:<id>`."""

    STATES = (
        (ImportState.WAITING.value, _("waiting")),
        (ImportState.READING.value, _("reading")),
        (ImportState.APPLYING.value, _("applying")),
        (ImportState.DONE.value, _("done")),
        (ImportState.CANCELLED.value, _("cancelled")),
        (ImportState.FAILED.value, _("failed")),
    )

    # A format's code, or "mapping:<name>".
    kind = models.CharField(max_length=80)
    name = models.CharField(max_length=255)
    file = models.ForeignKey("kit.StoredFile", on_delete=models.PROTECT, related_name="+")
    # As it was when the import began: the mapping may be changed meanwhile.
    mapping = models.JSONField(null=True)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=STATES, default=ImportState.WAITING)
    error = models.TextField(blank=True)
    # How many of the reader's items are settled: where a reader that was killed goes on. Written together with what
    # came of them.
    position = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    # Of the file; the reader's estimate until it is through.
    rows_expected = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    new = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected_records = models.BigIntegerField(default=0)
    rejected_rows = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)
    notes = models.JSONField(default=list)
    # What has to be said of it beside its counts, with how often: `channels.imports.remarks`.
    remarks = models.JSONField(default=dict)
    # Locations (their numbers) whose stock it told, and by what it would tell the same again: the file, and how it is
    # read. Empty where it was asked to set stock again.
    places = models.JSONField(default=list)
    telling = models.CharField(max_length=64, blank=True)
    columns = models.JSONField(default=list)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    # The last sign of life of whoever reads it.
    seen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="import_recent"),
            models.Index(
                fields=["seen_at"], name="import_unfinished", condition=Q(state__in=sorted(s.value for s in UNFINISHED))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def absorbed(self) -> int:
        """Records that went into others: credits matched with the orders they give back."""
        return self.records - self.new - self.changed - self.unchanged - self.rejected_records

    @property
    def source(self) -> str:
        """What its messages in the inbox are from."""
        return f"file:{self.pk}"


class ImportReject(models.Model):
    """A record that did not go in: the cell that is to blame, and all its rows as they were."""

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField()
    column = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True)
    reason = models.TextField()
    # The record, in the file's own words: an order's number, a SKU.
    key = models.CharField(max_length=200, blank=True)
    # Pairs of a line and its cells.
    rows = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["run", "line"], name="reject_of_import")]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"

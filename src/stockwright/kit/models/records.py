"""Small tables that several rooms lean on."""

from __future__ import annotations

from django.db import models


class Setting(models.Model):
    """One business setting by name, typed by its pydantic class in kit.business."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ExternalRef(models.Model):
    """What another system calls one of our records, and what it last said of it."""

    source = models.CharField(max_length=80)
    # Our type: "order", "product", "variant", "location", "customer".
    type = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    object_id = models.BigIntegerField()
    # Of the last payload applied: the same again changes nothing, an older version is superseded.
    content_hash = models.CharField(max_length=64, blank=True, db_default="")
    version = models.CharField(max_length=64, blank=True, db_default="")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "type", "external_id"], name="external_once")]
        indexes = [models.Index(fields=["type", "object_id"], name="external_of_record")]

    def __str__(self) -> str:
        return f"{self.source} {self.type} {self.external_id}"


class StoredFile(models.Model):
    """A file that was given to us or made by us; the bytes lie in Django's storage under its digest."""

    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    bytes = models.BigIntegerField()
    path = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        # Given twice, and be it at the same moment, it is one file.
        constraints = [models.UniqueConstraint(fields=["digest", "name"], name="file_once")]

    def __str__(self) -> str:
        return self.name

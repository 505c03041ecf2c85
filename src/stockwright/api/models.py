"""What the door itself remembers."""

from __future__ import annotations

from django.db import models


class RateBucket(models.Model):
    """How many requests a caller has left. Unlogged: after a crash everybody begins with a full bucket."""

    # "key:7", "person:3", or "guess:<address>" for wrong keys.
    caller = models.CharField(max_length=100, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.caller}: {self.tokens:.0f}"

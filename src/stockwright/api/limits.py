"""Rate limits: a bucket of tokens a caller, in the database, so that all web processes share it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from stockwright.kit.bulk import execute, fetch
from stockwright.kit.errors import StockwrightError

# One statement: fill up for the time gone by, take one token if there is a whole one, and say what is left. A refused
# request takes nothing, so that waiting helps: its bucket is written less one, below zero, and read back plus one.
_TAKE = """
INSERT INTO api_ratebucket AS b (caller, tokens, filled_at)
VALUES (%(caller)s, %(size)s::float - 1, clock_timestamp())
ON CONFLICT (caller) DO UPDATE SET
    tokens = least(
        %(size)s::float,
        CASE WHEN b.tokens < 0 THEN b.tokens + 1 ELSE b.tokens END
        + greatest(0, extract(epoch FROM clock_timestamp() - b.filled_at)) * %(rate)s::float
    ) - 1,
    filled_at = clock_timestamp()
RETURNING tokens
"""


class TooMany(StockwrightError):
    """Too many requests; try again in {seconds} seconds."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left.

    Units: `reset` is seconds until the bucket is full again.
    """

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """As response headers."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def take(request: HttpRequest, caller: str, *, size: int | None = None, per_second: float | None = None) -> None:
    """Take one request out of the caller's bucket; the answer will carry what is left.

    Raises: TooMany.
    """
    size = size or settings.API_RATE_BURST
    rate = per_second or settings.API_RATE_PER_SECOND
    ((tokens,),) = fetch(_TAKE, {"caller": caller[:100], "size": size, "rate": rate})
    allowance = Allowance(size, max(0, math.floor(tokens)), math.ceil((size - max(tokens, 0)) / rate))
    request.allowance = allowance  # type: ignore[attr-defined]
    if tokens < 0:
        raise TooMany(seconds=max(1, math.ceil(1 / rate)))


def forget_idle() -> int:
    """Remove the buckets of callers not seen for a day.

    Units: how many.
    """
    return execute("DELETE FROM api_ratebucket WHERE filled_at < now() - interval '1 day'")

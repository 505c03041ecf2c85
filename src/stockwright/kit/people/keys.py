"""API keys: how they look, how they are kept, and who stands behind one."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from stockwright.kit.clock import now
from stockwright.kit.models import ApiKey

_SHAPE = re.compile(r"sw_[0-9a-z]{8}_[A-Za-z0-9_-]{43}", re.ASCII)
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_PREFIX_LENGTH = 11
# `last_used_at` is for people to see which keys are idle: not worth a write for every request.
_USE_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: what is shown once, and what is kept."""

    prefix: str
    secret: SecretStr
    digest: str


def new_key() -> NewKey:
    """A key of 256 random bits behind a prefix by which people tell their keys apart."""
    prefix = "sw_" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
    whole = f"{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(prefix, SecretStr(whole), digest_of(whole))


def digest_of(whole: str) -> str:
    """What is kept of a key: SHA-256; it is random enough to need no slow hash."""
    return hashlib.sha256(whole.encode()).hexdigest()


def find_key(whole: str) -> ApiKey | None:
    """The live key that somebody holds, with its person, or None: unknown, revoked, expired, person deactivated."""
    if not _SHAPE.fullmatch(whole):
        return None
    row = ApiKey.objects.select_related("person").filter(prefix=whole[:_PREFIX_LENGTH]).first()
    if row is None or not hmac.compare_digest(row.digest, digest_of(whole)):
        return None
    moment = now()
    if row.revoked_at or (row.expires_at and row.expires_at <= moment) or not row.person.is_active:
        return None
    if row.last_used_at is None or moment - row.last_used_at > _USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=moment)
    return row

"""Secrets of others (a store's token, a carrier's password) as they lie in the database: encrypted with the shop's own."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from stockwright.kit.errors import Unavailable

_PURPOSE = b"stockwright sealed values 1"


class Unreadable(Unavailable):
    """A stored secret was sealed with another shop secret: set STOCKWRIGHT_SECRET_KEY to that one, or enter it anew."""


def seal(text: str) -> str:
    """Encrypt and sign; the same text is sealed differently every time."""
    return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, with the present secret or one of the earlier ones (SECRET_KEY_FALLBACKS).

    Raises: Unreadable.
    """
    try:
        return _box(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise Unreadable from None


@lru_cache(maxsize=8)
def _box(*secrets: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    # A key of its own, so that a sealed value says nothing about what signs sessions.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(derived)

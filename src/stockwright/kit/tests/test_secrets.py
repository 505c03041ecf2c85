from __future__ import annotations

import logging
import sys
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from stockwright.kit.crypto import Unreadable, seal, unseal
from stockwright.kit.masking import MaskingFormatter, masked
from stockwright.kit.people.keys import digest_of, new_key


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_is_read_again(text: str):
    assert unseal(seal(text)) == text


def test_the_same_text_is_sealed_differently_every_time_and_shows_nothing():
    first, second = seal("shpat_secret"), seal("shpat_secret")
    assert first != second
    assert "shpat" not in first


def test_a_changed_or_foreign_seal_is_unreadable():
    sealed = seal("x")
    for broken in (sealed[:-2] + "AA", "", "nonsense", "\ud800"):
        with pytest.raises(Unreadable):
            unseal(broken)


def test_another_secret_can_not_read_it_unless_the_old_one_is_kept(settings: Settings):
    old = settings.SECRET_KEY
    sealed = seal("x")
    settings.SECRET_KEY = "another"
    with pytest.raises(Unreadable):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed) == "x"
    assert unseal(seal("y")) == "y"


# Always the same one: parallel test processes must agree about the names of the cases.
KEY = "sw_0a1b2c3d_" + "Sample-of-a-key_" * 2 + "0123456789a"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"called with {KEY} today", KEY[12:]),
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("GET /?token=abc123def&page=2", "abc123def"),
        ('{"password": "open sesame", "name": "Ada"}', "open sesame"),
        ("{'client_secret': 'xyz', 'n': 1}", "xyz"),
        ("password=hunter2 user=ada", "hunter2"),
        ("X-Shopify-Access-Token: shpat_0123", "shpat_0123"),
        ("postgresql://shop:p4ss@db.example/x failed", "p4ss"),
        ("GET /accounts/password/reset/key/3-c9abc-0123456789/", "c9abc-0123456789"),
        ("Cookie: sessionid=abcdefgh", "abcdefgh"),
    ],
)
def test_secrets_are_masked(line: str, secret: str):
    assert secret not in masked(line)
    assert "********" in masked(line)


@pytest.mark.parametrize(
    "line", ["order #1042 placed by Ada", "the token ring", "https://shop.example/orders/3", "passwords are long"]
)
def test_other_words_stay(line: str):
    assert masked(line) == line


def test_a_traceback_is_masked_too():
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter("%(message)s"))
    try:
        raise ValueError(f"refused {KEY}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "with %s", (KEY,), sys.exc_info())
        handler.handle(record)
    assert KEY not in stream.getvalue()
    assert "ValueError: refused sw_" in stream.getvalue()


def test_the_shop_logs_through_the_mask():
    formatter = next(h.formatter for h in logging.getLogger().handlers if isinstance(h.formatter, MaskingFormatter))
    assert KEY not in formatter.format(logging.LogRecord("x", logging.INFO, "", 1, KEY, (), None))


def test_a_key_has_a_prefix_for_people_and_a_hash_for_us():
    made = new_key()
    whole = made.secret.get_secret_value()
    assert whole.startswith(f"{made.prefix}_sw"[:11])
    assert made.digest == digest_of(whole)
    assert whole not in repr(made)

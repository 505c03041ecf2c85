from __future__ import annotations

import os

import pytest

from stockwright.cli.address import refuse_nameless, tell_url
from stockwright.kit.embedded.errors import SetupError


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what a test leaves behind is taken back.
    for name in ("STOCKWRIGHT_HOSTS", "STOCKWRIGHT_URL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "shop.example"])  # noqa: S104 - nothing listens
def test_beyond_this_machine_the_shops_names_must_be_said(host: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SetupError, match=r"STOCKWRIGHT_HOSTS=shop\.example\.com"):
        refuse_nameless(host)
    monkeypatch.setenv("STOCKWRIGHT_HOSTS", "shop.example")
    refuse_nameless(host)
    tell_url(host, 8000)
    assert "STOCKWRIGHT_URL" not in os.environ


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:8123"), ("::1", "http://[::1]:8123")])
def test_on_this_machine_links_lead_to_its_own_server(host: str, url: str):
    refuse_nameless(host)
    tell_url(host, 8123)
    assert os.environ["STOCKWRIGHT_URL"] == url
    tell_url(host, 9)
    assert os.environ["STOCKWRIGHT_URL"] == url

from __future__ import annotations

from pathlib import Path

import pytest

from stockwright.cli import reference
from stockwright.kit.actions import all_actions
from stockwright.kit.rooms import load_rooms

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "actions.md"


def test_the_reference_of_all_actions_is_what_the_command_writes(monkeypatch: pytest.MonkeyPatch):
    load_rooms()
    # Other tests of the same run register verbs of their own.
    shipped = [verb for verb in all_actions() if ".tests." not in verb.handler.__module__]
    monkeypatch.setattr(reference, "all_actions", lambda: shipped)
    assert PAGE.read_text() == reference.actions_page(), "stockwright do --list --markdown > docs/reference/actions.md"

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stockwright.kit.business import forget_settings


@pytest.fixture(autouse=True)
def _settings_of_this_test_alone() -> Iterator[None]:
    """What a process remembers of the settings outlives the test's transaction."""
    forget_settings()
    yield
    forget_settings()

"""What every test has; the server comes from the plugin `stockwright.kit.embedded.testing`."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from stockwright.kit.clock import now
from stockwright.kit.partitions import PARTITIONED, ensure_months
from stockwright.kit.tests import as_migrated

# A shared, busy machine is slow at times: time limits per example would make the same test pass and fail.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("STOCKWRIGHT_HYPOTHESIS", "default"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:  # noqa: ARG001  (made first)
    """Make the partitions of the months that tests live in, as a worker does; each test would else wait to make its own."""
    with django_db_blocker.unblock():
        for table in PARTITIONED:
            ensure_months(table, now() - timedelta(days=400), now() + timedelta(days=100))
        as_migrated.install()

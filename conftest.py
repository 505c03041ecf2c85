"""What every test has; the server comes from the plugin `stockwright.kit.embedded.testing`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from stockwright.kit.bulk import fetch
from stockwright.kit.clock import now
from stockwright.kit.partitions import PARTITIONED, ensure_months
from stockwright.kit.tests import as_migrated

# A shared, busy machine is slow at times: time limits per example would make the same test pass and fail.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("STOCKWRIGHT_HYPOTHESIS", "default"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:  # noqa: ARG001  (made first)
    """Make the partitions of the months that tests live in, as a worker does; each test would else wait to make its own.

    At the end, sessions of threads that are gone are ended: the database could not be dropped beside them.
    """
    with django_db_blocker.unblock():
        for table in PARTITIONED:
            ensure_months(table, now() - timedelta(days=400), now() + timedelta(days=100))
        as_migrated.install()
    yield
    with django_db_blocker.unblock():
        for query, _ended in fetch(
            "SELECT query, pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ):
            sys.stderr.write(f"A test left a session behind, whose last word was: {query[:200]}\n")

"""A pytest plugin: one PostgreSQL per test run, in a home folder of its own that is removed at the end.

It is loaded by `-p` in pyproject.toml, since the address must stand in the environment before pytest-django reads
the settings. Where STOCKWRIGHT_DATABASE_URL is set, the run uses that server and starts none.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from stockwright.kit.embedded.database import DATABASE_NAME, create_database, outside_url
from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.embedded.server import EmbeddedPostgres

# Short: the path of the socket must fit into the system's limit.
_PREFIX = "sw-test-"
# A test database is thrown away, so a power cut may cost it; with two cores a small server is the faster one.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
}
_KEY = pytest.StashKey[contextlib.ExitStack]()


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def _prepare() -> Path | None:
    """Choose this run's home and tell the settings of it; workers and children inherit the choice."""
    if _is_worker():
        return None
    made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # Here and not in a hook: a run that ends before it has begun leaves nothing either.
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    os.environ["STOCKWRIGHT_HOME"] = str(made)
    if outside_url() is None:
        os.environ["STOCKWRIGHT_DATABASE_URL"] = EmbeddedPostgres(made).url(DATABASE_NAME)
    return made


_HOME = _prepare()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server, unless this run only lists tests, is a worker of another, or was given a server."""
    if _HOME is None or session.config.option.collectonly:
        return
    server = EmbeddedPostgres(_HOME, extra_conf=_FAST)
    if os.environ["STOCKWRIGHT_DATABASE_URL"] != server.url(DATABASE_NAME):
        return
    _sweep()
    stack = contextlib.ExitStack()
    stack.enter_context(server.lease())
    session.config.stash[_KEY] = stack
    create_database(server)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server of this run."""
    stack = config.stash.get(_KEY, None)
    if stack is not None:
        stack.close()


def _sweep() -> None:
    """Stop and remove what runs that were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = folder / "run" / "users.lock"
        if folder == _HOME or not lock.exists():
            continue
        with contextlib.suppress(SetupError, OSError):
            if EmbeddedPostgres(folder).stop_if_unused():
                shutil.rmtree(folder, ignore_errors=True)

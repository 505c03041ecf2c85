"""The database: PostgreSQL from a wheel for one machine, or an outside server by its address."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stockwright.kit.embedded.errors import SetupError

if TYPE_CHECKING:
    from stockwright.kit.embedded.database import (
        DATABASE_NAME,
        connection_settings,
        database_url,
        ensure_database,
        lease,
        outside_url,
    )
    from stockwright.kit.embedded.server import EmbeddedPostgres

__all__ = [
    "DATABASE_NAME",
    "EmbeddedPostgres",
    "SetupError",
    "connection_settings",
    "database_url",
    "ensure_database",
    "lease",
    "outside_url",
]


def __getattr__(name: str) -> Any:
    """Load the rest at first use: the command line's help must not wait for the database driver."""
    if name not in __all__:
        raise AttributeError(name)
    where = "server" if name == "EmbeddedPostgres" else "database"
    return getattr(import_module(f"{__name__}.{where}"), name)

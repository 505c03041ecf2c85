"""The database: PostgreSQL from a wheel for one machine, or an outside server by its address."""

from __future__ import annotations

from stockwright.kit.embedded.database import (
    DATABASE_NAME,
    connection_settings,
    database_url,
    ensure_database,
    lease,
    outside_url,
)
from stockwright.kit.embedded.errors import SetupError
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

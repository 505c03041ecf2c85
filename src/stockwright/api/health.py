"""Whether this process can serve: for load balancers and whoever watches the shop."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from stockwright.kit.bulk import fetch

log = logging.getLogger(__name__)

# A worker says that it lives every ten seconds.
_SILENT_AFTER = 45


@csrf_exempt
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 where the database answers and has the code's schema, else 503.

    A silent worker is told, and is no reason to take the pages away.
    """
    told: dict[str, Any] = {"database": "ok", "migrations": "ok", "worker": "ok"}
    try:
        told["worker"] = _worker()
        if not _migrated():
            told["migrations"] = "pending"
    except (DatabaseError, InterfaceError) as error:
        log.warning("health: %s", error)
        told = {"database": "unreachable"}
    well = told.get("database") == "ok" and told.get("migrations") == "ok"
    response = JsonResponse({"status": "ok" if well else "failing", **told}, status=200 if well else 503)
    response["Cache-Control"] = "no-store"
    return response


def _worker() -> str:
    ((seconds,),) = fetch("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    return "ok" if seconds is not None and seconds < _SILENT_AFTER else "silent"


def _migrated() -> bool:
    try:
        _look_at_schema(str(connection.settings_dict["NAME"]))
    except _PendingError:
        return False
    return True


class _PendingError(Exception):
    """Raised and not returned, so that it is not remembered and the next request looks again."""


@lru_cache(maxsize=4)
def _look_at_schema(_database: str) -> None:
    """Once the schema is the code's it stays so for this process."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _PendingError

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from stockwright.api import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    health._look_at_schema.cache_clear()  # noqa: SLF001


def test_says_that_all_is_well_and_that_no_worker_is_heard(client: Client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "migrations": "ok", "worker": "silent"}
    assert response["Cache-Control"] == "no-store"


def test_hears_a_worker(client: Client):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert client.get("/healthz").json()["worker"] == "ok"


def test_fails_on_a_database_that_is_older_than_the_code(client: Client):
    MigrationRecorder.Migration.objects.filter(app="api", name="0001_initial").delete()
    response = client.get("/healthz")
    assert (response.status_code, response.json()["migrations"]) == (503, "pending")


def test_fails_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "fetch", refuse)
    response = client.get("/healthz")
    assert (response.status_code, response.json()["database"]) == (503, "unreachable")


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/api/v1/openapi.json", "/nothing"])
def test_every_answer_carries_the_policies(client: Client, path: str):
    response = client.get(path)
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=(self)" in response["Permissions-Policy"]

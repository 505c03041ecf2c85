"""The program as a person meets it: serving, ending, and one clear sentence for what is wrong."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psutil
import psycopg
import pytest

from stockwright import __version__
from stockwright.kit.embedded import EmbeddedPostgres, SetupError, database, process

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]

PATIENCE_SECONDS = 90


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def patience() -> Iterator[Callable[[], None]]:
    deadline = time.monotonic() + PATIENCE_SECONDS

    def wait() -> None:
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)

    yield wait


def status(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def serve(start: Start, port: int) -> subprocess.Popen[str]:
    server = start("-m", "stockwright", "serve", PORT=str(port))
    with patience() as wait:
        while status(port) is None:
            assert server.poll() is None, server.communicate()[0]
            wait()
    return server


def child(server: subprocess.Popen[str], command: str) -> psutil.Process:
    with patience() as wait:
        while True:
            for one in psutil.Process(server.pid).children():
                if command in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                    return one
            wait()


def family(server: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(server.pid).children(recursive=True)


def wait_all_gone(processes: list[psutil.Process], home: Path) -> None:
    data = EmbeddedPostgres(home).data
    with patience() as wait:
        while process.all_in(data) or any(
            one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes
        ):
            wait()


def write_migration(home: Path, app: str, name: str) -> None:
    server = EmbeddedPostgres(home)
    with server.lease(), psycopg.connect(server.url("stockwright")) as connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [app, name])


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")

    assert done.returncode == 0
    for command in ("demo", "serve", "web", "worker", "doctor", "backup", "restore", "migrate", "manage", "version"):
        assert f" {command} " in done.stdout


def test_version_is_the_packages(run: Run) -> None:
    assert run("version").stdout == f"Stockwright {__version__}\n"
    assert json.loads(run("version", "--json").stdout)["stockwright"] == __version__


def test_bad_usage_has_its_own_exit_code(run: Run) -> None:
    assert run("no-such-command").returncode == 2
    assert run("backup").returncode == 2


def test_help_and_version_touch_no_home(run: Run, home: Path) -> None:
    run("--help")
    run("version")

    assert list(home.iterdir()) == []


def test_serves_until_sigterm_ends_everything_cleanly(start: Start, migrated: Path, port: int) -> None:
    server = serve(start, port)
    assert status(port) is not None
    assert child(server, "worker").is_running()
    everybody = family(server)

    server.send_signal(signal.SIGTERM)
    said, _ = server.communicate(timeout=40)

    assert server.returncode == 0
    assert sorted(said.splitlines()) == [
        "Ctrl-C ends it.",
        "Starting the database",
        f"Stockwright is ready at http://localhost:{port}/",
        "Stopped.",
        f"Web server on http://localhost:{port}/",
        "Worker at work",
    ]
    wait_all_gone(everybody, migrated)
    assert "database system is shut down" in EmbeddedPostgres(migrated).log.read_text().splitlines()[-1]


def test_ctrl_c_ends_everything_too(start: Start, migrated: Path, port: int) -> None:
    server = serve(start, port)
    everybody = family(server)

    os.killpg(server.pid, signal.SIGINT)
    said, _ = server.communicate(timeout=40)

    assert server.returncode == 0
    assert "Traceback" not in said
    wait_all_gone(everybody, migrated)


def test_nothing_lingers_after_sigkill_and_the_next_start_works(start: Start, home: Path, port: int) -> None:
    server = serve(start, port)
    everybody = family(server)

    server.send_signal(signal.SIGKILL)
    wait_all_gone(everybody, home)

    again = serve(start, port)
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=40)
    assert again.returncode == 0


@pytest.mark.usefixtures("migrated")
def test_starts_a_killed_worker_again(start: Start, port: int) -> None:
    server = serve(start, port)
    worker = child(server, "worker")

    worker.kill()
    psutil.wait_procs([worker], timeout=10)

    assert child(server, "worker").pid != worker.pid


def test_brings_a_killed_database_back_and_goes_on_serving(start: Start, migrated: Path, port: int) -> None:
    serve(start, port)
    for one in process.all_in(EmbeddedPostgres(migrated).data):
        with contextlib.suppress(psutil.Error):
            one.kill()

    with patience() as wait:
        while (found := status(port)) is None or found >= 500:
            wait()
        while not EmbeddedPostgres(migrated).is_running():
            wait()


def test_a_taken_port_is_one_sentence(run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]

        done = run("serve", PORT=str(taken))

    assert done.returncode == 3
    assert done.stderr.startswith(f"Port {taken} is taken by another program: end that, or choose another port")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "web", "worker", "doctor", "migrate"])
def test_a_wrong_database_address_is_one_sentence(run: Run, port: int, command: str) -> None:
    done = run(command, STOCKWRIGHT_DATABASE_URL="postgresql://shop@127.0.0.1:1/shop", PORT=str(port))

    assert done.returncode == 3
    assert done.stderr.startswith("The database at 127.0.0.1:1 does not answer")
    assert done.stderr.count("\n") == 1


def test_an_address_that_is_none_is_one_sentence(run: Run) -> None:
    done = run("doctor", "--json", STOCKWRIGHT_DATABASE_URL="somewhere")

    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["message"].startswith("STOCKWRIGHT_DATABASE_URL is no database address")


def test_too_old_a_postgresql_is_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST_MAJOR", 99)
    server = EmbeddedPostgres(home)
    with server.lease(), pytest.raises(SetupError, match="is PostgreSQL 18, Stockwright needs 99 or newer: upgrade it"):
        database.check_outside(server.url("postgres"))


def test_a_database_newer_than_the_code_is_one_sentence(run: Run, migrated: Path, port: int) -> None:
    write_migration(migrated, "kit", "9999_from_the_future")

    for command in ("serve", "worker", "migrate"):
        done = run(command, PORT=str(port))

        assert done.returncode == 3
        assert "newer Stockwright (it has kit.9999_from_the_future): install that version" in done.stderr
        assert "Traceback" not in done.stderr
    assert run("doctor").returncode == 1


def test_an_empty_home_is_made_ready_by_its_first_command(run: Run, start: Start, home: Path, port: int) -> None:
    added = run("person", "add", "you@example.com", "--name", "You", "--role", "lead")

    assert added.returncode == 0, added.stderr
    assert added.stderr.splitlines() == [
        "Making the database (once)",
        "Starting the database",
        "Making the tables (once)",
    ]
    assert added.stdout.startswith("you@example.com can sign in now with the password ")
    server = serve(start, port)
    server.send_signal(signal.SIGTERM)
    said, _ = server.communicate(timeout=40)
    assert server.returncode == 0
    assert "Brought the database" not in said
    wait_all_gone([], home)


def test_a_large_import_says_nothing_that_is_not_about_it(run: Run, migrated: Path) -> None:
    file = migrated / "sales.parquet"
    columns = (
        "'A' || (n // 12) AS InvoiceNo, 'S' || (n % 50) AS StockCode, md5(n::text) || md5((n + 1)::text) AS Description,"
        " 1 AS Quantity, TIMESTAMP '2026-01-05 10:00:00' AS InvoiceDate, 1.5 AS UnitPrice, 17 AS CustomerID, 'Malta' AS Country"
    )
    duckdb.sql(f"COPY (SELECT {columns} FROM range(40000) t(n)) TO '{file}' (FORMAT parquet)")  # noqa: S608 - our own
    # That large, a second process helps.
    assert file.stat().st_size > 1_000_000

    done = run("import", "uci_online_retail", file, "--history", "--rejects", migrated / "rejects.csv")

    assert done.stdout.startswith("Import 1: 40,000 rows"), done.stdout + done.stderr
    assert {line.split()[0] for line in done.stderr.splitlines()} <= {"Starting", "Reading", "Applying"}, done.stderr


def test_a_database_older_than_the_code_names_the_cure(run: Run, migrated: Path, tmp_path: Path) -> None:
    server = EmbeddedPostgres(migrated)
    with server.lease(), psycopg.connect(server.url("stockwright")) as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'insight'")

    done = run("backup", tmp_path / "file")

    assert done.returncode == 3
    assert "run 'stockwright migrate'" in done.stderr
    examined = json.loads(run("doctor", "--json").stdout)
    assert not examined["ok"]
    assert any(one["check"] == "migrations" and one["state"] == "wrong" for one in examined["findings"])


@pytest.mark.usefixtures("migrated")
def test_the_doctor_is_content_with_a_fresh_installation(run: Run) -> None:
    done = run("doctor", "--json")

    examined = json.loads(done.stdout)
    assert done.returncode == 0, examined
    names = ["version", "database", "migrations", "queue", "worker", "disk", "clock", "settings", "partitions"]
    assert list(dict.fromkeys(one["check"] for one in examined["findings"])) == names
    assert "cure" in run("doctor").stdout


def test_the_doctor_sees_jobs_that_nobody_takes(run: Run, migrated: Path) -> None:
    server = EmbeddedPostgres(migrated)
    with server.lease(), psycopg.connect(server.url("stockwright")) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, scheduled_at, attempts)"
            " VALUES ('default', 'anything', 0, '{}', 'todo', now() - interval '3 hours', 0)",
        )
        connection.execute("UPDATE procrastinate_events SET at = now() - interval '3 hours'")

    done = run("doctor", "--json")

    assert done.returncode == 1
    queue = next(one for one in json.loads(done.stdout)["findings"] if one["check"] == "queue")
    assert queue["words"] == "1 jobs wait, the oldest for 3 hours"
    assert "stockwright worker" in queue["cure"]


def test_the_doctor_takes_no_worker_for_alive_that_missed_its_beats(run: Run, migrated: Path) -> None:
    server = EmbeddedPostgres(migrated)
    with server.lease(), psycopg.connect(server.url("stockwright")) as connection:
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '40 seconds')")

    examined = json.loads(run("doctor", "--json").stdout)

    worker = next(one for one in examined["findings"] if one["check"] == "worker")
    assert worker["state"] == "note"
    assert worker["words"].startswith("the last sign of life is ")
    assert "stockwright serve" in worker["cure"]


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (
            "RAISE disk_full USING MESSAGE = 'could not extend file: No space left on device'",
            "The database's disk is full",
        ),
        ("RAISE lock_not_available USING MESSAGE = 'canceling statement'", "could not do it (canceling statement)"),
    ],
)
def test_what_the_database_cannot_do_now_is_one_sentence(run: Run, cause: str, words: str) -> None:
    script = f'from django.db import connection as c; c.cursor().execute("""DO $$ BEGIN {cause}; END $$""")'

    done = run("manage", "shell", "-v", "0", "-c", script)

    assert done.returncode == 3
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_djangos_own_commands_are_reached_through_manage(run: Run) -> None:
    assert run("manage", "check").returncode == 0
    assert "usage: stockwright manage migrate" in run("manage", "migrate", "--help").stdout

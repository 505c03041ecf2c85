"""The embedded server: one per home, started by whoever comes first, stopped by whoever leaves last."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from stockwright.kit.embedded import EmbeddedPostgres, SetupError, database, locks, process
from stockwright.kit.embedded.conf import shared_buffers_mb

HOLD = """
import sys
from pathlib import Path
from stockwright.kit.embedded import EmbeddedPostgres
from stockwright.kit.embedded.process import read_pid
server = EmbeddedPostgres(Path(sys.argv[1]))
with server.lease():
    print(read_pid(server.data), flush=True)
    sys.stdin.read()
"""

Start = Callable[..., subprocess.Popen[str]]


def ask(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def pid_of(server: EmbeddedPostgres) -> int:
    pid = process.read_pid(server.data)
    assert pid is not None
    return pid


def first_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def let_go(child: subprocess.Popen[str]) -> None:
    child.communicate(timeout=60)


def kill_everything(server: EmbeddedPostgres) -> None:
    for one in process.all_in(server.data):
        with contextlib.suppress(psutil.Error):
            one.kill()
    while process.all_in(server.data):
        time.sleep(0.05)


def test_a_second_start_keeps_the_data(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    assert not server.is_running()

    with server.lease():
        assert ask(server, "SELECT number FROM kept") == 7


def test_who_comes_second_finds_the_same_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        first = pid_of(server)
        with EmbeddedPostgres(home).lease():
            assert pid_of(server) == first
        assert server.is_running()


def test_recovers_after_everything_was_killed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure_running()
    ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    kill_everything(server)
    assert not server.is_running()
    assert (server.data / "postmaster.pid").exists()

    with server.lease():
        assert ask(server, "SELECT number FROM kept") == 7


def test_starts_when_another_program_has_the_dead_servers_process_id(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure_running()
    kill_everything(server)
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getppid()), *lines[1:], ""]))

    with server.lease():
        assert ask(server, "SELECT 1") == 1


def test_makes_the_data_anew_when_the_first_start_was_cut_off(home: Path) -> None:
    server = EmbeddedPostgres(home)
    (home / "postgres" / "data.making").mkdir(parents=True)
    (home / "postgres" / "data.making" / "half").touch()

    with server.lease():
        assert ask(server, "SELECT 1") == 1


def test_leaves_a_folder_alone_that_is_no_database(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        pass
    (server.data / "PG_VERSION").unlink()

    with pytest.raises(SetupError, match="holds something that is no database: move it away"):
        server.ensure_running()
    assert (server.data / "base").is_dir()


def test_two_homes_have_two_servers(new_home: Callable[[], Path]) -> None:
    one, other = EmbeddedPostgres(new_home()), EmbeddedPostgres(new_home())
    with one.lease(), other.lease():
        ask(one, "CREATE TABLE mine AS SELECT 1")

        assert ask(other, "SELECT to_regclass('mine')") is None
        assert pid_of(one) != pid_of(other)


def test_ten_starters_start_one_server_and_the_last_to_leave_stops_it(home: Path, start: Start) -> None:
    server = EmbeddedPostgres(home)
    starters = [start("-c", HOLD, str(home)) for _ in range(10)]

    assert len({first_line(starter) for starter in starters}) == 1

    for starter in starters[:-1]:
        let_go(starter)
    assert server.is_running()
    let_go(starters[-1])
    assert not server.is_running()


def test_a_killed_user_no_longer_counts(home: Path, start: Start) -> None:
    server = EmbeddedPostgres(home)
    killed = start("-c", HOLD, str(home))
    first_line(killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert server.is_running()

    with server.lease():
        pass

    assert not server.is_running()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        assert os.getsid(pid_of(server)) != os.getsid(0)
        assert os.getpgid(pid_of(server)) != os.getpgrp()


def test_only_the_owner_can_reach_it(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert server.data.stat().st_mode & 0o077 == 0
        assert not psutil.Process(pid_of(server)).net_connections(kind="inet")
        assert psutil.Process(pid_of(server)).uids().real != 0


def test_a_home_with_a_long_path_and_odd_letters_works(new_home: Callable[[], Path]) -> None:
    home = new_home() / 'a shop\'s 100% "home", $really\\ `so`' / ("long" * 25)
    server = EmbeddedPostgres(home)
    with server.lease():
        assert ask(server, "SELECT 1") == 1
    shutil.rmtree(server.socket_folder)


def test_runs_with_checksums_utf8_and_no_fsync_missing(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        found = {
            name: ask(server, f"SHOW {name}") for name in ("data_checksums", "server_encoding", "fsync", "timezone")
        }

    assert found == {"data_checksums": "on", "server_encoding": "UTF8", "fsync": "on", "timezone": "UTC"}


@pytest.mark.parametrize(("memory_gb", "buffers_mb"), [(0.5, 128), (1, 256), (2, 256), (4, 512), (8, 1024), (64, 1024)])
def test_takes_a_fair_share_of_the_memory(memory_gb: float, buffers_mb: int) -> None:
    assert shared_buffers_mb(int(memory_gb * 2**30)) == buffers_mb


def test_says_that_the_disk_is_full(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  (the shape of shutil's own)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9 - 5_000_000, 5_000_000))

    with pytest.raises(SetupError, match=r"disk that holds .* is full \(4 MB free\): free some space"):
        EmbeddedPostgres(home).ensure_running()


def test_says_whose_postgresql_the_data_are_of(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease():
        pass
    (server.data / "PG_VERSION").write_text("16\n")

    with pytest.raises(SetupError, match="are of PostgreSQL 16, this Stockwright brings 18"):
        server.ensure_running()


def test_says_that_the_home_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match=r"cannot be used .*set STOCKWRIGHT_HOME to another folder"):
        EmbeddedPostgres(tmp_path / "file" / "home").ensure_running()


def test_says_that_the_home_is_somebody_elses(tmp_path: Path) -> None:
    with (
        pytest.raises(SetupError, match=r"start.lock cannot be opened .*: run Stockwright as the user who made"),
        locks.exclusive(tmp_path / "missing" / "start.lock", patience_seconds=1),
    ):
        pytest.fail("nobody should get in")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "is no database address"),
        ("postgresql://nobody@127.0.0.1:1/shop", "127.0.0.1:1 does not answer"),
        ("postgresql://nobody@no-such-host.invalid/shop", "no-such-host.invalid:5432 does not answer"),
    ],
)
def test_says_what_is_wrong_with_an_address(address: str, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        database.check_outside(address)


def test_says_that_the_server_has_no_such_database(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with server.lease(), pytest.raises(SetupError, match="has no database 'elsewhere': create it"):
        database.check_outside(server.url("elsewhere"))


def test_address_and_settings_start_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKWRIGHT_HOME", str(home))
    monkeypatch.delenv("STOCKWRIGHT_DATABASE_URL", raising=False)

    assert database.connection_settings()["HOST"] == str(home / "run")
    assert database.database_url().startswith("postgresql://stockwright@/stockwright?host=")
    assert not list(home.iterdir())

"""The embedded PostgreSQL server of one installation: made, started, shared, stopped."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

from stockwright.kit.embedded import binaries, conf, locks, process
from stockwright.kit.embedded.errors import SetupError

Progress = Callable[[str], None]

DATABASE_USER = "stockwright"
_LONGEST_SOCKET_PATH = 100
_START_SECONDS = 300
_STOP_SECONDS = 120
_LOCK_SECONDS = _START_SECONDS + _STOP_SECONDS
_SILENT_SECONDS = 2.0
_NEEDED_BYTES = 250 * 1024 * 1024
_LOG_BYTES = 20 * 1024 * 1024


def _quiet(_text: str) -> None:
    """Say nothing."""


class EmbeddedPostgres:
    """A PostgreSQL server with its data under one folder, reached by a Unix socket only its owner can open."""

    def __init__(
        self,
        home: Path,
        *,
        extra_conf: Mapping[str, str] | None = None,
        progress: Progress = _quiet,
    ) -> None:
        self.home = home
        self.data = home / "postgres" / "data"
        self.log = home / "postgres" / "log"
        self.run = home / "run"
        self._extra = dict(extra_conf or {})
        self._say = progress

    # --- what it is -----------------------------------------------------------------------------------------

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: HOME/run, or a short one where the system's limit on socket paths forbids that."""
        usual = self.run / ".s.PGSQL.5432"
        if len(os.fsencode(usual)) <= _LONGEST_SOCKET_PATH:
            return self.run
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"stockwright-{digest}"

    def url(self, dbname: str) -> str:
        """Return the address of one database on this server; nothing is started."""
        return f"postgresql://{DATABASE_USER}@/{quote(dbname)}?host={quote(str(self.socket_folder), safe='')}"

    def is_running(self) -> bool:
        """Tell whether the server is there, be it still starting."""
        pid = process.read_pid(self.data)
        if pid is not None and process.works_in(pid, self.data):
            return True
        # Another container on the same folder has its own process ids, but the socket is the same.
        return pid is not None and self._socket_answers()

    # --- used by everybody ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Keep the server running while the block lasts; the last holder of all processes stops it.

        Raises: SetupError.
        """
        with self._starting():
            handle = locks.hold_shared(self.run / "users.lock")
            try:
                self._ensure_running()
            except BaseException:
                self._let_go(handle)
                raise
        try:
            yield
        finally:
            with self._starting():
                self._let_go(handle)

    def ensure_running(self) -> None:
        """Make the data folder if missing and start the server if it is not running.

        Locks: start.lock alone, so that of many starters one starts. Raises: SetupError.
        """
        with self._starting():
            self._ensure_running()

    def stop(self) -> None:
        """Stop the server at once for everybody, cleanly. Nothing happens when it is not running."""
        if self.run.is_dir():
            with self._starting():
                self._stop()

    def stop_if_unused(self) -> bool:
        """Stop a server that killed processes left behind; tell whether nobody uses it now."""
        if not self.run.is_dir():
            return True
        with self._starting():
            unused = locks.is_free(self.run / "users.lock")
            if unused:
                self._stop()
        return unused

    # --- start --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        self._make_folders()
        with locks.exclusive(self.run / "start.lock", patience_seconds=_LOCK_SECONDS):
            yield

    def _let_go(self, handle: int | None) -> None:
        if handle is not None:
            os.close(handle)
        if locks.is_free(self.run / "users.lock"):
            self._stop()

    def _ensure_running(self) -> None:
        if self.is_running():
            self._wait_ready()
            return
        account = binaries.server_account()
        if account is not None:
            binaries.open_programs()
            binaries.open_way(self.home / "postgres" / "data")
            binaries.open_way(self.socket_folder)
        self._give_away(account)
        process.end_orphans(self.data)
        self._check_disk()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(account)
        self._check_version()
        own_conf = self.data / conf.FILE_NAME
        own_conf.write_text(conf.render(conf.settings(self.socket_folder, self._extra)))
        own_conf.chmod(0o644)
        self._forget_dead_server()
        self._start(account)

    def _make_folders(self) -> None:
        try:
            for folder in (self.home, self.home / "postgres", self.run):
                if not folder.is_dir():
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.socket_folder != self.run:
                self.socket_folder.mkdir(mode=0o700, exist_ok=True)
                self._refuse_foreign_socket_folder()
        except OSError as error:
            raise self._folder_error(error) from error

    def _refuse_foreign_socket_folder(self) -> None:
        # The temporary folder is everybody's: somebody may have put a folder or a link of that name there first.
        about = self.socket_folder.lstat()
        owners = {os.geteuid()}
        if os.geteuid() == 0 and (account := binaries.server_account()):
            owners.add(account.uid)
        if not stat.S_ISDIR(about.st_mode) or about.st_uid not in owners:
            message = (
                f"{self.socket_folder} belongs to somebody else: remove it, or set STOCKWRIGHT_HOME to a shorter path."
            )
            raise SetupError(message)
        self.socket_folder.chmod(0o700)

    def _give_away(self, account: binaries.Account | None) -> None:
        """Let the server's own user have the folders it writes; where we are that user, check that we may write."""
        mine = (self.home / "postgres", self.run, self.socket_folder)
        if account is None:
            for folder in (*mine, self.data):
                if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                    raise self._folder_error(PermissionError(errno.EACCES, "", str(folder)))
            return
        for folder in mine:
            if folder.stat().st_uid != account.uid:
                os.chown(folder, account.uid, account.gid)
        if self.data.exists() and self.data.stat().st_uid != account.uid:
            message = (
                f"{self.data} was made by another user: run Stockwright as that user, or give it away with "
                f"'chown -R {binaries.SYSTEM_USER} {self.home / 'postgres'}'."
            )
            raise SetupError(message)

    def _check_disk(self) -> None:
        fresh = not (self.data / "PG_VERSION").exists()
        free = shutil.disk_usage(self.home).free
        if free < (_NEEDED_BYTES if fresh else _NEEDED_BYTES // 10):
            raise self._full_disk()

    def _initialise(self, account: binaries.Account | None) -> None:
        self._say("Making the database (once)")
        if self.data.exists():
            if any(self.data.iterdir()):
                raise SetupError(
                    f"{self.data} holds something that is no database: move it away, or set STOCKWRIGHT_HOME."
                )
            self.data.rmdir()
        # Made beside its place, so that a first start that was cut off leaves nothing that looks like a database.
        making = self.data.with_name("data.making")
        if making.exists():
            shutil.rmtree(making)
        arguments = (
            "--pgdata", str(making), "--username", DATABASE_USER, "--auth", "trust", "--encoding", "UTF8",
            "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums",
        )  # fmt: skip
        with tempfile.TemporaryFile("w+") as output:
            failed = self._spawn("initdb", arguments, output, account).wait() != 0
            output.seek(0)
            said = output.read()
        if failed:
            raise self._failure("PostgreSQL could not make its data folder", said)
        with (making / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude '{conf.FILE_NAME}'\n")
        making.rename(self.data)

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(binaries.MAJOR):
            message = (
                f"The data in {self.data} are of PostgreSQL {found}, this Stockwright brings {binaries.MAJOR}: "
                "make a backup with the version that wrote them and restore it into a new STOCKWRIGHT_HOME."
            )
            raise SetupError(message)

    def _forget_dead_server(self) -> None:
        # Process ids start again after a reboot, and PostgreSQL refuses to start when any process has the old one.
        # We hold start.lock and have seen that nobody works in the folder, so the files speak of the dead.
        for path in (self.data / "postmaster.pid", self.socket_folder / ".s.PGSQL.5432.lock"):
            path.unlink(missing_ok=True)

    def _start(self, account: binaries.Account | None) -> None:
        self._say("Starting the database")
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1"))
        read_from = self.log.stat().st_size if self.log.exists() else 0
        # Names relative to where it runs: pg_ctl hands them to a shell, which may read more in a path than a path.
        arguments = (
            "start",
            "--wait",
            "--timeout",
            str(_START_SECONDS),
            "--pgdata",
            self.data.name,
            "--log",
            self.log.name,
        )
        with tempfile.TemporaryFile("w+") as output:
            starter = self._spawn("pg_ctl", arguments, output, account)
            try:
                self._watch(starter)
            except BaseException:
                starter.kill()
                starter.wait()
                self._stop()
                raise
            output.seek(0)
            said = output.read()
        if starter.returncode != 0:
            # What it said last stands in its log; a server that is merely slow is not left half started.
            self._stop()
            raise self._failure("The database did not start", self._log_since(read_from) or said)

    def _watch(self, starter: subprocess.Popen[bytes]) -> None:
        begun = told = time.monotonic()
        while True:
            try:
                starter.wait(timeout=0.25)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                if now - told >= _SILENT_SECONDS:
                    told = now
                    self._say(f"The database is recovering after an unclean stop ({now - begun:.0f} s)")
            else:
                return

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not process.is_ready(self.data):
            if time.monotonic() > deadline or not self.is_running():
                raise self._failure("The database does not become ready", self._log_since(-4000))
            time.sleep(0.05)

    def _spawn(
        self, name: str, arguments: tuple[str, ...], output: IO[str], account: binaries.Account | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (binaries.program(name), *arguments),
            env=binaries.clean_environment(),
            cwd=self.home / "postgres",
            stdin=subprocess.DEVNULL,
            # Not a pipe: the server inherits it, and reading to its end would wait for the server's.
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C goes to the terminal's foreground group; the server is stopped by its last user instead.
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    # --- stop ---------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        pid = process.read_pid(self.data)
        if pid is None or not process.works_in(pid, self.data):
            return
        # Fast: roll back what is open and write a checkpoint. Immediate: as after a power cut, recovered at the next start.
        for kind, patience in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, kind)
            if process.wait_gone(pid, self.data, patience_seconds=patience):
                return

    # --- what went wrong ------------------------------------------------------------------------------------------

    def _socket_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(self.socket_folder / ".s.PGSQL.5432"))
            except OSError:
                return False
            return True

    def _log_since(self, offset: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size + offset if offset < 0 else offset))
            return file.read(20_000).decode(errors="replace")

    def _failure(self, what: str, said: str) -> SetupError:
        if "No space left on device" in said:
            return self._full_disk()
        telling = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
        last = (telling or said.strip().splitlines() or ["no message"])[-1]
        reason = last.split("FATAL:")[-1].split("PANIC:")[-1].strip().rstrip(".")
        return SetupError(f"{what}: {reason}. Its whole account is in {self.log}.")

    def _full_disk(self) -> SetupError:
        free = shutil.disk_usage(self.home).free // (1024 * 1024)
        message = (
            f"The disk that holds {self.home} is full ({free} MB free): free some space, or set STOCKWRIGHT_HOME "
            "to a folder on another disk."
        )
        return SetupError(message)

    def _folder_error(self, error: OSError) -> SetupError:
        if error.errno == errno.ENOSPC:
            return SetupError(f"The disk that holds {self.home} is full: free some space, or set STOCKWRIGHT_HOME.")
        where = error.filename or self.home
        message = (
            f"The folder {where} cannot be used ({os.strerror(error.errno or errno.EACCES)}): give yourself the right to "
            "write it, or set STOCKWRIGHT_HOME to another folder."
        )
        return SetupError(message)

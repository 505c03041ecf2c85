"""PostgreSQL's own programs for dump and restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from stockwright.kit.embedded import binaries, outside_url
from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.errors import Refused

# Everything lives in the schema public, and restoring replaces it in one transaction: a failure changes nothing.
_EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;\n"


class RestoreFailed(Refused):
    """The database was not restored and is as it was before: {why}."""


def dump(url: str, to: Path, *, snapshot: str, server_major: int) -> None:
    """Dump the database as it was in that snapshot. Raises: SetupError."""
    address, environment = _address(url)
    arguments = ("--format=custom", "--compress=6", "--no-owner", "--no-privileges", "--schema=public")
    done = subprocess.run(
        (
            _program("pg_dump", server_major),
            *arguments,
            f"--snapshot={snapshot}",
            f"--file={to}",
            f"--dbname={address}",
        ),
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode != 0:
        raise SetupError(f"The database could not be dumped: {_reason(done.stderr)}.")


def restore(url: str, dumped: Path, *, server_major: int, finish: str) -> None:
    """Replace the whole database by the dump in one transaction, if the statements `finish` go through at its end.

    Raises: RestoreFailed; then nothing has changed.
    """
    address, environment = _address(url)
    reader = subprocess.Popen(
        (_program("pg_restore", server_major), "--schema=public", "--no-owner", "--no-privileges", "--file=-", dumped),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    writer = subprocess.Popen(
        (_program("psql", server_major), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={address}"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    said = _pour(reader, writer, finish)
    if reader.returncode or writer.returncode:
        raise RestoreFailed(why=_reason(said))


def _pour(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], finish: str) -> str:
    """Send the dump's script through, ending with COMMIT only if all of it came."""
    to, script = writer.stdin, reader.stdout
    if to is None or script is None:
        raise RestoreFailed(why="no pipe could be opened")
    try:
        to.write(f"BEGIN;\n{_EMPTY_SCHEMA}".encode())
        shutil.copyfileobj(script, to)
        script.close()
        if reader.wait() == 0:
            to.write(f"\n{finish}COMMIT;\n".encode())
        to.close()
    except BrokenPipeError:
        reader.kill()
    said = b"".join(process.stderr.read() for process in (writer, reader) if process.stderr)
    writer.wait()
    reader.wait()
    for stream in (writer.stdin, writer.stderr, reader.stdout, reader.stderr):
        if stream is not None and not stream.closed:
            try:
                stream.close()
            except BrokenPipeError:
                continue
    return said.decode(errors="replace")


def _address(url: str) -> tuple[str, dict[str, str]]:
    """Return the address without its password, which other users could read in the list of processes."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = binaries.clean_environment()
    # A statement of a restore may well take longer than one of a page.
    environment["PGOPTIONS"] = "-c lock_timeout=60s -c statement_timeout=0"
    if password:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parts), environment


def _program(name: str, server_major: int) -> Path | str:
    """Return the program to use: an outside server may ask for TLS, which the wheel's own programs do not speak."""
    if outside_url() is not None:
        found = shutil.which(name)
        if found and _major(found) >= server_major:
            return found
    return binaries.program(name)


def _major(program: str) -> int:
    said = subprocess.run((program, "--version"), check=False, capture_output=True, text=True, env=os.environ).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found.group(1)) if found else 0


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line.lower()] or lines or ["no message"]
    return telling[0].split("ERROR:")[-1].split("error:")[-1].strip().rstrip(".")

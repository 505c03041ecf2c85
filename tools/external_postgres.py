"""Runs a command with STOCKWRIGHT_DATABASE_URL set to a PostgreSQL started for it and reached over TCP.

python tools/external_postgres.py COMMAND [ARGUMENT ...]
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from stockwright.kit.embedded import EmbeddedPostgres

# Thrown away afterwards, so it need not survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "256MB"}


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Start the server, run the command, stop the server; return the command's exit code."""
    port = free_port()
    over_tcp = {"listen_addresses": "127.0.0.1", "port": str(port)}
    with (
        tempfile.TemporaryDirectory(prefix="sw-tcp-", ignore_cleanup_errors=True) as place,
        EmbeddedPostgres(Path(place), extra_conf=FAST | over_tcp).lease(),
    ):
        url = f"postgresql://stockwright@127.0.0.1:{port}/"
        with psycopg.connect(f"{url}postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE stockwright")
        environment = os.environ | {"STOCKWRIGHT_DATABASE_URL": f"{url}stockwright"}
        return subprocess.run(sys.argv[1:], check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())

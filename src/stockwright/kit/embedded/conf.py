"""The settings the embedded server runs with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_MB = 1024 * 1024
FILE_NAME = "stockwright.conf"


def settings(socket_folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return name and value of each setting; `extra` wins (tests turn fsync off, nothing else may)."""
    quoted = str(socket_folder).replace('"', '""')
    chosen = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{shared_buffers_mb(_memory_bytes())}MB",
        "max_wal_size": "4GB",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%d ",
        "lc_messages": "C",
        "dynamic_shared_memory_type": _shared_memory_kind(),
    }
    return chosen | dict(extra)


def shared_buffers_mb(memory_bytes: int) -> int:
    """Return an eighth of the memory, at least 256 MB (less only on tiny machines) and at most 1 GB. Units: MB."""
    memory_mb = memory_bytes // _MB
    return max(32, min(memory_mb // 4, max(256, min(memory_mb // 8, 1024))))


def render(chosen: Mapping[str, str]) -> str:
    """Return the settings as the text of a configuration file."""
    lines = []
    for name, value in chosen.items():
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'")
    return "\n".join(["# Written anew at every start.", *lines, ""])


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _shared_memory_kind() -> str:
    # Containers often give /dev/shm 64 MB, where a parallel query would then fail.
    shm = Path("/dev/shm")  # noqa: S108  (asked for its size only, nothing is written there by us)
    if not shm.is_dir():
        return "posix" if os.uname().sysname != "Linux" else "mmap"
    about = os.statvfs(shm)
    return "posix" if about.f_frsize * about.f_blocks >= 256 * _MB else "mmap"

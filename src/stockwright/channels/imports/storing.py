"""The bytes of files, kept once by their digest in Django's storage."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage

from stockwright.channels.errors import CantKeep
from stockwright.kit.models import StoredFile

_PIECE = 1 << 20
# How files are called while their bytes are coming; what a killed process left of one goes after a day.
_COMING = ".coming-"
_STALE_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that lie in the storage."""

    name: str
    digest: str
    bytes: int
    path: str


def keep(name: str, pieces: Iterable[bytes]) -> Kept:
    """Put bytes into the storage under their digest; bytes that lie there already are not written again.

    A file stands under its digest only once all of it is on the disk: killed before, nothing of it is found.
    Raises: CantKeep.
    """
    digest = hashlib.sha256()
    size = 0
    with _coming(name) as held:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            with _in_words(name):
                held.write(piece)
        found = digest.hexdigest()
        path = f"{found[:2]}/{found}"
        with _in_words(name):
            if not default_storage.exists(path) or default_storage.size(path) != size:
                path = _put(held, path)
    return Kept(Path(name).name[:255] or "file", found, size, path)


def keep_file(path: Path) -> Kept:
    """Put a file of this machine into the storage. Raises: OSError, CantKeep."""
    with path.open("rb") as file:
        return keep(path.name, _pieces(file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _folder() -> Path | None:
    """Where the storage keeps its files; None where it is no folder of this machine."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


@contextlib.contextmanager
def _coming(name: str) -> Iterator[IO[bytes]]:
    """A file for bytes that are coming, gone at the end unless it was put in its place: where that is a rename away."""
    folder = _folder()
    with _in_words(name):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
        held = tempfile.NamedTemporaryFile(dir=folder, prefix=_COMING, delete=False)  # noqa: SIM115 - closed below
    try:
        yield held
    finally:
        # Of a full disk the end of writing is another error, which says nothing new.
        with contextlib.suppress(OSError):
            held.close()
        Path(held.name).unlink(missing_ok=True)


def _put(held: IO[bytes], path: str) -> str:
    """Make the bytes that came the file of this path: all of it, or none."""
    held.flush()
    if _folder() is None:
        held.seek(0)
        return default_storage.save(path, File(held))
    if (mode := getattr(default_storage, "file_permissions_mode", None)) is not None:
        os.fchmod(held.fileno(), mode)
    os.fsync(held.fileno())
    place = Path(default_storage.path(path))
    place.parent.mkdir(exist_ok=True)
    Path(held.name).replace(place)
    for folder in (place.parent, place.parent.parent):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    return path


def _sweep(folder: Path) -> None:
    """Remove what was coming when its process was killed."""
    for left in folder.glob(f"{_COMING}*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _STALE_SECONDS:
                left.unlink()


@contextlib.contextmanager
def _in_words(name: str) -> Iterator[None]:
    """The disk's trouble, in words for who gave the file."""
    try:
        yield
    except OSError as error:
        raise CantKeep(name=Path(name).name, why=error.strerror or str(error)) from error


@contextlib.contextmanager
def on_disk(stored: StoredFile | Kept) -> Iterator[Path]:
    """The bytes as a file of this machine: itself where the storage is a folder, else a copy for the while."""
    try:
        yield Path(default_storage.path(stored.path))
    except NotImplementedError:
        with tempfile.NamedTemporaryFile() as copy:
            with default_storage.open(stored.path) as source:
                shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)

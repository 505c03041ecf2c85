"""The bytes of files, kept once by their digest in Django's storage."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import default_storage

from stockwright.kit.models import StoredFile

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that lie in the storage."""

    name: str
    digest: str
    bytes: int
    path: str


def keep(name: str, pieces: Iterable[bytes]) -> Kept:
    """Put bytes into the storage under their digest; bytes that lie there already are not written again."""
    digest = hashlib.sha256()
    size = 0
    with tempfile.TemporaryFile() as held:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            held.write(piece)
        found = digest.hexdigest()
        path = f"{found[:2]}/{found}"
        held.seek(0)
        if not default_storage.exists(path):
            path = default_storage.save(path, File(held))
    return Kept(Path(name).name[:255] or "file", found, size, path)


def keep_file(path: Path) -> Kept:
    """Put a file of this machine into the storage. Raises: OSError."""
    with path.open("rb") as file:
        return keep(path.name, _pieces(file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


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

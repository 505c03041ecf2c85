"""Large files on their way in, before any page sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

# Where a request says which file was left out, and why.
_TROUBLE = "stockwright.upload_trouble"


class CarefulUpload(TemporaryFileUploadHandler):
    """Takes a file to the disk; one that finds no room there is left out, and the request says so."""

    def new_file(self, *told: Any, **said: Any) -> None:
        """Begin a file. Raises: SkipFile."""
        with self._room():
            super().new_file(*told, **said)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a piece of it. Raises: SkipFile."""
        with self._room():
            super().receive_data_chunk(raw_data, start)

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self.request is not None:
                self.request.META[_TROUBLE] = (self.file_name or "", error.strerror or str(error))
            raise SkipFile from error


def left_out(request: Any) -> tuple[str, str] | None:
    """The file that a request had to leave out, and why."""
    found: tuple[str, str] | None = request.META.get(_TROUBLE)
    return found

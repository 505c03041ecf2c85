"""What commands write: results to standard output, progress and refusals to standard error."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

# Steps of counted work are told at most this often where no terminal redraws them.
_QUIET_SECONDS = 5.0


def tell(text: str) -> None:
    """Write one line of progress."""
    err.print(text, markup=False)


def refuse(text: str) -> None:
    """Write why something was not done."""
    err.print(text, style="red", markup=False)


def write_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class Progress:
    """Tells a person how far counted work is: one line redrawn on a terminal, a line every few seconds elsewhere.

    Call it with a text, and with how many of how many are done where that is known.
    """

    def __init__(self) -> None:
        self._text = ""
        self._told = 0.0
        self._open_line = False

    def __call__(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Tell the state of the work."""
        now = time.monotonic()
        new = text != self._text
        complete = done is not None and done == total
        if not (new or complete or now - self._told >= (0.1 if err.is_terminal else _QUIET_SECONDS)):
            return
        self._told = now
        counted = "" if done is None else f" {done:,}" + (f" of {total:,}" if total else "")
        if err.is_terminal:
            if self._open_line and new:
                err.file.write("\n")
            err.file.write(f"\r\x1b[2K{text}{counted}")
            err.file.flush()
            self._open_line = True
        else:
            tell(f"{text}{counted}")
        self._text = text

    def finish(self) -> None:
        """End the line that is being redrawn."""
        if self._open_line:
            err.file.write("\n")
            self._open_line = False

"""Keeps secrets out of the logs, tracebacks included."""

from __future__ import annotations

import logging
import re

MASK = "********"

# Each keeps what helps to find the line again and replaces what opens a door.
_PATTERNS = (
    (re.compile(r"\bsw_[0-9a-z]{8}_[A-Za-z0-9_-]+"), lambda m: f"{m.group()[:11]}_{MASK}"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}"), lambda m: f"{m.group(1)} {MASK}"),
    (
        re.compile(
            r"""(?ix)(["']?\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization|cookie|csrf)[\w-]*["']?\s*[=:]\s*)"""
            r"""("[^"\n]*"|'[^'\n]*'|[^\s,;&)}\]]+)"""
        ),
        lambda m: f"{m.group(1)}{MASK}",
    ),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+@"), lambda m: f"{m.group(1)}{MASK}@"),
    # Links that set a password.
    (re.compile(r"(/key/[0-9a-z]+-)[0-9a-z-]+"), lambda m: f"{m.group(1)}{MASK}"),
)


def masked(text: str) -> str:
    """The text without keys, tokens and passwords."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


class MaskingFormatter(logging.Formatter):
    """Formats as usual and masks the whole of it: message, arguments and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record."""
        return masked(super().format(record))

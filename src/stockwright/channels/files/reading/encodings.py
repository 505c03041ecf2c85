"""Which encoding a text file is in, with the evidence for it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile

_PIECE = 1 << 20
_SAMPLE = 1 << 16
# Bytes that mean nothing in Windows-1252.
_UNDEFINED_1252 = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
# Every second byte NUL in this share of a sample tells UTF-16 without its mark.
_MANY = 0.3
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "", "UTF-32"),
    (codecs.BOM_UTF32_BE, "", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 BE"),
)
# What people may declare, and Python's name for it.
NAMES = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "cp1250": "cp1250",
    "cp850": "cp850",
    "mac-roman": "mac-roman",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """Python's name for it, a word for people, and why."""

    codec: str
    label: str
    note: str = ""


def declared(name: str, encoding: str) -> Encoding:
    """The encoding somebody declared. Raises: UnreadableFile for one we do not know."""
    codec = NAMES.get(encoding.strip().lower().replace("_", "-"))
    if codec is None:
        raise UnreadableFile(
            name=name, why=_("the encoding %(e)s is not known") % {"e": encoding}, cure=_("Known: ") + ", ".join(NAMES)
        )
    return Encoding(codec, encoding, _("declared"))


def detect(path: Path, name: str) -> Encoding:
    """UTF-8 or UTF-16 with or without its mark, else Windows-1252 where nothing speaks against it.

    Raises: UnreadableFile when the bytes fit none of them.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    for mark, codec, label in _BOMS:
        # UTF-32's little-endian mark begins with UTF-16's; it stands first in the list for that.
        if start.startswith(mark):
            if not codec:
                raise UnreadableFile(name=name, why=_("it is UTF-32"), cure=_("Save it as UTF-8."))
            return Encoding(codec, label, _("byte order mark"))
    if wide := _wide(start):
        return wide
    return _narrow(path, name)


def _wide(start: bytes) -> Encoding | None:
    even, odd = start[0::2], start[1::2]
    if len(start) < 4:  # noqa: PLR2004 - too short to tell
        return None
    if odd.count(0) > len(odd) * _MANY and even.count(0) == 0:
        return Encoding("utf-16-le", "UTF-16 LE", _("every second byte is NUL"))
    if even.count(0) > len(even) * _MANY and odd.count(0) == 0:
        return Encoding("utf-16-be", "UTF-16 BE", _("every first byte is NUL"))
    return None


def _narrow(path: Path, name: str) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    plain = True
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            try:
                text = decoder.decode(piece)
            except UnicodeDecodeError as error:
                at = max(0, read - (len(error.object) - len(piece))) + error.start
                return _after_bad_byte(path, name, at)
            read += len(piece)
            plain = plain and text.isascii()
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _after_bad_byte(path, name, read - len(error.object) + error.start)
    return Encoding("utf-8", "UTF-8", _("plain ASCII") if plain else _("every byte sequence is valid UTF-8"))


def _after_bad_byte(path: Path, name: str, at: int) -> Encoding:
    """A byte that is no UTF-8: Windows-1252, or a damaged UTF-8 file?"""
    raw = path.read_bytes()
    line = raw.count(b"\n", 0, at) + 1
    facts = {"byte": f"0x{raw[at]:02X}", "line": line}
    damaged = raw.decode("utf-8", "replace")
    good = sum(1 for c in damaged if c > "\x7f" and c != "\ufffd")
    if good > damaged.count("\ufffd"):
        raise UnreadableFile(
            name=name,
            why=_("byte %(byte)s on line %(line)s is not UTF-8, as the rest of the file is") % facts,
            cure=_("Repair that line, or declare --encoding."),
        )
    if bad := next((b for b in raw if b in _UNDEFINED_1252), None):
        raise UnreadableFile(
            name=name,
            why=_("it is neither UTF-8 (line %(line)s) nor Windows-1252 (byte %(other)s)")
            % (facts | {"other": f"0x{bad:02X}"}),
            cure=_("Declare --encoding, or save it as UTF-8."),
        )
    around = raw[max(0, at - 12) : at + 12].decode("cp1252").replace("\n", " ").replace("\r", " ").strip()
    return Encoding(
        "cp1252",
        "Windows-1252",
        _("byte %(byte)s on line %(line)s is not UTF-8; read as “%(around)s”") % (facts | {"around": around}),
    )

"""CSV: encoding, delimiter, and rows with the line they begin on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import encodings, limits
from stockwright.channels.files.reading.table import BadRow, Evidence, Row, Table, unfit

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_WORDS = {word: mark for mark, word in DELIMITERS.items()} | {"\\t": "\t"} | {mark: mark for mark in DELIMITERS}
_SNIFFED_ROWS = 200


def open_csv(path: Path, name: str, *, encoding: str = "", delimiter: str = "") -> Table:
    """A CSV file as a table; what is not declared is found out.

    Raises: UnreadableFile.
    """
    found = encodings.declared(name, encoding) if encoding else encodings.detect(path, name)
    if delimiter:
        mark, why = _WORDS.get(delimiter.lower(), ""), _("declared")
        if not mark:
            raise UnreadableFile(
                name=name,
                why=_("%(mark)s is no delimiter") % {"mark": delimiter},
                cure=_("Declare comma, semicolon, tab or pipe."),
            )
    else:
        mark, why = sniff(path, name, found.codec)
    head = next(_records(path, name, found.codec, mark), None)
    columns = [str(c).replace("\ufeff", "").strip() for c in head.cells] if head else []

    def rows() -> Iterator[Row | BadRow]:
        return _rows(path, name, found.codec, mark, len(columns))

    evidence = Evidence(
        "CSV", found.label, DELIMITERS[mark],
        tuple(n for n in (f"{found.label}: {found.note}", f"{DELIMITERS[mark]}: {why}") if n),
    )  # fmt: skip
    return Table(name, columns, rows, evidence, _estimate(path, name, found.codec, mark))


def sniff(path: Path, name: str, codec: str) -> tuple[str, str]:
    """The delimiter under which the first rows have the same number of cells as the head, and most of them.

    Raises: UnreadableFile when two fit equally.
    """
    scores: dict[str, tuple[float, int]] = {}
    for mark in DELIMITERS:
        widths = []
        try:
            for number, record in enumerate(_records(path, name, codec, mark)):
                if number == _SNIFFED_ROWS:
                    break
                if record.cells and any(record.cells):
                    widths.append(len(record.cells))
        except UnreadableFile:
            # Under a wrong delimiter quotes can run away; the right one is among the others.
            continue
        if not widths or widths[0] < 2:  # noqa: PLR2004 - one column is no table under this delimiter
            continue
        alike = sum(width == widths[0] for width in widths) / len(widths)
        scores[mark] = (round(alike, 2), widths[0])
    if not scores:
        return ",", _("a single column")
    best = sorted(scores, key=lambda m: scores[m], reverse=True)
    if len(best) > 1 and scores[best[0]] == scores[best[1]] and scores[best[0]][1] > 1:
        raise UnreadableFile(
            name=name,
            why=_("%(a)s and %(b)s fit equally well as delimiter")
            % {"a": DELIMITERS[best[0]], "b": DELIMITERS[best[1]]},
            cure=_("Declare --delimiter."),
        )
    share, width = scores[best[0]]
    return best[0], _("%(width)s columns in %(share)s of the first rows") % {"width": width, "share": f"{share:.0%}"}


def _records(path: Path, name: str, codec: str, mark: str) -> Iterator[Row]:
    csv.field_size_limit(limits.MAX_CELL)
    with path.open("rb") as raw:
        lines = _Lines(raw, codec, name)
        reader = csv.reader(lines, delimiter=mark, strict=False)
        begins = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnreadableFile(
                    name=name,
                    why=_("the row that begins on line %(line)s has a cell of more than %(max)s characters")
                    % {"line": begins, "max": f"{limits.MAX_CELL:,}"},
                    cure=_("Most often a quotation mark is missing there: double those inside a cell."),
                ) from error
            yield Row(begins, cells)
            begins = reader.line_num + 1


class _Lines:
    """The file's lines, none longer than the limit: a file without line ends must not fill the memory."""

    def __init__(self, raw: io.BufferedReader, codec: str, name: str) -> None:
        self._text = io.TextIOWrapper(raw, encoding=codec, newline="")
        self._name = name
        self._number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        self._number += 1
        try:
            line = self._text.readline(limits.MAX_LINE)
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                name=self._name,
                why=_("line %(line)s or soon after is not %(codec)s") % {"line": self._number, "codec": error.encoding},
                cure=_("Declare --encoding."),
            ) from error
        if not line:
            raise StopIteration
        if len(line) == limits.MAX_LINE:
            raise UnreadableFile(
                name=self._name,
                why=_("line %(line)s is longer than %(max)s characters")
                % {"line": self._number, "max": f"{limits.MAX_LINE:,}"},
                cure=_("Is it a CSV file?"),
            )
        return line


def _rows(path: Path, name: str, codec: str, mark: str, width: int) -> Iterator[Row | BadRow]:
    records = _records(path, name, codec, mark)
    next(records, None)
    for row in records:
        cells = row.cells
        if len(cells) == width:
            yield row if "\0" not in "".join(cells) else BadRow(row.line, unfit(cells), cells)
        elif not any(cells):
            continue
        elif len(cells) > width and any(cells[width:]):
            reason = _(
                "The row has %(n)s cells, the head %(width)s: is a %(mark)s inside a cell not in quotation marks?"
            ) % {"n": len(cells), "width": width, "mark": DELIMITERS[mark]}
            yield BadRow(row.line, reason, cells[: width + 50])
        elif "\0" in "".join(cells):
            yield BadRow(row.line, unfit(cells), cells)
        else:
            # Spreadsheets leave out empty cells at the end of a row, or add some.
            row.cells = (cells + [""] * (width - len(cells)))[:width]
            yield row


def _estimate(path: Path, name: str, codec: str, mark: str) -> int:
    size = path.stat().st_size
    records = _records(path, name, codec, mark)
    seen = characters = 0
    for row in records:
        characters += sum(map(len, row.cells)) + len(row.cells)
        seen += 1
        if seen == _SNIFFED_ROWS:
            break
    else:
        return max(0, seen - 1)
    wide = 2 if codec.startswith("utf-16") else 1
    return int(size / wide / max(1, characters / seen))

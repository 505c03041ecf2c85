from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwright.channels.files.errors import UnreadableFile
from stockwright.channels.files.reading import BadRow, Row, limits, open_table

TEXT = "sku,title\nA,Größe\nB,Café\n"


def opened(folder: Path, raw: bytes, **opening: str) -> list[list[str]]:
    (folder / "f.csv").write_bytes(raw)
    table = open_table(folder / "f.csv", **opening)
    return [table.columns, *(row.cells for row in table.rows())]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_reads_every_encoding_that_shops_write(tmp_path: Path, codec: str) -> None:
    assert opened(tmp_path, TEXT.encode(codec)) == [["sku", "title"], ["A", "Größe"], ["B", "Café"]]


def test_says_why_it_took_a_file_for_windows_1252(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(TEXT.encode("cp1252"))
    (note, *_) = open_table(tmp_path / "f.csv").evidence.notes
    assert note.startswith("Windows-1252: byte 0xF6 on line 2 is not UTF-8")


def test_refuses_to_guess_a_utf8_file_with_one_damaged_byte(tmp_path: Path) -> None:
    damaged = "sku,title\nA,Größe, aé\nB,é\n".encode() + b"C,\xe9\n"
    with pytest.raises(UnreadableFile, match="line 4 is not UTF-8, as the rest"):
        opened(tmp_path, damaged)


def test_refuses_bytes_that_fit_no_encoding(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="neither UTF-8"):
        opened(tmp_path, b"sku,title\nA,\x81\xe9\n")


def test_reads_what_is_declared(tmp_path: Path) -> None:
    assert opened(tmp_path, "a,b\nž,1\n".encode("cp1250"), encoding="cp1250")[1] == ["ž", "1"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_finds_the_delimiter_even_with_others_inside_cells(tmp_path: Path, mark: str) -> None:
    text = f'sku{mark}title{mark}price\nA{mark}"x, y; z{mark}w"{mark}1,50\nB{mark}"p;q;r"{mark}2,50\n'
    if mark == ",":
        text = text.replace("1,50", "1.50").replace("2,50", "2.50")
    rows = opened(tmp_path, text.encode())
    assert rows[0] == ["sku", "title", "price"]
    assert all(len(row) == 3 for row in rows)


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b'a,b\n1,"two\nlines\nhere"\n\n2,x\n')
    rows = list(open_table(tmp_path / "f.csv").rows())
    assert [row.line for row in rows] == [2, 6]


def test_a_row_with_too_many_cells_is_bad_and_the_next_is_good(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"a,b\n1,2,3\n4,5\n")
    bad, good = open_table(tmp_path / "f.csv", delimiter="comma").rows()
    assert isinstance(bad, BadRow)
    assert "3 cells, the head 2" in bad.reason
    assert isinstance(good, Row)


def test_cells_left_out_at_the_end_are_empty(tmp_path: Path) -> None:
    assert opened(tmp_path, b"a,b,c\n1\n1,2,3,\n", delimiter=",")[1:] == [["1", "", ""], ["1", "2", "3"]]


def test_a_nul_makes_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"a,b\n1,x\0y\n2,z\n")
    bad, good = open_table(tmp_path / "f.csv").rows()
    assert isinstance(bad, BadRow)
    assert good.cells == ["2", "z"]


def test_refuses_a_million_columns(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="1000000 columns"):
        opened(tmp_path, b"x," * 999_999)


def test_refuses_a_file_without_line_ends(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="line 1 is longer"):
        opened(tmp_path, b"x" * (limits.MAX_LINE + 10))


def test_refuses_a_quotation_mark_that_never_closes(tmp_path: Path) -> None:
    rows = b"".join(b"%d,plain text of a row\n" % n for n in range(60_000))
    with pytest.raises(UnreadableFile, match="line 2 has a cell of more than"):
        opened(tmp_path, b'a,b\n1,"open\n' + rows)[0]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rubbish", "no XLSX"),
        (b"\x1f\x8b12", "gzip"),
    ],
)
def test_refuses_what_is_no_table(tmp_path: Path, raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableFile, match=why):
        opened(tmp_path, raw)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    path = Path("/tmp") / "stockwright-any-bytes.csv"  # noqa: S108 - one file, written over and over
    path.write_bytes(raw)
    lines = []
    with contextlib.suppress(UnreadableFile):
        lines = [row.line for row in open_table(path).rows()]
    path.unlink()
    assert all(line > 1 for line in lines)

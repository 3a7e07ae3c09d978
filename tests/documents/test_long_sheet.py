"""A sheet of many equal cells is what the library alone would write, to the byte."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from coalition.documents.long_sheet import LongSheet

TEXTS = (
    "", " ", "plain", " before", "after ", "two\nlines", "tab\t", "a & b < c > d", '"quoted"', "=1+1", "_x0041_",
    "\x00\x0b\x1f", "\ufffe\uffff", "<r>rich</r>", "<r>not rich", "Българска", "😀", "long " * 60,
    "]]>", "\r", "\x7f\x85",
)  # fmt: skip


def sheet_of(folder: Path, rows: list[list[str]], kind: type | None, *, constant: bool = True) -> bytes:
    path = folder / "made.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": constant, "tmpdir": str(folder)}) as book:
        bold, sheet = book.add_format({"bold": True}), book.add_worksheet("Incidents", kind)
        other = book.add_format({"text_wrap": True})
        for number, cells in enumerate(rows):
            sheet.write_number(number, 0, number, other)
            for place, cell in enumerate(cells, start=1):
                sheet.write_string(number, place, cell, (None, bold, other)[place % 3])
    with zipfile.ZipFile(path) as made:
        return b"".join(made.read(name) for name in made.namelist() if "core.xml" not in name)


@pytest.mark.parametrize("constant", [True, False])
def test_every_text_is_written_as_the_library_writes_it(tmp_path: Path, constant: bool):
    rows = [[text] * 30 for text in (*TEXTS, *TEXTS)]
    made = sheet_of(tmp_path, rows, LongSheet, constant=constant)
    assert made == sheet_of(tmp_path, rows, None, constant=constant)
    assert b"plain" in made


@given(st.lists(st.lists(st.sampled_from(TEXTS) | st.text(max_size=8), min_size=1, max_size=4), min_size=1, max_size=6))
def test_whatever_is_written_is_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]):
    folder = tmp_path_factory.mktemp("sheets")
    assert sheet_of(folder, rows, LongSheet) == sheet_of(folder, rows, None)


def test_what_begins_otherwise_is_left_to_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [list(TEXTS)] * 3
    monkeypatch.setattr("coalition.documents.long_sheet._FIRST", "<cell")
    assert sheet_of(tmp_path, rows, LongSheet) == sheet_of(tmp_path, rows, None)

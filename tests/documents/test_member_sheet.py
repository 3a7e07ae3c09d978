"""Tables of every shape that members keep, and files that are none."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from coalition.documents.member_sheet import MOST_BYTES, MemberSheet, read_sheet
from coalition.documents.problem_sheet import problems_as_csv, problems_as_workbook
from coalition.domain.errors import RefusedSheet

ROWS = (("Дата", "Град", "Описание"), ("05.03.2024", "София", "Удариха го; счупиха прозорец, после избягаха."))


def table(sheet: MemberSheet) -> list[tuple[str, ...]]:
    return [sheet.heading, *(row.cells for row in sheet.rows)]


def as_csv(separator: str) -> str:
    quoted = (separator.join(f'"{cell}"' for cell in row) for row in ROWS)
    return "\r\n".join(quoted) + "\r\n"


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_read_whatever_separates_its_cells_and_encodes_its_letters(separator: str, encoding: str):
    assert table(read_sheet(as_csv(separator).encode(encoding))) == list(ROWS)


def test_western_letters_are_told_from_cyrillic_ones():
    assert table(read_sheet("Ort;Text\nKöln;Die Tür wurde größer\n".encode("cp1252"))) == [
        ("Ort", "Text"),
        ("Köln", "Die Tür wurde größer"),
    ]


def test_blank_rows_and_columns_are_no_rows_and_columns():
    content = b"\n;;\nDate;Town;\n;;\n2024;Sofia;\n2023;\n"
    sheet = read_sheet(content)
    assert sheet.heading == ("Date", "Town")
    assert [(row.line, row.cells) for row in sheet.rows] == [(5, ("2024", "Sofia")), (6, ("2023", ""))]


def test_a_bad_row_costs_itself_only():
    sheet = read_sheet(b'Date;Text\n2024;"open\n2023;fine\n2022;a;b;c\n2021;x\0y\n')
    assert [(row.line, row.problem) for row in sheet.rows] == [
        (2, "broken"),
        (3, ""),
        (4, "too_many_cells"),
        (5, "not_text"),
    ]


def test_a_workbook_is_read_as_people_see_it_and_from_the_sheet_they_choose():
    at_once = datetime(2024, 3, 5, 9, 5)  # noqa: DTZ001 - a cell has no zone
    rows = [["Date", "Time", "Number"], [date(2024, 3, 5), time(14, 20), 3.0], [at_once, "x", 2.5]]
    content = workbook(("Data", rows), ("Repeats", [["_parent_index"], [1]]))
    sheet = read_sheet(content)
    assert (sheet.sheets, sheet.sheet) == (("Data", "Repeats"), "Data")
    assert table(sheet) == [
        ("Date", "Time", "Number"),
        ("2024-03-05", "14:20", "3"),
        ("2024-03-05T09:05", "x", "2.5"),
    ]
    other = read_sheet(content, "Repeats")
    assert (other.sheet, table(other)) == ("Repeats", [("_parent_index",), ("1",)])


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" \
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" \
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Случаи">
<table:table-row><table:table-cell office:value-type="string"><text:p>Дата</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Град</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="date" office:date-value="2024-03-05"><text:p>5.3.24</text:p>
</table:table-cell>\
<table:table-cell office:value-type="string"><text:p>София</text:p></table:table-cell></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"""


def test_a_workbook_of_libreoffice_is_read():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.replace("\n", ""))
    assert table(read_sheet(made.getvalue())) == [("Дата", "Град"), ("2024-03-05", "София")]


def packed(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def bursting() -> bytes:
    """Pack nothing, very often; only when it is asked for, because it takes a second."""
    return packed(**{"[Content_Types].xml": b"", "xl/workbook.xml": bytes(310_000_000)})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b";;;\n", "no_heading"),
        (b"x" * (MOST_BYTES + 1), "too_large"),
        (b"\xd0\xcf\x11\xe0rest", "old_or_locked"),
        (b"PK\x03\x04 cut off", "not_a_workbook"),
        (packed(**{"readme.txt": b"no workbook"}), "not_a_workbook"),
        (packed(**{"[Content_Types].xml": b"", "xl/workbook.xml": b"nothing"}), "not_a_workbook"),
        (bursting, "unpacks_to_too_much"),
        (b"\x7fELF" + bytes(100), "not_a_table"),
        (";".join("abc" for _ in range(257)).encode(), "too_many_columns"),
        (b"a;b\n" + b"x" * 1_000_001, "long_line"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_with_a_code(content: bytes | Callable[[], bytes], reason: str):
    with pytest.raises(RefusedSheet) as refusal:
        table(read_sheet(content() if callable(content) else content))
    assert refusal.value.reason == reason


@settings(max_examples=150)
@given(
    some.binary(max_size=400)
    | some.text(max_size=200).map(str.encode)
    | some.text("a;,\n\"\t|'=", max_size=80).map(str.encode)
)
def test_whatever_bytes_are_sent_give_rows_as_wide_as_their_heading_or_a_code(content: bytes):
    try:
        sheet = read_sheet(content)
        assert all(len(row.cells) == len(sheet.heading) for row in sheet.rows)
    except RefusedSheet as refusal:
        assert refusal.reason.isidentifier()  # noqa: PT017 - either of the two is well


def test_rows_that_were_left_come_back_to_the_letter():
    texts = ["=1+1", "'=x", "+359", "a;=b", "„цитат“", 'кавички "', "два\nреда", "-"]
    header, rows = ("No", "Text", "problem"), [(str(at), text, "why") for at, text in enumerate(texts)]
    for content in (problems_as_csv(header, rows), problems_as_workbook(header, rows)):
        assert table(read_sheet(content)) == [header, *rows]


def test_no_cell_of_the_list_of_bad_rows_is_a_formula():
    book = openpyxl.load_workbook(io.BytesIO(problems_as_workbook(("a", "problem"), [("=1+1", "https://x.example")])))
    assert [cell.data_type for cell in book.active[2]] == ["s", "s"]
    assert b"'=1+1" in problems_as_csv(("a", "problem"), [("=1+1", "")])

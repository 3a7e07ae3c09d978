"""Files that no honest spreadsheet would write: each is refused in one line, soon, and without much memory."""

import os
import resource
import struct
import sys
import time
import zipfile
import zlib

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalition.documents import sheet_reader, spreadsheet
from coalition.documents.spreadsheet import Unread, read_table
from coalition.domain.errors import UnreadableFile

COLUMNS = ("Date", "Description")
HEADING = "Date,Description\n"
SHEET = "xl/worksheets/sheet1.xml"
EMPTY = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def read(file):
    return list(read_table(file, COLUMNS))


def refusal(file):
    with pytest.raises(UnreadableFile) as refused:
        read(file)
    reason = refused.value.reason
    assert "\n" not in reason
    assert len(reason) < 400
    return reason


def read_or_refused(file):
    try:
        return read(file)
    except UnreadableFile as refused:
        return [] if "\n" not in refused.reason else pytest.fail("more than one line")


def csv_file(folder, content):
    file = folder / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def workbook(folder, rows=(("Date", "Description"), ("2019", "Text"))):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = folder / "rows.xlsx"
    book.save(file)
    return file


def altered(folder, replaced, more=()):
    """A workbook in which some parts are replaced by other bytes, and to which others are added."""
    made = workbook(folder)
    file = folder / "altered.xlsx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, replaced.get(name, old.read(name)))
        for name, content in more:
            new.writestr(name, content)
    return file


@pytest.fixture(autouse=True)
def _soon_and_small():
    """Hold every refusal to a time, and to what the process and its reader may take of the memory."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < 60
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    assert most < 3_000_000, "kilobytes"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "large.csv"
    with file.open("wb") as sparse:
        sparse.truncate(50_000_000_000)
    assert refusal(file) == "large.csv: more than 25 MB; split the file"


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").endswith("pipe: not a file")
    assert refusal(tmp_path).endswith(": not a file")


def test_a_line_of_megabytes_is_refused(tmp_path):
    assert "line 2 has more than" in refusal(csv_file(tmp_path, HEADING + "2019," + "x" * 2_000_000))
    assert "line 1 has more than" in refusal(csv_file(tmp_path, "," * 20_000_000))


def test_a_cell_longer_than_any_text_costs_its_row_only(tmp_path):
    rows = read(csv_file(tmp_path, f"{HEADING}2019,{'x' * 200_000}\n2020,good\n"))
    assert rows[0] == (2, Unread("the row is not CSV: field larger than field limit (100000)"))
    assert rows[1] == (3, {"Date": "2020", "Description": "good"})


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 10)
    assert "more than 10 rows" in refusal(csv_file(tmp_path, HEADING + "2019,x\n" * 10))
    assert len(read(csv_file(tmp_path, HEADING + "2019,x\n" * 9))) == 9


@pytest.mark.parametrize("row", ['x,"y"z\n', '"y"z,x\n'])
def test_a_file_of_broken_rows_is_given_up(tmp_path, row):
    assert "rows are broken" in refusal(csv_file(tmp_path, HEADING + row * 200_000))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 10_000,
        b"\xff\xfe\0\0D\0\0\0a\0\0\0",
        b"\x00\x00\xfe\xff",
        "Дата;Описание\n2019;х\n".encode("cp1251"),
        "Date,Description\n".encode("utf-16-be"),
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        b"<html><table><tr><td>Date</td></tr></table></html>",
        b'{"incidents": []}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, content):
    assert "no column Date, Description in the first line" in refusal(csv_file(tmp_path, content))


def test_a_wrong_encoding_costs_the_rows_in_which_it_shows(tmp_path):
    rows = read(csv_file(tmp_path, b"Date,Description\n2019,ascii\n2020,\xe4\xee\xec\n2021,a\0b\n"))
    assert [cells for _, cells in rows[1:]] == [
        Unread("the row is not UTF-8"),
        Unread("the row holds a character that is no text"),
    ]
    assert rows[0][1] == {"Date": "2019", "Description": "ascii"}


def test_a_locked_or_old_workbook_is_named_as_such(tmp_path):
    file = csv_file(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000)
    assert refusal(file) == "rows.csv: an old or a locked workbook; save it as XLSX, without a password"


def test_an_archive_that_is_no_workbook_is_named_as_such(tmp_path):
    file = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    assert refusal(file) == "rows.xlsx: not a workbook in the format XLSX"
    file.write_bytes(b"PK\x03\x04" + b"\0" * 500)
    assert "damaged archive" in refusal(file)


def test_a_workbook_that_promises_to_unpack_to_too_much_is_not_unpacked(tmp_path):
    bomb = altered(tmp_path, {SHEET: EMPTY % (b" " * 400_000_000)})
    assert bomb.stat().st_size < 1_000_000
    assert refusal(bomb) == "altered.xlsx: the workbook unpacks to too much"


def test_a_workbook_of_very_many_parts_is_not_unpacked(tmp_path):
    many = altered(tmp_path, {}, [(f"xl/media/{number}.png", b"") for number in range(2000)])
    assert refusal(many) == "altered.xlsx: the workbook unpacks to too much"


def test_a_workbook_that_lies_about_its_size_ends_at_the_readers_limits(tmp_path):
    """The directory says a few bytes; the stream holds thousands of millions."""
    file = altered(tmp_path, {SHEET: EMPTY % b""})
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    cell = b'<row><c t="inlineStr"><is><t>' + b"x" * 30_000 + b"</t></is></c></row>"
    text = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    begun = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers to what was before: the same packed bytes unpack again to the same.
    again = packer.compress(cell * 100) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = begun + again * 400 + packer.flush()
    forged = tmp_path / "forged.xlsx"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        new.writestr(zipfile.ZipInfo(SHEET), packed)
    lie(forged, SHEET.encode(), promised=1000)
    assert forged.stat().st_size < 25_000_000
    assert "not a readable workbook" in refusal(forged)


def lie(file, name, promised):
    """Say of a stored part that it is packed, and that it unpacks to a few bytes."""
    content = bytearray(file.read_bytes())
    for mark, method, size, ends in ((b"PK\x03\x04", 8, 22, 30), (b"PK\x01\x02", 10, 24, 46)):
        at = content.index(mark)
        while content[at + ends : at + ends + len(name)] != name:
            at = content.index(mark, at + 1)
        struct.pack_into("<H", content, at + method, zipfile.ZIP_DEFLATED)
        struct.pack_into("<I", content, at + size, promised)
    file.write_bytes(content)


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD1"])
def test_one_cell_at_the_far_end_is_no_sheet_of_that_size(tmp_path, place):
    far = b'<row><c r="A1" t="inlineStr"><is><t>Date</t></is></c></row><row><c r="%s"><v>1</v></c></row>'
    reason = refusal(altered(tmp_path, {SHEET: EMPTY % (far % place.encode())}))
    assert "rows" in reason or "memory" in reason


def test_a_dimension_that_is_only_claimed_costs_nothing(tmp_path):
    content = (EMPTY % b"").replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    assert "no column" in refusal(altered(tmp_path, {SHEET: content}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<worksheet",
        b"<a>" * 100_000,
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + EMPTY % b'<row><c t="str"><v>&a;</v></c></row>',
        EMPTY % b'<row><c r="A1" t="s"><v>999999999</v></c></row>',
        EMPTY % b'<row><c r="A99999999999999999999"><v>1</v></c></row>',
    ],
)
def test_broken_and_hostile_xml_is_one_line(tmp_path, content):
    refusal(altered(tmp_path, {SHEET: content}))


def test_nothing_in_the_folder_takes_the_place_of_a_module(tmp_path, monkeypatch):
    for name in ("json.py", "python_calamine.py", "resource.py"):
        (tmp_path / name).write_text("raise SystemExit('taken over')")
    file = workbook(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert read(file) == [(2, {"Date": "2019", "Description": "Text"})]


def test_the_reader_and_the_table_agree_about_the_limits():
    assert spreadsheet.MOST_ROWS == sheet_reader.MOST_ROWS
    assert sys.executable


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.text(alphabet="\"',;\t\r\n\0=a", max_size=200).map(lambda text: (HEADING + text).encode())
)
def test_any_bytes_as_csv_are_rows_or_one_line(tmp_path, content):
    for line, cells in read_or_refused(csv_file(tmp_path, content)):
        assert line > 1
        assert isinstance(cells, Unread) or set(cells) == set(COLUMNS)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2**31), st.binary(min_size=1, max_size=4)), min_size=1, max_size=8))
def test_a_workbook_with_any_bytes_exchanged_is_rows_or_one_line(tmp_path, changes):
    file = workbook(tmp_path)
    content = bytearray(file.read_bytes())
    for place, new in changes:
        at = place % len(content)
        content[at : at + len(new)] = new
    file.write_bytes(content)
    assert all(line > 1 for line, _ in read_or_refused(file))


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".txt"])
def test_a_workbook_that_is_called_something_else_is_refused(tmp_path, ending):
    renamed = workbook(tmp_path).rename(tmp_path / f"rows{ending}")
    with pytest.raises(UnreadableFile, match="not what the ending of its name says"):
        read(renamed)


def test_a_table_that_is_called_a_workbook_is_refused(tmp_path):
    renamed = csv_file(tmp_path, "Date,Description\n2019,Text\n").rename(tmp_path / "rows.xlsx")
    with pytest.raises(UnreadableFile, match="not what the ending of its name says"):
        read(renamed)

"""Read whatever table a member keeps its incidents in: CSV of any separator and encoding, XLSX, ODS.

The content is given as bytes, because it may not lie on a disk in clear. What it is, and how large, is asked before it
is read; a workbook is read by a process of its own (`documents.sheet_reader`). A file that cannot be read is refused
with a code.
"""

import codecs
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from coalition.documents import sheet_reader
from coalition.documents.spreadsheet import (
    MOST_BYTES,
    MOST_CHARACTERS_OF_CELL,
    MOST_CHARACTERS_OF_LINE,
    MOST_COLUMNS,
    MOST_PARTS,
    MOST_ROWS,
    MOST_UNPACKED,
    Row,
    Unread,
    csv_rows,
)
from coalition.domain.errors import RefusedSheet, UnreadableFile

__all__ = ["MOST_BYTES", "MemberSheet", "SheetRow", "read_sheet"]

_ZIP_MARK: Final = b"PK\x03\x04"
_OLE_MARK: Final = b"\xd0\xcf\x11\xe0"
_XLSX_PARTS: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})
_ODS_PARTS: Final = frozenset({"mimetype", "content.xml"})
_SEPARATORS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 30
"""So many records tell which separator a file has."""
_NO_TEXT: Final = re.compile("[\0\ufffe\uffff\ufffd\ud800-\udfff]")
_NO_NAME: Final = re.compile("[\0-\x08\x0e-\x1f\ufffe\uffff\ufffd\ud800-\udfff]")
"""What no column is called: the file is something else."""
_NO_SPACE: Final = " \t\ufeff\u200b"


@dataclass(frozen=True)
class SheetRow:
    """One row that is not blank."""

    line: int
    """Line on which it begins; the heading is on line 1 unless blank lines stand before it."""
    cells: tuple[str, ...]
    """As many as the heading has."""
    problem: str = ""
    """A code, where the row cannot be read: "broken", "not_text", "too_many_cells"."""


@dataclass(frozen=True)
class MemberSheet:
    """A table with its heading, and its rows as they are asked for."""

    heading: tuple[str, ...]
    rows: Iterator[SheetRow] = field(repr=False)
    sheets: tuple[str, ...] = ()
    """The sheets of a workbook; none for CSV."""
    sheet: str = ""
    """The one that is read."""


def read_sheet(content: bytes, sheet: str = "") -> MemberSheet:
    """Return the table that a file holds; of a workbook the sheet of this name, else the first.

    Raises RefusedSheet, also while the rows are read.
    """
    if len(content) > MOST_BYTES:
        raise RefusedSheet("too_large")
    if not content.strip():
        raise RefusedSheet("empty")
    if content.startswith(_OLE_MARK):
        raise RefusedSheet("old_or_locked")
    if content.startswith(_ZIP_MARK):
        return _of_workbook(content, sheet)
    return _table(_of_csv(content))


def _table(rows: Iterator[Row], sheets: Sequence[str] = (), sheet: str = "") -> MemberSheet:
    """Take the first row with anything in it for the heading."""
    heading: tuple[str, ...] = ()
    counted = _counted(rows)
    for _line, cells in counted:
        if not isinstance(cells, Unread) and any(cell.strip(_NO_SPACE) for cell in cells):
            heading = _heading(cells)
            break
    if not heading:
        raise RefusedSheet("no_heading")
    if any(map(_NO_NAME.search, heading)):
        raise RefusedSheet("not_a_table")
    if len(heading) > MOST_COLUMNS:
        raise RefusedSheet("too_many_columns")
    return MemberSheet(heading, _rows(counted, len(heading)), tuple(sheets), sheet)


def _heading(cells: Sequence[str]) -> tuple[str, ...]:
    """Cut empty cells at the end; spreadsheets keep columns that were once used."""
    names = [" ".join(cell.strip(_NO_SPACE).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _counted(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise RefusedSheet("too_many_rows")
        yield row


def _rows(rows: Iterator[Row], width: int) -> Iterator[SheetRow]:
    for line, cells in rows:
        if isinstance(cells, Unread):
            yield SheetRow(line, ("",) * width, "broken")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[width:]):
            yield SheetRow(line, _clean(cells[:width]), "too_many_cells")
            continue
        fitting = (*cells[:width], *("",) * (width - len(cells)))
        # No text for people; PostgreSQL stores no NUL, and XLSX holds none of these.
        unreadable = any(map(_NO_TEXT.search, fitting)) or any(len(cell) > MOST_CHARACTERS_OF_CELL for cell in fitting)
        yield SheetRow(line, _clean(fitting), "not_text" if unreadable else "")


def _clean(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(_NO_TEXT.sub("", cell[:MOST_CHARACTERS_OF_CELL]) for cell in cells)


# --- CSV ---------------------------------------------------------------------------------------------------


def _of_csv(content: bytes) -> Iterator[Row]:
    lines = list(io.StringIO(_decoded(content), newline=""))
    if any(len(line) > MOST_CHARACTERS_OF_LINE for line in lines):
        raise RefusedSheet("long_line")
    try:
        yield from csv_rows("", lines, _separator(lines))
    except UnreadableFile:
        raise RefusedSheet("not_a_table") from None


def _decoded(content: bytes) -> str:
    """Return the text of a file in the encoding that it says, or that its bytes fit."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    unmarked = _unmarked(content[:1000])
    if unmarked:
        return content.decode(unmarked, errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(_codepage(content), errors="replace")


def _unmarked(start: bytes) -> str:
    """Tell UTF-16 without its mark by the side on which zeros are; empty where there are hardly any."""
    first, second = start[0::2].count(0), start[1::2].count(0)
    if max(first, second) <= len(start) // 8:
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


def _codepage(content: bytes) -> str:
    """Tell Windows' Cyrillic from its Western letters.

    Words in Cyrillic are runs of letters beyond ASCII; in Western languages such letters stand alone among others.
    """
    runs = re.findall(rb"[\xc0-\xff\xa8\xb8]+", content)
    together = sum(len(run) for run in runs if len(run) > 1)
    return "cp1251" if 2 * together > sum(map(len, runs)) else "cp1252"


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that gives the first records most cells, and about the same number to each."""

    def evenness(separator: str) -> tuple[bool, int]:
        widths = Counter(len(cells) for cells in _tried(lines, separator))
        width, rows = widths.most_common(1)[0] if widths else (1, 0)
        return (width > 1 and 2 * rows >= widths.total(), width)

    return max(_SEPARATORS, key=evenness)


def _tried(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        reader = csv.reader(islice(lines, 4 * _LOOKED_AT), delimiter=separator)
        return [row for row in islice(reader, _LOOKED_AT) if row]
    except csv.Error:
        return []


# --- workbooks ---------------------------------------------------------------------------------------------


def _of_workbook(content: bytes, wanted: str) -> MemberSheet:
    _check_parts(content)
    said = _said(content, wanted)
    first = next(said, None)
    if not isinstance(first, dict) or "sheets" not in first:
        raise RefusedSheet("not_a_workbook")
    sheets = [str(name) for name in first["sheets"]]
    return _table(_workbook_rows(said), sheets, wanted if wanted in sheets else sheets[0])


def _workbook_rows(said: Iterator[object]) -> Iterator[Row]:
    for number, cells in enumerate(said, start=1):
        if not isinstance(cells, list):
            raise RefusedSheet("not_a_workbook")
        yield number, [str(cell) for cell in cells]


def _said(content: bytes, wanted: str) -> Iterator[object]:
    """Yield what the reading process says, line by line."""
    # By its path and isolated: nothing in the folder where this runs can take a module's place.
    command = [sys.executable, "-I", sheet_reader.__file__, "-", wanted]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as reader:
        try:
            _hand_over(reader, content)
            for line in reader.stdout or ():
                if line.endswith(b"\n"):
                    yield json.loads(line)
        except BaseException:
            reader.kill()
            raise
        if reader.wait():
            raise RefusedSheet("not_a_workbook")


def _hand_over(reader: "subprocess.Popen[bytes]", content: bytes) -> None:
    """Give the process all of it: it answers nothing before it has everything."""
    if reader.stdin is None:
        return
    try:
        with reader.stdin as way:
            way.write(content)
    except BrokenPipeError:
        # It ended before it had read all, and has said why or will be found to have failed.
        return


def _check_parts(content: bytes) -> None:
    """Look at a workbook's directory before anything in it is unpacked.

    Raises RefusedSheet.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise RefusedSheet("not_a_workbook") from None
    names = {part.filename for part in parts}
    if not (names >= _XLSX_PARTS or names >= _ODS_PARTS):
        raise RefusedSheet("not_a_workbook")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise RefusedSheet("unpacks_to_too_much")

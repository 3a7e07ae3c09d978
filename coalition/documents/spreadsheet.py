"""Read a table of named columns from a CSV or XLSX file, row by row, each with the line it begins on.

A file comes from outside. What it is and how large is asked before it is read, a workbook is read by a process of its
own, and whatever is wrong with a file as a whole is one line of error.
"""

import codecs
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final

from coalition.documents import sheet_reader
from coalition.documents.delimited import unguarded
from coalition.domain.errors import UnreadableFile

SHEET: Final = "Report Export"
"""The sheet of ODIHR's own download; any other workbook is read from its first sheet."""

MOST_BYTES: Final = 25_000_000
"""Of a file, before it is opened. ODIHR's whole export of 2,730 incidents has 700,000."""
MOST_ROWS: Final = sheet_reader.MOST_ROWS
MOST_COLUMNS: Final = sheet_reader.MOST_COLUMNS
MOST_CHARACTERS_OF_CELL: Final = 100_000
"""Three times what a spreadsheet's cell can hold, five times our longest text."""
MOST_CHARACTERS_OF_LINE: Final = 1_000_000
MOST_BROKEN_ROWS: Final = 1_000
"""So many rows that are not CSV, and the file as a whole is not."""
MOST_PARTS: Final = 1_000
"""Files in a workbook; one without pictures has a dozen."""
MOST_UNPACKED: Final = 300_000_000
"""Bytes that a workbook's directory may promise to unpack to."""

_NO_TEXT: Final = re.compile("[\0\ufffe\uffff]")
_UNDECODED: Final = re.compile("[\udc80-\udcff]")
"""What decoding makes of bytes that are no UTF-8."""
_SEPARATORS: Final = (",", ";", "\t")
_ERRORS: Final = {"utf-16": "replace", "utf-8-sig": "surrogateescape"}
_XLSX_MARK: Final = b"PK\x03\x04"
_KINDS: Final = {".xlsx": True, ".csv": False, ".txt": False, ".tsv": False}
"""Whether a file with this ending is a workbook."""
_OLE_MARK: Final = b"\xd0\xcf\x11\xe0"
_XLSX_PARTS: Final = frozenset({"[Content_Types].xml", "xl/workbook.xml"})


@dataclass(frozen=True)
class Unread:
    """A row whose cells do not fit the heading."""

    reason: str


Row = tuple[int, Sequence[str] | Unread]


def read_table(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str] | Unread]]:
    """Yield (line, cells by column) of every row that is not blank; the heading is on line 1.

    The columns may stand in any order among others. Raises UnreadableFile when the file cannot be read or a column
    is missing.
    """
    rows = _rows(file)
    _, first = next(rows, (1, ()))
    heading = [] if isinstance(first, Unread) else [_folded(cell) for cell in first]
    missing = [column for column in columns if _folded(column) not in heading]
    if missing:
        raise UnreadableFile(f"{file.name}: no column {', '.join(missing)} in the first line")
    places = {column: heading.index(_folded(column)) for column in columns}
    for line, cells in rows:
        if isinstance(cells, Unread):
            yield line, cells
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            yield line, Unread(f"the row has {len(cells)} cells, the heading has {len(heading)}")
            continue
        if any(map(_NO_TEXT.search, cells)):
            # No text for people; PostgreSQL stores no NUL, and XLSX holds none of the three.
            yield line, Unread("the row holds a character that is no text")
            continue
        yield line, {column: cells[place] for column, place in places.items()}


def _folded(cell: str) -> str:
    return " ".join(cell.split()).casefold()


def _rows(file: Path) -> Iterator[Row]:
    """Yield the rows of a file of either kind; there may be only so many."""
    try:
        mark = _mark(file)
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}") from None
    if mark == _OLE_MARK:
        raise UnreadableFile(f"{file.name}: an old or a locked workbook; save it as XLSX, without a password")
    if file.suffix.lower() in _KINDS and _KINDS[file.suffix.lower()] is not (mark == _XLSX_MARK):
        raise UnreadableFile(f"{file.name}: the file is not what the ending of its name says")
    rows = _workbook_rows(file) if mark == _XLSX_MARK else csv_rows(file.name, _lines(file))
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise UnreadableFile(f"{file.name}: more than {MOST_ROWS} rows; split the file")
        yield row


def _mark(file: Path) -> bytes:
    """Return how a file begins. Nothing else of it has been read yet.

    Raises OSError, UnreadableFile for what is no file or too large a one.
    """
    found = file.stat()
    if not S_ISREG(found.st_mode):
        raise UnreadableFile(f"{file}: not a file")
    if found.st_size > MOST_BYTES:
        raise UnreadableFile(f"{file.name}: more than {MOST_BYTES // 1_000_000} MB; split the file")
    with file.open("rb") as start:
        return start.read(len(_XLSX_MARK))


def csv_rows(name: str, lines: Sequence[str], separator: str = "") -> Iterator[Row]:
    """Read record by record; one that breaks the rules of CSV costs its own first line, not the rest of the file.

    Without a separator the heading tells which it is. Raises UnreadableFile, naming the file, when hardly any is CSV.
    """
    csv.field_size_limit(MOST_CHARACTERS_OF_CELL)
    # Spreadsheets in many languages write semicolons, and tabs when they write UTF-16.
    separator = separator or (max(_SEPARATORS, key=lines[0].count) if lines else ",")
    begin = broken = 0
    while begin < len(lines):
        reader = csv.reader((lines[at] for at in range(begin, len(lines))), delimiter=separator, strict=True)
        line = begin
        try:
            for cells in reader:
                yield line + 1, _checked(cells)
                line = begin + reader.line_num
        except csv.Error as error:
            yield line + 1, Unread(f"the row is not CSV: {error}")
            begin, broken = line + 1, broken + 1
        else:
            return
        if broken > MOST_BROKEN_ROWS:
            raise UnreadableFile(f"{name}: not CSV; more than {MOST_BROKEN_ROWS} rows are broken")


def _lines(file: Path) -> list[str]:
    content = file.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    lines = list(io.StringIO(content.decode(encoding, errors=_ERRORS[encoding]), newline=""))
    longest = next((number for number, line in enumerate(lines, 1) if len(line) > MOST_CHARACTERS_OF_LINE), None)
    if longest:
        raise UnreadableFile(f"{file.name}: line {longest} has more than {MOST_CHARACTERS_OF_LINE} characters")
    return lines


def _checked(cells: list[str]) -> list[str] | Unread:
    if any(map(_UNDECODED.search, cells)):
        return Unread("the row is not UTF-8")
    return [unguarded(cell) for cell in cells]


def _workbook_rows(file: Path) -> Iterator[Row]:
    _check_parts(file)
    # By its path and isolated: nothing in the folder where the command is run can take a module's place.
    command = [sys.executable, "-I", sheet_reader.__file__, str(file.absolute()), SHEET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:  # noqa: S603 - our own
        try:
            for number, line in enumerate(reader.stdout or (), start=1):
                if line.endswith(b"\n"):
                    yield number, _cells(file, line)
        except BaseException:
            reader.kill()
            raise
        if reader.wait():
            raise UnreadableFile(f"{file.name}: not a readable workbook, or one that needs too much memory or time")


def _cells(file: Path, line: bytes) -> list[str]:
    said = json.loads(line)
    if isinstance(said, dict):
        raise UnreadableFile(f"{file.name}: {said['refused']}")
    return [str(cell) for cell in said]


def _check_parts(file: Path) -> None:
    """Look at a workbook's directory before anything in it is unpacked.

    Raises UnreadableFile.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise UnreadableFile(f"{file.name}: not a readable workbook (damaged archive)") from None
    if not {part.filename for part in parts} >= _XLSX_PARTS:
        raise UnreadableFile(f"{file.name}: not a workbook in the format XLSX")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableFile(f"{file.name}: the workbook unpacks to too much")

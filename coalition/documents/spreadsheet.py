"""Read a table of named columns from a CSV or XLSX file, row by row, each with the line it begins on."""

import codecs
import csv
import datetime
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import python_calamine

from coalition.domain.errors import UnreadableFile

SHEET = "Report Export"
"""The sheet of ODIHR's own download; any other workbook is read from its first sheet."""
_LONGEST_CELL = 10_000_000
_SEPARATORS = (",", ";", "\t")
_ERRORS = {"utf-16": "replace", "utf-8-sig": "surrogateescape"}
_XLSX_MARK = b"PK\x03\x04"


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
        if any("\0" in cell for cell in cells):
            # No text for people, and PostgreSQL stores none.
            yield line, Unread("the row holds a NUL character")
            continue
        yield line, {column: cells[place] for column, place in places.items()}


def _folded(cell: str) -> str:
    return " ".join(cell.split()).casefold()


def _rows(file: Path) -> Iterator[Row]:
    try:
        with file.open("rb") as start:
            mark = start.read(4)
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}") from None
    return _workbook_rows(file) if mark == _XLSX_MARK else _csv_rows(file)


def _csv_rows(file: Path) -> Iterator[Row]:
    """Read record by record; one that breaks the rules of CSV costs its own first line, not the rest of the file."""
    csv.field_size_limit(_LONGEST_CELL)
    content = file.read_bytes()
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    lines = list(io.StringIO(content.decode(encoding, errors=_ERRORS[encoding]), newline=""))
    # Spreadsheets in many languages write semicolons, and tabs when they write UTF-16.
    separator = max(_SEPARATORS, key=lines[0].count) if lines else ","
    begin = 0
    while begin < len(lines):
        reader = csv.reader(itertools.islice(lines, begin, None), delimiter=separator, strict=True)
        line = begin
        try:
            for cells in reader:
                yield line + 1, Unread("the row is not UTF-8") if any(map(_is_undecoded, cells)) else cells
                line = begin + reader.line_num
        except csv.Error as error:
            yield line + 1, Unread(f"the row is not CSV: {error}")
            begin = line + 1
        else:
            return


def _is_undecoded(cell: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in cell)


def _workbook_rows(file: Path) -> Iterator[Row]:
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(file))
        name = SHEET if SHEET in workbook.sheet_names else workbook.sheet_names[0]
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError) as error:
        raise UnreadableFile(f"{file.name}: not a readable workbook ({error})") from None
    for line, cells in enumerate(rows, start=1):
        yield line, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    """Return a cell as the export writes it: spreadsheets turn 2019 into a number and 2019-05 into a day."""
    if isinstance(cell, datetime.date):
        return f"{cell.year:04}-{cell.month:02}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)

"""Read the cells of a workbook in a process of its own, which may take only so much memory and time.

Run as a file, with Python's isolated mode: `python -I sheet_reader.py FILE SHEET`. It knows nothing of the coalition
and opens nothing but that file. A workbook is a packed archive: a small one can unpack to any size, lie about it, or
put one cell at the far end of a sheet of seventeen thousand million. Whatever it does ends here.

Writes one JSON value per line: a list of texts for each row of the sheet named SHEET, else of the first sheet, or one
object with the key "refused" and the reason.

With `-` for FILE the workbook comes on standard input, so that it need not lie anywhere in clear. Then days are written
whole and times with them, and an object with the key "sheets" comes first: the names of all sheets.
"""

import datetime
import io
import json
import resource
import sys
from collections.abc import Callable

import python_calamine

MEMORY = 1_000_000_000
"""Bytes of address space."""
SECONDS = 120
"""Seconds of computing."""
MOST_ROWS = 200_000
MOST_COLUMNS = 256


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _text(cell: object) -> str:
    """Return a cell as the export writes it: spreadsheets turn 2019 into a number and 2019-05 into a day."""
    if isinstance(cell, datetime.date):
        return f"{cell.year:04}-{cell.month:02}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _whole_text(cell: object) -> str:
    """Return a cell as somebody reads it: a day to the day, with the time of day where there is one."""
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="minutes")
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, datetime.time):
        return cell.isoformat(timespec="minutes")
    return _text(cell)


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def _read(path: str, wanted: str) -> None:
    if path == "-":
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        _say({"sheets": workbook.sheet_names})
        _read_sheet(workbook, wanted, _whole_text)
    else:
        _read_sheet(python_calamine.CalamineWorkbook.from_path(path), wanted, _text)


def _read_sheet(workbook: python_calamine.CalamineWorkbook, wanted: str, text_of: Callable[[object], str]) -> None:
    names = workbook.sheet_names
    sheet = workbook.get_sheet_by_name(wanted if wanted in names else names[0])
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        _say({"refused": f"its sheet has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns"})
        return
    for row in sheet.to_python(skip_empty_area=False):
        _say([text_of(cell) for cell in row])


def main() -> None:
    """Read, within limits."""
    _limit()
    try:
        _read(*sys.argv[1:3])
    except (python_calamine.CalamineError, IndexError) as error:
        # The library's own words are about the format. One line, and not a long one: they may quote the file.
        _say({"refused": f"not a readable workbook ({' '.join(str(error).split())[:200]})"})


if __name__ == "__main__":
    main()

"""CSV that no spreadsheet can take for formulas, and that reads back to the letter.

A CSV file has no types: a spreadsheet that opens one calculates every cell that begins like a formula. XLSX needs none
of this, because its cells are typed as text.

The rule: wherever a spreadsheet could begin a cell with `=`, `+`, `-`, `@`, their full-width forms, a tab or a carriage
return, one apostrophe is put in front. That is at the beginning of a cell, and inside it after a semicolon, a tab or a
line break, because a spreadsheet set to another separator splits there and takes no notice of our quotation marks.
Apostrophes and quotation marks that already stand in front stay where they are, and are counted as part of the text: so
the inverse takes exactly one apostrophe off exactly where the rule would put one, and every text comes back as it was.

A text without such a beginning is written as it is, whatever it holds: of the 2,730 incidents that ODIHR published, not
one is touched. A foreign file is read by the same rule; the only text it could change is one in which an apostrophe
stands directly before such a sign, which is how others write the same protection.

The rule is after OWASP, CSV Injection, and ASVS 5.0, 1.2.10.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final, TextIO

_BEGINS: Final = r"(?:\A|(?<=[;\t\r\n]))"
_FORMULA: Final = r"(?=['\"]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])"
_UNGUARDED: Final = re.compile(_BEGINS + _FORMULA)
_GUARDED: Final = re.compile(_BEGINS + "'" + _FORMULA)
_REMEMBERED: Final = 2_000
Write = Callable[[Sequence[str | int]], None]
"""Writes one row."""


def guarded(text: str) -> str:
    """Return a text as a CSV cell holds it."""
    return _UNGUARDED.sub("'", text)


def unguarded(cell: str) -> str:
    """Return the text that a CSV cell holds: the inverse of `guarded`."""
    return _GUARDED.sub("", cell)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Write as ODIHR's own export is: UTF-8 without a mark, commas, quotes only where needed, line feeds."""
    with csv_file(path, header) as write:
        for row in rows:
            write(row)


@contextmanager
def csv_file(path: Path, header: Sequence[str]) -> Iterator[Write]:
    """Write the same row by row, as they come, for as long as the block lasts."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write = _writer(file)
        write(header)
        yield write


def _writer(file: TextIO) -> Write:
    plain = csv.writer(file, lineterminator="\n")
    # Python 3.11 leaves a carriage return outside quotes, where no reader takes it.
    quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    # Most cells say what others of the file say: each is looked at once.
    told = lru_cache(_REMEMBERED)(guarded)

    def write(row: Sequence[str | int]) -> None:
        cells = [str(cell) if isinstance(cell, int) else told(cell) for cell in row]
        (quoted if "\r" in "".join(cells) else plain).writerow(cells)

    return write


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return the same as text, for what may not lie on a disk in clear; with the mark that spreadsheets need."""
    written = io.StringIO(newline="")
    write = _writer(written)
    for row in itertools.chain((header,), rows):
        write(row)
    return f"\ufeff{written.getvalue()}"

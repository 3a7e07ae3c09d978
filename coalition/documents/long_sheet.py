"""A worksheet of very many rows, of which most cells say what others say.

XlsxWriter looks at every text anew for what has to be escaped; that is most of the time of a large workbook. Here what
it writes for a short text is remembered, and only the cell's address is put before it.
"""

from functools import lru_cache
from io import StringIO
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import CellStringTuple, Worksheet

_SHORT = 200
"""Characters: a longer text is hardly written twice."""
_REMEMBERED = 4_000
_FIRST = '<c r="A1"'
"""How the library begins the first cell of a sheet."""


class LongSheet(Worksheet):  # type: ignore[misc] # xlsxwriter has no types
    """Writes what the library writes, to the byte, several times as fast where cells are alike.

    It stands on two things that the library does not promise: that `_write_cell` writes one cell, and how that begins.
    Whatever begins otherwise is left to the library, which is then only as slow as it is.
    """

    fh: Any
    """The file that is written, as the library calls it."""

    def __init__(self) -> None:
        """Begin without any text."""
        super().__init__()
        self._told = lru_cache(_REMEMBERED)(self._after_address)

    def _write_cell(self, row: int, col: int, cell: Any) -> None:  # noqa: ANN401 - as above
        is_short = isinstance(cell, CellStringTuple) and isinstance(cell.string, str) and len(cell.string) <= _SHORT
        told = self._told(cell.string, cell.format) if is_short and cell.format else ""
        if told:
            self.fh.write(f'<c r="{xl_rowcol_to_cell_fast(row, col)}"{told}')
        else:
            super()._write_cell(row, col, cell)

    def _after_address(self, text: str, style: Any) -> str:  # noqa: ANN401 - as above
        """Return what the library writes for a text after the address of its cell; empty where it begins otherwise."""
        sheet, self.fh = self.fh, StringIO()
        try:
            super()._write_cell(0, 0, CellStringTuple(text, style))
            told = self.fh.getvalue()
        finally:
            self.fh = sheet
        return told.removeprefix(_FIRST) if told.startswith(_FIRST) else ""

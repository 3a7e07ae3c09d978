"""The rows of a member's own spreadsheet that were not recorded, with the reason beside each: CSV or XLSX.

Both are made in memory: what stands in them is about victims. Every cell is text, so nothing in it is calculated, and
the same file, mended, can be sent again.
"""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from coalition.documents.delimited import csv_text

_LONGEST = 32_767
"""Characters of a cell in XLSX."""


def problems_as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file."""
    return csv_text(header, rows).encode()


def problems_as_workbook(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return an XLSX file."""
    made = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(made, options) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        for number, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell[:_LONGEST])
        sheet.freeze_panes(1, 0)
    return made.getvalue()

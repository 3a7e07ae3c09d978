"""Take in the list of incidents that ODIHR publishes of a data year.

What is published is public, so a list is kept as it is. A newer list of a year takes the place of an earlier one; the
earlier one stays, and what people said of its lines holds for the equal lines of the newer one.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from coalition.db import published as storage
from coalition.db.accounts import account_names
from coalition.documents.spreadsheet import Unread, read_table
from coalition.domain.access import Permission, require
from coalition.domain.errors import UnreadableFile
from coalition.domain.exports import COLUMNS
from coalition.domain.published import Line, NothingOfYear, in_reach, names_of, said_of
from coalition.paths import scratch
from coalition.services import audit, releases
from coalition.services.work import Work


@dataclass(frozen=True)
class ReadList:
    """A file as it was read."""

    lines: tuple[Line, ...]
    unread: tuple[int, ...]
    """Lines that cannot be read."""
    fingerprint: str
    """SHA-256 of the file."""


@dataclass(frozen=True)
class ListLine:
    """One list that was taken in."""

    imported_at: datetime
    imported_by: str
    lines: int
    unread: int
    fingerprint: str


def read_list(file: Path) -> ReadList:
    """Read a CSV or XLSX file in the form of ODIHR's export.

    Raises UnreadableFile when it is none, or when it holds no row.
    """
    lines: list[Line] = []
    unread: list[int] = []
    kept: dict[str, str] = {}
    for number, row in read_table(file, COLUMNS):
        if isinstance(row, Unread):
            unread.append(number)
        else:
            # What many lines say is held once.
            lines.append(Line(number, tuple(kept.setdefault(row[column], row[column]) for column in COLUMNS)))
    if not lines:
        raise UnreadableFile(f"{file.name}: no row can be read")
    with file.open("rb") as content:
        return ReadList(tuple(lines), tuple(unread), hashlib.file_digest(content, "sha256").hexdigest())


def read_sent(content: BinaryIO) -> ReadList:
    """Read a file that somebody sent; it lies in a folder of its own for that moment, for it is public.

    Raises UnreadableFile.
    """
    with tempfile.TemporaryDirectory(dir=scratch(), prefix="coalition-") as folder:
        # Without an ending: what it is, its first bytes say.
        path = Path(folder) / "list"
        with path.open("wb") as file:
            shutil.copyfileobj(content, file)
        return read_list(path)


def of_year(found: ReadList, year: int) -> ReadList:
    """Return what a list holds of a data year and of the months beside it, where a date may have been moved to.

    Raises NothingOfYear when it holds nothing of the year itself.
    """
    names = names_of([], [])
    said = [said_of(line.cells, names) for line in found.lines]
    if not any(one.year == year for one in said):
        raise NothingOfYear(year)
    kept = tuple(line for line, one in zip(found.lines, said, strict=True) if in_reach(one, year))
    return replace(found, lines=kept)


def keep_list(work: Work, year: int, found: ReadList) -> bool:
    """Keep a list as the present one of a data year; returns whether it is another one than before.

    Raises NothingOfYear.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    kept = of_year(found, year)
    present = storage.current_list(work.session, year, lock=True)
    if present is not None and present.fingerprint == kept.fingerprint:
        return False
    row = storage.PublishedList(
        year=year,
        fingerprint=kept.fingerprint,
        lines=len(kept.lines),
        unread=len(kept.unread),
        imported_at=work.now,
        imported_by=releases.account_of(work),
    )
    storage.add_list(work.session, row, kept.lines)
    audit.record(work, "published.import", "submission", str(year), lines=len(kept.lines), unread=len(kept.unread))
    return True


def lists_of(work: Work, year: int) -> Sequence[ListLine]:
    """Return every list of a data year, the present one first."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    names = account_names(work.session)
    return [
        ListLine(row.imported_at, names.get(row.imported_by or "", ""), row.lines, row.unread, row.fingerprint)
        for row in storage.lists_of(work.session, year)
    ]

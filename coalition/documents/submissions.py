"""One year's submission while it is built: its rows lie in a file, in their order, and are never all in memory.

The file is an SQLite database beside what is being built, and goes with it. Rows are ordered by nothing but their own
cells, so that neither the order of recording nor any id shows, and what is built twice is equal to the byte.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from coalition.documents.submission_cells import COUNTED_BY, Cells
from coalition.domain.consents import Included, Part
from coalition.domain.profiles import Profile
from coalition.domain.same_incident import Candidate
from coalition.domain.statistics import Table, TallyByCountry
from coalition.domain.submissions import Outgoing, counted, outgoing

_TABLE = """
CREATE TABLE line (
    part TEXT, cells BLOB, incident TEXT, PRIMARY KEY (part, cells, incident)
) WITHOUT ROWID
"""
_PRAGMAS = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA temp_store=MEMORY")
_AT_ONCE = 1000
_BETWEEN = "\0"
"""Between the cells of a line. No spreadsheet holds it, and it sorts before everything else, so that lines are in the
order of their first cells, then of their second ones."""


@dataclass(frozen=True)
class Line:
    """One descriptive incident."""

    number: int
    """From 1 on."""
    cells: Mapping[str, str]
    """By field of the profile."""

    def shown(self, fields: Sequence[str]) -> list[str | int]:
        """Return the cells of some columns."""
        return [self.number if name == "number" else self.cells[name] for name in fields]


@dataclass
class Submission:
    """Everything that goes into one year's files."""

    year: int
    profile: Profile
    path: Path
    """The file that its lines lie in."""
    _file: sqlite3.Connection
    _members: set[str]
    _statistical: TallyByCountry
    _all: TallyByCountry

    @classmethod
    @contextmanager
    def of(cls, year: int, taken: Profile, path: Path) -> Iterator[Self]:
        """Begin a submission; its lines lie in the file as long as the block lasts."""
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            for pragma in _PRAGMAS:
                file.execute(pragma)
            file.execute(_TABLE)
            yield cls(year, taken, path, file, set(), TallyByCountry(), TallyByCountry())

    def take(self, candidates: Iterable[Candidate]) -> None:
        """Take what leaves of a year's accepted incidents."""
        cells = Cells(self.profile)
        waiting: list[tuple[str, bytes, str]] = []
        for out in outgoing(candidates, self.year, self.profile):
            waiting.append(self._line(out, cells.of(out)))
            if len(waiting) >= _AT_ONCE:
                self._write(waiting)
        self._write(waiting)

    def _line(self, out: Outgoing, cells: tuple[str, ...]) -> tuple[str, bytes, str]:
        numbers = counted(out.facts)
        self._all.add(numbers)
        if out.part is Part.STATISTICAL:
            self._statistical.add(numbers)
        self._members.update(out.credited)
        return out.part.value, as_line(cells), out.incident

    def _write(self, waiting: list[tuple[str, bytes, str]]) -> None:
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO line VALUES (?, ?, ?)", waiting)
        self._file.execute("COMMIT")
        waiting.clear()

    @property
    def members(self) -> tuple[str, ...]:
        """Every organisation credited, in alphabetical order."""
        return tuple(sorted(self._members))

    @property
    def statistics(self) -> dict[str, Table]:
        """The statistical part, by country."""
        return self._statistical.tables

    @property
    def overview(self) -> dict[str, Table]:
        """Both parts, by country."""
        return self._all.tables

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        incidents = sum(table.incidents for table in self.overview.values())
        statistical = sum(table.incidents for table in self.statistics.values())
        return {"incidents": incidents, "descriptive": incidents - statistical, "statistical": statistical}

    def lines(self) -> Iterator[Line]:
        """Yield the descriptive part, in its order."""
        for number, _incident, cells in _rows(self._file, Part.DESCRIPTIVE, self.profile.fields):
            yield Line(number, cells)

    @property
    def included(self) -> "Inclusions":
        """Which incident is where, by id: kept in the database, in no file. It holds as long as the file is there."""
        return Inclusions(self.path, self.profile.fields)


@dataclass(frozen=True)
class Inclusions:
    """The incidents of a submission; can be gone through several times while its file is there."""

    path: Path
    fields: tuple[str, ...]

    def __iter__(self) -> Iterator[Included]:
        """Go through the descriptive part and then the statistical one."""
        with closing(sqlite3.connect(self.path)) as file:
            for number, incident, cells in _rows(file, Part.DESCRIPTIVE, self.fields):
                yield Included(incident, Part.DESCRIPTIVE, number, cells)
            for _number, incident, cells in _rows(file, Part.STATISTICAL, self.fields):
                counted_by = {name: cells[name] for name in COUNTED_BY if name in cells}
                yield Included(incident, Part.STATISTICAL, None, counted_by)


def cells_in(path: Path) -> Iterator[list[str]]:
    """Yield the cells of the descriptive lines that a build left in its file."""
    with closing(sqlite3.connect(path)) as file:
        query = "SELECT cells FROM line WHERE part = ? ORDER BY cells, incident"
        for (cells,) in file.execute(query, (Part.DESCRIPTIVE.value,)):
            yield cells_of(cells)


def as_line(cells: Iterable[str]) -> bytes:
    """Return the cells of a line as they lie in the file."""
    told = _BETWEEN.join([cell.replace(_BETWEEN, "") if _BETWEEN in cell else cell for cell in cells])
    return told.encode()


def cells_of(line: bytes) -> list[str]:
    """Return the cells of a line that `as_line` wrote."""
    return line.decode().split(_BETWEEN)


def _rows(file: sqlite3.Connection, part: Part, fields: Sequence[str]) -> Iterator[tuple[int, str, dict[str, str]]]:
    query = "SELECT incident, cells FROM line WHERE part = ? ORDER BY cells, incident"
    for number, (incident, cells) in enumerate(file.execute(query, (part.value,)), start=1):
        yield number, incident, dict(zip(fields, cells_of(cells), strict=True))


@contextmanager
def compiled(candidates: Iterable[Candidate], year: int, taken: Profile, path: Path) -> Iterator[Submission]:
    """Select a year's accepted incidents and split them, for as long as the block lasts."""
    with Submission.of(year, taken, path) as submission:
        submission.take(candidates)
        yield submission

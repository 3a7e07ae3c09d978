"""One year's submission while it is built: its rows lie in a file, in their order, and are never all in memory.

The file is an SQLite database beside what is being built, and goes with it. Rows are ordered by nothing but their own
cells, so that neither the order of recording nor any id shows, and what is built twice is equal to the byte.

What leaves comes in batches, which say how far the lines are complete: so the first months are written while the last
ones are still read, by another process where there are many (`coalition.documents.writing`).
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from coalition.documents.submission_cells import Cells, counted_by
from coalition.domain.consents import Included, Part
from coalition.domain.profile_checks import DatePrecision
from coalition.domain.profiles import Profile
from coalition.domain.same_incident import Candidate
from coalition.domain.statistics import Counted, Table, TallyByCountry
from coalition.domain.submissions import Outgoing, counted, outgoing

_TABLE = """
CREATE TABLE line (
    part TEXT, cells BLOB, incident TEXT, PRIMARY KEY (part, cells, incident)
) WITHOUT ROWID
"""
_PRAGMAS = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA temp_store=MEMORY")
AT_ONCE = 500
"""Of incidents in a batch."""
NUMBER = "number"
"""The field that is the number of the line."""
_BETWEEN = "\0"
"""Between the cells of a line. No spreadsheet holds it, and it sorts before everything else, so that lines are in the
order of their first cells, then of their second ones."""
_BEGINNING = b""


@dataclass(frozen=True)
class Line:
    """One descriptive incident."""

    number: int
    """From 1 on."""
    cells: Mapping[str, str]
    """By field of the profile."""

    def shown(self, fields: Sequence[str]) -> list[str | int]:
        """Return the cells of some columns."""
        return [self.number if name == NUMBER else self.cells[name] for name in fields]


@dataclass(frozen=True)
class Aside:
    """Takes some columns of every line while others are written elsewhere."""

    fields: Sequence[str]
    write: Callable[[Sequence[str | int]], None]


@dataclass
class Batch:
    """Some of what leaves."""

    lines: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Part, cells, and the incident's id."""
    alike: Counter[tuple[Part, Counted]] = field(default_factory=Counter)
    """How many of them are counted alike."""
    members: set[str] = field(default_factory=set)
    """The organisations credited."""
    complete: bytes = _BEGINNING
    """Every line that comes before this one in the order is here or was there already."""


def batches(
    candidates: Iterable[Candidate], year: int, taken: Profile, *, by_month: bool = False, at_once: int = AT_ONCE
) -> Iterator[Batch]:
    """Select what leaves of a year's accepted incidents and write its cells.

    `by_month` says that the candidates come in the order of their months, but for those with linked records, which come
    first (`coalition.db.outgoing.OutgoingIncidents`).
    """
    cells, some = Cells(taken), Batch()
    follows = by_month and taken.fields[:1] == ("date",) and taken.date is DatePrecision.MONTH
    for out in outgoing(candidates, year, taken):
        if len(some.lines) >= at_once:
            some.complete = _month(out) if follows and not out.linked else _BEGINNING
            yield some
            some = Batch()
        _add(some, out, cells)
    yield some


def _month(out: Outgoing) -> bytes:
    return out.facts.date.to_month.encode() if out.facts.date else _BEGINNING


def _add(some: Batch, out: Outgoing, cells: Cells) -> None:
    some.alike[out.part, counted(out.facts)] += 1
    some.members.update(out.credited)
    told = cells.of(out) if out.part is Part.DESCRIPTIVE else cells.counted(out)
    some.lines.append((out.part.value, as_line(told), out.incident))


@dataclass
class Submission:
    """Everything that goes into one year's files; what is still to come is taken when it is needed."""

    year: int
    profile: Profile
    path: Path
    """The file that its lines lie in."""
    _file: sqlite3.Connection
    _coming: Iterator[Batch]
    _members: set[str] = field(default_factory=set)
    _alike: Counter[tuple[Part, Counted]] = field(default_factory=Counter)
    _written: bytes = _BEGINNING
    """The lines before this one were handed out while others were still to come."""
    is_whole: bool = False
    """Whether nothing is to come any more."""

    @classmethod
    @contextmanager
    def of(cls, year: int, taken: Profile, path: Path, coming: Iterable[Batch]) -> Iterator[Self]:
        """Begin a submission; its lines lie in the file as long as the block lasts."""
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            for pragma in _PRAGMAS:
                file.execute(pragma)
            file.execute(_TABLE)
            yield cls(year, taken, path, file, iter(coming))

    def take_all(self) -> None:
        """Take everything that is still to come."""
        for batch in self._coming:
            self._take(batch)
        self.is_whole = True

    def _take(self, batch: Batch) -> None:
        """Take a batch. Raises ValueError for a line whose place was handed out already."""
        if any(cells < self._written for part, cells, _incident in batch.lines if part == Part.DESCRIPTIVE):
            raise ValueError("a line came after its month was complete")
        self._members |= batch.members
        self._alike.update(batch.alike)
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO line VALUES (?, ?, ?)", batch.lines)
        self._file.execute("COMMIT")

    @property
    def members(self) -> tuple[str, ...]:
        """Every organisation credited, in alphabetical order."""
        self.take_all()
        return tuple(sorted(self._members))

    @property
    def statistics(self) -> dict[str, Table]:
        """The statistical part, by country."""
        return self._tables(Part.STATISTICAL)

    @property
    def overview(self) -> dict[str, Table]:
        """Both parts, by country."""
        return self._tables(Part.DESCRIPTIVE, Part.STATISTICAL)

    def _tables(self, *parts: Part) -> dict[str, Table]:
        self.take_all()
        tallies = TallyByCountry()
        for (part, alike), times in self._alike.items():
            if part in parts:
                tallies.add(alike, times)
        return tallies.tables

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        self.take_all()
        by_part: Counter[Part] = Counter()
        for (part, _alike), times in self._alike.items():
            by_part[part] += times
        return {
            "incidents": by_part.total(),
            "descriptive": by_part[Part.DESCRIPTIVE],
            "statistical": by_part[Part.STATISTICAL],
        }

    def lines(self) -> Iterator[Line]:
        """Yield the descriptive part, in its order."""
        self.take_all()
        for number, _incident, cells in _rows(self._file, Part.DESCRIPTIVE, self.profile.fields):
            yield Line(number, cells)

    def rows(self, fields: Sequence[str], aside: "Aside | None" = None) -> Iterator[Sequence[str | int]]:
        """Yield some columns of the same; each line as soon as nothing can come before it any more.

        `aside` gets other columns of the same lines at the same time: what waits for lines to come has time for both.
        """
        places = self._places(fields)
        others = self._places(aside.fields) if aside else []
        for number, cells in enumerate(self._in_order(), start=1):
            line: list[str | int] = [number, *cells_of(cells)]
            if aside:
                aside.write([line[place] for place in others])
            yield [line[place] for place in places]

    def _places(self, fields: Iterable[str]) -> list[int]:
        return [(NUMBER, *self.profile.fields).index(name) for name in fields]

    def _in_order(self) -> Iterator[bytes]:
        done = _BEGINNING
        for batch in self._coming:
            self._take(batch)
            if batch.complete > self._written:
                self._written = batch.complete
                yield from self._between(done, self._written)
                done = self._written
        self.is_whole = True
        yield from self._between(done)

    def _between(self, first: bytes, end: bytes | None = None) -> Iterator[bytes]:
        query, values = "SELECT cells FROM line WHERE part = ? AND cells >= ?", [Part.DESCRIPTIVE.value, first]
        if end is not None:
            query, values = f"{query} AND cells < ?", [*values, end]
        for (cells,) in self._file.execute(f"{query} ORDER BY cells, incident", values):
            yield cells

    @property
    def included(self) -> "Inclusions":
        """Which incident is where, by id: kept in the database, in no file. It holds as long as the file is there."""
        self.take_all()
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
            for _number, incident, cells in _rows(file, Part.STATISTICAL, counted_by(self.fields)):
                yield Included(incident, Part.STATISTICAL, None, cells)


def cells_in(path: Path) -> Iterator[list[str]]:
    """Yield the cells of the descriptive lines that a build left in its file."""
    with closing(sqlite3.connect(path)) as file:
        query = "SELECT cells FROM line WHERE part = ? ORDER BY cells, incident"
        for (cells,) in file.execute(query, (Part.DESCRIPTIVE.value,)):
            yield cells_of(cells)


def as_line(cells: Iterable[str]) -> bytes:
    """Return the cells of a line as they lie in the file."""
    told = tuple(cells)
    line = _BETWEEN.join(told)
    if line.count(_BETWEEN) >= len(told):
        line = _BETWEEN.join(cell.replace(_BETWEEN, "") for cell in told)
    return line.encode()


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
    with Submission.of(year, taken, path, batches(candidates, year, taken)) as submission:
        submission.take_all()
        yield submission

"""Official figures: enter one, look at what stood before, take back what was a mistake, read and write files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coalition.db import official as storage
from coalition.db.accounts import account_names
from coalition.documents.member_sheet import SheetRow, read_sheet
from coalition.domain.access import Permission, require
from coalition.domain.errors import BadFigure, NotAllowedNow, NotFound, RefusedSheet
from coalition.domain.official import (
    ALLOWED,
    MOST_LINES,
    REQUIRED,
    Cell,
    Entered,
    Entry,
    Line,
    Wrong,
    checked,
    in_force,
    read_line,
)
from coalition.services import audit
from coalition.services.releases import account_of
from coalition.services.work import Work

MOST_BYTES = 1_000_000
"""Of a file. All that ODIHR has published of 57 States since 2009 has a twentieth of it."""
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin: these are read by a process of their own, which takes longer than a page may wait."""


@dataclass(frozen=True)
class FigureView:
    """An entry as the coordinator sees it."""

    reference: str
    entry: Entry
    entered_at: datetime
    by: str
    """The person's name; empty for the command line."""
    in_force: bool
    taken_back_at: datetime | None
    taken_back_by: str


@dataclass(frozen=True)
class Overview:
    """The official figures of one country."""

    country: str
    countries: tuple[str, ...]
    """Those of which anything is entered."""
    current: Mapping[Cell, FigureView]
    """What is in force, by cell."""

    @property
    def years(self) -> tuple[int, ...]:
        """The years of which there is a total, newest first."""
        return tuple(sorted({cell.year for cell in self.current if cell.is_total}, reverse=True))

    @property
    def parts(self) -> tuple[FigureView, ...]:
        """What is in force by bias motivation or type, newest year first."""
        cells = (cell for cell in self.current if not cell.is_total)
        order = sorted(cells, key=lambda cell: (-cell.year, cell.place))
        return tuple(self.current[cell] for cell in order)


@dataclass(frozen=True)
class CellHistory:
    """All that was ever entered of a cell, seen last first."""

    cell: Cell
    asked: FigureView
    """The entry by whose reference it was asked for."""
    entries: tuple[FigureView, ...]


@dataclass(frozen=True)
class BadLine:
    """A line of a file that was not read."""

    number: int
    wrong: Wrong
    text: str
    """What is written there."""


@dataclass(frozen=True)
class ImportOutcome:
    """What came of a file."""

    added: int
    """Figures, not lines: a line has up to three."""
    known: int
    bad: tuple[BadLine, ...]

    @property
    def unread(self) -> bool:
        """Whether no line of it could be read."""
        return bool(self.bad) and not self.added + self.known


def _views(work: Work, rows: Sequence[storage.OfficialFigure]) -> list[FigureView]:
    """Return rows as views; the rows have to be all that stand of their cells, in whatever order."""
    names = account_names(work.session) if rows else {}
    standing = sorted((row for row in rows if row.taken_back_at is None), key=lambda row: row.id)
    current = {entry.reference for entry in in_force(map(storage.entry_of, standing)).values()}
    return [
        FigureView(
            reference=row.reference,
            entry=storage.entry_of(row),
            entered_at=row.entered_at,
            by=names.get(row.actor_id or "", ""),
            in_force=row.reference in current,
            taken_back_at=row.taken_back_at,
            taken_back_by=names.get(row.taken_back_by or "", ""),
        )
        for row in rows
    ]


def overview(work: Work, country: str) -> Overview:
    """Return the official figures of a country that are in force."""
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    views = _views(work, storage.standing_rows(work.session, country))
    current = {view.entry.cell: view for view in views if view.in_force}
    return Overview(country, tuple(storage.countries_entered(work.session)), current)


def history(work: Work, reference: str) -> CellHistory:
    """Return everything that was ever entered of the cell of one entry.

    Raises NotFound.
    """
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    row = _row(work, reference)
    views = _views(work, storage.rows_of_cell(work.session, storage.entry_of(row).cell))
    asked = next(view for view in views if view.reference == row.reference)
    return CellHistory(asked.entry.cell, asked, tuple(views))


def _row(work: Work, reference: str) -> storage.OfficialFigure:
    row = storage.row_with_reference(work.session, reference)
    if row is None:
        raise NotFound("official figure", reference)
    return row


def enter_figure(work: Work, entry: Entry) -> FigureView | None:
    """Enter a value as it was seen; returns how it stands now, None where the same was known already.

    The earlier values of the cell stay. Raises BadFigure.
    """
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    entry = checked(entry, work.today)
    if Entered(storage.standing_entries(work.session, entry.cell.country)).knows(entry, day_said=True):
        return None
    (row,) = storage.add_entries(work.session, [entry], work.now, account_of(work))
    cell = entry.cell
    codes = {"country": cell.country, "year": cell.year, "figure": cell.figure.value, "value": entry.value.kind.value}
    audit.record(work, "official.enter", "official_figure", row.reference, **codes)
    return history(work, row.reference).asked


def enter_all(work: Work, entries: Sequence[Entry]) -> int:
    """Enter many values in this order, also such as are known; returns how many. Raises BadFigure."""
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    today = work.today
    storage.add_entries(work.session, [checked(entry, today) for entry in entries], work.now, account_of(work))
    audit.record(work, "official.import", "coalition", "official figures", added=len(entries))
    return len(entries)


def take_back(work: Work, reference: str) -> Cell:
    """Take back an entry that was a mistake of whoever entered it; it stays in the history and counts no more.

    A source that changed its figure is no mistake: enter the new value. Raises NotFound, NotAllowedNow.
    """
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    row = _row(work, reference)
    if row.taken_back_at is not None:
        raise NotAllowedNow("take_back", "taken_back")
    row.taken_back_at, row.taken_back_by = work.now, account_of(work)
    work.session.flush()
    cell = storage.entry_of(row).cell
    audit.record(work, "official.take_back", "official_figure", row.reference, country=cell.country, year=cell.year)
    return cell


# --- files -------------------------------------------------------------------------------------------------


def import_figures(work: Work, content: bytes, seen_on: date | None = None) -> ImportOutcome:
    """Read official figures from CSV; what is known already is left alone, a bad line does not hold up the others.

    `seen_on` is for lines that do not name a day; without it, it is today. Raises RefusedSheet for a file that is none
    or has other columns, BadFigure for a day to come.
    """
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    if seen_on is not None and seen_on > work.today:
        raise BadFigure(Wrong.SEEN_ON, seen_on.isoformat())
    lines, bad = _read(_rows(content), seen_on or work.today, work.today)
    new, known = _sorted_out(lines, Entered(storage.standing_entries(work.session)), day_said=seen_on is not None)
    storage.add_entries(work.session, new, work.now, account_of(work))
    outcome = ImportOutcome(len(new), known, tuple(sorted(bad, key=lambda line: line.number)))
    counts = {"added": outcome.added, "known": outcome.known, "bad": len(outcome.bad)}
    audit.record(work, "official.import", "coalition", "official figures", **counts)
    return outcome


def _rows(content: bytes) -> Iterator[tuple[SheetRow, Mapping[str, str]]]:
    """Yield each row with its cells by column."""
    if len(content) > MOST_BYTES or content.startswith(_PACKED):
        raise RefusedSheet("too_large" if len(content) > MOST_BYTES else "not_csv")
    sheet = read_sheet(content)
    heading = [name.casefold() for name in sheet.heading]
    if (
        not set(REQUIRED) <= set(heading)
        or not set(heading) <= {*REQUIRED, *ALLOWED}
        or len(set(heading)) < len(heading)
    ):
        raise RefusedSheet("other_columns")
    for number, row in enumerate(sheet.rows):
        if number >= MOST_LINES:
            raise RefusedSheet("too_many_rows")
        yield row, dict(zip(heading, row.cells, strict=True))


def _read(
    rows: Iterable[tuple[SheetRow, Mapping[str, str]]], seen_on: date, today: date
) -> tuple[list[Line], list[BadLine]]:
    lines: list[Line] = []
    bad: list[BadLine] = []
    said: dict[tuple[Cell, date], Entry] = {}
    for row, cells in rows:
        try:
            line = _line(row, cells, seen_on, today)
            _check_contradictions(line, said)
        except BadFigure as error:
            bad.append(BadLine(row.line, Wrong(error.wrong), error.text[:100]))
        else:
            lines.append(line)
    if not lines and not bad:
        raise RefusedSheet("no_rows")
    return lines, bad


def _line(row: SheetRow, cells: Mapping[str, str], seen_on: date, today: date) -> Line:
    if row.problem:
        raise BadFigure(Wrong.UNREADABLE)
    return read_line(row.line, cells, seen_on, today)


def _check_contradictions(line: Line, said: dict[tuple[Cell, date], Entry]) -> None:
    """Keep what a line says. Raises BadFigure where an earlier line says otherwise of the same day."""
    for entry in line.entries:
        other = said.setdefault((entry.cell, entry.seen_on), entry)
        if other.value != entry.value:
            raise BadFigure(Wrong.CONTRADICTS, entry.value.printed)


def _sorted_out(lines: Iterable[Line], entered: Entered, *, day_said: bool) -> tuple[list[Entry], int]:
    """Return what is new, in the order of its days, and how many entries are known."""
    new: list[Entry] = []
    told = [(entry, day_said or line.day_said) for line in lines for entry in line.entries]
    for entry, said in sorted(told, key=lambda pair: pair[0].seen_on):
        if not entered.knows(entry, day_said=said):
            entered.add(entry)
            new.append(entry)
    return new, len(told) - len(new)


def all_entries(work: Work, country: str = "") -> list[Entry]:
    """Return everything that stands, revisions too, of one country or of all: oldest year first."""
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    found = storage.standing_entries(work.session, country)
    return sorted(found, key=lambda entry: (entry.cell.place, entry.seen_on))


def current_entries(work: Work, country: str = "") -> list[Entry]:
    """Return what is in force, of one country or of all: oldest year first."""
    require(work.actor, Permission.KEEP_OFFICIAL_FIGURES)
    current = in_force(storage.standing_entries(work.session, country))
    return sorted(current.values(), key=lambda entry: entry.cell.place)

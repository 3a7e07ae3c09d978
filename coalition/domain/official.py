"""Official figures: what a State's police, prosecutors and courts report of hate crime, as a source prints it.

A source such as ODIHR's page on a country prints a number, 0, "Not available" or "-": four different statements, and
none of them may turn into another. Prosecuted may exceed recorded (Bulgaria 2019: 22, 432, 155), because each comes
from another body with another unit and year, so no figure is ever checked against another one.

Sources are revised. Nothing is written over: whoever sees another value enters it with the day on which it was seen;
the value seen last is in force, and the earlier ones stay.
"""

import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from coalition.domain.codebook import CodeList, codebook, countries
from coalition.domain.errors import BadFigure, UnknownCode
from coalition.domain.incidents import EARLIEST_YEAR

LARGEST = 999_999_999
LONGEST_NOTE = 300
LONGEST_ADDRESS = 2000


class Figure(StrEnum):
    """What is counted, by whom, in the order of ODIHR's table: police, prosecution, courts."""

    RECORDED = "recorded_by_police"
    PROSECUTED = "prosecuted"
    SENTENCED = "sentenced"


class Kind(StrEnum):
    """What a source can say; where nobody has entered anything there is no value at all."""

    NUMBER = "number"
    """A number above 0."""
    ZERO = "zero"
    """The source says that there was none."""
    NOT_AVAILABLE = "not_available"
    """The source says that there is no figure."""
    DASH = "dash"
    """The source prints a dash and does not say what it means."""


PRINTED: Mapping[Kind, str] = {Kind.ZERO: "0", Kind.NOT_AVAILABLE: "Not available", Kind.DASH: "-"}
"""How ODIHR prints what is no number above 0."""


class Wrong(StrEnum):
    """What is wrong with an answer or a cell of a file."""

    COUNTRY = "country"
    YEAR = "year"
    VALUE = "value"
    MOTIVATION = "motivation"
    TYPE = "type"
    NOTE = "unit_note"
    SEEN_ON = "seen_on"
    SOURCE = "source_url"
    NOTHING = "nothing"
    """No figure stands on the line."""
    CONTRADICTS = "contradicts"
    """Another line of the file says otherwise of the same figure, seen on the same day."""
    UNREADABLE = "unreadable"
    """The line does not fit the heading, or is no text."""


@dataclass(frozen=True)
class Value:
    """One of the four statements. Only a number above 0 has a number."""

    kind: Kind
    number: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is two statements at once, or none."""
        fits = 0 < self.number <= LARGEST if self.number is not None else self.kind is not Kind.NUMBER
        if not fits or (self.number is not None and self.kind is not Kind.NUMBER):
            raise BadFigure(Wrong.VALUE, str(self.number))

    @classmethod
    def of(cls, number: int) -> "Value":
        """Return the statement that a number makes; 0 is one of its own."""
        return cls(Kind.NUMBER, number) if number else cls(Kind.ZERO)

    @property
    def printed(self) -> str:
        """As ODIHR prints it, and as files hold it."""
        return PRINTED.get(self.kind, str(self.number))


_DASHES = frozenset("-–—−")
"""The signs that tables use for a dash."""
_SPACES = re.compile(r"\s+")
_DIGITS = re.compile(r"[0-9]{1,12}")


def read_value(text: str) -> Value | None:
    """Return what a cell says, None for an empty one: there nothing is said.

    Digits may be grouped by spaces. Raises BadFigure for everything else: "1,180" is two numbers in two languages.
    """
    said = _SPACES.sub(" ", text.strip())
    if not said:
        return None
    if said in _DASHES:
        return Value(Kind.DASH)
    if said.casefold() == PRINTED[Kind.NOT_AVAILABLE].casefold():
        return Value(Kind.NOT_AVAILABLE)
    digits = said.replace(" ", "")
    if not _DIGITS.fullmatch(digits):
        raise BadFigure(Wrong.VALUE, text)
    return Value.of(int(digits))


@dataclass(frozen=True)
class Cell:
    """What a value is about: one place in a source's tables."""

    country: str
    """ISO 3166-1 alpha-2 of a participating State."""
    year: int
    figure: Figure
    motivation: str = ""
    """Code of a bias motivation; empty for all together."""
    type: str = ""
    """Code of a type of incident; empty for all together."""

    @property
    def is_total(self) -> bool:
        """Whether it is about all hate crimes, whatever their motivation and type."""
        return not (self.motivation or self.type)

    @property
    def place(self) -> tuple[str, int, int, str, str]:
        """What cells are sorted by: countries and years, then the figures in their order."""
        return self.country, self.year, list(Figure).index(self.figure), self.motivation, self.type


@dataclass(frozen=True)
class Entry:
    """A value as it was seen."""

    cell: Cell
    value: Value
    source_url: str
    seen_on: date
    unit_note: str = ""
    """What the source counts (offences, cases, persons …), in its words; empty where it was not noted."""
    reference: str = field(default="", compare=False)
    """Names it once it is stored."""

    @property
    def statement(self) -> tuple[Cell, Value, str, str]:
        """What is said and by whom, whenever it was seen."""
        return self.cell, self.value, self.source_url, self.unit_note


def checked(entry: Entry, today: date) -> Entry:
    """Return an entry of which everything can be.

    Raises BadFigure: nobody has seen a figure tomorrow, or one about a year that has not begun.
    """
    cell = entry.cell
    _check_code(countries(), cell.country, Wrong.COUNTRY)
    if cell.motivation:
        _check_code(codebook()["bias_motivations"], cell.motivation, Wrong.MOTIVATION)
    if cell.type:
        _check_code(codebook()["incident_types"], cell.type, Wrong.TYPE)
    if not EARLIEST_YEAR <= cell.year <= today.year:
        raise BadFigure(Wrong.YEAR, str(cell.year))
    if not is_address(entry.source_url):
        raise BadFigure(Wrong.SOURCE, entry.source_url)
    if len(entry.unit_note) > LONGEST_NOTE:
        raise BadFigure(Wrong.NOTE, entry.unit_note)
    if entry.seen_on.year < EARLIEST_YEAR or entry.seen_on > today:
        raise BadFigure(Wrong.SEEN_ON, entry.seen_on.isoformat())
    return entry


def _check_code(codes: CodeList, code: str, wrong: Wrong) -> None:
    if code not in codes:
        raise BadFigure(wrong, code)


_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x1f\x7f-\x9f]+", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Tell whether a text is an address on the web that a page may link to: http or https, and nobody's password."""
    if len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def in_force(entries: Iterable[Entry]) -> dict[Cell, Entry]:
    """Return of each cell the entry that was seen last; of several of one day, the one that was entered last.

    The entries come in the order in which they were entered.
    """
    latest: dict[Cell, Entry] = {}
    for entry in entries:
        present = latest.get(entry.cell)
        if present is None or entry.seen_on >= present.seen_on:
            latest[entry.cell] = entry
    return latest


class Entered:
    """What was entered, in such an order that a new entry is compared with its neighbours in time only."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """Take entries in the order in which they were entered."""
        self._of_cell: dict[Cell, list[Entry]] = {}
        self._said: set[tuple[Cell, Value, str, str]] = set()
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take one more."""
        insort(self._of_cell.setdefault(entry.cell, []), entry, key=_day_seen)
        self._said.add(entry.statement)

    def knows(self, entry: Entry, *, day_said: bool) -> bool:
        """Tell whether an entry says nothing new.

        With a day that somebody named, it is known when the same was seen just before or just after that day, with
        nothing else in between. Where the day is only the one on which a file happened to be read, it is known when
        the same was ever entered: so a file that is read again adds nothing, and does not undo what was corrected
        since.
        """
        if not day_said:
            return entry.statement in self._said
        of_cell = self._of_cell.get(entry.cell, [])
        place = bisect_right(of_cell, entry.seen_on, key=_day_seen)
        return any(other.statement == entry.statement for other in of_cell[max(place - 1, 0) : place + 1])


def _day_seen(entry: Entry) -> date:
    return entry.seen_on


# --- files -------------------------------------------------------------------------------------------------

REQUIRED = ("country", "year", "recorded_by_police", "prosecuted", "sentenced", "source_url")
"""The columns of a file; their order is free."""
ALLOWED = ("motivation", "type", "unit_note", "seen_on")
"""Columns that a file may have beside them."""
HEADER = ("country", "year", *ALLOWED, *(figure.value for figure in Figure), "source_url")
"""How we write the longer form ourselves."""
MOST_LINES = 5_000


@dataclass(frozen=True)
class Line:
    """What one line of a file says: up to three figures."""

    number: int
    entries: tuple[Entry, ...]
    day_said: bool
    """Whether the line itself says when it was seen."""


def read_line(number: int, cells: Mapping[str, str], seen_on: date, today: date) -> Line:
    """Return what a line says; `seen_on` is for lines that do not say it themselves.

    Countries, motivations and types are known by their codes or by ODIHR's names. Raises BadFigure.
    """
    said = {name: " ".join(text.split()) for name, text in cells.items()}
    day = _day(said["seen_on"]) if said.get("seen_on") else seen_on
    country = _code(countries(), said["country"], Wrong.COUNTRY)
    motivation = _code(codebook()["bias_motivations"], said.get("motivation", ""), Wrong.MOTIVATION)
    kind = _code(codebook()["incident_types"], said.get("type", ""), Wrong.TYPE)
    year = _year(said["year"])
    entries = []
    for figure in Figure:
        value = read_value(said[figure.value])
        if value is not None:
            cell = Cell(country, year, figure, motivation, kind)
            entry = Entry(cell, value, said["source_url"], day, said.get("unit_note", ""))
            entries.append(checked(entry, today))
    if not country:
        raise BadFigure(Wrong.COUNTRY, "")
    if not entries:
        raise BadFigure(Wrong.NOTHING)
    return Line(number, tuple(entries), bool(said.get("seen_on")))


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text):
        raise BadFigure(Wrong.YEAR, text)
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadFigure(Wrong.SEEN_ON, text) from None


def _code(codes: CodeList, name: str, wrong: Wrong) -> str:
    if not name or name in codes:
        return name
    try:
        return codes.find(name).code
    except UnknownCode:
        raise BadFigure(wrong, name) from None


def written(entry: Entry) -> tuple[str, ...]:
    """Return an entry as a line of the longer form, which `read_line` reads back."""
    cell = entry.cell
    values = (entry.value.printed if figure is cell.figure else "" for figure in Figure)
    told = (cell.country, str(cell.year), cell.motivation, cell.type, entry.unit_note, entry.seen_on.isoformat())
    return (*told, *values, entry.source_url)

"""The list of incidents that ODIHR publishes, read so that its lines can be compared with what was sent.

A line is never refused: whatever its labels are, it is part of what was published. A label that the code book does not
know stands for itself. Both versions of the labels and the older names of motivations mean the same code.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from coalition.domain.anonymity.text import fold
from coalition.domain.codebook import CodeList, codebook, countries, read_data
from coalition.domain.errors import CoalitionError, UnknownCode
from coalition.domain.exports import JOINER, known_names_with_commas, split_sources
from coalition.domain.incidents import PartialDate, principal_type

FIELDS = ("date", "country", "motivations", "type", "source", "description")
"""The six cells of a row in the order of ODIHR's export, as codes."""

Cells = tuple[str, ...]
"""The six cells of a row, as text."""
LANGUAGE = "en"
"""In which ODIHR publishes."""


def is_described(cells: Cells) -> bool:
    """Tell whether a row that was sent has a description; one without was sent as a number only."""
    return bool(cells[FIELDS.index("description")].strip())


class NothingOfYear(CoalitionError):
    """A list holds no line of the data year that it was given for."""

    def __init__(self, year: int) -> None:
        """Keep the year."""
        super().__init__(f"no line of the list is of data year {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a published list."""

    number: int
    """In the file; the heading is line 1."""
    cells: Cells


@dataclass(frozen=True)
class Names:
    """The names by which we may be credited."""

    whole: tuple[str, ...]
    """Names that hold a comma, longest first: they are not split."""
    members: Mapping[str, str]
    """Every member's names, as keys; each leads to the key of its first name."""
    coalition: frozenset[str]
    """Keys of the coalition's own names: it stands for any of its members."""

    def of_cell(self, cell: str) -> frozenset[str]:
        """Return the sources of a cell as keys, a member under its first name whichever was written."""
        keys = (name_key(name) for name in split_sources(cell.strip(), self.whole))
        return frozenset(self.members.get(key, key) for key in keys if key)


def names_of(members: Iterable[Sequence[str]], coalition: Iterable[str]) -> Names:
    """Return the names of some members, each with all its names, and of the coalition in every language."""
    own = list(coalition)
    known = [list(names) for names in members]
    written = {form for names in [*known, own] for name in names for form in (name, _bare(name))}
    with_commas = {name for name in written if JOINER in name}
    whole = sorted({*known_names_with_commas(), *with_commas}, key=lambda name: (-len(name), name))
    aliases = {name_key(name): name_key(names[0]) for names in known for name in names}
    return Names(tuple(whole), aliases, frozenset(name_key(name) for name in own) - {""})


_BRACKETS = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[^\W_]+")


def _bare(name: str) -> str:
    return " ".join(_BRACKETS.sub(" ", name).split())


@lru_cache(maxsize=20_000)
def name_key(name: str) -> str:
    """Return what a name is recognised by: its words, without the short form in brackets that may stand after it."""
    return " ".join(_WORD.findall(fold(_bare(name)))) or " ".join(name.split()).casefold()


@dataclass(frozen=True, slots=True)
class Said:
    """What the six cells of a row say, as far as rows are compared."""

    year: int | None
    """None where the cell is no date."""
    month: int | None
    country: str
    motivations: frozenset[str]
    either: frozenset[str]
    """Codes of which an older name may mean one or the other."""
    type: str
    sources: frozenset[str]
    text: str
    """The description without what typing makes of it: kinds of quotation marks, spaces, letter case."""
    foreign: bool = False
    """Whether the description was sent in another language than the list's, which translates it."""


def said_of(cells: Cells, names: Names) -> Said:
    """Return what a row says."""
    date, country, motivations, kind, source, description = cells
    year, month = _date(date)
    found, either = _motivations(motivations)
    return Said(year, month, _country(country), found, either, _type(kind), names.of_cell(source), plain(description))


@lru_cache(maxsize=20_000)
def _date(text: str) -> tuple[int | None, int | None]:
    try:
        date = PartialDate.parse(text.strip())
    except ValueError:
        return None, None
    return date.year, date.month


@cache
def _found(name: str, part: str) -> str:
    """Return the code of a label, or the label itself, folded, where the list does not know it."""
    known: CodeList = countries() if name == "countries" else codebook()[name]
    try:
        return known.find(part).code
    except UnknownCode:
        return f"?{part.casefold()}"


def _parts(cell: str) -> list[str]:
    return [" ".join(part.split()) for part in cell.split(",") if part.strip()]


@lru_cache(maxsize=5_000)
def _country(cell: str) -> str:
    return _found("countries", " ".join(cell.split()))


@cache
def _unclear() -> Mapping[str, Sequence[str]]:
    return {name.casefold(): codes for name, codes in read_data("exports.toml")["motivations_that_may_be"].items()}


@lru_cache(maxsize=5_000)
def _motivations(cell: str) -> tuple[frozenset[str], frozenset[str]]:
    parts, unclear = _parts(cell), _unclear()
    clear = frozenset(_found("bias_motivations", part) for part in parts if part.casefold() not in unclear)
    either = frozenset(code for part in parts for code in unclear.get(part.casefold(), ()))
    return clear, either


@lru_cache(maxsize=5_000)
def _type(cell: str) -> str:
    codes = [_found("incident_types", part) for part in _parts(cell)]
    known = principal_type(code for code in codes if not code.startswith("?"))
    return known.value if known else next(iter(codes), "")


_SIGNS = {**dict.fromkeys(map(ord, "‘’‚‛′`´"), "'"), **dict.fromkeys(map(ord, "“”„‟«»″"), '"')}
_SIGNS |= dict.fromkeys(map(ord, "‐‑‒–—―"), "-")


def plain(text: str) -> str:
    """Return a text without what typing makes of it."""
    signs = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return " ".join(signs.split()).casefold().rstrip(". ")


def fingerprint_text(cells: Cells) -> str:
    """Return what two lines of different lists have in common exactly when all their cells are equal."""
    return "\x1f".join(" ".join(unicodedata.normalize("NFC", cell).split()) for cell in cells)


def month_number(said: Said) -> int | None:
    """Return the months since the year 0, None where no month is known."""
    return None if said.year is None or said.month is None else said.year * _MONTHS + said.month


_MONTHS = 12


def in_reach(said: Said, year: int) -> bool:
    """Tell whether a line can hold an incident of a data year: of the year, or of the months beside it.

    The month of an incident is moved now and then, and so may leave the year.
    """
    month = month_number(said)
    if month is None:
        return said.year == year
    return year * _MONTHS <= month <= (year + 1) * _MONTHS + 1

"""How the columns of a member's own spreadsheet become the facts of an incident.

A mapping says for each column which fact it holds, how its cells are read, and which code each of its words means. It
holds no row of any file. `read_row` turns the cells of a row into what the row says; `merged` lays that over the facts
that are there: only what the file speaks of changes.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final

from coalition.domain import cells as reading
from coalition.domain.cells import BadCell, folded, pieces
from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.errors import UnknownCode
from coalition.domain.incidents import (
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
)

LINE, NOTE, TEXT, LONG = 200, 1_000, 5_000, 20_000
"""Most characters of texts: what the form takes, so that whoever opens a draft can save it."""
MOST_LINES: Final = 20
"""Most lines of victims, sources and the like that one row can say."""
LONGEST_NAME: Final = 80
"""Characters of a mapping's name."""


class Kind(StrEnum):
    """What a fact is, and so how its cell is read."""

    TEXT = "text"
    LONG = "long"
    TIME = "time"
    NUMBER = "number"
    DATE = "date"
    DAY = "day"
    LINK = "link"
    CODE = "code"
    CODES = "codes"


@dataclass(frozen=True)
class Target:
    """One fact that a column can hold. After a dot stands the field of a part, or the language of a description."""

    name: str
    kind: Kind
    list_name: str = ""
    """Of codes: the list of the code book, or "countries" or "regions"."""
    most: int = LINE

    @property
    def fact(self) -> str:
        """The fact itself."""
        return self.name.partition(".")[0]

    @property
    def part(self) -> str:
        """The field of the fact's parts, or the language; empty for a fact without parts."""
        return self.name.partition(".")[2]

    @property
    def is_coded(self) -> bool:
        """Whether its words are looked up in a list."""
        return self.kind in {Kind.CODE, Kind.CODES}

    @property
    def takes_several(self) -> bool:
        """Whether one cell, and several columns, can hold several values of it."""
        return self.kind is Kind.CODES or self.fact in PARTS or self.kind is Kind.LONG


PARTS: Mapping[str, type[Any]] = {
    "indicators": Indicator,
    "victims": Victims,
    "perpetrators": Perpetrators,
    "sources": Source,
    "proceedings": Proceeding,
    "needs": Need,
}
"""The facts that are lists of lines."""
LANGUAGES: Final = ("en", "bg")
"""The languages of public descriptions that a column can hold."""


def _code(name: str, list_name: str) -> Target:
    return Target(name, Kind.CODE, list_name)


TARGETS: Final = (
    Target("date", Kind.DATE),
    Target("time", Kind.TIME, most=60),
    _code("country", "countries"),
    _code("region", "regions"),
    Target("municipality", Kind.TEXT),
    _code("location_type", "location_types"),
    Target("offences", Kind.CODES, "offences"),
    _code("chosen_type", "incident_types"),
    _code("weapon", "weapons"),
    Target("motivations", Kind.CODES, "bias_motivations"),
    _code("indicators.code", "bias_indicators"),
    Target("indicators.note", Kind.LONG, most=NOTE),
    _code("indicators.observer", "observers"),
    _code("victims.kind", "victim_kinds"),
    Target("victims.number", Kind.NUMBER),
    _code("victims.gender", "genders"),
    _code("victims.age_band", "age_bands"),
    _code("victims.link", "links_to_group"),
    Target("victims.sub_grounds", Kind.CODES, "sub_grounds"),
    Target("victims.injury", Kind.LONG, most=500),
    _code("victims.harm", "harms"),
    _code("victims.earlier", "earlier_targeting"),
    Target("perpetrators.number", Kind.NUMBER),
    _code("perpetrators.gender", "genders"),
    _code("perpetrators.age_band", "age_bands"),
    _code("perpetrators.relation", "perpetrator_relations"),
    _code("perpetrators.capacity", "perpetrator_capacities"),
    _code("sources.kind", "source_kinds"),
    Target("sources.name", Kind.TEXT),
    Target("sources.reference", Kind.TEXT, most=500),
    Target("sources.date", Kind.DATE),
    Target("sources.url", Kind.LINK, most=2_000),
    _code("sources.reliability", "source_reliabilities"),
    _code("sources.credibility", "information_credibilities"),
    _code("case_status", "case_statuses"),
    _code("bias_recorded", "bias_recorded"),
    _code("proceedings.step", "police_steps"),
    Target("proceedings.date", Kind.DATE),
    Target("proceedings.reference", Kind.TEXT),
    Target("proceedings.note", Kind.LONG, most=500),
    _code("reason_not_reported", "reasons_not_reported"),
    Target("authorities_response", Kind.LONG, most=TEXT),
    Target("impact", Kind.LONG, most=TEXT),
    _code("needs.need", "needs"),
    Target("needs.referred_to", Kind.TEXT),
    _code("needs.outcome", "referral_outcomes"),
    Target("needs.follow_up", Kind.DAY),
    Target("own_reference", Kind.TEXT),
    Target("narrative", Kind.LONG, most=LONG),
    *(Target(f"descriptions.{language}", Kind.LONG, most=2_000) for language in LANGUAGES),
    _code("basis", "bases"),
    Target("consents", Kind.CODES, "consent_purposes"),
    _code("consent_by", "consent_givers"),
    _code("consent_way", "consent_ways"),
    Target("consent_date", Kind.DAY),
    Target("contact_name", Kind.TEXT),
    Target("contact_phone", Kind.TEXT, most=40),
    Target("contact_email", Kind.TEXT),
    Target("contact_safely", Kind.TEXT),
)
"""Every fact that a column can hold, in the order of the recording form.

Left out are what a person decides in the form beside what the software proposes: scope, reasons, harmless spans.
"""

CERTAIN: Final = {"indicators": "code", "proceedings": "step", "needs": "need"}
"""Without this field, a line of these says nothing."""
FOR_EVERY_ROW: Final = (
    *("country", "basis", "victims.kind", "sources.kind"),
    *(f"{fact}.{part}" for fact, part in CERTAIN.items()),
)
"""What may be said once for all rows, where the file does not say it."""


@cache
def targets() -> dict[str, Target]:
    """Return the facts by their names."""
    return {target.name: target for target in TARGETS}


@cache
def codes_of(list_name: str) -> frozenset[str]:
    """Return the codes of a list, also of countries and of all regions."""
    if list_name == "countries":
        return frozenset(countries().codes)
    if list_name == "regions":
        return frozenset(code for country in countries().codes for code in regions(country).codes)
    return frozenset(codebook()[list_name].codes)


# --- the mapping -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column: where it stands in the heading, and what becomes of it."""

    header: str
    nth: int = 1
    """1 for the first column of this name, 2 for the second."""
    target: str = ""
    """Name of a fact; empty leaves the column out."""
    separator: str = ""
    """A code of `cells.SEPARATORS` where a cell can hold several values."""
    day_first: bool | None = None
    """How `5/3/2024` is meant; None while nobody has said."""
    flag: str | None = None
    """For a column of yes and no: the word that "yes" stands for, such as the option of a choice of several."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Codes by word, as `folded`; an empty code leaves the word out."""

    @property
    def place(self) -> tuple[str, int]:
        """What it is known by."""
        return folded(self.header), self.nth


@dataclass(frozen=True)
class RowMapping:
    """How the rows of a file are read."""

    columns: tuple[Column, ...]
    key: tuple[str, int] | None = None
    """The column that names a row for good; None knows a row by what it says."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Codes for `FOR_EVERY_ROW`."""

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are read."""
        return tuple(column for column in self.columns if column.target in targets())

    @property
    def facts(self) -> frozenset[str]:
        """The facts of which a file speaks."""
        spoken = {targets()[column.target].fact for column in self.used}
        return frozenset(spoken | {targets()[name].fact for name, code in self.defaults.items() if code})


def headings_of(header: Sequence[str]) -> list[tuple[str, int]]:
    """Return what each column of a heading is known by: its name, and which of that name it is."""
    seen: dict[str, int] = {}
    places = []
    for name in header:
        key = folded(name)
        seen[key] = seen.get(key, 0) + 1
        places.append((key, seen[key]))
    return places


PROBLEM: Final = "problem"
"""The column that says why a row was not recorded; a file that comes back with it is the same file."""


def fingerprint(header: Sequence[str]) -> str:
    """Return what is the same for two headings with the same columns, in whatever order."""
    named = sorted(place for place in headings_of(header) if place[0] and place[0] != PROBLEM)
    return json.dumps(named, ensure_ascii=False)


def mapping_to_text(mapping: RowMapping) -> str:
    """Return a mapping as it is kept."""
    return json.dumps(asdict(mapping), ensure_ascii=False)


def mapping_of_text(text: str) -> RowMapping:
    """Return the mapping that was kept."""
    kept = json.loads(text)
    key = kept["key"]
    return RowMapping(
        tuple(Column(**column) for column in kept["columns"]), (key[0], key[1]) if key else None, kept["defaults"]
    )


def fitted(mapping: RowMapping, header: Sequence[str]) -> tuple[RowMapping, tuple[str, ...]]:
    """Return a kept mapping for a file's heading, and which columns it misses there.

    Columns that it does not know are left out.
    """
    known = {column.place: column for column in mapping.columns}
    places = headings_of(header)
    columns = tuple(
        replace(known[place], header=name) if place in known else Column(name, place[1])
        for name, place in zip(header, places, strict=True)
    )
    missing = tuple(column.header for column in mapping.used if column.place not in places)
    if mapping.key and mapping.key not in places:
        missing = (*missing, mapping.key[0])
    return replace(mapping, columns=columns), tuple(dict.fromkeys(missing))


def taken_twice(mapping: RowMapping) -> tuple[str, ...]:
    """Return the facts of one value that several columns claim."""
    counts: dict[str, int] = {}
    for column in mapping.used:
        if not _shareable(targets()[column.target]):
            counts[column.target] = counts.get(column.target, 0) + 1
    return tuple(name for name, number in counts.items() if number > 1)


def _shareable(target: Target) -> bool:
    """Tell whether several columns can add up to it: lists of codes, and long texts one below the other."""
    return target.kind in {Kind.CODES, Kind.LONG} or target.name in {"indicators.code", "needs.need"}


# --- reading a row -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with a row: in which column, empty for the row as a whole, and a code."""

    column: str
    code: str


class BadCells(Exception):
    """A row that cannot be recorded, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[CellProblem]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        super().__init__(", ".join(f"{problem.column}: {problem.code}" for problem in self.problems))


Said = Mapping[str, Any]
"""What a row says: by fact its value; of lines a tuple of objects with the fields that are spoken of."""


def read_row(mapping: RowMapping, cells: Sequence[str], today: date) -> Said:
    """Return what a row says. The columns of the mapping are those of the file, in its order (`fitted`).

    Raises BadCells with everything that is wrong.
    """
    problems: list[CellProblem] = []
    found: dict[str, list[Any]] = {}
    for column, cell in zip(mapping.columns, cells, strict=True):
        if column.target not in targets():
            continue
        try:
            found.setdefault(column.target, []).extend(_values(column, cell))
        except BadCell as error:
            problems.append(CellProblem(column.header, error.code))
    said = _assembled(mapping, found)
    problems += _sense(said, today)
    if problems:
        raise BadCells(problems)
    return said


def _values(column: Column, cell: str) -> list[Any]:
    """Return the values of a cell; none for an empty one."""
    target = targets()[column.target]
    if column.flag is not None:
        return [_code_for(target, column, column.flag)] * reading.read_yes_no(cell) if target.is_coded else []
    separator = column.separator if target.takes_several and target.kind is not Kind.LONG else ""
    read = [_value(target, column, piece) for piece in pieces(cell, separator)]
    return [value for value in read if value not in {None, ""}]


def _value(target: Target, column: Column, text: str) -> Any:  # noqa: ANN401 - whatever the fact holds
    if target.is_coded:
        return _code_for(target, column, text)
    value = _READERS[target.kind](text, column)
    if isinstance(value, str) and len(value) > target.most:
        raise BadCell("too_long")
    return value


_READERS: Mapping[Kind, Callable[[str, Column], Any]] = {
    Kind.TEXT: lambda text, _column: " ".join(text.split()),
    Kind.LONG: lambda text, _column: text.replace("\r\n", "\n").replace("\r", "\n").strip(),
    Kind.TIME: lambda text, _column: reading.read_time(text),
    Kind.NUMBER: lambda text, _column: reading.read_number(text),
    Kind.DATE: lambda text, column: reading.read_date(text, day_first=column.day_first),
    Kind.DAY: lambda text, column: reading.read_day(text, day_first=column.day_first),
    Kind.LINK: lambda text, _column: reading.read_url(text),
}


def _code_for(target: Target, column: Column, text: str) -> str:
    """Return the code of a word; empty for one that is left out.

    Raises BadCell "unknown_value".
    """
    word = folded(text)
    if word in column.values:
        return column.values[word]
    code = known_code(target.list_name, text)
    if code is None:
        raise BadCell("unknown_value")
    return code


def known_code(list_name: str, text: str) -> str | None:
    """Return the code that a word means without anybody's help: it is the code, its English label or an alias."""
    if text.strip() in codes_of(list_name):
        return text.strip()
    if list_name == "age_bands" and (band := reading.age_band_of(text)):
        return band
    for known in _lists(list_name):
        try:
            return str(known.find(text).code)
        except UnknownCode:
            continue
    return None


def _lists(list_name: str) -> Iterator[Any]:
    if list_name == "countries":
        yield countries()
    elif list_name == "regions":
        yield from (regions(country) for country in countries().codes)
    else:
        yield codebook()[list_name]


def _assembled(mapping: RowMapping, found: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Put the values of a row together to facts; a fact of which the file speaks and the row does not is empty."""
    said: dict[str, Any] = {}
    names = list(dict.fromkeys(column.target for column in mapping.used))
    for name in names:
        if targets()[name].fact not in PARTS:
            _lay_single(said, targets()[name], found.get(name, ()))
    for fact in PARTS:
        spoken = [name for name in names if _of(name, fact)]
        if spoken:
            default = {name: mapping.defaults.get(name, "") for name in FOR_EVERY_ROW if _of(name, fact)}
            said[fact] = _lines(spoken, found, default)
    for name in FOR_EVERY_ROW:
        target, code = targets()[name], mapping.defaults.get(name, "")
        if code and target.fact not in PARTS and not said.get(target.fact):
            said[target.fact] = code
    return said


def _of(name: str, fact: str) -> bool:
    return targets()[name].fact == fact


def _lay_single(said: dict[str, Any], target: Target, values: Sequence[Any]) -> None:
    if target.fact == "descriptions":
        said.setdefault("descriptions", {})[target.part] = "\n\n".join(values)
    elif target.kind is Kind.CODES:
        wanted = codebook()[target.list_name].sorted(values)
        said[target.fact] = frozenset(wanted) if target.fact == "consents" else wanted
    elif target.kind is Kind.LONG:
        said[target.fact] = "\n\n".join(values)
    else:
        said[target.fact] = values[0] if values else _empty(target)


def _empty(target: Target) -> Any:  # noqa: ANN401 - what the fact holds when nothing is said
    return None if target.kind in {Kind.DATE, Kind.DAY, Kind.NUMBER} else ""


def _lines(
    spoken: Sequence[str], found: Mapping[str, Sequence[Any]], default: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """Return the lines of a fact: as many as its longest column says; a single value holds for all of them."""
    columns = {name: _as_one(targets()[name], found.get(name, ())) for name in spoken}
    whole = {name for name in spoken if targets()[name].kind is Kind.CODES}
    number = max((1 if name in whole else len(values) for name, values in columns.items() if values), default=0)
    lines = []
    for at in range(min(number, MOST_LINES + 1)):
        line = {targets()[name].part: _at(targets()[name], values, at) for name, values in columns.items()}
        for name, code in default.items():
            if code:
                line[targets()[name].part] = line.get(targets()[name].part) or code
        lines.append(line)
    return tuple(lines)


def _as_one(target: Target, values: Sequence[Any]) -> Sequence[Any]:
    return ["\n\n".join(values)] if target.kind is Kind.LONG and values else values


def _at(target: Target, values: Sequence[Any], at: int) -> Any:  # noqa: ANN401 - whatever the fact holds
    if target.kind is Kind.CODES:
        return codebook()[target.list_name].sorted(values)
    if not values:
        return _empty(target)
    return values[0] if len(values) == 1 else values[at] if at < len(values) else _empty(target)


def _sense(said: Said, today: date) -> Iterator[CellProblem]:
    """Yield what is wrong with a row as a whole, although each of its cells can be read."""
    when, region = said.get("date"), said.get("region")
    if isinstance(when, PartialDate) and when.earliest() > today:
        yield CellProblem("", "in_future")
    if region and said.get("country") and region not in regions(said["country"]):
        yield CellProblem("", "region_elsewhere")
    if not any(_says_anything(said[fact]) for fact in said if fact not in {"country", "basis"}):
        yield CellProblem("", "says_nothing")
    yield from (CellProblem("", code) for fact in PARTS for code in _wrong_lines(fact, said.get(fact, ())))


def _wrong_lines(fact: str, lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(lines) > MOST_LINES:
        yield "too_many_lines"
    if fact in CERTAIN and any(_says_anything(line) and not line.get(CERTAIN[fact]) for line in lines):
        yield f"no_{CERTAIN[fact]}"


def _says_anything(value: Any) -> bool:  # noqa: ANN401 - whatever a fact holds
    if isinstance(value, Mapping):
        return any(value.values())
    return bool(value)


# --- laying it over what is there --------------------------------------------------------------------------


def merged(before: Facts, said: Said, *, gently: bool = False) -> Facts:
    """Return facts with what a row says laid over them; of lines only the fields that the row speaks of change.

    `gently` leaves what is there where the row says nothing: for a record that a person changed meanwhile.
    """
    changes: dict[str, Any] = {}
    for fact, value in said.items():
        if gently and not _says_anything(value):
            continue
        if fact in PARTS:
            changes[fact] = _lines_over(PARTS[fact], getattr(before, fact), value, gently=gently)
        elif fact == "descriptions":
            told = {**before.descriptions, **{name: text for name, text in value.items() if text or not gently}}
            changes[fact] = {name: text for name, text in told.items() if text}
        else:
            changes[fact] = value
    if changes.get("region") and not (changes.get("country") or before.country):
        changes["country"] = changes["region"].partition("-")[0]
    return replace(before, **changes)


def _lines_over(
    kind: type[Any], before: Sequence[Any], lines: Sequence[Mapping[str, Any]], *, gently: bool
) -> tuple[Any, ...]:
    made = []
    for at, line in enumerate(lines):
        spoken = {name: value for name, value in line.items() if value or not gently}
        # A part's first field is its kind, and cannot be left out.
        first = fields(kind)[0].name
        made.append(replace(before[at], **spoken) if at < len(before) else kind(**{first: _blank(kind, first), **line}))
    return (*made, *before[len(lines) :]) if gently else tuple(made)


def _blank(kind: type[Any], name: str) -> Any:  # noqa: ANN401 - "" or None
    return None if (kind, name) == (Perpetrators, "number") else ""


def said_text(said: Said) -> str:
    """Return what a row says as one text: the same for rows that say the same."""
    return json.dumps(_plain(said), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a fact holds
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, PartialDate | date) else value


def content_text(header: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row's cells as one text, whatever the mapping and the order of the columns."""
    named = zip(headings_of(header), cells, strict=True)
    plain = ((place, " ".join(unicodedata.normalize("NFC", cell).split())) for place, cell in named)
    return json.dumps(sorted(item for item in plain if item[1] and item[0][0] != PROBLEM), ensure_ascii=False)

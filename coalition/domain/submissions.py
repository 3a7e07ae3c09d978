"""The yearly submission: what is selected, and which part it goes to.

A profile says what the receiving body takes (`coalition.domain.profiles`). An incident is in exactly one of two parts:
*descriptive* (one row with its public description) or *statistical* (a number by country, bias motivation and type).
Types that the profile takes as statistics only are statistical; so is, in every year, an incident without a public
description. Nothing here keeps a year's incidents: they come and go one by one, however many there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from coalition.domain.codebook import codebook, countries
from coalition.domain.consents import Part, may_leave
from coalition.domain.disclosure import disclose
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.profile_checks import DatePrecision
from coalition.domain.profiles import Profile, label_in
from coalition.domain.same_incident import Candidate, credited_by, leaving
from coalition.domain.statistics import Counted, Table


@dataclass(frozen=True)
class Outgoing:
    """One incident as it leaves: already anonymised."""

    incident: str
    """Its id. It stays in the database and is in no file."""
    part: Part
    facts: Facts
    """What the receiving body is told at most."""
    credited: tuple[str, ...]
    """The organisations that stand behind it, in the order in which they are named."""
    linked: bool = False
    """Whether it has several records: then it need not be of the month of the one that leads them."""


def is_eligible(facts: Facts, year: int, taken: Profile) -> bool:
    """Tell whether an accepted incident belongs to the submission of a data year."""
    in_year = facts.date is not None and facts.date.year == year
    return in_year and facts.type is not None and bool(facts.motivations) and may_leave(facts, taken.way)


def is_descriptive(facts: Facts, taken: Profile) -> bool:
    """Tell whether an eligible incident goes to the descriptive part."""
    return facts.type not in taken.statistics_only and bool(facts.descriptions.get(taken.language, "").strip())


def counted(facts: Facts) -> Counted:
    """Return what counting needs of an incident that has a date and a type.

    Raises ValueError otherwise.
    """
    if facts.date is None or facts.type is None:
        raise ValueError("an incident without date or type cannot be counted")
    return _counted(facts.date.year, facts.date.month, facts.country, facts.type.value, tuple(facts.motivations))


@lru_cache(maxsize=20_000)
def _counted(year: int, month: int | None, country: str, kind: str, motivations: tuple[str, ...]) -> Counted:
    # Most incidents of a year are counted like others.
    return Counted(year, month, country, kind, codebook()["bias_motivations"].sorted(motivations))


def outgoing(candidates: Iterable[Candidate], year: int, taken: Profile) -> Iterator[Outgoing]:
    """Yield what leaves of a year's accepted incidents, as they come.

    Of several records of one incident one stands for all, and every member is credited.
    """
    for group in candidates:
        records = leaving(group, taken.way)
        if not records or not is_eligible(records[0].facts, year, taken):
            continue
        record = records[0]
        part = Part.DESCRIPTIVE if is_descriptive(record.facts, taken) else Part.STATISTICAL
        told = disclose(record.facts, taken.audience)
        if taken.date is DatePrecision.YEAR and told.date:
            told = replace(told, date=PartialDate(told.date.year))
        yield Outgoing(record.incident, part, told, credited_by(records), bool(group.linked))


STATISTICS_HEADER = ("Country", "Bias motivation", "Type of incident", "Incidents")
ALL_INCIDENTS = "All incidents"


@dataclass(frozen=True)
class Wording:
    """The words of the tables of numbers, in one language."""

    label: Callable[[str, str], str]
    """Says what a code of a list of the code book, or of "countries", is called."""
    header: tuple[str, str, str, str] = STATISTICS_HEADER
    all_incidents: str = ALL_INCIDENTS


def in_english(taken: Profile) -> Wording:
    """Return the words of ODIHR's files: its own names of States, and the profile's wordings before the code book's."""

    def label(list_name: str, code: str) -> str:
        return countries()[code].label if list_name == "countries" else label_in(taken, list_name, code)

    return Wording(label)


def overview_header(taken: Profile, words: Wording | None = None) -> tuple[str, ...]:
    """Return the headings of `overview.csv`, in English unless other words are given."""
    said = words or in_english(taken)
    country, motivation, _type, incidents = said.header
    types = (said.label("incident_types", code) for code in codebook()["incident_types"].codes)
    return (country, motivation, *types, incidents)


def statistics_rows(
    taken: Profile, tables: Mapping[str, Table], words: Wording | None = None
) -> list[tuple[str, str, str, int]]:
    """Return the statistical part: an incident with two motivations is in two rows; zeros are left out."""
    said = words or in_english(taken)
    types = codebook()["incident_types"].codes
    return [
        (name, said.label("bias_motivations", motivation), said.label("incident_types", code), number)
        for name, country in _named_countries(tables, said)
        for motivation, counts in country.rows
        for code, number in zip(types, counts.by_type, strict=True)
        if number
    ]


def overview_rows(
    taken: Profile, tables: Mapping[str, Table], words: Wording | None = None
) -> list[tuple[str | int, ...]]:
    """Return both parts by country and motivation; per country a last row in which each incident counts once."""
    said = words or in_english(taken)
    rows: list[tuple[str | int, ...]] = []
    for name, country in _named_countries(tables, said):
        for motivation, counts in country.rows:
            rows.append((name, said.label("bias_motivations", motivation), *counts.by_type, counts.incidents))
        rows.append((name, said.all_incidents, *country.total.by_type, country.incidents))
    return rows


def _named_countries(tables: Mapping[str, Table], said: Wording) -> list[tuple[str, Table]]:
    named = ((said.label("countries", code), table) for code, table in tables.items())
    return sorted(named, key=lambda pair: pair[0])

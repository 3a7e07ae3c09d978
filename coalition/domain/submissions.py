"""The yearly submission: what is selected, and which part it goes to.

A profile says what the receiving body takes (`coalition.domain.profiles`). An incident is in exactly one of two parts:
*descriptive* (one row with its public description) or *statistical* (a number by country, bias motivation and type).
Types that the profile takes as statistics only are statistical; so is, in every year, an incident without a public
description. Nothing here keeps a year's incidents: they come and go one by one, however many there are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from coalition.domain.codebook import codebook, countries
from coalition.domain.consents import Part, may_leave
from coalition.domain.disclosure import disclose
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.profile_checks import DatePrecision
from coalition.domain.profiles import Profile, label_in
from coalition.domain.same_incident import Candidate, all_credited, standing_for
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


def is_eligible(facts: Facts, year: int, taken: Profile) -> bool:
    """Tell whether an accepted incident belongs to the submission of a data year."""
    in_year = facts.date is not None and facts.date.year == year
    consented = may_leave(facts, taken.way)
    return in_year and facts.type is not None and bool(facts.motivations) and consented


def is_descriptive(facts: Facts, taken: Profile) -> bool:
    """Tell whether an eligible incident goes to the descriptive part."""
    return facts.type not in taken.statistics_only and bool(facts.descriptions.get(taken.language, "").strip())


def counted(facts: Facts) -> Counted:
    """Return what counting needs of an incident that has a date and a type.

    Raises ValueError otherwise.
    """
    if facts.date is None or facts.type is None:
        raise ValueError("an incident without date or type cannot be counted")
    motivations = codebook()["bias_motivations"].sorted(facts.motivations)
    return Counted(facts.date.year, facts.date.month, facts.country, facts.type.value, motivations)


def outgoing(candidates: Iterable[Candidate], year: int, taken: Profile) -> Iterator[Outgoing]:
    """Yield what leaves of a year's accepted incidents, as they come.

    Of several records of one incident one stands for all, and every member is credited.
    """
    for group in candidates:
        record = standing_for(group, taken.way)
        if record is None or not is_eligible(record.facts, year, taken):
            continue
        part = Part.DESCRIPTIVE if is_descriptive(record.facts, taken) else Part.STATISTICAL
        told = disclose(record.facts, taken.audience)
        if taken.date is DatePrecision.YEAR and told.date:
            told = replace(told, date=PartialDate(told.date.year))
        yield Outgoing(record.incident, part, told, all_credited(group, taken.way))


STATISTICS_HEADER = ("Country", "Bias motivation", "Type of incident", "Incidents")
ALL_INCIDENTS = "All incidents"


def overview_header(taken: Profile) -> tuple[str, ...]:
    """Return the headings of `overview.csv`."""
    types = (label_in(taken, "incident_types", code) for code in codebook()["incident_types"].codes)
    return ("Country", "Bias motivation", *types, "Incidents")


def statistics_rows(taken: Profile, tables: Mapping[str, Table]) -> list[tuple[str, str, str, int]]:
    """Return the statistical part: an incident with two motivations is in two rows; zeros are left out."""
    types = codebook()["incident_types"].codes
    return [
        (name, label_in(taken, "bias_motivations", motivation), label_in(taken, "incident_types", code), number)
        for name, country in _named_countries(tables)
        for motivation, counts in country.rows
        for code, number in zip(types, counts.by_type, strict=True)
        if number
    ]


def overview_rows(taken: Profile, tables: Mapping[str, Table]) -> list[tuple[str | int, ...]]:
    """Return both parts by country and motivation; per country a last row in which each incident counts once."""
    rows: list[tuple[str | int, ...]] = []
    for name, country in _named_countries(tables):
        for motivation, counts in country.rows:
            rows.append((name, label_in(taken, "bias_motivations", motivation), *counts.by_type, counts.incidents))
        rows.append((name, ALL_INCIDENTS, *country.total.by_type, country.incidents))
    return rows


def _named_countries(tables: Mapping[str, Table]) -> list[tuple[str, Table]]:
    return sorted(((countries()[code].label, table) for code, table in tables.items()), key=lambda pair: pair[0])

"""The yearly submission to ODIHR: what is selected, which part it goes to, and every row as data.

A profile says what the receiving body takes. An incident is in exactly one of two parts: *descriptive* (one row with
its public description) or *statistical* (a number by country, bias motivation and type). From data year 2022 on
attacks on property are statistical; so is, in every year, an incident without a public description.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from coalition.domain.codebook import codebook, countries, read_data
from coalition.domain.consents import Included, Part, WayOut, may_leave
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.incidents import Facts
from coalition.domain.same_incident import Candidate, all_credited, standing
from coalition.domain.statistics import Counted, Table, by_country
from coalition.domain.vocabulary import IncidentType, Purpose


@dataclass(frozen=True)
class Column:
    """One column of the sheet `Incidents`."""

    field: str
    """What it shows; `coalition.documents.workbook` has one writer per field."""
    header: str
    width: int
    """In characters."""


@dataclass(frozen=True)
class Profile:
    """What one receiving body takes."""

    code: str
    name: str
    version: str
    language: str
    purpose: Purpose
    """The consent that every incident needs to be in the submission."""
    property_as_statistics_from: int
    """First data year in which attacks on property go to the statistical part."""
    joiner: str
    deadline_month: int
    deadline_day: int
    recipient: str
    subject: str
    correction_subject: str
    correction_remove: str
    """What is written when a descriptive record has to go: {year}, {coalition}, {built}, {number}, {line}, …"""
    correction_subtract: str
    """What is written when an incident has to leave the numbers."""
    export_columns: tuple[str, ...]
    columns: tuple[Column, ...]


@cache
def profile(code: str = "odihr") -> Profile:
    """Return a profile of the package's own data."""
    data = dict(read_data("profiles.toml")[code])
    columns = tuple(Column(**column) for column in data.pop("columns"))
    purpose = Purpose(data.pop("purpose"))
    export_columns = tuple(data.pop("export_columns"))
    return Profile(code=code, purpose=purpose, export_columns=export_columns, columns=columns, **data)


@dataclass(frozen=True)
class Row:
    """One descriptive incident as it leaves: already anonymised."""

    date: str
    country: str
    """ODIHR's name of the State."""
    motivations: str
    type: str
    sources: str
    description: str
    facts: Facts
    """The anonymised facts, for the further columns of the workbook."""

    @property
    def visible(self) -> tuple[str, ...]:
        """The cells in the order of ODIHR's export."""
        return (self.date, self.country, self.motivations, self.type, self.sources, self.description)


@dataclass(frozen=True)
class Submission:
    """Everything that goes into one year's files."""

    year: int
    profile: Profile
    rows: tuple[Row, ...]
    """The descriptive part."""
    statistical: tuple[Counted, ...]
    """The statistical part."""
    all: tuple[Counted, ...]
    """Both."""
    members: tuple[str, ...]
    """Every member credited, in alphabetical order."""
    included: tuple[Included, ...]
    """Which incident is where, by id: kept in the database, in no file."""

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        return {
            "incidents": len(self.all),
            "descriptive": len(self.rows),
            "statistical": len(self.statistical),
        }


def is_eligible(facts: Facts, year: int, taken: Profile) -> bool:
    """Tell whether an accepted incident belongs to the submission of a data year."""
    in_year = facts.date is not None and facts.date.year == year
    consented = may_leave(facts, WayOut.SUBMISSION) and facts.allows(taken.purpose)
    return in_year and facts.type is not None and bool(facts.motivations) and consented


def is_descriptive(facts: Facts, taken: Profile) -> bool:
    """Tell whether an eligible incident goes to the descriptive part."""
    property_only = facts.date is not None and facts.date.year >= taken.property_as_statistics_from
    if facts.type is IncidentType.PROPERTY_ATTACK and property_only:
        return False
    return bool(facts.descriptions.get(taken.language, "").strip())


def joined_motivations(codes: Iterable[str], joiner: str) -> str:
    """Join motivations in one cell, in the order of ODIHR's export, which is not the order of its list."""
    entries = sorted(
        (codebook()["bias_motivations"][code] for code in set(codes)), key=lambda entry: entry.export_order
    )
    return joiner.join(entry.label for entry in entries)


def counted(facts: Facts) -> Counted:
    """Return what counting needs of an incident that has a date and a type.

    Raises ValueError otherwise.
    """
    if facts.date is None or facts.type is None:
        raise ValueError("an incident without date or type cannot be counted")
    motivations = codebook()["bias_motivations"].sorted(facts.motivations)
    return Counted(facts.date.year, facts.date.month, facts.country, facts.type.value, motivations)


def _row(record: Candidate, group: Candidate, taken: Profile) -> Row:
    facts = disclose(record.facts, Audience.ODIHR)
    return Row(
        date=facts.date.to_month if facts.date else "",
        country=countries()[facts.country].label,
        motivations=joined_motivations(facts.motivations, taken.joiner),
        type=codebook()["incident_types"][facts.type or ""].label,
        sources=taken.joiner.join(all_credited(group, WayOut.SUBMISSION)),
        description=facts.descriptions.get(taken.language, ""),
        facts=facts,
    )


def compile_submission(candidates: Iterable[Candidate], year: int, taken: Profile) -> Submission:
    """Select a year's accepted incidents, split them, and order them by nothing but themselves.

    Of several records of one incident one stands for all, and every member is credited.
    """
    allowed = standing(candidates, WayOut.SUBMISSION)
    eligible = [(record, group) for record, group in allowed if is_eligible(record.facts, year, taken)]
    statistical = [record for record, _ in eligible if not is_descriptive(record.facts, taken)]
    names = {name for _, group in eligible for name in all_credited(group, WayOut.SUBMISSION)}
    described = (
        (_row(record, group, taken), record.incident)
        for record, group in eligible
        if is_descriptive(record.facts, taken)
    )
    rows = sorted(described, key=_numbered_key)
    return Submission(
        year=year,
        profile=taken,
        rows=tuple(row for row, _ in rows),
        statistical=tuple(sorted((counted(record.facts) for record in statistical), key=_counted_key)),
        all=tuple(sorted((counted(record.facts) for record, _ in eligible), key=_counted_key)),
        members=tuple(sorted(names)),
        included=(
            *(Included(incident, Part.DESCRIPTIVE, number) for number, (_, incident) in enumerate(rows, start=1)),
            *(Included(record.incident, Part.STATISTICAL) for record in statistical),
        ),
    )


def _numbered_key(pair: tuple[Row, str]) -> tuple[str, ...]:
    return _row_key(pair[0])


def _row_key(row: Row) -> tuple[str, ...]:
    """Order rows that look alike by their further columns, so that the caller's order never shows."""
    facts = row.facts
    further = (facts.indicators, facts.victims, facts.perpetrators, facts.sources)
    return (*row.visible, facts.location_type, facts.case_status, repr(further))


def _counted_key(incident: Counted) -> tuple[int, int, str, str, tuple[str, ...]]:
    return (incident.year, incident.month or 0, incident.country, incident.type, incident.motivations)


STATISTICS_HEADER = ("Country", "Bias motivation", "Type of incident", "Incidents")
ALL_INCIDENTS = "All incidents"


def overview_header() -> tuple[str, ...]:
    """Return the headings of `overview.csv`."""
    types = (entry.label for entry in codebook()["incident_types"])
    return ("Country", "Bias motivation", *types, "Incidents")


def statistics_rows(submission: Submission) -> list[tuple[str, str, str, int]]:
    """Return the statistical part: an incident with two motivations is in two rows; zeros are left out."""
    books, types = codebook(), codebook()["incident_types"].codes
    return [
        (name, books["bias_motivations"][motivation].label, books["incident_types"][code].label, number)
        for name, country in _named_countries(submission.statistical)
        for motivation, counts in country.rows
        for code, number in zip(types, counts.by_type, strict=True)
        if number
    ]


def overview_rows(submission: Submission) -> list[tuple[str | int, ...]]:
    """Return both parts by country and motivation; per country a last row in which each incident counts once."""
    rows: list[tuple[str | int, ...]] = []
    for name, country in _named_countries(submission.all):
        for motivation, counts in country.rows:
            label = codebook()["bias_motivations"][motivation].label
            rows.append((name, label, *counts.by_type, counts.incidents))
        rows.append((name, ALL_INCIDENTS, *country.total.by_type, country.incidents))
    return rows


def _named_countries(incidents: Iterable[Counted]) -> list[tuple[str, Table]]:
    tables: Mapping[str, Table] = by_country(incidents)
    return sorted(((countries()[code].label, table) for code, table in tables.items()), key=lambda pair: pair[0])

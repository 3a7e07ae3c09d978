"""Counting. The unit is the incident; bias is a set.

An incident with two motivations counts once in every total and once under each motivation, so the sums by type equal
the number of incidents and the sums by motivation do not: a table of marks always says that it counts marks.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from coalition.domain.codebook import codebook


@dataclass(frozen=True)
class Counted:
    """What counting needs of one incident."""

    year: int
    month: int | None
    country: str
    type: str
    motivations: tuple[str, ...]


@dataclass(frozen=True)
class TypeCounts:
    """How many incidents of each type, and in all. Shape: one number per type of the code book, in its order."""

    by_type: tuple[int, ...]

    @property
    def incidents(self) -> int:
        """The number of incidents: each has exactly one type."""
        return sum(self.by_type)

    def __add__(self, other: "TypeCounts") -> "TypeCounts":
        """Add the counts of disjoint sets of incidents."""
        return TypeCounts(tuple(a + b for a, b in zip(self.by_type, other.by_type, strict=True)))


@dataclass(frozen=True)
class Table:
    """Incidents by bias motivation and type, with the totals in which each incident counts once."""

    rows: tuple[tuple[str, TypeCounts], ...]
    """One row per bias motivation that occurs, in the code book's order; an incident is in each of its motivations."""
    total: TypeCounts
    """Each incident once."""

    @property
    def incidents(self) -> int:
        """The number of incidents."""
        return self.total.incidents

    @property
    def marks(self) -> int:
        """The number of motivations marked: at least the number of incidents."""
        return sum(counts.incidents for _, counts in self.rows)

    def row(self, motivation: str) -> TypeCounts:
        """Return the counts of one motivation, zeros where it does not occur."""
        return dict(self.rows).get(motivation, TypeCounts(tuple(0 for _ in incident_types())))


def incident_types() -> tuple[str, ...]:
    """Return the three types in the code book's order."""
    return codebook()["incident_types"].codes


def _type_counts(counts: Counter[str]) -> TypeCounts:
    return TypeCounts(tuple(counts[code] for code in incident_types()))


@dataclass
class Tally:
    """Counts incidents as they come, one by one, and keeps none of them."""

    _total: Counter[str] = field(default_factory=Counter)
    _by_motivation: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, incident: Counted, times: int = 1) -> None:
        """Count one incident, or so many that are counted alike."""
        self._total[incident.type] += times
        for motivation in set(incident.motivations):
            self._by_motivation.setdefault(motivation, Counter())[incident.type] += times

    @property
    def table(self) -> Table:
        """What was counted so far, by bias motivation and type."""
        order = codebook()["bias_motivations"].codes
        rows = tuple((code, _type_counts(self._by_motivation[code])) for code in order if code in self._by_motivation)
        return Table(rows, _type_counts(self._total))


@dataclass
class TallyByCountry:
    """The same for each country."""

    _tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, incident: Counted, times: int = 1) -> None:
        """Count one incident in its country, or so many that are counted alike."""
        self._tallies.setdefault(incident.country, Tally()).add(incident, times)

    @property
    def tables(self) -> dict[str, Table]:
        """What was counted so far, countries in the order of their codes."""
        return {country: self._tallies[country].table for country in sorted(self._tallies)}


def table(incidents: Iterable[Counted]) -> Table:
    """Count incidents by bias motivation and type."""
    tally = Tally()
    for incident in incidents:
        tally.add(incident)
    return tally.table


def by_country(incidents: Iterable[Counted]) -> dict[str, Table]:
    """Count per country, countries in the order of their codes."""
    tallies = TallyByCountry()
    for incident in incidents:
        tallies.add(incident)
    return tallies.tables


def by_month(incidents: Iterable[Counted]) -> tuple[tuple[int, ...], int]:
    """Return twelve numbers of incidents, January first, and the number whose month is not known."""
    months = Counter(incident.month for incident in incidents)
    return tuple(months[month] for month in range(1, 13)), months[None]


def several_motivations(incidents: Iterable[Counted]) -> int:
    """Return how many incidents have more than one motivation."""
    return sum(1 for incident in incidents if len(set(incident.motivations)) > 1)

"""How much of what was sent is in ODIHR's list, by motivation and by type.

Only what was described is counted: ODIHR lists what it was told of, and a share of what was sent as a number would say
nothing of what it made of that. An incident with two motivations counts in both, as everywhere, and once in the total.
A rate says what ODIHR made of what it was sent and nothing else: it reviews each incident against its own concept of
hate crime, publishes attacks on property as numbers, and may publish later what it asks about now.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from coalition.domain.codebook import codebook
from coalition.domain.matching import Outcome


@dataclass(frozen=True)
class Became:
    """A record as it was sent, or several of which the same was, and what became of it."""

    motivations: Collection[str]
    type: str
    outcome: Outcome
    described: bool = True
    """Whether it was sent with a description; else it was sent as a number (`domain.published.is_described`)."""
    number: int = 1
    """Of how many records all this is so."""

    @property
    def is_number_without_line(self) -> bool:
        """Whether it was sent as a number and has no line in the list."""
        return not self.described and self.outcome is Outcome.NOT_INCLUDED


@dataclass(frozen=True)
class Rate:
    """How many of some records are in the list."""

    code: str = ""
    """Of the motivation or type; empty for all."""
    sent: int = 0
    published: int = 0
    """With a line, whatever it says."""
    unchanged: int = 0
    """Of these, as they were sent."""

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was sent."""
        return self.published / self.sent if self.sent else None

    def with_more(self, outcome: Outcome, number: int) -> "Rate":
        """Return the same with some records more."""
        return replace(
            self,
            sent=self.sent + number,
            published=self.published + number * (outcome is not Outcome.NOT_INCLUDED),
            unchanged=self.unchanged + number * (outcome is Outcome.INCLUDED),
        )


@dataclass(frozen=True)
class Rates:
    """The rates of a year: in all, and by motivation and type in the order of the code book, where any was sent.

    They count the described records.
    """

    total: Rate
    motivations: tuple[Rate, ...]
    types: tuple[Rate, ...]
    numbers_without_line: int = 0
    """How many records were sent as a number and have no line in the list; no rate counts them."""


def rates_of(records: Iterable[Became]) -> Rates:
    """Return the rates of some records."""
    total, found = Rate(), list(records)
    motivations = {code: Rate(code) for code in codebook()["bias_motivations"].codes}
    types = {code: Rate(code) for code in codebook()["incident_types"].codes}
    for record in found:
        if not record.described:
            continue
        total = total.with_more(record.outcome, record.number)
        for code in {*record.motivations} & motivations.keys():
            motivations[code] = motivations[code].with_more(record.outcome, record.number)
        if record.type in types:
            types[record.type] = types[record.type].with_more(record.outcome, record.number)
    numbers = sum(record.number for record in found if record.is_number_without_line)
    return Rates(total, _there(motivations.values()), _there(types.values()), numbers)


def _there(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    return tuple(rate for rate in rates if rate.sent)

"""How much of what was sent is in ODIHR's list, by motivation and by type.

An incident with two motivations counts in both, as everywhere, and once in the total. A rate says what ODIHR made of
what it was sent and nothing else: it reviews each incident against its own concept of hate crime, publishes attacks on
property as numbers, and may publish later what it asks about now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from coalition.domain.codebook import codebook
from coalition.domain.matching import Outcome


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

    def with_one(self, outcome: Outcome) -> "Rate":
        """Return the same with one record more."""
        return replace(
            self,
            sent=self.sent + 1,
            published=self.published + (outcome is not Outcome.NOT_INCLUDED),
            unchanged=self.unchanged + (outcome is Outcome.INCLUDED),
        )


@dataclass(frozen=True)
class Rates:
    """The rates of a year: in all, and by motivation and type in the order of the code book, where any was sent."""

    total: Rate
    motivations: tuple[Rate, ...]
    types: tuple[Rate, ...]


def rates_of(records: Iterable[tuple[Iterable[str], str, Outcome]]) -> Rates:
    """Return the rates of some records, each with its motivations, its type and what became of it."""
    total = Rate()
    motivations = {code: Rate(code) for code in codebook()["bias_motivations"].codes}
    types = {code: Rate(code) for code in codebook()["incident_types"].codes}
    for marks, kind, outcome in records:
        total = total.with_one(outcome)
        for code in {*marks} & motivations.keys():
            motivations[code] = motivations[code].with_one(outcome)
        if kind in types:
            types[kind] = types[kind].with_one(outcome)
    return Rates(total, _there(motivations.values()), _there(types.values()))


def _there(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    return tuple(rate for rate in rates if rate.sent)

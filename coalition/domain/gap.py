"""The gap: what a coalition recorded beside what the State reports, by year, and when the two make a ratio.

The two are not the same thing counted twice, which every page and file that shows a ratio says with it. Of the
coalition's own, only what stands in a published summary (or in the report that is being made) is here, and only what
happened in the country whose figures stand beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from coalition.domain.official import Cell, Entry, Figure, Kind, in_force
from coalition.domain.summaries import YearSummary

SPAN = 10
"""Years that the section of one year shows, that year being the last."""


class NoRatio(StrEnum):
    """Why two figures make no ratio."""

    NOT_PUBLISHED = "not_published"
    """The coalition has published nothing about the year."""
    NOT_ENTERED = "not_entered"
    """Nobody has entered an official figure."""
    ZERO = "zero"
    NOT_AVAILABLE = "not_available"
    DASH = "dash"


_WITHOUT_NUMBER = {Kind.ZERO: NoRatio.ZERO, Kind.NOT_AVAILABLE: NoRatio.NOT_AVAILABLE, Kind.DASH: NoRatio.DASH}


@dataclass(frozen=True)
class Ratio:
    """Own incidents to hate crimes recorded by the police; the second is never 0."""

    own: int
    recorded: int

    @property
    def sides(self) -> tuple[float, float]:
        """The same with 1 on the smaller side, the larger one rounded: to a tenth below 10, else to a whole."""
        if not self.own:
            return 0, self.recorded
        larger = max(self.own, self.recorded) / min(self.own, self.recorded)
        rounded = round(larger, 1) if larger < 10 else round(larger)  # noqa: PLR2004 - as the docstring says
        return (rounded, 1) if self.own >= self.recorded else (1, rounded)


@dataclass(frozen=True)
class Own:
    """What the coalition says of a year."""

    incidents: int
    published_on: date | None
    """None for the report that is being made: it shows what it counts itself."""


@dataclass(frozen=True)
class GapYear:
    """One year: own incidents and the official figures in force."""

    year: int
    own: Own | None
    figures: Mapping[Figure, Entry]
    """What nobody has entered is not there."""

    @property
    def ratio(self) -> Ratio | NoRatio:
        """The ratio, or why there is none."""
        recorded = self.figures.get(Figure.RECORDED)
        if recorded is None:
            return NoRatio.NOT_ENTERED
        if recorded.value.number is None:
            return _WITHOUT_NUMBER[recorded.value.kind]
        return NoRatio.NOT_PUBLISHED if self.own is None else Ratio(self.own.incidents, recorded.value.number)


@dataclass(frozen=True)
class Gap:
    """All that is shown of the gap."""

    country: str
    years: tuple[GapYear, ...]
    """Every year from the first to the last of which anything is known."""
    parts: tuple[Entry, ...] = ()
    """Official figures by bias motivation or type, where a source gives them; in force."""
    revised: tuple[Entry, ...] = ()
    """Totals that stood before the one in force and said something else, oldest first."""

    @property
    def has_official(self) -> bool:
        """Whether there is any official total: without one, there is nothing beside the own figures."""
        return any(year.figures for year in self.years)

    def until(self, year: int, span: int = SPAN) -> "Gap":
        """Return the part that ends with a year, without years at its beginning of which nothing is known."""
        first = year - span + 1
        shown = [item for item in self.years if first <= item.year <= year]
        while shown and not (shown[0].figures or shown[0].own):
            shown.pop(0)
        return replace(
            self,
            years=tuple(shown),
            parts=tuple(entry for entry in self.parts if first <= entry.cell.year <= year),
            revised=tuple(entry for entry in self.revised if first <= entry.cell.year <= year),
        )

    def sources(self) -> tuple[Entry, ...]:
        """Return every official total that is shown, in the order of years and figures."""
        return tuple(entry for year in self.years for entry in year.figures.values())


def own_incidents(summary: YearSummary, country: str) -> int:
    """Return how many incidents a summary counts in a country: those elsewhere are no part of its gap."""
    table = dict(summary.countries).get(country)
    return table.incidents if table else 0


def gap(country: str, own: Mapping[int, Own], entered: Iterable[Entry]) -> Gap:
    """Put own incidents beside the official figures of a country.

    `own` is by year; `entered` are all entries that stand, in the order in which they were entered.
    """
    of_country = [entry for entry in entered if entry.cell.country == country]
    current = in_force(of_country)
    totals = {cell: entry for cell, entry in current.items() if cell.is_total}
    known = {cell.year for cell in totals} | set(own)
    span = range(min(known), max(known) + 1) if known else ()
    return Gap(
        country=country,
        years=tuple(GapYear(year, own.get(year), _of_year(totals, country, year)) for year in span),
        parts=tuple(current[cell] for cell in sorted(current, key=lambda cell: cell.place) if not cell.is_total),
        revised=tuple(_revised(of_country, totals)),
    )


def _of_year(totals: Mapping[Cell, Entry], country: str, year: int) -> dict[Figure, Entry]:
    cells = {figure: Cell(country, year, figure) for figure in Figure}
    return {figure: totals[cell] for figure, cell in cells.items() if cell in totals}


def _revised(entered: Iterable[Entry], totals: Mapping[Cell, Entry]) -> list[Entry]:
    earlier = [entry for entry in entered if entry.cell in totals and entry.value != totals[entry.cell].value]
    return sorted(earlier, key=lambda entry: (entry.cell.place, entry.seen_on))

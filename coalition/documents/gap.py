"""The gap as a page and the annual report print it, in the language of now, and as a CSV file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from markupsafe import Markup

from coalition import i18n
from coalition.documents import charts
from coalition.documents.delimited import csv_text
from coalition.domain.gap import Gap, GapYear, NoRatio, Ratio
from coalition.domain.official import Entry, Figure, Value
from coalition.i18n import _
from coalition.i18n.official import FIGURES, REASONS, part_in_words, ratio_in_words, value_in_words
from coalition.rendering import safe_svg


@dataclass(frozen=True)
class Told:
    """One value of a table."""

    text: str
    kind: str
    """A Kind, or "not_entered"."""


@dataclass(frozen=True)
class GapRow:
    """One year of the table."""

    year: int
    own: str
    """Empty where nothing is published."""
    figures: tuple[Told, ...]
    """In the order of `Figure`."""
    ratio: str
    has_ratio: bool


@dataclass(frozen=True)
class SourceRow:
    """A source with what was seen there on one day."""

    figures: tuple[str, ...]
    """What comes from it: the figures and their years."""
    url: str
    site: str
    """The name of its site."""
    seen_on: date
    unit_note: str


@dataclass(frozen=True)
class PartRow:
    """A figure by motivation or type, or one that stood before."""

    year: int
    figure: str
    part: str
    value: str
    url: str
    site: str
    seen_on: date
    unit_note: str


@dataclass(frozen=True)
class PrintedGap:
    """All that a page or a report says of the gap."""

    country: str
    rows: tuple[GapRow, ...]
    columns: tuple[str, ...]
    """The names of the official figures."""
    chart: Markup
    chart_source: str
    """Where the official figures in the chart come from, and what they count where that is noted."""
    sources: tuple[SourceRow, ...]
    parts: tuple[PartRow, ...]
    revised: tuple[PartRow, ...]
    reasons: tuple[tuple[str, str], ...]


def printed(gap: Gap) -> PrintedGap:
    """Put the gap into the words of the language of now."""
    return PrintedGap(
        country=i18n.territory_name(gap.country),
        rows=tuple(_row(year) for year in gap.years),
        columns=tuple(str(FIGURES[figure]) for figure in Figure),
        chart=safe_svg(charts.gap_by_year(gap.years)),
        chart_source=_chart_source(gap),
        sources=tuple(_sources(gap.sources())),
        parts=tuple(_part(entry) for entry in gap.parts),
        revised=tuple(_part(entry) for entry in gap.revised),
        reasons=tuple((str(title), str(text)) for title, text in REASONS),
    )


def _chart_source(gap: Gap) -> str:
    drawn = [year.figures[Figure.RECORDED] for year in gap.years if Figure.RECORDED in year.figures]
    sites = dict.fromkeys(_site(entry.source_url) for entry in drawn)
    notes = dict.fromkeys(entry.unit_note for entry in drawn if entry.unit_note)
    if not drawn:
        return ""
    named = _("Official figures: %(names)s", names=", ".join(sites))
    return "; ".join((named, *notes))


def _row(year: GapYear) -> GapRow:
    values = (year.figures[figure].value if figure in year.figures else None for figure in Figure)
    return GapRow(
        year=year.year,
        own=i18n.format_number(year.own.incidents) if year.own else "",
        figures=tuple(_told(value) for value in values),
        ratio=ratio_in_words(year.ratio),
        has_ratio=isinstance(year.ratio, Ratio),
    )


def _told(value: Value | None) -> Told:
    return Told(value_in_words(value), value.kind if value else "not_entered")


def _part(entry: Entry) -> PartRow:
    cell = entry.cell
    return PartRow(
        year=cell.year,
        figure=str(FIGURES[cell.figure]),
        part=part_in_words(cell.motivation, cell.type),
        value=value_in_words(entry.value),
        url=entry.source_url,
        site=_site(entry.source_url),
        seen_on=entry.seen_on,
        unit_note=entry.unit_note,
    )


def _sources(entries: Iterable[Entry]) -> list[SourceRow]:
    """Put together what comes from one source and was seen on one day, with the same note on its unit."""
    found: dict[tuple[str, date, str], dict[Figure, list[int]]] = {}
    for entry in entries:
        of_source = found.setdefault((entry.source_url, entry.seen_on, entry.unit_note), {})
        of_source.setdefault(entry.cell.figure, []).append(entry.cell.year)
    return [SourceRow(_figures(years), url, _site(url), day, note) for (url, day, note), years in found.items()]


def _site(url: str) -> str:
    return urlsplit(url).hostname or url


def _figures(years: dict[Figure, list[int]]) -> tuple[str, ...]:
    """Name figures with their years; those with the same years together."""
    together: dict[str, list[str]] = {}
    for figure in Figure:
        if figure in years:
            together.setdefault(_spans(years[figure]), []).append(str(FIGURES[figure]))
    return tuple(
        # Translators: official figures and the years for which a source has them
        _("%(figures)s: %(years)s", figures=", ".join(names), years=span)
        for span, names in together.items()
    )


def _spans(years: Sequence[int]) -> str:
    """Return years as spans: 2009–2012, 2014."""
    spans: list[list[int]] = []
    for year in sorted(years):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in spans)


_OF_FIGURE = ("", "_kind", "_unit_note", "_seen_on", "_source_url")
HEADER = (
    *("country", "year", "own_incidents", "own_published_on"),
    *(f"{figure.value}{column}" for figure in Figure for column in _OF_FIGURE),
    *("ratio_own_to_recorded", "no_ratio_because"),
)


def gap_as_csv(gap: Gap) -> str:
    """Return the table as CSV, with codes and numbers as they are and no language.

    A figure is printed as its source prints it, and its kind beside it says which of the four statements it is: number,
    zero, not_available, dash; or not_entered.
    """
    return csv_text(HEADER, (_cells(gap.country, year) for year in gap.years))


def _cells(country: str, year: GapYear) -> list[str]:
    own = [str(year.own.incidents), _day(year.own.published_on)] if year.own else ["", ""]
    cells = [country, str(year.year), *own]
    for figure in Figure:
        cells += _figure_cells(year.figures.get(figure))
    ratio = year.ratio
    return [
        *cells,
        *(("", ratio.value) if isinstance(ratio, NoRatio) else (str(round(ratio.own / ratio.recorded, 4)), "")),
    ]


def _figure_cells(entry: Entry | None) -> list[str]:
    if entry is None:
        return ["", "not_entered", "", "", ""]
    value = entry.value
    return [value.printed, value.kind.value, entry.unit_note, entry.seen_on.isoformat(), entry.source_url]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""

"""The annual report as a PDF: a year's summary, printed in one language.

It is given the same kind of value as the public page, counted by the same function, and nothing else can get in. The
page shows the value that was frozen when it was published; the report shows the records of the day it is made on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from coalition import i18n, rendering
from coalition.documents import charts
from coalition.documents.gap import printed
from coalition.documents.pdf import TEMPLATES, to_pdf
from coalition.domain.codebook import codebook
from coalition.domain.criterion import Test
from coalition.domain.gap import Gap
from coalition.domain.review_numbers import ReviewNumbers
from coalition.domain.statistics import Table, incident_types
from coalition.domain.summaries import Description, Review, YearSummary
from coalition.domain.verification import VerificationLevel
from coalition.i18n import format_number, format_percent, gettext, ngettext, pgettext
from coalition.i18n.labels import label
from coalition.rendering import safe_svg

TEMPLATE = "documents/annual_report.html"
SHEET = TEMPLATES / "annual_report.css"
ODIHR_CAVEAT = (
    "do not show the prevalence of hate crime and cannot be used to compare between countries or bias motivations"
)
"""ODIHR's own words, printed in the original beside every translation."""
NAMED_COUNTRIES = 3
"""Up to so many countries are named on the cover; more are counted."""


def annual_report(summary: YearSummary, language: str, gap: Gap | None = None) -> bytes:
    """Return the report of a year as PDF/UA, the same to the byte for the same summary and gap.

    `gap` are the years that end with the report's, with official figures as they are in force when it is made; without
    any official figure the report has no such chapter. Raises PdfUnavailable where Pango is missing.
    """
    return to_pdf(report_html(summary, language, gap), [SHEET])


def report_html(summary: YearSummary, language: str, gap: Gap | None = None) -> str:
    """Return the report as the HTML that is printed."""
    with i18n.in_language(language):
        beside = printed(gap) if gap is not None and gap.has_official else None
        return rendering.environment().get_template(TEMPLATE).render(report=_report(summary, language), gap=beside)


@dataclass(frozen=True)
class Entry:
    """One description as it is printed."""

    date: str
    country: str
    type: str
    others: tuple[str, ...]
    """The further motivations, beside the one it is printed under."""
    language: str
    direction: str
    text: str
    sources: tuple[str, ...]
    verification: str
    """A VerificationLevel; empty for what was counted before this was kept."""


@dataclass(frozen=True)
class Group:
    """The descriptions under one bias motivation."""

    motivation: str
    """Empty where none is stated."""
    size: str
    """How many there are, in words."""
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Report:
    """What the template prints; every sentence with a number in it is made here, where plurals are."""

    summary: YearSummary
    language: str
    direction: str
    coalition: str
    place: str
    types: tuple[str, ...]
    tests: tuple[str, ...]
    levels: tuple[str, ...]
    """The levels of verification, weakest first."""
    lead: str
    comparison: str
    several: str
    marks: str
    described: str
    received: tuple[tuple[str, int], ...]
    rejected: tuple[tuple[str, int], ...]
    handling: tuple[tuple[str, ReviewNumbers], ...]
    """How the records were reviewed, member by member in the report's language; all members together come last."""
    groups: tuple[Group, ...]
    odihr_caveat: str
    chart_bias: str
    chart_months: str
    chart_trend: str


def _report(summary: YearSummary, language: str) -> Report:
    return Report(
        summary=summary,
        language=language,
        direction=i18n.locale(language).direction,
        coalition=summary.coalition_in(language),
        place=_place(summary),
        types=incident_types(),
        tests=tuple(test.value for test in Test),
        levels=tuple(level.value for level in VerificationLevel),
        lead=_lead(summary),
        comparison=_comparison(summary),
        several=_several(summary),
        marks=_marks(summary.table),
        described=_described(summary),
        received=_received(summary.review, summary.incidents),
        rejected=summary.review.rejected,
        handling=_handling(summary, language),
        groups=tuple(grouped(_credited(summary, language), language)),
        odihr_caveat=ODIHR_CAVEAT,
        chart_bias=safe_svg(charts.bias_by_type(summary.table)),
        chart_months=safe_svg(charts.by_month(summary.months, summary.month_unknown)),
        chart_trend=safe_svg(charts.trend(summary.trend)),
    )


def _place(summary: YearSummary) -> str:
    countries = [code for code, _ in summary.countries] or [summary.country]
    if len(countries) <= NAMED_COUNTRIES:
        return ", ".join(i18n.territory_name(code) for code in countries)
    return ngettext("%(num)s OSCE participating State", "%(num)s OSCE participating States", len(countries))


def _lead(summary: YearSummary) -> str:
    if not summary.incidents:
        return gettext(
            "No incident of %(year)s met the criterion of this report: a criminal offence motivated by bias.",
            year=summary.year,
        )
    return ngettext(
        "The members of the coalition recorded %(shown)s incident of %(year)s that met the criterion of "
        "this report: a criminal offence motivated by bias.",
        "The members of the coalition recorded %(shown)s incidents of %(year)s that met the criterion of "
        "this report: a criminal offence motivated by bias.",
        summary.incidents,
        shown=format_number(summary.incidents),
        year=summary.year,
    )


def _comparison(summary: YearSummary) -> str:
    """Say what the year before had, and why a changed figure need not be a changed world."""
    before = dict(summary.trend).get(summary.year - 1)
    if before is None:
        return ""
    return ngettext(
        "For %(year)s the coalition counted %(shown)s incident. A change between two years can come from "
        "more or less recording as well as from more or fewer incidents.",
        "For %(year)s the coalition counted %(shown)s incidents. A change between two years can come from "
        "more or less recording as well as from more or fewer incidents.",
        before.incidents,
        shown=format_number(before.incidents),
        year=summary.year - 1,
    )


def _several(summary: YearSummary) -> str:
    if not summary.several_motivations:
        return ""
    return ngettext(
        "%(shown)s incident (%(share)s) had more than one bias motivation.",
        "%(shown)s incidents (%(share)s) had more than one bias motivation.",
        summary.several_motivations,
        shown=format_number(summary.several_motivations),
        share=format_percent(summary.several_motivations / summary.incidents),
    )


def _marks(table: Table) -> str:
    """Say how the rows of the table relate to its total."""
    return ngettext(
        "Every row above the last shows all incidents with that motivation, so an incident with several "
        "motivations is in several rows: %(marks)s motivations were marked for %(shown)s incident. In the "
        "last row each incident counts once.",
        "Every row above the last shows all incidents with that motivation, so an incident with several "
        "motivations is in several rows: %(marks)s motivations were marked for %(shown)s incidents. In the "
        "last row each incident counts once.",
        table.incidents,
        marks=format_number(table.marks),
        shown=format_number(table.incidents),
    )


def _described(summary: YearSummary) -> str:
    if not summary.descriptions:
        return ""
    return ngettext(
        "%(shown)s of the incidents is described here. Each is printed once, under its first bias "
        "motivation; others are named beside it.",
        "%(shown)s of the incidents are described here. Each is printed once, under its first bias "
        "motivation; others are named beside it.",
        len(summary.descriptions),
        shown=format_number(len(summary.descriptions)),
    )


def _received(review: Review, incidents: int) -> tuple[tuple[str, int], ...]:
    """Return the way from what was received to what is counted, one line per step."""
    rejected = sum(number for _, number in review.rejected)
    return (
        (gettext("Records received from the members"), review.received),
        (pgettext("incidents", "Not accepted"), rejected),
        (pgettext("incidents", "Counted with another record"), review.duplicates),
        *((label("undecided", why), number) for why, number in review.open_parts),
        (pgettext("incidents", "Accepted"), review.accepted),
        (gettext("Accepted, but without consent to be counted"), review.not_counted),
        (gettext("Counted in this report"), incidents),
    )


def _handling(summary: YearSummary, language: str) -> tuple[tuple[str, ReviewNumbers], ...]:
    if not summary.handling:
        return ()
    everybody, *members = summary.handling
    named = [(summary.credited_in(language, [member])[0], numbers) for member, numbers in members]
    return (*named, (gettext("All members"), everybody[1]))


def _credited(summary: YearSummary, language: str) -> list[Description]:
    """Return the descriptions with members credited by their names in the report's language."""
    return [replace(item, sources=summary.credited_in(language, item.sources)) for item in summary.descriptions]


def grouped(descriptions: Iterable[Description], language: str) -> list[Group]:
    """Put each description under its first motivation, in the code book's order."""
    groups: dict[str, list[Entry]] = {}
    for description in descriptions:
        first, *others = (*description.motivations, "")
        groups.setdefault(first, []).append(_entry(description, [code for code in others if code], language))
    order = [code for code in (*codebook()["bias_motivations"].codes, "") if code in groups]
    return [Group(code, _size(len(groups[code])), tuple(groups[code])) for code in order]


def _size(number: int) -> str:
    return ngettext("%(shown)s description", "%(shown)s descriptions", number, shown=format_number(number))


def _entry(description: Description, others: Sequence[str], language: str) -> Entry:
    written_in, text = description.text_for(language)
    return Entry(
        date=description.date,
        country=description.country,
        type=description.type,
        others=tuple(others),
        language=written_in,
        direction=i18n.locale(written_in).direction,
        text=text,
        sources=description.sources,
        verification=description.verification,
    )

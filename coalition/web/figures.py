"""A year's summary as a page draws it: charts, and descriptions in the reader's language.

Shared by the public page and the coordinator's preview, so that what is previewed is what is published.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from coalition.documents import charts
from coalition.domain.review_numbers import ReviewNumbers
from coalition.domain.summaries import Description, YearSummary
from coalition.i18n import current_language
from coalition.i18n import locale as locale_of
from coalition.rendering import safe_svg


@dataclass(frozen=True)
class Charts:
    """The three charts of a year's summary."""

    bias: Markup
    months: Markup
    trend: Markup


@dataclass(frozen=True)
class Text:
    """A published description in the best language there is for the reader."""

    date: str
    country: str
    type: str
    motivations: tuple[str, ...]
    language: str
    direction: str
    text: str
    sources: tuple[str, ...]
    verification: str
    """A VerificationLevel, or empty."""


@dataclass(frozen=True)
class Handling:
    """How one member's records were reviewed."""

    member: str
    """In the reader's language; empty for all members together."""
    numbers: ReviewNumbers


def handling_of(summary: YearSummary) -> list[Handling]:
    """Return how a year's records were reviewed: of all members together first, then member by member."""
    names = summary.credited_in(current_language(), (member for member, _ in summary.handling))
    return [Handling(name, found) for name, (_, found) in zip(names, summary.handling, strict=True)]


def charts_of(summary: YearSummary) -> Charts:
    """Draw a summary's charts in the language of now."""
    return Charts(
        bias=safe_svg(charts.bias_by_type(summary.table)),
        months=safe_svg(charts.by_month(summary.months, summary.month_unknown)),
        trend=safe_svg(charts.trend(summary.trend)),
    )


def texts_of(summary: YearSummary, descriptions: Iterable[Description]) -> list[Text]:
    """Return descriptions of a summary as the reader sees them, in the order in which they come."""
    texts = []
    for item in descriptions:
        language, text = item.text_for(current_language())
        sources = summary.credited_in(current_language(), item.sources)
        direction = locale_of(language).direction
        told = (language, direction, text)
        texts.append(Text(item.date, item.country, item.type, item.motivations, *told, sources, item.verification))
    return texts

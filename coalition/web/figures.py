"""A year's summary as a page draws it: charts, and descriptions in the reader's language.

Shared by the public page and the coordinator's preview, so that what is previewed is what is published.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from coalition.documents import charts
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
        texts.append(Text(item.date, item.country, item.type, item.motivations, language, direction, text, sources))
    return texts

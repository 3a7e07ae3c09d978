"""The public site: what the coalition is, its published figures, its members, its method. No session needed."""

from dataclasses import dataclass

from flask import Blueprint, Flask, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from coalition.documents import charts
from coalition.domain.codebook import codebook
from coalition.domain.criterion import Test
from coalition.domain.summaries import YearSummary
from coalition.i18n import current_language
from coalition.i18n import locale as locale_of
from coalition.rendering import safe_svg
from coalition.services import organisations, summaries
from coalition.web.access import public, reading
from coalition.web.contexts import render
from coalition.web.locale import preferred_language, url

blueprint = Blueprint("pages", __name__)
PAGE = 50
"""Descriptions on one page."""


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


def texts_of(summary: YearSummary) -> list[Text]:
    """Return a summary's descriptions as the reader sees them, newest first."""
    texts = []
    for item in reversed(summary.descriptions):
        language, text = item.text_for(current_language())
        direction = locale_of(language).direction
        texts.append(
            Text(item.date, item.country, item.type, item.motivations, language, direction, text, summary.credited_in(current_language(), item.sources))
        )
    return texts


@blueprint.get("/")
@public
def home() -> str:
    """Say who the coalition is, and show the latest figure."""
    with reading() as work:
        years = summaries.published_years(work)
        latest = summaries.published_summary(work, years[0]) if years else None
        members = organisations.list_organisations(work)
    return render("pages/home.html", latest=latest, members=members, language=current_language())


@blueprint.get("/figures")
@public
def years() -> str:
    """List the published years."""
    with reading() as work:
        published = [summaries.published_summary(work, year) for year in summaries.published_years(work)]
    return render("pages/years.html", published=published)


@blueprint.get("/figures/<int:year>")
@public
def summary(year: int) -> str:
    """Show the published summary of a year."""
    with reading() as work:
        published = summaries.published_summary(work, year)
        others = summaries.published_years(work)
    return render(
        "pages/summary.html",
        summary=published.summary,
        published_at=published.published_at,
        years=others,
        charts=charts_of(published.summary),
        texts=texts_of(published.summary),
    )


@blueprint.get("/figures/<int:year>/incidents")
@public
def descriptions(year: int) -> str:
    """Show a year's published descriptions, a page at a time, all or those of one bias motivation."""
    with reading() as work:
        published = summaries.published_summary(work, year)
    wanted = request.args.get("motivation", "")
    texts = [text for text in texts_of(published.summary) if not wanted or wanted in text.motivations]
    pages = max(1, -(-len(texts) // PAGE))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render(
        "pages/descriptions.html",
        summary=published.summary,
        texts=texts[(number - 1) * PAGE : number * PAGE],
        total=len(texts),
        wanted=wanted,
        motivations=[code for code, _ in published.summary.table.rows],
        number=number,
        pages=pages,
    )


@blueprint.get("/members")
@public
def members() -> str:
    """Show who stands behind the coalition."""
    with reading() as work:
        found = organisations.list_organisations(work)
    return render("pages/members.html", members=found, language=current_language())


@blueprint.get("/method")
@public
def method() -> str:
    """Say how incidents are recorded, tested and counted."""
    book = codebook()
    return render(
        "pages/method.html",
        tests=[test.value for test in Test],
        motivations=book["bias_motivations"].codes,
        types=book["incident_types"].codes,
        codebook_version=book.version,
    )


@public
def root() -> Response:
    """Send a reader without a language to the best one for the browser."""
    return redirect(url("pages.home", language=preferred_language()))


@public
def health() -> tuple[str, int, dict[str, str]]:
    """Answer whether the process and its database work."""
    with reading() as work:
        summaries.published_years(work)
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


def register_root(app: Flask) -> None:
    """Add the two addresses that have no language."""
    app.add_url_rule("/", "root", root)
    app.add_url_rule("/healthz", "health", health)

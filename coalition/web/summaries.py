"""Publishing a year's summary: what is public, what would be, publishing it, taking it back."""

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import NotFound
from coalition.i18n import _
from coalition.services import summaries
from coalition.services.summaries import PublishedSummary, YearLine
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.figures import charts_of, handling_of, texts_of
from coalition.web.locale import url

blueprint = Blueprint("summaries", __name__)
SHOWN = 10
"""Descriptions in the preview, as many as on the public page of a year."""


@blueprint.get("/publication")
@requires(Permission.PUBLISH_SUMMARY)
def overview() -> str:
    """List the data years with what is public of each."""
    with reading() as work:
        lines = summaries.data_years(work)
    return render("summaries/overview.html", lines=lines)


@blueprint.get("/publication/<int(max=9999):year>")
@requires(Permission.PUBLISH_SUMMARY)
def preview(year: int) -> str:
    """Show what publishing a year now would show."""
    with reading() as work:
        line = _line(work, year)
        summary = summaries.preview_summary(work, year)
        published = _published(work, year)
    return render(
        "summaries/preview.html",
        summary=summary,
        charts=charts_of(summary),
        handling=handling_of(summary),
        texts=texts_of(summary, reversed(summary.descriptions[-SHOWN:])),
        described=len(summary.descriptions),
        published=published,
        outdated=line.outdated,
    )


def _line(work: Work, year: int) -> YearLine:
    line = next((line for line in summaries.data_years(work) if line.year == year), None)
    if line is None:
        raise NotFound("data year", str(year))
    return line


def _published(work: Work, year: int) -> PublishedSummary | None:
    try:
        return summaries.published_summary(work, year)
    except NotFound:
        return None


@blueprint.post("/publication/<int(max=9999):year>")
@requires(Permission.PUBLISH_SUMMARY, recently=True)
def publish(year: int) -> Response:
    """Show a year's summary to the public as it stands now."""
    with reading() as work:
        _line(work, year)
        counted = summaries.count_year(work, year)
    with unit_of_work() as work:
        summaries.publish_summary(work, year, counted)
    flash(_("The summary of %(year)s is public.", year=year), "success")
    return redirect(url("summaries.overview"), 303)


@blueprint.get("/publication/<int(max=9999):year>/withdraw")
@requires(Permission.PUBLISH_SUMMARY)
def ask_withdraw(year: int) -> str:
    """Ask whether a year's summary shall go off the public pages."""
    with reading() as work:
        published = summaries.published_summary(work, year)
    return render("summaries/withdraw.html", year=year, published=published)


@blueprint.post("/publication/<int(max=9999):year>/withdraw")
@requires(Permission.PUBLISH_SUMMARY)
def withdraw(year: int) -> Response:
    """Take a year's summary off the public pages."""
    with unit_of_work() as work:
        summaries.withdraw_summary(work, year)
    flash(_("The summary of %(year)s is not public any more.", year=year), "success")
    return redirect(url("summaries.overview"), 303)

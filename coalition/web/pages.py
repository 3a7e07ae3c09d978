"""The public site: what the coalition is, its published figures, its members, its method. No session needed."""

from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.gap import gap_as_csv, printed
from coalition.documents.signing import grouped
from coalition.domain.codebook import codebook
from coalition.domain.criterion import Test
from coalition.i18n import current_language
from coalition.services import organisations, summaries, versions
from coalition.services.gap import public_gap
from coalition.web.access import public, reading
from coalition.web.contexts import render
from coalition.web.figures import charts_of, handling_of, texts_of
from coalition.web.locale import preferred_language, url
from coalition.web.query import page_asked

blueprint = Blueprint("pages", __name__)
SHOWN = 10
"""Descriptions on the page of a year; all of them have pages of their own."""


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
        gap = public_gap(work)
    return render("pages/years.html", published=published, has_official=gap.has_official)


@blueprint.get("/figures/gap")
@public
def gap() -> str:
    """Show own figures beside official ones, of all years."""
    with reading() as work:
        found = public_gap(work)
    return render("pages/gap.html", gap=printed(found), has_official=found.has_official)


@blueprint.get("/figures/gap.csv")
@public
def gap_file() -> Response:
    """Hand out the same as a table."""
    with reading() as work:
        found = public_gap(work)
    response = Response(gap_as_csv(found), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="gap-{found.country}.csv"'
    return response


@blueprint.get("/figures/<int(max=9999):year>")
@public
def summary(year: int) -> str:
    """Show the published summary of a year."""
    with reading() as work:
        published = summaries.published_summary(work, year)
        newest = summaries.published_descriptions(work, year, size=SHOWN)
        others = summaries.published_years(work)
        gap = public_gap(work).until(year)
    return render(
        "pages/summary.html",
        summary=published.summary,
        published_at=published.published_at,
        years=others,
        charts=charts_of(published.summary),
        handling=handling_of(published.summary),
        texts=texts_of(published.summary, newest.texts),
        described=published.described,
        gap=printed(gap) if gap.has_official else None,
    )


@blueprint.get("/figures/<int(max=9999):year>/incidents")
@public
def descriptions(year: int) -> str:
    """Show a year's published descriptions, a page at a time, all or those of one bias motivation."""
    with reading() as work:
        motivations = [code for code, _ in summaries.published_summary(work, year).summary.table.rows]
        asked = request.args.get("motivation", "")
        wanted = asked if asked in motivations else ""
        page = summaries.published_descriptions(work, year, motivation=wanted, page=page_asked())
    return render(
        "pages/descriptions.html",
        summary=page.summary,
        texts=texts_of(page.summary, page.texts),
        total=page.total,
        wanted=wanted,
        motivations=motivations,
        number=page.number,
        pages=page.pages,
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
    with reading() as work:
        published = [summaries.published_summary(work, year).summary for year in summaries.published_years(work)]
        signature = versions.known_fingerprint(work)
    return render(
        "pages/method.html",
        signature=grouped(signature),
        tests=[test.value for test in Test],
        motivations=book["bias_motivations"].codes,
        types=book["incident_types"].codes,
        codebook_version=book.version,
        reviewed=[(summary.year, handling_of(summary)[0].numbers) for summary in published if summary.handling],
    )


@public
def root() -> BaseResponse:
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

"""Official figures, for the coordinator: what is in force, what stood before, one more value, a file of them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition import i18n
from coalition.documents.delimited import csv_text
from coalition.domain.access import Permission
from coalition.domain.codebook import codebook, countries
from coalition.domain.errors import BadFigure, NotAllowedNow, RefusedSheet
from coalition.domain.official import HEADER, Cell, Figure, written
from coalition.i18n import _
from coalition.i18n.official import FIGURES, REFUSALS, WRONG, part_in_words, value_in_words
from coalition.i18n.sheets import refusal_in_words
from coalition.services import official
from coalition.services.official import FigureView, ImportOutcome, Overview
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.fields import boxes_of
from coalition.web.forms.official import FigureForm, FileForm
from coalition.web.locale import site_settings, url
from coalition.web.uploads import sent_files, takes_files

blueprint = Blueprint("official", __name__)

Page = str | tuple[str, int] | BaseResponse


@dataclass(frozen=True)
class FigureLine:
    """One entry as a page shows it."""

    reference: str
    name: str
    """What it is about."""
    value: str
    kind: str
    view: FigureView
    site: str
    """The name of the source's site."""


@dataclass(frozen=True)
class EmptyPlace:
    """A place of the table in which nothing is entered."""

    name: str
    url: str


# --- looking -----------------------------------------------------------------------------------------------


@blueprint.get("/official-figures")
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def overview() -> str:
    """Show what is in force of one country."""
    country = _country_asked()
    with reading() as work:
        found = official.overview(work, country)
    named = i18n.by_country_name((code, code) for code in {*found.countries, country, site_settings().country})
    return render(
        "official/overview.html",
        country=country,
        countries=[(code, i18n.territory_name(code), url("official.overview", country=code)) for code, _code in named],
        figures=[str(FIGURES[figure]) for figure in Figure],
        years=[(year, _places(found, year)) for year in found.years],
        parts=[_line(view) for view in found.parts],
    )


def _country_asked() -> str:
    asked = request.args.get("country", "").upper()
    return asked if asked in countries() else site_settings().country


def _places(found: Overview, year: int) -> list[FigureLine | EmptyPlace]:
    return [_place(found, Cell(found.country, year, figure)) for figure in Figure]


def _place(found: Overview, cell: Cell) -> FigureLine | EmptyPlace:
    if cell in found.current:
        return _line(found.current[cell])
    address = url("official.enter", country=cell.country, year=cell.year, figure=cell.figure.value)
    return EmptyPlace(_name(cell), address)


def _line(view: FigureView) -> FigureLine:
    entry = view.entry
    site = urlsplit(entry.source_url).hostname or ""
    return FigureLine(view.reference, _name(entry.cell), value_in_words(entry.value), entry.value.kind, view, site)


def _name(cell: Cell) -> str:
    part = "" if cell.is_total else part_in_words(cell.motivation, cell.type)
    told = (str(FIGURES[cell.figure]), part, str(cell.year))
    return ", ".join(text for text in told if text)


@blueprint.get("/official-figures/<reference>")
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def cell(reference: str) -> str:
    """Show all that was ever entered where this entry stands."""
    with reading() as work:
        found = official.history(work, reference)
    about = found.cell
    again = {"country": about.country, "year": about.year, "figure": about.figure.value}
    parts = {name: code for name, code in (("motivation", about.motivation), ("type", about.type)) if code}
    return render(
        "official/cell.html",
        name=_name(about),
        country=about.country,
        lines=[_line(view) for view in found.entries],
        enter_url=url("official.enter", **again, **parts),
    )


@blueprint.get("/official-figures.csv")
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def download() -> Response:
    """Hand out everything that stands, revisions too, as a file that can be read in again."""
    with reading() as work:
        entries = official.all_entries(work)
    response = Response(csv_text(HEADER, map(written, entries)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="official-figures.csv"'
    return response


# --- entering ----------------------------------------------------------------------------------------------


@blueprint.route("/official-figures/enter", methods=["GET", "POST"])
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def enter() -> Page:
    """Enter a value as it was seen; the earlier ones stay."""
    form = FigureForm.asking(**_known())
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                view = official.enter_figure(work, form.entry)
        except BadFigure as error:
            form.refuse(error.wrong)
        else:
            flash(_said_of(view), "success" if view else "info")
            return redirect(url("official.overview", country=form.entry.cell.country), 303)
    return render("official/enter.html", form=form, country=form.country.data), form.status


def _said_of(view: FigureView | None) -> str:
    if view is None:
        return _("This is known already. Nothing was added.")
    if not view.in_force:
        return _("Saved as an earlier value: another one was seen later.")
    return _("Saved. What stood there before is kept.")


def _known() -> dict[str, object]:
    """Return what the address says of the place, with the source of what stands there, and today."""
    with reading() as work:
        today = work.today
        found = official.overview(work, _country_asked())
    place = _place_asked(found.country)
    known: dict[str, object] = {"country": found.country, "seen_on": boxes_of(today)}
    present = found.current.get(place) if place else None
    if place:
        known |= {name: getattr(place, name) for name in ("year", "motivation", "type")}
        known["figure"] = place.figure.value
    if present:
        known |= {"source_url": present.entry.source_url, "unit_note": present.entry.unit_note}
    return known


def _place_asked(country: str) -> Cell | None:
    year, figure = request.args.get("year", ""), request.args.get("figure", "")
    if not (year.isascii() and year.isdecimal() and len(year) == len("2026")) or figure not in set(Figure):
        return None
    motivation, kind = request.args.get("motivation", ""), request.args.get("type", "")
    known = codebook()["bias_motivations"], codebook()["incident_types"]
    codes = [code if code in offered else "" for code, offered in zip((motivation, kind), known, strict=True)]
    return Cell(country, int(year), Figure(figure), *codes)


@blueprint.post("/official-figures/<reference>/take-back")
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def take_back(reference: str) -> Page:
    """Take back what was entered by mistake."""
    try:
        with unit_of_work() as work:
            official.take_back(work, reference)
        flash(_("Taken back. It stays in the history and counts no more."), "success")
    except NotAllowedNow:
        flash(_("It had been taken back already."), "info")
    return redirect(url("official.cell", reference=reference), 303)


# --- files -------------------------------------------------------------------------------------------------


@blueprint.get("/official-figures/file")
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def choose_file() -> str:
    """Ask for a file."""
    return _file_page(FileForm(), None)


@blueprint.post("/official-figures/file")
@takes_files(lambda: official.MOST_BYTES)
@requires(Permission.KEEP_OFFICIAL_FIGURES)
def read_file() -> Page:
    """Read a file, and say what came of it."""
    form, files = FileForm(), sent_files("file")
    valid = form.validate()
    if not files:
        add_error(form.file, _("Choose a file."))
    if not files or not valid:
        return _file_page(form, None), INVALID
    try:
        with unit_of_work() as work:
            outcome = official.import_figures(work, files[0].stream.read(), form.seen_on.day_meant)
    except RefusedSheet as refusal:
        add_error(form.file, str(REFUSALS.get(refusal.reason) or refusal_in_words(refusal.reason)))
        return _file_page(form, None), INVALID
    except BadFigure as error:
        add_error(form.seen_on.form.day, _wrong(error.wrong))
        return _file_page(form, None), INVALID
    return _file_page(form, outcome), INVALID if outcome.unread else 200


def _wrong(wrong: str) -> str:
    return {str(code): str(words) for code, words in WRONG.items()}[wrong]


def _file_page(form: FileForm, outcome: ImportOutcome | None) -> str:
    lines = outcome.bad if outcome else ()
    bad = [{"number": line.number, "why": _wrong(line.wrong), "text": line.text} for line in lines]
    return render("official/file.html", form=form, outcome=outcome, bad=bad)

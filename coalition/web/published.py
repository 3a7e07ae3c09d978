"""What ODIHR made of a submission: its published list, which line each record is, and what a person says of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import BinaryIO, cast

from flask import Blueprint, abort, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.documents.spreadsheet import MOST_BYTES
from coalition.domain.access import Permission
from coalition.domain.errors import NotFound, UnreadableFile
from coalition.domain.inclusion import Rate
from coalition.domain.matching import Match, Outcome
from coalition.domain.published import FIELDS, NothingOfYear
from coalition.i18n import L_, _, format_number, format_percent, labels, ngettext
from coalition.i18n.published import CELLS, OUTCOMES, likeness_in_words
from coalition.services import jobs, matches, published, summaries
from coalition.services.matches import MatchView, Standing, YearView
from coalition.services.published import ReadList
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.published import ANOTHER, MISSING, LineForm, ListForm
from coalition.web.locale import url
from coalition.web.query import page_asked
from coalition.web.uploads import sent_files, takes_files

blueprint = Blueprint("published", __name__)

Page = str | tuple[str, int] | Response
STEPS = {
    "": L_("Waiting for its turn"),
    "sent": L_("Collecting what was sent"),
    "matching": L_("Matching the lines"),
    "keeping": L_("Keeping what was found"),
}
"""What a job is doing, by the code it gives."""
_SHORT = 160
"""Characters of a description on the page of all records."""


@dataclass(frozen=True)
class CellLine:
    """One cell of a record beside the cell of its line."""

    field: str
    key: str
    sent: str
    language: str
    """Of what was sent."""
    published: str | None
    differs: bool
    alike: str
    """How much both say the same, in words; empty where nothing is compared."""


@dataclass(frozen=True)
class RecordLine:
    """One record in a list."""

    view: MatchView
    outcome: str
    differing: tuple[CellLine, ...]


@dataclass(frozen=True)
class RateLine:
    """One rate in words."""

    label: str
    rate: Rate
    share: str


def _upload_years() -> list[int]:
    with reading() as work:
        return sorted({line.year for line in summaries.data_years(work)}, reverse=True)


@blueprint.get("/published")
@requires(Permission.BUILD_SUBMISSION)
def overview() -> str:
    """Show the years of which there is a list, and the form to send one."""
    form = ListForm()
    form.offer(_upload_years())
    return _overview(form)


def _overview(form: ListForm) -> str:
    with reading() as work:
        lines = matches.years(work)
    return render("published/overview.html", form=form, lines=lines, outcomes=OUTCOMES)


@blueprint.post("/published")
@takes_files(lambda: MOST_BYTES)
@requires(Permission.BUILD_SUBMISSION)
def send() -> Page:
    """Take a list in, and have it matched."""
    form, files = ListForm(), sent_files("file")
    form.offer(_upload_years())
    if not form.validate() or not files:
        if not files:
            add_error(form.file, _("Choose a file."))
        return _overview(form), INVALID
    content = cast("BinaryIO", files[0].stream)
    found = _read(form, content)
    if found is None or not _kept(form, found):
        return _overview(form), INVALID
    return _on(form.year.data)


def _read(form: ListForm, content: BinaryIO) -> ReadList | None:
    """Return what a file holds; what is wrong with it is said beside its field."""
    if content.seek(0, 2) > MOST_BYTES:
        add_error(form.file, _("The file is larger than 25 MB."))
        return None
    content.seek(0)
    try:
        return published.read_sent(content)
    except UnreadableFile:
        names = "Date, Country, Bias motivations, Type of incident, Source, Description"
        add_error(form.file, _("This is no such list. It is CSV or XLSX with the columns %(names)s.", names=names))
        return None


def _kept(form: ListForm, found: ReadList) -> bool:
    year = form.year.data
    try:
        with unit_of_work() as work:
            published.keep_list(work, year, found)
            _ask(work, year)
    except NothingOfYear:
        add_error(form.file, _("No line of the file is of the year %(year)s.", year=str(year)))
        return False
    return True


def _ask(work: Work, year: int) -> None:
    """Have a job match the present list of a year."""
    matches.begin_matching(work, year, jobs.request_job(work, "matching", {"year": year}))


def _on(year: int) -> Response:
    return redirect(url("published.year", year=year), 303)


# --- a year ------------------------------------------------------------------------------------------------


@blueprint.get("/published/<int(max=9999):year>")
@requires(Permission.BUILD_SUBMISSION)
def year(year: int) -> str:
    """Show what became of the records of a year, one page at a time, or how far the matching is."""
    chosen = request.args.get("outcome", "")
    outcome = Outcome(chosen) if chosen in set(Outcome) else None
    with reading() as work:
        view = matches.year_of(work, year, outcome, page_asked())
        lists = published.lists_of(work, year)
    return render(
        "published/year.html",
        view=view,
        lists=lists,
        chosen=outcome.value if outcome else "",
        working=_is_worked_on(view.standing),
        failed=view.standing.matched_at is None and not _is_worked_on(view.standing),
        message=_message(view.standing),
        outcomes=OUTCOMES,
        lines=[_record_line(item) for item in view.matches],
        motivations=[_rate_line("bias_motivations", rate) for rate in view.rates.motivations],
        types=[_rate_line("incident_types", rate) for rate in view.rates.types],
        total=RateLine(_("All described incidents"), view.rates.total, _share(view.rates.total)),
        sent=sum(view.counts.values()),
        without_line=_without_line(view),
        before=_page_link(view, outcome, -1),
        after=_page_link(view, outcome, +1),
    )


def _page_link(view: YearView, outcome: Outcome | None, step: int) -> str:
    number = view.number + step
    if not 1 <= number <= view.pages:
        return ""
    return url("published.year", year=view.year, outcome=outcome.value if outcome else None, page=number)


def _without_line(view: YearView) -> str:
    """Say how many of the records that are not in the list could not be there; empty where every one could."""
    missing, numbers = view.counts.get(Outcome.NOT_INCLUDED.value, 0), view.rates.numbers_without_line
    if not numbers:
        return ""
    return ngettext(
        "Not in the list: %(missing)s. Of these, %(shown)s was sent as a number and has no line there.",
        "Not in the list: %(missing)s. Of these, %(shown)s were sent as a number and have no line there.",
        numbers,
        missing=format_number(missing),
        shown=format_number(numbers),
    )


def _rate_line(list_name: str, rate: Rate) -> RateLine:
    return RateLine(labels.label(list_name, rate.code), rate, _share(rate))


def _share(rate: Rate) -> str:
    return "" if rate.share is None else format_percent(rate.share)


def _is_worked_on(standing: Standing) -> bool:
    return standing.is_worked_on


def _message(standing: Standing) -> str:
    return str(STEPS.get(standing.step, STEPS[""]))


def _record_line(view: MatchView) -> RecordLine:
    differing = tuple(line for line in _cell_lines(view) if line.differs)
    return RecordLine(view, str(OUTCOMES[view.outcome]), differing)


def _cell_lines(view: MatchView) -> list[CellLine]:
    return [
        CellLine(
            field=name,
            key=str(CELLS[name]),
            sent=view.sent[place],
            language=view.language if name == "description" else "en",
            published=view.published[place] if view.published else None,
            differs=name in view.changed,
            alike=likeness_in_words(name, view.parts.get(name)) if view.published else "",
        )
        for place, name in enumerate(FIELDS)
    ]


@blueprint.get("/published/<int(max=9999):year>/state")
@requires(Permission.BUILD_SUBMISSION)
def state(year: int) -> dict[str, object]:
    """Say how far the matching is, for the script of the page."""
    with reading() as work:
        standing = matches.standing_of(work, year)
    return {
        "state": "running" if _is_worked_on(standing) else "done",
        "done": standing.done,
        "total": standing.total,
        "message": _message(standing),
        "url": url("published.year", year=year),
    }


@blueprint.post("/published/<int(max=9999):year>")
@requires(Permission.BUILD_SUBMISSION)
def again(year: int) -> Response:
    """Match once more, as after another submission of the year."""
    with unit_of_work() as work:
        _ask(work, year)
    return _on(year)


@blueprint.get("/published/<int(max=9999):year>/others")
@requires(Permission.BUILD_SUBMISSION)
def others(year: int) -> str:
    """Show the lines of the list that are not ours."""
    with reading() as work:
        page = matches.others_of(work, year, page_asked())
    return render("published/others.html", year=year, page=page)


# --- one record --------------------------------------------------------------------------------------------

Shown = Callable[[int, str], Page]


def stays_on_the_list(view: Shown) -> Shown:
    """Lead whoever asks for a record that is not among what was sent back to the year."""

    @wraps(view)
    def shown(year: int, reference: str) -> Page:
        try:
            return view(year, reference)
        except NotFound as error:
            if error.kind == "published list":
                abort(404)
            raise

    return shown


@blueprint.get("/published/<int(max=9999):year>/records/<reference>")
@requires(Permission.BUILD_SUBMISSION)
def record(year: int, reference: str) -> Page:
    """Show a record beside its line, and the lines that it could be instead."""
    with reading() as work:
        view, likely = matches.match_of(work, year, reference), matches.likely_lines(work, year, reference)
    form = LineForm(data={"line": _present(view, likely), "number": view.line})
    return _record(year, view, likely, form)


def _present(view: MatchView, likely: tuple[Match, ...]) -> str:
    if view.line is None:
        return MISSING if view.decided else ""
    return str(view.line) if view.line in _numbers(likely) else ANOTHER


def _numbers(likely: tuple[Match, ...]) -> Mapping[int, Match]:
    return {item.line.number: item for item in likely if item.line}


def _record(year: int, view: MatchView, likely: tuple[Match, ...], form: LineForm) -> str:
    found = _numbers(likely)
    form.offer({number: _line_in_words(number, item) for number, item in found.items()})
    hints = {str(number): item.line.cells[-1] for number, item in found.items() if item.line}
    return render(
        "published/record.html",
        year=year,
        view=view,
        outcome=str(OUTCOMES[view.outcome]),
        cells=_cell_lines(view),
        form=form,
        hints=hints,
        score=format_number(round(view.score, 2)),
    )


def _line_in_words(number: int, item: Match) -> str:
    cells = item.line.cells if item.line else ("",) * len(FIELDS)
    told = "; ".join(cell for cell in (cells[0], cells[1], cells[3], cells[2], cells[4]) if cell)
    return _("Line %(number)s: %(cells)s", number=str(number), cells=told)


@blueprint.post("/published/<int(max=9999):year>/records/<reference>")
@requires(Permission.BUILD_SUBMISSION)
def decide(year: int, reference: str) -> Page:
    """Keep what a person says of a record; the others are matched around it."""
    with reading() as work:
        view, likely = matches.match_of(work, year, reference), matches.likely_lines(work, year, reference)
    form = LineForm()
    form.offer(dict.fromkeys(_numbers(likely), ""))
    if not form.validate() or not form.check():
        return _record(year, view, likely, form), INVALID
    number = form.chosen()
    try:
        with unit_of_work() as work:
            if number is None:
                anew = matches.decide_missing(work, year, reference)
            else:
                anew = matches.decide_line(work, year, reference, number)
            if anew:
                _ask(work, year)
    except NotFound as error:
        if error.kind != "line":
            raise
        add_error(form.number, _("The list has no such line."))
        return _record(year, view, likely, form), INVALID
    flash(_("Kept. It holds for later lists as well."), "success")
    return redirect(url("published.record", year=year, reference=view.reference), 303)


@blueprint.post("/published/<int(max=9999):year>/records/<reference>/confirm")
@requires(Permission.BUILD_SUBMISSION)
def confirm(year: int, reference: str) -> Response:
    """Keep that the match is right as it is."""
    with unit_of_work() as work:
        view = matches.match_of(work, year, reference)
        anew = (
            matches.decide_missing(work, year, reference)
            if view.line is None
            else matches.decide_line(work, year, reference, view.line)
        )
        if anew:
            _ask(work, year)
    flash(_("Confirmed. It holds for later lists as well."), "success")
    return redirect(url("published.record", year=year, reference=view.reference), 303)


@blueprint.post("/published/<int(max=9999):year>/records/<reference>/undo")
@requires(Permission.BUILD_SUBMISSION)
def undo(year: int, reference: str) -> Response:
    """Take back what a person said of a record."""
    with unit_of_work() as work:
        if matches.undo_decision(work, year, reference):
            _ask(work, year)
    flash(_("Taken back. It is matched again."), "success")
    return redirect(url("published.record", year=year, reference=reference), 303)

"""What receiving bodies ask about a submission: the list of questions, noting one, answering it, taking all away."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.delimited import csv_text
from coalition.domain.access import Permission
from coalition.domain.errors import Incomplete, NotAllowedNow, NotFound
from coalition.domain.queries import QueryAct, QueryState, UnreadableLines
from coalition.i18n import L_, _, ngettext
from coalition.services import queries
from coalition.services.queries import QueryLine, QueryList, QueryView, UnknownLines
from coalition.services.reviews import reviewers
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.queries import AnswerForm, AskedForm, ReviewerForm
from coalition.web.locale import url
from coalition.web.query import year_asked

blueprint = Blueprint("queries", __name__)

Page = str | tuple[str, int] | BaseResponse
STATES: Mapping[QueryState, str] = {
    QueryState.OPEN: L_("Not answered yet"),
    QueryState.ANSWERED: L_("Answered"),
    QueryState.CLOSED: L_("Closed"),
}
"""How far a question has come, in words."""
_ALL = "all"


@blueprint.get("/queries")
@requires(Permission.BUILD_SUBMISSION)
def overview() -> str:
    """List the questions, first those that wait for an answer."""
    asked, year = request.args.get("state", QueryState.OPEN.value), year_asked()
    state = QueryState(asked) if asked in set(QueryState) else None
    with reading() as work:
        found = queries.list_queries(work, state, year)
        versions = queries.versions_to_ask_about(work)
    return render(
        "queries/overview.html",
        lines=[(line, name_of(line)) for line in found.lines],
        states=STATES,
        waiting=state is QueryState.OPEN,
        ways=_ways(found, state, year),
        years=_years(found, asked, year),
        versions=versions,
        logs=[(one, url("queries.log", year=one)) for one in found.years],
    )


def _ways(found: QueryList, chosen: QueryState | None, year: int | None) -> list[dict[str, object]]:
    offered: list[tuple[str, str, QueryState | None]] = [(one.value, str(STATES[one]), one) for one in QueryState]
    offered.append((_ALL, _("All"), None))
    return [
        {
            "label": words,
            "url": url("queries.overview", state=code, year=year),
            "current": one is chosen,
            "count": found.counts[one] if one else sum(found.counts.values()),
        }
        for code, words, one in offered
    ]


def _years(found: QueryList, state: str, chosen: int | None) -> list[dict[str, object]]:
    if len(found.years) < 2:  # noqa: PLR2004 - there is nothing to choose
        return []
    offered: list[tuple[str, int | None]] = [(_("All data years"), None), *((str(one), one) for one in found.years)]
    return [
        {
            "label": words,
            "url": url("queries.overview", state=state, year=year),
            "current": year == chosen,
            "count": None,
        }
        for words, year in offered
    ]


def name_of(line: QueryLine) -> str:
    """Return what a question is about, in words."""
    words = {"year": line.year, "version": line.version or "–"}
    if line.number is not None:
        return _("%(year)s, version %(version)s, No. %(number)s", number=line.number, **words)
    if line.of_incident:
        return _("%(year)s, version %(version)s, an incident of the statistical part", **words)
    return _("%(year)s, version %(version)s, as a whole", **words)


# --- noting ------------------------------------------------------------------------------------------------


@blueprint.route("/queries/new", methods=["GET", "POST"])
@requires(Permission.BUILD_SUBMISSION)
def note() -> Page:
    """Note what came from the receiving body."""
    with reading() as work:
        form = AskedForm.offering(queries.versions_to_ask_about(work), work.today)
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                noted = queries.note_questions(work, form.asked)
        except (UnreadableLines, UnknownLines) as error:
            form.refuse_lines(str(word) for word in error.problems)
        except Incomplete:
            form.refuse_day()
        else:
            flash(
                ngettext("One question is noted.", "%(count)s questions are noted.", len(noted), count=len(noted)),
                "success",
            )
            return redirect(_after(noted), 303)
    return render("queries/note.html", form=form), form.status


def _after(noted: tuple[str, ...]) -> str:
    return url("queries.detail", reference=noted[0]) if len(noted) == 1 else url("queries.overview")


# --- one question ------------------------------------------------------------------------------------------


@blueprint.get("/queries/<reference>")
@requires(Permission.BUILD_SUBMISSION)
def detail(reference: str) -> str:
    """Show a question with its answer, and what can be done."""
    with reading() as work:
        view = queries.open_query(work, reference)
        form = AnswerForm.of(view.answer, view.line.answered_on or work.today)
        return _detail(work, view, form)


def _detail(work: Work, view: QueryView, form: AnswerForm) -> str:
    people = {one.reference: one.name for one in reviewers(work)}
    return render(
        "queries/detail.html",
        view=view,
        line=view.line,
        name=name_of(view.line),
        states=STATES,
        form=form,
        give=ReviewerForm.showing(people, view.reviewer),
        may_answer=QueryAct.ANSWER in view.allowed,
        may_close=QueryAct.CLOSE in view.allowed,
        may_reopen=QueryAct.REOPEN in view.allowed,
    )


@blueprint.post("/queries/<reference>/answer")
@requires(Permission.BUILD_SUBMISSION)
def answer(reference: str) -> Page:
    """Keep what was answered."""
    form = AnswerForm()
    if form.validate():
        try:
            with unit_of_work() as work:
                queries.answer(work, reference, form.answer.data or "", form.day)
        except Incomplete:
            form.refuse_day()
        except NotAllowedNow:
            flash(_("The question is closed. Open it again to change the answer."), "error")
            return redirect(url("queries.detail", reference=reference), 303)
        else:
            flash(_("The answer is kept."), "success")
            return redirect(url("queries.detail", reference=reference), 303)
    with reading() as work:
        return _detail(work, queries.open_query(work, reference), form), form.status


@blueprint.post("/queries/<reference>/reviewer")
@requires(Permission.BUILD_SUBMISSION)
def assign(reference: str) -> Page:
    """Give a question to somebody."""
    with unit_of_work() as work:
        form = ReviewerForm.sent({one.reference: one.name for one in reviewers(work)})
        if not form.validate():
            abort(400)
        queries.assign(work, reference, form.reviewer.data or "")
    flash(_("Saved."), "success")
    return redirect(url("queries.detail", reference=reference), 303)


@blueprint.post("/queries/<reference>/state")
@requires(Permission.BUILD_SUBMISSION)
def move(reference: str) -> Page:
    """Close a question, or take it up again."""
    acts = {QueryAct.CLOSE.value: queries.close, QueryAct.REOPEN.value: queries.reopen}
    act = acts.get(request.form.get("act", ""))
    if act is None:
        raise NotFound("act", reference)
    try:
        with unit_of_work() as work:
            act(work, reference)
        flash(_("Saved."), "success")
    except NotAllowedNow:
        flash(_("That had been done already."), "info")
    return redirect(url("queries.detail", reference=reference), 303)


# --- taking away -------------------------------------------------------------------------------------------


@blueprint.get("/queries/log/<int(max=9999):year>.csv")
@requires(Permission.BUILD_SUBMISSION, recently=True)
def log(year: int) -> Response:
    """Hand out the questions of a data year with their answers."""
    header = (
        _("Question"), _("Data year"), _("Version"), _("Number in the sheet"), _("Incident"), _("Came on"),
        _("What they ask"), _("Who answers it"), _("State"), _("Answered on"), _("Days"), _("What was answered"),
    )  # fmt: skip
    with reading() as work:
        rows = [_row(view) for view in queries.log_of_year(work, year)]
    name = f"questions-{year}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(csv_text(header, rows), content_type="text/csv; charset=utf-8", headers=headers)


def _row(view: QueryView) -> tuple[str | int, ...]:
    line = view.line
    return (
        line.reference,
        line.year,
        line.version or "",
        line.number or "",
        line.incident,
        line.asked_on.isoformat(),
        view.question,
        line.reviewer,
        str(STATES[line.state]),
        line.answered_on.isoformat() if line.answered_on else "",
        line.days,
        view.answer,
    )

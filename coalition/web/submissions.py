"""The yearly submission: which year is due and where it goes, building it, what was built, what has to be corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.signing import grouped
from coalition.domain.access import Permission
from coalition.domain.consents import Kind, Mending, Outcome
from coalition.domain.errors import NotFound, UnknownCode
from coalition.domain.profile_checks import BrokenProfile
from coalition.i18n import L_, _
from coalition.i18n.profiles import problem_with_line
from coalition.i18n.releases import part_in_words, release_in_words
from coalition.services import calendar, consents, jobs, queries, submissions, summaries, versions
from coalition.services.consents import CorrectionView
from coalition.services.profiles import code_for, taken_for
from coalition.services.submissions import Cycle
from coalition.services.summaries import YearLine
from coalition.services.versions import VersionView
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.submissions import BuildForm
from coalition.web.locale import url
from coalition.web.profile_lines import Standing, refusal, standing_of
from coalition.web.versions import MOST_AT_ONCE, Compared, latest_of, now

blueprint = Blueprint("submissions", __name__)


@dataclass(frozen=True)
class YearRow:
    """One data year with its deadline."""

    line: YearLine
    cycle: Cycle
    days_left: int
    """Until the deadline; negative when it has passed."""
    latest: VersionView | None
    """The version that was built last, with whatever profile."""


TO_DO: Mapping[tuple[Mending, Kind], str] = {
    (Mending.REMOVE, Kind.SUBMISSION): L_("Ask ODIHR to remove the record, and send the corrected files."),
    (Mending.SUBTRACT, Kind.SUBMISSION): L_("Send ODIHR the corrected figures."),
    (Mending.UNDESCRIBE, Kind.REPORT): L_("Make the report again and exchange the copies: one description has to go."),
    (Mending.RECOUNT, Kind.REPORT): L_(
        "Make the report again and exchange the copies: it counts an incident too many."
    ),
    (Mending.RECOUNT, Kind.SUMMARY): L_("Publish the year again: the figures count an incident too many."),
}
"""What the coordinator does about each kind of correction."""
OUTCOMES: Mapping[Kind, Mapping[Outcome, str]] = {
    Kind.SUBMISSION: {
        Outcome.SENT: L_("Mark as sent"),
        Outcome.NOT_NEEDED: L_("The files were never sent"),
    },
    Kind.REPORT: {
        Outcome.SENT: L_("Mark as exchanged"),
        Outcome.NOT_NEEDED: L_("It was never handed out"),
    },
    Kind.SUMMARY: {},
}
"""How a person can close it. Published figures are corrected by publishing them again, and in no other way."""


@dataclass(frozen=True)
class CorrectionLine:
    """One correction that waits, in words."""

    view: CorrectionView
    name: str
    how: str
    what: str
    outcomes: tuple[tuple[str, str], ...]
    revision: VersionView | None
    """The version that was built since and does not hold it any more."""
    reasons: tuple[str, ...]
    """Why no message could be made."""


@blueprint.get("/submissions")
@requires(Permission.BUILD_SUBMISSION)
def overview() -> str:
    """Show the year that is due, the other years, and what was built before."""
    with reading() as work:
        rows = _rows(work)
        built = jobs.list_jobs(work, "submission")
        corrections = [_correction(view, _revision(work, view)) for view in consents.open_corrections(work)]
        opened = calendar.year_to_open(work)
        due = next((row for row in rows if row.line.year == opened), rows[0] if rows else None)
        standing = standing_of(work, due.line.year) if due else None
        latest, compared = _present(work, due, standing) if due and standing else (None, None)
        # Before anything was signed there is nothing that a fingerprint could be compared with.
        fingerprint = grouped(versions.known_fingerprint(work))
        questions = queries.waiting(work)
    return render(
        "submissions/overview.html",
        questions=questions,
        rows=rows,
        due=due,
        standing=standing,
        built=built,
        corrections=corrections,
        latest=latest,
        compared=compared,
        fingerprint=fingerprint,
    )


def _present(work: Work, due: YearRow, standing: Standing) -> tuple[VersionView | None, Compared | None]:
    """Return the latest version of the year that is due, and what would be different now where that is soon known."""
    year, taken = due.line.year, standing.line.code
    found = versions.list_versions(work, year, taken)
    if standing.reasons or due.line.accepted > MOST_AT_ONCE:
        return latest_of(found, taken), None
    return latest_of(found, taken), now(work, year, found, taken)


def _revision(work: Work, view: CorrectionView) -> VersionView | None:
    """Return the version to send instead of a submission that has to be mended."""
    if view.kind is not Kind.SUBMISSION:
        return None
    return versions.revision_since(work, view.year, view.profile, view.released_at)


def _correction(view: CorrectionView, revision: VersionView | None) -> CorrectionLine:
    return CorrectionLine(
        view=view,
        name=release_in_words(view.kind, view.year, view.language),
        how=part_in_words(view.part, view.number),
        what=str(TO_DO[view.mending, view.kind]),
        outcomes=tuple((outcome.value, str(text)) for outcome, text in OUTCOMES[view.kind].items()),
        revision=revision,
        reasons=tuple(map(problem_with_line, view.problems)),
    )


def _rows(work: Work) -> list[YearRow]:
    latest = {one.year: one for one in sorted(versions.list_versions(work), key=lambda one: one.built_at)}
    return [
        _row(line, submissions.cycle_of(work, line.year), work.today, latest.get(line.year))
        for line in summaries.data_years(work)
    ]


def _row(line: YearLine, cycle: Cycle, today: date, latest: VersionView | None) -> YearRow:
    return YearRow(line, cycle, (cycle.deadline - today).days, latest)


@blueprint.post("/submissions")
@requires(Permission.BUILD_SUBMISSION, recently=True)
def build() -> BaseResponse:
    """Ask for the submission of a year, and follow it."""
    form = BuildForm()
    year = form.year.data or 0
    with unit_of_work() as work:
        if not form.validate() or year not in {line.year for line in summaries.data_years(work)}:
            abort(404)
        try:
            asked = _asked(work, year, form.profile.data or "")
        except BrokenProfile as broken:
            flash(refusal(broken), "error")
            return redirect(url("versions.year", year=year), 303)
        reference = jobs.request_job(work, "submission", asked)
    return redirect(url("jobs.follow", reference=reference), 303)


def _asked(work: Work, year: int, profile: str) -> dict[str, object]:
    """Return what is to be built; a profile is named only where it is not the year's own.

    Raises NotFound, BrokenProfile.
    """
    taken = taken_for(work, year, profile).code
    return {"year": year} if taken == code_for(work, year) else {"year": year, "profile": taken}


@blueprint.post("/submissions/corrections/<reference>")
@requires(Permission.BUILD_SUBMISSION)
def close(reference: str) -> BaseResponse:
    """Note that a correction was sent, or that the file never left the coalition."""
    try:
        with unit_of_work() as work:
            consents.close_correction(work, reference, request.form.get("outcome", ""))
    except UnknownCode:
        abort(400)
    flash(_("The correction is closed."), "success")
    return redirect(url("submissions.overview", _anchor="corrections"), 303)


@blueprint.get("/submissions/corrections/<reference>/message.txt")
@requires(Permission.BUILD_SUBMISSION)
def message(reference: str) -> BaseResponse:
    """Hand out the message of a correction as a text file."""
    with reading() as work:
        correction = consents.read_correction(work, reference)
    if correction.message is None:
        raise NotFound("message", reference)
    name = f"correction-{correction.year}-{correction.reference}.txt"
    return Response(
        correction.message.text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )

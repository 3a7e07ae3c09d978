"""The yearly submission: which years there are, when and where it goes, building it, what was built before."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.services import jobs, submissions, summaries
from coalition.services.submissions import Cycle
from coalition.services.summaries import YearLine
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.submissions import BuildForm
from coalition.web.locale import url

blueprint = Blueprint("submissions", __name__)


@dataclass(frozen=True)
class YearRow:
    """One data year with its deadline."""

    line: YearLine
    cycle: Cycle
    days_left: int
    """Until the deadline; negative when it has passed."""


@blueprint.get("/submissions")
@requires(Permission.BUILD_SUBMISSION)
def overview() -> str:
    """Show the year that is due, the other years, and what was built before."""
    with reading() as work:
        rows = [_row(line, submissions.cycle_of(work, line.year), work.today) for line in summaries.data_years(work)]
        built = jobs.list_jobs(work, "submission")
    due = next((row for row in reversed(rows) if row.days_left >= 0), rows[0] if rows else None)
    return render("submissions/overview.html", rows=rows, due=due, built=built)


def _row(line: YearLine, cycle: Cycle, today: date) -> YearRow:
    return YearRow(line, cycle, (cycle.deadline - today).days)


@blueprint.post("/submissions")
@requires(Permission.BUILD_SUBMISSION)
def build() -> Response:
    """Ask for the submission of a year, and follow it."""
    form = BuildForm()
    with unit_of_work() as work:
        if not form.validate() or form.year.data not in {line.year for line in summaries.data_years(work)}:
            abort(404)
        reference = jobs.request_job(work, "submission", {"year": form.year.data})
    return redirect(url("jobs.follow", reference=reference), 303)

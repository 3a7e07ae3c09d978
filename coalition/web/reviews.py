"""The coordinator's review: what waits, one incident against the criterion, the decision, taking it back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.anonymity import flags_of_record
from coalition.domain.criterion import Proposal
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotFound
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.i18n import L_, _
from coalition.i18n.evidence import sentence
from coalition.i18n.files import kinds_in_words
from coalition.services import reviews
from coalition.services.evidence import evidence_counts
from coalition.services.incident_views import IncidentLine
from coalition.services.reviews import ReviewView
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.answers import chapters
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.reviews import DecisionForm, ReopenForm, YearForm
from coalition.web.locale import url
from coalition.web.query import page_asked, year_asked

blueprint = Blueprint("reviews", __name__)

ALL = "all"
DONE = {
    Step.ACCEPT: L_("The incident is accepted."),
    Step.RETURN: L_("The incident is returned with your question."),
    Step.REJECT: L_("The incident is not accepted. The member sees the reason."),
}


@dataclass(frozen=True)
class StateLink:
    """One state to look at, with the number of incidents in it."""

    code: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class QueueLine:
    """One incident in the queue."""

    incident: IncidentLine
    days: int | None
    """So many days it has been waiting; None when it does not wait."""


@dataclass(frozen=True)
class TestLine:
    """One test of the criterion with what the software proposes and why."""

    __test__ = False

    test: str
    finding: str
    evidence: str


@blueprint.get("/reviews")
@requires(Permission.REVIEW_QUEUE)
def queue() -> str:
    """List the incidents handed to the coalition, by default those that wait, the longest waiting first."""
    state, year = request.args.get("state", State.SUBMITTED.value), year_asked()
    with reading() as work:
        found = reviews.list_reviews(work, states=(state,), year=year, page=page_asked())
        counts = reviews.count_reviews(work, year)
        years = reviews.review_years(work)
        lines = [_line(line, work.today) for line in found.lines]
    shown = state if state in counts else ALL
    form = YearForm(formdata=None, data={"year": str(year or "")}, meta={"csrf": False})
    form.year.choices = {"": _("All years"), **{str(known): str(known) for known in years}}
    return render(
        "reviews/queue.html",
        form=form,
        links=_state_links(counts, shown, year),
        shown=shown,
        year=year,
        lines=lines,
        found=found,
        earlier_url=_queue_url(shown, year, found.number - 1) if found.number > 1 else None,
        later_url=_queue_url(shown, year, found.number + 1) if found.number < found.pages else None,
    )


def _line(line: IncidentLine, today: date) -> QueueLine:
    waits = line.state is State.SUBMITTED and line.submitted_at is not None
    return QueueLine(line, (today - line.submitted_at.date()).days if waits and line.submitted_at else None)


def _queue_url(state: str, year: int | None, page: int | None = None) -> str:
    return url("reviews.queue", state=state, year=year, page=page)


def _state_links(counts: dict[str, int], shown: str, year: int | None) -> list[StateLink]:
    everything = {**counts, ALL: sum(counts.values())}
    return [StateLink(state, count, _queue_url(state, year), state == shown) for state, count in everything.items()]


@blueprint.get("/reviews/<reference>")
@requires(Permission.REVIEW_INCIDENT)
def review(reference: str) -> str:
    """Show a pseudonymised record beside the criterion."""
    return _page(reference)


@blueprint.post("/reviews/<reference>")
@requires(Permission.DECIDE_INCIDENT)
def decide(reference: str) -> str | Response | tuple[str, int]:
    """Take a decision; what was typed comes back whatever stands in its way."""
    form = DecisionForm.proposing((), "", 0)
    if not form.validate():
        return _page(reference, form), INVALID
    try:
        with unit_of_work() as work:
            reviews.decide(work, reference, _version(form.version.data), form.decision)
    except Incomplete as error:
        form.explain(error.problems)  # type: ignore[arg-type] # a decision's problems are Problems
        return _page(reference, form), INVALID
    except ChangedMeanwhile:
        return _page(reference, form, changed=True), 409
    except NotFound:
        return _gone()
    flash(str(DONE[form.decision.step]), "success")
    return redirect(url("reviews.queue"), 303)


def _version(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else 0


def _page(reference: str, form: DecisionForm | None = None, *, changed: bool = False) -> str:
    with reading() as work:
        view = reviews.open_review(work, reference)
    if form is None:
        form = DecisionForm.proposing(view.proposals, view.proposed_reason, view.incident.version)
    elif changed:
        # What was typed is decided upon the record as it stands now, once the coordinator has read it again.
        form.version.data = str(view.incident.version)
    return render(
        "reviews/review.html",
        view=view,
        form=form,
        tests=[_test(item) for item in view.proposals],
        findings=_findings(view),
        chapters=chapters(view.incident, all_of_them=True),
        evidence_files=_evidence_of(view),
        flags=flags_of_record(view.incident.facts),
        changed=changed,
    )


def _evidence_of(view: ReviewView) -> str:
    """Return how many files of which kind the organisation keeps: all that the coalition is told of them."""
    with reading() as work:
        return kinds_in_words(evidence_counts(work, view.incident.reference))


def _findings(view: ReviewView) -> Mapping[str, tuple[str, str]]:
    """Return what was proposed and found for each test at the decision in force."""
    decisions = [step.findings for step in view.incident.steps if step.step in DONE]
    return decisions[-1] if decisions else {}


def _test(proposal: Proposal) -> TestLine:
    return TestLine(proposal.test.value, proposal.finding.value, sentence(proposal))


def _gone() -> Response:
    flash(_("The incident is no longer with the coalition: its organisation took it back."), "error")
    return redirect(url("reviews.queue"), 303)


@blueprint.get("/reviews/<reference>/reopen")
@requires(Permission.DECIDE_INCIDENT)
def ask_reopen(reference: str) -> str | Response:
    """Ask why a decision is taken back."""
    with reading() as work:
        view = reviews.outline_review(work, reference)
    if not view.may_reopen:
        return redirect(url("reviews.review", reference=reference))
    form = ReopenForm(formdata=None, data={"version": str(view.incident.version)})
    return _reopen_page(view, form)


@blueprint.post("/reviews/<reference>/reopen")
@requires(Permission.DECIDE_INCIDENT)
def reopen(reference: str) -> str | Response | tuple[str, int]:
    """Take a decision back, with a reason; the incident waits again."""
    form = ReopenForm()
    with reading() as work:
        view = reviews.outline_review(work, reference)
    if not form.validate():
        return _reopen_page(view, form), INVALID
    try:
        with unit_of_work() as work:
            reviews.reopen(work, reference, _version(form.version.data), form.text.data or "")
    except ChangedMeanwhile:
        form.version.data = str(view.incident.version)
        return _reopen_page(view, form, changed=True), 409
    flash(_("The decision is taken back. The incident waits again."), "success")
    return redirect(url("reviews.review", reference=reference), 303)


def _reopen_page(view: ReviewView, form: ReopenForm, *, changed: bool = False) -> str:
    return render("reviews/reopen.html", view=view, form=form, changed=changed)

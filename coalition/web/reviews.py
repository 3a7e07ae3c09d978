"""The coordinator's review: one incident against the criterion, who works on it, the decision, taking it back."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition import i18n
from coalition.domain.access import Permission
from coalition.domain.anonymity import flags_of_record
from coalition.domain.criterion import Proposal
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow, NotApproved, NotFound
from coalition.domain.reviews import DECISIONS, Step
from coalition.i18n import L_, _, labels
from coalition.i18n.evidence import sentence
from coalition.i18n.files import kinds_in_words
from coalition.services import reviews
from coalition.services.evidence import evidence_counts
from coalition.services.reviews import Reviewer, ReviewView
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.answers import chapters
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.reviews import AssignForm, DecisionForm, ReopenForm
from coalition.web.locale import url
from coalition.web.narrowing import came_from, walk_of
from coalition.web.same_incident import together
from coalition.web.threads import thread_of

blueprint = Blueprint("reviews", __name__)

CONFLICT = 409
DONE = {
    Step.ACCEPT: L_("The incident is accepted."),
    Step.RETURN: L_("The incident is returned with your question."),
    Step.REJECT: L_("The incident is not accepted. The member sees the reason."),
    Step.LINK: L_("The incident is counted together with the other record."),
}
PROPOSED = L_("Your decision is proposed. It holds once a second person says the same.")


@dataclass(frozen=True)
class TestLine:
    """One test of the criterion with what the software proposes and why."""

    __test__ = False

    test: str
    finding: str
    evidence: str


@dataclass(frozen=True)
class SourceLine:
    """One source of a record: its title, and where it can be looked at, as far as the coalition may see that."""

    title: str
    url: str


@blueprint.get("/reviews/<reference>")
@requires(Permission.REVIEW_INCIDENT)
def review(reference: str) -> str:
    """Show a pseudonymised record beside the criterion."""
    return _page(reference)


@blueprint.post("/reviews/<reference>")
@requires(Permission.DECIDE_INCIDENT)
def decide(reference: str) -> str | Response | tuple[str, int]:
    """Take a decision; what was typed comes back whatever stands in its way."""
    try:
        with reading() as work:
            outline = reviews.outline_review(work, reference)
        form = DecisionForm.proposing((), "", 0, outline.checks)
        return _decided_with(reference, form) if form.validate() else (_page(reference, form), INVALID)
    except NotFound:
        return _gone()


def _decided_with(reference: str, form: DecisionForm) -> Response | tuple[str, int]:
    try:
        with unit_of_work() as work:
            holds = reviews.decide(work, reference, _version(form.version.data), form.decision)
    except Incomplete as error:
        form.explain(error.problems)  # type: ignore[arg-type] # a decision's problems are Problems
        return _page(reference, form), INVALID
    except ChangedMeanwhile:
        return _page(reference, form, changed=True), CONFLICT
    if holds:
        flash(str(DONE[form.decision.step]), "success")
        with reading() as work:
            return redirect(came_from(work).url(), 303)
    flash(str(PROPOSED), "success")
    return redirect(url("reviews.review", reference=reference), 303)


def _version(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else 0


def _page(
    reference: str,
    form: DecisionForm | None = None,
    *,
    changed: bool = False,
    assigning: AssignForm | None = None,
) -> str:
    with reading() as work:
        view = reviews.open_review(work, reference)
        people = reviews.reviewers(work)
        walk = walk_of(work, reference)
    incident = view.incident
    if form is None:
        form = DecisionForm.proposing(view.proposals, view.proposed_reason, incident.version, view.checks)
    elif changed:
        # What was typed is decided upon the record as it stands now, once the coordinator has read it again.
        form.version.data = str(incident.version)
    form.offer(candidate.reference for candidate in view.candidates)
    return render(
        "reviews/review.html",
        view=view,
        form=form,
        assigning=assigning or AssignForm.offering(_names(people), incident.version, incident.review_due),
        tests=[_test(item) for item in view.proposals],
        decided=_decided(view),
        sources=_sources(view),
        chapters=chapters(incident, all_of_them=True),
        evidence_files=_evidence_of(view),
        flags=flags_of_record(incident.facts),
        thread=thread_of(incident),
        together=together(incident.reference),
        changed=changed,
        walk=walk,
    )


def _names(people: tuple[Reviewer, ...]) -> dict[str, str]:
    return {person.reference: _named(person) for person in people}


def _named(person: Reviewer) -> str:
    home = i18n.name_of(person.affiliation) if person.affiliation else ""
    return f"{person.name} ({home})" if home else person.name


def _evidence_of(view: ReviewView) -> str:
    """Return how many files of which kind the organisation keeps: all that the coalition is told of them."""
    with reading() as work:
        return kinds_in_words(evidence_counts(work, view.incident.reference))


def _decided(view: ReviewView) -> object:
    """Return the step of the decision in force, with what was proposed and found for each test; None without one."""
    return next((step for step in reversed(view.incident.steps) if step.step in DECISIONS), None)


def _sources(view: ReviewView) -> list[SourceLine]:
    """Return the sources whose checks the form asks for. A link is shown to be opened, and never fetched here."""
    return [
        SourceLine(
            _("Source %(number)s", number=i18n.format_number(number))
            + ": "
            + " · ".join(part for part in (labels.label("source_kinds", source.kind), source.name) if part),
            source.url if re.match(r"https?://", source.url) else "",
        )
        for number, source in enumerate(view.incident.facts.sources, start=1)
    ]


def _test(proposal: Proposal) -> TestLine:
    return TestLine(proposal.test.value, proposal.finding.value, sentence(proposal))


def _gone() -> Response:
    flash(_("The incident is no longer with the coalition: its organisation took it back."), "error")
    return redirect(url("reviews.queue"), 303)


# --- who works on it ----------------------------------------------------------------------------------------


@blueprint.post("/reviews/<reference>/take")
@requires(Permission.DECIDE_INCIDENT)
def take(reference: str) -> Response:
    """Begin to work on an incident."""
    return _handed(reference, reviews.take, _("You work on this incident now."))


@blueprint.post("/reviews/<reference>/put-back")
@requires(Permission.DECIDE_INCIDENT)
def put_back(reference: str) -> Response:
    """Leave an incident to somebody else."""
    return _handed(reference, reviews.put_back, _("The incident waits for somebody to take it."))


def _handed(reference: str, act: Callable[[Work, str, int], None], done: str) -> Response:
    try:
        with unit_of_work() as work:
            act(work, reference, _version(ReopenForm().version.data))
    except (ChangedMeanwhile, NotAllowedNow):
        flash(_("Nothing was changed: the incident has moved on meanwhile. Look at it again."), "error")
    else:
        flash(done, "success")
    return redirect(url("reviews.review", reference=reference), 303)


@blueprint.post("/reviews/<reference>/assign")
@requires(Permission.DECIDE_INCIDENT)
def assign(reference: str) -> Response | tuple[str, int]:
    """Give an incident to somebody, to be decided by a day."""
    with reading() as work:
        form = AssignForm.offering(_names(reviews.reviewers(work)), 0)
    if not form.validate():
        return _page(reference, assigning=form), INVALID
    version, day = _version(form.version.data), form.day
    try:
        with unit_of_work() as work:
            reviews.assign(work, reference, form.reviewer.data, day, version)
    except Incomplete:
        form.refuse_day()
        return _page(reference, assigning=form), INVALID
    except (ChangedMeanwhile, NotAllowedNow):
        flash(_("Nothing was changed: the incident has moved on meanwhile. Look at it again."), "error")
        return redirect(url("reviews.review", reference=reference), 303)
    flash(_("Assigned."), "success")
    return redirect(url("reviews.review", reference=reference), 303)


# --- taking a decision back ---------------------------------------------------------------------------------


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
        return _reopen_page(view, form, changed=True), CONFLICT
    except NotApproved:
        flash(_("You come from an organisation that recorded it, so somebody else has to do this."), "error")
        return redirect(url("reviews.review", reference=reference), 303)
    flash(_("The decision is taken back. The incident waits again."), "success")
    return redirect(url("reviews.review", reference=reference), 303)


def _reopen_page(view: ReviewView, form: ReopenForm, *, changed: bool = False) -> str:
    return render("reviews/reopen.html", view=view, form=form, changed=changed)

"""What the coordinator does: see what waits, test it against the criterion, decide, take a decision back."""

from dataclasses import dataclass

from coalition.db import incidents as storage
from coalition.domain.access import Permission, require
from coalition.domain.criterion import Proposal, propose, proposed_reason
from coalition.domain.disclosure import VISIBLE, Occasion
from coalition.domain.errors import ChangedMeanwhile, Incomplete
from coalition.domain.incidents import Problem
from coalition.domain.reviews import STEPS, Decision, Step, decision_problems
from coalition.domain.vocabulary import State
from coalition.services.incident_views import (
    IncidentLine,
    IncidentView,
    Page,
    add_step,
    find,
    line_of,
    note_reading,
    paged,
    view_of,
)
from coalition.services.work import Work

QUEUE = (State.SUBMITTED.value,)
LOOK_ALIKES = 5
"""So many similar records are named on the page."""
SEEN = (State.SUBMITTED.value, State.RETURNED.value, State.ACCEPTED.value, State.REJECTED.value)


@dataclass(frozen=True)
class ReviewView:
    """A shared incident with the criterion's tests."""

    incident: IncidentView
    proposals: tuple[Proposal, ...]
    proposed_reason: str
    look_alikes: tuple[IncidentLine, ...]
    """Some of the records that may be the same incident."""
    may_decide: bool
    may_reopen: bool


def list_reviews(work: Work, *, states: tuple[str, ...] = QUEUE, year: int | None = None, page: int = 1) -> Page:
    """Return one page of the incidents handed to the coalition, the longest waiting first."""
    require(work.actor, Permission.REVIEW_QUEUE)
    chosen = tuple(state for state in states if state in SEEN) or SEEN
    wanted = storage.Filter(None, chosen, year, shared=True)
    return paged(work, wanted, page, oldest_first=chosen == QUEUE)


def count_reviews(work: Work, year: int | None = None) -> dict[str, int]:
    """Count the incidents handed to the coalition, by state, in all years or in one."""
    require(work.actor, Permission.REVIEW_QUEUE)
    counts = storage.count_by_state(work.session, storage.Filter(year=year, shared=True))
    return {state: counts.get(state, 0) for state in SEEN}


def review_years(work: Work) -> list[int]:
    """Return the data years of the incidents handed to the coalition, newest first."""
    require(work.actor, Permission.REVIEW_QUEUE)
    years = storage.years_with_incidents(work.session, storage.Filter(shared=True))
    return [year for year, states in years.items() if any(state in SEEN for state in states)]


def open_review(work: Work, reference: str) -> ReviewView:
    """Return the pseudonymised record with what the software proposes for each test; the reading is noted."""
    incident = find(work, reference, Permission.REVIEW_INCIDENT)
    view = view_of(work, incident)
    note_reading(work, incident, VISIBLE[view.audience])
    proposals = _proposals(work, incident, view)
    look_alikes = storage.list_look_alikes(work.session, incident, LOOK_ALIKES)
    return ReviewView(
        incident=view,
        proposals=proposals,
        proposed_reason=proposed_reason(proposals) or "",
        look_alikes=tuple(line_of(row, view.audience) for row in look_alikes),
        may_decide=(view.state, Step.ACCEPT) in STEPS,
        may_reopen=_may_reopen(view),
    )


def outline_review(work: Work, reference: str) -> ReviewView:
    """Return what a page needs that names a shared incident without showing what happened."""
    view = view_of(work, find(work, reference, Permission.REVIEW_INCIDENT), Occasion.NAMING)
    return ReviewView(view, (), "", (), may_decide=(view.state, Step.ACCEPT) in STEPS, may_reopen=_may_reopen(view))


def _may_reopen(view: IncidentView) -> bool:
    return (view.state, Step.REOPEN) in STEPS


def _proposals(work: Work, incident: storage.Incident, view: IncidentView) -> tuple[Proposal, ...]:
    return propose(view.facts, work.today, storage.count_look_alikes(work.session, incident))


def decide(work: Work, reference: str, version: int, decision: Decision) -> None:
    """Accept, return or reject; what was proposed and what was found are both kept.

    Raises NotFound, NotAllowedNow, ChangedMeanwhile, Incomplete with the problems of the decision itself.
    """
    incident = find(work, reference, Permission.DECIDE_INCIDENT, to_change=True)
    if incident.version != version:
        raise ChangedMeanwhile
    view = view_of(work, incident)
    found = decision_problems(decision, view.facts)
    if found:
        raise Incomplete(found)
    proposals = _proposals(work, incident, view)
    reason = decision.reason if decision.step is Step.REJECT else ""
    row = add_step(work, incident, decision.step, decision.text, reason)
    incident.decided_at = None if decision.step is Step.RETURN else work.now
    incident.rejection_reason = reason
    work.session.add_all(
        storage.StepFinding(
            step_id=row.id,
            test=proposal.test.value,
            proposed=proposal.finding.value,
            found=decision.findings.get(proposal.test, proposal.finding).value,
        )
        for proposal in proposals
    )
    work.session.flush()


def reopen(work: Work, reference: str, version: int, why: str) -> None:
    """Take a decision back, with a reason; the incident waits again.

    Raises Incomplete without a reason, and what `decide` raises.
    """
    incident = find(work, reference, Permission.DECIDE_INCIDENT, to_change=True)
    if incident.version != version:
        raise ChangedMeanwhile
    if not why.strip():
        raise Incomplete([Problem("text", "reason_missing")])
    add_step(work, incident, Step.REOPEN, why)
    incident.decided_at, incident.rejection_reason = None, ""
    work.session.flush()

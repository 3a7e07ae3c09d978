"""What the coordinator does with one incident: take it, test it against the criterion, decide, take a decision back.

A decision holds at once or waits for a second person who says the same: `coalition.domain.reviews` has the rule. What
was proposed by the software, what was found by whom and why are kept for each, and nothing of it is ever changed.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from coalition.db import accounts
from coalition.db import incidents as storage
from coalition.db import releases as release_storage
from coalition.db import same_incident as groups
from coalition.db.organisations import name_of
from coalition.domain.access import Permission
from coalition.domain.criterion import Proposal, propose, proposed_reason
from coalition.domain.disclosure import VISIBLE, Occasion
from coalition.domain.errors import CannotLink, ChangedMeanwhile, Incomplete, NotAllowedNow, NotApproved, NotFound
from coalition.domain.incidents import Facts, Problem
from coalition.domain.names import Name
from coalition.domain.reviews import (
    DECISIONS,
    STEPS,
    UNDECIDED,
    Decision,
    Opinion,
    Step,
    decision_problems,
    is_overdue,
    is_own_case,
)
from coalition.domain.same_incident import Record, check_link
from coalition.domain.verification import SourceCheck, VerificationLevel, level, proposed_checks
from coalition.domain.vocabulary import State
from coalition.services import audit, duplicates, notices, same_incident, second_reviewers
from coalition.services.duplicates import Candidate
from coalition.services.incident_views import (
    IncidentView,
    StepView,
    add_step,
    find,
    note_reading,
    subject_of,
    view_of,
)
from coalition.services.work import Work

CANDIDATES = 10
"""So many records that may be the same incident are named on the page."""


@dataclass(frozen=True)
class Reviewer:
    """Somebody who reviews for the coalition."""

    reference: str
    name: str
    affiliation: Name | None
    """The member that they come from."""


@dataclass(frozen=True)
class Standing:
    """A decision that one person proposed and that waits for a second one."""

    step: StepView
    own: bool
    """Whether the reader proposed it: nobody seconds themselves."""
    may_second: bool
    """Whether the reader's saying the same makes it hold."""


@dataclass(frozen=True)
class ReviewView:
    """A shared incident with the criterion's tests."""

    incident: IncidentView
    proposals: tuple[Proposal, ...]
    proposed_reason: str
    checks: tuple[SourceCheck, ...]
    """Of every source: what was checked of it at the last decision, else what the software proposes."""
    candidates: tuple[Candidate, ...]
    """The records that may be about the same incident, the most alike first."""
    standing: Standing | None
    """The decision that waits for a second person."""
    own_case: bool
    """Whether the reader comes from the organisation that recorded it."""
    alone: bool
    """Whether the reader's decision would hold at once."""
    mine: bool
    """Whether the reader works on it."""
    overdue: bool
    may_take: bool
    may_put_back: bool
    may_assign: bool
    may_decide: bool
    may_reopen: bool


def open_review(work: Work, reference: str) -> ReviewView:
    """Return the pseudonymised record with what the software proposes for each test; the reading is noted."""
    incident = find(work, reference, Permission.REVIEW_INCIDENT)
    view = view_of(work, incident)
    note_reading(work, incident, VISIBLE[view.audience])
    candidates = duplicates.candidates(work, view.reference, CANDIDATES)
    proposals = propose(view.facts, work.today, len(candidates))
    return replace(
        _outline(work, incident, view),
        proposals=proposals,
        proposed_reason=proposed_reason(proposals) or "",
        checks=_checks_to_begin_with(view),
        candidates=candidates,
        standing=_standing_view(work, incident, view),
    )


def outline_review(work: Work, reference: str) -> ReviewView:
    """Return what a page needs that names a shared incident without showing what happened."""
    incident = find(work, reference, Permission.REVIEW_INCIDENT)
    return _outline(work, incident, view_of(work, incident, Occasion.NAMING))


def _outline(work: Work, incident: storage.Incident, view: IncidentView) -> ReviewView:
    organisations = _organisations(work, incident)
    return ReviewView(
        incident=view,
        proposals=(),
        proposed_reason="",
        checks=proposed_checks(view.facts.sources),
        candidates=(),
        standing=None,
        own_case=is_own_case(work.actor.affiliation, [incident.organisation_id]),
        alone=not second_reviewers.may_not_decide_alone(work, organisations),
        mine=incident.reviewer_id == work.actor.id,
        overdue=is_overdue(view.state, incident.review_due, work.today),
        may_take=(view.state, Step.TAKE) in STEPS,
        may_put_back=(view.state, Step.PUT_BACK) in STEPS,
        may_assign=view.state in UNDECIDED,
        may_decide=view.state in UNDECIDED,
        may_reopen=(view.state, Step.REOPEN) in STEPS and not is_own_case(work.actor.affiliation, organisations),
    )


def _checks_to_begin_with(view: IncidentView) -> tuple[SourceCheck, ...]:
    """Return what was checked at the last decision, as far as the sources are the same; else what is proposed.

    What somebody else only proposed is left out: whoever seconds it looks at the sources as well.
    """
    kinds = [source.kind for source in view.facts.sources]
    decided = (step.checks for step in reversed(view.steps) if step.step is not Step.PROPOSE and step.checks)
    known = next(decided, ())
    return known if [check.kind for check in known] == kinds else proposed_checks(view.facts.sources)


def _standing_row(work: Work, incident: storage.Incident) -> storage.Step | None:
    """Return the decision that waits for a second person: the last step, because every other one ends the waiting."""
    rows = storage.steps_of(work.session, incident.id)
    return rows[-1] if rows and rows[-1].step == Step.PROPOSE else None


def _opinion_in(work: Work, row: storage.Step | None) -> Opinion | None:
    """Return what a proposal says; None when its person does not review any more, because then nobody stands for it."""
    account = work.session.get(accounts.Account, row.actor_id) if row and row.actor_id else None
    if row is None or account is None or not accounts.is_reviewer(account):
        return None
    return Opinion(account.id, account.affiliation_id, Step(row.verdict), row.reason, row.other_id or "")


def has_proposal(work: Work, incident: storage.Incident) -> bool:
    """Tell whether somebody proposed a decision that nobody has confirmed or replaced."""
    return _standing_row(work, incident) is not None


def _standing_view(work: Work, incident: storage.Incident, view: IncidentView) -> Standing | None:
    row = _standing_row(work, incident)
    standing = _opinion_in(work, row)
    if row is None or standing is None:
        return None
    same = second_reviewers.opinion_of(work, standing.verdict, standing.reason, standing.other)
    organisations = _organisations(work, incident, standing.other)
    may_second = second_reviewers.settles(work, same, standing, organisations)
    return Standing(view.steps[-1], standing.reviewer == work.actor.id, may_second)


def _organisations(work: Work, incident: storage.Incident, other_id: str = "") -> frozenset[str]:
    """Return the organisations that recorded what is decided on: of a link both, and what is counted with either."""
    other = work.session.get(storage.Incident, other_id) if other_id else None
    return same_incident.organisations_of(work, [incident, *([other] if other else [])])


def _to_change(work: Work, reference: str, version: int | None) -> storage.Incident:
    incident = find(work, reference, Permission.DECIDE_INCIDENT, to_change=True)
    if version is not None and incident.version != version:
        raise ChangedMeanwhile
    return incident


def reviewers(work: Work) -> tuple[Reviewer, ...]:
    """Return the people to whom a record can be assigned, by name."""
    return tuple(
        Reviewer(row.reference, row.name, name_of(row.affiliation) if row.affiliation else None)
        for row in accounts.reviewers(work.session)
    )


def take(work: Work, reference: str, version: int | None = None) -> None:
    """Begin to work on an incident that nobody works on.

    Raises NotFound, NotAllowedNow, ChangedMeanwhile if it is not the version that was seen.
    """
    add_step(work, _to_change(work, reference, version), Step.TAKE)
    work.session.flush()


def put_back(work: Work, reference: str, version: int | None = None) -> None:
    """Leave an incident to somebody else; what was proposed does not stand any more.

    Raises what `take` raises.
    """
    add_step(work, _to_change(work, reference, version), Step.PUT_BACK)
    work.session.flush()


def assign(work: Work, reference: str, reviewer: str, due: date | None = None, version: int | None = None) -> None:
    """Give an incident to a reviewer, named by the reference of their account, to be decided by a day.

    Without a day the one that holds stays. Raises what `take` raises, NotFound for somebody who does not review, and
    Incomplete for a day that is over.
    """
    incident = _to_change(work, reference, version)
    chosen = next((row for row in accounts.reviewers(work.session) if row.reference == reviewer), None)
    if chosen is None:
        raise NotFound("account", reviewer)
    if due is not None and due < work.today:
        raise Incomplete([Problem("due", "over")])
    if State(incident.state) not in UNDECIDED:
        raise NotAllowedNow("assign", incident.state)
    if incident.state == State.SUBMITTED:
        add_step(work, incident, Step.TAKE)
    else:
        incident.version += 1
    incident.reviewer_id, incident.review_due = chosen.id, due or incident.review_due
    work.session.flush()
    notices.assigned(work, incident, chosen.id)
    audit.record(work, "incident.assign", "incident", incident.id, account=chosen.id)


def decide(work: Work, reference: str, version: int, decision: Decision) -> bool:
    """Accept, return, reject or link; returns whether that holds, or waits for a second person.

    What was proposed and what was found are both kept. An incident that nobody works on is taken first. Raises
    NotFound, NotAllowedNow, ChangedMeanwhile, Incomplete with the problems of the decision itself.
    """
    if decision.step is Step.LINK:
        # Both at once: somebody else may say at this moment that the other one is the same as this one.
        groups.lock_groups(work.session, [reference.upper(), decision.other.strip().upper()])
    incident = _to_change(work, reference, version)
    _check_can_follow(incident, decision.step)
    view = view_of(work, incident)
    alike = duplicates.candidates(work, view.reference, CANDIDATES, catching_up=False)
    proposals = propose(view.facts, work.today, len(alike))
    found = decision_problems(decision, view.facts, proposals)
    if found:
        raise Incomplete(found)
    other = _other(work, incident, decision)
    if incident.state == State.SUBMITTED:
        add_step(work, incident, Step.TAKE)
    decision = _completed(decision, view.facts)
    opinion = second_reviewers.opinion_of(work, decision.step, decision.reason, other.id if other else "")
    standing_row = _standing_row(work, incident)
    standing = _opinion_in(work, standing_row)
    holds = second_reviewers.settles(work, opinion, standing, _organisations(work, incident, opinion.other))
    if holds:
        row = _put_into_effect(work, incident, _with_words_of(incident, decision, opinion, standing_row, standing))
    else:
        row = _propose(work, incident, decision, opinion)
    _keep_findings(work, row, decision, proposals)
    return holds


def _check_can_follow(incident: storage.Incident, step: Step) -> None:
    """Let a decision pass that the table holds, where need be after the incident was taken.

    Raises NotAllowedNow.
    """
    state = State.IN_REVIEW if incident.state == State.SUBMITTED else State(incident.state)
    if step not in DECISIONS or (state, step) not in STEPS:
        raise NotAllowedNow(step, incident.state)


def _completed(decision: Decision, facts: Facts) -> Decision:
    """Return a decision with nothing in it that belongs to another kind of decision, or to other sources."""
    checks = tuple(
        replace(check, kind=source.kind) for check, source in zip(decision.checks, facts.sources, strict=False)
    )
    reason = decision.reason if decision.step is Step.REJECT else ""
    return replace(decision, checks=checks, reason=reason)


def _other(work: Work, incident: storage.Incident, decision: Decision) -> storage.Incident | None:
    """Return the record that an incident is to be counted with: the one that stands for all, where several are.

    Raises Incomplete when there is none, or the two cannot be counted as one.
    """
    if decision.step is not Step.LINK:
        return None
    try:
        named = find(work, decision.other.strip(), Permission.DECIDE_INCIDENT)
        other = groups.principal_of(work.session, named)
        check_link(_record(other), [_record(incident)])
    except NotFound:
        raise Incomplete([Problem("other", "unknown")]) from None
    except CannotLink as error:
        raise Incomplete([Problem("other", error.reason)]) from None
    return other


def _record(incident: storage.Incident) -> Record:
    return Record(incident.reference, State(incident.state), subject_of(incident).shared)


def _with_words_of(
    incident: storage.Incident,
    decision: Decision,
    opinion: Opinion,
    row: storage.Step | None,
    standing: Opinion | None,
) -> Decision:
    """Return a decision with what the first person wrote, where the second one agrees and writes nothing."""
    agrees = row is not None and standing is not None and opinion.agrees_with(standing)
    if row is None or not agrees or decision.text.strip():
        return decision
    return replace(decision, text=storage.texts_of_steps(incident, [row])[0])


def _put_into_effect(work: Work, incident: storage.Incident, decision: Decision) -> storage.Step:
    if decision.step is Step.LINK:
        same_incident.link(work, decision.other, [incident.reference], decision.text, agreed=True)
        row = storage.steps_of(work.session, incident.id)[-1]
        storage.store_notes(incident, row, _notes(decision))
        row.independent, row.verification = decision.independent, _level(decision)
    else:
        row = add_step(work, incident, decision.step, decision.text, decision.reason, **_details(decision))
    incident.rejection_reason = decision.reason
    if decision.step is not Step.RETURN and row.before != State.ACCEPTED:
        # What was accepted by itself keeps how well it is known: a link is undone to where it began.
        incident.verification = _level(decision)
    if decision.step is Step.ACCEPT:
        incident.late = _is_late(work, incident)
    work.session.flush()
    return row


def _propose(work: Work, incident: storage.Incident, decision: Decision, opinion: Opinion) -> storage.Step:
    return add_step(
        work,
        incident,
        Step.PROPOSE,
        decision.text,
        decision.reason,
        verdict=decision.step.value,
        other_id=opinion.other or None,
        **_details(decision),
    )


def _details(decision: Decision) -> dict[str, Any]:
    """Return what goes with the step of a decision; a question finds nothing."""
    if decision.step is Step.RETURN:
        return {}
    return {
        "notes": _notes(decision),
        "independent": decision.independent,
        "verification": _level(decision),
    }


def _notes(decision: Decision) -> str:
    said = {test.value: text.strip() for test, text in decision.notes.items() if text.strip()}
    return json.dumps(said, ensure_ascii=False) if said else ""


def _level(decision: Decision) -> VerificationLevel:
    return level(decision.checks, decision.independent)


def _is_late(work: Work, incident: storage.Incident) -> bool:
    """Tell whether the data year was frozen for a submission without the incident."""
    if incident.year is None or not release_storage.is_submitted(work.session, incident.year):
        return False
    return not release_storage.was_submitted(work.session, incident.id)


def _keep_findings(work: Work, row: storage.Step, decision: Decision, proposals: Collection[Proposal]) -> None:
    work.session.add_all(
        storage.StepFinding(
            step_id=row.id,
            test=proposal.test.value,
            proposed=proposal.finding.value,
            found=decision.findings.get(proposal.test, proposal.finding).value,
        )
        for proposal in proposals
    )
    work.session.add_all(
        storage.StepSource(step_id=row.id, position=position, **vars(check))
        for position, check in enumerate(decision.checks)
        if decision.step is not Step.RETURN
    )
    work.session.flush()


def reopen(work: Work, reference: str, version: int, why: str) -> None:
    """Take a decision back, with a reason; the incident waits again.

    It takes one person, who only puts the question again, but nobody from an organisation that recorded it. Raises
    NotApproved for these, Incomplete without a reason, and what `decide` raises.
    """
    incident = _to_change(work, reference, version)
    if is_own_case(work.actor.affiliation, _organisations(work, incident)):
        raise NotApproved("own_case")
    if not why.strip():
        raise Incomplete([Problem("text", "reason_missing")])
    add_step(work, incident, Step.REOPEN, why)
    work.session.flush()

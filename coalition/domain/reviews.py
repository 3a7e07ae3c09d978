"""The states of an incident and the one table of steps between them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from coalition.domain.criterion import Finding, Proposal, Test
from coalition.domain.errors import NotAllowedNow
from coalition.domain.incidents import Facts, Problem
from coalition.domain.verification import SourceCheck
from coalition.domain.vocabulary import RejectionReason, State


class Step(StrEnum):
    """What a person does that changes an incident's state."""

    SUBMIT = "submit"
    """The member hands the incident, or an answer, to the coordinator."""
    WITHDRAW = "withdraw"
    """The member takes it back before it is decided."""
    TAKE = "take"
    """A reviewer begins to work on it."""
    PUT_BACK = "put_back"
    """The reviewer leaves it to somebody else."""
    PROPOSE = "propose"
    """A reviewer says how it should be decided, and a second person has to say the same."""
    ACCEPT = "accept"
    RETURN = "return"
    """The reviewer sends it back with a question."""
    REJECT = "reject"
    LINK = "link"
    """It is about the same incident as another record, and is counted with that one."""
    UNLINK = "unlink"
    """It is not, after all: it stands again where it stood before."""
    REOPEN = "reopen"
    """A decision is taken back, with a reason."""


STEPS: Mapping[tuple[State, Step], tuple[State, ...]] = {
    (State.DRAFT, Step.SUBMIT): (State.SUBMITTED,),
    (State.RETURNED, Step.SUBMIT): (State.IN_REVIEW,),
    (State.SUBMITTED, Step.WITHDRAW): (State.DRAFT,),
    (State.IN_REVIEW, Step.WITHDRAW): (State.DRAFT,),
    (State.RETURNED, Step.WITHDRAW): (State.DRAFT,),
    (State.SUBMITTED, Step.TAKE): (State.IN_REVIEW,),
    (State.IN_REVIEW, Step.PUT_BACK): (State.SUBMITTED,),
    (State.IN_REVIEW, Step.PROPOSE): (State.IN_REVIEW,),
    (State.IN_REVIEW, Step.ACCEPT): (State.ACCEPTED,),
    (State.IN_REVIEW, Step.RETURN): (State.RETURNED,),
    (State.IN_REVIEW, Step.REJECT): (State.REJECTED,),
    (State.IN_REVIEW, Step.LINK): (State.DUPLICATE,),
    (State.ACCEPTED, Step.LINK): (State.DUPLICATE,),
    (State.DUPLICATE, Step.UNLINK): (State.IN_REVIEW, State.ACCEPTED),
    (State.ACCEPTED, Step.REOPEN): (State.IN_REVIEW,),
    (State.REJECTED, Step.REOPEN): (State.IN_REVIEW,),
}
"""Every allowed step, and where it leads; what is not here is refused. Undoing a link leads back to where it began."""

EDITABLE = frozenset({State.DRAFT, State.RETURNED})
"""The states in which the member may change the facts."""

OF_THE_MEMBER = frozenset({Step.SUBMIT, Step.WITHDRAW})
"""The steps of the recording organisation; the coalition is told the organisation, not the person."""

DECISIONS = (Step.ACCEPT, Step.RETURN, Step.REJECT, Step.LINK)
"""A reviewer's answers."""

UNDECIDED = (State.SUBMITTED, State.IN_REVIEW)
"""The states in which an incident waits for the coalition."""


def after(state: State, step: Step, before: State | None = None) -> State:
    """Return the state that a step leads to; `before` is where a step that undoes another one leads back to.

    Raises NotAllowedNow if the table does not hold it.
    """
    leads_to = STEPS.get((state, step), ())
    if len(leads_to) == 1:
        return leads_to[0]
    if before is None or before not in leads_to:
        raise NotAllowedNow(step, state)
    return before


@dataclass(frozen=True)
class Decision:
    """A coordinator's answer to one incident."""

    step: Step
    findings: Mapping[Test, Finding]
    """What the person found for every test; stored beside what the software proposed."""
    reason: str = ""
    """Why it is rejected: a RejectionReason."""
    text: str = ""
    """The question when it is returned; a remark otherwise."""
    other: str = ""
    """Of a link: the reference of the record that it is counted with."""
    notes: Mapping[Test, str] = field(default_factory=dict)
    """Why the person found what they found, where they said so."""
    checks: tuple[SourceCheck, ...] = ()
    """What was checked of the sources."""
    independent: str = ""
    """A Finding: whether two sources that do not depend on each other say so; empty while nobody asked."""


def decision_problems(decision: Decision, facts: Facts, proposals: Collection[Proposal] = ()) -> tuple[Problem, ...]:
    """Return why a decision cannot be taken: each with the field of the decision form.

    Who finds something else than the software definitely proposed says why, so that it can be understood later; a
    question to the member is asked before anything is found.
    """
    found = []
    if decision.step is Step.RETURN:
        return () if decision.text.strip() else (Problem("text", "question_missing"),)
    if decision.step is Step.REJECT and decision.reason not in set(RejectionReason):
        found.append(Problem("reason", "missing"))
    if decision.step is Step.LINK and not decision.other.strip():
        found.append(Problem("other", "missing"))
    if decision.step is Step.ACCEPT:
        found += _against_accepting(decision, facts)
    said = {problem.field for problem in found}
    unsaid = (test for test in unexplained(decision, proposals) if f"test_{test.value}" not in said)
    return (*found, *(Problem(f"note_{test.value}", "missing") for test in unsaid))


def _against_accepting(decision: Decision, facts: Facts) -> list[Problem]:
    found = [
        Problem(f"test_{test.value}", "accepted_against")
        for test, finding in decision.findings.items()
        if finding is Finding.NO
    ]
    if facts.date is None or facts.type is None or not facts.motivations:
        found.append(Problem("step", "not_countable"))
    return found


def unexplained(decision: Decision, proposals: Collection[Proposal]) -> tuple[Test, ...]:
    """Return the tests in which the person found something else than a definite proposal and does not say why."""
    return tuple(
        proposal.test
        for proposal in proposals
        if proposal.finding is not Finding.UNCLEAR
        and decision.findings.get(proposal.test, proposal.finding) is not proposal.finding
        and not decision.notes.get(proposal.test, "").strip()
    )


@dataclass(frozen=True)
class Opinion:
    """What one reviewer says should become of an incident."""

    reviewer: str
    """The id of the account."""
    affiliation: str | None
    """The member that the reviewer comes from."""
    verdict: Step
    reason: str = ""
    other: str = ""
    """Of a link: the id of the record that it is counted with."""

    def agrees_with(self, other: "Opinion") -> bool:
        """Tell whether both say the same: the same verdict, for the same reason, with the same record."""
        return (self.verdict, self.reason, self.other) == (other.verdict, other.reason, other.other)


def is_own_case(affiliation: str | None, organisations: Collection[str]) -> bool:
    """Tell whether a reviewer comes from one of the organisations whose records are decided on."""
    return affiliation is not None and affiliation in organisations


def needs_second(affiliation: str | None, organisations: Collection[str], *, always: bool) -> bool:
    """Tell whether a reviewer's decision waits for a second person.

    `organisations` recorded what is decided on: one, or of a link both. `always` is the coalition's setting. Nobody
    decides alone on a case of their own organisation, whatever the setting: "verified how?" is the first question that
    the figures are asked.
    """
    return always or is_own_case(affiliation, organisations)


def seconds(opinion: Opinion, standing: Opinion, organisations: Collection[str]) -> bool:
    """Tell whether an opinion confirms the standing proposal: another person's, the same, and not both from one side.

    One of the two has to come from elsewhere than the organisations whose records are decided on.
    """
    partial = [is_own_case(each.affiliation, organisations) for each in (opinion, standing)]
    return opinion.reviewer != standing.reviewer and opinion.agrees_with(standing) and not all(partial)


def takes_effect(opinion: Opinion, standing: Opinion | None, organisations: Collection[str], *, always: bool) -> bool:
    """Tell whether a decision holds at once; otherwise it is proposed, in the place of whatever was proposed before.

    A question to the member decides nothing and never waits.
    """
    if opinion.verdict is Step.RETURN or not needs_second(opinion.affiliation, organisations, always=always):
        return True
    return standing is not None and seconds(opinion, standing, organisations)


DEFAULT_REVIEW_DAYS = 14
"""Days from the moment a record is taken until it should be decided: this software's own proposal, and a setting."""
LONGEST_REVIEW_DAYS = 365


def due_after(state: State, due: date | None, today: date, days: int) -> date | None:
    """Return the day by which an incident in a state should be decided: none while it does not wait for a reviewer."""
    if state not in UNDECIDED:
        return None
    return due or today + timedelta(days=days)


def is_overdue(state: State, due: date | None, today: date) -> bool:
    """Tell whether somebody should have decided before today."""
    return state in UNDECIDED and due is not None and due < today

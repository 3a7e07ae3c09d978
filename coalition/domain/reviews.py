"""The states of an incident and the one table of steps between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from coalition.domain.criterion import Finding, Test
from coalition.domain.errors import NotAllowedNow
from coalition.domain.incidents import Facts, Problem
from coalition.domain.vocabulary import RejectionReason, State


class Step(StrEnum):
    """What a person does that changes an incident's state."""

    SUBMIT = "submit"
    """The member hands the incident, or an answer, to the coordinator."""
    WITHDRAW = "withdraw"
    """The member takes it back before it is decided."""
    ACCEPT = "accept"
    RETURN = "return"
    """The coordinator sends it back with a question."""
    REJECT = "reject"
    REOPEN = "reopen"
    """The coordinator takes a decision back, with a reason."""


STEPS: Mapping[tuple[State, Step], State] = {
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Step.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Step.WITHDRAW): State.DRAFT,
    (State.RETURNED, Step.WITHDRAW): State.DRAFT,
    (State.SUBMITTED, Step.ACCEPT): State.ACCEPTED,
    (State.SUBMITTED, Step.RETURN): State.RETURNED,
    (State.SUBMITTED, Step.REJECT): State.REJECTED,
    (State.ACCEPTED, Step.REOPEN): State.SUBMITTED,
    (State.REJECTED, Step.REOPEN): State.SUBMITTED,
}
"""Every allowed step; what is not here is refused."""

EDITABLE = frozenset({State.DRAFT, State.RETURNED})
"""The states in which the member may change the facts."""

OF_THE_MEMBER = frozenset({Step.SUBMIT, Step.WITHDRAW})
"""The steps of the recording organisation; the coalition is told the organisation, not the person."""

DECISIONS = (Step.ACCEPT, Step.RETURN, Step.REJECT)
"""The coordinator's three answers."""


def after(state: State, step: Step) -> State:
    """Return the state that a step leads to.

    Raises NotAllowedNow if the table does not hold it.
    """
    try:
        return STEPS[state, step]
    except KeyError:
        raise NotAllowedNow(step, state) from None


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


def decision_problems(decision: Decision, facts: Facts) -> tuple[Problem, ...]:
    """Return why a decision cannot be taken: each with the field of the decision form."""
    found = []
    if decision.step is Step.RETURN and not decision.text.strip():
        found.append(Problem("text", "question_missing"))
    if decision.step is Step.REJECT and decision.reason not in set(RejectionReason):
        found.append(Problem("reason", "missing"))
    if decision.step is Step.ACCEPT:
        found += [
            Problem(f"test_{test.value}", "accepted_against")
            for test, finding in decision.findings.items()
            if finding is Finding.NO
        ]
        if facts.date is None or facts.type is None or not facts.motivations:
            found.append(Problem("step", "not_countable"))
    return tuple(found)

"""Incidents at every point of their life, made through the services as people make them."""

from dataclasses import fields, replace
from typing import Any

from coalition.db import incidents as storage
from coalition.domain.incidents import Facts
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import RejectionReason, State
from coalition.services import incidents, reviews
from coalition.services.incident_views import IncidentView
from tests.conftest import Coalition
from tests.diary import done_once
from tests.domain.samples import COMPLETE

ACCEPT = Decision(Step.ACCEPT, {})
ASK = Decision(Step.RETURN, {}, text="Which street was it?")
REJECT = Decision(Step.REJECT, {}, reason=RejectionReason.NOT_CRIMINAL.value, text="No law is broken.")


def answers(facts: Facts) -> dict[str, Any]:
    """Return facts as the form sends them: field by field."""
    return {item.name: getattr(facts, item.name) for item in fields(Facts)}


@done_once
def begun(coalition: Coalition, facts: Facts = COMPLETE, who: str = "case_worker") -> str:
    """Keep a draft; returns its reference."""
    with coalition.work(who) as work:
        return incidents.begin_incident(work, answers(facts))


def read(coalition: Coalition, reference: str, who: str = "case_worker") -> IncidentView:
    """Read the member's record, with the identity if this person may see it."""
    with coalition.reading(who) as work:
        view = incidents.read_incident(work, reference)
        return incidents.unseal_incident(work, reference) if view.may_unseal else view


def version_of(coalition: Coalition, reference: str, who: str = "case_worker") -> int:
    """Return the version of a record, as every page about it carries it."""
    with coalition.reading(who) as work:
        row = storage.incident_with_reference(work.session, reference)
        assert row is not None
        return row.version


@done_once
def submit(coalition: Coalition, reference: str, who: str = "case_worker", answer: str = "") -> None:
    """Hand it, or an answer, to the coordinator."""
    version = version_of(coalition, reference, who)
    with coalition.work(who) as work:
        incidents.submit_incident(work, reference, version, answer)


@done_once
def withdraw(coalition: Coalition, reference: str, who: str = "case_worker") -> None:
    """Take it back."""
    version = version_of(coalition, reference, who)
    with coalition.work(who) as work:
        incidents.withdraw_incident(work, reference, version)


@done_once
def save(coalition: Coalition, reference: str, who: str = "case_worker", **changes: object) -> int:
    """Change some facts; returns the new version."""
    version = version_of(coalition, reference, who)
    with coalition.work(who) as work:
        return incidents.save_incident(work, reference, version, changes)


@done_once
def decide(coalition: Coalition, reference: str, decision: Decision = ACCEPT, who: str = "coordinator") -> bool:
    """Let a coordinator decide; returns whether that holds."""
    version = version_of(coalition, reference, who)
    with coalition.work(who) as work:
        return reviews.decide(work, reference, version, decision)


@done_once
def reopen(coalition: Coalition, reference: str, why: str = "A witness was found.") -> None:
    """Let the coordinator take a decision back."""
    version = version_of(coalition, reference)
    with coalition.work("coordinator") as work:
        reviews.reopen(work, reference, version, why)


@done_once
def take(coalition: Coalition, reference: str, who: str = "coordinator") -> None:
    """Let a coordinator begin to work on it."""
    with coalition.work(who) as work:
        reviews.take(work, reference)


@done_once
def in_state(
    coalition: Coalition, state: State, facts: Facts = COMPLETE, who: str = "case_worker", words: str = ""
) -> str:
    """Take an incident to a state; returns its reference. `words` replace what the coordinator says.

    What is counted with another record has one of the same organisation that it is counted with.
    """
    reference = begun(coalition, facts, who)
    if state is not State.DRAFT:
        submit(coalition, reference, who)
    if state is State.IN_REVIEW:
        take(coalition, reference)
    if state is State.DUPLICATE:
        other = in_state(coalition, State.ACCEPTED, facts, who)
        decide(coalition, reference, Decision(Step.LINK, {}, other=other, text=words))
    decision = {State.ACCEPTED: ACCEPT, State.RETURNED: ASK, State.REJECTED: REJECT}.get(state)
    if decision:
        decide(coalition, reference, replace(decision, text=words or decision.text))
    return reference

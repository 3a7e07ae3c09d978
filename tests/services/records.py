"""Incidents at every point of their life, made through the services as people make them."""

from dataclasses import fields, replace
from typing import Any

from coalition.domain.incidents import Facts
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import RejectionReason, State
from coalition.services import incidents, reviews
from coalition.services.incident_views import IncidentView
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE

ACCEPT = Decision(Step.ACCEPT, {})
ASK = Decision(Step.RETURN, {}, text="Which street was it?")
REJECT = Decision(Step.REJECT, {}, reason=RejectionReason.NOT_CRIMINAL.value, text="No law is broken.")


def answers(facts: Facts) -> dict[str, Any]:
    """Return facts as the form sends them: field by field."""
    return {item.name: getattr(facts, item.name) for item in fields(Facts)}


def begun(coalition: Coalition, facts: Facts = COMPLETE, who: str = "case_worker") -> str:
    """Keep a draft; returns its reference."""
    with coalition.work(who) as work:
        return incidents.begin_incident(work, answers(facts))


def read(coalition: Coalition, reference: str, who: str = "case_worker") -> IncidentView:
    """Read the member's record, with the identity if this person may see it."""
    with coalition.reading(who) as work:
        view = incidents.read_incident(work, reference)
        return incidents.unseal_incident(work, reference) if view.may_unseal else view


def submit(coalition: Coalition, reference: str, who: str = "case_worker", answer: str = "") -> None:
    """Hand it, or an answer, to the coordinator."""
    version = read(coalition, reference, who).version
    with coalition.work(who) as work:
        incidents.submit_incident(work, reference, version, answer)


def withdraw(coalition: Coalition, reference: str, who: str = "case_worker") -> None:
    """Take it back."""
    version = read(coalition, reference, who).version
    with coalition.work(who) as work:
        incidents.withdraw_incident(work, reference, version)


def save(coalition: Coalition, reference: str, who: str = "case_worker", **changes: object) -> int:
    """Change some facts; returns the new version."""
    version = read(coalition, reference, who).version
    with coalition.work(who) as work:
        return incidents.save_incident(work, reference, version, changes)


def decide(coalition: Coalition, reference: str, decision: Decision = ACCEPT) -> None:
    """Let the coordinator decide."""
    with coalition.reading("coordinator") as work:
        version = reviews.open_review(work, reference).incident.version
    with coalition.work("coordinator") as work:
        reviews.decide(work, reference, version, decision)


def reopen(coalition: Coalition, reference: str, why: str = "A witness was found.") -> None:
    """Let the coordinator take a decision back."""
    with coalition.reading("coordinator") as work:
        version = reviews.open_review(work, reference).incident.version
    with coalition.work("coordinator") as work:
        reviews.reopen(work, reference, version, why)


def in_state(
    coalition: Coalition, state: State, facts: Facts = COMPLETE, who: str = "case_worker", words: str = ""
) -> str:
    """Take an incident to a state; returns its reference. `words` replace what the coordinator says."""
    reference = begun(coalition, facts, who)
    if state is not State.DRAFT:
        submit(coalition, reference, who)
    decision = {State.ACCEPTED: ACCEPT, State.RETURNED: ASK, State.REJECTED: REJECT}.get(state)
    if decision:
        decide(coalition, reference, replace(decision, text=words or decision.text))
    return reference

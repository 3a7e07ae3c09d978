"""What the steps of incidents say of the review as a whole."""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from coalition.db.incidents import Incident, Step, may_leave
from coalition.db.organisations import Organisation
from coalition.domain.consents import WayOut
from coalition.domain.review_numbers import Handled, days_to_decision
from coalition.domain.reviews import Step as StepKind
from coalition.domain.vocabulary import State

_DECIDED_BY = {State.ACCEPTED: StepKind.ACCEPT, State.REJECTED: StepKind.REJECT, State.DUPLICATE: StepKind.LINK}
"""Which step made the decision in force: one that was taken back again does not count."""


def handled_records(session: Session, year: int) -> list[Handled]:
    """Return how every record of a data year was handled that was handed in and that the coalition may see."""
    handed_in = Incident.state != State.DRAFT.value
    return _handled(session, Incident.year == year, handed_in, may_leave(WayOut.REVIEW))


def handled_record(session: Session, incident_id: str) -> Handled:
    """Return how one record was handled."""
    return _handled(session, Incident.id == incident_id)[0]


def _handled(session: Session, *which: ColumnElement[bool]) -> list[Handled]:
    steps = {state.value: step.value for state, step in _DECIDED_BY.items()}
    in_force = Step.step == case(steps, value=Incident.state, else_="")
    times = (
        select(
            Step.incident_id,
            func.min(Step.at).filter(Step.step == StepKind.SUBMIT.value).label("submitted_at"),
            func.max(Step.at).filter(in_force, Step.actor_id.is_not(None)).label("decided_at"),
            func.count().filter(Step.step == StepKind.RETURN.value).label("asked"),
        )
        .join(Incident, Incident.id == Step.incident_id)
        .where(*which)
        .group_by(Step.incident_id)
        .subquery()
    )
    query = (
        select(Organisation.name, Incident.state, Incident.rejection_reason, *times.c)
        .join(Organisation, Organisation.id == Incident.organisation_id)
        .outerjoin(times, times.c.incident_id == Incident.id)
        .where(*which)
        .order_by(Incident.id)
    )
    return [
        Handled(
            row.name,
            State(row.state),
            row.rejection_reason,
            days_to_decision(State(row.state), row.submitted_at, row.decided_at),
            bool(row.asked),
        )
        for row in session.execute(query)
    ]

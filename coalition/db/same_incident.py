"""Records that are counted as one incident: who is counted with whom."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from coalition.db.incidents import PARTS, Incident, Step
from coalition.domain.reviews import Step as StepKind
from coalition.domain.same_incident import LinkStep
from coalition.domain.vocabulary import State


def lock_groups(session: Session, references: Collection[str]) -> None:
    """Keep others from changing some records, and all that are counted with the same ones, meanwhile.

    Always in the same order, so that two people who link at the same moment wait for each other instead of for ever.
    """
    chosen = select(func.coalesce(Incident.same_as_id, Incident.id)).where(Incident.reference.in_(references))
    query = select(Incident.id).where(or_(Incident.id.in_(chosen), Incident.same_as_id.in_(chosen)))
    session.execute(query.order_by(Incident.id).with_for_update(of=Incident)).all()


def linked_with(session: Session, principal_id: str) -> list[Incident]:
    """Return the records that are counted with another one, in the order in which they were linked."""
    query = (
        select(Incident)
        .where(Incident.same_as_id == principal_id, Incident.state == State.DUPLICATE.value)
        .options(*(selectinload(part) for part in PARTS))
        .order_by(Incident.decided_at, Incident.id)
        # What was read before `lock_groups` waited may have changed meanwhile.
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def principal_of(session: Session, incident: Incident) -> Incident:
    """Return the record that an incident is counted with: itself unless it is linked."""
    if incident.state != State.DUPLICATE.value or incident.same_as_id is None:
        return incident
    return session.get_one(Incident, incident.same_as_id)


def links_of(session: Session, incident_id: str) -> list[Step]:
    """Return the steps that linked a record, oldest first."""
    query = select(Step).where(Step.incident_id == incident_id, Step.step == StepKind.LINK.value)
    return list(session.scalars(query.order_by(Step.at, Step.id)))


def told_of(links: Collection[Step]) -> list[LinkStep]:
    """Return what the rules need to know of steps that linked a record."""
    return [LinkStep(step.other_id, step.reason) for step in links]


def last_accepted(session: Session, incident_id: str) -> Step | None:
    """Return the step that accepted a record for the last time."""
    query = select(Step).where(Step.incident_id == incident_id, Step.step == StepKind.ACCEPT.value)
    return session.scalar(query.order_by(Step.at.desc(), Step.id.desc()).limit(1))

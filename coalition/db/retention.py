"""Which records are due for review: the list that a lead works through, and what the policy needs to make it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base
from coalition.db.incidents import Incident
from coalition.db.organisations import Organisation
from coalition.db.types import Moment


class DueReview(Base, kw_only=True):
    """One record on its lead's list, until the lead keeps it or it is erased."""

    __tablename__ = "due_review"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    due_since: Mapped[date]
    listed_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Kept:
    """What retention needs of one record: no text, no place."""

    id: str
    reference: str
    member: str
    """The organisation's code."""
    state: str
    basis: str
    changed_at: datetime
    review_on: date | None
    hold: str
    listed: bool


def kept_records(session: Session) -> list[Kept]:
    """Return every record, the longest unchanged first."""
    query = (
        select(
            Incident.id,
            Incident.reference,
            Organisation.code,
            Incident.state,
            Incident.basis,
            Incident.changed_at,
            Incident.review_on,
            Incident.hold_reason,
            DueReview.incident_id,
        )
        .join(Organisation, Organisation.id == Incident.organisation_id)
        .outerjoin(DueReview, DueReview.incident_id == Incident.id)
        .order_by(Incident.changed_at, Incident.id)
    )
    return [Kept(*row[:7], hold=row.hold_reason or "", listed=row[8] is not None) for row in session.execute(query)]


def take_off(session: Session, incident_ids: Sequence[str]) -> None:
    """Take records off the lists on which they stand."""
    for begin in range(0, len(incident_ids), 500):
        some = incident_ids[begin : begin + 500]
        session.execute(delete(DueReview).where(DueReview.incident_id.in_(some)))


def due_of(session: Session, organisation_id: str, *, offset: int, limit: int) -> list[tuple[DueReview, Incident]]:
    """Return one page of an organisation's list, the longest due first."""
    query = (
        select(DueReview, Incident)
        .join(Incident, Incident.id == DueReview.incident_id)
        .where(Incident.organisation_id == organisation_id)
        .order_by(DueReview.due_since, DueReview.incident_id)
    )
    return [(due, incident) for due, incident in session.execute(query.offset(offset).limit(limit))]


def count_due(session: Session, organisation_id: str) -> int:
    """Count the records on an organisation's list."""
    query = select(func.count()).select_from(DueReview).join(Incident, Incident.id == DueReview.incident_id)
    return session.scalar(query.where(Incident.organisation_id == organisation_id)) or 0

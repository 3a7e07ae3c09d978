"""What was changed in an incident, field by field, with every save."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.keys import keys_of
from coalition.db.messages import Message
from coalition.db.types import Moment
from coalition.domain.history import Change, Changed, as_text, from_text
from coalition.encryption import CannotOpen, seal_text


class IncidentChange(Base, kw_only=True):
    """One save, or several of one person in one sitting: every field that changed, with its old and its new value."""

    __tablename__ = "incident_change"
    __table_args__ = (Index("ix_incident_change_incident_id_version", "incident_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    first_version: Mapped[int]
    """The incident's version before."""
    version: Mapped[int]
    """The incident's version after."""
    first_at: Mapped[datetime] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)
    """Of the last of several saves."""
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    content: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: JSON of [old, new] by field."""


def _place(row: IncidentChange) -> str:
    return f"incident_change.content/{row.id}:{row.incident_id}"


def store_change(session: Session, row: IncidentChange, changed: Mapping[str, Changed]) -> None:
    """Store a change, new or longer than before, with the facts that it changed.

    Raises CannotOpen once the incident's key was destroyed.
    """
    key = keys_of(session).of(row.incident_id)
    if key is None:
        raise CannotOpen(_place(row))
    row.content = seal_text(key, as_text(changed), _place(row))
    session.add(row)
    session.flush()


def change_of(session: Session, row: IncidentChange) -> Change:
    """Open a change; it says nothing once the incident's key was destroyed."""
    keys = keys_of(session)
    changed: Mapping[str, Changed] = {}
    if row.content and keys.of(row.incident_id) is not None:
        changed = from_text(keys.unseal(row.incident_id, row.content, _place(row)).decode())
    return Change(row.first_version, row.version, changed)


def latest_change(session: Session, incident_id: str) -> IncidentChange | None:
    """Return the last change of an incident; None where its history has not begun."""
    query = select(IncidentChange).where(IncidentChange.incident_id == incident_id)
    return session.scalar(query.order_by(IncidentChange.version.desc()).limit(1))


def changes_since(session: Session, incident_id: str, version: int = -1) -> list[IncidentChange]:
    """Return the changes of an incident that led beyond a version, the latest first."""
    query = select(IncidentChange).where(IncidentChange.incident_id == incident_id, IncidentChange.version > version)
    return list(session.scalars(query.order_by(IncidentChange.version.desc())))


def has_message_since(session: Session, incident_id: str, moment: datetime) -> bool:
    """Tell whether somebody wrote something about an incident since a moment."""
    query = select(Message.id).where(Message.incident_id == incident_id, Message.at >= moment)
    return session.scalar(query.limit(1)) is not None

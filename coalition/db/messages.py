"""What reviewers and members say to each other about an incident."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.keys import keys_of
from coalition.db.types import Moment
from coalition.encryption import CannotOpen, seal_text


class Message(Base, kw_only=True):
    """A comment, a question or an answer. Nobody changes what was said."""

    __tablename__ = "incident_message"
    __table_args__ = (Index("ix_incident_message_incident_id_at", "incident_id", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    kind: Mapped[str]
    """"comment", "question" or "answer"."""
    inside: Mapped[bool] = mapped_column(default=False)
    """Whether it stays among the coalition's reviewers."""
    of_member: Mapped[bool] = mapped_column(default=False)
    """Whether somebody of the recording organisation wrote it, as things were then."""
    answers_id: Mapped[str | None] = mapped_column(
        ForeignKey("incident_message.id", ondelete="CASCADE"), index=True, default=None
    )
    """The question that it answers."""
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    at: Mapped[datetime] = mapped_column(Moment)
    text: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""


def _place(row: Message) -> str:
    # As every sealed value is placed, so that renewing a key finds it: `coalition.db.resealing`.
    return f"incident_message.text/{row.id}:{row.incident_id}"


def add_message(session: Session, row: Message, text: str) -> None:
    """Store a message with its text, sealed with the incident's key.

    Raises CannotOpen when that key is destroyed already: the incident is being erased.
    """
    key = keys_of(session).of(row.incident_id)
    if key is None:
        raise CannotOpen(_place(row))
    row.text = seal_text(key, text, _place(row))
    session.add(row)
    session.flush()


def text_of(session: Session, row: Message) -> str:
    """Return what a message says; empty once the incident's key is destroyed."""
    keys = keys_of(session)
    if keys.of(row.incident_id) is None:
        return ""
    return keys.unseal(row.incident_id, row.text, _place(row)).decode()


def messages_of(session: Session, incident_id: str, *, inside: bool) -> list[Message]:
    """Return the messages about an incident, oldest first; with what stays among reviewers, or without."""
    query = select(Message).where(Message.incident_id == incident_id)
    if not inside:
        query = query.where(Message.inside.is_(False))
    return list(session.scalars(query.order_by(Message.at, Message.id)))


def message_with_reference(session: Session, incident_id: str, reference: str) -> Message | None:
    """Return a message about an incident by its own reference, letter case aside."""
    query = select(Message).where(Message.incident_id == incident_id, Message.reference == reference.upper())
    return session.scalar(query)


def open_questions(session: Session, incident_id: str) -> list[Message]:
    """Return the questions about an incident that nobody has answered, oldest first."""
    rows = messages_of(session, incident_id, inside=False)
    answered = {row.answers_id for row in rows}
    return [row for row in rows if row.kind == "question" and row.id not in answered]

"""The log of who did what: appended to, never changed. Codes and ids, no content.

Each entry carries a number and a hash over itself and the hash before it, made with a key that is not in the database
(`coalition.domain.log`). How far the log has come is kept beside the keys, so that entries cut off its end are missed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Select, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment
from coalition.domain.log import Entry

_LOCK = 0x0C0A1171
"""Number of PostgreSQL's advisory lock under which the log grows."""


class AuditEntry(Base, kw_only=True):
    """One act."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject"),
        Index("ix_audit_entry_actor_at", "actor", "at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    actor: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    subject_kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    hash: Mapped[str]


def entry_of(row: AuditEntry) -> Entry:
    """Return what an entry says, as its hash covers it."""
    return Entry(
        number=row.number,
        id=row.id,
        at=row.at,
        actor=row.actor,
        role=row.role,
        action=row.action,
        subject_kind=row.subject_kind,
        subject=row.subject,
        details=row.details,
    )


def newest(session: Session) -> tuple[int, str]:
    """Return number and hash of the newest entry, (0, "") of an empty log; nobody else appends until the commit."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    row = session.execute(
        select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    return (row.number, row.hash) if row else (0, "")


def hash_of(session: Session, number: int) -> str | None:
    """Return the hash of the entry with this number."""
    return session.scalar(select(AuditEntry.hash).where(AuditEntry.number == number))


def entries_after(session: Session, number: int, limit: int) -> list[AuditEntry]:
    """Return the entries that follow one, the oldest first."""
    query = select(AuditEntry).where(AuditEntry.number > number).order_by(AuditEntry.number).limit(limit)
    return list(session.scalars(query))


def all_entries(session: Session, batch: int = 1000) -> Iterator[AuditEntry]:
    """Yield every entry in the order of their numbers, a batch at a time."""
    last: int | None = None
    while True:
        query = select(AuditEntry).order_by(AuditEntry.number).limit(batch)
        rows = list(session.scalars(query if last is None else query.where(AuditEntry.number > last)))
        if not rows:
            return
        last = rows[-1].number
        for row in rows:
            # Let it go at once: a log of years need not fit into memory.
            session.expunge(row)
            yield row


@dataclass(frozen=True)
class LogFilter:
    """Which entries a list shows; None means all."""

    actions: tuple[str, ...] = ()
    actor: str | None = None
    subject_kind: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _filtered(query: Select[AuditEntry], wanted: LogFilter) -> Select[AuditEntry]:
    if wanted.actions:
        query = query.where(AuditEntry.action.in_(wanted.actions))
    equal: Mapping[str, str | None] = {
        "actor": wanted.actor,
        "subject_kind": wanted.subject_kind,
        "subject": wanted.subject,
    }
    for name, value in equal.items():
        if value is not None:
            query = query.where(getattr(AuditEntry, name) == value)
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return query


def list_entries(session: Session, wanted: LogFilter, *, offset: int = 0, limit: int = 100) -> list[AuditEntry]:
    """Return one page of entries, the newest first."""
    query = _filtered(select(AuditEntry), wanted).order_by(AuditEntry.number.desc())
    return list(session.scalars(query.offset(offset).limit(limit)))


def count_entries(session: Session, wanted: LogFilter) -> int:
    """Count the entries that a list would show."""
    chosen = _filtered(select(AuditEntry), wanted).with_only_columns(AuditEntry.number).subquery()
    return session.scalar(select(func.count()).select_from(chosen)) or 0


def newest_but(
    session: Session, actor: str, actions: Collection[str], subject_kinds: Collection[str], number: int
) -> datetime | None:
    """Return when somebody did one of some acts to one of some kinds, leaving out the newest so many; None if never."""
    query = select(AuditEntry.at).where(
        AuditEntry.actor == actor, AuditEntry.action.in_(actions), AuditEntry.subject_kind.in_(subject_kinds)
    )
    return session.scalar(query.order_by(AuditEntry.at.desc()).offset(number).limit(1))


def entries_about(session: Session, subject_kind: str, subject: str) -> list[AuditEntry]:
    """Return the entries about one subject, the newest first."""
    wanted = LogFilter(subject_kind=subject_kind, subject=subject)
    return list(session.scalars(_filtered(select(AuditEntry), wanted).order_by(AuditEntry.number.desc())))


def actions_used(session: Session) -> list[str]:
    """Return every action that the log holds, by name."""
    return list(session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)))


def actors_used(session: Session) -> list[str]:
    """Return the id of everybody whom the log holds."""
    return list(session.scalars(select(AuditEntry.actor).distinct()))

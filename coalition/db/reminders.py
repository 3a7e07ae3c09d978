"""Reminders: the coalition says to a member that a data year waits for it. They name a year and nothing of any case."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.types import Moment


class Reminder(Base, kw_only=True):
    """One reminder to one member; at most one a day, so that nobody is pressed."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("organisation_id", "day"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int]
    """The data year."""
    day: Mapped[date]
    """In the coalition's time zone."""
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """Who reminded; None for the command line."""
    settled_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """Who put it aside; None where a later reminder took its place, or the deadline passed."""


@dataclass(frozen=True)
class Reminded:
    """The last reminder to a member about a year."""

    at: datetime
    day: date
    by: str
    """Name of the person; empty for the command line."""
    waits: bool
    """Whether nobody there has put it aside yet."""


def waiting_reminders(session: Session, organisation_id: str) -> list[Reminder]:
    """Return what a member was reminded of and nobody there has put aside, the newest first."""
    query = select(Reminder).where(Reminder.organisation_id == organisation_id, Reminder.settled_at.is_(None))
    return list(session.scalars(query.order_by(Reminder.at.desc(), Reminder.id.desc())))


def reminder_of(session: Session, organisation_id: str, reference: str, *, lock: bool = False) -> Reminder | None:
    """Return a reminder to a member, put aside or not; locked, it waits for whoever puts it aside now."""
    query = select(Reminder).where(Reminder.organisation_id == organisation_id, Reminder.reference == reference.upper())
    return session.scalar(query.with_for_update() if lock else query)


def last_reminders(session: Session, year: int) -> dict[str, Reminded]:
    """Return when each member was last reminded of a year, and by whom, by its id."""
    query = select(Reminder, Account.name).outerjoin(Account, Account.id == Reminder.actor_id)
    rows = session.execute(query.where(Reminder.year == year).order_by(Reminder.at))
    found = ((row, name or "") for row, name in rows)
    return {row.organisation_id: Reminded(row.at, row.day, name, row.settled_at is None) for row, name in found}


def replace_earlier(session: Session, row: Reminder) -> None:
    """Say that a reminder takes the place of the earlier ones: nobody finds two lines of one year."""
    session.execute(
        update(Reminder)
        .where(Reminder.organisation_id == row.organisation_id, Reminder.year == row.year, Reminder.id != row.id)
        .where(Reminder.settled_at.is_(None))
        .values(settled_at=row.at, settled_by=None)
    )


def has_older(session: Session, moment: datetime) -> bool:
    """Tell whether there are reminders from before a moment."""
    return session.scalar(select(Reminder.id).where(Reminder.at < moment).limit(1)) is not None


def forget_older(session: Session, moment: datetime) -> None:
    """Forget the reminders from before a moment."""
    session.execute(delete(Reminder).where(Reminder.at < moment))

"""The calendar: what was set of ODIHR's cycle for a data year, and the coalition's own dates."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.types import Moment
from coalition.domain.cycle import Milestone, Reach, Span


class CycleDate(Base, kw_only=True):
    """One part of the cycle of a data year, on the days that a person set.

    The row stays when the usual days hold again, without days: whoever subscribed has to see that something changed.
    """

    __tablename__ = "cycle_date"

    year: Mapped[int] = mapped_column(primary_key=True)
    """The data year."""
    milestone: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[date | None]
    """None where the usual days hold again."""
    last: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    revision: Mapped[int] = mapped_column(default=1)
    """Grows with every change."""


class CalendarDate(Base, kw_only=True):
    """A date of the coalition's own: a training, a day by which members hand in. It is about no case."""

    __tablename__ = "calendar_date"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    title: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    reach: Mapped[str]
    """A Reach."""
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    revision: Mapped[int] = mapped_column(default=0)
    """Grows with every change."""


def cycle_dates(session: Session, years: tuple[int, ...]) -> list[CycleDate]:
    """Return what was ever set for some data years."""
    return list(session.scalars(select(CycleDate).where(CycleDate.year.in_(years))))


def moved(session: Session, year: int) -> dict[Milestone, Span]:
    """Return the parts of a data year's cycle that a person set."""
    rows = cycle_dates(session, (year,))
    return {Milestone(row.milestone): Span(row.first, row.last) for row in rows if row.first and row.last}


def cycle_date(session: Session, year: int, milestone: Milestone) -> CycleDate | None:
    """Return what was set for one part of a data year's cycle, locked until the change is written."""
    query = select(CycleDate).where(CycleDate.year == year, CycleDate.milestone == milestone.value)
    return session.scalar(query.with_for_update())


def own_dates(session: Session, *, since: date | None = None, inside: bool) -> list[CalendarDate]:
    """Return the coalition's own dates in their order; only those for everybody unless asked from `inside`."""
    query = select(CalendarDate).order_by(CalendarDate.first, CalendarDate.last, CalendarDate.id)
    if since is not None:
        query = query.where(CalendarDate.last >= since)
    if not inside:
        query = query.where(CalendarDate.reach == Reach.EVERYBODY.value)
    return list(session.scalars(query))


def own_date(session: Session, reference: str, *, lock: bool = False) -> CalendarDate | None:
    """Return one of the coalition's own dates."""
    query = select(CalendarDate).where(CalendarDate.reference == reference.upper())
    return session.scalar(query.with_for_update() if lock else query)

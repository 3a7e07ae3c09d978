"""Published summaries: frozen when they were published, one line per publication."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment


class Publication(Base, kw_only=True):
    """A year's summary as the public reads it. The latest of a year counts, unless it was withdrawn."""

    __tablename__ = "publication"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    year: Mapped[int] = mapped_column(index=True)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


def latest_publication(session: Session, year: int) -> Publication | None:
    """Return what the public reads of a year, None if nothing."""
    query = select(Publication).where(Publication.year == year).order_by(Publication.id.desc()).limit(1)
    latest = session.scalar(query)
    return None if latest is None or latest.withdrawn_at else latest


def published_years(session: Session) -> list[int]:
    """Return the years that the public can read, newest first."""
    newest = select(func.max(Publication.id)).group_by(Publication.year).scalar_subquery()
    query = select(Publication.year).where(Publication.id.in_(newest), Publication.withdrawn_at.is_(None))
    return sorted(session.scalars(query), reverse=True)

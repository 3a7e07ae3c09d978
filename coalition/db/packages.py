"""What somebody looked at by hand before a version was sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base
from coalition.db.types import Moment


class SubmissionCheck(Base, kw_only=True):
    """A line of a version's check list that a person ticked."""

    __tablename__ = "submission_check"

    version_id: Mapped[str] = mapped_column(ForeignKey("submission_version.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    """A Check."""
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""


def checks_of(session: Session, version_id: str) -> list[SubmissionCheck]:
    """Return what was ticked of a version."""
    return list(session.scalars(select(SubmissionCheck).where(SubmissionCheck.version_id == version_id)))


def take_back(session: Session, version_id: str, item: str) -> bool:
    """Take back that something was ticked; returns whether it was."""
    wanted = SubmissionCheck.version_id == version_id, SubmissionCheck.item == item
    return session.execute(delete(SubmissionCheck).where(*wanted).returning(SubmissionCheck.item)).first() is not None

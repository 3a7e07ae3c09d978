"""Background jobs: this table is the truth; the queue only carries ids."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment


class Job(Base, kw_only=True):
    """One piece of work that somebody waits for."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="queued", index=True)
    requested_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    requested_at: Mapped[datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Until then nobody else takes it."""
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(default="")
    """What is being done, as a code."""
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    error: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


def job_with_reference(session: Session, reference: str) -> Job | None:
    """Return the job with this reference."""
    return session.scalar(select(Job).where(Job.reference == reference))


def recent_jobs(session: Session, kinds: tuple[str, ...], limit: int = 20) -> list[Job]:
    """Return the latest jobs of some kinds, newest first."""
    query = select(Job).where(Job.kind.in_(kinds)).order_by(Job.requested_at.desc(), Job.id.desc())
    return list(session.scalars(query.limit(limit)))


def unfinished_jobs(session: Session, now: datetime) -> list[Job]:
    """Return the jobs that nobody works on: they wait, or their worker died and its lease ran out."""
    return list(session.scalars(_free(now).order_by(Job.requested_at)))


def take_free_job(session: Session, job_id: str, now: datetime) -> Job | None:
    """Return a job that nobody works on, locked until the transaction ends; None when somebody has it."""
    return session.scalar(_free(now).where(Job.id == job_id).with_for_update(skip_locked=True))


def _free(now: datetime) -> Select[Job]:
    unleased = or_(Job.leased_until.is_(None), Job.leased_until < now)
    return select(Job).where(Job.state.in_(("queued", "running")), unleased)

"""What an administrator wants somebody to be, as long as nobody who is established has confirmed it.

What works once is taken with one statement, so that of two requests at the same moment only one gets it
(OWASP ASVS 5.0, 2.3.4).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.organisations import Organisation
from coalition.db.types import Moment


class Admission(Base, kw_only=True):
    """A new person, or somebody's wider role or other organisation; an account has at most one."""

    __tablename__ = "admission"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names the request in addresses; opens nothing."""
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)
    role: Mapped[str]
    """What the person is to be."""
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), default=None)
    asked_by: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    account: Mapped[Account] = relationship(lazy="joined", init=False, foreign_keys=account_id)
    asker: Mapped[Account] = relationship(lazy="joined", init=False, foreign_keys=asked_by)
    organisation: Mapped[Organisation | None] = relationship(lazy="joined", init=False)


def admissions(session: Session, since: datetime) -> list[Admission]:
    """Return what waits to be confirmed, the oldest first."""
    query = select(Admission).where(Admission.asked_at > since)
    return list(session.scalars(query.order_by(Admission.asked_at, Admission.id)))


def admission_of(session: Session, account_id: str) -> Admission | None:
    """Return what waits to be confirmed about somebody, however old."""
    return session.scalar(select(Admission).where(Admission.account_id == account_id))


def take_admission(session: Session, admission_id: str) -> bool:
    """Use a request up; tells whether it was still there."""
    query = delete(Admission).where(Admission.id == admission_id).returning(Admission.id)
    return session.scalar(query) is not None


def end_admission(session: Session, account_id: str) -> None:
    """End the request about somebody."""
    session.execute(delete(Admission).where(Admission.account_id == account_id))

"""Sessions: who is signed in where. The cookie carries a token, and here lies its digest."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.factors import SecondFactor
from coalition.db.types import Moment


class SignInSession(Base, kw_only=True):
    """One sign-in on one browser, from the password to its end."""

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names the session in addresses; opens nothing."""
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the token in the cookie."""
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(Moment, index=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    proven_at: Mapped[datetime] = mapped_column(Moment)
    """When the person last showed everything that their sign-in asks for."""
    browser: Mapped[str] = mapped_column(default="")
    system: Mapped[str] = mapped_column(default="")
    account: Mapped[Account] = relationship(lazy="joined", init=False)


def session_with_digest(session: Session, digest: str) -> SignInSession | None:
    """Return the session whose token has this digest."""
    return session.scalar(select(SignInSession).where(SignInSession.digest == digest))


def sessions_of(session: Session, account_id: str) -> list[SignInSession]:
    """Return somebody's sessions, the one that was used last first."""
    query = select(SignInSession).where(SignInSession.account_id == account_id)
    return list(session.scalars(query.order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())))


def end_sessions(session: Session, account_id: str, keep: Collection[str] = ()) -> int:
    """End somebody's sessions but some; returns how many there were."""
    query = select(SignInSession.id).where(SignInSession.account_id == account_id, SignInSession.id.not_in(keep))
    ids = list(session.scalars(query))
    session.execute(delete(SignInSession).where(SignInSession.id.in_(ids)))
    return len(ids)


def end_sessions_without_factor(session: Session) -> None:
    """End the sessions of everybody who has no second factor."""
    with_factor = select(SecondFactor.account_id).where(SecondFactor.confirmed_at.is_not(None))
    session.execute(delete(SignInSession).where(SignInSession.account_id.not_in(with_factor)))


def forget_sessions(session: Session, began_before: datetime) -> None:
    """Erase the sessions that were over long ago."""
    session.execute(delete(SignInSession).where(SignInSession.began_at < began_before))

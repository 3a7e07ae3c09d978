"""One-time links to choose a password with, and requests to take away a lost second factor.

What works once is taken with one statement, so that of two requests at the same moment only one gets it
(OWASP ASVS 5.0, 2.3.4).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.types import Moment


class Invitation(Base, kw_only=True):
    """A link that was not used yet; an account has at most one."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of what the link carries."""
    made_at: Mapped[datetime] = mapped_column(Moment)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names the link to the second person who confirms it; opens nothing."""
    made_by: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), default=None)
    """Who made it, None for the command line."""
    confirmed: Mapped[bool] = mapped_column(default=False)
    """Whether a second person said that it may open."""
    account: Mapped[Account] = relationship(lazy="joined", init=False, foreign_keys=account_id)


class FactorReset(Base, kw_only=True):
    """One person's word that somebody lost their second factor; it waits for another's."""

    __tablename__ = "factor_reset"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)
    requested_by: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    requested_at: Mapped[datetime] = mapped_column(Moment)


def invitation_with_digest(session: Session, digest: str) -> Invitation | None:
    """Return the link whose token has this digest."""
    return session.scalar(select(Invitation).where(Invitation.digest == digest))


def invitation_with_reference(session: Session, reference: str) -> Invitation | None:
    """Return a link by its reference."""
    return session.scalar(select(Invitation).where(Invitation.reference == reference))


def unconfirmed_invitations(session: Session, since: datetime) -> list[Invitation]:
    """Return the links that one person made for an account in use and no second one confirmed, the oldest first."""
    query = (
        select(Invitation)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.made_at > since, Invitation.confirmed.is_(False), Invitation.made_by.is_not(None))
        .where(Account.confirmed.is_(True))
        .where(Account.signed_in_at.is_not(None) | Account.password_hash.is_not(None))
    )
    return list(session.scalars(query.order_by(Invitation.made_at, Invitation.id)))


def take_invitation(session: Session, invitation_id: str) -> bool:
    """Use a link up; tells whether it was still there."""
    query = delete(Invitation).where(Invitation.id == invitation_id).returning(Invitation.id)
    return session.scalar(query) is not None


def confirm_invitation(session: Session, invitation_id: str) -> bool:
    """Let a link open; tells whether it was still there and waited for that."""
    waiting = (Invitation.id == invitation_id, Invitation.confirmed.is_(False))
    query = update(Invitation).where(*waiting).values(confirmed=True).returning(Invitation.id)
    return session.scalar(query) is not None


def end_invitations(session: Session, account_id: str) -> None:
    """End somebody's link."""
    session.execute(delete(Invitation).where(Invitation.account_id == account_id))


def invited_accounts(session: Session, since: datetime) -> set[str]:
    """Return the ids of everybody whose link is still good."""
    return set(session.scalars(select(Invitation.account_id).where(Invitation.made_at > since)))


def reset_with_reference(session: Session, reference: str) -> FactorReset | None:
    """Return a request by its reference."""
    return session.scalar(select(FactorReset).where(FactorReset.reference == reference))


def resets(session: Session, since: datetime) -> list[FactorReset]:
    """Return the requests that wait for a second person, the oldest first."""
    query = select(FactorReset).where(FactorReset.requested_at > since)
    return list(session.scalars(query.order_by(FactorReset.requested_at, FactorReset.id)))


def take_reset(session: Session, reset_id: str) -> bool:
    """Use a request up; tells whether it was still there."""
    query = delete(FactorReset).where(FactorReset.id == reset_id).returning(FactorReset.id)
    return session.scalar(query) is not None


def end_reset(session: Session, account_id: str) -> None:
    """End the request about somebody."""
    session.execute(delete(FactorReset).where(FactorReset.account_id == account_id))

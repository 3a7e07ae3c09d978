"""People who can sign in."""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from coalition.db.base import Base, new_id
from coalition.db.organisations import Organisation
from coalition.db.types import Moment


def new_stamp() -> str:
    """Return a random stamp; a session is good as long as it carries the account's present one."""
    return secrets.token_urlsafe(24)


class Account(Base, kw_only=True):
    """A person with a role."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    """Lower case."""
    name: Mapped[str]
    role: Mapped[str]
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True, default=None)
    password_hash: Mapped[str]
    stamp: Mapped[str] = mapped_column(unique=True, default_factory=new_stamp)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    organisation: Mapped[Organisation | None] = relationship(lazy="joined", init=False)


class SignInAttempt(Base, kw_only=True):
    """A failed sign-in, kept for as long as it slows the next one down. The address is a digest, not an e-mail."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)


def account_with_email(session: Session, email: str) -> Account | None:
    """Return the account with this e-mail address, letter case aside."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def account_with_stamp(session: Session, stamp: str) -> Account | None:
    """Return the active account whose sessions carry this stamp."""
    return session.scalar(select(Account).where(Account.stamp == stamp, Account.active))


def all_accounts(session: Session) -> list[Account]:
    """Return every account, by name."""
    return list(session.scalars(select(Account).order_by(Account.name, Account.email)))


def account_names(session: Session) -> dict[str, str]:
    """Return the name of every person by the account's id."""
    return {row.id: row.name for row in session.execute(select(Account.id, Account.name))}


def failed_attempts(session: Session, key: str, since: datetime) -> int:
    """Count failed sign-ins under a key since a moment."""
    found = session.scalars(select(SignInAttempt.id).where(SignInAttempt.key == key, SignInAttempt.at >= since))
    return len(found.all())


def forget_attempts(session: Session, before: datetime) -> None:
    """Erase the failed sign-ins that slow nothing down any more."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))

"""Failed attempts to sign in, and the devices that are known from earlier ones that went well."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment


class SignInAttempt(Base, kw_only=True):
    """A failed attempt, kept for as long as it slows the next one down. The key is a digest, not an e-mail."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_key_at", "key", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)


class KnownDevice(Base, kw_only=True):
    """A browser that somebody signed in on: its failures are counted by themselves."""

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    digest: Mapped[str]
    """SHA-256 of what the device's cookie carries."""
    seen_at: Mapped[datetime] = mapped_column(Moment, index=True)


def attempts(session: Session, key: str, since: datetime) -> list[datetime]:
    """Return when attempts under a key failed."""
    return list(session.scalars(select(SignInAttempt.at).where(SignInAttempt.key == key, SignInAttempt.at >= since)))


def forget_key(session: Session, key: str) -> None:
    """Erase the failed attempts under a key: one went well."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == key))


def forget_attempts(session: Session, before: datetime) -> None:
    """Erase the failed attempts that slow nothing down any more."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))


def known_device(session: Session, account_id: str, digest: str) -> KnownDevice | None:
    """Return the device with this digest, if this account was signed in on it."""
    query = select(KnownDevice).where(KnownDevice.account_id == account_id, KnownDevice.digest == digest)
    return session.scalar(query)


def forget_devices(session: Session, account_id: str) -> None:
    """Forget every device of an account."""
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def forget_old_devices(session: Session, before: datetime) -> None:
    """Forget the devices that nobody signed in on for long."""
    session.execute(delete(KnownDevice).where(KnownDevice.seen_at < before))

"""Second factors, recovery codes, and the challenges that a passkey answers."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.types import Moment


class SecondFactor(Base, kw_only=True):
    """An app or a passkey of one person. Without `confirmed_at` it is only being set up."""

    __tablename__ = "second_factor"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    secret: Mapped[bytes | None] = mapped_column(default=None)
    """Of an app: what its codes are computed from, sealed with the site's key."""
    last_step: Mapped[int] = mapped_column(default=0)
    """Of an app: the half minute whose code was taken last; no code is taken twice."""
    credential_id: Mapped[bytes | None] = mapped_column(unique=True, default=None)
    public_key: Mapped[bytes | None] = mapped_column(default=None)
    sign_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    used_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


class RecoveryCode(Base, kw_only=True):
    """One code; it is erased when it is used."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    digest: Mapped[str]


class PasskeyChallenge(Base, kw_only=True):
    """What a passkey is asked to sign: good once, for one purpose, for a few minutes."""

    __tablename__ = "passkey_challenge"

    digest: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), default=None)
    """None before anybody has said who they are."""
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)


def factors_of(session: Session, account_id: str) -> list[SecondFactor]:
    """Return somebody's second factors, the oldest first; without the one that is being set up."""
    query = select(SecondFactor).where(SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None))
    return list(session.scalars(query.order_by(SecondFactor.confirmed_at, SecondFactor.id)))


def has_factor(session: Session, account_id: str) -> bool:
    """Tell whether somebody has a second factor."""
    query = select(SecondFactor.id).where(SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def accounts_with_factor(session: Session) -> set[str]:
    """Return the ids of everybody who has a second factor."""
    return set(session.scalars(select(SecondFactor.account_id).where(SecondFactor.confirmed_at.is_not(None))))


def pending_app(session: Session, account_id: str) -> SecondFactor | None:
    """Return the app that somebody is setting up."""
    query = select(SecondFactor).where(SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_(None))
    return session.scalar(query)


def factor_with_credential(session: Session, credential_id: bytes) -> tuple[SecondFactor, Account] | None:
    """Return the passkey with this identifier and whose it is."""
    query = select(SecondFactor, Account).join(Account, Account.id == SecondFactor.account_id)
    row = session.execute(query.where(SecondFactor.credential_id == credential_id)).first()
    return (row[0], row[1]) if row else None


def remove_factors(session: Session, account_id: str) -> int:
    """Remove everything that somebody's second step rests on; returns how many factors there were."""
    count = len(factors_of(session, account_id))
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    return count


def store_recovery_codes(session: Session, account_id: str, digests: list[str]) -> None:
    """Replace somebody's recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all(RecoveryCode(account_id=account_id, digest=digest) for digest in digests)


def use_recovery_code(session: Session, account_id: str, digest: str) -> bool:
    """Erase a recovery code; tells whether there was one. Of two who come at once, one finds it."""
    query = delete(RecoveryCode).where(RecoveryCode.account_id == account_id, RecoveryCode.digest == digest)
    return session.execute(query.returning(RecoveryCode.id)).first() is not None


def advance_app(session: Session, factor_id: str, step: int, now: datetime) -> bool:
    """Take the code of a half minute; tells whether it was still to be taken. Of two who come at once, one takes it."""
    query = update(SecondFactor).where(SecondFactor.id == factor_id, SecondFactor.last_step < step)
    found = session.execute(query.values(last_step=step, used_at=now).returning(SecondFactor.id))
    return found.first() is not None


def recovery_codes_left(session: Session, account_id: str) -> int:
    """Count somebody's unused recovery codes."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account_id)
    return session.scalar(query) or 0


def take_challenge(session: Session, digest: str, purpose: str, account_id: str | None, since: datetime) -> bool:
    """Use up a challenge; tells whether it was made for this, and lately. Of two who come at once, one takes it."""
    query = delete(PasskeyChallenge).where(PasskeyChallenge.digest == digest)
    columns = (PasskeyChallenge.purpose, PasskeyChallenge.account_id, PasskeyChallenge.made_at)
    row = session.execute(query.returning(*columns)).first()
    return row is not None and (row[0], row[1]) == (purpose, account_id) and row[2] >= since


def forget_challenges(session: Session, before: datetime) -> None:
    """Erase the challenges that nobody answered in time."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.made_at < before))

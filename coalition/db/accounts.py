"""People who can sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from coalition.db.base import Base, new_id, new_reference
from coalition.db.organisations import Organisation
from coalition.db.types import Moment
from coalition.domain.vocabulary import Role


class Account(Base, kw_only=True):
    """A person with a role."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names the account in addresses, where neither its id nor an e-mail address may stand."""
    email: Mapped[str] = mapped_column(unique=True)
    """Lower case."""
    name: Mapped[str]
    role: Mapped[str]
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True, default=None)
    password_hash: Mapped[str | None] = mapped_column(default=None)
    """None until the person has opened their one-time link."""
    active: Mapped[bool] = mapped_column(default=True)
    confirmed: Mapped[bool] = mapped_column(default=False)
    """Whether the command line, or somebody established besides the administrator, stands for this person."""
    language: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(Moment)
    signed_in_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    affiliation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), default=None)
    """The member that somebody who reviews for the coalition comes from: they do not decide alone on its cases."""
    mail_choice: Mapped[str] = mapped_column(default="daily")
    """When to be told by e-mail that something waits: "at_once", "daily" or "never"."""
    mailed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Up to which moment the last such e-mail told what waits."""
    notice: Mapped[str] = mapped_column(default="")
    """What the person has to be told at the next sign-in, as codes: others have changed how they sign in."""
    organisation: Mapped[Organisation | None] = relationship(
        lazy="joined", init=False, foreign_keys="Account.organisation_id"
    )
    affiliation: Mapped[Organisation | None] = relationship(
        lazy="joined", init=False, foreign_keys="Account.affiliation_id"
    )


def account_with_email(session: Session, email: str) -> Account | None:
    """Return the account with this e-mail address, letter case aside."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def account_with_reference(session: Session, reference: str) -> Account | None:
    """Return the account that an address names."""
    return session.scalar(select(Account).where(Account.reference == reference))


def lock_account(session: Session, account_id: str) -> None:
    """Wait for whoever changes the same account now."""
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())


def has_established_lead(session: Session, organisation_id: str | None) -> bool:
    """Tell whether a member has a lead whose access is open and who has a password of their own."""
    query = select(Account.id).where(
        Account.organisation_id == organisation_id,
        Account.role == Role.LEAD.value,
        Account.active.is_(True),
        Account.confirmed.is_(True),
        Account.password_hash.is_not(None),
    )
    return session.scalar(query.limit(1)) is not None


def all_accounts(session: Session) -> list[Account]:
    """Return every account, by name."""
    return list(session.scalars(select(Account).order_by(Account.name, Account.email)))


def reviewers(session: Session) -> list[Account]:
    """Return the people who review for the coalition and whose access is open, by name."""
    query = select(Account).where(
        Account.role == Role.COORDINATOR.value, Account.active.is_(True), Account.confirmed.is_(True)
    )
    return list(session.scalars(query.order_by(Account.name, Account.email)))


def is_reviewer(account: Account) -> bool:
    """Tell whether somebody reviews for the coalition and their access is open, as `reviewers` asks for all."""
    return account.role == Role.COORDINATOR and account.active and account.confirmed


def account_names(session: Session) -> dict[str, str]:
    """Return the name of every person by the account's id."""
    return {row.id: row.name for row in session.execute(select(Account.id, Account.name))}

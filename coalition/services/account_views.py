"""An account as the pages and the other services see it."""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import accounts as storage
from coalition.db.organisations import name_of
from coalition.domain.access import Actor
from coalition.domain.mail import MailChoice
from coalition.domain.names import Name
from coalition.domain.vocabulary import Role

LINK_NOTICE = "password_link"
"""What the person is told at the next sign-in when others made or confirmed a link for an account in use."""


@dataclass(frozen=True)
class AccountView:
    """A person who can sign in."""

    id: str
    reference: str
    """Names the person in addresses."""
    email: str
    name: str
    role: Role
    organisation_id: str | None
    organisation_code: str | None
    organisation_name: Name | None
    active: bool
    language: str | None
    has_password: bool
    """False until the person has opened their one-time link."""
    signed_in_at: datetime | None
    confirmed: bool
    """Whether somebody established, or the command line, stands for this person; until then nothing opens."""
    mail_choice: str = MailChoice.DAILY.value
    """When they are told by e-mail that something waits: a MailChoice."""
    affiliation_id: str | None = None
    affiliation_code: str | None = None
    """Of the member that a coordinator comes from."""
    affiliation_name: Name | None = None

    @property
    def actor(self) -> Actor:
        """The actor that this person is to the policy."""
        return Actor(self.id, self.role, self.organisation_id, self.name, self.affiliation_id)


def view(row: storage.Account) -> AccountView:
    """Return an account as it is seen."""
    member, home = row.organisation, row.affiliation
    return AccountView(
        id=row.id,
        reference=row.reference,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        organisation_id=row.organisation_id,
        organisation_code=member.code if member else None,
        organisation_name=name_of(member) if member else None,
        active=row.active,
        language=row.language,
        has_password=row.password_hash is not None,
        signed_in_at=row.signed_in_at,
        confirmed=row.confirmed,
        mail_choice=row.mail_choice,
        affiliation_id=row.affiliation_id,
        affiliation_code=home.code if home else None,
        affiliation_name=name_of(home) if home else None,
    )


def keep_notice(row: storage.Account, notice: str) -> None:
    """Have somebody told of something at the next sign-in, besides what they have to be told already."""
    row.notice = " ".join(sorted({*row.notice.split(), notice}))

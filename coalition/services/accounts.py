"""Accounts: people, their roles, and one's own password."""

from dataclasses import dataclass

from coalition.db import accounts as storage
from coalition.db.admissions import admissions, end_admission
from coalition.db.attempts import forget_devices
from coalition.db.factors import accounts_with_factor
from coalition.db.invitations import end_invitations, invited_accounts
from coalition.db.kept_forms import forget_forms_of
from coalition.db.organisations import organisation_with_code
from coalition.db.sessions import end_sessions
from coalition.domain.access import Permission, require
from coalition.domain.approvals import ADMISSION_LASTS, Standing, widens
from coalition.domain.authentication import INVITATION_LASTS
from coalition.domain.errors import AlreadyExists, CoalitionError, NotFound, UnknownCode
from coalition.domain.names import checked
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import MEMBER_ROLES, SIGN_IN_ROLES, Role
from coalition.services import audit, standing, throttle
from coalition.services.account_views import AccountView, view
from coalition.services.passwords import hash_password, is_password, refuse_weak
from coalition.services.work import Work

__all__ = ["AccountView", "AffiliationStands", "Edited", "OwnAccount", "PersonView", "WrongPassword"]


class OwnAccount(CoalitionError):
    """Administrators look after others, not after themselves: nobody locks themselves out or raises their own role."""


class AffiliationStands(CoalitionError):
    """Whoever comes from a member is not made independent of it by an administrator alone."""


class WrongPassword(CoalitionError):
    """This is not the person's present password."""


@dataclass(frozen=True)
class PersonView:
    """A person as the administrator sees them."""

    account: AccountView
    has_factor: bool
    is_invited: bool
    """Whether a one-time link waits to be opened."""
    wanted_role: Role | None
    """What the person is to be, as soon as somebody has confirmed it; None where nothing waits."""


@dataclass(frozen=True)
class Edited:
    """Somebody's account after a change."""

    account: AccountView
    waits: bool
    """Whether the role and the organisation change only once somebody established has confirmed it."""


def create_account(  # noqa: PLR0913 - one value per field
    work: Work,
    *,
    email: str,
    name: str,
    role: str,
    organisation_code: str | None,
    password: str | None = None,
    language: str | None = None,
    affiliation_code: str | None = None,
) -> AccountView:
    """Create an account. Without a password it opens by a one-time link only.

    `affiliation_code` names the member that somebody who reviews for the coalition comes from. Nothing
    opens before somebody who is established has confirmed the person, but for whom the command line makes. Raises
    UnknownCode for a role or an address that cannot be, NotFound for an organisation, AlreadyExists for a taken
    address, WeakPassword, UnusableName.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    email, chosen = _address(email), _role(role)
    organisation_id = _organisation_for(work, chosen, organisation_code)
    if storage.account_with_email(work.session, email):
        raise AlreadyExists("account", email)
    if password is not None:
        refuse_weak(password, email, name)
    row = storage.Account(
        email=email,
        name=checked(name),
        role=chosen.value,
        organisation_id=organisation_id,
        password_hash=hash_password(password) if password is not None else None,
        language=language,
        created_at=work.now,
        confirmed=_is_trusted(work),
        affiliation_id=_member_with(work, affiliation_code),
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, "account.create", "account", row.id, role=chosen.value)
    if not row.confirmed:
        standing.ask(work, row, standing.standing_of(row))
    return view(row)


def _is_trusted(work: Work) -> bool:
    """Tell whether nobody has to confirm what the actor says of people: only the command line is trusted so far."""
    return work.actor.role is Role.OPERATOR


def _address(email: str) -> str:
    email = email.strip().lower()
    name, at, host = email.partition("@")
    if not (name and at and "." in host) or any(character.isspace() for character in email):
        raise UnknownCode("e-mail addresses", email)
    return email


def _role(role: str) -> Role:
    if role not in SIGN_IN_ROLES:
        raise UnknownCode("roles", role)
    return Role(role)


def _organisation_for(work: Work, role: Role, code: str | None) -> str | None:
    if role in MEMBER_ROLES and not code:
        raise UnknownCode("organisations (a case worker or lead belongs to one)", "")
    return _member_with(work, code if role in MEMBER_ROLES else None)


def _member_with(work: Work, code: str | None) -> str | None:
    if not code:
        return None
    row = organisation_with_code(work.session, code)
    if row is None:
        raise NotFound("organisation", code)
    return row.id


def _other(work: Work, who: str) -> storage.Account:
    """Return somebody else's account, by its reference or e-mail address."""
    row = account_of(work, who)
    if row.id == work.actor.id:
        raise OwnAccount
    return row


def account_of(work: Work, who: str) -> storage.Account:
    """Return an account by its reference or e-mail address.

    Raises NotFound.
    """
    find = storage.account_with_email if "@" in who else storage.account_with_reference
    row = find(work.session, who)
    if row is None:
        raise NotFound("account", who)
    return row


def read_account(work: Work, who: str) -> AccountView:
    """Return somebody's account."""
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    return view(account_of(work, who))


def edit_account(work: Work, who: str, *, name: str, role: str, organisation_code: str | None) -> Edited:
    """Change somebody's name, role and organisation; another role or organisation ends their sessions at once.

    What would open something new to them waits until somebody established has confirmed it; what only takes something
    away holds at once. Raises NotFound, UnknownCode, UnusableName, OwnAccount.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row, chosen = _other(work, who), _role(role)
    wanted = Standing(chosen, _organisation_for(work, chosen, organisation_code))
    row.name = checked(name)
    work.session.flush()
    if _is_trusted(work):
        standing.stand_for(work, row)
    if wanted == standing.standing_of(row):
        audit.record(work, "account.change", "account", row.id, fields=["name"])
        return Edited(view(row), waits=False)
    storage.lock_account(work.session, row.id)
    waits = _change_standing(work, row, wanted)
    return Edited(view(row), waits=waits)


def _change_standing(work: Work, row: storage.Account, wanted: Standing) -> bool:
    """Give somebody another role or organisation, or have it wait; tells whether it waits."""
    if _is_trusted(work):
        standing.become(work, row, wanted)
        return False
    if not row.confirmed:
        # Nothing is open to them yet: what waits is only asked anew, so that nobody confirms what they did not read.
        standing.become(work, row, wanted)
        standing.ask(work, row, wanted)
        return True
    if widens(standing.standing_of(row), wanted):
        standing.ask(work, row, wanted)
        return True
    end_admission(work.session, row.id)
    standing.become(work, row, wanted)
    return False


def set_role(work: Work, who: str, role: str, organisation_code: str | None = None) -> AccountView:
    """Change somebody's role alone; the organisation stays unless another one is named."""
    row = account_of(work, who)
    code = organisation_code or (row.organisation.code if row.organisation else None)
    return edit_account(work, who, name=row.name, role=role, organisation_code=code).account


def set_affiliation(work: Work, who: str, code: str | None) -> AccountView:
    """Say which member somebody who reviews for the coalition comes from; they never decide alone on its incidents.

    To say so for the first time takes something away and holds at once. To change it or take it back opens something:
    an administrator alone must not make a reviewer independent, so that takes the command line. Raises NotFound,
    OwnAccount, AffiliationStands.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row, wanted = _other(work, who), _member_with(work, code)
    if wanted == row.affiliation_id:
        return view(row)
    if row.affiliation_id and not _is_trusted(work):
        raise AffiliationStands
    row.affiliation_id = wanted
    work.session.flush()
    work.session.refresh(row, ["affiliation"])
    audit.record(work, "account.change", "account", row.id, fields=["affiliation"])
    return view(row)


def set_active(work: Work, who: str, *, active: bool) -> None:
    """Stop or restore somebody's access; stopping ends their sessions at once, their one-time link, and what waits.

    Raises NotFound, OwnAccount.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = _other(work, who)
    row.active = active
    end_sessions(work.session, row.id)
    if not active:
        end_invitations(work.session, row.id)
        end_admission(work.session, row.id)
        forget_devices(work.session, row.id)
        forget_forms_of(work.session, row.id)
    work.session.flush()
    audit.record(work, "account.activate" if active else "account.stop", "account", row.id)


def end_sessions_of(work: Work, who: str) -> int:
    """End every session of somebody else (OWASP ASVS 5.0, 7.4.5); returns how many there were.

    Raises NotFound, OwnAccount.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = _other(work, who)
    count = end_sessions(work.session, row.id)
    audit.record(work, "account.end_sessions", "account", row.id, count=count)
    return count


def list_accounts(work: Work) -> list[AccountView]:
    """Return every account."""
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    return [view(row) for row in storage.all_accounts(work.session)]


def list_people(work: Work) -> list[PersonView]:
    """Return everybody, with how their sign-in stands."""
    secured = accounts_with_factor(work.session)
    invited = invited_accounts(work.session, work.now - INVITATION_LASTS)
    wanted = {row.account_id: Role(row.role) for row in admissions(work.session, work.now - ADMISSION_LASTS)}
    return [
        PersonView(account, account.id in secured, account.id in invited, wanted.get(account.id))
        for account in list_accounts(work)
    ]


def check_present_password(work: Work, password: str, origin: Origin) -> None:
    """Let the actor show that they know their present password; only reads, since checking takes a while.

    Raises TooManyAttempts, WrongPassword.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    throttle.check(work, throttle.PASSWORD, origin)
    row = work.session.get_one(storage.Account, work.actor.id)
    if not is_password(row.password_hash, password):
        raise WrongPassword


def change_password(work: Work, new: str, keep: str = "") -> None:
    """Change the actor's own password; every session ends but the one to keep.

    Raises WeakPassword.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    row = work.session.get_one(storage.Account, work.actor.id)
    refuse_weak(new, row.email, row.name)
    row.password_hash = hash_password(new)
    end_sessions(work.session, row.id, (keep,))
    end_invitations(work.session, row.id)
    work.session.flush()
    audit.record(work, "account.change_password", "account", row.id)

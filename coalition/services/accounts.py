"""Accounts: signing in, passwords, and who has which role."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from coalition.db import accounts as storage
from coalition.db.organisations import name_of, organisation_with_code
from coalition.domain.access import Actor, Permission, require
from coalition.domain.errors import AlreadyExists, CoalitionError, NotFound, UnknownCode, WeakPassword
from coalition.domain.names import Name, checked
from coalition.domain.passwords import generated_password, weakness
from coalition.domain.vocabulary import MEMBER_ROLES, SIGN_IN_ROLES, Role
from coalition.services import audit
from coalition.services.work import Work

_HASHER = PasswordHasher()
"""argon2id with the library's present defaults; a stored hash that used weaker ones is renewed at sign-in."""
MOST_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)


class SignInRefused(CoalitionError):
    """Wrong address or password, or no active account: always the same answer."""


class TooManyAttempts(CoalitionError):
    """Too many failures in a row for this address and account: wait a quarter of an hour."""


@dataclass(frozen=True)
class AccountView:
    """A person who can sign in."""

    id: str
    email: str
    name: str
    role: Role
    organisation_id: str | None
    organisation_code: str | None
    organisation_name: Name | None
    active: bool
    language: str | None
    stamp: str
    """What a session carries instead of the id; a new one ends all sessions."""
    signed_in_at: datetime | None

    @property
    def actor(self) -> Actor:
        """The actor that this person is to the policy."""
        return Actor(self.id, self.role, self.organisation_id, self.name)


def _view(row: storage.Account) -> AccountView:
    member = row.organisation
    return AccountView(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        organisation_id=row.organisation_id,
        organisation_code=member.code if member else None,
        organisation_name=name_of(member) if member else None,
        active=row.active,
        language=row.language,
        stamp=row.stamp,
        signed_in_at=row.signed_in_at,
    )


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(password)


@cache
def _decoy_hash() -> str:
    # Checked when there is no account, so that the answer takes as long as for one that exists.
    return hash_password(secrets.token_urlsafe())


def create_account(  # noqa: PLR0913 - one value per field
    work: Work,
    *,
    email: str,
    name: str,
    role: str,
    organisation_code: str | None,
    password: str | None = None,
    language: str | None = None,
) -> tuple[AccountView, str]:
    """Create an account; returns it with its password, which is made up when none is given.

    Raises UnknownCode for a role or an address that cannot be, NotFound for an organisation, AlreadyExists for a
    taken address, WeakPassword.
    """
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    email, chosen = _address(email), _role(role)
    organisation_id = _organisation_for(work, chosen, organisation_code)
    if storage.account_with_email(work.session, email):
        raise AlreadyExists("account", email)
    password = password if password is not None else generated_password()
    _check_password(password, email, name)
    row = storage.Account(
        email=email,
        name=checked(name),
        role=chosen.value,
        organisation_id=organisation_id,
        password_hash=hash_password(password),
        language=language,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, "account.create", "account", row.id, role=chosen.value)
    return _view(row), password


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
    if not code:
        return None
    row = organisation_with_code(work.session, code)
    if row is None:
        raise NotFound("organisation", code)
    return row.id


def _check_password(password: str, email: str, name: str) -> None:
    reason = weakness(password, (email, name))
    if reason:
        raise WeakPassword(reason)


def _throttle_key(email: str, address: str) -> str:
    # Both together, so that nobody can lock a colleague out from elsewhere; a digest, so that no address is stored.
    return hashlib.sha256(f"{email.strip().lower()}\x1f{address}".encode()).hexdigest()


def sign_in(work: Work, email: str, password: str, address: str) -> AccountView:
    """Return the account that this address and password open; only reads, since checking a password takes a while.

    Raises TooManyAttempts, or SignInRefused: the caller then remembers the failure in a unit of work of its own.
    """
    key = _throttle_key(email, address)
    if storage.failed_attempts(work.session, key, work.now - FAILURE_WINDOW) >= MOST_FAILURES:
        raise TooManyAttempts
    row = storage.account_with_email(work.session, email)
    good = _verify(row.password_hash if row else _decoy_hash(), password)
    if row is None or not good or not row.active:
        raise SignInRefused
    return _view(row)


def remember_failure(work: Work, email: str, address: str) -> None:
    """Count a failed sign-in, and forget those that count no longer."""
    storage.forget_attempts(work.session, work.now - FAILURE_WINDOW)
    work.session.add(storage.SignInAttempt(key=_throttle_key(email, address), at=work.now))
    audit.record(work, "account.sign_in_failed", "account", "-")


def note_sign_in(work: Work, password: str) -> None:
    """Write down that the actor signed in, and renew a hash that was made with weaker settings than today's."""
    row = work.session.get_one(storage.Account, work.actor.id)
    if _HASHER.check_needs_rehash(row.password_hash):
        row.password_hash = hash_password(password)
    row.signed_in_at = work.now
    audit.record(work, "account.sign_in", "account", work.actor.id)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def account_of_session(work: Work, stamp: str) -> AccountView | None:
    """Return the active account whose sessions carry this stamp."""
    row = storage.account_with_stamp(work.session, stamp)
    return _view(row) if row else None


def change_password(work: Work, present: str, new: str) -> AccountView:
    """Change the actor's own password; every other session ends.

    Raises SignInRefused when the present one is wrong, WeakPassword.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    row = work.session.get_one(storage.Account, work.actor.id)
    if not _verify(row.password_hash, present):
        raise SignInRefused
    _check_password(new, row.email, row.name)
    row.password_hash, row.stamp = hash_password(new), storage.new_stamp()
    work.session.flush()
    audit.record(work, "account.change_password", "account", row.id)
    return _view(row)


def _account(work: Work, email: str) -> storage.Account:
    row = storage.account_with_email(work.session, email)
    if row is None:
        raise NotFound("account", email)
    return row


def set_active(work: Work, email: str, *, active: bool) -> None:
    """Stop or restore somebody's access; stopping ends their sessions at once."""
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = _account(work, email)
    row.active, row.stamp = active, storage.new_stamp()
    work.session.flush()
    audit.record(work, "account.activate" if active else "account.stop", "account", row.id)


def reset_password(work: Work, email: str) -> str:
    """Give somebody a new, made-up password and end their sessions; returns it, to be handed over in person."""
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    row = _account(work, email)
    password = generated_password()
    row.password_hash, row.stamp = hash_password(password), storage.new_stamp()
    work.session.flush()
    audit.record(work, "account.reset_password", "account", row.id)
    return password


def list_accounts(work: Work) -> list[AccountView]:
    """Return every account."""
    require(work.actor, Permission.MANAGE_ACCOUNTS)
    return [_view(row) for row in storage.all_accounts(work.session)]

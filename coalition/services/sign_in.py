"""Signing in: the password, the second step, a passkey, and showing once more who one is.

Every answer is the same, and costs the same work, whether there is such an account or not.
"""

from dataclasses import dataclass

from coalition.db import accounts as storage
from coalition.db.factors import factors_of, has_factor
from coalition.domain.access import Permission, require
from coalition.domain.authentication import (
    FactorKind,
    SecondFactorPolicy,
    Stage,
    needs_second_factor,
    stage_after_password,
)
from coalition.domain.errors import CoalitionError
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import Role
from coalition.services import audit, codes, passkeys, settings, throttle
from coalition.services.account_views import AccountView, view
from coalition.services.passkeys import PasskeyFor, PasskeyRefused, Site
from coalition.services.passwords import hash_password, is_outdated, is_password
from coalition.services.work import Work


class SignInRefused(CoalitionError):
    """Wrong address or password, or no account that is active and confirmed: always the same answer."""


class WrongCode(CoalitionError):
    """No app of this account shows this code now, or it was taken already; or it is no recovery code."""


def check_password(work: Work, email: str, password: str, origin: Origin) -> AccountView:
    """Return the account that this address and password open; only reads, since checking a password takes a while.

    Raises TooManyAttempts, or SignInRefused: the caller then remembers the failure in a unit of work of its own.
    """
    throttle.check(work, throttle.PASSWORD, origin)
    row = storage.account_with_email(work.session, email)
    good = is_password(row.password_hash if row else None, password)
    if row is None or not good or not (row.active and row.confirmed):
        raise SignInRefused
    return view(row)


def remember_failure(work: Work, step: str, origin: Origin) -> None:
    """Count a failed attempt of a step."""
    throttle.remember_failure(work, step, origin)
    audit.record(work, "account.sign_in_failed", "account", throttle.subject_of(work, origin), step=step)


def stage_of(work: Work, account: AccountView) -> Stage:
    """Return where a sign-in stands once the password was right."""
    policy = SecondFactorPolicy(settings.read(work).second_factor)
    return stage_after_password(
        has_factor=has_factor(work.session, account.id), needs_factor=needs_second_factor(account.role, policy)
    )


def renew_hash(work: Work, password: str) -> None:
    """Renew the actor's hash if it was made with weaker settings than today's."""
    row = work.session.get_one(storage.Account, work.actor.id)
    if row.password_hash and is_outdated(row.password_hash):
        row.password_hash = hash_password(password)


def welcome(work: Work, origin: Origin, device: str) -> str:
    """Note that the actor has shown everything: forget their failures here, know this device.

    Returns what the person has to be told, as codes with spaces between; empty when nothing.
    """
    throttle.forgive(work, origin)
    throttle.know_device(work, work.actor.id, device)
    row = work.session.get_one(storage.Account, work.actor.id)
    notice, row.notice = row.notice, ""
    return notice


@dataclass(frozen=True)
class Steps:
    """What somebody's second step can be."""

    app: bool
    passkey: bool


def steps(work: Work) -> Steps:
    """Return the kinds of second factor that the actor has."""
    kinds = {row.kind for row in factors_of(work.session, work.actor.id)}
    return Steps(FactorKind.APP in kinds, FactorKind.PASSKEY in kinds)


def take_code(work: Work, code: str, origin: Origin) -> None:
    """Take the code that the actor's app shows.

    Raises TooManyAttempts, WrongCode.
    """
    throttle.check(work, throttle.SECOND_STEP, origin)
    if not codes.take_code(work, work.actor.id, code):
        raise WrongCode


def take_recovery_code(work: Work, code: str, origin: Origin) -> None:
    """Take one of the actor's recovery codes.

    Raises TooManyAttempts, WrongCode.
    """
    throttle.check(work, throttle.SECOND_STEP, origin)
    if not codes.take_recovery_code(work, work.actor.id, code):
        raise WrongCode
    audit.record(work, "account.use_recovery_code", "account", work.actor.id)


def take_any_code(work: Work, code: str, origin: Origin) -> None:
    """Take the code that the actor's app shows, or one of their recovery codes.

    Raises TooManyAttempts, WrongCode.
    """
    try:
        take_code(work, code, origin)
    except WrongCode:
        take_recovery_code(work, code, origin)


def passkey_options(work: Work, site: Site, purpose: PasskeyFor) -> str:
    """Return what the browser is asked for a passkey with; before sign-in the same for everybody."""
    return passkeys.request_options(work, site, purpose, _asked(work))


def take_passkey(work: Work, site: Site, purpose: PasskeyFor, answer: str) -> AccountView:
    """Return whose passkey answered.

    Raises PasskeyRefused; a stopped account gets the same answer as an unknown key.
    """
    row = passkeys.take(work, site, purpose, _asked(work), answer)
    if not (row.active and row.confirmed):
        raise PasskeyRefused
    return view(row)


def _asked(work: Work) -> str | None:
    return None if work.actor.role is Role.NOBODY else work.actor.id


def confirm_password(work: Work, password: str, origin: Origin) -> None:
    """Let the actor show once more that they know their password.

    Raises TooManyAttempts, SignInRefused.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    throttle.check(work, throttle.PASSWORD, origin)
    row = work.session.get_one(storage.Account, work.actor.id)
    if not is_password(row.password_hash, password):
        raise SignInRefused

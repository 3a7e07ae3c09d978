"""One's own second factors and recovery codes: set up, named, removed.

Each change ends every session of the person but the one to keep, as a changed password does (OWASP ASVS 5.0, 7.4.3):
whoever got in before it was made has to show the new factor, and nobody stays in on one that was removed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from coalition.db import factors as storage
from coalition.db.accounts import Account
from coalition.db.sessions import end_sessions
from coalition.domain.access import Permission, require
from coalition.domain.authentication import FactorKind, SecondFactorPolicy, needs_second_factor
from coalition.domain.errors import CoalitionError, NotFound
from coalition.domain.names import checked
from coalition.domain.vocabulary import Role
from coalition.services import audit, codes, passkeys, settings
from coalition.services.account_views import view
from coalition.services.passkeys import Site
from coalition.services.work import Work

MOST_FACTORS = 10
_PENDING_LASTS = timedelta(hours=1)


class CodeDoesNotFit(CoalitionError):
    """The code is not what the app that is being set up shows now."""


class LastFactor(CoalitionError):
    """The only second factor of somebody who needs one cannot be removed."""


class TooManyFactors(CoalitionError):
    """Somebody has more second factors than they can look after."""


@dataclass(frozen=True)
class FactorView:
    """One second factor."""

    reference: str
    kind: FactorKind
    name: str
    confirmed_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class OwnFactors:
    """Everything that one's second step rests on."""

    factors: tuple[FactorView, ...]
    recovery_codes_left: int
    required: bool
    """Whether the last one has to stay."""


@dataclass(frozen=True)
class NewApp:
    """An app that is being set up."""

    secret: str
    """In base 32, for whoever cannot scan."""
    uri: str
    """The same as an otpauth: address, for the picture that is scanned."""


def _view(row: storage.SecondFactor) -> FactorView:
    return FactorView(
        reference=row.reference,
        kind=FactorKind(row.kind),
        name=row.name,
        confirmed_at=row.confirmed_at or row.created_at,
        used_at=row.used_at,
    )


def list_own(work: Work) -> OwnFactors:
    """Return the actor's second factors."""
    require(work.actor, Permission.OWN_ACCOUNT)
    policy = SecondFactorPolicy(settings.read(work).second_factor)
    rows = storage.factors_of(work.session, work.actor.id)
    return OwnFactors(
        factors=tuple(_view(row) for row in rows),
        recovery_codes_left=storage.recovery_codes_left(work.session, work.actor.id),
        required=needs_second_factor(Role(work.actor.role), policy),
    )


def begin_app(work: Work, issuer: str) -> NewApp:
    """Return the secret for a new app of the actor: the same again for an hour, until it is confirmed."""
    require(work.actor, Permission.OWN_ACCOUNT)
    _refuse_too_many(work)
    account = work.session.get_one(Account, work.actor.id)
    row = storage.pending_app(work.session, account.id)
    if row is not None and row.created_at < work.now - _PENDING_LASTS:
        work.session.delete(row)
        work.session.flush()
        row = None
    if row is None:
        row = storage.SecondFactor(account_id=account.id, kind=FactorKind.APP.value, created_at=work.now)
        codes.seal_secret(work, row, codes.new_secret())
        work.session.add(row)
        work.session.flush()
    secret = codes.open_secret(work, row)
    return NewApp(secret, pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=issuer))


def confirm_app(work: Work, code: str, name: str, keep: str = "") -> list[str]:
    """Take the first code of the app that the actor sets up; returns recovery codes if there were none yet.

    Every session ends but the one to keep.

    Raises CodeDoesNotFit; NotFound when nothing is being set up; UnusableName.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    row = storage.pending_app(work.session, work.actor.id)
    if row is None:
        raise NotFound("second factor", "-")
    if not codes.takes(work, row, code):
        raise CodeDoesNotFit
    row.name, row.confirmed_at, row.used_at = checked(name), work.now, None
    return _added(work, FactorKind.APP, keep)


def passkey_options(work: Work, site: Site) -> str:
    """Return what the browser needs to make a passkey for the actor."""
    require(work.actor, Permission.OWN_ACCOUNT)
    _refuse_too_many(work)
    return passkeys.registration_options(work, site, view(work.session.get_one(Account, work.actor.id)))


def add_passkey(work: Work, site: Site, answer: str, name: str, keep: str = "") -> list[str]:
    """Keep the passkey that the actor's browser made; returns recovery codes if there were none yet.

    Every session ends but the one to keep.

    Raises PasskeyRefused, UnusableName.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    made = passkeys.register(work, site, work.actor.id, answer)
    if storage.factor_with_credential(work.session, made.credential_id):
        raise passkeys.PasskeyRefused
    row = storage.SecondFactor(
        account_id=work.actor.id,
        kind=FactorKind.PASSKEY.value,
        name=checked(name),
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=work.now,
        confirmed_at=work.now,
    )
    work.session.add(row)
    return _added(work, FactorKind.PASSKEY, keep)


def _refuse_too_many(work: Work) -> None:
    if len(storage.factors_of(work.session, work.actor.id)) >= MOST_FACTORS:
        raise TooManyFactors


def _added(work: Work, kind: FactorKind, keep: str) -> list[str]:
    work.session.flush()
    end_sessions(work.session, work.actor.id, (keep,))
    audit.record(work, "account.add_factor", "account", work.actor.id, kind=kind.value)
    if storage.recovery_codes_left(work.session, work.actor.id):
        return []
    return codes.renew_recovery_codes(work, work.actor.id)


def remove(work: Work, reference: str, keep: str = "") -> None:
    """Remove one of the actor's second factors; with the last one the recovery codes go as well.

    Every session ends but the one to keep.

    Raises NotFound, LastFactor.
    """
    own = list_own(work)
    rows = storage.factors_of(work.session, work.actor.id)
    row = next((row for row in rows if row.reference == reference), None)
    if row is None:
        raise NotFound("second factor", reference)
    if own.required and len(rows) == 1:
        raise LastFactor
    end_sessions(work.session, work.actor.id, (keep,))
    audit.record(work, "account.remove_factor", "account", work.actor.id, kind=row.kind)
    if len(rows) == 1:
        storage.remove_factors(work.session, work.actor.id)
    else:
        work.session.delete(row)


def renew_recovery_codes(work: Work) -> list[str]:
    """Give the actor ten new recovery codes, shown once; the old ones end.

    Raises NotFound for somebody without a second factor: there is nothing to recover from.
    """
    require(work.actor, Permission.OWN_ACCOUNT)
    if not storage.has_factor(work.session, work.actor.id):
        raise NotFound("second factor", "-")
    audit.record(work, "account.renew_recovery_codes", "account", work.actor.id)
    return codes.renew_recovery_codes(work, work.actor.id)

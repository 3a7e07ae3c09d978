"""How somebody shows who they are: who needs a second factor, how long a session lasts, how fresh a proof has to be."""

from datetime import datetime, timedelta
from enum import StrEnum

from coalition.domain.vocabulary import Role

IDLE = timedelta(minutes=30)
"""A session at rest for this long is over (OWASP ASVS 5.0, 7.3.1)."""
LONGEST = timedelta(hours=12)
"""A session is over after this, however much it is used (OWASP ASVS 5.0, 7.3.2)."""
HALF_WAY = timedelta(minutes=15)
"""How long a sign-in may take from the password to the end of the second step."""
PROOF_LASTS = timedelta(minutes=10)
"""What leaves the coalition or changes who may sign in needs a proof no older than this (OWASP ASVS 5.0, 7.5)."""
INVITATION_LASTS = timedelta(hours=72)
"""A one-time link is good for three days: a weekend may lie between."""
RESET_LASTS = timedelta(hours=72)
"""So long another person can confirm that somebody lost their second factor."""
DEVICE_LASTS = timedelta(days=180)
"""A device that nobody signed in on for this long is known no more."""


class Stage(StrEnum):
    """How far a sign-in has come; only the last stage opens the pages."""

    SECOND_STEP = "second_step"
    """The password was right; the second factor is asked for."""
    SET_UP = "set_up"
    """The password was right, and the account needs a second factor that it does not have yet."""
    OPEN = "open"
    """Everything was shown."""


class SessionEnd(StrEnum):
    """Why a session is over."""

    IDLE = "idle"
    """Nothing was done for half an hour."""
    LONGEST = "longest"
    """It lasted twelve hours."""
    ENDED = "ended"
    """It was ended, from here or from elsewhere; or it never was."""


class FactorKind(StrEnum):
    """What a second factor is."""

    APP = "app"
    """An app that shows a new code every half minute (TOTP, RFC 6238)."""
    PASSKEY = "passkey"
    """A passkey or a security key (WebAuthn)."""


class SecondFactorPolicy(StrEnum):
    """Who needs a second factor: a setting of the coalition."""

    COORDINATION = "coordination"
    """Those who act for the whole coalition."""
    EVERYBODY = "everybody"
    """Every person."""


_ALWAYS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR})


def needs_second_factor(role: Role, policy: SecondFactorPolicy) -> bool:
    """Tell whether somebody may not work without a second factor."""
    return role in _ALWAYS or policy is SecondFactorPolicy.EVERYBODY


def stage_after_password(*, has_factor: bool, needs_factor: bool) -> Stage:
    """Return where a sign-in stands once the password was right."""
    if has_factor:
        return Stage.SECOND_STEP
    return Stage.SET_UP if needs_factor else Stage.OPEN


def link_opens(*, admitted: bool, in_use: bool, confirmed: bool) -> bool:
    """Tell whether a one-time link opens an account.

    Nobody's opens before somebody who is established has admitted the person: an administrator must not read through
    somebody they invented. After that a first link is one person's act. Into an account that somebody has a password
    for nobody is let by one other person alone (OWASP ASVS 5.0, 6.4.3 and 6.4.4): a second one has to confirm the link
    first.
    """
    return admitted and (confirmed or not in_use)


def end_of(stage: Stage, began_at: datetime, seen_at: datetime, now: datetime) -> SessionEnd | None:
    """Return why a session is over at a moment, None while it lasts."""
    if now - began_at >= (LONGEST if stage is Stage.OPEN else HALF_WAY):
        return SessionEnd.LONGEST if stage is Stage.OPEN else SessionEnd.ENDED
    return SessionEnd.IDLE if now - seen_at >= IDLE else None


def lasts_until(began_at: datetime, seen_at: datetime) -> datetime:
    """Return when an open session ends if nothing more is done in it."""
    return min(began_at + LONGEST, seen_at + IDLE)


def is_recent(proven_at: datetime, now: datetime) -> bool:
    """Tell whether a proof is fresh enough for what must not be done by whoever finds an open session."""
    return now - proven_at < PROOF_LASTS

"""Passkeys and security keys (WebAuthn level 3): what the browser is asked, and whether its answer holds."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import webauthn
from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers import parse_registration_credential_json as parse_registration
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from coalition.db import factors as storage
from coalition.db.accounts import Account
from coalition.domain.authentication import FactorKind
from coalition.domain.errors import CoalitionError
from coalition.services.account_views import AccountView
from coalition.services.work import Work

CHALLENGE_LASTS = timedelta(minutes=5)
_MOST_CHARACTERS = 20_000
_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What the library raises for an answer that is none: it was written by whoever sent it."""


class PasskeyRefused(CoalitionError):
    """The browser's answer does not hold: another site, an old challenge, a key that is not known here."""


class PasskeyFor(StrEnum):
    """What a passkey is asked for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    """The whole sign-in: the device checks who holds it."""
    SECOND_STEP = "second_step"
    """After the password: holding the device is enough."""
    CONFIRM = "confirm"
    """To show once more who somebody is, without the password."""


_VERIFIED = frozenset({PasskeyFor.SIGN_IN, PasskeyFor.CONFIRM})
"""Where the passkey stands for both factors, the device has to check its holder (PIN, finger, face)."""


@dataclass(frozen=True)
class Site:
    """The site as a browser knows it: passkeys are bound to its host."""

    host: str
    origin: str
    name: str


def _verification(purpose: PasskeyFor) -> UserVerificationRequirement:
    required = UserVerificationRequirement.REQUIRED
    return required if purpose in _VERIFIED else UserVerificationRequirement.PREFERRED


def _digest(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def _remember(work: Work, challenge: bytes, purpose: PasskeyFor, account_id: str | None) -> None:
    storage.forget_challenges(work.session, work.now - CHALLENGE_LASTS)
    row = storage.PasskeyChallenge(
        digest=_digest(challenge), purpose=purpose.value, account_id=account_id, made_at=work.now
    )
    work.session.add(row)


def _passkeys(work: Work, account_id: str) -> list[PublicKeyCredentialDescriptor]:
    rows = storage.factors_of(work.session, account_id)
    return [PublicKeyCredentialDescriptor(id=row.credential_id) for row in rows if row.credential_id]


def registration_options(work: Work, site: Site, account: AccountView) -> str:
    """Return, as JSON, what a browser needs to make a passkey."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=account.email,
        user_id=account.reference.encode(),
        user_display_name=account.name,
        exclude_credentials=_passkeys(work, account.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    _remember(work, options.challenge, PasskeyFor.REGISTER, account.id)
    return webauthn.options_to_json(options)


def request_options(work: Work, site: Site, purpose: PasskeyFor, account_id: str | None) -> str:
    """Return, as JSON, what a browser needs to ask for a passkey; before sign-in it names nobody's keys."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=_passkeys(work, account_id) if account_id else None,
        user_verification=_verification(purpose),
    )
    _remember(work, options.challenge, purpose, account_id)
    return webauthn.options_to_json(options)


def _take_challenge(work: Work, client_data: bytes, purpose: PasskeyFor, account_id: str | None) -> bytes:
    challenge = parse_client_data_json(client_data).challenge
    since = work.now - CHALLENGE_LASTS
    if not storage.take_challenge(work.session, _digest(challenge), purpose.value, account_id, since):
        raise PasskeyRefused
    return challenge


def register(work: Work, site: Site, account_id: str, answer: str) -> VerifiedRegistration:
    """Return the passkey that a browser made.

    Raises PasskeyRefused.
    """
    if len(answer) > _MOST_CHARACTERS:
        raise PasskeyRefused
    try:
        credential = parse_registration(answer)
        challenge = _take_challenge(work, credential.response.client_data_json, PasskeyFor.REGISTER, account_id)
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except _UNREADABLE:
        raise PasskeyRefused from None


def take(work: Work, site: Site, purpose: PasskeyFor, account_id: str | None, answer: str) -> Account:
    """Return whose passkey answered; `account_id` is None before anybody has said who they are.

    Raises PasskeyRefused.
    """
    if len(answer) > _MOST_CHARACTERS:
        raise PasskeyRefused
    try:
        factor, account = _answered(work, site, purpose, account_id, answer)
    except _UNREADABLE:
        raise PasskeyRefused from None
    factor.used_at = work.now
    return account


def _answered(
    work: Work, site: Site, purpose: PasskeyFor, account_id: str | None, answer: str
) -> tuple[storage.SecondFactor, Account]:
    credential = parse_authentication_credential_json(answer)
    challenge = _take_challenge(work, credential.response.client_data_json, purpose, account_id)
    found = storage.factor_with_credential(work.session, credential.raw_id)
    if found is None or found[0].kind != FactorKind.PASSKEY or account_id not in {None, found[1].id}:
        raise PasskeyRefused
    factor, account = found
    verified = webauthn.verify_authentication_response(
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=site.host,
        expected_origin=site.origin,
        credential_public_key=factor.public_key or b"",
        credential_current_sign_count=factor.sign_count,
        require_user_verification=purpose in _VERIFIED,
    )
    factor.sign_count = verified.new_sign_count
    return factor, account

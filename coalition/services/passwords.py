"""Hashing passwords: argon2id, and the same work whether there is an account or not."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from coalition.domain.errors import WeakPassword
from coalition.domain.passwords import normalised, weakness

HASHER = PasswordHasher()
"""argon2id with the library's present defaults; a stored hash that used weaker ones is renewed at sign-in."""


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return HASHER.hash(normalised(password))


@cache
def _decoy_hash() -> str:
    # Checked when there is no account, so that the answer takes as long as for one that exists.
    return hash_password(secrets.token_urlsafe())


def is_password(password_hash: str | None, password: str) -> bool:
    """Tell whether a password fits a hash; without a hash, do the same work and say no."""
    try:
        HASHER.verify(password_hash or _decoy_hash(), normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker settings than today's."""
    return HASHER.check_needs_rehash(password_hash)


def refuse_weak(password: str, email: str, name: str) -> None:
    """Raise WeakPassword for a password that is too easy to guess."""
    reason = weakness(password, (email, name))
    if reason:
        raise WeakPassword(reason)

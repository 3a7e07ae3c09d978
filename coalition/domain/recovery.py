"""Recovery codes: the way in when the second factor is lost. Each is good once."""

import secrets

CODES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is mistaken for a digit."""
_LETTERS, _GROUP = 28, 4
_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a code of 140 bits of chance, so that a plain digest may be stored (OWASP ASVS 5.0, 6.5.2)."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[start : start + _GROUP] for start in range(0, _LETTERS, _GROUP))


def plain(code: str) -> str:
    """Return a code as it is compared: without the spaces, hyphens and mistaken letters of whoever typed it."""
    return "".join(letter for letter in code.upper() if letter.isalnum()).translate(_MISTAKEN)

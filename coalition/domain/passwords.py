"""Passwords: what is too weak, and what we make up. Length first (OWASP ASVS 5.0, 6.2): no rules about symbols."""

import secrets
from collections.abc import Iterable

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256
_COMMON = (
    "password",
    "passwort",
    "qwertyuiop",
    "qwerty",
    "asdfgh",
    "abcdefghijkl",
    "coordinator",
    "administrator",
    "coalition",
    "hatecrime",
    "qwertz",
    "123456",
    "letmein",
    "welcome",
    "iloveyou",
    "admin",
    "парола",
    "пароль",
    "йцукен",
    "явертъ",
    "обичамте",
    "здравей",
    "софия",
    "българия",
    "κωδικός",
)
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def weakness(password: str, own_words: Iterable[str]) -> str:
    """Return why a password is too weak, as a code; empty when it is not.

    A common word or one's own name may be a part of it, but not most of it.
    """
    if len(password) < MINIMUM_LENGTH:
        return "too_short"
    if len(password) > MAXIMUM_LENGTH:
        return "too_long"
    lowered = password.casefold()
    if len(set(lowered)) < 5:  # noqa: PLR2004 - fewer different characters than that is a pattern
        return "too_plain"
    own = [part for text in own_words for part in text.casefold().replace("@", " ").replace(".", " ").split()]
    rest = lowered
    for word in sorted({*_COMMON, *(part for part in own if len(part) > 3)}, key=len, reverse=True):  # noqa: PLR2004
        rest = rest.replace(word, "")
    return "" if len(rest.strip("0123456789!.?-_ ")) >= MINIMUM_LENGTH // 2 else "too_common"


def generated_password() -> str:
    """Return four made-up words: easy to read out over the telephone, 64 bits of chance."""

    def word() -> str:
        letters = (secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(2))
        return "".join(letters) + secrets.choice(_CONSONANTS)

    return "-".join(word() for _ in range(4))

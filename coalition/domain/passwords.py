"""Passwords: what is too weak, and what we make up. Length first (OWASP ASVS 5.0, 6.2): no rules about symbols."""

import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

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
_LIST = Path(__file__).with_name("data") / "common_passwords.txt"
_ORNAMENTS = "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_LEET = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
_SHORTEST_STEM = 5
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def normalised(password: str) -> str:
    """Return a password as it is hashed: composed characters in one form (NFC), whatever the keyboard sends.

    Nothing is cut off and no letter changes its case (OWASP ASVS 5.0, 6.2.8 and 6.2.9).
    """
    return unicodedata.normalize("NFC", password)


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
    if len(rest.strip("0123456789!.?-_ ")) < MINIMUM_LENGTH // 2:
        return "too_common"
    return "common" if is_common(password) else ""


@cache
def common_stems() -> frozenset[str]:
    """Return the words that common passwords are made of, without the digits and signs around them."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def stem(password: str) -> str:
    """Return what is left of a password without the digits and signs that people put around a common word."""
    return password.casefold().strip(_ORNAMENTS)


def is_common(password: str) -> bool:
    """Tell whether a password is one of those that are tried first: a listed word, decorated, doubled or both.

    Few of the words that attackers try first have twelve characters by themselves. They come to that length by digits
    and signs before and after, by letters written as digits, and by being written twice; so what is listed are the
    words, and each stands for all of these forms (OWASP ASVS 5.0, 6.2.4 and 6.2.12).
    """
    bare = stem(password)
    forms = {bare, bare.translate(_LEET), stem(password.casefold().translate(_LEET))}
    forms |= {_once(form) for form in forms}
    return any(len(form) >= _SHORTEST_STEM and form in common_stems() for form in forms)


def _once(form: str) -> str:
    """Return what a password says again and again, whatever stands between; the password itself if it does not."""
    words = set(form.translate(str.maketrans(_ORNAMENTS, " " * len(_ORNAMENTS))).split())
    if len(words) == 1:
        return words.pop()
    half = len(form) // 2
    return form[:half] if form[:half] == form[half:] else form


def generated_password() -> str:
    """Return four made-up words: easy to read out over the telephone, 64 bits of chance."""

    def word() -> str:
        letters = (secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(2))
        return "".join(letters) + secrets.choice(_CONSONANTS)

    return "-".join(word() for _ in range(4))

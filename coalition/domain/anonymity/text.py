"""Text as a reader sees it: without what only deceives a program, and with the way back to the original.

Full-width and decorated letters, foreign digits, invisible characters and letters of another script that look alike
are brought into one plain form. Every character of the plain form knows which part of the original it stands for.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LETTER = r"[^\W\d_]"

# Latin, Cyrillic and Greek letters that look alike; a dot where a script has none.
_ALIKE = (
    "AАΑ", "BВΒ", "CС.", "EЕΕ", "H.Η", "HН.", "IІΙ", "JЈ.", "KКΚ", "MМΜ", "N.Ν", "OОΟ", "PРΡ", "SЅ.", "TТΤ", "XХΧ",
    "Y.Υ", "YУ.", "Z.Ζ", "aаα", "cс.", "eе.", "hһ.", "iіι", "jј.", "kкκ", "oоο", "pрρ", "sѕ.", "u.υ", "v.ν",
    "xхχ", "yу.", "yүγ",
)  # fmt: skip
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")
_INVISIBLE = {"Cf", "Cc", "Cs", "Co", "Cn"}
_PLAIN = str.maketrans({
    **dict.fromkeys("‐‑‒–—―−﹣", "-"), **dict.fromkeys("’‘ʼ`´ʹ′", "'"), **dict.fromkeys("“”„‟«»‹›", '"'), "․": ".",
    "…": ".", "\t": " ",
})  # fmt: skip

_LOOKS: dict[tuple[str, str], str] = {
    (letter, script): other
    for group in _ALIKE
    for letter in group
    for script, other in zip(_SCRIPTS, group, strict=True)
    if "." not in (letter, other)
}


@dataclass(frozen=True)
class Plain:
    """A text in plain form; `starts` and `ends` say where each character stands in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the plain form, which is not empty, stands in the original."""
        return self.starts[start], self.ends[end - 1]


def plain(original: str) -> Plain:
    """Bring a text into plain form."""
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(original):
        seen = _seen(original[start:end])
        letters += seen
        starts += [start] * len(seen)
        ends += [end] * len(seen)
    return Plain(_one_script("".join(letters)), tuple(starts), tuple(ends))


def fold(text: str) -> str:
    """Return text in lower case and without accents, as the lists of names are written.

    The length may change, so what was folded is compared and never cut.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def same(text: str) -> str:
    """Return what two spans have in common that a person would call the same."""
    return " ".join(fold(plain(text).text).split())


@lru_cache(maxsize=2000)
def script_of(letter: str) -> str:
    """Return the script of a letter as Unicode names it; empty for anything else."""
    return unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield each character together with the accents that follow it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not unicodedata.combining(text[at]):
            yield start, at
            start = at


@lru_cache(maxsize=2000)
def _seen(cluster: str) -> str:
    """Return what a reader sees of one character."""
    visible = "".join(letter for letter in cluster if letter in "\n\t" or _is_visible(letter))
    letters = unicodedata.normalize("NFKC", visible).translate(_PLAIN)
    return "".join(_ascii(letter) for letter in letters if not unicodedata.combining(letter))


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter) not in _INVISIBLE and not 0xFE00 <= ord(letter) <= 0xFE0F  # noqa: PLR2004 - variation selectors


def _ascii(letter: str) -> str:
    if letter.isspace() and letter != "\n":
        return " "
    return str(unicodedata.digit(letter)) if letter.isdigit() and not letter.isascii() else letter


def _one_script(text: str) -> str:
    """Write each word in one script where letters of others only look like its own."""
    return re.sub(rf"{LETTER}+", lambda word: _unmixed(word[0]), text) if text else text


def _unmixed(word: str) -> str:
    if word.isascii():
        return word
    scripts = Counter(script_of(letter) for letter in word)
    if len(scripts) == 1:
        return word
    script = _meant(word, scripts)
    return "".join(letter if script_of(letter) == script else _LOOKS.get((letter, script), letter) for letter in word)


def _meant(word: str, scripts: Counter[str]) -> str:
    """Return the script that a word is meant in: that of its letters that no other script has."""
    own = Counter(
        script_of(letter)
        for letter in word
        if not any((letter, script) in _LOOKS for script in _SCRIPTS if script != script_of(letter))
    )
    return (own or scripts).most_common(1)[0][0]

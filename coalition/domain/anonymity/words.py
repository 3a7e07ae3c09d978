"""What is known of names, days and addresses per language, read from the package's own data."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from coalition.domain.anonymity.text import fold, script_of

ENGLISH = "en"
_SAME_SCRIPT = {
    "CYRILLIC": ("bg", "mk", "sr", "ru", "uk"),
    "GREEK": ("el",),
}
"""The languages whose words are looked for wherever a script appears, whatever language a text is said to be in."""
_OWN = frozenset({"short_months", "weekdays", "weekdays_with_capital"})
_LONGEST_ENDING = 6
"""Letters that may follow the stem of a plain word."""


@dataclass(frozen=True)
class Words:
    """What one language knows."""

    titles: frozenset[str] = frozenset()
    relative: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    streets: frozenset[str] = frozenset()
    streets_after: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()
    starters: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()
    """Names that are common words too."""
    months: tuple[str, ...] = ()
    short_months: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    weekdays_with_capital: tuple[str, ...] = ()
    declines: bool = False
    """Whether names change their endings."""
    capitals: bool = True
    """Whether a capital inside a sentence says that something is a name."""

    def is_plain(self, word: str) -> bool:
        """Tell whether a folded word carries its capital without naming anybody."""
        return word in self.plain or self._has_stem(word)

    def _has_stem(self, word: str) -> bool:
        shortest = max(1, len(word) - _LONGEST_ENDING)
        return any(word[:length] in self.stems for length in range(len(word), shortest - 1, -1))


@cache
def _table(name: str) -> dict[str, Any]:
    folder = resources.files("coalition.domain").joinpath("data", "anonymity")
    return tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _lines(name: str) -> frozenset[str]:
    folder = resources.files("coalition.domain").joinpath("data", "anonymity")
    lines = folder.joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def general(name: str) -> frozenset[str]:
    """Return a list that holds for every language, folded."""
    words: str = _table("words")["any"][name]
    return _folded(words.split())


def given_names() -> frozenset[str]:
    """Return given names, folded."""
    return _lines("given_names")


@cache
def towns() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return towns, folded, as words; by their first word, the longest first."""
    return _by_first_word(_lines("towns"))


@cache
def phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return phrases that hold a name and name nobody, as `towns` does."""
    return _by_first_word(fold(phrase) for phrase in _table("words")["any"]["phrases"])


def _by_first_word(lines: Iterable[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in lines:
        words = tuple(line.replace("-", " ").replace("'s", "").split())
        found.setdefault(words[0], []).append(words)
    return {first: tuple(sorted(names, key=len, reverse=True)) for first, names in found.items()}


@cache
def words_in(language: str) -> Words:
    """Return what one language knows; of an unknown language the names of its months and days, if any."""
    own = _table("words").get(language, {})
    source = own.get("same_as", language)
    own = _table("words").get(source, own)
    calendar = _table("calendar").get(language, {})
    everyday = {word for code in (language, source) for word in _list("everyday", code)}
    plain = {*own.get("plain", ()), *_list("countries", language), *calendar.get("months", ())}
    return Words(
        **{name: _folded(own.get(name, ())) for name in ("titles", "streets", "streets_after", "near", "starters")},
        relative=tuple(own.get("relative", ())),
        ages=tuple(own.get("ages", ())),
        plain=_folded(word for word in plain if not word.endswith("*")),
        stems=_folded(word[:-1] for word in plain if word.endswith("*")),
        everyday=_folded(everyday),
        months=tuple(calendar.get("months", ())),
        short_months=tuple(calendar.get("short", ())),
        weekdays=tuple(calendar.get("days", ())),
        weekdays_with_capital=tuple(calendar.get("with_capital", ())),
        declines=own.get("declines", False),
        capitals=own.get("capitals", True),
    )


def _list(name: str, language: str) -> list[str]:
    words: str = _table(name).get(language, {}).get("words", "")
    return words.split()


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def languages_of(text: str, language: str) -> tuple[str, ...]:
    """Return the languages whose words are looked for: the text's own, English, and those of the scripts in it."""
    scripts = {script_of(letter) for letter in text}
    others = (code for script, codes in _SAME_SCRIPT.items() if script in scripts for code in codes)
    return tuple(dict.fromkeys((language, ENGLISH, *others)))


@cache
def words_for(languages: tuple[str, ...]) -> Words:
    """Return what several languages know together; whether a capital says anything is for the first to tell."""
    known = [words_in(language) for language in languages]
    together: dict[str, Any] = {}
    for name in Words.__dataclass_fields__:
        # What is a weekday here is an everyday word in the next language: only the text's own, and English.
        values = [getattr(words, name) for words in (known[:2] if name in _OWN else known)]
        if name == "capitals":
            together[name] = values[0]
        elif name == "declines":
            together[name] = any(values)
        elif isinstance(values[0], frozenset):
            together[name] = frozenset().union(*values)
        else:
            together[name] = tuple(dict.fromkeys(item for value in values for item in value))
    return Words(**together)

"""Words as searching and comparing need them: folded, reduced to their stem, and names in one script.

A stem is not a word, it is what the forms of a word have in common. English: the inflections of step 1 of M. F. Porter,
"An algorithm for suffix stripping" (Program 14/3, 1980); what derives one word from another stays. Cyrillic: the light
stemmer of J. Savoy, "Searching Strategies for the Bulgarian Language" (Information Retrieval 10, 2007), which takes
articles and plurals off. It serves Russian and Ukrainian less well, and harms nothing there. Snowball has no Bulgarian.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from coalition.domain.anonymity.text import fold

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LONGEST = 60
"""Letters of a word that are looked at; nobody writes longer ones."""
_SHORTEST_NAME = 3
_REMEMBERED = 20_000
"""Words of which it is remembered what came out: the same few thousand make most of all texts."""
STEMS = "1"
"""Changes when this module makes other keys of the same words."""
NAME = "~"
"""Begins the key of a name, which is the same in every script."""


@dataclass(frozen=True)
class Word:
    """One word of a text."""

    text: str
    """Folded: lower case, without accents."""
    capital: bool
    """Whether it was written with a capital, as names are."""


def words_of(text: str) -> Iterator[Word]:
    """Yield the words and numbers of a text in their order; single letters say nothing and are left out."""
    for written in _WORD.findall(text):
        word = _word(written[:_LONGEST])
        if word is not None:
            yield word


@lru_cache(maxsize=_REMEMBERED)
def _word(written: str) -> Word | None:
    first = written.replace("’", "'").partition("'")[0]
    # Of some signs that count as letters folding leaves nothing, such as of the halfwidth marks of Japanese.
    folded = fold(first) if len(first) > 1 or first.isdecimal() else ""
    return Word(folded, first[0].isupper()) if folded else None


@lru_cache(maxsize=_REMEMBERED)
def stem(word: str) -> str:
    """Return the stem of a folded word."""
    if _CYRILLIC.search(word):
        return _stem_cyrillic(word)
    return _stem_english(word) if word.isascii() and word.isalpha() else word


@lru_cache(maxsize=_REMEMBERED)
def keys_of(word: Word) -> tuple[str, ...]:
    """Return what a text is found by because it holds a word: its stem, and what could be a name in every script."""
    stemmed = stem(word.text)
    if stemmed in stop_words() or word.text in stop_words():
        return ()
    return (stemmed, *named(word.text)) if word.capital else (stemmed,)


def sought(text: str) -> list[frozenset[str]]:
    """Return what somebody looks for: for each word the keys of which a text must have one.

    Words like "and" are not looked for. A capital is not asked for: people type names as they like.
    """
    wanted = [frozenset(keys_of(Word(word.text, capital=True))) for word in words_of(text)]
    return list(dict.fromkeys(keys for keys in wanted if keys))


@lru_cache(maxsize=_REMEMBERED)
def named(word: str) -> tuple[str, ...]:
    """Return the key of a folded word as a name, nothing for a number or what is too short to be told apart.

    Cyrillic is written in Latin letters by the Bulgarian Transliteration Act (2009). What remains different between a
    name's spellings is dropped: doubled letters, y for i, a vowel at the end.
    """
    if not word.isalpha():
        return ()
    latin = word.translate(_LATIN)
    for written, meant in _SPELLINGS:
        latin = latin.replace(written, meant)
    latin = re.sub(r"(.)\1+", r"\1", latin)
    short = latin.rstrip("aeiou")
    key = short if len(short) >= _SHORTEST_NAME else latin
    return (NAME + key,) if len(key) >= _SHORTEST_NAME else ()


_LATIN = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ь": "i", "ю": "yu", "я": "ya", "ы": "y", "э": "e",
    "і": "i", "ї": "i", "є": "ye", "ґ": "g", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ќ": "k",
    "ѓ": "g", "ѕ": "dz",
})  # fmt: skip
_SPELLINGS = (("ou", "u"), ("kh", "h"), ("ph", "f"), ("tz", "ts"), ("w", "v"), ("x", "ks"), ("y", "i"), ("j", "i"))


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the words that every text has, folded: nobody looks for them and they tell no incident from another."""
    text = resources.files("coalition.domain").joinpath("data", "stop_words.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(fold(word) for line in lines for word in line.split())


# --- English -----------------------------------------------------------------------------------------------

_VOWEL = re.compile(r"[aeiou]|(?<=[^aeiou])y")
_SHORT = re.compile(r"^[^aeiou]*[aeiouy][^aeiouwxy]$")
_RESTORED = ("at", "bl", "iz", "is")
_SHORTEST = 3


def _stem_english(word: str) -> str:
    if len(word) <= _SHORTEST:
        return word
    bare = _without_past(_without_plural(word))
    if bare.endswith("y") and len(bare) > _SHORTEST and _VOWEL.search(bare[:-1]):
        bare = f"{bare[:-1]}i"
    # An e that only some forms have, and British and American spelling: graves, vandalise, vandalized.
    bare = bare[:-1] if bare.endswith("e") and len(bare) > _SHORTEST else bare
    return f"{bare[:-2]}iz" if bare.endswith("is") and len(bare) > len("this") else bare


def _without_plural(word: str) -> str:
    for ending, instead in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word


def _without_past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _VOWEL.search(word[:-3]) else word
    for ending in ("ed", "ing"):
        rest = word.removesuffix(ending)
        if rest != word and _VOWEL.search(rest):
            return _mended(rest)
    return word


def _mended(rest: str) -> str:
    if rest.endswith(_RESTORED):
        return f"{rest}e"
    if len(rest) > 1 and rest[-1] == rest[-2] and rest[-1] not in "aeioulsz":
        return rest[:-1]
    return f"{rest}e" if _SHORT.match(rest) else rest


# --- Bulgarian ---------------------------------------------------------------------------------------------

_Ending = tuple[int, str, str]
"""Only of words with more letters than this: an ending, and what stands in its place."""

_ARTICLES: tuple[_Ending, ...] = (
    (6, "ият", ""), (5, "ът", ""), (5, "то", ""), (5, "те", ""), (5, "та", ""), (5, "ия", ""), (4, "ят", ""),
)  # fmt: skip
_PLURALS: tuple[_Ending, ...] = (
    (6, "овци", "о"), (6, "ове", ""), (6, "еве", "и"), (5, "ища", ""), (5, "та", ""), (5, "ци", "к"), (4, "и", ""),
)  # fmt: skip
_LAST_VOWEL: tuple[_Ending, ...] = ((6, "ище", ""), (3, "я", ""), (3, "а", ""), (3, "о", ""), (3, "е", ""))
_FLEETING: tuple[_Ending, ...] = ((4, "и", ""), (4, "ен", "н"))


def _stem_cyrillic(word: str) -> str:
    """Take article, plural, the last vowel and a fleeting vowel off, in Savoy's order; й is и after folding.

    Unlike his, it leaves з and с before a plural as they are, so that надписи is надпис, and it takes a second и off,
    so that джамия and джамии are one.
    """
    if len(word) <= _SHORTEST:
        return word
    if len(word) > len("училища") - 2 and word.endswith("ища"):
        return word.removesuffix("ища")
    bare = word
    for endings in (_ARTICLES, _PLURALS, _LAST_VOWEL, _FLEETING):
        bare = _without(bare, endings)
    if len(bare) > len("петък") - 1 and bare[-2] == "ъ":
        bare = bare[:-2] + bare[-1]
    return bare


def _without(word: str, endings: tuple[_Ending, ...]) -> str:
    for longer_than, ending, instead in endings:
        if len(word) > longer_than and word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word

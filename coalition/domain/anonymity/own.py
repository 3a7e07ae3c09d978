"""What a record itself keeps back, looked for in its public descriptions: in any script, declined as it may be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from coalition.domain.anonymity.names import Token, tokens_of
from coalition.domain.anonymity.patterns import Kind, Span
from coalition.domain.anonymity.text import fold, plain
from coalition.domain.anonymity.words import Words
from coalition.domain.incidents import Facts

_OF_PERSONS = frozenset({"victim_interview", "witness"})
"""Kinds of source whose name is somebody's."""
_SPELLED = (
    "аaбbвvгgдdеeжzзzиiйiкkлlмmнnоoпpрrсsтtуuфfхhцcчcшsъaыiэeюuяaђdјiљlњnћcџdѓgќkіiїiєeґgѕzўu"
    "αaβvγgδdεeζzηiθtιiκkλlμmνnοoπpρrσsςsτtυiφfχhωo"
)
"""Each letter and what it sounds like."""
_SOUNDS = str.maketrans(
    dict(zip(_SPELLED[::2], _SPELLED[1::2], strict=True)) | {"щ": "st", "ь": "", "ξ": "ks", "ψ": "ps"}
)
_LATIN = tuple(
    (re.compile(pattern), plainer)
    for pattern, plainer in (
        ("stch|sht|sch", "st"), ("tch|ch|ts|tz|cz", "c"), ("sh|sz", "s"), ("zh|dj|dzh|rz", "z"), ("kh|ck", "k"),
        ("ph", "f"), ("th", "t"), ("mp(?=[aeiou])", "b"), ("ou", "u"), ("[yj]", "i"), ("w", "v"), ("q", "k"),
        ("x", "ks"), ("i(?=[aeou])", ""), ("ı", "i"), (r"h(?=$|[^aeiou])", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
"""What different spellings of a sound become, in this order."""
_SHORTEST = 3
"""Letters of the shortest part of a name that is looked for."""
_UNMISTAKABLE = 6
"""Letters from which a name is found in lower case too."""
_LEFT_OF_A_NUMBER = 5
"""Last characters of a number by which it is known again."""


class How(Enum):
    """How something is looked for."""

    NAME = auto()
    """Each of its words by itself."""
    PHRASE = auto()
    """All of its words one after the other."""
    NUMBER = auto()
    """Its letters and digits, whatever stands between them."""


@dataclass(frozen=True)
class Own:
    """Something that a record holds and its descriptions may not say."""

    text: str
    how: How


def own_of(facts: Facts) -> tuple[Own, ...]:
    """Return what a record's descriptions may not say: its place, sources, contact and file numbers."""
    sources = [Own(item.name, How.NAME if item.kind in _OF_PERSONS else How.PHRASE) for item in facts.sources]
    references = [source.reference for source in facts.sources] + [step.reference for step in facts.proceedings]
    numbers = [facts.own_reference, facts.contact_phone, facts.contact_email, *references]
    found = [
        Own(facts.municipality, How.PHRASE),
        Own(facts.contact_name, How.NAME),
        *sources,
        *(Own(text, How.NUMBER) for text in numbers),
    ]
    return tuple(own for own in found if own.text.strip())


def own_spans(text: str, words: Words, kept_back: Sequence[Own]) -> Iterator[Span]:
    """Yield where a plain text says what the record keeps back."""
    tokens = tokens_of(text, words)
    for own in kept_back:
        if own.how is How.NUMBER:
            yield from _numbers(text, own.text)
        else:
            yield from _names(tokens, own, words)


def _numbers(text: str, number: str) -> Iterator[Span]:
    wanted = "".join(re.findall(r"[^\W_]", fold(plain(number).text)))
    if len(wanted) < _SHORTEST or not any(letter.isdigit() or letter == "@" for letter in number):
        return
    tail = wanted[-max(_LEFT_OF_A_NUMBER, len(wanted) - 3) :]
    searched = text.lower()
    for found in re.finditer(r"[\W_]*".join(map(re.escape, tail)), searched):
        if not _inside_a_number(searched, *found.span()):
            yield Span(Kind.OWN, *found.span())


def _inside_a_number(text: str, start: int, end: int) -> bool:
    return end < len(text) and text[end].isdigit() and text[end - 1].isdigit() and start >= 0


def _names(tokens: Sequence[Token], own: Own, words: Words) -> Iterator[Span]:
    for part in _parts(tokens_of(plain(own.text).text, words), own.how):
        for first in range(len(tokens) - len(part) + 1):
            said = tokens[first : first + len(part)]
            if all(_is_said(token, word) for token, word in zip(said, part, strict=True)) and _counts(said, words):
                yield Span(Kind.OWN, said[0].start, said[-1].end)


def _parts(held: Sequence[Token], how: How) -> list[list[str]]:
    """Return the sequences of words that are looked for: of a name its words with a capital, if it has any."""
    if how is How.PHRASE:
        return [[token.base for token in held]] if any(len(token.base) >= _SHORTEST for token in held) else []
    said = [token for token in held if token.capital] or held
    return [[token.base] for token in said if len(token.base) >= _SHORTEST]


def _is_said(token: Token, word: str) -> bool:
    """Tell whether a word is a known one; without a capital it has to be all of it, with an ending at most."""
    return alike(token.base, word) and (token.capital or sound(token.base).startswith(sound(word)))


def _counts(said: Sequence[Token], words: Words) -> bool:
    """Tell whether one word is meant as a name: many names are everyday words too."""
    if len(said) > 1:
        return True
    token = said[0]
    if token.capital and not token.first:
        return not words.is_plain(token.base) or token.base not in words.plain
    everyday = words.is_plain(token.base) or token.base in words.everyday | words.starters
    return not everyday and (token.capital or len(token.base) >= _UNMISTAKABLE)


@lru_cache(maxsize=2000)
def sound(word: str) -> str:
    """Return roughly how a folded word sounds, the same for Latin, Cyrillic and Greek spelling."""
    heard = word.translate(_SOUNDS)
    for pattern, plainer in _LATIN:
        heard = pattern.sub(plainer, heard)
    return heard


def alike(said: str, known: str) -> bool:
    """Tell whether a word is a known one, in whatever script and case."""
    one, two = sound(said), sound(known)
    if one == two:
        return True
    common = max(4, len(two) - 2)
    return len(two) >= common and one[:common] == two[:common] and abs(len(one) - len(two)) <= 3  # noqa: PLR2004 - letters that an ending adds or takes

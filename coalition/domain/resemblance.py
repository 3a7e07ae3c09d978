"""How much a row that was sent and a published line say the same, cell by cell and in all."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from coalition.domain.duplicates import lexicon
from coalition.domain.published import FIELDS, Names, Said, month_number
from coalition.domain.words import stem, stop_words, words_of

SHARES = {"date": 0.12, "country": 0.06, "motivations": 0.11, "type": 0.08, "source": 0.15, "description": 0.48}
"""How much each cell weighs; measured by tests/domain/test_matching_quality.py."""
OUT_OF = 10_000
"""Scores are whole ten-thousandths: equally good is then exactly so."""
_OTHER_WORDS = 0.98
"""The most that two descriptions can have in common which are not the same to the letter."""
EMPTIED = 0.4
"""ODIHR leaves the descriptions of attacks on property out: that one is missing speaks neither for nor against."""
FROM_NOTHING = 0.1
"""A line with a description hardly tells of an incident that was sent as a number."""
_YEAR_ONLY, _NEXT_MONTH = 0.7, 0.5
NOT_SAID = 0.5
"""What the source counts when no line of the whole list credits us: ODIHR knows us by a name that we do not know."""


def score(parts: Mapping[str, float]) -> int:
    """Return how much a row and a line say the same, in ten-thousandths; what neither says does not count."""
    weight = sum(SHARES[name] for name in parts)
    return round(OUT_OF * sum(SHARES[name] * value for name, value in parts.items()) / weight)


def date_likeness(one: Said, other: Said) -> float:
    """Return from 0 to 1 how near two dates are: 0 where more than a month lies between them."""
    mine, theirs = month_number(one), month_number(other)
    if mine is not None and theirs is not None:
        return {0: 1.0, 1: _NEXT_MONTH}.get(abs(mine - theirs), 0.0)
    if one.year is None or one.year != other.year:
        return 0.0
    return 1.0 if mine == theirs else _YEAR_ONLY


def _motivations_meant(one: Said, other: Said) -> frozenset[str]:
    """Return the motivations of a line; what an older name may mean is taken as what was sent, where it can be."""
    meant = other.either & one.motivations
    return other.motivations | (meant or other.either)


def motivations_likeness(one: Said, other: Said) -> float:
    """Return from 0 to 1 how many motivations both have."""
    theirs = _motivations_meant(one, other)
    both = one.motivations | theirs
    return len(one.motivations & theirs) / len(both) if both else 1.0


def added_sources(one: Said, other: Said, names: Names) -> frozenset[str]:
    """Return whom a line credits beside those who were sent; the coalition stands for all its members."""
    return other.sources - one.sources - names.coalition


def _same_sources(one: Said, other: Said, names: Names) -> bool:
    left = other.sources - names.coalition
    return left == one.sources - names.coalition or (not left and bool(other.sources))


def source_likeness(one: Said, other: Said, names: Names) -> float:
    """Return from 0 to 1 how far a line credits those who were sent."""
    if _same_sources(one, other, names):
        return 1.0
    both = one.sources & other.sources
    if both:
        return 0.5 + 0.5 * len(both) / len(one.sources | (other.sources - names.coalition))
    if other.sources & names.coalition:
        return 0.5
    return 0.0 if other.sources.isdisjoint(names.members.values()) else 0.25


def differing(one: Said, other: Said, names: Names) -> tuple[str, ...]:
    """Return the cells in which a line says something else than the row; what the row does not say cannot differ."""
    differ = {
        "date": one.year is not None and (one.year, one.month) != (other.year, other.month),
        "country": one.country != other.country,
        "motivations": one.motivations != _motivations_meant(one, other),
        "type": one.type != other.type,
        "source": bool(one.sources) and not _same_sources(one, other, names),
        "description": one.text != other.text and not (one.foreign and one.text and other.text),
    }
    return tuple(name for name in FIELDS if differ[name])


# --- descriptions ------------------------------------------------------------------------------------------


def marks_of(text: str) -> frozenset[str]:
    """Return what a description is compared by: the stems of its words, and what the lexicon says they are about."""
    marks: set[str] = set()
    for word in words_of(text):
        marks.update(_marks_of_word(word.text))
    return frozenset(marks)


@lru_cache(maxsize=20_000)
def _marks_of_word(word: str) -> tuple[str, ...]:
    if word in stop_words():
        return ()
    bits = lexicon().find(word)
    return (stem(word), f"#{bits}") if bits else (stem(word),)


class Texts:
    """How much each mark tells, counted over all descriptions of a list: what few have tells most.

    Marks are numbers here: of very many descriptions not much is kept.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Count the marks of the different descriptions."""
        self._numbers: dict[str, int] = {}
        self._marks: dict[str, array[int]] = {}
        for text in texts:
            if text and text not in self._marks:
                self._marks[text] = self._numbered(text)
        counted = Counter(mark for marks in self._marks.values() for mark in marks)
        number = len(self._marks)
        # Whole numbers: their sum does not depend on the order.
        self._weights = [round(1000 * math.log(1 + number / counted[mark])) for mark in self._numbers.values()]
        for text, marks in self._marks.items():
            self._marks[text] = array("I", sorted(marks, key=lambda mark: (-self._weights[mark], mark)))
        self._totals = {text: sum(map(self.weight, marks)) for text, marks in self._marks.items()}

    def _numbered(self, text: str) -> "array[int]":
        return array("I", (self._numbers.setdefault(mark, len(self._numbers)) for mark in sorted(marks_of(text))))

    def weight(self, mark: int) -> int:
        """Return how much a mark tells."""
        return self._weights[mark]

    def marks(self, text: str) -> Sequence[int]:
        """Return the marks of one of the descriptions, those that tell most first."""
        return self._marks[text]

    def total(self, text: str) -> int:
        """Return how much all marks of one of the descriptions tell."""
        return self._totals[text]

    def shared(self, marks: frozenset[int], text: str) -> int:
        """Return how much those of some marks tell that one of the descriptions has."""
        return sum(map(self._weights.__getitem__, marks.intersection(self._marks[text])))

    def likeness(self, one: str, other: str) -> float:
        """Return from 0 to 1 how much two of the descriptions say the same.

        The mean of two measures, since ODIHR shortens: how much of the shorter one is in the longer one, and how much
        of both they share.
        """
        if one == other:
            return 1.0
        shared = self.shared(frozenset(self._marks[one]), other)
        if not shared:
            return 0.0
        mine, theirs = self._totals[one], self._totals[other]
        return min(_OTHER_WORDS, (shared / min(mine, theirs) + 2 * shared / (mine + theirs)) / 2)

"""Whether two records may be about one incident: a score between 0 and 1 with its reasons, as a hint for a person.

Two members who record one attack say it in other words, in another language, shorter, and remember another day. So
texts are compared by what they speak of (`domain/data/concepts.toml`) and by the rare words and names that they share,
and dates by how precisely they are known. Equal records are different incidents as often as not (819 rows of ODIHR's
export repeat another one), so nothing follows from any score: a person reads both and decides.
"""

import calendar
import datetime
import hashlib
import tomllib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from importlib import resources

from coalition.domain.anonymity.text import fold
from coalition.domain.incidents import PartialDate
from coalition.domain.words import STEMS, Word, keys_of, named, stop_words, words_of

WINDOW = 31
"""Days that may lie between two dates: a month is how far an incident known to the month can be misdated by one."""
ENOUGH = 0.4
"""A lower score is not worth a person's time."""


class Reason(StrEnum):
    """Why two records look like one incident."""

    SAME_DAY = "same_day"
    """Both are known to the day, and it is the same."""
    NEAR_IN_TIME = "near_in_time"
    """At most a week lies between two days, or a month between dates known less precisely."""
    SAME_MONTH = "same_month"
    """One of the dates is known to the month only, and they overlap."""
    SAME_PLACE = "same_place"
    """Both name the same municipality."""
    SAME_REGION = "same_region"
    SAME_MOTIVATION = "same_motivation"
    """The same set of bias motivations."""
    SHARED_MOTIVATION = "shared_motivation"
    """At least one bias motivation in common."""
    SAME_TYPE = "same_type"
    SIMILAR_TEXT = "similar_text"
    """The texts speak of the same things, in whatever language."""


@dataclass(frozen=True)
class Likeness:
    """How much two records look like one incident."""

    score: float
    """From 0 to 1."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Features:
    """What a text is compared by."""

    concepts: int = 0
    """A bit for each concept of the lexicon that the text speaks of."""
    words: frozenset[Hashable] = frozenset()
    """Keys of its words that no concept covers: names, numbers, rare words. They may be digests."""
    scripts: int = 0
    """A bit for each script it is written in: texts that share none can share names only."""

    @cached_property
    def weight(self) -> int:
        """How much its concepts tell."""
        return weight_of(self.concepts)


@dataclass(frozen=True)
class Span:
    """The first and the last day that a date can mean, as ordinals of the calendar."""

    first: int
    last: int

    @property
    def days(self) -> int:
        """How many days it can mean."""
        return self.last - self.first + 1

    def apart(self, other: "Span") -> int:
        """Return the fewest days that can lie between two spans, 0 where they overlap."""
        return max(0, self.first - other.last, other.first - self.last)


@dataclass(frozen=True)
class Case:
    """What a record is compared by; empty means not known."""

    when: Span | None = None
    country: str = ""
    region: str = ""
    place: frozenset[Hashable] = frozenset()
    """Keys of the municipality's name. They may be digests, like the words of the text."""
    type: str = ""
    motivations: frozenset[str] = frozenset()
    text: Features = field(default_factory=Features)


def span_of(date: PartialDate) -> Span:
    """Return the days that a date can mean."""
    first = date.earliest()
    if date.day:
        return Span(first.toordinal(), first.toordinal())
    # Without the day after: the calendar ends with the year 9999, which somebody may type into a draft.
    month = date.month or _MONTHS
    last = datetime.date(date.year, month, calendar.monthrange(date.year, month)[1])
    return Span(first.toordinal(), last.toordinal())


_MONTHS = 12


# --- texts -------------------------------------------------------------------------------------------------

_LONGEST_ENDING = 7
"""Letters that may follow the beginning of a word by which it belongs to a concept."""
_WEIGHTS = {"common": 1, "usual": 3}
"""How much it tells that two texts speak of the same; a word that no concept covers tells as much as the rarer ones."""
_WEIGHT_OF_WORD = 3
_SCRIPTS = (("a", "z"), ("а", "ӿ"), ("α", "ω"))


@dataclass(frozen=True)
class Lexicon:
    """The concepts, as beginnings of words and as whole words, each with its bits."""

    version: str
    """Changes with every change of the lexicon or of the stems: what was made with another one cannot be compared."""
    names: tuple[str, ...]
    beginnings: Mapping[str, int]
    whole: Mapping[str, int]
    masks: tuple[tuple[int, int], ...]
    """For each weight: (the bits that have it, the weight)."""

    def find(self, word: str) -> int:
        """Return the bits of the concepts that a folded word belongs to; 0 for none."""
        if word in self.whole:
            return self.whole[word]
        for length in range(len(word), max(1, len(word) - _LONGEST_ENDING - 1), -1):
            found = self.beginnings.get(word[:length])
            if found:
                return found
        return 0


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of the field, read once."""
    text = resources.files("coalition.domain").joinpath("data", "concepts.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    beginnings: dict[str, int] = {}
    whole: dict[str, int] = {}
    names: list[str] = []
    masks = []
    for kind, weight in _WEIGHTS.items():
        mask = 0
        for name, words in data[kind].items():
            bit = 1 << len(names)
            names.append(name)
            mask |= bit
            for word in words.split():
                table, key = (whole, word[:-1]) if word.endswith(".") else (beginnings, word)
                table[fold(key)] = table.get(fold(key), 0) | bit
        masks.append((mask, weight))
    version = hashlib.sha256(f"{STEMS}\n{text}".encode()).hexdigest()[:16]
    return Lexicon(version, tuple(names), beginnings, whole, tuple(masks))


def features(texts: Iterable[str]) -> Features:
    """Return what the texts of one record are compared by."""
    concepts, scripts = 0, 0
    words: set[Hashable] = set()
    for text in texts:
        for word in words_of(text):
            found, script, keys = _features_of(word)
            concepts |= found
            scripts |= script
            words.update(keys)
    return Features(concepts, frozenset(words), scripts)


@lru_cache(maxsize=20_000)
def _features_of(word: Word) -> tuple[int, int, tuple[str, ...]]:
    """Return what one word adds: the bits of its concepts, its script, and its keys where it belongs to no concept."""
    found = lexicon().find(word.text)
    return found, _script(word.text), () if found or word.text in stop_words() else keys_of(word)


def place_keys(name: str) -> frozenset[str]:
    """Return the keys of a municipality's name, the same in every script; what is no name, such as "гр.", has none."""
    return frozenset(key for word in words_of(name) if not lexicon().find(word.text) for key in named(word.text))


def _script(word: str) -> int:
    for number, (first, last) in enumerate(_SCRIPTS):
        if first <= word[0] <= last:
            return 1 << number
    return 0


def weight_of(concepts: int) -> int:
    """Return how much some concepts tell."""
    total = 0
    for mask, weight in lexicon().masks:
        total += (concepts & mask).bit_count() * weight
    return total


def agreement(one: int, other: int, weights: int) -> float:
    """Return from 0 to 1 how far two sets of concepts agree, of which the weights are known together.

    It is a first glance at many records, before a few of them are compared.
    """
    return 2 * weight_of(one & other) / weights if weights else 0.0


_LITTLE = 4
"""A text that tells less than this agrees with half of all others by chance."""


def text_likeness(one: Features, other: Features) -> float:
    """Return from 0 to 1 how far two texts speak of the same.

    The mean of two measures: how much of the shorter text is in the longer one, since one member writes a line and the
    other a page; and how much of both they share.
    """
    both = one.words & other.words
    if one.scripts & other.scripts:
        mine, theirs = (text.weight + _WEIGHT_OF_WORD * len(text.words) for text in (one, other))
    else:
        mine, theirs = (text.weight + _WEIGHT_OF_WORD * len(both) for text in (one, other))
    if not (mine and theirs):
        return 0.0
    shared = weight_of(one.concepts & other.concepts) + _WEIGHT_OF_WORD * len(both)
    within = min(1.0, shared / max(min(mine, theirs), _LITTLE))
    return (within + 2 * shared / (mine + theirs)) / 2


# --- whole records -----------------------------------------------------------------------------------------

_SHARES = {"text": 0.45, "date": 0.25, "place": 0.12, "motivation": 0.1, "type": 0.08}
"""How much each part of two records weighs; measured by tests/domain/test_duplicate_quality.py."""
_UNKNOWN = 0.45
"""What a part counts that one of the records does not state: neither for nor against."""
_SIMILAR = 0.4
"""From this likeness of texts on it is named as a reason."""
_WEEK, _DAYS = 7, 3
_LONGEST_MONTH = 31


def score(one: Case, other: Case) -> Likeness:
    """Return how much two records look like one incident, and why.

    Records of different countries, or with more than a month between them, are not about one incident.
    """
    if one.country and other.country and one.country != other.country:
        return Likeness(0.0, ())
    if one.when is None or other.when is None or one.when.apart(other.when) > WINDOW:
        return Likeness(0.0, ())
    text = text_likeness(one.text, other.text)
    parts = {
        "date": _date(one.when, other.when),
        "place": _place(one, other),
        "motivation": _motivation(one.motivations, other.motivations),
        "type": _type(one.type, other.type),
    }
    total = _SHARES["text"] * text
    reasons = []
    for name, (value, reason) in parts.items():
        total += _SHARES[name] * value
        if reason:
            reasons.append(reason)
    if text >= _SIMILAR:
        reasons.append(Reason.SIMILAR_TEXT)
    return Likeness(round(min(total, 1.0), 4), tuple(reasons))


_Part = tuple[float, Reason | None]


def _date(one: Span, other: Span) -> _Part:
    apart, least = one.apart(other), max(one.days, other.days)
    if least == 1:
        if apart == 0:
            return 1.0, Reason.SAME_DAY
        near = Reason.NEAR_IN_TIME if apart <= _WEEK else None
        return (0.85 if apart <= _DAYS else 0.65 if apart <= _WEEK else 0.3), near
    if least > _LONGEST_MONTH:
        return 0.35, None
    return (0.7, Reason.SAME_MONTH) if apart == 0 else (0.35, Reason.NEAR_IN_TIME)


def _place(one: Case, other: Case) -> _Part:
    if one.place and other.place:
        if one.place & other.place:
            return 1.0, Reason.SAME_PLACE
        return (0.3, Reason.SAME_REGION) if one.region and one.region == other.region else (0.0, None)
    if one.place & other.text.words or other.place & one.text.words:
        return 0.9, Reason.SAME_PLACE
    if one.region and other.region:
        return (0.7, Reason.SAME_REGION) if one.region == other.region else (0.0, None)
    return _UNKNOWN, None


def _motivation(one: frozenset[str], other: frozenset[str]) -> _Part:
    if not (one and other):
        return _UNKNOWN, None
    if one == other:
        return 1.0, Reason.SAME_MOTIVATION
    return (0.75, Reason.SHARED_MOTIVATION) if one & other else (0.0, None)


def _type(one: str, other: str) -> _Part:
    if not (one and other):
        return _UNKNOWN, None
    return (1.0, Reason.SAME_TYPE) if one == other else (0.0, None)

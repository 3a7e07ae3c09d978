"""Finds the published lines that say enough of what a row says, without a close look at each.

What rows and lines say besides their descriptions is alike for many: that is compared once for all of them. Of
descriptions an index by words tells how much two have in common. Nothing that reaches the score asked for is left out;
what is found may still be no pair and has to be looked at closely.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from math import isqrt
from typing import NamedTuple

from coalition.domain.pairs import FLOOR, MUCH_ALIKE, NEARLY_SAME, Pairs
from coalition.domain.published import Said
from coalition.domain.resemblance import (
    EMPTIED,
    FROM_NOTHING,
    NOT_SAID,
    OUT_OF,
    SHARES,
    date_likeness,
    motivations_likeness,
    source_likeness,
)

Found = tuple[float, int]
"""What a line scores, nearly, and its place."""
_SLACK = 1e-9
"""Sums of fractions differ a little with their order; a score that is too low by one part differs by more."""
_FEW = 4
"""Where no more than one line of so many says enough besides, each of them is looked at."""
_NEVER = 9.0
"""A likeness that no two descriptions have."""


@dataclass
class _Country:
    """The lines of one country."""

    text_at: dict[str, int] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    """By description: how much all its words tell."""
    lines: list[list[int]] = field(default_factory=list)
    """By description."""
    least: list[float] = field(default_factory=list)
    """By description: what one of its lines has to score at least."""
    cheapest: dict[int, float] = field(default_factory=dict)
    """By what is said besides: what one of its lines has to score at least."""
    sharing: dict[int, "array[int]"] = field(default_factory=dict)
    """By mark: the descriptions that have it."""
    groups: dict[int, list[int]] = field(default_factory=dict)
    """By what is said besides: the lines with a description."""
    silent: dict[int, list[int]] = field(default_factory=dict)
    """The same: those without one."""


class _Besides(NamedTuple):
    """How a row and a line compare in all but their descriptions."""

    told: float
    """Their part of a score with descriptions."""
    alike: float
    """How much alike two descriptions have to be."""
    silent: bool
    """Whether the line can be ours without a description."""
    every: bool
    """Whether each of the other cells speaks for it."""


class _Row:
    """Compares what some rows say besides their descriptions; each cell is compared once with all lines that share it.

    Its sums are those of `Pairs.besides`.
    """

    def __init__(self, said: Said, pairs: Pairs) -> None:
        self.said, self._pairs = said, pairs
        dated, credited = said.year is not None, bool(said.sources)
        self.weight = sum(SHARES.values()) - (0 if dated else SHARES["date"]) - (0 if credited else SHARES["source"])
        self.share = SHARES["description"] / self.weight
        """How much of a score the description makes."""
        self.reach: list[tuple[int, int, float, float]] | None = None
        """Of the lines with a description: those that say enough besides, where that was asked."""
        self._found: dict[int, _Besides] = {}
        self._dates: dict[tuple[int | None, int | None], float] = {}
        self._motivations: dict[tuple[frozenset[str], frozenset[str]], float] = {}
        self._sources: dict[frozenset[str], float] = {}

    def besides(self, group: int, other: Said) -> _Besides:
        """Return how they compare with a group of lines."""
        found = self._found.get(group)
        if found is None:
            found = self._found[group] = self._compared(other)
        return found

    def _compared(self, other: Said) -> _Besides:
        one = self.said
        when, why = (other.year, other.month), (other.motivations, other.either)
        date = self._dates.get(when)
        if date is None:
            date = self._dates[when] = 1.0 if one.year is None else date_likeness(one, other)
        motivations = self._motivations.get(why)
        if motivations is None:
            motivations = self._motivations[why] = motivations_likeness(one, other)
        source = self._sources.get(other.sources)
        if source is None:
            source = self._sources[other.sources] = self._source(other)
        here, same_type, credits_us = (
            one.country == other.country,
            one.type == other.type,
            self._pairs.may_credit(other),
        )
        total = SHARES["motivations"] * motivations + SHARES["country"] * here + SHARES["type"] * same_type + source
        total += 0.0 if one.year is None else SHARES["date"] * date
        possible = credits_us and date > 0
        return _Besides(
            told=total / self.weight,
            alike=_alike(here=here, near=date > 0, credits_us=credits_us),
            silent=possible and here,
            every=possible and here and same_type and motivations > 0,
        )

    def _source(self, other: Said) -> float:
        if not self.said.sources:
            return 0.0
        likeness = source_likeness(self.said, other, self._pairs.names) if self._pairs.known else NOT_SAID
        return SHARES["source"] * likeness


def _alike(*, here: bool, near: bool, credits_us: bool) -> float:
    """Return how much alike descriptions have to be that others wrote of another day or country (`Pairs.possible`)."""
    if not here:
        return 1.0 if credits_us and near else _NEVER
    if credits_us:
        return 0.0 if near else MUCH_ALIKE
    return NEARLY_SAME if near else _NEVER


_NOBODY = Said(None, None, "", frozenset(), frozenset(), "", frozenset(), "")


class LineIndex:
    """Finds lines by what a row says, what it would give up for one, and what each costs."""

    def __init__(self, pairs: Pairs, told: Sequence[Said]) -> None:
        """Enter lines; each is found again by its place. Nothing costs anything yet."""
        self._pairs, self._told = pairs, told
        groups: dict[Said, int] = {}
        self._group = array("I", (groups.setdefault(replace(said, text=""), len(groups)) for said in told))
        self._groups = list(groups)
        self._floors = [pairs.floor_of(said) for said in self._groups]
        self._countries: dict[str, _Country] = defaultdict(_Country)
        self._row = _Row(_NOBODY, pairs)
        for place, said in enumerate(told):
            self._enter(place, said)
        self._prices: Mapping[int, int] = {}
        self._lowest = 0.0
        self.ask({})

    def _enter(self, place: int, said: Said) -> None:
        here, group = self._countries[said.country], self._group[place]
        (here.groups if said.text else here.silent).setdefault(group, []).append(place)
        if not said.text:
            return
        number = here.text_at.setdefault(said.text, len(here.text_at))
        if number < len(here.lines):
            here.lines[number].append(place)
            return
        here.lines.append([place])
        here.texts.append(said.text)
        here.totals.append(self._pairs.texts.total(said.text))
        for mark in self._pairs.texts.marks(said.text):
            if mark not in here.sharing:
                here.sharing[mark] = array("I")
            here.sharing[mark].append(number)

    def ask(self, prices: Mapping[int, int], lowest: float = 0.0) -> None:
        """Set what lines cost: only those that are worth more, and score at least so much, are found from now on."""
        self._prices, self._lowest = prices, lowest
        for here in self._countries.values():
            here.least = [min(self._least(place, 0) for place in places) for places in here.lines]
            here.cheapest = {
                group: min(self._least(place, 0) for place in places) for group, places in here.groups.items()
            }
        self._row = _Row(_NOBODY, self._pairs)

    def _least(self, place: int, gain: int) -> float:
        """Return what a line has to score so that it can be worth more than it costs and than what is given up."""
        above = isqrt(gain + self._prices.get(place, 0))
        return max(self._lowest, min(OUT_OF, self._floors[self._group[place]] + above) / OUT_OF) - _SLACK

    def near(self, one: Said, gain: int = 0) -> Iterator[Found]:
        """Yield every line that can be worth more to a row than its price and what the row gets without it.

        It is quickest for rows that follow each other when they differ in their descriptions alone.
        """
        apart = replace(one, text="")
        if self._row.said != apart:
            self._row = _Row(apart, self._pairs)
        asked = max(self._lowest, min(1.0, FLOOR + isqrt(gain) / OUT_OF)) - _SLACK
        here = self._countries.get(one.country, _Country())
        found = [self._silent(one, here, asked)]
        if one.text:
            found += [self._described(one, here, asked), self._elsewhere(one)]
        if one.foreign or not one.text:
            found.append(self._by_the_rest(one, here))
        for item in chain.from_iterable(found):
            if item[0] >= asked and item[0] >= self._least(item[1], gain):
                yield item

    def _besides(self, group: int) -> _Besides:
        return self._row.besides(group, self._groups[group])

    def _silent(self, one: Said, here: _Country, asked: float) -> Iterator[Found]:
        """Yield lines without a description."""
        row = self._row
        speaks = EMPTIED * row.share if one.text else 0.0
        if one.text and 1 - row.share + speaks < asked:
            return
        for group, places in here.silent.items():
            besides = self._besides(group)
            if besides.every or (besides.silent and one.text and not one.foreign):
                score = besides.told + speaks if one.text else besides.told / (1 - row.share)
                yield from ((score, place) for place in places)

    def _described(self, one: Said, here: _Country, asked: float) -> Iterator[Found]:
        """Yield lines of the same country with a description: one by one where few say enough besides."""
        if self._row.reach is None:
            self._row.reach = list(self._in_reach(here))
        if len(self._row.reach) > len(here.texts) // _FEW:
            yield from self._by_words(one, here, asked)
            return
        share, texts = self._row.share, self._pairs.texts
        barely = asked - share
        mine, marks = texts.total(one.text), frozenset(texts.marks(one.text))
        if not mine:
            return
        for place, number, told, enough in self._row.reach:
            if told < barely:
                continue
            theirs = here.totals[number]
            shorter = min(mine, theirs)
            # Were all of the shorter one in the longer one:
            if (0.5 + shorter / (mine + theirs)) < enough:
                continue
            shared = texts.shared(marks, here.texts[number])
            alike = shared * (0.5 / shorter + 1 / (mine + theirs)) if shared else 0.0
            if alike >= enough:
                yield told + share * alike, place

    def _in_reach(self, here: _Country) -> Iterator[tuple[int, int, float, float]]:
        """Yield lines that say enough besides, with what they say, and how much alike their description has to be."""
        share = self._row.share
        for group, places in here.groups.items():
            besides = self._besides(group)
            if besides.told + share < here.cheapest[group]:
                continue
            for place in places:
                enough = max((self._least(place, 0) - besides.told) / share, besides.alike) - _SLACK
                if enough <= 1:
                    yield place, here.text_at[self._told[place].text], besides.told, enough

    def _by_words(self, one: Said, here: _Country, asked: float) -> Iterator[Found]:
        """Yield lines of the same country whose description shares anything."""
        share = self._row.share
        # However well the rest fits, a description less alike does not reach what is asked.
        enough, least = (asked - 1 + share) / share, here.least
        for number, most, exact in self._sharing(one.text, here, enough):
            if 1 - share + share * most < least[number]:
                continue
            alike = most if exact else self._pairs.texts.likeness(one.text, here.texts[number])
            for place in here.lines[number]:
                besides = self._besides(self._group[place])
                if alike + _SLACK >= besides.alike:
                    yield besides.told + share * alike, place

    def _sharing(self, text: str, here: _Country, enough: float) -> Iterator[tuple[int, float, bool]]:
        """Yield the descriptions that can be alike enough, how much they are at most, and whether that is exact."""
        texts, totals = self._pairs.texts, here.totals
        mine, common, rare = texts.total(text), 0, list(texts.marks(text))
        while rare:
            # What shares nothing but the commonest words cannot be alike enough: they are not looked up.
            more = common + texts.weight(rare[-1])
            if (1 + 2 * more / (mine + more)) / 2 + _SLACK >= enough:
                break
            common = more
            rare.pop()
        found: dict[int, int] = defaultdict(int)
        for mark in rare:
            weight = texts.weight(mark)
            for number in here.sharing.get(mark, ()):
                found[number] += weight
        for number, some in found.items():
            theirs = totals[number]
            shared = min(some + common, mine, theirs)
            most = (shared / min(mine, theirs) + 2 * shared / (mine + theirs)) / 2
            if most + _SLACK >= enough:
                yield number, most, not common

    def _elsewhere(self, one: Said) -> Iterator[Found]:
        """Yield lines with the same description whose words do not lead there: of other countries, or without any."""
        worded = bool(self._pairs.texts.total(one.text))
        for country, here in self._countries.items():
            number = here.text_at.get(one.text)
            if number is None or (worded and country == one.country):
                continue
            for place in here.lines[number]:
                besides = self._besides(self._group[place])
                if besides.alike <= 1:
                    yield besides.told + self._row.share, place

    def _by_the_rest(self, one: Said, here: _Country) -> Iterator[Found]:
        """Yield lines with a description that speaks neither for nor against."""
        speaks = self._row.share * (NOT_SAID if one.text else FROM_NOTHING)
        for group, places in here.groups.items():
            besides = self._besides(group)
            if besides.every:
                yield from ((besides.told + speaks, place) for place in places)

"""What a row that was sent and a published line are worth to each other, as one incident."""

from collections.abc import Collection, Mapping
from functools import cached_property

from coalition.domain.published import Names, Said
from coalition.domain.resemblance import (
    EMPTIED,
    FROM_NOTHING,
    NOT_SAID,
    OUT_OF,
    Texts,
    date_likeness,
    motivations_likeness,
    score,
    source_likeness,
)

FLOOR = 0.55
"""A pair with a lower score is none. A line of the same month, country, motivation, type and source, of which the
description shares nothing, has 0.52."""
FLOOR_OF_OTHERS = 0.75
"""The same for a line that credits none of us."""
FLOOR_OF_JOINED = 0.6
"""The same for a row that goes onto the line of another one."""
CERTAIN = 10**12
"""What it is worth besides that a line says the same in every cell: more than giving it up could gain elsewhere."""
NEARLY_SAME = 0.95
"""From this likeness of descriptions on a line can be ours although it credits none of us."""
MUCH_ALIKE = 0.6
"""From this likeness of descriptions on a line can be ours although it has quite another date."""


class Pairs:
    """Compares what rows say with what lines say."""

    def __init__(self, said: Collection[Said], told: Collection[Said], names: Names) -> None:
        """Take everything that was sent and published: how much a word tells depends on all of it."""
        self._said, self._told, self.names = said, told, names

    @cached_property
    def texts(self) -> Texts:
        """Return how much the words of the descriptions tell."""
        return Texts(said.text for some in (self._said, self._told) for said in some)

    @cached_property
    def known(self) -> bool:
        """Whether the list credits us by any name that we know."""
        return any(not self.ours.isdisjoint(other.sources) for other in self._told)

    def may_credit(self, other: Said) -> bool:
        """Tell whether a line credits any of us, or may do so under a name that we do not know."""
        return not self.known or not self.ours.isdisjoint(other.sources)

    @cached_property
    def ours(self) -> frozenset[str]:
        """Every name that is ours."""
        return self.senders | self.names.coalition | frozenset(self.names.members.values())

    @cached_property
    def senders(self) -> frozenset[str]:
        """Whoever stands on any row that was sent."""
        return frozenset[str]().union(*{said.sources for said in self._said}) - self.names.coalition

    def _besides(self, one: Said, other: Said) -> dict[str, float]:
        """Return how far each cell but the description says the same."""
        parts = {
            "country": float(one.country == other.country),
            "motivations": motivations_likeness(one, other),
            "type": float(one.type == other.type),
        }
        if one.year is not None:
            parts["date"] = date_likeness(one, other)
        if one.sources:
            parts["source"] = source_likeness(one, other, self.names) if self.known else NOT_SAID
        return parts

    def parts(self, one: Said, other: Said) -> dict[str, float]:
        """Return how far each cell says the same."""
        parts = self._besides(one, other)
        if one.text and other.text:
            likeness = self.texts.likeness(one.text, other.text)
            # A translation has few words in common with what was sent: that they differ speaks neither for nor against.
            parts["description"] = max(NOT_SAID, likeness) if one.foreign else likeness
        elif one.text or other.text:
            parts["description"] = EMPTIED if one.text else FROM_NOTHING
        return parts

    def possible(self, one: Said, other: Said, parts: Mapping[str, float]) -> bool:
        """Tell whether a line can be ours at all, however much else it says the same."""
        text, credits_us, near = parts.get("description", 0.0), self.may_credit(other), parts.get("date", 1.0) > 0
        if not one.text or "description" not in parts or (one.foreign and text <= NOT_SAID):
            # Nothing but the other cells tells: each of them has to.
            return credits_us and near and parts["country"] == 1 and parts["type"] == 1 and parts["motivations"] > 0
        if parts["country"] < 1:
            return credits_us and near and text == 1
        if not credits_us:
            return near and text >= NEARLY_SAME
        return near or text >= MUCH_ALIKE

    def floor_of(self, other: Said) -> int:
        """Return the score above which a pair is worth anything, in ten-thousandths."""
        return round((FLOOR if self.may_credit(other) else FLOOR_OF_OTHERS) * OUT_OF)

    def value(self, one: Said, other: Said) -> int:
        """Return what a pair is worth, 0 for one that is none."""
        parts = self.parts(one, other)
        reached = score(parts)
        above = reached - self.floor_of(other)
        if above <= 0 or not self.possible(one, other, parts):
            return 0
        return above * above + (CERTAIN if reached == OUT_OF else 0)

    def joining(self, one: Said, other: Said) -> int:
        """Return how well a row goes onto a line that another row has, 0 where it does not."""
        parts = self.parts(one, other)
        value = score(parts)
        return value if value >= round(FLOOR_OF_JOINED * OUT_OF) and self.possible(one, other, parts) else 0

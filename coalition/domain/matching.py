"""What ODIHR made of each row that was sent: which line of its published list tells of the same incident.

A line is looked for to each row so that all rows together are served best (`domain.assignment`): a row takes no line
that another one needs more. What a pair is worth grows with the square of how far its score (`domain.resemblance`) lies
above `FLOOR`, so that one sure pair is not given up for two doubtful ones; a line that says the same in every cell goes
before all others. Rows that are equal to each other stay different incidents: three equal rows and two equal lines make
two pairs, and each pair has a line of its own.

A person's word goes before: what somebody decided is taken as given, and the rest is matched around it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from coalition.domain.assignment import assign
from coalition.domain.published import Cells, Line, Names, Said, in_reach, said_of
from coalition.domain.resemblance import (
    EMPTIED,
    FROM_NOTHING,
    NOT_SAID,
    OUT_OF,
    SHARES,
    Texts,
    added_sources,
    date_likeness,
    differing,
    marks_of,
    motivations_likeness,
    score,
    source_likeness,
)


class Outcome(StrEnum):
    """What became of a row that was sent."""

    INCLUDED = "included"
    """It is published as it was sent; the version of a label and the order inside a cell are no difference."""
    CHANGED = "changed"
    MERGED = "merged"
    """Its line tells of several reports: it credits others as well, or another row of ours has the same line."""
    NOT_INCLUDED = "not_included"


@dataclass(frozen=True)
class Sent:
    """One row as it was sent."""

    reference: str
    """Of the incident."""
    cells: Cells
    incident: str = ""
    """Its id, where the row comes from the database."""
    foreign: bool = False
    """Whether its description is in another language than the list's. The other cells are in the words of the list."""


@dataclass(frozen=True)
class Match:
    """What became of one row, and why it is thought so."""

    sent: Sent
    outcome: Outcome
    line: Line | None = None
    changed: tuple[str, ...] = ()
    """The cells that say something else, as `published.FIELDS`."""
    score: float = 0.0
    """From 0 to 1, with four decimals; 1 is a line that says the same in every cell."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Each cell's own likeness, from 0 to 1. What the row does not say is left out; so is a description neither has."""
    decided: bool = False
    """Whether a person said so."""


@dataclass(frozen=True)
class Matching:
    """What became of everything."""

    matches: tuple[Match, ...]
    """In the order of the rows that were sent."""
    others: tuple[Line, ...]
    """The lines that are not ours, in the list's order."""


# --- what a pair is worth ----------------------------------------------------------------------------------

FLOOR = 0.55
"""A pair with a lower score is none. A line of the same month, country, motivation, type and source, of which the
description shares nothing, has 0.52."""
FLOOR_OF_OTHERS = 0.75
"""The same for a line that credits none of us."""
FLOOR_OF_JOINED = 0.6
"""The same for a row that goes onto the line of another one."""
_CERTAIN = 10**12
"""What it is worth besides that a line says the same in every cell: more than giving it up could gain elsewhere."""
_NEARLY_SAME = 0.95
"""From this likeness of descriptions on a line can be ours although it credits none of us."""
_MUCH_ALIKE = 0.6
"""From this likeness of descriptions on a line can be ours although it has quite another date."""


# --- kinds of rows: all that say the same ------------------------------------------------------------------


@dataclass
class _Kind:
    """Rows, or lines, of which every cell says the same."""

    said: Said
    at: list[int]
    """Their places."""

    @property
    def number(self) -> int:
        return len(self.at)


def _kinds(said: Sequence[Said], places: Iterable[int]) -> list[_Kind]:
    found: dict[Said, _Kind] = {}
    for place in places:
        found.setdefault(said[place], _Kind(said[place], [])).at.append(place)
    return list(found.values())


@dataclass(frozen=True)
class _Table:
    """Everything that is compared."""

    sent: Sequence[Sent]
    lines: Sequence[Line]
    names: Names
    year: int | None
    decided: Mapping[str, int | None]

    @cached_property
    def said(self) -> list[Said]:
        return [replace(said_of(row.cells, self.names), foreign=row.foreign) for row in self.sent]

    @cached_property
    def told(self) -> list[Said]:
        return [said_of(line.cells, self.names) for line in self.lines]

    @cached_property
    def texts(self) -> Texts:
        return Texts(said.text for said in (*self.said, *self.told))

    @cached_property
    def known(self) -> bool:
        """Whether the list credits us by any name that we know."""
        return any(not self.ours.isdisjoint(other.sources) for other in self.told)

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
        return frozenset[str]().union(*(said.sources for said in self.said)) - self.names.coalition

    def parts(self, one: Said, other: Said, shared: int | None = None) -> dict[str, float]:
        """Return how far each cell says the same."""
        parts = {
            "country": float(one.country == other.country),
            "motivations": motivations_likeness(one, other),
            "type": float(one.type == other.type),
        }
        if one.year is not None:
            parts["date"] = date_likeness(one, other)
        if one.sources:
            parts["source"] = source_likeness(one, other, self.names) if self.known else NOT_SAID
        if one.text and other.text:
            likeness = self.texts.likeness(one.text, other.text, shared)
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
            return near and text >= _NEARLY_SAME
        return near or text >= _MUCH_ALIKE


def match(
    sent: Sequence[Sent],
    lines: Sequence[Line],
    names: Names,
    year: int | None = None,
    decided: Mapping[str, int | None] | None = None,
) -> Matching:
    """Return what became of each row that was sent.

    `year` is the data year: lines of other years cannot be ours, whatever they say. `decided` holds what people said,
    by reference: the number of a line, or None for "not in the list". The order of rows and lines changes nothing.
    """
    table = _Table(
        sorted(sent, key=lambda row: (row.cells, row.reference)),
        sorted(lines, key=lambda line: line.number),
        names,
        year,
        decided or {},
    )
    given = _decided(table)
    given |= _assigned(table, given)
    shared = _joined(table, given)
    found = {row.reference: _judged(table, place, given.get(place), shared) for place, row in enumerate(table.sent)}
    taken = {place for place in given.values() if place is not None}
    others = (line for place, line in enumerate(table.lines) if place not in taken)
    return Matching(tuple(found[row.reference] for row in sent), tuple(others))


def resembling(sent: Sent, lines: Sequence[Line], names: Names, most: int = 8) -> tuple[Match, ...]:
    """Return the lines that resemble a row most, the likest first, for a person who chooses one by hand.

    Whether another row has a line already is not asked, nor whether it can be ours.
    """
    table = _Table([sent], lines, names, None, {})
    one = table.said[0]
    likest = sorted((-score(table.parts(one, other)), line.number, place)
                    for place, (line, other) in enumerate(zip(lines, table.told, strict=True)))  # fmt: skip
    return tuple(_judged(table, 0, place, ()) for _score, _number, place in likest[:most])


def _decided(table: _Table) -> dict[int, int | None]:
    """Return the line of every row of which a person said it, by places."""
    place_of = {line.number: place for place, line in enumerate(table.lines)}
    given: dict[int, int | None] = {}
    for place, row in enumerate(table.sent):
        number = table.decided.get(row.reference, _OPEN)
        if number is None:
            given[place] = None
        elif number in place_of:
            given[place] = place_of[number]
    return given


_OPEN = -1
"""No line has this number."""


def _assigned(table: _Table, given: Mapping[int, int | None]) -> dict[int, int | None]:
    taken = set(given.values())
    rows = _kinds(table.said, (place for place in range(len(table.sent)) if place not in given))
    free = (place for place in range(len(table.lines)) if place not in taken and _of_year(table, place))
    kinds = _kinds(table.told, free)
    worth = _worth(table, rows, kinds)
    flow = assign(worth, [kind.number for kind in rows], [kind.number for kind in kinds])
    found: dict[int, int | None] = {}
    left = [iter(kind.at) for kind in kinds]
    waiting = [iter(kind.at) for kind in rows]
    for (row, kind), number in sorted(flow.items()):
        for _each in range(number):
            found[next(waiting[row])] = next(left[kind])
    return found


def _of_year(table: _Table, place: int) -> bool:
    return table.year is None or in_reach(table.told[place], table.year)


def _worth(table: _Table, rows: Sequence[_Kind], kinds: Sequence[_Kind]) -> list[dict[int, int]]:
    """Return what each kind of lines is worth to each kind of rows."""
    index = _Index(table, [kind.said for kind in kinds])
    found = []
    for row in rows:
        values = {place: _value(table, row.said, kinds[place].said, shared) for place, shared in index.near(row.said)}
        found.append({place: value for place, value in values.items() if value})
    return found


def _value(table: _Table, one: Said, other: Said, shared: int | None = None) -> int:
    """Return what a pair is worth, 0 for one that is none."""
    parts = table.parts(one, other, shared)
    floor = FLOOR if table.may_credit(other) else FLOOR_OF_OTHERS
    above = score(parts) - round(floor * OUT_OF)
    if above <= 0 or not table.possible(one, other, parts):
        return 0
    return above * above + (_CERTAIN if score(parts) == OUT_OF else 0)


class _Index:
    """Finds every line that can be worth anything to a row, without a close look at each."""

    def __init__(self, table: _Table, told: Sequence[Said]) -> None:
        self._table, self._told = table, told
        self._with: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        """By country and mark."""
        self._silent: dict[str, list[int]] = defaultdict(list)
        """By country: those without a description."""
        self._same: dict[str, list[int]] = defaultdict(list)
        """By description."""
        self._totals = [table.texts.total(said.text) for said in told]
        self._ours = [table.may_credit(said) for said in told]
        besides: dict[Said, int] = {}
        self._besides = [besides.setdefault(_besides(said), len(besides)) for said in told]
        """By line: the place of what it says besides, in `_kinds`."""
        self._kinds = list(besides)
        for place, said in enumerate(told):
            self._enter(place, said)

    def _enter(self, place: int, said: Said) -> None:
        if not said.text:
            self._silent[said.country].append(place)
            return
        self._same[said.text].append(place)
        for mark in marks_of(said.text):
            self._with[said.country][mark].append(place)

    def near(self, one: Said) -> Iterator[tuple[int, int]]:
        """Yield each line that can be worth anything to a row, with how much their descriptions tell that both have.

        Whatever is left out is worth nothing: its score stays below the floor even with the best source.
        """
        if one.foreign and one.text:
            sharing = self._sharing(one)
            here = (place for place, said in enumerate(self._told) if said.country == one.country)
            yield from ((place, sharing.get(place, 0)) for place in dict.fromkeys((*here, *self._same[one.text])))
            return
        if not one.text:
            yield from ((place, 0) for place, said in enumerate(self._told) if said.country == one.country)
            return
        needed: dict[int, float] = {}
        mine = self._table.texts.total(one.text)
        for place, shared in sorted(self._sharing(one).items()):
            theirs = self._totals[place]
            likeness = (shared / min(mine, theirs) + 2 * shared / (mine + theirs)) / 2
            kind = self._besides[place] if self._ours[place] else None
            if kind is not None and kind not in needed:
                needed[kind] = _needed(one, self._kinds[kind])
            if likeness >= (_NEARLY_SAME if kind is None else needed[kind]):
                yield place, shared
        for place in dict.fromkeys((*self._same[one.text], *self._silent[one.country])):
            yield place, mine if self._told[place].text else 0

    def _sharing(self, one: Said) -> Mapping[int, int]:
        """Return the lines of the same country whose description shares anything, and how much that tells."""
        found: dict[int, int] = defaultdict(int)
        here = self._with.get(one.country, {})
        for mark in marks_of(one.text):
            weight = self._table.texts.weight(mark)
            for place in here.get(mark, ()):
                found[place] += weight
        return found


def _besides(said: Said) -> Said:
    """Return what a line says besides its source and description."""
    return replace(said, sources=frozenset(), text="")


def _needed(one: Said, other: Said) -> float:
    """Return how much alike the descriptions have to be at least, by what is said besides."""
    date = date_likeness(one, other) if one.year is not None else 1.0
    rest = (
        SHARES["date"] * date
        + SHARES["country"]
        + SHARES["motivations"] * motivations_likeness(one, other)
        + SHARES["type"] * (one.type == other.type)
        + SHARES["source"]
    )
    # A little less, because scores are rounded.
    needed = (FLOOR - rest - 1 / OUT_OF) / SHARES["description"]
    return needed if date else max(needed, _MUCH_ALIKE)


# --- several rows on one line ------------------------------------------------------------------------------


def _joined(table: _Table, given: dict[int, int | None]) -> frozenset[int]:
    """Give rows that have no line the one of another row where it credits both; returns the lines of several rows.

    The line has to name somebody who stands on the row that has none and on no row that has it: else there is nothing
    to tell a merged row from one that is simply missing, as of rows that are equal to each other.
    """
    unexplained = _unexplained(table, given)
    free = [place for place in range(len(table.sent)) if place not in given]
    offers = sorted(
        (-value, row, line)
        for row in free
        for line, names in unexplained.items()
        if not names.isdisjoint(table.said[row].sources)
        and (value := _joining(table, table.said[row], table.told[line]))
    )
    for _worst, row, line in offers:
        senders = table.said[row].sources
        if row not in given and not unexplained[line].isdisjoint(senders):
            given[row] = line
            unexplained[line] -= senders
    held = Counter(line for line in given.values() if line is not None)
    return frozenset(line for line, number in held.items() if number > 1)


def _unexplained(table: _Table, given: Mapping[int, int | None]) -> dict[int, frozenset[str]]:
    """Return, by line, the members that it credits and that none of its rows does."""
    explained: dict[int, frozenset[str]] = defaultdict(frozenset)
    for row, line in given.items():
        if line is not None:
            explained[line] |= table.said[row].sources
    left = {line: (table.told[line].sources & table.senders) - names for line, names in explained.items()}
    return {line: names for line, names in left.items() if names}


def _joining(table: _Table, one: Said, other: Said) -> int:
    """Return how well a row goes onto a line that another row has, 0 where it does not."""
    parts = table.parts(one, other)
    value = score(parts)
    return value if value >= round(FLOOR_OF_JOINED * OUT_OF) and table.possible(one, other, parts) else 0


def _judged(table: _Table, place: int, line: int | None, shared: Collection[int]) -> Match:
    row = table.sent[place]
    decided = row.reference in table.decided and (
        table.decided[row.reference] is None
        or (line is not None and table.lines[line].number == table.decided[row.reference])
    )
    if line is None:
        return Match(row, Outcome.NOT_INCLUDED, decided=decided)
    one, other = table.said[place], table.told[line]
    changed = differing(one, other, table.names)
    credits_us = one.sources & other.sources or other.sources & table.names.coalition
    merged = line in shared or bool(credits_us and added_sources(one, other, table.names))
    outcome = Outcome.MERGED if merged else Outcome.CHANGED if changed else Outcome.INCLUDED
    parts = table.parts(one, other)
    return Match(row, outcome, table.lines[line], changed, score(parts) / OUT_OF, parts, decided)

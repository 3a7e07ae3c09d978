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
from heapq import heapify, heappop, heappush, nlargest

from coalition.domain.candidates import LineIndex
from coalition.domain.pairing import best_pairs
from coalition.domain.pairs import FLOOR_OF_JOINED, Pairs
from coalition.domain.published import FIELDS, Cells, Line, Names, Said, in_reach, said_of
from coalition.domain.resemblance import EMPTIED, OUT_OF, SHARES, added_sources, differing, score


class Outcome(StrEnum):
    """What became of a row that was sent."""

    INCLUDED = "included"
    """It is published as it was sent; the version of a label and the order inside a cell are no difference."""
    CHANGED = "changed"
    MERGED = "merged"
    """Its line tells of several reports: it credits others as well, or another row of ours has the same line."""
    NOT_INCLUDED = "not_included"


@dataclass(frozen=True, slots=True)
class Sent:
    """One row as it was sent."""

    reference: str
    """Of the incident."""
    cells: Cells
    incident: str = ""
    """Its id, where the row comes from the database."""
    foreign: bool = False
    """Whether its description is in another language than the list's. The other cells are in the words of the list."""


@dataclass(frozen=True, slots=True)
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
        """Return what each row says; what is equal is kept once."""
        kept: dict[Said, Said] = {}
        rows = (replace(said_of(row.cells, self.names), foreign=row.foreign) for row in self.sent)
        return [kept.setdefault(said, said) for said in rows]

    @cached_property
    def told(self) -> list[Said]:
        """Return the same of each line."""
        kept: dict[Said, Said] = {}
        lines = (said_of(line.cells, self.names) for line in self.lines)
        return [kept.setdefault(told, told) for told in lines]

    @cached_property
    def pairs(self) -> Pairs:
        return Pairs(self.said, self.told, self.names)


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
    likest = sorted((-score(table.pairs.parts(one, other)), line.number, place)
                    for place, (line, other) in enumerate(zip(lines, table.told, strict=True)))  # fmt: skip
    return tuple(_judged(table, 0, place, ()) for _score, _number, place in likest[:most])


def roughly_alike(sent: Cells, lines: Iterable[Line], most: int) -> list[Line]:
    """Return the lines of which most cells and words are those of a row, in their order; all where there are no more.

    It asks for less than `resembling` and holds no more than it returns: for lists that are too long for that.
    """
    words, (*cells, _description) = frozenset(sent[-1].casefold().split()), FIELDS

    def alike(line: Line) -> tuple[float, int]:
        pairs = zip(cells, sent, line.cells, strict=False)
        same = sum(SHARES[name] for name, one, other in pairs if one == other)
        shared = len(words.intersection(line.cells[-1].casefold().split())) / max(1, len(words))
        # That a description was left out speaks neither for nor against.
        text = EMPTIED if words and not line.cells[-1].strip() else shared
        return same + SHARES["description"] * text, -line.number

    return sorted(nlargest(most, lines, key=alike), key=lambda line: line.number)


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
    flow = best_pairs(table.pairs, rows, kinds)
    found: dict[int, int | None] = {}
    left = [iter(kind.at) for kind in kinds]
    waiting = [iter(kind.at) for kind in rows]
    for (row, kind), number in sorted(flow.items()):
        for _each in range(number):
            found[next(waiting[row])] = next(left[kind])
    return found


def _of_year(table: _Table, place: int) -> bool:
    return table.year is None or in_reach(table.told[place], table.year)


# --- several rows on one line ------------------------------------------------------------------------------


def _joined(table: _Table, given: dict[int, int | None]) -> frozenset[int]:
    """Give rows that have no line the one of another row where it credits both; returns the lines of several rows.

    The line has to name somebody who stands on the row that has none and on no row that has it: else there is nothing
    to tell a merged row from one that is simply missing, as of rows that are equal to each other.
    """
    unexplained = _unexplained(table, given)
    waiting = _kinds(table.said, (place for place in range(len(table.sent)) if place not in given))
    offers = list(_offers(table, waiting, unexplained))
    heapify(offers)
    while offers:
        value, row, line, kind = heappop(offers)
        senders = table.said[row].sources
        if unexplained[line].isdisjoint(senders):
            continue
        if row not in given:
            given[row] = line
            unexplained[line] -= senders
        else:
            # Another one that says the same may still be there.
            left = next((place for place in waiting[kind].at if place not in given), None)
            if left is not None:
                heappush(offers, (value, left, line, kind))
    held = Counter(line for line in given.values() if line is not None)
    return frozenset(line for line, number in held.items() if number > 1)


def _unexplained(table: _Table, given: Mapping[int, int | None]) -> dict[int, frozenset[str]]:
    """Return, by line, the members that it credits and that none of its rows does."""
    explained: dict[int, frozenset[str]] = defaultdict(frozenset)
    for row, line in given.items():
        if line is not None:
            explained[line] |= table.said[row].sources
    left = {line: (table.told[line].sources & table.pairs.senders) - names for line, names in explained.items()}
    return {line: names for line, names in left.items() if names}


def _offers(
    table: _Table, waiting: Sequence[_Kind], unexplained: Mapping[int, frozenset[str]]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield how well the first row of each kind goes onto lines of others, the best as the lowest number."""
    lines = sorted(unexplained)
    index = LineIndex(table.pairs, [table.told[line] for line in lines])
    index.ask({}, FLOOR_OF_JOINED - 1 / OUT_OF)
    for number, kind in enumerate(waiting):
        one = kind.said
        for _score, place in index.near(one):
            line = lines[place]
            if unexplained[line].isdisjoint(one.sources):
                continue
            value = table.pairs.joining(one, table.told[line])
            if value:
                yield -value, kind.at[0], line, number


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
    parts = table.pairs.parts(one, other)
    return Match(row, outcome, table.lines[line], changed, score(parts) / OUT_OF, parts, decided)

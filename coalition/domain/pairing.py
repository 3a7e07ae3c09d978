"""Which kinds of rows get which kinds of lines, so that all together are served best, however many there are.

Three things keep it exact and small. A row and a line that say the same in every cell, as nothing else does, belong
together whatever becomes of the rest (`_certain`): to part them gains less than it loses. Of all other pairs only the
best of each row are held at first; the prices of the answer tell which of the others could make it better
(`domain.assignment.assign_among`). And those are found without a look at each pair (`domain.candidates`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import nlargest
from typing import Protocol

from coalition.domain.assignment import Flow, Prices, assign_among
from coalition.domain.candidates import Found, LineIndex
from coalition.domain.pairs import Pairs
from coalition.domain.published import Said

PAIRS = 20_000
"""So many pairs are held from the beginning, if there are as many."""
FEWEST = 8
"""Pairs of each kind of rows that are held from the beginning, however many kinds there are."""
_MORE = 16
"""Pairs of each kind of rows that are added at once."""
_LIKELY = 0.85
"""Only lines that score so much are held from the beginning; the prices lead to all others that matter."""


class Kind(Protocol):
    """Rows, or lines, of which every cell says the same."""

    @property
    def said(self) -> Said:
        """What they say."""

    @property
    def number(self) -> int:
        """How many there are."""


def best_pairs(pairs: Pairs, rows: Sequence[Kind], lines: Sequence[Kind], held: int = PAIRS) -> Flow:
    """Return how many of a kind of rows get how many of a kind of lines, by the places of both kinds.

    No other assignment is worth more in all. `held` says how many pairs are looked at from the beginning; it changes
    how long it takes, and which of several answers that are worth the same is given.
    """
    sure = _certain(pairs, rows, lines)
    takers, things = [kind.number for kind in rows], [kind.number for kind in lines]
    for (row, line), number in sure.items():
        takers[row] -= number
        things[line] -= number
    open_rows = [place for place, number in enumerate(takers) if number]
    open_lines = [place for place, number in enumerate(things) if number]
    search = _Search(pairs, [rows[place].said for place in open_rows], [lines[place].said for place in open_lines])
    most = max(FEWEST, held // max(1, len(open_rows)))
    worth = search.best(most)
    flow = assign_among(
        worth, [takers[place] for place in open_rows], [things[place] for place in open_lines], search.missing
    )
    return sure | {(open_rows[row], open_lines[line]): number for (row, line), number in flow.items()}


def _certain(pairs: Pairs, rows: Sequence[Kind], lines: Sequence[Kind]) -> Flow:
    """Return the pairs that belong together whatever becomes of the rest.

    They say the same in every cell, and there is no other row or line of which one of them could say so too.
    """
    if not pairs.known:
        return {}
    coalition = pairs.names.coalition
    keys, numbers = [_key(kind.said, coalition) for kind in rows], [_key(kind.said, coalition) for kind in lines]
    vague = {_about(kind.said) for kind in rows if not kind.said.sources or kind.said.year is None}
    vague |= {_about(kind.said) for kind in lines if _is_vague(kind.said, coalition)}
    alike = Counter(keys), Counter(numbers)
    place_of = {key: place for place, key in enumerate(numbers)}
    return {
        (place, place_of[key]): min(rows[place].number, lines[place_of[key]].number)
        for place, key in enumerate(keys)
        if key.sources and alike[0][key] == alike[1][key] == 1 and _about(key) not in vague
    }


def _key(said: Said, coalition: frozenset[str]) -> Said:
    return replace(said, sources=said.sources - coalition, either=frozenset(), foreign=False)


def _about(said: Said) -> tuple[str, str, str]:
    return said.country, said.type, said.text


def _is_vague(said: Said, coalition: frozenset[str]) -> bool:
    """Tell whether a line can say the same as several rows that differ."""
    return bool(said.either) or not said.sources - coalition


class _Search:
    """Looks for the pairs that are needed."""

    def __init__(self, pairs: Pairs, rows: Sequence[Said], lines: Sequence[Said]) -> None:
        self._pairs, self._rows, self._lines = pairs, rows, lines
        self._index = LineIndex(pairs, lines)
        order: dict[Said, list[int]] = defaultdict(list)
        for place, said in enumerate(rows):
            order[replace(said, text="")].append(place)
        self._order = [place for places in order.values() for place in places]
        """Rows that differ in their descriptions alone stand together: the index is quickest so."""

    def best(self, most: int) -> list[dict[int, int]]:
        """Return for each row what its best lines are worth to it."""
        found: list[dict[int, int]] = [{} for _row in self._rows]
        self._index.ask({}, _LIKELY)
        for place in self._order:
            likely = self._index.near(self._rows[place])
            found[place] = self._worth(self._rows[place], nlargest(most, likely, key=_in_order))
        return found

    def _worth(self, one: Said, likely: Iterable[Found]) -> dict[int, int]:
        values = {place: self._pairs.value(one, self._lines[place]) for _score, place in likely}
        return {place: value for place, value in values.items() if value}

    def missing(self, prices: Prices) -> Iterator[tuple[int, dict[int, int]]]:
        """Yield the rows to which lines are worth more than the prices say, with the best of these."""
        self._index.ask(prices.price)
        for place in self._order:
            gain = prices.gain.get(place, 0)
            values = self._worth(self._rows[place], self._index.near(self._rows[place], gain))
            over = {line: value - gain - prices.price.get(line, 0) for line, value in values.items()}
            best = nlargest(_MORE, ((more, line) for line, more in over.items() if more > 0), key=_in_order)
            if best:
                yield place, {line: values[line] for _more, line in best}


def _in_order(found: tuple[float, int]) -> tuple[float, int]:
    """Order by score; of equal ones the first line is the best."""
    score, place = found
    return score, -place

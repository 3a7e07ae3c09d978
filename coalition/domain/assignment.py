"""Who gets what, so that the whole is worth the most: the assignment problem, solved exactly, for many that are alike.

Things that are equal to each other are taken together as one kind with a number, which makes it the transportation
problem. It is solved by successive shortest paths with potentials: J. Edmonds and R. M. Karp, "Theoretical Improvements
in Algorithmic Efficiency for Network Flow Problems" (Journal of the ACM 19/2, 1972), and, for one of each kind,
R. Jonker and A. Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems"
(Computing 38, 1987). Only pairs that are worth anything are looked at, and a search ends where it finds room, so what
has nothing to do with each other is never looked at together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

Flow = dict[tuple[int, int], int]
"""How many of a kind of takers get how many of a kind of things, by the numbers of the two kinds."""
_NOTHING = -1
"""The place of a taker who gets nothing."""


def assign(worth: Sequence[Mapping[int, int]], takers: Sequence[int], things: Sequence[int]) -> Flow:
    """Return the assignment that is worth the most in all; nobody gets more than one thing.

    `worth[taker][thing]` is what a thing is worth to a taker, as a whole number above 0: whole numbers, so that what is
    equally good is exactly so. A thing that is not named is worth nothing to that taker. `takers` and `things` say how
    many there are of each kind. The same numbers always give the same answer.
    """
    state = _State(worth, list(things))
    for taker, number in enumerate(takers):
        left = number
        if worth[taker]:
            state.begin(taker)
        while left and worth[taker]:
            left -= state.settle(taker, left)
    return state.flow


@dataclass
class _State:
    """What is assigned so far, and the prices that prove it the best."""

    worth: Sequence[Mapping[int, int]]
    room: list[int]
    """How many of each kind of things are left."""
    flow: Flow = field(default_factory=dict)
    holders: dict[int, dict[int, None]] = field(default_factory=dict)
    """By kind of thing: the takers that hold some."""
    gain: dict[int, int] = field(default_factory=dict)
    """By taker: what it gets, less the price: no thing would give it more."""
    price: dict[int, int] = field(default_factory=dict)
    """By kind of thing; nothing for what there is room of."""

    def begin(self, taker: int) -> None:
        """Note what a kind of takers could get at most at the prices of now."""
        offers = (value - self.price.get(thing, 0) for thing, value in self.worth[taker].items())
        self.gain[taker] = max(0, *offers)

    def settle(self, taker: int, left: int) -> int:
        """Give some takers of a kind what is best for all; returns how many that were."""
        search = _Search(self, taker)
        end = search.run()
        steps = search.path(end)
        number = min([left, *(self.flow[held] for _given, held in steps if held is not None)])
        if end[1] != _NOTHING:
            number = min(number, self.room[end[1]])
            self.room[end[1]] -= number
        for given, held in steps:
            self._move(given, number)
            if held is not None:
                self._move(held, -number)
        return number

    def _move(self, pair: tuple[int, int], number: int) -> None:
        taker, thing = pair
        if thing == _NOTHING:
            return
        left = self.flow.get(pair, 0) + number
        if left:
            self.flow[pair] = left
            self.holders.setdefault(thing, {})[taker] = None
        else:
            del self.flow[pair]
            del self.holders[thing][taker]


class _Search:
    """One search for the cheapest way to give a taker something, by which others may have to change what they hold."""

    def __init__(self, state: _State, start: int) -> None:
        """Begin at a taker."""
        self.state, self.start = state, start
        self.taker_at: dict[int, int] = {start: 0}
        self.thing_at: dict[int, int] = {}
        self.given_by: dict[int, int] = {}
        """By kind of thing: the taker that it was reached from."""
        self.freed_by: dict[int, int] = {}
        """By taker: the thing that it would let go."""
        self.heap: list[tuple[int, bool, int, int]] = []

    def run(self) -> tuple[int, int]:
        """Return the taker that gets something new, and what; the prices are right for it then."""
        self._offers(self.start)
        while True:
            far, _full, thing, taker = heappop(self.heap)
            if thing == _NOTHING or self.state.room[thing]:
                if thing != _NOTHING:
                    self.given_by[thing] = taker
                self._reprice(far)
                return taker, thing
            if thing in self.thing_at:
                continue
            self.thing_at[thing], self.given_by[thing] = far, taker
            for holder in self.state.holders.get(thing, ()):
                if holder not in self.taker_at:
                    self.taker_at[holder], self.freed_by[holder] = far, thing
                    self._offers(holder)

    def _offers(self, taker: int) -> None:
        base = self.taker_at[taker] + self.state.gain[taker]
        # At the same distance what ends the search comes first.
        heappush(self.heap, (base, False, _NOTHING, taker))
        for thing, value in self.state.worth[taker].items():
            if thing not in self.thing_at:
                away = base - value + self.state.price.get(thing, 0)
                heappush(self.heap, (away, not self.state.room[thing], thing, taker))

    def _reprice(self, end: int) -> None:
        for taker, far in self.taker_at.items():
            self.state.gain[taker] -= end - far
        for thing, far in self.thing_at.items():
            self.state.price[thing] = self.state.price.get(thing, 0) + end - far

    def path(self, end: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[int, int] | None]]:
        """Return who gets what and lets go what in exchange, from the end back to the start."""
        steps: list[tuple[tuple[int, int], tuple[int, int] | None]] = []
        taker, thing = end
        while taker != self.start:
            freed = self.freed_by[taker]
            steps.append(((taker, thing), (taker, freed)))
            taker, thing = self.given_by[freed], freed
        steps.append(((taker, thing), None))
        return steps

"""Who gets what, so that the whole is worth the most: the assignment problem, solved exactly, for many that are alike.

Things that are equal to each other are taken together as one kind with a number, which makes it the transportation
problem. It is solved by successive shortest paths with potentials: J. Edmonds and R. M. Karp, "Theoretical Improvements
in Algorithmic Efficiency for Network Flow Problems" (Journal of the ACM 19/2, 1972), and, for one of each kind,
R. Jonker and A. Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems"
(Computing 38, 1987). Only pairs that are worth anything are looked at, and a search ends where it finds room, so what
has nothing to do with each other is never looked at together.

Where there are too many pairs to hold them all, the problem is solved among a few of each taker's. The prices of that
answer prove which of the others could make it better: only these are asked for, and it is solved again with them, until
there are none. That is column generation; the answer is worth as much as with every pair (G. B. Dantzig and P. Wolfe,
"Decomposition Principle for Linear Programs", Operations Research 8/1, 1960).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

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
    return _solved(worth, takers, things).flow


def _solved(worth: Sequence[Mapping[int, int]], takers: Sequence[int], things: Sequence[int]) -> "_State":
    state = _State(worth, list(things))
    for taker, number in enumerate(takers):
        left = number
        if worth[taker]:
            state.begin(taker)
        while left and worth[taker]:
            left -= state.settle(taker, left)
    return state


@dataclass(frozen=True)
class Prices:
    """What an answer costs everybody: a pair that is worth more than both together could make it better."""

    gain: Mapping[int, int]
    """By kind of takers; nothing for those that are not named."""
    price: Mapping[int, int]
    """By kind of things; nothing for those that are not named."""


Missing = Callable[[Prices], Iterable[tuple[int, Mapping[int, int]]]]
"""Yields takers with things that are worth more to them than their gain and the price together."""


def assign_among(
    worth: Sequence[dict[int, int]], takers: Sequence[int], things: Sequence[int], missing: Missing
) -> Flow:
    """Return the assignment that is worth the most in all, of more pairs than can be held at once.

    `worth` begins with some of the pairs and gets those that turn out to be needed; the answer is as good as if it held
    all of them. `missing` has to find at least one pair more as long as there is one.
    """
    while True:
        state = _solved(worth, takers, things)
        prices = state.highest_prices()
        more = [(taker, found) for taker, found in missing(prices) if not found.keys() <= worth[taker].keys()]
        if not more:
            return state.flow
        for taker, found in more:
            worth[taker].update(found)


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

    def highest_prices(self) -> Prices:
        """Return the highest prices that prove the same answer: the fewest pairs beyond these could make it better."""
        return _Raise(self).run()

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


class _Raise:
    """Raises the prices as far as the answer stays the best.

    A gain can fall as far as that of whoever would take the same thing instead, down to nothing; what is held then
    costs as much more. How far that is for each is a shortest way again, from those whose gain is used up.
    """

    def __init__(self, state: _State) -> None:
        """Begin with what every gain is, and with the things of which there is room: these cost nothing."""
        self.state = state
        self.wanting: dict[int, list[int]] = defaultdict(list)
        """By kind of thing: the takers to whom it is worth anything."""
        for taker in state.gain:
            for thing in state.worth[taker]:
                self.wanting[thing].append(taker)
        self.held: dict[int, list[int]] = defaultdict(list)
        """By taker: what it holds."""
        for taker, thing in state.flow:
            self.held[taker].append(thing)
        self.fall = dict(state.gain)
        self.rise = dict.fromkeys((thing for thing in self.wanting if state.room[thing]), 0)
        self.heap = [(0, False, thing) for thing in self.rise]
        self.heap += [(far, True, taker) for taker, far in self.fall.items()]

    def run(self) -> Prices:
        """Return the prices."""
        heapify(self.heap)
        while self.heap:
            far, is_taker, place = heappop(self.heap)
            if is_taker and far == self.fall[place]:
                self._raise(place, far)
            elif not is_taker and far == self.rise[place]:
                self._lower(place, far)
        gain = {taker: value - self.fall[taker] for taker, value in self.state.gain.items()}
        price = {thing: self.state.price.get(thing, 0) + self.rise.get(thing, 0) for thing in self.wanting}
        return Prices(gain, price)

    def _raise(self, taker: int, far: int) -> None:
        for thing in self.held[taker]:
            if far < self.rise.get(thing, far + 1):
                self.rise[thing] = far
                heappush(self.heap, (far, False, thing))

    def _lower(self, thing: int, far: int) -> None:
        price = self.state.price.get(thing, 0)
        for taker in self.wanting[thing]:
            away = far + self.state.gain[taker] + price - self.state.worth[taker][thing]
            if away < self.fall[taker]:
                self.fall[taker] = away
                heappush(self.heap, (away, True, taker))

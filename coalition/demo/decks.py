"""Drawing with proportions that hold in small numbers, too.

Independent throws of a die would leave a demo of 180 incidents without a returned one every now and then, and
would tell one story three times and another never. A deck that is shuffled and dealt to its end keeps proportions.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """An endless deck of cards: dealt without repetition until it is used up, then shuffled again."""

    def __init__(self, rng: random.Random, cards: Iterable[T]) -> None:
        """Take the cards; a card that is listed twice comes twice as often."""
        self._rng = rng
        self._cards = tuple(cards)
        self._rest: Iterator[T] = iter(())

    @classmethod
    def weighted(cls, rng: random.Random, weights: Mapping[T, int]) -> "Deck[T]":
        """Return a deck that holds each card as often as its weight says."""
        return cls(rng, [card for card, weight in weights.items() for _ in range(weight)])

    def draw(self) -> T:
        """Return the next card."""
        try:
            return next(self._rest)
        except StopIteration:
            chance = self._rng.random  # sorting by random keys is several times faster than random.shuffle
            self._rest = iter(sorted(self._cards, key=lambda _: chance()))
            return next(self._rest)


class Shelf:
    """Decks by name, each made when it is first drawn from."""

    def __init__(self, rng: random.Random) -> None:
        """Keep the source of randomness for all decks."""
        self.rng = rng
        self._decks: dict[object, Deck[Any]] = {}

    def draw(self, name: object, cards: Callable[[], Iterable[T]]) -> T:
        """Return the next card of the deck with this name; `cards` is asked for its cards once."""
        deck = self._decks.get(name)
        if deck is None:
            deck = self._decks[name] = Deck(self.rng, cards())
        card: T = deck.draw()
        return card

    def weighted(self, name: object, weights: Callable[[], Mapping[T, int]]) -> T:
        """Return the next card of a deck that holds each card as often as its weight says."""
        deck = self._decks.get(name)
        if deck is None:
            deck = self._decks[name] = Deck.weighted(self.rng, weights())
        card: T = deck.draw()
        return card

    def days(self, most: int) -> int:
        """Return a number of days from none to `most`."""
        return int(self.rng.random() * (most + 1))

    def chance(self, share: float) -> bool:
        """Return True in this share of all cases."""
        return self.rng.random() < share

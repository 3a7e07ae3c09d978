"""What a receiving body asks about a submission, and what it is answered: one entry per incident, or one for the whole.

ODIHR comes back with questions before it publishes, and asks every contributor in September and October to look at what
will be published of theirs. A letter that asks about five incidents makes five entries: each is answered by itself, and
what is said of one incident goes with it when it is erased.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from coalition.domain.errors import Incomplete, NotAllowedNow
from coalition.domain.filters import is_reference

LONGEST: Final = 8000
"""Characters of a question or an answer."""
MOST_AT_ONCE: Final = 100
"""Incidents that one letter may be about."""
_NUMBER: Final = re.compile(r"[0-9]{1,7}")


class QueryState(StrEnum):
    """How far a question has come."""

    OPEN = "open"
    """Nobody has answered it."""
    ANSWERED = "answered"
    """An answer was sent; the receiving body may come back."""
    CLOSED = "closed"
    """Nothing more is to be done."""


class QueryAct(StrEnum):
    """What is done with a question."""

    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


MOVES: Final[Mapping[tuple[QueryState, QueryAct], QueryState]] = {
    (QueryState.OPEN, QueryAct.ANSWER): QueryState.ANSWERED,
    (QueryState.ANSWERED, QueryAct.ANSWER): QueryState.ANSWERED,
    (QueryState.OPEN, QueryAct.CLOSE): QueryState.CLOSED,
    (QueryState.ANSWERED, QueryAct.CLOSE): QueryState.CLOSED,
    (QueryState.ANSWERED, QueryAct.REOPEN): QueryState.OPEN,
    (QueryState.CLOSED, QueryAct.REOPEN): QueryState.OPEN,
}
"""Nothing else changes a state. An answer can be mended until the question is closed."""


def moved(state: QueryState, act: QueryAct) -> QueryState:
    """Return the state after an act.

    Raises NotAllowedNow.
    """
    if (state, act) not in MOVES:
        raise NotAllowedNow(act.value, state.value)
    return MOVES[state, act]


@dataclass(frozen=True)
class About:
    """What a letter is about: the submission as a whole, or incidents by their number in the sheet or reference."""

    lines: tuple[int, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is about no single incident."""
        return not self.lines and not self.references


@dataclass(frozen=True)
class Asked:
    """What came from the receiving body, as somebody notes it."""

    year: int
    version: int
    """Number of the version that it is about."""
    on: date
    """When it came."""
    lines: str
    """Which incidents it is about: what `about` reads."""
    question: str
    profile: str = ""
    """Code of the version's profile; empty for the one that the year is built with."""


class UnreadableLines(Incomplete):
    """What was written is neither a number in the sheet nor a reference; `fields` has each such word."""


def about(text: str) -> About:
    """Read what somebody wrote of the incidents concerned: "3, 7-9, ABCDE-FGHIJ"; nothing is the whole submission.

    Raises UnreadableLines.
    """
    lines: list[int] = []
    references: list[str] = []
    bad: list[str] = []
    for word in re.split(r"[\s,;]+", text.strip().upper()):
        spread = _spread(word)
        if spread:
            lines += spread
        elif is_reference(word):
            references.append(word)
        elif word:
            bad.append(word)
    found = About(tuple(dict.fromkeys(lines)), tuple(dict.fromkeys(references)))
    if bad or len(found.lines) + len(found.references) > MOST_AT_ONCE:
        raise UnreadableLines(tuple(bad))
    return found


def _spread(word: str) -> list[int]:
    """Return the numbers that "7" or "7-9" names; nothing for anything else."""
    first, dash, last = word.replace("–", "-").partition("-")
    if not _NUMBER.fullmatch(first) or (dash and not _NUMBER.fullmatch(last)):
        return []
    low, high = int(first), int(last or first)
    return list(range(low, high + 1)) if 0 < low <= high < low + MOST_AT_ONCE else []


def checked(text: str, name: str) -> str:
    """Return a question or an answer as it is kept.

    Raises Incomplete without words, or with too many.
    """
    kept = text.strip()
    if not kept or len(kept) > LONGEST:
        raise Incomplete((name,))
    return kept


def days_open(asked: date, answered: date | None, today: date) -> int:
    """Return how many days a question has waited, or waited for its answer."""
    return max(timedelta(), (answered or today) - asked).days

"""What a list of incidents is narrowed to: a frozen value that is read from an address, a form or a saved filter.

Codes, numbers and choices may stand in an address. Searched words may not: they can be a person's name, and addresses
stay in histories, logs and referrers (ASVS 5.0, 14.2.1). A filter with words is kept, sealed, and an address names it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from coalition.domain.codebook import codebook, countries
from coalition.domain.incidents import EARLIEST_YEAR
from coalition.domain.readiness import SOUGHT, Standing
from coalition.domain.verification import VerificationLevel
from coalition.domain.vocabulary import State


class ListPage(StrEnum):
    """The lists that can be narrowed."""

    REVIEWS = "reviews"
    """What members handed to the coalition."""
    INCIDENTS = "incidents"
    """What an organisation recorded."""


ALL: Final = "all"
"""Instead of a state: whatever the state."""
ME: Final = "me"
"""As the reviewer: whoever looks at the list, so that colleagues can share a filter."""
NOBODY: Final = "nobody"
"""As the reviewer: that no one works on it."""
UNCHECKED: Final = "unchecked"
"""As the verification level: that nobody has checked yet."""
UNKNOWN: Final = "unknown"
"""As the month: that only the year is known."""
LASTS: Final = timedelta(days=1)
"""So long a filter is kept that nobody gave a name (GDPR Art. 5(1)(e): no longer than its purpose needs)."""
MOST_UNNAMED: Final = 40
"""So many of these are kept for one person; the oldest makes room for the newest."""
LONGEST_WORDS: Final = 200
LONGEST_NAME: Final = 80
FLAGS: Final = ("overdue", "late", "question", "second")
"""What is asked for or not: no more than that."""
_REFERENCE: Final = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")
_CODE: Final = re.compile(r"[0-9A-Za-z_.-]{1,40}")
_LATEST_YEAR: Final = 2100
_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")
_OF_REVIEWS_ALONE: Final = frozenset({"organisation", "reviewer", "overdue", "second"})


@dataclass(frozen=True)
class ListFilter:
    """Which incidents a list shows; what is empty narrows nothing."""

    state: str = ""
    """A State, or ALL where the list has a state that it begins with."""
    year: int | None = None
    organisation: str = ""
    """A member's code."""
    country: str = ""
    type: str = ""
    motivation: str = ""
    reviewer: str = ""
    """ME, NOBODY or the reference of a person."""
    verification: str = ""
    """UNCHECKED or a VerificationLevel."""
    overdue: bool = False
    """Only what should have been decided by now."""
    late: bool = False
    """Only what was accepted after its data year had been submitted."""
    question: bool = False
    """Only what has a question that is not answered."""
    second: bool = False
    """Only what waits for a second person."""
    month: str = ""
    """A month from 1 to 12, or UNKNOWN."""
    readiness: str = ""
    """What of the submission a record has or lacks: one of `domain.readiness.SOUGHT`."""
    words: str = ""
    """What is searched for in the texts."""

    @classmethod
    def parse(cls, said: Mapping[str, str], page: ListPage) -> "ListFilter":
        """Read a filter by the names of its parts; what cannot be, or is not for this list, counts as not said."""
        found = cls(**{name: read(said.get(name, "")) for name, read in _READERS.items()})
        if page is ListPage.INCIDENTS:
            found = found.without("readiness") if found.readiness == Standing.ALIKE else found
            return found.without(*_OF_REVIEWS_ALONE)
        return found.without("state") if found.state == State.DRAFT else found

    def printed(self) -> dict[str, str]:
        """Return what is set, by name, as text that `parse` reads back."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: "1" if value is True else str(value) for name, value in values.items() if value}

    @property
    def coded(self) -> dict[str, str]:
        """What of the printed filter may stand in an address."""
        return {name: text for name, text in self.printed().items() if name != "words"}

    def without(self, *names: str) -> "ListFilter":
        """Return the filter with some parts not set."""
        empty = ListFilter()
        return replace(self, **{name: getattr(empty, name) for name in names})

    def over(self, said: Mapping[str, str], page: ListPage) -> "ListFilter":
        """Return the filter with the parts that an address says in their place; an empty one takes a part away."""
        told = ListFilter.parse(said, page)
        return replace(self, **{name: getattr(told, name) for name in _READERS if name in said and name != "words"})

    @property
    def narrows(self) -> tuple[tuple[str, str], ...]:
        """What is set beside the state, as (name, printed), in the order of the form."""
        return tuple((name, text) for name, text in self.printed().items() if name != "state")

    @property
    def reference(self) -> str:
        """The reference that was typed in place of words, empty when it is none."""
        typed = self.words.strip().upper()
        return typed if _REFERENCE.fullmatch(typed) else ""


def is_reference(text: str) -> bool:
    """Tell whether a text can name a kept filter or a record, in capitals or small letters."""
    return _REFERENCE.fullmatch(text.upper()) is not None


def _one_of(*codes: str) -> Callable[[str], str]:
    return lambda text: text if text in codes else ""


def _year(text: str) -> int | None:
    year = int(text) if _FOUR_DIGITS.fullmatch(text) else 0
    return year if EARLIEST_YEAR <= year <= _LATEST_YEAR else None


def _code(text: str) -> str:
    return text if _CODE.fullmatch(text) else ""


def _reviewer(text: str) -> str:
    return text if text in {ME, NOBODY} or _REFERENCE.fullmatch(text) else ""


def _flag(text: str) -> bool:
    return text == "1"


def _words(text: str) -> str:
    return " ".join(text.split())[:LONGEST_WORDS].strip()


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "state": _one_of(ALL, *State),
    "year": _year,
    "organisation": _code,
    "country": lambda text: text if text in countries() else "",
    "type": lambda text: text if text in codebook()["incident_types"] else "",
    "motivation": lambda text: text if text in codebook()["bias_motivations"] else "",
    "reviewer": _reviewer,
    "verification": _one_of(UNCHECKED, *VerificationLevel),
    "month": _one_of(UNKNOWN, *(str(month) for month in range(1, 13))),
    "readiness": _one_of(*SOUGHT),
    **dict.fromkeys(FLAGS, _flag),
    "words": _words,
}
"""How each part is read from text, by its name."""


def expired_before(now: datetime) -> datetime:
    """Return the moment before which a filter without a name was made that is to be gone."""
    return now - LASTS

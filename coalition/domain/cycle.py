"""The calendar: the cycle of ODIHR's data year by year, and the coalition's own dates.

What is known of the cycle is data (`data/cycle.toml`), with how well it is known; the deadline's usual day is the
profile's. What a person sets for a year wins, because ODIHR may move a date and says so in its call.
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from coalition.domain.codebook import read_data
from coalition.domain.errors import NotFound
from coalition.domain.profiles import Profile


class Milestone(StrEnum):
    """The parts of the cycle, in their order."""

    CALL = "call"
    """ODIHR calls for submissions."""
    DEADLINE = "deadline"
    """The last day to submit."""
    CONSULTATION = "consultation"
    """Every contributor looks at what will be published of theirs."""
    PUBLICATION = "publication"
    """ODIHR publishes."""


class Known(StrEnum):
    """How well a date is known."""

    PUBLISHED = "published"
    """ODIHR says so for every year."""
    SEEN = "seen"
    """So it was in every call that was read."""
    USUAL = "usual"
    """About then."""
    SET = "set"
    """A person set it for this year."""


class Reach(StrEnum):
    """For whom a date of the coalition's own is."""

    EVERYBODY = "everybody"
    """It stands on the public page and in the public feed."""
    MEMBERS = "members"
    """Only people who sign in for a member or coordinate see it."""


@dataclass(frozen=True)
class Span:
    """One day, or several that follow each other."""

    first: datetime.date
    last: datetime.date

    @property
    def days(self) -> int:
        """How many days it is."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Planned:
    """One part of the cycle of a data year."""

    year: int
    """The data year; the date itself lies in the next one."""
    milestone: Milestone
    when: Span
    known: Known
    seen_in: tuple[int, int] | None = None
    """The years of the first and the last call in which it was so."""


LONGEST_TITLE: Final = 120
"""Characters of the title of an own date."""
LONGEST_SPAN: Final = 366
"""Days: a date that lasts longer is a mistake."""


@cache
def _usual() -> Mapping[str, object]:
    return read_data("cycle.toml")


def usual_since() -> datetime.datetime:
    """Return the moment at which the usual dates were last changed: so old is an entry that nobody touched."""
    changed = _usual()["changed"]
    if not isinstance(changed, datetime.datetime):
        raise TypeError("cycle.toml says when it was changed")
    return changed


def milestone_of(code: str) -> Milestone:
    """Return the part of the cycle with a code.

    Raises NotFound.
    """
    try:
        return Milestone(code)
    except ValueError:
        raise NotFound("part of the cycle", code) from None


def usual_deadline(year: int, taken: Profile) -> datetime.date:
    """Return the deadline of a data year as its profile has it."""
    return datetime.date(year + 1, taken.deadline_month, taken.deadline_day)


def usual(year: int, milestone: Milestone, taken: Profile) -> Planned:
    """Return when a part of a data year's cycle usually is."""
    said = _usual()[milestone.value]
    if not isinstance(said, Mapping):
        raise TypeError(f"cycle.toml describes {milestone}")
    if milestone is Milestone.DEADLINE:
        first = last = usual_deadline(year, taken)
    else:
        first = _day(year + 1, said["first"])
        last = _day(year + 1, said.get("last", said["first"]))
    seen = said.get("seen_in")
    return Planned(year, milestone, Span(first, last), Known(said["known"]), tuple(seen) if seen else None)


def _day(year: int, text: str) -> datetime.date:
    month, day = (int(part) for part in text.split("-"))
    return datetime.date(year, month, day)


def plan(year: int, taken: Profile, moved: Mapping[Milestone, Span]) -> tuple[Planned, ...]:
    """Return the cycle of a data year in the order of its dates; what was set for this year wins."""
    parts = [
        Planned(year, milestone, moved[milestone], Known.SET) if milestone in moved else usual(year, milestone, taken)
        for milestone in Milestone
    ]
    return tuple(sorted(parts, key=_first_day))


def _first_day(item: Planned) -> tuple[datetime.date, datetime.date]:
    return item.when.first, item.when.last


def year_due(today: datetime.date, deadlines: Mapping[int, datetime.date]) -> int:
    """Return the data year to work on: the earliest whose deadline has not passed, else the latest.

    Raises ValueError where there are none.
    """
    ahead = [year for year, deadline in deadlines.items() if deadline >= today]
    return min(ahead) if ahead else max(deadlines)


def year_opened(today: datetime.date, deadlines: Mapping[int, datetime.date], begun: Collection[int]) -> int:
    """Return the data year that the pages of the submission open with, given those in which something was recorded.

    Of these it is the earliest whose deadline has not passed, else the latest: while nothing of the next year has come
    in, the last one goes on, with its corrections and what ODIHR makes of it. Where nothing was recorded at all, it is
    the year whose deadline comes next. A year that has not begun is a typing error in a draft.
    """
    known = [year for year in begun if year <= today.year]
    ahead = [year for year in known if year in deadlines and deadlines[year] >= today]
    return min(ahead) if ahead else max(known, default=year_due(today, deadlines))


def around(today: datetime.date) -> tuple[int, ...]:
    """Return the data years whose cycle a calendar holds: what lies behind a year stays, the next one is in sight."""
    return (today.year - 2, today.year - 1, today.year)

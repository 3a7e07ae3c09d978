"""The calendar: the cycle of ODIHR's data years as it is known or was set, and the coalition's own dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coalition.db import calendar as storage
from coalition.db.erasures import received_by_year
from coalition.db.incidents import years_of_incidents
from coalition.db.once import add_once
from coalition.domain.access import Permission, permits, require
from coalition.domain.cycle import (
    LONGEST_SPAN,
    LONGEST_TITLE,
    Known,
    Milestone,
    Planned,
    Reach,
    Span,
    around,
    milestone_of,
    plan,
    usual,
    usual_since,
    year_due,
    year_opened,
)
from coalition.domain.errors import NotFound, UnknownCode
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import Profile, profile_for
from coalition.domain.vocabulary import State
from coalition.services import audit
from coalition.services.profiles import taken_for
from coalition.services.releases import account_of
from coalition.services.work import Work

COMING = timedelta(days=430)
"""So far ahead the page looks: to the end of the cycle that is going on, and over the next deadline."""


@dataclass(frozen=True)
class DateView:
    """One date of the coalition's own."""

    reference: str
    title: str
    when: Span
    reach: Reach


@dataclass(frozen=True)
class Entry:
    """One entry of a calendar: a part of a cycle, or a date of the coalition's own."""

    key: str
    """Names it for good, whatever is changed about it."""
    when: Span
    changed_at: datetime
    revision: int
    planned: Planned | None = None
    own: DateView | None = None


# --- the cycle ---------------------------------------------------------------------------------------------


def rule_for(work: Work, year: int) -> Profile:
    """Return the profile that a data year is built with.

    Where the coalition's own cannot be read any more it is the one that is shipped: every page counts days.
    """
    try:
        return taken_for(work, year)
    except BrokenProfile:
        return profile_for(year)


def deadline(work: Work, year: int) -> date:
    """Return the last day on which the submission of a data year can be sent: as it was set, else as is usual.

    It is a public fact and needs no permission.
    """
    found = storage.moved(work.session, year).get(Milestone.DEADLINE)
    return found.last if found else usual(year, Milestone.DEADLINE, rule_for(work, year)).when.last


def cycle(work: Work, year: int) -> tuple[Planned, ...]:
    """Return the cycle of a data year in the order of its dates."""
    return plan(year, rule_for(work, year), storage.moved(work.session, year))


def year_to_work_on(work: Work) -> int:
    """Return the data year whose deadline comes next."""
    return year_due(work.today, _deadlines(work))


def year_to_open(work: Work) -> int:
    """Return the data year that readiness board and submissions open with, by the one rule of `cycle.year_opened`.

    What counts is what was handed in to the coalition, so that everybody opens the same year; for a member also what
    it has recorded itself.
    """
    received = {year for year, states in received_by_year(work.session).items() if {*states} != {State.DRAFT}}
    own = years_of_incidents(work.session, work.actor.organisation) if work.actor.organisation else ()
    return year_opened(work.today, _deadlines(work), {*received, *own})


def _deadlines(work: Work) -> dict[int, date]:
    return {year: deadline(work, year) for year in around(work.today)}


def part_of_cycle(work: Work, year: int, code: str) -> Planned:
    """Return one part of a data year's cycle, for whoever sets it.

    Raises NotFound for a part that there is not, and for years that no calendar holds.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    milestone = milestone_of(code)
    _check_year(work, year)
    return next(item for item in cycle(work, year) if item.milestone is milestone)


def set_part(work: Work, year: int, code: str, when: Span) -> None:
    """Set one part of a data year's cycle: ODIHR moved it, or named the day.

    Raises NotFound as above, UnknownCode for days that cannot be.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    milestone = milestone_of(code)
    _check_year(work, year)
    _check_span(when)
    _write(work, year, milestone, when)
    audit.record(work, "cycle.set", "cycle", str(year), part=milestone.value)


def let_usual_hold(work: Work, year: int, code: str) -> None:
    """Let the usual days hold again for one part of a data year's cycle. Twice is once.

    Raises NotFound as above.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    milestone = milestone_of(code)
    _check_year(work, year)
    row = storage.cycle_date(work.session, year, milestone)
    if row is not None and row.first is not None:
        _write(work, year, milestone, None)
        audit.record(work, "cycle.usual", "cycle", str(year), part=milestone.value)


def _write(work: Work, year: int, milestone: Milestone, when: Span | None) -> None:
    empty = storage.CycleDate(
        year=year, milestone=milestone.value, first=None, last=None, changed_at=work.now, revision=0
    )
    add_once(work.session, empty)
    row = storage.cycle_date(work.session, year, milestone)
    if row is None:
        raise NotFound("cycle", str(year))
    row.first, row.last = (when.first, when.last) if when else (None, None)
    row.changed_at, row.changed_by, row.revision = work.now, account_of(work), row.revision + 1
    work.session.flush()


def _check_year(work: Work, year: int) -> None:
    if year not in around(work.today):
        raise NotFound("cycle", str(year))


def _check_span(when: Span) -> None:
    if not 1 <= when.days <= LONGEST_SPAN:
        raise UnknownCode("days that follow each other", f"{when.first} {when.last}")


# --- the coalition's own dates -----------------------------------------------------------------------------


def add_date(work: Work, title: str, when: Span, reach: str) -> str:
    """Add a date of the coalition's own; returns its reference.

    Raises UnknownCode for an empty or too long title, for days that cannot be, and for a reach that there is not.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    row = storage.CalendarDate(
        title=_checked(title),
        first=when.first,
        last=when.last,
        reach=_reach(reach).value,
        changed_at=work.now,
        changed_by=account_of(work),
    )
    _check_span(when)
    work.session.add(row)
    work.session.flush()
    audit.record(work, "calendar.add", "calendar", row.id, reach=row.reach)
    return row.reference


def change_date(work: Work, reference: str, title: str, when: Span, reach: str) -> None:
    """Change a date of the coalition's own.

    Raises NotFound, and UnknownCode as `add_date`.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    row = _own(work, reference)
    _check_span(when)
    row.title, row.first, row.last, row.reach = _checked(title), when.first, when.last, _reach(reach).value
    row.changed_at, row.changed_by, row.revision = work.now, account_of(work), row.revision + 1
    work.session.flush()
    audit.record(work, "calendar.change", "calendar", row.id, reach=row.reach)


def remove_date(work: Work, reference: str) -> None:
    """Remove a date of the coalition's own: it leaves every calendar that subscribed.

    Raises NotFound.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    row = _own(work, reference)
    work.session.delete(row)
    audit.record(work, "calendar.remove", "calendar", row.id)


def own_date(work: Work, reference: str) -> DateView:
    """Return a date of the coalition's own, for whoever keeps the calendar.

    Raises NotFound.
    """
    require(work.actor, Permission.KEEP_CALENDAR)
    row = storage.own_date(work.session, reference)
    if row is None:
        raise NotFound("date", reference)
    return _view(row)


def _own(work: Work, reference: str) -> storage.CalendarDate:
    row = storage.own_date(work.session, reference, lock=True)
    if row is None:
        raise NotFound("date", reference)
    return row


def _checked(title: str) -> str:
    words = " ".join(title.split())
    if not 0 < len(words) <= LONGEST_TITLE:
        raise UnknownCode(f"titles of 1 to {LONGEST_TITLE} characters", words[:LONGEST_TITLE])
    return words


def _reach(code: str) -> Reach:
    if code not in set(Reach):
        raise UnknownCode("readers of a date", code)
    return Reach(code)


def _view(row: storage.CalendarDate) -> DateView:
    return DateView(row.reference, row.title, Span(row.first, row.last), Reach(row.reach))


# --- reading it --------------------------------------------------------------------------------------------


def coming(work: Work) -> tuple[Entry, ...]:
    """Return what comes, or goes on today, as far ahead as the page looks; what is for members only to them alone."""
    until = work.today + COMING
    found = (item for item in _entries(work, inside=_is_inside(work)) if item.when.last >= work.today)
    return tuple(item for item in found if item.when.first <= until)


def public_entries(work: Work) -> tuple[Entry, ...]:
    """Return everything that the public feed holds."""
    return _entries(work, inside=False)


def all_entries(work: Work) -> tuple[Entry, ...]:
    """Return the public entries, and those for members only.

    Raises NotPermitted for whoever is no member's and does not coordinate.
    """
    require(work.actor, Permission.READ_CALENDAR)
    return _entries(work, inside=True)


def _is_inside(work: Work) -> bool:
    return permits(work.actor, Permission.READ_CALENDAR)


def _entries(work: Work, *, inside: bool) -> tuple[Entry, ...]:
    years = around(work.today)
    rows = {(row.year, Milestone(row.milestone)): row for row in storage.cycle_dates(work.session, years)}
    parts = [_part(item, rows) for year in years for item in cycle(work, year)]
    # An own date that is long over leaves a calendar together with the cycle of its time.
    since = date(years[0] + 1, 1, 1)
    dates = [
        Entry(f"date-{row.reference}", Span(row.first, row.last), row.changed_at, row.revision, own=_view(row))
        for row in storage.own_dates(work.session, since=since, inside=inside)
    ]
    return tuple(sorted((*parts, *dates), key=_order))


def _part(item: Planned, rows: Mapping[tuple[int, Milestone], storage.CycleDate]) -> Entry:
    row = rows.get((item.year, item.milestone))
    changed_at, revision = (row.changed_at, row.revision) if row else (usual_since(), 0)
    return Entry(f"{item.milestone.value}-{item.year}", item.when, changed_at, revision, planned=item)


def _order(entry: Entry) -> tuple[date, date, str]:
    return entry.when.first, entry.when.last, entry.key


def is_set(item: Planned) -> bool:
    """Tell whether a person set it for this year."""
    return item.known is Known.SET

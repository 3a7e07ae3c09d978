"""How ready a data year is: the coalition's board of all members, and a lead's of the own organisation.

The coalition counts what was handed in and shared; of drafts it learns nothing, not even how many there are. A lead
counts everything the own organisation recorded; how much a record looks like another member's is not told to a member.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Final

from coalition.db import incidents as incident_storage
from coalition.db import readiness as storage
from coalition.db import reminders as reminder_storage
from coalition.db.organisations import Organisation, all_organisations, name_of
from coalition.db.reminders import Reminded
from coalition.domain.access import Actor, Permission, permits, require
from coalition.domain.errors import NotFound
from coalition.domain.incidents import EARLIEST_YEAR
from coalition.domain.names import Name
from coalition.domain.readiness import Lack, Tally, total
from coalition.domain.vocabulary import Role
from coalition.services import audit, calendar, duplicates, reminders
from coalition.services.filters import SEEN
from coalition.services.work import OPERATOR, Runtime, Work, reading, unit_of_work

AT_ONCE: Final = 40
"""So many records are compared in one round of the worker: others get their turn between two rounds."""
_REVIEWER: Final = Actor(id="", role=Role.COORDINATOR)
"""As whom records are compared: with what the coalition may see, and nothing else."""
_LATEST_YEAR: Final = 2100


@dataclass(frozen=True)
class MemberLine:
    """One member on the board."""

    code: str
    name: Name
    tally: Tally
    reminded: Reminded | None
    reminded_today: bool


@dataclass(frozen=True)
class MonthLine:
    """One month on the board."""

    month: int | None
    """None for what is known to the year only."""
    tally: Tally


@dataclass(frozen=True)
class Board:
    """How ready a data year is, as somebody may see it."""

    year: int
    years: tuple[int, ...]
    """The data years to choose from, the latest first."""
    deadline: date
    days_left: int
    """Until the deadline; negative when it has passed."""
    for_member: bool
    """Whether it is a lead's, of one organisation."""
    member: str
    """Code of the member whose months are shown; empty for all."""
    total: Tally
    """Of everything that the reader may see of the year."""
    chosen: Tally
    """Of the member whose months are shown, or of all."""
    members: tuple[MemberLine, ...]
    """By name; empty on a lead's board."""
    months: tuple[MonthLine, ...]
    """Those with anything in them, in the order of the year; last what is known to the year only."""
    empty_months: tuple[int, ...]
    """Those without any record."""
    lacks: tuple[tuple[Lack, int], ...]
    """What is missing most first."""
    undated: int
    """How many records have no year at all, and are on no board."""
    reminded: Reminded | None
    """On a lead's board: when the coalition last reminded the organisation."""
    may_remind: bool


def open_board(work: Work, year: int | None = None, member: str = "") -> Board:
    """Return the board of a data year, by default of the one that `calendar.year_to_open` says.

    Raises NotFound for a member that there is not.
    """
    require(work.actor, Permission.SEE_READINESS)
    due = calendar.year_to_work_on(work)
    year = year if year and EARLIEST_YEAR <= year <= _LATEST_YEAR else calendar.year_to_open(work)
    own = work.actor.organisation
    cells = storage.tallies(work.session, year, calendar.rule_for(work, year), own)
    organisations = [] if own else all_organisations(work.session)
    whose = own or _id_of(organisations, member)
    chosen = {cell: tally for cell, tally in cells.items() if whose in {None, cell[0]}}
    reminded = reminder_storage.last_reminders(work.session, year)
    deadline = calendar.deadline(work, year)
    summed, months = total(chosen.values()), _months(chosen)
    return Board(
        year=year,
        years=_years(work, own, {due, year}),
        deadline=deadline,
        days_left=(deadline - work.today).days,
        for_member=own is not None,
        member="" if own else member.upper(),
        total=total(cells.values()),
        chosen=summed,
        members=tuple(_line(work, row, cells, reminded) for row in organisations),
        months=months,
        empty_months=tuple(sorted({*range(1, 13)} - {line.month for line in months})),
        lacks=tuple(sorted(summed.lacks.items(), key=lambda item: (-item[1], list(Lack).index(item[0])))),
        undated=storage.undated(work.session, own),
        reminded=reminded.get(own) if own else None,
        may_remind=permits(work.actor, Permission.REMIND_MEMBERS) and reminders.is_due(work, year),
    )


def remind_all(work: Work, year: int) -> int:
    """Remind the members who have something to do for a data year, as far as the coalition may know of it.

    Returns how many were not reminded today already. Raises NotFound for a year that is not being worked on.
    """
    require(work.actor, Permission.REMIND_MEMBERS)
    waiting = [line.code for line in open_board(work, year).members if line.tally.with_member]
    return reminders.remind(work, year, waiting)


def _id_of(organisations: list[Organisation], code: str) -> str | None:
    if not code:
        return None
    found = next((row.id for row in organisations if row.code == code.upper()), None)
    if found is None:
        raise NotFound("organisation", code)
    return found


def _years(work: Work, own: str | None, always: set[int]) -> tuple[int, ...]:
    if own:
        known = incident_storage.years_of_incidents(work.session, own)
    else:
        known = incident_storage.years_listed(work.session, incident_storage.Filter(states=SEEN, shared=True))
    return tuple(sorted({*known, *always}, reverse=True))


def _line(
    work: Work, row: Organisation, cells: Mapping[storage.Cell, Tally], reminded: Mapping[str, Reminded]
) -> MemberLine:
    tally = total(found for (organisation, _month), found in cells.items() if organisation == row.id)
    last = reminded.get(row.id)
    return MemberLine(row.code, name_of(row), tally, last, last is not None and last.day == work.today)


def _months(cells: Mapping[storage.Cell, Tally]) -> tuple[MonthLine, ...]:
    """Return a line for each month of the year with any record, in its order, and a last one for what has none."""

    def of(month: int | None) -> Tally:
        return total(tally for (_organisation, found), tally in cells.items() if found == month)

    lines = (MonthLine(month, of(month)) for month in (*range(1, 13), None))
    return tuple(line for line in lines if not line.tally.is_empty)


# --- what is compared in the background --------------------------------------------------------------------


def compare_waiting(runtime: Runtime, most: int = AT_ONCE, stop: Callable[[], bool] = bool) -> int:
    """Compare records that wait for the coalition with all others, and keep how much each looks like another.

    Returns how many were compared; 0 where all are as they were. Comparing takes some tens of milliseconds a record,
    too long for a page: the board says how many were not compared yet. Nobody's writing waits meanwhile. When `stop`
    says so, what was compared by then is kept.
    """
    with reading(runtime, OPERATOR) as work:
        require(work.actor, Permission.COMPARE_INCIDENTS)
        reviewing = replace(work, actor=_REVIEWER)
        found = takewhile(lambda _item: not stop(), storage.to_compare(work.session, most))
        compared = [(item, _likeness(reviewing, item.reference)) for item in found]
    if compared:
        with unit_of_work(runtime, OPERATOR) as work:
            storage.keep_likenesses(work.session, compared, work.now)
            audit.record(work, "incident.compare", "coalition", "incidents", found=len(compared))
    return len(compared)


def _likeness(work: Work, reference: str) -> float:
    """Return how much a record looks like the likeliest other one; 0 for one that is gone meanwhile."""
    try:
        found = duplicates.candidates(work, reference, limit=1, catching_up=False)
    except NotFound:
        return 0.0
    return found[0].score if found else 0.0

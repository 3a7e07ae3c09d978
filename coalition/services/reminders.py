"""Reminders to members that a data year waits for them: raised by the coordinator, put aside by the member's people.

A reminder names a year. What is missing its reader sees on pages of their own; no e-mail says it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coalition.db import reminders as storage
from coalition.db.once import add_once
from coalition.db.organisations import Organisation, organisation_with_code
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.services import audit, calendar
from coalition.services.releases import account_of
from coalition.services.work import Work

KEPT: Final = timedelta(days=400)
"""So long it is kept who reminded whom when: over one cycle (GDPR Art. 5(1)(e))."""
UNDONE_WITHIN: Final = timedelta(days=1)
"""So long what was put aside can be taken up again, as with every other notice."""


@dataclass(frozen=True)
class ReminderView:
    """A reminder as the member's people see it."""

    reference: str
    year: int
    at: datetime


def remind(work: Work, year: int, codes: Collection[str]) -> int:
    """Remind some members of a data year, by their codes; returns how many were not reminded today already.

    Raises NotFound for a member that there is not, or a year that is not being worked on.
    """
    require(work.actor, Permission.REMIND_MEMBERS)
    if not is_due(work, year):
        raise NotFound("data year that is due", str(year))
    # In one order: two who remind at the same moment wait for each other, and never in a circle.
    members = sorted({_member(work, code).id for code in codes})
    told = [member for member in members if _remind(work, year, member)]
    for member in told:
        audit.record(work, "organisation.remind", "organisation", member, year=year)
    return len(told)


def _remind(work: Work, year: int, member: str) -> bool:
    row = storage.Reminder(organisation_id=member, year=year, day=work.today, at=work.now, actor_id=account_of(work))
    if not add_once(work.session, row):
        return False
    storage.replace_earlier(work.session, row)
    return True


def is_due(work: Work, year: int) -> bool:
    """Tell whether a data year is worked on: it has begun, and its deadline has not passed."""
    return year <= work.today.year and calendar.deadline(work, year) >= work.today


def _member(work: Work, code: str) -> Organisation:
    member = organisation_with_code(work.session, code)
    if member is None:
        raise NotFound("organisation", code)
    return member


def waiting(work: Work) -> tuple[ReminderView, ...]:
    """Return what the actor's organisation was reminded of and nobody there put aside; none after the deadline."""
    require(work.actor, Permission.READ_INBOX)
    if work.actor.organisation is None:
        return ()
    rows = storage.waiting_reminders(work.session, work.actor.organisation)
    return tuple(_view(row) for row in rows if is_due(work, row.year))


def put_aside(work: Work, reference: str) -> bool:
    """Put a reminder aside for everybody of the organisation; returns whether there is such a one. Twice is once."""
    row = _find(work, reference)
    if row is None:
        return False
    if row.settled_at is None:
        row.settled_at, row.settled_by = work.now, work.actor.id
        audit.record(work, "notice.put_aside", "organisation", row.organisation_id, kind="reminder")
    return True


def take_up(work: Work, reference: str) -> bool:
    """Take up again what the actor put aside within a day; returns whether there is such a one."""
    row = _find(work, reference)
    if row is None or not _is_undoable(work, row):
        return False
    row.settled_at, row.settled_by = None, None
    audit.record(work, "notice.take_up", "organisation", row.organisation_id, kind="reminder")
    return True


def just_put_aside(work: Work, reference: str) -> ReminderView | None:
    """Return the reminder that the actor put aside and may take up again; None where there is no such one."""
    if work.actor.organisation is None:
        return None
    row = storage.reminder_of(work.session, work.actor.organisation, reference)
    return _view(row) if row and _is_undoable(work, row) else None


def _find(work: Work, reference: str) -> storage.Reminder | None:
    require(work.actor, Permission.READ_INBOX)
    if work.actor.organisation is None:
        return None
    return storage.reminder_of(work.session, work.actor.organisation, reference, lock=True)


def _is_undoable(work: Work, row: storage.Reminder) -> bool:
    return row.settled_at is not None and row.settled_by == work.actor.id and work.now - row.settled_at < UNDONE_WITHIN


def _view(row: storage.Reminder) -> ReminderView:
    return ReminderView(row.reference, row.year, row.at)


def has_expired(work: Work) -> bool:
    """Tell whether there are reminders that have been kept long enough."""
    return storage.has_older(work.session, work.now - KEPT)


def forget_expired(work: Work) -> None:
    """Forget the reminders that have been kept long enough."""
    storage.forget_older(work.session, work.now - KEPT)

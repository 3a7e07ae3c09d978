"""Looking at old records again: find what is due, put it on its lead's list, keep it for a reason.

Nothing here erases anything: a date puts a record on a list, people decide (`coalition.services.erasures`).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from coalition.db import retention as storage
from coalition.db.settings import time_zone
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotAllowedNow
from coalition.domain.retention import KeepReason, Standing, check_kept_until, policy_of
from coalition.domain.vocabulary import State
from coalition.services import audit, settings
from coalition.services.incident_views import find, subject_of
from coalition.services.work import Work

PAGE = 25


@dataclass(frozen=True)
class DueLine:
    """One record that is due, for the command line: nothing of what happened."""

    reference: str
    member: str
    """The organisation's code."""
    state: State
    basis: str
    due_since: date
    hold: str
    """A HoldReason; while there is one, the record is put on no list."""
    listed: bool
    """Whether it stood on its lead's list before."""


@dataclass(frozen=True)
class ReviewLine:
    """One record on a lead's list."""

    reference: str
    state: State
    basis: str
    recorded_at: datetime
    changed_at: datetime
    due_since: date


@dataclass(frozen=True)
class ReviewPage:
    """One page of a lead's list."""

    lines: tuple[ReviewLine, ...]
    total: int
    number: int
    pages: int


def due_records(work: Work) -> list[DueLine]:
    """Return every record whose time has come, the longest unchanged first, those under a hold among them."""
    require(work.actor, Permission.REVIEW_RETENTION)
    return [line for _, line in _due(work)]


def _due(work: Work) -> list[tuple[str, DueLine]]:
    policy, today = policy_of(settings.read(work).retention), work.today
    zone = ZoneInfo(time_zone(work.session))
    found = []
    for row in storage.kept_records(work.session):
        changed_on = row.changed_at.astimezone(zone).date()
        standing = Standing(State(row.state), row.basis, changed_on, row.review_on)
        if standing.is_due(policy, today):
            since = standing.due_since(policy)
            line = DueLine(row.reference, row.member, standing.state, row.basis, since, row.hold, row.listed)
            found.append((row.id, line))
    return found


def list_due_records(work: Work) -> list[DueLine]:
    """Put every record that is due on its lead's list; returns all that are due.

    Run again it adds nothing. What is not due any more, because somebody worked on it or put a hold on it, is taken
    off.
    """
    require(work.actor, Permission.REVIEW_RETENTION)
    due = {identity: line for identity, line in _due(work) if not line.hold}
    listed = {row.id for row in storage.kept_records(work.session) if row.listed}
    storage.take_off(work.session, sorted(listed - set(due)))
    for identity in due.keys() - listed:
        row = storage.DueReview(incident_id=identity, due_since=due[identity].due_since, listed_at=work.now)
        work.session.add(row)
    work.session.flush()
    audit.record(work, "retention.run", "coalition", "retention", due=len(due), new=len(due.keys() - listed))
    return due_records(work)


def due_for_review(work: Work, page: int = 1) -> ReviewPage:
    """Return one page of the organisation's records that are due, the longest due first."""
    require(work.actor, Permission.REVIEW_RETENTION)
    organisation = work.actor.organisation or ""
    total = storage.count_due(work.session, organisation)
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    rows = storage.due_of(work.session, organisation, offset=(number - 1) * PAGE, limit=PAGE)
    lines = tuple(
        ReviewLine(
            reference=incident.reference,
            state=State(incident.state),
            basis=incident.basis,
            recorded_at=incident.recorded_at,
            changed_at=incident.changed_at,
            due_since=due.due_since,
        )
        for due, incident in rows
    )
    return ReviewPage(lines, total, number, pages)


def keep_record(work: Work, reference: str, until: date, reason: KeepReason) -> None:
    """Keep a record that was due until a day on which somebody looks again.

    Raises NotFound, NotPermitted for anybody but the lead, NotAllowedNow when it is not on the list, UnknownCode for a
    day that cannot be.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.REVIEW_RETENTION, subject_of(incident))
    check_kept_until(until, work.today)
    row = work.session.get(storage.DueReview, incident.id)
    if row is None:
        raise NotAllowedNow("keep", incident.state)
    incident.review_on = until
    work.session.delete(row)
    work.session.flush()
    audit.record(work, "retention.keep", "incident", incident.id, reason=reason.value, until=until.isoformat())


def proposed_day(work: Work) -> date:
    """Return the day that a form proposes for looking again: a year from now."""
    return work.today + timedelta(days=365)

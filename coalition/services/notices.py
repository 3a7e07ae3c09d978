"""What waits for whom: raised and settled by what happens to records, shown in everybody's inbox, put aside by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coalition.db import incidents as incident_storage
from coalition.db import messages as message_storage
from coalition.db import notices as storage
from coalition.db.accounts import Account, is_reviewer
from coalition.db.organisations import name_of
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.domain.messages import MessageKind
from coalition.domain.names import Name
from coalition.domain.notices import (
    Call,
    NoticeKind,
    Team,
    folds,
    question_waits,
    raised_by,
    raised_by_message,
    settled_by,
)
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.services import audit, reminders
from coalition.services.releases import account_of
from coalition.services.reminders import ReminderView
from coalition.services.work import Work

PAGE: Final = 25
UNDONE_WITHIN: Final = timedelta(days=1)
"""So long what was put aside can be taken up again."""
KEPT: Final = timedelta(days=30)
"""So long a settled notice is kept (GDPR Art. 5(1)(e)): the record's own history says what happened."""
_AT_ONCE: Final = 500
"""So many records become overdue in one round; the others follow in the next."""


@dataclass(frozen=True)
class NoticeView:
    """One thing that waits."""

    reference: str
    """Of the notice."""
    kind: NoticeKind
    incident: str
    """Reference of the record."""
    organisation: Name
    state: State
    at: datetime
    personal: bool
    """Whether it is for the reader alone, not for everybody of the team."""
    for_member: bool


@dataclass(frozen=True)
class Inbox:
    """What waits for somebody."""

    notices: tuple[NoticeView, ...]
    folded: int
    """So many records wait for a reviewer and are one line; 0 where each has its own."""
    total: int
    """Lines, on all pages."""
    number: int
    pages: int
    for_member: bool
    reminders: tuple[ReminderView, ...] = ()
    """What the coalition reminded the reader's organisation of: on the first page, above everything else."""


# --- what happens to a record ------------------------------------------------------------------------------


def after_step(work: Work, incident: incident_storage.Incident, step: Step, before: State) -> None:
    """Settle what a step dealt with, and have told whoever it leads to."""
    _settle(work, incident, settled_by(step))
    if step is Step.PUT_BACK:
        # What still waits about it was for whoever worked on it.
        storage.hand_on(work.session, incident.id, None)
    if step in (Step.SUBMIT, Step.WITHDRAW):
        _settle_questions(work, incident)
    if step is Step.SUBMIT and before is State.DRAFT and _questions_wait(work, incident):
        _raise(work, incident, Call(Team.MEMBER, NoticeKind.QUESTION), None)
    raised = raised_by(step, before)
    if raised:
        _raise(work, incident, raised, incident.reviewer_id if raised.kind is NoticeKind.ANSWER else None)


def after_message(
    work: Work, incident: incident_storage.Incident, kind: MessageKind, *, inside: bool, of_member: bool
) -> None:
    """Settle what a message dealt with, and have the other side told that something waits."""
    if kind is MessageKind.ANSWER:
        _settle_questions(work, incident)
    raised = raised_by_message(kind, inside=inside, of_member=of_member)
    if raised:
        _raise(work, incident, raised, incident.reviewer_id if raised.team is Team.COALITION else None)


def assigned(work: Work, incident: incident_storage.Incident, reviewer_id: str | None) -> None:
    """Have a reviewer told that a record is theirs now; who takes one by themselves knows it.

    What waits about the record for the reviewer before goes to the new one.
    """
    _settle(work, incident, {Call(Team.COALITION, NoticeKind.ASSIGNED), Call(Team.COALITION, NoticeKind.OVERDUE)})
    storage.hand_on(work.session, incident.id, reviewer_id)
    if reviewer_id and reviewer_id != work.actor.id:
        _raise(work, incident, Call(Team.COALITION, NoticeKind.ASSIGNED), reviewer_id)


def _raise(work: Work, incident: incident_storage.Incident, raised: Call, account_id: str | None) -> None:
    storage.call(work.session, incident, raised, work.now, _in_charge(work, account_id))


def _in_charge(work: Work, account_id: str | None) -> str | None:
    """Return somebody who still reviews; else it is everybody's."""
    account = work.session.get(Account, account_id) if account_id else None
    return account.id if account and is_reviewer(account) else None


def _settle(work: Work, incident: incident_storage.Incident, calls: Iterable[Call]) -> None:
    storage.settle(work.session, incident, calls, work.now, account_of(work))


def _questions_wait(work: Work, incident: incident_storage.Incident) -> bool:
    still = len(message_storage.open_questions(work.session, incident.id))
    return question_waits(State(incident.state), still)


def _settle_questions(work: Work, incident: incident_storage.Incident) -> None:
    if not _questions_wait(work, incident):
        _settle(work, incident, {Call(Team.MEMBER, NoticeKind.QUESTION)})


# --- somebody's inbox --------------------------------------------------------------------------------------


def open_inbox(work: Work, page: int = 1) -> Inbox:
    """Return a page of what waits for the actor, the newest first; what they may not see any more is not there."""
    reader = _reader(work)
    counts = storage.count_waiting(work.session, reader)
    folded = _folded(counts)
    single = sum(counts.values()) - folded
    pages = max(1, -(-single // PAGE))
    number = min(max(page, 1), pages)
    without = [NoticeKind.SUBMITTED.value] if folded else []
    rows = storage.list_waiting(work.session, reader, without, (number - 1) * PAGE, PAGE)
    lines = tuple(_view(row) for row in rows)
    reminded = reminders.waiting(work)
    total = single + bool(folded) + len(reminded)
    return Inbox(lines, folded, total, number, pages, reader.organisation_id is not None, reminded)


def count_waiting(work: Work) -> int:
    """Return how many lines the actor's inbox has."""
    counts = storage.count_waiting(work.session, _reader(work))
    return _lines(counts) + len(reminders.waiting(work))


def moments_waiting(work: Work) -> list[datetime]:
    """Return since when each thing waits for the actor."""
    since = storage.moments_waiting(work.session, _reader(work))
    return [*since, *(reminder.at for reminder in reminders.waiting(work))]


def _lines(counts: Mapping[str, int]) -> int:
    folded = _folded(counts)
    return sum(counts.values()) - folded + bool(folded)


def _folded(counts: Mapping[str, int]) -> int:
    number = counts.get(NoticeKind.SUBMITTED, 0)
    return number if folds(NoticeKind.SUBMITTED, number) else 0


def _reader(work: Work) -> storage.Reader:
    require(work.actor, Permission.READ_INBOX)
    return storage.Reader(work.actor.id, work.actor.organisation)


def _view(row: storage.Notice) -> NoticeView:
    return NoticeView(
        reference=row.reference,
        kind=NoticeKind(row.kind),
        incident=row.incident.reference,
        organisation=name_of(row.incident.organisation),
        state=State(row.incident.state),
        at=row.at,
        personal=row.account_id is not None,
        for_member=row.organisation_id is not None,
    )


def put_aside(work: Work, reference: str) -> None:
    """Say that something is dealt with, for the whole team; the record stays as it is. Twice is once.

    Raises NotFound.
    """
    if reminders.put_aside(work, reference):
        return
    row = _find(work, reference)
    if row.settled_at is None:
        row.settled_at, row.settled_by = work.now, work.actor.id
        audit.record(work, "notice.put_aside", "incident", row.incident_id, kind=row.kind)


def take_up(work: Work, reference: str) -> None:
    """Take something up again that was put aside by hand within a day.

    Raises NotFound.
    """
    if reminders.take_up(work, reference):
        return
    row = _find(work, reference)
    if not _is_undoable(work, row):
        raise NotFound("notice", reference)
    row.settled_at, row.settled_by = None, None
    audit.record(work, "notice.take_up", "incident", row.incident_id, kind=row.kind)


def just_put_aside(work: Work, reference: str) -> NoticeView | ReminderView | None:
    """Return what the actor put aside and may take up again; None where there is no such thing."""
    reminder = reminders.just_put_aside(work, reference)
    if reminder is not None:
        return reminder
    row = storage.notice_for(work.session, _reader(work), reference)
    return _view(row) if row and _is_undoable(work, row) else None


def _is_undoable(work: Work, row: storage.Notice) -> bool:
    return row.settled_at is not None and row.settled_by == work.actor.id and work.now - row.settled_at < UNDONE_WITHIN


def _find(work: Work, reference: str) -> storage.Notice:
    row = storage.notice_for(work.session, _reader(work), reference, lock=True)
    if row is None:
        raise NotFound("notice", reference)
    return row


# --- what the clock does -----------------------------------------------------------------------------------


def has_due(work: Work) -> bool:
    """Tell whether the clock has something to do: `look_after` says what.

    Raises NotPermitted for everybody but the command line.
    """
    require(work.actor, Permission.SEND_MAIL)
    return (
        bool(storage.newly_overdue(work.session, work.today, 1))
        or bool(storage.untold(work.session, 1))
        or bool(storage.no_longer_overdue(work.session, work.today))
        or storage.has_settled_before(work.session, work.now - KEPT)
    )


def look_after(work: Work) -> int:
    """Have people told of what is overdue and of what came without a step, and forget what was settled long ago.

    Returns how many became overdue. What was put aside and still waits after a month is told again. Raises
    NotPermitted for everybody but the command line.
    """
    require(work.actor, Permission.SEND_MAIL)
    storage.settle_by_id(work.session, storage.no_longer_overdue(work.session, work.today), work.now)
    storage.forget_settled_before(work.session, work.now - KEPT)
    for incident, raised in storage.untold(work.session, _AT_ONCE):
        _raise(work, incident, raised, None)
    late = storage.newly_overdue(work.session, work.today, _AT_ONCE)
    for incident in late:
        _raise(work, incident, Call(Team.COALITION, NoticeKind.OVERDUE), incident.reviewer_id)
    return len(late)

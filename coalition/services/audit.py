"""The log of who did what: write it, read it, check it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coalition.db import audit as storage
from coalition.db.accounts import account_names
from coalition.db.incidents import references_of
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotAllowedNow
from coalition.domain.log import Fault, first_fault
from coalition.services.work import Act, Work

PAGE = 50


def record(work: Work, action: str, subject_kind: str, subject: str, **details: Any) -> None:  # noqa: ANN401 - JSON
    """Append an entry when the unit of work ends. Details are codes, counts and field names, never content."""
    work.acts.append(Act(action, subject_kind, subject, details))


REFUSAL_AGAIN = timedelta(minutes=1)
"""A refusal that anybody can cause is written no more often than this, so that nobody can flood the log."""


def record_refusal(work: Work, action: str, subject_kind: str, subject: str, **details: Any) -> None:  # noqa: ANN401 - JSON
    """Append an entry however the work ends, unless the actor's last such entry about the subject is a moment old."""
    wanted = storage.LogFilter(
        actions=(action,),
        actor=work.actor.id,
        subject_kind=subject_kind,
        subject=subject,
        since=work.now - REFUSAL_AGAIN,
    )
    if not storage.count_entries(work.session, wanted):
        work.denied.append(Act(action, subject_kind, subject, details))


@dataclass(frozen=True)
class EntryView:
    """One entry as its reader sees it."""

    number: int
    at: datetime
    actor: str
    """Id of the account, "operator" for the command line, "nobody" for a visitor."""
    name: str
    """The person's name; empty for those who are no person or are gone."""
    role: str
    action: str
    subject_kind: str
    subject: str
    """Id of the subject; of an incident its reference, of an account its name, as long as there is one."""
    details: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class LogPage:
    """One page of the log, the newest entry first."""

    entries: tuple[EntryView, ...]
    total: int
    number: int
    pages: int


def _views(work: Work, rows: list[storage.AuditEntry]) -> Iterator[EntryView]:
    names = account_names(work.session)
    references = references_of(work.session, {row.subject for row in rows if row.subject_kind == "incident"})
    for row in rows:
        yield EntryView(
            number=row.number,
            at=row.at,
            actor=row.actor,
            name=names.get(row.actor, ""),
            role=row.role,
            action=row.action,
            subject_kind=row.subject_kind,
            subject=(names if row.subject_kind == "account" else references).get(row.subject, row.subject),
            details=row.details,
            hash=row.hash,
        )


def read_log(
    work: Work, *, actions: tuple[str, ...] = (), actor: str | None = None, since: datetime | None = None, page: int = 1
) -> LogPage:
    """Return one page of the log: all of it, some actions, one person's, or what came since a moment."""
    require(work.actor, Permission.READ_AUDIT)
    wanted = storage.LogFilter(actions=actions, actor=actor, since=since)
    total = storage.count_entries(work.session, wanted)
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    rows = storage.list_entries(work.session, wanted, offset=(number - 1) * PAGE, limit=PAGE)
    return LogPage(tuple(_views(work, rows)), total, number, pages)


def whole_log(work: Work) -> Iterator[EntryView]:
    """Yield every entry, the oldest first."""
    require(work.actor, Permission.READ_AUDIT)
    some: list[storage.AuditEntry] = []
    for row in storage.all_entries(work.session):
        some.append(row)
        if len(some) >= PAGE:
            yield from _views(work, some)
            some = []
    yield from _views(work, some)


def log_actions(work: Work) -> list[str]:
    """Return the actions that the log holds."""
    require(work.actor, Permission.READ_AUDIT)
    return storage.actions_used(work.session)


def log_actors(work: Work) -> dict[str, str]:
    """Return the names of the people whom the log holds, by their ids; those who are gone keep their id."""
    require(work.actor, Permission.READ_AUDIT)
    names = account_names(work.session)
    found = {actor: names.get(actor, actor) for actor in storage.actors_used(work.session)}
    return dict(sorted(found.items(), key=lambda item: item[1]))


@dataclass(frozen=True)
class Verdict:
    """What checking the log found."""

    entries: int
    fault: Fault | None


def acknowledge_loss(work: Work) -> int:
    """Go on with a log whose end is lost, as after restoring an older backup; returns the first number that was lost.

    That it was lost is itself written into the log. Raises NotAllowedNow for a log that is intact, or whose entries
    were altered: that is never to be passed over.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    fault = verify_log(work).fault
    if fault is None or fault.code != "cut_off":
        raise NotAllowedNow("acknowledge", fault.code if fault else "intact")
    store = work.runtime.keys
    head = store.log_head()
    store.accept_log(*storage.newest(work.session))
    record(work, "log.loss_acknowledged", "coalition", "log", lost_from=fault.number, lost_to=head[0] if head else 0)
    return fault.number


def verify_log(work: Work) -> Verdict:
    """Check every entry against its hash, its number, and how far the log is known to have come.

    What is appended while it is checked is not missed: how far the log has come is read first.
    """
    require(work.actor, Permission.READ_AUDIT)
    store = work.runtime.keys
    head, breaks = store.log_head(), store.log_breaks()
    count = 0

    def counted() -> Iterator[tuple[Any, str]]:
        nonlocal count
        for row in storage.all_entries(work.session):
            count += 1
            yield storage.entry_of(row), row.hash

    fault = first_fault(store.lasting_key("audit log"), counted(), head, breaks)
    return Verdict(count, fault)

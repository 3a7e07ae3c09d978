"""The unit of work: one session, one actor, one moment, and the only commit.

Whatever was to be written into the log is written when the work ends: with the change, in one transaction, or after
what was read, before anybody sees it. A refused permission is written although nothing else is.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from coalition.config import Config, master_keys
from coalition.db import audit as log
from coalition.db.base import new_id
from coalition.db.engine import WRITES, make_engine
from coalition.db.keys import Keys, KeyStore
from coalition.db.settings import time_zone
from coalition.db.text_index import forget
from coalition.domain.access import Actor, Permission
from coalition.domain.errors import NotPermitted
from coalition.domain.log import Entry, chained
from coalition.domain.vocabulary import Role
from coalition.queue import JobQueue

OPERATOR = Actor(id="operator", role=Role.OPERATOR, name="command line")
"""Whoever runs the command line."""
NOBODY = Actor(id="nobody", role=Role.NOBODY)
"""The public, before anybody has signed in: has no permission at all."""


def system_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Runtime:
    """What lives as long as the process: the engine, the queue, the clock."""

    config: Config
    engine: Engine
    queue: JobQueue
    keys: KeyStore
    clock: Callable[[], datetime] = system_clock

    def dispose(self) -> None:
        """Close what is open."""
        self.engine.dispose()
        self.keys.dispose()


def make_runtime(config: Config, clock: Callable[[], datetime] = system_clock) -> Runtime:
    """Return the runtime of an installation."""
    engine = make_engine(config.database_url)
    keys = KeyStore(make_engine(f"sqlite:///{config.keys}"), master_keys(config), clock)
    return Runtime(config, engine, JobQueue(config.queue), keys, clock)


@dataclass(frozen=True)
class Act:
    """What goes into the log of one act."""

    action: str
    subject_kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass
class Work:
    """One request's, command's or job's work."""

    session: Session
    actor: Actor
    now: datetime
    runtime: Runtime
    hand: Actor | None = None
    """Who really does it, where that is not the actor: the log names both."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What may only happen once the change is safe: sending a job's id, a mail."""
    acts: list[Act] = field(default_factory=list)
    """What goes into the log when the work ends well."""
    denied: list[Act] = field(default_factory=list)
    """What goes into the log however the work ends."""

    def deny(self, permission: Permission, subject_kind: str = "", subject: str = "") -> None:
        """Have it written into the log that the actor asked for something that is not theirs."""
        self.denied.append(Act("access.denied", subject_kind, subject, {"permission": permission.value}))

    @cached_property
    def today(self) -> date:
        """The day it is for the coalition: after midnight in its own time zone, today is the new day."""
        return self.now.astimezone(ZoneInfo(time_zone(self.session))).date()


@contextmanager
def unit_of_work(runtime: Runtime, actor: Actor) -> Iterator[Work]:
    """Give a block a session that writes; commit when it ends well, roll back when it raises."""
    opened = runtime.engine.connect().execution_options(**{WRITES: True})
    with _noticing_denials(runtime, actor) as denied:
        with opened as connection, _session(connection, runtime, expire_on_commit=False) as session:
            work = Work(session, actor, runtime.clock(), runtime, denied=denied)
            yield work
            session.flush()
            keys: Keys = session.info["keys"]
            keys.before_commit()
            noticed = _append(work, work.acts)
            session.commit()
            connection.commit()
        noticed()
        for act in work.after_commit:
            act()
        keys.after_commit()
        forget(runtime.config.text_index, keys.doomed)


@contextmanager
def reading(runtime: Runtime, actor: Actor, hand: Actor | None = None) -> Iterator[Work]:
    """Give a block a session that only reads; nothing it changes is kept, but what it read goes into the log.

    With a `hand`, it is done by that one with the actor's eyes: the command line for a person.
    """
    opened = runtime.engine.connect()
    if runtime.engine.dialect.name == "postgresql":
        # Figures that are read one after the other have to come from the same moment, as they do on SQLite.
        opened = opened.execution_options(isolation_level="REPEATABLE READ")
    with _noticing_denials(runtime, actor) as denied:
        with opened as connection, _session(connection, runtime) as session:
            work = Work(session, actor, runtime.clock(), runtime, denied=denied)
            yield work
        if work.acts:
            _log_alone(runtime, actor, work.acts, hand)


def _session(connection: Connection, runtime: Runtime, **options: Any) -> Session:  # noqa: ANN401 - SQLAlchemy's
    return Session(connection, info={"keys": Keys(runtime.keys)}, **options)


@contextmanager
def _noticing_denials(runtime: Runtime, actor: Actor) -> Iterator[list[Act]]:
    """Write into the log what was refused, even though the work that asked for it is rolled back."""
    denied: list[Act] = []
    try:
        yield denied
    except NotPermitted as error:
        denied.append(Act("access.denied", "", "", {"permission": str(error.permission)}))
        raise
    finally:
        if denied:
            _log_alone(runtime, actor, denied)


def _log_alone(runtime: Runtime, actor: Actor, acts: list[Act], hand: Actor | None = None) -> None:
    opened = runtime.engine.connect().execution_options(**{WRITES: True})
    with opened as connection, Session(connection) as session:
        noticed = _append(Work(session, actor, runtime.clock(), runtime, hand), acts)
        session.commit()
        connection.commit()
    noticed()


def _append(work: Work, acts: list[Act]) -> Callable[[], None]:
    """Chain entries to the log; returns what to do once they are safe: remember how far the log has come."""
    if not acts:
        return lambda: None
    store = work.runtime.keys
    key = store.lasting_key("audit log")
    last, previous = log.newest(work.session)
    known = store.log_head()
    if known and known[0] > last:
        store.note_log_break(last + 1)
    doer = work.hand or work.actor
    behalf = {"on_behalf_of": work.actor.id} if work.hand else {}
    for number, act in enumerate(acts, start=last + 1):
        entry = Entry(
            number=number,
            id=new_id(),
            at=work.now,
            actor=doer.id,
            role=doer.role.value,
            action=act.action,
            subject_kind=act.subject_kind,
            subject=act.subject,
            details={**act.details, **behalf},
        )
        previous = chained(key, entry, previous)
        work.session.add(log.AuditEntry(**vars(entry), hash=previous))
        last = number
    work.session.flush()
    return lambda: store.advance_log(last, previous)

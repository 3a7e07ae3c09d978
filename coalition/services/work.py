"""The unit of work: one session, one actor, one moment, and the only commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from coalition.config import Config
from coalition.db.engine import WRITES, make_engine
from coalition.db.settings import time_zone
from coalition.domain.access import Actor
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
    clock: Callable[[], datetime] = system_clock


def make_runtime(config: Config, clock: Callable[[], datetime] = system_clock) -> Runtime:
    """Return the runtime of an installation."""
    engine = make_engine(config.database_url)
    return Runtime(config, engine, JobQueue(config.queue), clock)


@dataclass
class Work:
    """One request's, command's or job's work."""

    session: Session
    actor: Actor
    now: datetime
    runtime: Runtime
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What may only happen once the change is safe: sending a job's id, a mail."""

    @property
    def today(self) -> date:
        """The day it is for the coalition: after midnight in its own time zone, today is the new day."""
        return self.now.astimezone(ZoneInfo(time_zone(self.session))).date()


@contextmanager
def unit_of_work(runtime: Runtime, actor: Actor) -> Iterator[Work]:
    """Give a block a session that writes; commit when it ends well, roll back when it raises."""
    opened = runtime.engine.connect().execution_options(**{WRITES: True})
    with opened as connection, Session(connection, expire_on_commit=False) as session:
        work = Work(session, actor, runtime.clock(), runtime)
        yield work
        session.commit()
        connection.commit()
    for act in work.after_commit:
        act()


@contextmanager
def reading(runtime: Runtime, actor: Actor) -> Iterator[Work]:
    """Give a block a session that only reads; nothing it changes is kept."""
    opened = runtime.engine.connect()
    if runtime.engine.dialect.name == "postgresql":
        # Figures that are read one after the other have to come from the same moment, as they do on SQLite.
        opened = opened.execution_options(isolation_level="REPEATABLE READ")
    with opened as connection, Session(connection) as session:
        yield Work(session, actor, runtime.clock(), runtime)

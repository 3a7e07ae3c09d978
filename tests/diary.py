"""What tests do first is done once and then written down again: the same statements, into an equal installation.

Most tests of records begin with the same few acts (a record is begun, handed in, accepted), which take ten times as
long as what the test is about. Each of them is done through the services as people do it, the first time in every
process, and what it wrote into the two databases is noted. A later test that stands at the same point, because since
the founding exactly the same was done at the same time, gets those rows: it cannot be told from one that did it all.

As soon as anything else is written, nothing is repeated any more: what follows is done. So is what raises, what another
test may have changed the product for (`monkeypatch`), and what a database numbers by itself.
"""

import pickle
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, event

from coalition.db.engine import WRITES

if TYPE_CHECKING:
    from tests.conftest import Coalition

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_READS = ("SELECT", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SHOW")


@dataclass(frozen=True)
class Statement:
    """One statement as the driver got it."""

    text: str
    parameters: Any
    many: bool


@dataclass
class Noted:
    """What one act wrote, by engine, and what it returned."""

    statements: tuple[list[Statement], list[Statement]] = field(default_factory=lambda: ([], []))
    result: Any = None
    can_be_repeated: bool = True


class Diary:
    """What is written into the installations that one place has one after the other."""

    def __init__(self, engine: Engine, keys: Engine) -> None:
        """Watch both databases."""
        self._engines = (engine, keys)
        self._known: dict[tuple[Hashable, ...], Noted] = {}
        self._past: tuple[Hashable, ...] | None = None
        """All that was done since the founding; None where something else was written."""
        self._noting: Noted | None = None
        self._unsure: dict[Connection, list[Statement]] = {}
        """What was written and is not committed yet."""
        for watched in self._engines:
            event.listen(watched, "before_cursor_execute", self._executes)
            event.listen(watched, "commit", self._commits)
            event.listen(watched, "rollback", self._rolls_back)
            event.listen(watched, "rollback_savepoint", self._rolls_back_partly)

    def open(self) -> None:
        """Begin with an installation in which a coalition was just founded."""
        self._past = ()

    def close(self) -> None:
        """Repeat nothing in what comes."""
        self._past = None

    def once(self, what: Hashable, act: Callable[[], Result]) -> Result:
        """Do something, unless the same was done at the same point before: then write what it wrote."""
        if self._past is None or self._noting:
            return act()
        point = (*self._past, what)
        if point not in self._known:
            noted = self._noted(act)
            if not noted.can_be_repeated:
                self._past = None
                return noted.result  # type: ignore[no-any-return]
            self._known[point] = noted
        else:
            self._write(self._known[point])
        self._past = point
        return self._known[point].result  # type: ignore[no-any-return]

    def _noted(self, act: Callable[[], object]) -> Noted:
        noted = self._noting = Noted()
        self._unsure.clear()
        try:
            noted.result = act()
        except BaseException:
            self._past = None
            raise
        finally:
            self._noting = None
        return noted

    def _write(self, noted: Noted) -> None:
        for engine, statements in zip(self._engines, noted.statements, strict=True):
            if statements:
                _execute(engine, statements)

    def _executes(
        self, connection: Connection, _cursor: object, text: str, parameters: Any, _context: object, many: bool
    ) -> None:
        if text.lstrip().startswith(_READS):
            return
        if self._noting is None:
            self._past = None
            return
        if text.startswith("INSERT") and "RETURNING" in text:  # the database may have numbered it itself
            self._noting.can_be_repeated = False
        self._unsure.setdefault(connection, []).append(Statement(text, parameters, many))

    def _commits(self, connection: Connection) -> None:
        if self._noting:
            number = self._engines.index(connection.engine)
            self._noting.statements[number].extend(self._unsure.pop(connection, []))

    def _rolls_back(self, connection: Connection) -> None:
        self._unsure.pop(connection, None)

    def _rolls_back_partly(self, connection: Connection, _name: str, _context: object) -> None:
        if self._noting and connection in self._unsure:
            self._noting.can_be_repeated = False


def _execute(engine: Engine, statements: list[Statement]) -> None:
    """Hand statements to the driver as they are, in one transaction."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        driver: Any = connection.connection.driver_connection
        with driver.pipeline() if engine.dialect.name == "postgresql" else nullcontext():
            cursor = driver.cursor()
            for statement in statements:
                execute = cursor.executemany if statement.many else cursor.execute
                execute(statement.text, statement.parameters)
            cursor.close()


def done_once(act: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a helper do its act once in each process; where a test does it at the same point, what it wrote is written.

    The helper's first argument is the coalition. What it returns is a text or a number, which nobody can change.
    """
    name = f"{act.__module__}.{act.__qualname__}"

    @wraps(act)
    def repeated(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        coalition, *rest = cast("tuple[Coalition, ...]", arguments)
        do = partial(act, *arguments, **named)
        if coalition.diary is None:
            return do()
        around = (coalition.people, coalition.runtime.config, coalition.runtime.clock())
        return coalition.diary.once(pickle.dumps((name, rest, named, around)), do)

    return repeated

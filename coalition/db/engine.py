"""The engine and its two modes: SQLite embedded, PostgreSQL at scale."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

WRITES = "coalition_writes"
"""Execution option of a connection that is going to write."""

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=15000",
    "PRAGMA synchronous=FULL",  # a key that is gone after a power cut loses a record
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
)


def make_engine(url: str) -> Engine:
    """Return an engine for a database URL."""
    # Parameters are what people wrote about victims: no error message may carry them into a log.
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling begins too late and ends too early; SQLAlchemy begins instead (below).
    sqlite: Any = connection
    sqlite.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns writer later would fail instead of waiting its turn.
    immediate = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite database that is in use; the copy is one file of mode 0600."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as present, closing(sqlite3.connect(unfinished)) as copy:
        present.backup(copy)
        # One file, without the pages that deleting left empty.
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("VACUUM")
    unfinished.replace(target)

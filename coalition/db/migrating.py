"""The way of the tables up to their present form: Alembic's revisions, which only the one who changes tables loads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from coalition import paths
from coalition.db.engine import WRITES
from coalition.db.keys import KeyStore
from coalition.db.tables import METADATA


def _configuration(migrations: Path = paths.MIGRATIONS, keys: KeyStore | None = None) -> AlembicConfig:
    configuration = AlembicConfig()
    configuration.attributes["keys"] = keys
    configuration.set_main_option("script_location", str(migrations))
    configuration.set_main_option("path_separator", "os")
    return configuration


def upgrade(
    engine: Engine, revision: str = "head", migrations: Path = paths.MIGRATIONS, keys: KeyStore | None = None
) -> None:
    """Bring the database up to a revision. Where texts lie in it, `keys` seal and open them."""
    configuration = _configuration(migrations, keys)
    with _migrating(engine, configuration):
        command.upgrade(configuration, revision)


def downgrade(engine: Engine, revision: str, migrations: Path = paths.MIGRATIONS, keys: KeyStore | None = None) -> None:
    """Take the database back to a revision."""
    configuration = _configuration(migrations, keys)
    with _migrating(engine, configuration):
        command.downgrade(configuration, revision)


@contextmanager
def _migrating(engine: Engine, configuration: AlembicConfig) -> Iterator[None]:
    """Give Alembic a connection and commit when all its revisions went well; otherwise nothing has changed."""
    with (
        engine.connect().execution_options(**{WRITES: True}) as connection,
        _tables_may_be_rebuilt(connection),
    ):
        configuration.attributes["connection"] = connection
        # Begun here: Alembic would commit by itself what it begins by itself.
        connection.begin()
        yield
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("the migration would leave rows that refer to nothing")
        connection.commit()


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    # SQLite changes a table by dropping it and making it anew, and dropping it would delete the rows that refer to
    # it: every incident would lose its parts. The pragma has no effect once a transaction has begun.
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite: Any = connection.connection.dbapi_connection
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        sqlite.execute("PRAGMA foreign_keys=ON")


def new_migration(engine: Engine, message: str, number: str, migrations: Path = paths.MIGRATIONS) -> None:
    """Write the migration that brings the database to what the mapped classes say.

    Its number also goes into one line of migrations/HEAD: two branches with a migration each conflict there, instead
    of both becoming the newest.
    """
    configuration = _configuration(migrations)
    with engine.connect() as connection:
        configuration.attributes["connection"] = connection
        command.revision(configuration, message=message, rev_id=number, autogenerate=True)
    (migrations / "HEAD").write_text(f"{number}\n")


def newest() -> str:
    """Return the newest revision that there is a script for."""
    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def differences(engine: Engine) -> list[object]:
    """Return what the mapped classes say and the database does not; empty when both agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

"""All tables in one place, and the way up to their present form."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from coalition import paths
from coalition.db import accounts, audit, incidents, jobs, organisations, settings, summaries
from coalition.db.base import Base

MODULES = (accounts, audit, incidents, jobs, organisations, settings, summaries)
METADATA = Base.metadata


def _configuration() -> AlembicConfig:
    configuration = AlembicConfig()
    configuration.set_main_option("script_location", str(paths.MIGRATIONS))
    configuration.set_main_option("path_separator", "os")
    return configuration


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to a revision."""
    configuration = _configuration()
    with engine.connect() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
        connection.commit()


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a revision."""
    configuration = _configuration()
    with engine.connect() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, revision)
        connection.commit()


def new_migration(engine: Engine, message: str, number: str) -> None:
    """Write the migration that brings the database to what the mapped classes say."""
    configuration = _configuration()
    with engine.connect() as connection:
        configuration.attributes["connection"] = connection
        command.revision(configuration, message=message, rev_id=number, autogenerate=True)


def is_current(engine: Engine) -> bool:
    """Tell whether the database is at the newest revision."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()


def head() -> str:
    """Return the newest revision."""
    return ScriptDirectory.from_config(_configuration()).get_current_head() or ""


def differences(engine: Engine) -> list[object]:
    """Return what the mapped classes say and the database does not; empty when both agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

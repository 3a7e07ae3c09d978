"""All tables in one place, and whether a database has them in their present form."""

from sqlalchemy import Column, Engine, MetaData, String, Table, inspect, select

from coalition import paths
from coalition.db import (
    accounts,
    admissions,
    attempts,
    audit,
    calendar,
    erasures,
    evidence,
    factors,
    filters,
    history,
    incidents,
    invitations,
    jobs,
    kept_forms,
    likenesses,
    mappings,
    messages,
    notices,
    official,
    organisations,
    packages,
    profiles,
    published,
    queries,
    releases,
    reminders,
    retention,
    sessions,
    settings,
    submissions,
    summaries,
)
from coalition.db.base import Base

MODULES = (
    accounts,
    admissions,
    attempts,
    audit,
    calendar,
    erasures,
    evidence,
    factors,
    filters,
    history,
    incidents,
    invitations,
    jobs,
    kept_forms,
    likenesses,
    mappings,
    messages,
    notices,
    official,
    organisations,
    packages,
    profiles,
    published,
    queries,
    releases,
    reminders,
    retention,
    sessions,
    settings,
    submissions,
    summaries,
)
METADATA = Base.metadata

LOG = "audit_entry"
"""The table that is only ever added to."""
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String))
"""Alembic's own table, which holds the revision of the database."""


def grant(engine: Engine, role: str) -> int:
    """Let a user of the database server work with the rows, and with the tables not at all; returns how many tables.

    The log can be read and added to, and nothing in it be changed or removed. Run by the owner of the tables after
    every upgrade. Raises UnusableRole for the owner, and for a database without users.
    """
    if engine.dialect.name != "postgresql":
        raise UnusableRole("only PostgreSQL has users: SQLite is a file of the site's own")
    name = engine.dialect.identifier_preparer.quote_identifier(role)
    allowed = dict.fromkeys(METADATA.tables, "SELECT, INSERT, UPDATE, DELETE")
    allowed |= {LOG: "SELECT, INSERT", _VERSION.name: "SELECT"}
    with engine.begin() as connection:
        if connection.exec_driver_sql("SELECT current_user").scalar_one() == role:
            raise UnusableRole(f"{role} owns the tables: the site needs another user than the one that upgrades them")
        for table, acts in sorted(allowed.items()):
            connection.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {name}')
            connection.exec_driver_sql(f'GRANT {acts} ON "{table}" TO {name}')
    return len(allowed)


class UnusableRole(Exception):
    """The site cannot be this user of the database; the message says why."""


def is_current(engine: Engine) -> bool:
    """Tell whether the database is at the newest revision."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION.name):
            return False
        return connection.scalars(select(_VERSION.c.version_num)).all() == [head()]


def head() -> str:
    """Return the newest revision."""
    return (paths.MIGRATIONS / "HEAD").read_text().strip()

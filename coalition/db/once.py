"""Rows that two people may add at the same moment: one of them does, and the other hears of it without an error."""

from sqlalchemy import inspect, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from coalition.db.base import Base


def add_once(session: Session, row: Base) -> bool:
    """Add a row unless one with a key of its own is there; returns whether it was added.

    On PostgreSQL it waits for whoever adds such a row at this moment. The row given is no part of the session: what is
    to be changed later is read anew.
    """
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    query = make(type(row)).values(values).on_conflict_do_nothing()
    return session.execute(query.returning(literal_column("1"))).first() is not None

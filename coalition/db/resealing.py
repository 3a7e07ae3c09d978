"""Seal what is stored anew, value by value, with a renewed data key.

A key is renewed in four moves, each of which can be interrupted and done again: the new key is kept beside the one
before (`KeyStore.renew`), from when on everybody seals with the new one and opens with either; what is sealed is sealed
anew, one incident a transaction; everything that had begun before is waited for; and once nothing opens with the
earlier key any more, that one is destroyed. So whoever reads meanwhile can open what they see, whichever state of the
data they see.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Engine, LargeBinary, Row, Table, and_, func, select, text, update
from sqlalchemy.orm import Session

from coalition.db.incidents import Incident
from coalition.db.keys import SITE
from coalition.db.tables import METADATA
from coalition.encryption import CannotOpen, seal, unseal

PUBLIC_BYTES = frozenset({"second_factor.credential_id", "second_factor.public_key"})
"""Columns of bytes that are no secret: what a passkey shows to everybody."""
OF_THE_SITE = frozenset(
    {
        "second_factor.secret",
        "kept_form.site_fields",
        "saved_filter.content",
        "saved_filter.name",
        "saved_mapping.definition",
        "sheet_upload.definition",
        "submission_query.answer",
        "submission_query.question",
    }
)
"""Columns that are sealed with the site's key, for the place "table.column:id"."""
KNOWN_BY = ("position", "id", "release_id")
"""By the first of these columns that it has, a row is known among those of its incident."""
_PATIENCE = "PRAGMA busy_timeout=50"


@dataclass(frozen=True)
class Sealed:
    """One sealed value: where it is, and the place that it is bound to."""

    table: Table
    column: str
    where: Mapping[str, object]
    value: bytes
    about: str


@cache
def tables_of_incidents() -> Mapping[str, tuple[str, ...]]:
    """Return the columns that are sealed with an incident's key, by table."""
    found = {}
    for table in METADATA.sorted_tables:
        columns = tuple(column.name for column in table.columns if isinstance(column.type, LargeBinary))
        if columns and (table is Incident.__table__ or "incident_id" in table.columns):
            found[table.name] = columns
    return found


def columns_left_out() -> list[str]:
    """Return the columns of bytes of which nobody has said what they are: none, or they would not be sealed anew."""
    columns = (
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        if table.name not in tables_of_incidents()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    )
    return [column for column in columns if column not in OF_THE_SITE | PUBLIC_BYTES]


def ids_of_member(session: Session, organisation_id: str) -> list[str]:
    """Return the id of every incident of a member."""
    return list(session.scalars(select(Incident.id).where(Incident.organisation_id == organisation_id)))


def values_of(session: Session, subject: str) -> Iterator[Sealed]:
    """Yield everything that is sealed with the key of an incident, or with the site's."""
    return _of_site(session) if subject == SITE else _of_incident(session, subject)


def _of_incident(session: Session, incident_id: str) -> Iterator[Sealed]:
    for name, columns in tables_of_incidents().items():
        table = METADATA.tables[name]
        its_own = table.columns["id" if table is Incident.__table__ else "incident_id"]
        for row in session.execute(select(table).where(its_own == incident_id)).all():
            # There is one row of the incident.
            kept = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to a row by names
            known_by = "" if table is Incident.__table__ else kept[next(name for name in KNOWN_BY if name in kept)]
            for column in columns:
                if kept[column]:
                    about = f"{name}.{column}/{known_by}:{incident_id}"
                    yield Sealed(table, column, _key_of(table, row), kept[column], about)


def _of_site(session: Session) -> Iterator[Sealed]:
    for place in sorted(OF_THE_SITE):
        name, column = place.split(".")
        table = METADATA.tables[name]
        for row in session.execute(select(table).where(table.columns[column].is_not(None))).all():
            kept = row._mapping  # noqa: SLF001 - as above
            if kept[column]:
                yield Sealed(table, column, _key_of(table, row), kept[column], f"{place}:{kept['id']}")


def _key_of(table: Table, row: Row[Any]) -> dict[str, object]:
    return {column.name: row._mapping[column.name] for column in table.primary_key}  # noqa: SLF001 - as above


def opens(key: bytes, sealed: Sealed) -> bool:
    """Tell whether a key opens a value."""
    try:
        unseal(key, sealed.value, sealed.about)
    except CannotOpen:
        return False
    return True


def seal_anew(session: Session, subject: str, keys: Iterable[bytes]) -> int:
    """Seal everything of a subject with the first of some keys; returns how many values that were.

    Raises CannotOpen for a value that none of the keys opens: nothing may then be destroyed.
    """
    if subject != SITE:
        # Whoever changes the incident waits, or is waited for.
        session.execute(select(Incident.id).where(Incident.id == subject).with_for_update())
    present, *earlier = keys
    changed = 0
    for sealed in list(values_of(session, subject)):
        if opens(present, sealed):
            continue
        fitting = next((key for key in earlier if opens(key, sealed)), None)
        if fitting is None:
            raise CannotOpen(sealed.about)
        value = seal(present, unseal(fitting, sealed.value, sealed.about), sealed.about)
        unchanged = sealed.table.columns[sealed.column] == sealed.value
        row = and_(unchanged, *(sealed.table.columns[name] == part for name, part in sealed.where.items()))
        session.execute(update(sealed.table).where(row).values({sealed.column: value}))
        changed += 1
    return changed


def all_open(session: Session, subject: str, key: bytes) -> bool:
    """Tell whether everything of a subject opens with one key."""
    return all(opens(key, sealed) for sealed in values_of(session, subject))


def sealed_with_another(session: Session, keys: Mapping[str, bytes]) -> list[str]:
    """Return those of some incidents that their keys do not open: data and keys are of different times.

    One value of each is tried: whoever restores an older copy gets whole incidents.
    """
    table = METADATA.tables[Incident.__tablename__]
    columns = tables_of_incidents()[table.name]
    wrong = []
    for row in session.execute(select(table.columns["id"], *(table.columns[name] for name in columns))):
        said = next(((name, value) for name, value in zip(columns, row[1:], strict=True) if value), None)
        if said and row.id in keys:
            value = Sealed(table, said[0], {"id": row.id}, said[1], f"{table.name}.{said[0]}/:{row.id}")
            wrong += [] if opens(keys[row.id], value) else [row.id]
    return wrong


def everybody_is_past(engine: Engine, moment: datetime | None) -> bool:
    """Tell whether nobody reads or writes any more on a state of the data from before now, or before that moment.

    SQLite tells by itself: its log can only be written back whole when nobody reads an older state, and when nobody
    writes. PostgreSQL is asked for transactions that began before the moment, as its own clock has it. It does not say
    when those of another user began: whoever is connected as another one counts as busy, so that no key is destroyed
    too early.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(_PATIENCE)
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)").scalar_one()
            connection.exec_driver_sql("PRAGMA busy_timeout=15000")
            return not busy
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        # A session that we may not look into has a user and no state; one that tells nothing of itself is "disabled".
        " AND (xact_start <= :moment OR state = 'disabled' OR state IS NULL AND usesysid IS NOT NULL)"
    )
    with engine.connect() as connection:
        return not connection.execute(others, {"moment": moment}).scalar_one()


def moment_of(engine: Engine) -> datetime | None:
    """Return what time it is for the database server; None for SQLite, which needs none."""
    if engine.dialect.name == "sqlite":
        return None
    with engine.connect() as connection:
        return connection.scalar(select(func.clock_timestamp()))

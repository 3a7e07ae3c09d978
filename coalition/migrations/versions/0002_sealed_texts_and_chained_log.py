"""Seal every text of an incident, and chain the log."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from coalition.db.keys import Keys
from coalition.encryption import seal_text, unseal_text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = {
    "incident": ("time", "municipality", "authorities_response", "impact", "own_reference", "narrative"),
    "incident_indicator": ("note",),
    "incident_victims": ("injury",),
    "incident_source": ("name", "reference"),
    "incident_description": ("text",),
    "incident_step": ("text",),
}
"""The columns that were text and hold sealed bytes from now on; beside them, the day of consent."""


def upgrade() -> None:
    """Go up."""
    for table, columns in TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(
                    column,
                    existing_type=sa.String(),
                    type_=sa.LargeBinary(),
                    existing_nullable=False,
                    postgresql_using=f"convert_to({column}, 'UTF8')",
                )
    with op.batch_alter_table("incident") as batch:
        batch.alter_column(
            "consent_date",
            existing_type=sa.Date(),
            type_=sa.LargeBinary(),
            existing_nullable=True,
            postgresql_using="convert_to(consent_date::text, 'UTF8')",
        )
    op.execute(
        sa.text("UPDATE incident SET consent_date = :nothing WHERE consent_date IS NULL").bindparams(nothing=b"")
    )
    with op.batch_alter_table("incident") as batch:
        batch.alter_column("consent_date", existing_type=sa.LargeBinary(), nullable=False)
    _convert(_seal, make_keys=True)
    _chain_log()


def downgrade() -> None:
    """Go down: everything lies open again."""
    with op.batch_alter_table("audit_entry") as batch:
        batch.drop_index(batch.f("ix_audit_entry_actor"))
        batch.drop_index(batch.f("ix_audit_entry_action"))
        batch.drop_constraint(batch.f("uq_audit_entry_number"), type_="unique")
        batch.drop_column("hash")
        batch.drop_column("number")
    _convert(_open, make_keys=False)
    # By way of a new column: SQLite would take the year of a day that is cast for a number.
    with op.batch_alter_table("incident") as batch:
        batch.add_column(sa.Column("consent_day", sa.Date(), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    day = "CAST(consent_date AS TEXT)" if sqlite else "convert_from(consent_date, 'UTF8')::date"
    given = sa.text(f"UPDATE incident SET consent_day = {day} WHERE consent_date <> :nothing")  # noqa: S608 - our own words  # nosec B608
    op.execute(given.bindparams(nothing=b""))
    with op.batch_alter_table("incident") as batch:
        batch.drop_column("consent_date")
    with op.batch_alter_table("incident") as batch:
        batch.alter_column(
            "consent_day", new_column_name="consent_date", existing_type=sa.Date(), existing_nullable=True
        )
    for table, columns in TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(
                    column,
                    existing_type=sa.LargeBinary(),
                    type_=sa.String(),
                    existing_nullable=False,
                    postgresql_using=f"convert_from({column}, 'UTF8')",
                )


def _about(table: str, column: str, row: Any, incident: str) -> str:  # noqa: ANN401 - a position or an id
    return f"{table}.{column}/{row}:{incident}"


def _seal(key: bytes, value: Any, about: str) -> bytes:  # noqa: ANN401 - text on SQLite, bytes on PostgreSQL
    return seal_text(key, value if isinstance(value, str) else bytes(value).decode(), about)


def _open(key: bytes, value: Any, about: str) -> bytes:  # noqa: ANN401 - whatever the driver returns
    return unseal_text(key, bytes(value), about).encode()


def _rows_of(table: str) -> tuple[str, str]:
    """Return what tells a table's rows apart, and the column of the incident."""
    return {"incident": ("''", "id"), "incident_step": ("id", "incident_id")}.get(table, ("position", "incident_id"))


def _convert(change: Callable[[bytes, Any, str], bytes], *, make_keys: bool) -> None:
    connection = op.get_bind()
    incidents = connection.execute(sa.text("SELECT id, organisation_id FROM incident")).all()
    if not incidents:
        return
    keys = _keys()
    if make_keys:
        # A run that failed later on has left its keys: the data were rolled back, the keys are good.
        there = keys.store.open_keys([incident for incident, _ in incidents])
        for incident, organisation in incidents:
            if incident not in there:
                keys.make(incident, organisation)
        keys.before_commit()
    tables = {**TEXTS, "incident": (*TEXTS["incident"], "consent_date")}
    for table, columns in tables.items():
        for column in columns:
            _convert_column(connection, keys, table, column, change)


def _convert_column(
    connection: sa.Connection, keys: Keys, table: str, column: str, change: Callable[[bytes, Any, str], bytes]
) -> None:
    row_name, incident_name = _rows_of(table)
    query = f"SELECT {row_name}, {incident_name}, {column} FROM {table}"  # noqa: S608 - our own names  # nosec B608
    where = f"{incident_name} = :incident" + ("" if table == "incident" else f" AND {row_name} = :row")
    update = sa.text(f"UPDATE {table} SET {column} = :value WHERE {where}")  # noqa: S608 - our own names  # nosec B608
    changed = []
    for row, incident, value in connection.execute(sa.text(query)):
        key = keys.of(incident) if value else None
        new = change(key, value, _about(table, column, row, incident)) if key else b""
        changed.append({"row": row, "incident": incident, "value": new})
    if changed:
        connection.execute(update, changed)


def _keys() -> Keys:
    store = context.config.attributes.get("keys")
    if store is None:
        raise RuntimeError("this migration seals texts and needs the installation's keys")
    return Keys(store)


def _chain_log() -> None:
    with op.batch_alter_table("audit_entry") as batch:
        batch.add_column(sa.Column("number", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("hash", sa.String(), nullable=True))
    connection = op.get_bind()
    entries = sa.table(
        "audit_entry",
        *(sa.column(name, sa.String()) for name in ("id", "actor", "role", "action", "subject_kind", "subject")),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("details", sa.JSON()),
        sa.column("number", sa.Integer()),
        sa.column("hash", sa.String()),
    )
    rows = connection.execute(sa.select(entries).order_by(entries.c.at, entries.c.id)).mappings().all()
    if rows:
        store = _keys().store
        values = list(_hashed(hmac.digest(store.site_key(), b"audit log", hashlib.sha256), rows))
        update = sa.update(entries).where(entries.c.id == sa.bindparam("row"))
        connection.execute(update.values(number=sa.bindparam("n"), hash=sa.bindparam("h")), values)
        store.advance_log(len(values), values[-1]["h"])
    with op.batch_alter_table("audit_entry") as batch:
        batch.alter_column("number", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("hash", existing_type=sa.String(), nullable=False)
        batch.create_unique_constraint(batch.f("uq_audit_entry_number"), ["number"])
        batch.create_index(batch.f("ix_audit_entry_actor"), ["actor"], unique=False)
        batch.create_index(batch.f("ix_audit_entry_action"), ["action"], unique=False)


def _hashed(key: bytes, rows: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - rows as mappings
    previous = ""
    for number, row in enumerate(rows, start=1):
        at: datetime = row["at"]
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        said = {**{name: row[name] for name in ("id", "actor", "role", "action", "subject_kind", "subject", "details")}}
        said |= {"number": number, "at": at.isoformat(), "previous": previous}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        yield {"row": row["id"], "n": number, "h": previous}

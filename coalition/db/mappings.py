"""How members read their own spreadsheets: kept mappings, files on their way in, and which record a row belongs to.

A file and whatever is read out of it lie beside the database, sealed with the upload's own data key, which is destroyed
with them. A mapping is sealed with the site's key: it holds words of a member's lists.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.incidents import ImportedRow, Incident
from coalition.db.keys import keys_of
from coalition.db.types import Moment


class SavedMapping(Base, kw_only=True):
    """How a member's spreadsheet of a certain heading is read."""

    __tablename__ = "saved_mapping"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    fingerprint: Mapped[str]
    """A keyed digest of the heading that it was made for."""
    definition: Mapped[bytes] = mapped_column(default=b"")
    """Sealed with the site's key."""
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)


class SheetUpload(Base, kw_only=True):
    """One spreadsheet on its way in. It goes a day after it was last worked on; how many rows came of it stays."""

    __tablename__ = "sheet_upload"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    state: Mapped[str]
    """A `domain.uploads.Stage`."""
    job: Mapped[str] = mapped_column(default="")
    """Reference of the background job that works on it, or did so last."""
    error: Mapped[str] = mapped_column(default="")
    """Why the file cannot be read, as a code."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """Rows by what became of them, or would."""
    definition: Mapped[bytes] = mapped_column(default=b"")
    """Sealed with the site's key: name of the file, sheet, mapping, and what was ticked."""
    files_kept: Mapped[bool] = mapped_column(default=True)
    """Whether anything of the file is still there."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment, index=True)


def seal_definition(session: Session, row: SavedMapping | SheetUpload, text: str) -> None:
    """Seal what is kept of a mapping or an upload into its row."""
    row.definition = keys_of(session).seal_for_site(_about(row), text.encode()) if text else b""


def open_definition(session: Session, row: SavedMapping | SheetUpload) -> str:
    """Return what is kept; empty when nothing is."""
    return keys_of(session).open_for_site(_about(row), row.definition).decode() if row.definition else ""


def _about(row: SavedMapping | SheetUpload) -> str:
    return f"{row.__tablename__}.definition:{row.id}"


# --- kept mappings -----------------------------------------------------------------------------------------


def mappings_of(session: Session, organisation_id: str) -> list[SavedMapping]:
    """Return the mappings of a member, by name."""
    query = select(SavedMapping).where(SavedMapping.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(SavedMapping.name)))


def mapping_named(session: Session, organisation_id: str, name: str) -> SavedMapping | None:
    """Return the mapping of a member that has a name."""
    query = select(SavedMapping).where(SavedMapping.organisation_id == organisation_id)
    return session.scalar(query.where(SavedMapping.name == name))


def mapping_for(session: Session, organisation_id: str, fingerprint: str) -> SavedMapping | None:
    """Return the latest mapping of a member for a heading."""
    query = select(SavedMapping).where(SavedMapping.organisation_id == organisation_id)
    query = query.where(SavedMapping.fingerprint == fingerprint).order_by(SavedMapping.changed_at.desc())
    return session.scalar(query.limit(1))


def mapping_with_reference(session: Session, organisation_id: str, reference: str) -> SavedMapping | None:
    """Return the mapping of a member with a reference."""
    query = select(SavedMapping).where(SavedMapping.organisation_id == organisation_id)
    return session.scalar(query.where(SavedMapping.reference == reference.upper()))


# --- uploads -----------------------------------------------------------------------------------------------


def upload_with_reference(session: Session, reference: str, *, lock: bool = False) -> SheetUpload | None:
    """Return the upload with a reference; locked, it waits for whoever changes it now."""
    query = select(SheetUpload).where(SheetUpload.reference == reference.upper())
    return session.scalar(query.with_for_update() if lock else query)


def uploads_of(session: Session, organisation_id: str, limit: int = 20) -> list[SheetUpload]:
    """Return the latest uploads of a member, newest first."""
    query = select(SheetUpload).where(SheetUpload.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(SheetUpload.created_at.desc(), SheetUpload.id.desc()).limit(limit)))


def uploads_unused_since(session: Session, moment: datetime) -> list[SheetUpload]:
    """Return the uploads of which something is kept and that nobody worked on since a moment."""
    query = select(SheetUpload).where(SheetUpload.files_kept.is_(True), SheetUpload.changed_at < moment)
    return list(session.scalars(query))


def delete_upload(session: Session, upload_id: str) -> None:
    """Delete the row of an upload."""
    session.execute(delete(SheetUpload).where(SheetUpload.id == upload_id))


# --- which record a row belongs to -------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownRow:
    """A row that was read before, and the record that came of it."""

    incident_id: str
    reference: str
    state: str
    said: str
    changed: bool
    """Whether a person has changed the record since."""


def known_rows(session: Session, organisation_id: str) -> dict[tuple[str, int], KnownRow]:
    """Return every row that a member's own spreadsheets had, by digest and occurrence."""
    query = (
        select(
            ImportedRow.digest,
            ImportedRow.occurrence,
            ImportedRow.said,
            ImportedRow.version,
            Incident.id,
            Incident.reference,
            Incident.state,
            Incident.version.label("present"),
        )
        .join(Incident, Incident.id == ImportedRow.incident_id)
        .where(ImportedRow.organisation_id == organisation_id, ImportedRow.said != "")
    )
    return {
        (row.digest, row.occurrence): KnownRow(row.id, row.reference, row.state, row.said, row.present != row.version)
        for row in session.execute(query)
    }


def note_said(session: Session, incident_id: str, said: str, version: int) -> None:
    """Keep what a row said when its record took it over, and which version of the record that made."""
    row = session.get_one(ImportedRow, incident_id)
    row.said, row.version = said, version

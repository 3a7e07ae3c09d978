"""Files kept as evidence: one row per file, its name, note and origin sealed with the incident's own data key.

The files themselves lie beside the database (`coalition.services.evidence_files`), each sealed with a key of its own,
which is in the row, sealed like the rest of it: a renewed data key leaves the files as they are.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.keys import keys_of
from coalition.db.types import Moment
from coalition.encryption import CannotOpen, seal, seal_text


class IncidentEvidence(Base, kw_only=True):
    """One file of an incident. `number` names it inside the incident and in addresses."""

    __tablename__ = "incident_evidence"
    __table_args__ = (UniqueConstraint("incident_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    """A FileKind: what the original is."""
    size: Mapped[int]
    """Bytes of the original."""
    clean_size: Mapped[int]
    """Bytes of the cleaned copy; 0 where the original needs none."""
    source: Mapped[int | None] = mapped_column(default=None)
    """Position of the source that it archives, among the incident's sources."""
    added_at: Mapped[datetime] = mapped_column(Moment)
    added_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    file_key: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: what opens the file and its cleaned copy."""
    name: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: what the file was called."""
    note: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    sha256: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: the original's checksum. Whoever has a file could tell by it that the file is here."""
    captured_at: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: when it was made, as the file says."""
    captured_place: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: where, as the file says."""


@dataclass(frozen=True)
class Origin:
    """What is known of a file, in clear."""

    name: str = ""
    note: str = ""
    sha256: str = ""
    captured_at: str = ""
    captured_place: str = ""


def _about(row: IncidentEvidence, column: str) -> str:
    return f"incident_evidence.{column}/{row.id}:{row.incident_id}"


def key_of_file(session: Session, row: IncidentEvidence) -> bytes:
    """Return what opens a file.

    Raises CannotOpen once the incident's key was destroyed.
    """
    return keys_of(session).unseal(row.incident_id, row.file_key, _about(row, "file_key"))


def origin_of(session: Session, row: IncidentEvidence) -> Origin:
    """Open what is sealed of a file; all of it is empty once the incident's key was destroyed."""
    keys = keys_of(session)
    if keys.of(row.incident_id) is None:
        return Origin()
    sealed = {column: getattr(row, column) for column in vars(Origin())}
    return Origin(
        **{
            column: keys.unseal(row.incident_id, value, _about(row, column)).decode() if value else ""
            for column, value in sealed.items()
        }
    )


def store_file(session: Session, row: IncidentEvidence, file_key: bytes, origin: Origin) -> None:
    """Store the row of a new file.

    Raises CannotOpen once the incident's key was destroyed: nothing may be added any more.
    """
    row.file_key = seal(_key_of(session, row), file_key, _about(row, "file_key"))
    store_origin(session, row, origin)


def store_origin(session: Session, row: IncidentEvidence, origin: Origin) -> None:
    """Seal what is known of a file into its row."""
    key = _key_of(session, row)
    for column, text in vars(origin).items():
        setattr(row, column, seal_text(key, text, _about(row, column)))
    session.add(row)
    session.flush()


def _key_of(session: Session, row: IncidentEvidence) -> bytes:
    key = keys_of(session).of(row.incident_id)
    if key is None:
        raise CannotOpen(_about(row, "file_key"))
    return key


def files_of(session: Session, incident_id: str) -> list[IncidentEvidence]:
    """Return the files of an incident, the first one first."""
    query = select(IncidentEvidence).where(IncidentEvidence.incident_id == incident_id)
    return list(session.scalars(query.order_by(IncidentEvidence.number)))


def file_with_number(session: Session, incident_id: str, number: int) -> IncidentEvidence | None:
    """Return one file of an incident."""
    query = select(IncidentEvidence).where(IncidentEvidence.incident_id == incident_id)
    return session.scalar(query.where(IncidentEvidence.number == number))


def count_files(session: Session, incident_id: str) -> int:
    """Count the files of an incident."""
    query = select(func.count()).select_from(IncidentEvidence)
    return session.scalar(query.where(IncidentEvidence.incident_id == incident_id)) or 0


def count_kinds(session: Session, incident_id: str) -> dict[str, int]:
    """Count the files of an incident by kind."""
    kinds = select(IncidentEvidence.kind).where(IncidentEvidence.incident_id == incident_id)
    return dict(Counter(session.scalars(kinds.order_by(IncidentEvidence.number))))

"""What a member does with the files of an incident: take them in, describe, read, remove.

A file is looked at, cleaned and sealed before the database is asked for anything, so that a long film keeps nobody
waiting: `room_for`, then `taken_in`, then `add_files`. Only whoever may see the identity of the record opens a file.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import SEEK_END
from typing import BinaryIO, Final

from coalition.config import Config
from coalition.db import evidence as storage
from coalition.db import incidents as incident_storage
from coalition.db.accounts import account_names
from coalition.db.base import new_id
from coalition.documents.cleaning import cleaned
from coalition.documents.file_kinds import BEGINNING, kind_of
from coalition.domain.access import Permission, permits, require
from coalition.domain.disclosure import RECORD_CLASSES, VISIBLE, Audience, FieldClass, Occasion, audience_of
from coalition.domain.errors import NotAllowedNow, NotFound, RefusedFile
from coalition.domain.evidence import (
    FORMS,
    LONGEST_NAME,
    MEGABYTE,
    ORIGINAL,
    Captured,
    FileKind,
    Refusal,
    download_name,
    shown_name,
)
from coalition.domain.retention import check_not_held
from coalition.domain.reviews import EDITABLE
from coalition.domain.vocabulary import State
from coalition.encryption import new_key, seal_parts, unseal_file
from coalition.scanner import ScannerUnavailable, scanner_at
from coalition.services import audit, evidence_files, releases, settings
from coalition.services.incident_views import find, note_reading, subject_of
from coalition.services.work import NOBODY, Runtime, Work, reading

_PART: Final = 256 * 1024


# --- what there is -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EvidenceLine:
    """One file as its reader may see it: name, note, origin and content are the identity's matter."""

    number: int
    kind: FileKind
    size: int
    """Bytes of the original."""
    clean_size: int
    """Bytes of the cleaned copy; 0 where the original needs none."""
    source: int | None
    """Position of the source that it archives."""
    added_at: datetime
    added_by: str
    name: str
    note: str
    sha256: str
    captured_at: str
    captured_place: str


@dataclass(frozen=True)
class EvidenceView:
    """The files of an incident, and what the reader may do with them."""

    reference: str
    audience: Audience
    lines: tuple[EvidenceLine, ...]
    sources: tuple[str, ...]
    """The kinds of the incident's sources, in their order."""
    may_add: bool
    may_change: bool
    """Whether notes can be changed: as long as the record is open to changes."""
    may_remove: bool
    may_open: bool
    """Whether the reader may open the files, after saying who they are again."""


def evidence_of(work: Work, reference: str, occasion: Occasion = Occasion.TYPING) -> EvidenceView:
    """Return the files of an incident; whoever may change the record now sees their names and notes, as in its form.

    That these were shown is noted. Raises NotFound.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    subject = subject_of(incident)
    audience = audience_of(work.actor, subject, occasion) or Audience.MEMBER
    rows = storage.files_of(work.session, incident.id)
    if rows and FieldClass.IDENTITY in VISIBLE[audience]:
        action = "incident.unseal" if occasion is Occasion.UNSEALING else "incident.read"
        note_reading(work, incident, {FieldClass.IDENTITY}, action)
    amends = permits(work.actor, Permission.AMEND_INCIDENT, subject)
    return EvidenceView(
        reference=incident.reference,
        audience=audience,
        lines=tuple(_line(work, row, audience) for row in rows),
        sources=_sources(incident),
        may_add=amends,
        may_change=amends and State(incident.state) in EDITABLE,
        may_remove=amends and State(incident.state) in EDITABLE and not incident.hold_reason,
        may_open=permits(work.actor, Permission.UNSEAL_IDENTITY, subject),
    )


def _sources(incident: incident_storage.Incident) -> tuple[str, ...]:
    return tuple(source.kind for source in incident.sources)


def unseal_evidence(work: Work, reference: str) -> EvidenceView:
    """Return the files with their names, notes and origin, for one showing; that it was asked for is noted.

    Raises NotFound, NotPermitted for a colleague who did not record the incident.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    return evidence_of(work, reference, Occasion.UNSEALING)


def evidence_counts(work: Work, reference: str) -> dict[str, int]:
    """Count the files of an incident by kind: all that the coordinator is told of them.

    Raises NotFound for whoever may read the record neither as a member nor as the coordinator.
    """
    incident = incident_storage.incident_with_reference(work.session, reference)
    if incident is None or audience_of(work.actor, subject_of(incident), Occasion.NAMING) is None:
        raise NotFound("incident", reference)
    return storage.count_kinds(work.session, incident.id)


def _line(work: Work, row: storage.IncidentEvidence, audience: Audience) -> EvidenceLine:
    seen = VISIBLE[audience]
    origin = storage.origin_of(work.session, row) if FieldClass.IDENTITY in seen else storage.Origin()
    names = account_names(work.session) if RECORD_CLASSES["evidence.added_by"] in seen else {}
    return EvidenceLine(
        number=row.number,
        kind=FileKind(row.kind),
        size=row.size,
        clean_size=row.clean_size,
        source=row.source,
        added_at=row.added_at,
        added_by=names.get(row.added_by or "", ""),
        **vars(origin),
    )


# --- taking in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """What an incident still takes."""

    incident_id: str
    runtime: Runtime = field(repr=False)
    largest: int
    """Bytes of one file."""
    left: int
    """How many files."""
    known: Mapping[str, int] = field(repr=False)
    """The number of every file that is there, by its checksum."""
    sources: tuple[str, ...]
    """The kinds of the incident's sources, in their order."""

    @property
    def config(self) -> Config:
        """Where the files go, and who scans them."""
        return self.runtime.config


@dataclass(frozen=True)
class Upload:
    """A file that somebody sends."""

    name: str
    """As the browser said."""
    content: BinaryIO


@dataclass(frozen=True)
class Taken:
    """A file that was looked at, cleaned and sealed, and that no row names yet."""

    id: str
    kind: FileKind
    size: int
    clean_size: int
    key: bytes = field(repr=False)
    """What the file and its copy are sealed with."""
    origin: storage.Origin = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """A file that was not taken."""

    name: str
    reason: Refusal
    number: int = 0
    """Of the file that is the same."""


def room_for(work: Work, reference: str) -> Room:
    """Return what an incident still takes.

    Raises NotFound, NotPermitted for whoever may not change the record.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    own = settings.read(work)
    rows = storage.files_of(work.session, incident.id)
    return Room(
        incident_id=incident.id,
        runtime=work.runtime,
        largest=own.evidence_megabytes * MEGABYTE,
        left=max(0, own.evidence_files - len(rows)),
        known={storage.origin_of(work.session, row).sha256: row.number for row in rows},
        sources=_sources(incident),
    )


@contextmanager
def taken_in(room: Room, uploads: Iterable[Upload]) -> Iterator[tuple[list[Taken], list[Refused]]]:
    """Look at files, clean and seal them, for `add_files` inside of the block; when it raises, nothing is left of them.

    Unless they are kept already: what fails after the commit takes no file from a record that names it. Every file is
    decided by itself: one that is refused keeps no other from being taken.
    """
    taken: list[Taken] = []
    refused: list[Refused] = []
    try:
        for upload in uploads:
            known = dict(room.known) | {item.origin.sha256: 0 for item in taken}
            try:
                taken.append(_take_in(replace(room, left=room.left - len(taken), known=known), upload))
            except RefusedFile as refusal:
                refused.append(Refused(shown_name(upload.name), Refusal(refusal.reason), refusal.number))
        yield taken, refused
    except BaseException:
        _let_go_unnamed(room, taken)
        raise


def _take_in(room: Room, upload: Upload) -> Taken:
    size = upload.content.seek(0, SEEK_END)
    upload.content.seek(0)
    _check(room, upload, size)
    kind = kind_of(upload.content.read(BEGINNING))
    digest = _digest(upload.content)
    if digest in room.known:
        raise RefusedFile(Refusal.ALREADY_HERE, room.known[digest])
    _scan(room, upload.content)
    identity, key = new_id(), new_key()
    folder = evidence_files.folder_of(room.config, room.incident_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        captured, clean_size = _seal_clean(_Chest(room, identity, key), upload.content, kind)
        upload.content.seek(0)
        _Chest(room, identity, key).seal(evidence_files.ORIGINAL, _parts(upload.content))
    except BaseException:
        _let_go(room, identity)
        raise
    origin = storage.Origin(shown_name(upload.name), "", digest, captured.at, captured.place)
    return Taken(identity, kind, size, clean_size, key, origin)


def _check(room: Room, upload: Upload, size: int) -> None:
    """Ask what can be asked without reading: name, size, number (OWASP ASVS 5.0, 5.1.1, 5.2.1)."""
    if len(upload.name) > LONGEST_NAME:
        raise RefusedFile(Refusal.NAME_TOO_LONG)
    if not size:
        raise RefusedFile(Refusal.EMPTY)
    if size > room.largest:
        raise RefusedFile(Refusal.TOO_LARGE)
    if room.left <= 0:
        raise RefusedFile(Refusal.TOO_MANY)


def _scan(room: Room, content: BinaryIO) -> None:
    """Ask the virus scanner, where there is one (OWASP ASVS 5.0, 5.4.3)."""
    if not room.config.virus_scanner:
        return
    content.seek(0)
    try:
        infected = scanner_at(room.config.virus_scanner).finds_malware(_parts(content))
    except ScannerUnavailable as error:
        raise RefusedFile(Refusal.NOT_SCANNED) from error
    if infected:
        raise RefusedFile(Refusal.INFECTED)
    content.seek(0)


def _parts(content: BinaryIO) -> Iterator[bytes]:
    while part := content.read(_PART):
        yield part


def _digest(content: BinaryIO) -> str:
    content.seek(0)
    digest = hashlib.sha256()
    for part in _parts(content):
        digest.update(part)
    content.seek(0)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Chest:
    """Where a new file and its copy are sealed into."""

    room: Room
    identity: str
    key: bytes = field(repr=False)

    def seal(self, which: str, parts: Iterable[bytes]) -> int:
        incident_id = self.room.incident_id
        place = evidence_files.place_of(self.room.config, incident_id, self.identity, which)
        return seal_parts(self.key, parts, place, evidence_files.about(incident_id, self.identity, which))


def _seal_clean(chest: _Chest, content: BinaryIO, kind: FileKind) -> tuple[Captured, int]:
    content.seek(0)
    with cleaned(content, kind) as result:
        size = 0 if result.parts is None else chest.seal(evidence_files.CLEAN, result.parts)
        return result.captured, size


def _let_go_unnamed(room: Room, taken: Collection[Taken]) -> None:
    """Remove what no record names. A database that cannot be asked raises, and the sealed files stay."""
    if not taken:
        return
    with reading(room.runtime, NOBODY) as work:
        named = {item.id for item in taken if work.session.get(storage.IncidentEvidence, item.id) is not None}
    for item in taken:
        if item.id not in named:
            _let_go(room, item.id)


def _let_go(room: Room, identity: str) -> None:
    for which in (evidence_files.ORIGINAL, evidence_files.CLEAN):
        evidence_files.place_of(room.config, room.incident_id, identity, which).unlink(missing_ok=True)


def add_files(
    work: Work, reference: str, taken: Collection[Taken], note: str = "", source: int | None = None
) -> list[int]:
    """Keep files that were taken in, with one note for all of them; returns their numbers.

    Files can also be added to a record that is decided: what proves it often comes late, and it changes no fact that
    the coordinator decided on. Raises NotFound, NotPermitted, and RefusedFile when others were faster and no room is
    left or the same file came twice at the same moment.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    rows = storage.files_of(work.session, incident.id)
    if len(rows) + len(taken) > settings.read(work).evidence_files:
        raise RefusedFile(Refusal.TOO_MANY)
    known = {storage.origin_of(work.session, row).sha256: row.number for row in rows}
    numbers = []
    for number, item in enumerate(taken, start=max((row.number for row in rows), default=0) + 1):
        if item.origin.sha256 in known:
            raise RefusedFile(Refusal.ALREADY_HERE, known[item.origin.sha256])
        row = storage.IncidentEvidence(
            id=item.id,
            incident_id=incident.id,
            number=number,
            kind=item.kind.value,
            size=item.size,
            clean_size=item.clean_size,
            source=_checked_source(incident, source),
            added_at=work.now,
            added_by=releases.account_of(work),
        )
        storage.store_file(work.session, row, item.key, replace(item.origin, note=note.strip()))
        audit.record(work, "evidence.add", "incident", incident.id, number=number, kind=item.kind.value)
        numbers.append(number)
    return numbers


def _checked_source(incident: incident_storage.Incident, source: int | None) -> int | None:
    """Return the position of a source, None where the record has none there any more."""
    return source if source is not None and 0 <= source < len(incident.sources) else None


# --- one file ----------------------------------------------------------------------------------------------


def describe_file(work: Work, reference: str, number: int, note: str, source: int | None) -> None:
    """Change what is noted of a file, as long as the record is open to changes.

    Raises NotFound, NotPermitted, NotAllowedNow.
    """
    incident, row = _find_open(work, reference, number)
    origin = storage.origin_of(work.session, row)
    row.source = _checked_source(incident, source)
    storage.store_origin(work.session, row, replace(origin, note=note.strip()))
    audit.record(work, "evidence.describe", "incident", incident.id, number=number)


def remove_file(work: Work, reference: str, number: int) -> None:
    """Remove a file for good, as long as the record is open to changes.

    Afterwards evidence stays as long as the record does. Raises NotFound, NotPermitted, NotAllowedNow, Held.
    """
    incident, row = _find_open(work, reference, number)
    check_not_held(incident.hold_reason or "")
    evidence_files.forget_file(work, incident.id, row.id)
    work.session.delete(row)
    work.session.flush()
    audit.record(work, "evidence.remove", "incident", incident.id, number=number)


def _find_open(work: Work, reference: str, number: int) -> tuple[incident_storage.Incident, storage.IncidentEvidence]:
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    row = storage.file_with_number(work.session, incident.id, number)
    if row is None:
        raise NotFound("file", str(number))
    if State(incident.state) not in EDITABLE:
        raise NotAllowedNow("change", incident.state)
    return incident, row


@dataclass(frozen=True)
class Download:
    """A file on its way out."""

    name: str
    """Made of the record's reference and the file's number."""
    media_type: str
    size: int
    parts: Iterator[bytes] = field(repr=False)


def open_file(work: Work, reference: str, number: int, *, original: bool = False) -> Download:
    """Return a file's cleaned copy, or the original as it was sent; that it was opened is noted.

    Raises NotFound, NotPermitted for a colleague who did not record the incident, CannotOpen when it is not what was
    written.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    row = storage.file_with_number(work.session, incident.id, number)
    if row is None:
        raise NotFound("file", str(number))
    which = evidence_files.ORIGINAL if original or not row.clean_size else evidence_files.CLEAN
    place = evidence_files.place_of(work.runtime.config, incident.id, row.id, which)
    if not place.is_file():
        raise NotFound("file", str(number))
    audit.record(
        work,
        "evidence.open",
        "incident",
        incident.id,
        number=number,
        original=original,
        classes=[RECORD_CLASSES["evidence.content"].value],
    )
    form = ORIGINAL if original else FORMS[FileKind(row.kind)]
    return Download(
        name=download_name(incident.reference, number, form),
        media_type=form.media_type,
        size=row.size if which == evidence_files.ORIGINAL else row.clean_size,
        parts=unseal_file(
            storage.key_of_file(work.session, row), place, evidence_files.about(incident.id, row.id, which)
        ),
    )

"""Read a member's file: in the format of ODIHR's published export, or in the product's own (`domain.interchange`).

A file read twice adds nothing, a longer file adds only what is new, and rows that are equal to each other stay
different incidents: the second equal row of a file is the second occurrence, not the first again.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from coalition.db import incidents as storage
from coalition.db.erasures import all_marks
from coalition.db.organisations import all_organisations, organisation_with_code
from coalition.documents.spreadsheet import Unread, read_table
from coalition.domain.access import Permission, require
from coalition.domain.consents import TEXT_VERSION
from coalition.domain.errors import NotFound, UnreadableFile
from coalition.domain.exports import COLUMNS, JOINER, BadRow, ExportRow, digest, facts_of, known_names_with_commas
from coalition.domain.incidents import Facts
from coalition.domain.interchange import (
    MOST_BYTES,
    BadRecord,
    ConsentRecord,
    MessageRecord,
    Record,
    arrival,
    read_file,
    record_of,
)
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.services import audit
from coalition.services.origins import keyed, mark_of, origin_of
from coalition.services.work import Work

OWN_SUFFIX = ".json"
"""A file named so is in the product's own format; any other is a table."""


class Outcome(StrEnum):
    """What became of a row."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    """It had been imported before."""
    ERROR = "error"


@dataclass(frozen=True)
class ImportLine:
    """What became of one row of the file."""

    line: int
    """Line on which the row begins, the heading is line 1; of the own format the number of the record."""
    outcome: Outcome
    reference: str
    message: str


@dataclass(frozen=True)
class NewRow:
    """A row that is not stored yet."""

    line: int
    digest: str
    """Keyed, as it is kept."""
    occurrence: int
    facts: Facts
    plain: str
    """The digest before it was keyed: marks of what was erased earlier were made of it."""
    record: Record | None = None
    """What else the own format says of it."""


@dataclass(frozen=True)
class Plan:
    """What reading a file would do: made without holding up anybody who writes."""

    organisation_id: str
    new: tuple[NewRow, ...]
    settled: tuple[ImportLine, ...]
    """The rows that are bad, or stored already."""
    unit: str = "line"
    """What the lines of the outcome count."""

    def parts(self, size: int = 1000) -> Iterator[tuple[NewRow, ...]]:
        """Yield the new rows in parts, each small enough to be stored while others wait."""
        for begin in range(0, len(self.new), size):
            yield self.new[begin : begin + size]

    def dry_lines(self) -> list[ImportLine]:
        """Return what would become of each row, in the file's order."""
        lines = [ImportLine(row.line, Outcome.IMPORTED, "", "dry run: not stored") for row in self.new]
        return in_order(lines, self.settled)


def in_order(*lines: Iterable[ImportLine]) -> list[ImportLine]:
    """Return lines in the file's order."""
    return sorted(itertools.chain(*lines), key=lambda line: line.line)


def plan_import(work: Work, file: Path, organisation_code: str) -> Plan:
    """Read a CSV, XLSX or JSON file for a member and find what is new in it.

    Raises NotFound for the organisation, UnreadableFile when the file is no such table, or not the own format, at all.
    """
    require(work.actor, Permission.IMPORT_INCIDENTS)
    organisation = organisation_with_code(work.session, organisation_code)
    if organisation is None:
        raise NotFound("organisation", organisation_code)
    known = storage.imported_references(work.session, organisation.id)
    own_format = file.suffix.lower() == OWN_SUFFIX
    if own_format:
        known |= _already_here(work, organisation.id)
    rows, settled = _read_own(work, file) if own_format else _read(work, file)
    gone = _erased_here(work, organisation.id, [row for row in rows if (row.digest, row.occurrence) not in known])
    new = [row for row in rows if (row.digest, row.occurrence) not in known and row not in gone]
    settled += [ImportLine(row.line, Outcome.UNCHANGED, "", "erased here: not read again") for row in gone]
    settled += [
        ImportLine(row.line, Outcome.UNCHANGED, known[row.digest, row.occurrence], "imported before")
        for row in rows
        if (row.digest, row.occurrence) in known
    ]
    return Plan(organisation.id, tuple(new), tuple(settled), "record" if own_format else "line")


def store_import(work: Work, plan: Plan, rows: Sequence[NewRow], *, accepted: bool) -> list[ImportLine]:
    """Store new rows of a plan; returns what became of each.

    `accepted` stores the incidents as already reviewed, basis "public source"; otherwise they wait for the
    coordinator. Of the own format drafts stay drafts, and only what was accepted arrives so.
    """
    require(work.actor, Permission.IMPORT_INCIDENTS)
    incidents = (_new_incident(work, plan.organisation_id, row, accepted=accepted) for row in rows)
    references = [reference for batch in storage.insert_incidents(work.session, incidents) for reference in batch]
    for row, reference in zip(rows, references, strict=True):
        if row.record is not None:
            _restore(work, reference, row.record)
    audit.record(work, "incident.import", "organisation", plan.organisation_id, rows=len(rows), accepted=accepted)
    return [
        ImportLine(row.line, Outcome.IMPORTED, reference, "") for row, reference in zip(rows, references, strict=True)
    ]


def import_incidents(
    work: Work, file: Path, organisation_code: str, *, accepted: bool = False, dry_run: bool = False
) -> list[ImportLine]:
    """Plan and store in one unit of work; returns what became of each row, in the file's order."""
    plan = plan_import(work, file, organisation_code)
    if dry_run:
        return plan.dry_lines()
    return in_order(plan.settled, store_import(work, plan, plan.new, accepted=accepted))


def _read(work: Work, file: Path) -> tuple[list[NewRow], list[ImportLine]]:
    good: list[NewRow] = []
    bad: list[ImportLine] = []
    occurrences: Counter[str] = Counter()
    names, today = _names_with_commas(work), work.today
    for row in _rows(file, bad):
        try:
            facts = _past(facts_of(row, names), today)
        except BadRow as error:
            bad.append(ImportLine(row.line, Outcome.ERROR, "", error.reason))
            continue
        plain = digest(facts)
        known_as = keyed(work, plain)
        occurrences[known_as] += 1
        good.append(NewRow(row.line, known_as, occurrences[known_as], facts, plain))
    return good, bad


def _past(facts: Facts, today: date) -> Facts:
    if facts.date and facts.date.earliest() > today:
        raise BadRow(f"Date: {facts.date} is in the future")
    return facts


def _rows(file: Path, bad: list[ImportLine]) -> Iterator[ExportRow]:
    for line, cells in read_table(file, COLUMNS):
        if isinstance(cells, Unread):
            bad.append(ImportLine(line, Outcome.ERROR, "", cells.reason))
        else:
            yield ExportRow(line, cells)


def _read_own(work: Work, file: Path) -> tuple[list[NewRow], list[ImportLine]]:
    good: list[NewRow] = []
    bad: list[ImportLine] = []
    seen: set[str] = set()
    for number, data in enumerate(read_file(_content(file)), start=1):
        try:
            record = record_of(data, work.today)
        except BadRecord as error:
            bad.append(ImportLine(number, Outcome.ERROR, "", error.reason))
            continue
        if record.reference in seen:
            bad.append(ImportLine(number, Outcome.ERROR, "", f"{record.reference} is in the file twice"))
            continue
        seen.add(record.reference)
        plain = origin_of(record.reference)
        good.append(NewRow(number, keyed(work, plain), 1, record.facts, plain, record))
    return good, bad


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UnreadableFile(f"{file.name}: the file has more than {MOST_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}") from None


def _erased_here(work: Work, organisation_id: str, rows: Sequence[NewRow]) -> list[NewRow]:
    """Return those of some rows whose incident was erased here: what is erased stays so (GDPR Art. 17)."""
    marks = all_marks(work.session)
    return [row for row in rows if marks and not marks.isdisjoint(_marks_of(work, organisation_id, row))]


def _marks_of(work: Work, organisation_id: str, row: NewRow) -> set[str]:
    return {mark_of(work, organisation_id, known_as, row.occurrence) for known_as in (row.digest, row.plain)}


def _already_here(work: Work, organisation_id: str) -> dict[tuple[str, int], str]:
    """Return the member's incidents as their own export would name them: read back, they are not new."""
    references = storage.references_of_member(work.session, organisation_id)
    return {(keyed(work, origin_of(reference)), 1): reference for reference in references}


def _restore(work: Work, reference: str, record: Record) -> None:
    """Keep what the facts do not hold: the consents as they were given, the hold, the day of the next review."""
    given = _given_otherwise(record)
    if not (given or record.hold or record.review_on):
        return
    incident = storage.incident_with_reference(work.session, reference)
    if incident is None:
        return
    if record.hold:
        incident.hold_reason, incident.held_at = record.hold.reason, record.hold.at
    incident.review_on = record.review_on
    if given:
        storage.restore_consents(work.session, incident, (_consent_row(item, record) for item in record.consents))
    work.session.flush()
    work.session.expunge(incident)


def _given_otherwise(record: Record) -> bool:
    """Tell whether the consents say more than the facts: other words, another day, or that one was taken back.

    What contradicts the facts is left out: these say what is in force.
    """
    facts = record.facts
    said = (TEXT_VERSION, facts.consent_by, facts.consent_way, facts.consent_date)
    differ = any(
        item.withdrawn_at or (item.text_version, item.giver, item.way, item.given_on) != said
        for item in record.consents
    )
    in_force = {item.purpose for item in record.consents if item.withdrawn_at is None}
    return differ and in_force == record.facts.consents


def _consent_row(item: ConsentRecord, record: Record) -> storage.ConsentRow:
    return storage.ConsentRow(
        purpose=item.purpose,
        text_version=item.text_version,
        way=item.way,
        given_on=item.given_on,
        noted_at=record.recorded_at,
        noted_by=None,
        withdrawn_at=item.withdrawn_at,
        withdrawn_by=None,
        giver=item.giver,
    )


def _names_with_commas(work: Work) -> tuple[str, ...]:
    own = {row.name for row in all_organisations(work.session) if JOINER in row.name}
    return tuple(sorted({*known_names_with_commas(), *own}, key=len, reverse=True))


def _new_incident(work: Work, organisation_id: str, row: NewRow, *, accepted: bool) -> storage.NewIncident:
    if row.record is not None:
        return _moved_incident(work, organisation_id, row, row.record, accepted=accepted)
    steps: list[dict[str, object]] = [
        {"step": Step.SUBMIT.value, "actor_id": None, "at": work.now, "text": "", "reason": ""}
    ]
    if accepted:
        steps.append({**steps[0], "step": Step.ACCEPT.value})
    return storage.NewIncident(
        organisation_id=organisation_id,
        author_id=None,
        state=State.ACCEPTED if accepted else State.SUBMITTED,
        facts=row.facts,
        recorded_at=work.now,
        submitted_at=work.now,
        decided_at=work.now if accepted else None,
        steps=tuple(steps),
        digest=row.digest,
        occurrence=row.occurrence,
    )


def _moved_incident(
    work: Work, organisation_id: str, row: NewRow, record: Record, *, accepted: bool
) -> storage.NewIncident:
    """Return an incident of another installation: its history comes along, its decisions only if they are trusted."""
    state = arrival(record, accepted=accepted)
    history: list[dict[str, object]] = [
        {"step": step.step, "actor_id": None, "at": step.at, "text": step.text, "reason": step.reason}
        for step in record.steps
    ]
    if state is State.SUBMITTED:
        handed_in: dict[str, object] = {
            "step": Step.SUBMIT.value,
            "actor_id": None,
            "at": work.now,
            "text": "",
            "reason": "",
        }
        history.append(handed_in)
    return storage.NewIncident(
        organisation_id=organisation_id,
        author_id=None,
        state=state,
        facts=row.facts,
        recorded_at=record.recorded_at,
        submitted_at=None if state is State.DRAFT else work.now,
        decided_at=record.decided_at or work.now if state is State.ACCEPTED else None,
        steps=tuple(history),
        messages=tuple(_message_row(item) for item in record.messages),
        digest=row.digest,
        occurrence=row.occurrence,
    )


def _message_row(item: MessageRecord) -> dict[str, object]:
    return {
        "kind": item.kind,
        "inside": False,
        "of_member": item.side == "member",
        "actor_id": None,
        "at": item.at,
        "text": item.text,
        "answers": item.answers,
    }

"""Compare the rows of a member's spreadsheet with what is recorded, and record what is new or changed in them.

Shared by the pages and the command line; it checks no permission: the action that calls it did. Nothing is ever handed
in: new rows become drafts, and only drafts that no person has changed meanwhile are brought up to date.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from coalition.db import incidents as storage
from coalition.db.erasures import all_marks
from coalition.db.mappings import KnownRow, known_rows, note_said
from coalition.documents.member_sheet import MemberSheet, SheetRow
from coalition.domain.cells import folded
from coalition.domain.consents import remaining
from coalition.domain.disclosure import changes_as_codes
from coalition.domain.errors import RefusedSheet
from coalition.domain.incidents import Facts
from coalition.domain.mappings import (
    BadCells,
    CellProblem,
    RowMapping,
    Said,
    content_text,
    fitted,
    headings_of,
    merged,
    read_row,
    said_text,
)
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit, releases
from coalition.services.history import keep_facts
from coalition.services.origins import mark_of
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]
"""Told how many of how many rows are done, and with what, as a code."""
_SAY_EVERY = 200
"""Rows after which progress is told."""


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It says what it said when it was read last."""
    CONFLICT = "conflict"
    """It says something else, and a person changed its record meanwhile."""
    CLOSED = "closed"
    """It says something else, and its record was handed in: that is never changed by a file."""
    ERASED = "erased"
    """Its record was erased here: it is not read again (GDPR Art. 17)."""
    BAD = "bad"


@dataclass(frozen=True)
class PlannedRow:
    """One row that can be read."""

    line: int
    fate: Fate
    said: Said = field(repr=False)
    digest: str
    occurrence: int
    said_digest: str
    incident_id: str = ""
    reference: str = ""
    """Of the record that it belongs to; empty for a new one."""


@dataclass(frozen=True)
class LeftRow:
    """One row that is not recorded, as it stands in the file, and why."""

    line: int
    cells: tuple[str, ...] = field(repr=False)
    problems: tuple[CellProblem, ...]
    reference: str = ""


@dataclass
class SheetPlan:
    """What reading a file would do."""

    organisation_id: str
    header: tuple[str, ...]
    rows: list[PlannedRow] = field(default_factory=list)
    """New and changed rows."""
    left: list[LeftRow] = field(default_factory=list)
    conflicts: list[PlannedRow] = field(default_factory=list)
    """The rows that somebody can have recorded all the same."""
    counts: Counter[str] = field(default_factory=Counter)
    """Rows by their `Fate`."""


@dataclass(frozen=True)
class Wanted:
    """How a table is read."""

    mapping: RowMapping
    overwrite: Collection[str] = ()
    """References of records that take over what their row says although a person changed them; what the row does not
    say stays."""
    progress: Progress = lambda _done, _total, _step: None
    total: int = 0
    """How many rows there are, as far as is known."""


@dataclass(frozen=True)
class _Sight:
    """What is looked up for every row."""

    work: Work
    organisation_id: str
    mapping: RowMapping
    header: tuple[str, ...]
    key_at: int | None
    known: dict[tuple[str, int], KnownRow]
    marks: Collection[str]
    overwrite: Collection[str]
    secret: bytes


def plan_sheet(work: Work, organisation_id: str, sheet: MemberSheet, wanted: Wanted) -> SheetPlan:
    """Return what reading a table would do.

    Raises RefusedSheet "other_columns" when a column of the mapping is missing, and for a file that breaks off.
    """
    fitting, missing = fitted(wanted.mapping, sheet.heading)
    if missing:
        raise RefusedSheet("other_columns")
    sight = _Sight(
        work,
        organisation_id,
        fitting,
        sheet.heading,
        headings_of(sheet.heading).index(fitting.key) if fitting.key else None,
        known_rows(work.session, organisation_id),
        all_marks(work.session),
        wanted.overwrite,
        work.runtime.keys.lasting_key("row of a sheet"),
    )
    plan = SheetPlan(organisation_id, sheet.heading)
    seen: Counter[str] = Counter()
    for number, row in enumerate(sheet.rows, start=1):
        if number % _SAY_EVERY == 0:
            wanted.progress(min(number, wanted.total), wanted.total, "comparing")
        _plan_row(plan, sight, row, seen)
    return plan


def _plan_row(plan: SheetPlan, sight: _Sight, row: SheetRow, seen: Counter[str]) -> None:
    try:
        said, digest = _read(sight, row), _digest_of(sight, row, seen)
    except BadCells as error:
        plan.counts[Fate.BAD] += 1
        plan.left.append(LeftRow(row.line, row.cells, error.problems))
        return
    seen[digest] += 1
    _settle(plan, row, _compared(sight, row.line, said, digest, seen[digest]))


def _read(sight: _Sight, row: SheetRow) -> Said:
    if row.problem:
        raise BadCells([CellProblem("", row.problem)])
    return read_row(sight.mapping, row.cells, sight.work.today)


def _digest_of(sight: _Sight, row: SheetRow, seen: Collection[str]) -> str:
    """Return what a row is known by: its key, else what it says; without the site's key nobody can tell which."""
    if sight.key_at is None:
        return _keyed(sight, f"content\x1f{content_text(sight.header, row.cells)}")
    key = folded(row.cells[sight.key_at])
    digest = _keyed(sight, f"key\x1f{key}")
    if not key or digest in seen:
        raise BadCells([CellProblem(sight.header[sight.key_at], "key_twice" if key else "no_key")])
    return digest


def _keyed(sight: _Sight, text: str) -> str:
    return hmac.new(sight.secret, f"{sight.organisation_id}\x1f{text}".encode(), hashlib.sha256).hexdigest()


def _compared(sight: _Sight, line: int, said: Said, digest: str, occurrence: int) -> PlannedRow:
    said_digest = _keyed(sight, said_text(said))
    known = sight.known.get((digest, occurrence))
    if known is None:
        mark = mark_of(sight.work, sight.organisation_id, digest, occurrence) if sight.marks else ""
        fate = Fate.ERASED if mark in sight.marks else Fate.NEW
        return PlannedRow(line, fate, said, digest, occurrence, said_digest)
    fate = _fate(sight, known, said_digest)
    return PlannedRow(line, fate, said, digest, occurrence, said_digest, known.incident_id, known.reference)


def _fate(sight: _Sight, known: KnownRow, said_digest: str) -> Fate:
    if known.said == said_digest:
        return Fate.UNCHANGED
    if known.state != State.DRAFT:
        return Fate.CLOSED
    return Fate.CONFLICT if known.changed and known.reference not in sight.overwrite else Fate.CHANGED


def _settle(plan: SheetPlan, row: SheetRow, planned: PlannedRow) -> None:
    plan.counts[planned.fate] += 1
    if planned.fate in {Fate.NEW, Fate.CHANGED}:
        plan.rows.append(planned)
    if planned.fate is Fate.CONFLICT:
        plan.conflicts.append(planned)
    if planned.fate in {Fate.CONFLICT, Fate.CLOSED, Fate.ERASED}:
        problem = CellProblem("", planned.fate.value)
        plan.left.append(LeftRow(row.line, row.cells, (problem,), planned.reference))


# --- recording ---------------------------------------------------------------------------------------------


def in_parts(rows: Sequence[PlannedRow], new: int = 500, changed: int = 25) -> Iterator[Sequence[PlannedRow]]:
    """Yield rows of one fate in parts, each small enough to be stored while others wait."""
    for fate, size in ((Fate.NEW, new), (Fate.CHANGED, changed)):
        chosen = [row for row in rows if row.fate is fate]
        for begin in range(0, len(chosen), size):
            yield chosen[begin : begin + size]


def store_rows(work: Work, plan: SheetPlan, rows: Sequence[PlannedRow], overwrite: Collection[str] = ()) -> list[str]:
    """Record rows of one part; returns the reference of each, empty for one that a person changed just now."""
    if rows and rows[0].fate is Fate.NEW:
        return _store_new(work, plan.organisation_id, rows)
    return [_store_changed(work, row, overwrite) for row in rows]


def _store_new(work: Work, organisation_id: str, rows: Sequence[PlannedRow]) -> list[str]:
    incidents = (
        storage.NewIncident(
            organisation_id=organisation_id,
            author_id=releases.account_of(work),
            state=State.DRAFT,
            facts=merged(Facts(), row.said),
            recorded_at=work.now,
            digest=row.digest,
            occurrence=row.occurrence,
            said=row.said_digest,
        )
        for row in rows
    )
    references = [reference for batch in storage.insert_incidents(work.session, incidents) for reference in batch]
    audit.record(work, "incident.import", "organisation", organisation_id, rows=len(references), accepted=False)
    return references


def _store_changed(work: Work, row: PlannedRow, overwrite: Collection[str]) -> str:
    incident = storage.incident_with_reference(work.session, row.reference, lock=True)
    ticked = row.reference in overwrite
    known = {entry.incident_id: entry for entry in storage.imported_rows(work.session, row.incident_id)}
    if incident is None or incident.state != State.DRAFT or row.incident_id not in known:
        return ""
    if known[row.incident_id].version != incident.version and not ticked:
        return ""
    before = storage.facts_of(incident)
    facts = merged(before, row.said, gently=ticked)
    _save(work, incident, before, facts)
    note_said(work.session, incident.id, row.said_digest, incident.version)
    work.session.flush()
    reference = incident.reference
    # Let it go at once: a file may change more records than memory should hold.
    work.session.expunge(incident)
    return reference


def _consents(incident: storage.Incident, before: Facts, said: Facts) -> frozenset[str]:
    """Return the consents of a record once its row is taken over.

    A row never gives again what was withdrawn, for the file may be older than the withdrawal (GDPR Art. 7(3)): a person
    notes a new consent in the record. The withdrawal of one ends those that rest on it, as saving the form does.
    """
    ended = {part.purpose for part in incident.consents if part.withdrawn_at is not None} - before.consents
    gained = frozenset() if Purpose.RECORD in ended else said.consents - before.consents - ended
    return remaining(before.consents, said.consents & before.consents | gained)


def _save(work: Work, incident: storage.Incident, before: Facts, said: Facts) -> None:
    facts = replace(said, consents=_consents(incident, before, said))
    changed = sorted(item.name for item in fields(Facts) if getattr(before, item.name) != getattr(facts, item.name))
    if not changed:
        return
    incident.changed_at = work.now
    keep_facts(work, incident, facts)
    releases.withdraw_changes(work, incident, before, facts)
    audit.record(
        work, "incident.save", "incident", incident.id, fields=changed, changes=changes_as_codes(before, facts)
    )

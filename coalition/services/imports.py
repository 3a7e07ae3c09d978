"""Read a member's file in the format of ODIHR's published export.

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
from coalition.db.organisations import all_organisations, organisation_with_code
from coalition.documents.spreadsheet import Unread, read_table
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.domain.exports import COLUMNS, JOINER, BadRow, ExportRow, digest, facts_of, known_names_with_commas
from coalition.domain.incidents import Facts
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State
from coalition.services import audit
from coalition.services.work import Work


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
    """Line on which the row begins; the heading is line 1."""
    outcome: Outcome
    reference: str
    message: str


@dataclass(frozen=True)
class NewRow:
    """A row that is not stored yet."""

    line: int
    digest: str
    occurrence: int
    facts: Facts


@dataclass(frozen=True)
class Plan:
    """What reading a file would do: made without holding up anybody who writes."""

    organisation_id: str
    new: tuple[NewRow, ...]
    settled: tuple[ImportLine, ...]
    """The rows that are bad, or stored already."""

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
    """Read a CSV or XLSX file for a member and find what is new in it.

    Raises NotFound for the organisation, UnreadableFile when the file is not such a table at all.
    """
    require(work.actor, Permission.IMPORT_INCIDENTS)
    organisation = organisation_with_code(work.session, organisation_code)
    if organisation is None:
        raise NotFound("organisation", organisation_code)
    known = storage.imported_references(work.session, organisation.id)
    rows, settled = _read(work, file)
    new = [row for row in rows if (row.digest, row.occurrence) not in known]
    settled += [
        ImportLine(row.line, Outcome.UNCHANGED, known[row.digest, row.occurrence], "imported before")
        for row in rows
        if (row.digest, row.occurrence) in known
    ]
    return Plan(organisation.id, tuple(new), tuple(settled))


def store_import(work: Work, plan: Plan, rows: Sequence[NewRow], *, accepted: bool) -> list[ImportLine]:
    """Store new rows of a plan; returns what became of each.

    `accepted` stores the incidents as already reviewed, basis "public source"; otherwise they wait for the
    coordinator.
    """
    require(work.actor, Permission.IMPORT_INCIDENTS)
    incidents = (_new_incident(work, plan.organisation_id, row, accepted=accepted) for row in rows)
    references = [reference for batch in storage.insert_incidents(work.session, incidents) for reference in batch]
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
        known_as = digest(facts)
        occurrences[known_as] += 1
        good.append(NewRow(row.line, known_as, occurrences[known_as], facts))
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


def _names_with_commas(work: Work) -> tuple[str, ...]:
    own = {row.name for row in all_organisations(work.session) if JOINER in row.name}
    return tuple(sorted({*known_names_with_commas(), *own}, key=len, reverse=True))


def _new_incident(work: Work, organisation_id: str, row: NewRow, *, accepted: bool) -> storage.NewIncident:
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

"""Read a member's file in the format of ODIHR's published export.

A file read twice adds nothing, a longer file adds only what is new, and rows that are equal to each other stay
different incidents: the second equal row of a file is the second occurrence, not the first again.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from coalition.db import incidents as storage
from coalition.db.organisations import all_organisations, organisation_with_code
from coalition.documents.spreadsheet import Unread, read_table
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.domain.exports import COLUMNS, JOINER, BadRow, ExportRow, facts_of, known_names_with_commas
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
class _Good:
    row: ExportRow
    occurrence: int
    facts: Facts


def import_incidents(
    work: Work, file: Path, organisation_code: str, *, accepted: bool = False, dry_run: bool = False
) -> list[ImportLine]:
    """Read a CSV or XLSX file for a member; returns what became of each row, in the file's order.

    `accepted` stores the incidents as already reviewed, basis "public source"; otherwise they wait for the
    coordinator. `dry_run` stores nothing. Raises NotFound for the organisation, UnreadableFile when the file is not
    such a table at all.
    """
    require(work.actor, Permission.IMPORT_INCIDENTS)
    organisation = organisation_with_code(work.session, organisation_code)
    if organisation is None:
        raise NotFound("organisation", organisation_code)
    known = storage.imported_references(work.session, organisation.id)
    good, lines = _read(work, file)
    new = [item for item in good if (item.row.digest, item.occurrence) not in known]
    if dry_run:
        references = [""] * len(new)
    else:
        incidents = (_new_incident(work, organisation.id, item, accepted=accepted) for item in new)
        references = [ref for batch in storage.insert_incidents(work.session, incidents) for ref in batch]
        audit.record(work, "incident.import", "organisation", organisation.id, rows=len(new), accepted=accepted)
    known.update(zip(((item.row.digest, item.occurrence) for item in new), references, strict=True))
    fresh = {item.row.line for item in new}
    lines += [_line(item, known[item.row.digest, item.occurrence], new=item.row.line in fresh) for item in good]
    return sorted(lines, key=lambda line: line.line)


def _line(item: _Good, reference: str, *, new: bool) -> ImportLine:
    if new:
        return ImportLine(item.row.line, Outcome.IMPORTED, reference, "" if reference else "dry run: not stored")
    return ImportLine(item.row.line, Outcome.UNCHANGED, reference, "imported before")


def _read(work: Work, file: Path) -> tuple[list[_Good], list[ImportLine]]:
    good: list[_Good] = []
    bad: list[ImportLine] = []
    occurrences: Counter[str] = Counter()
    names = _names_with_commas(work)
    for row in _rows(file, bad):
        try:
            facts = _past(facts_of(row, names), work.today)
        except BadRow as error:
            bad.append(ImportLine(row.line, Outcome.ERROR, "", error.reason))
            continue
        occurrences[row.digest] += 1
        good.append(_Good(row, occurrences[row.digest], facts))
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


def _new_incident(work: Work, organisation_id: str, item: _Good, *, accepted: bool) -> storage.NewIncident:
    steps: list[dict[str, object]] = [
        {"step": Step.SUBMIT.value, "actor_id": None, "at": work.now, "text": "", "reason": ""}
    ]
    if accepted:
        steps.append({**steps[0], "step": Step.ACCEPT.value})
    return storage.NewIncident(
        organisation_id=organisation_id,
        author_id=None,
        state=State.ACCEPTED if accepted else State.SUBMITTED,
        facts=item.facts,
        recorded_at=work.now,
        submitted_at=work.now,
        decided_at=work.now if accepted else None,
        steps=tuple(steps),
        digest=item.row.digest,
        occurrence=item.occurrence,
    )

"""What a member's lead does with the organisation's own spreadsheet: send it, say what its columns hold, record it.

Reading, comparing and recording are background jobs (`work_on`); a person decides between them. Of a file that is done
with, only the numbers of its rows stay, and the list of its bad rows for a day.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO

from coalition.db import jobs as job_storage
from coalition.db import mappings as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import organisation_with_code
from coalition.documents.member_sheet import MOST_BYTES, MemberSheet, read_sheet
from coalition.domain.access import Permission, require
from coalition.domain.disclosure import NOTED_WHEN_READ
from coalition.domain.errors import NotAllowedNow, NotFound, RefusedSheet
from coalition.domain.headings import ColumnProfile
from coalition.domain.incidents import Facts
from coalition.domain.interchange import facts_from_json, facts_to_json
from coalition.domain.mappings import (
    LONGEST_NAME,
    CellProblem,
    RowMapping,
    fingerprint,
    fitted,
    headings_of,
    mapping_of_text,
    mapping_to_text,
    merged,
)
from coalition.domain.uploads import BEFORE, KEPT, STAGE_OF, Act, Stage
from coalition.encryption import CannotOpen
from coalition.services import audit, releases, sheet_files
from coalition.services.sheet_files import SheetFile
from coalition.services.sheet_plans import (
    Fate,
    LeftRow,
    PlannedRow,
    Progress,
    SheetPlan,
    Wanted,
    in_parts,
    plan_sheet,
    store_rows,
)
from coalition.services.work import Work, reading, unit_of_work

MOST_WORDS = 300
"""Different cells of a column from which somebody can still choose."""
LONGEST_WORD = 200
MOST_COUNTED = 250_000
SAMPLES = 3
LONGEST_SAMPLE = 120
PREVIEWED = 5
MOST_CONFLICTS_SHOWN = 200
_PART = 256 * 1024


# --- what there is -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MappingLine:
    """One kept mapping."""

    reference: str
    name: str
    changed_at: datetime


@dataclass(frozen=True)
class UploadLine:
    """One file on its way in, or recorded, in a list."""

    reference: str
    stage: Stage
    name: str
    """What the file is called; empty once it is gone."""
    by: str
    created_at: datetime
    counts: Mapping[str, int]
    files_kept: bool


@dataclass(frozen=True)
class Profile:
    """What is known of a file's columns."""

    sheets: tuple[str, ...]
    sheet: str
    rows: int
    columns: tuple[ColumnProfile, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.header for column in self.columns)


@dataclass(frozen=True)
class Conflict:
    """A row whose record a person changed meanwhile."""

    line: int
    reference: str


@dataclass(frozen=True)
class Preview:
    """What would be recorded of a file."""

    first: tuple[tuple[int, Facts], ...]
    """The first rows, each with its line."""
    conflicts: tuple[Conflict, ...]
    problems: Mapping[tuple[str, str], int]
    """How many rows are not recorded, by column and code."""


@dataclass(frozen=True)
class Standing:
    """How far a file on its way in is."""

    stage: Stage
    job_state: str
    """Of the job that works on it; empty where there is none."""
    done: int
    total: int


@dataclass(frozen=True)
class UploadView:
    """One file on its way in, as the lead of its organisation sees it."""

    line: UploadLine
    error: str
    job: str
    """Reference of the job that works on it."""
    job_state: str
    done: int
    total: int
    mapping: RowMapping | None
    """None while nobody has said what the columns hold, and no kept mapping fits."""
    mapping_name: str
    """Of the kept mapping that was taken, or under which this one is to be kept."""
    profile: Profile | None = field(repr=False, default=None)
    preview: Preview | None = field(repr=False, default=None)
    has_problems: bool = False
    """Whether rows were left whose list can be downloaded."""


@dataclass(frozen=True)
class _Definition:
    """What is kept of an upload besides its files."""

    name: str = ""
    sheet: str = ""
    mapping: str = ""
    mapping_name: str = ""
    overwrite: tuple[str, ...] = ()


def _definition(work: Work, row: storage.SheetUpload) -> _Definition:
    text = storage.open_definition(work.session, row)
    kept = json.loads(text) if text else {}
    return _Definition(**{**kept, "overwrite": tuple(kept.get("overwrite", ()))})


def _define(work: Work, row: storage.SheetUpload, **changes: Any) -> None:  # noqa: ANN401 - fields of the definition
    kept = replace(_definition(work, row), **changes)
    storage.seal_definition(work.session, row, json.dumps(vars(kept), ensure_ascii=False))


def _find(work: Work, reference: str, *, to_change: bool = False) -> storage.SheetUpload:
    """Return an upload of the actor's organisation.

    Raises NotPermitted, NotFound also for another member's: that it exists is nobody else's business.
    """
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    row = storage.upload_with_reference(work.session, reference, lock=to_change)
    if row is None or row.organisation_id != work.actor.organisation:
        if row is not None:
            work.deny(Permission.UPLOAD_INCIDENTS, "upload", row.id)
        raise NotFound("upload", reference)
    return row


def list_uploads(work: Work) -> list[UploadLine]:
    """Return the latest uploads of the actor's organisation, newest first."""
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    names = account_names(work.session)
    return [_line(work, row, names) for row in storage.uploads_of(work.session, work.actor.organisation or "")]


def _line(work: Work, row: storage.SheetUpload, names: Mapping[str, str]) -> UploadLine:
    return UploadLine(
        reference=row.reference,
        stage=Stage(row.state),
        name=_definition(work, row).name,
        by=names.get(row.account_id or "", ""),
        created_at=row.created_at,
        counts={name: int(number) for name, number in row.counts.items()},
        files_kept=row.files_kept,
    )


def standing_of(work: Work, reference: str) -> Standing:
    """Return how far a file on its way in is; nothing of what it says is opened.

    Raises NotFound.
    """
    row = _find(work, reference)
    job = job_storage.job_with_reference(work.session, row.job) if row.job else None
    if job is None:
        return Standing(Stage(row.state), "", 0, 0)
    return Standing(Stage(row.state), job.state, job.done, job.total)


def upload_of(work: Work, reference: str) -> UploadView:
    """Return a file on its way in, with whatever is known of it at its stage.

    That somebody was shown what its rows say is noted. Raises NotFound.
    """
    row, standing = _find(work, reference), standing_of(work, reference)
    kept, stage = _definition(work, row), standing.stage
    profile = _profile(work, row) if stage in {Stage.MAPPING, Stage.CHECKED} else None
    preview = _preview(work, row) if stage is Stage.CHECKED else None
    if profile or preview:
        # Samples and first rows are of any column.
        audit.record(work, "upload.read", "upload", row.id, classes=sorted(NOTED_WHEN_READ))
    return UploadView(
        line=_line(work, row, account_names(work.session)),
        error=row.error,
        job=row.job,
        job_state=standing.job_state,
        done=standing.done,
        total=standing.total,
        mapping=mapping_of_text(kept.mapping) if kept.mapping else None,
        mapping_name=kept.mapping_name,
        profile=profile,
        preview=preview,
        has_problems=row.files_kept and stage in {Stage.CHECKED, Stage.DONE} and bool(_left_of(row.counts)),
    )


def _left_of(counts: Mapping[str, int]) -> int:
    return sum(int(counts.get(fate, 0)) for fate in (Fate.BAD, Fate.CONFLICT, Fate.CLOSED, Fate.ERASED))


def _profile(work: Work, row: storage.SheetUpload) -> Profile | None:
    kept = sheet_files.data(work, row, SheetFile.PROFILE)
    if kept is None:
        return None
    columns = tuple(
        ColumnProfile(**{**item, "samples": tuple(item["samples"]), "values": _tuple(item["values"])})
        for item in kept["columns"]
    )
    return Profile(tuple(kept["sheets"]), kept["sheet"], kept["rows"], columns)


def _tuple(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _preview(work: Work, row: storage.SheetUpload) -> Preview | None:
    kept = sheet_files.data(work, row, SheetFile.PLAN)
    if kept is None:
        return None
    return Preview(
        tuple((line, facts_from_json(facts)) for line, facts in kept["first"]),
        tuple(Conflict(*item) for item in kept["conflicts"]),
        {(column, code): number for column, code, number in kept["problems"]},
    )


def list_mappings(work: Work) -> list[MappingLine]:
    """Return the mappings of the actor's organisation, by name."""
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    rows = storage.mappings_of(work.session, work.actor.organisation or "")
    return [MappingLine(row.reference, row.name, row.changed_at) for row in rows]


# --- what a person does ------------------------------------------------------------------------------------


def start_upload(work: Work, name: str, content: BinaryIO, size: int) -> str:
    """Seal a file that was sent; returns the reference of the upload. Ask for a job that reads it next.

    Raises RefusedSheet "too_large", "empty" before anything is read.
    """
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    if size > MOST_BYTES:
        raise RefusedSheet("too_large")
    if not size:
        raise RefusedSheet("empty")
    forget_unused(work)
    row = storage.SheetUpload(
        organisation_id=work.actor.organisation or "",
        account_id=releases.account_of(work),
        state=Stage.READING.value,
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    sheet_files.make_key(work, row)
    sheet_files.keep(work, row, SheetFile.SHEET, iter(lambda: content.read(_PART), b""))
    _define(work, row, name=PurePath(name.replace("\\", "/")).name[:LONGEST_SAMPLE])
    audit.record(work, "upload.begin", "upload", row.id)
    return row.reference


def begin_act(work: Work, reference: str, act: Act, job: str) -> None:
    """Note which job does what with an upload.

    Raises NotFound, NotAllowedNow when the upload is not at a stage for it.
    """
    row = _find(work, reference, to_change=True)
    if not row.files_kept or not (row.state in BEFORE[act] or (row.state == STAGE_OF[act] and _has_failed(work, row))):
        raise NotAllowedNow("upload", row.state)
    row.state, row.job, row.changed_at, row.error = STAGE_OF[act].value, job, work.now, ""
    work.session.flush()


def _has_failed(work: Work, row: storage.SheetUpload) -> bool:
    job = job_storage.job_with_reference(work.session, row.job)
    return job is None or job.state == "failed"


def _at(work: Work, reference: str, *stages: Stage) -> storage.SheetUpload:
    row = _find(work, reference, to_change=True)
    if row.state not in stages or not row.files_kept:
        raise NotAllowedNow("upload", row.state)
    return row


def choose_sheet(work: Work, reference: str, sheet: str) -> None:
    """Read another sheet of the workbook. Ask for a job that reads it next.

    Raises NotFound, NotAllowedNow.
    """
    row = _at(work, reference, Stage.MAPPING)
    profile = _profile(work, row)
    if profile is None or sheet not in profile.sheets:
        raise NotFound("sheet", "")
    _define(work, row, sheet=sheet, mapping="", mapping_name="")


def keep_columns(work: Work, reference: str, mapping: RowMapping) -> None:
    """Keep what somebody said of the columns of an upload; the file is compared anew with what is recorded.

    Raises NotFound, NotAllowedNow.
    """
    row = _at(work, reference, Stage.MAPPING, Stage.CHECKED)
    row.state, row.changed_at = Stage.MAPPING.value, work.now
    _define(work, row, mapping=mapping_to_text(mapping), overwrite=())
    work.session.flush()


def decide(work: Work, reference: str, overwrite: Collection[str], name: str = "") -> None:
    """Keep what was ticked before an upload is recorded, and the mapping under a name. Ask for a job next.

    A mapping of this name is replaced. Raises NotFound, NotAllowedNow.
    """
    row = _at(work, reference, Stage.CHECKED)
    preview, kept = _preview(work, row), _definition(work, row)
    offered = {conflict.reference for conflict in preview.conflicts} if preview else set()
    _define(work, row, overwrite=tuple(sorted(offered.intersection(overwrite))), mapping_name=name)
    if name.strip():
        _save_mapping(work, row, name.strip()[:LONGEST_NAME], mapping_of_text(kept.mapping))


def _save_mapping(work: Work, upload: storage.SheetUpload, name: str, mapping: RowMapping) -> None:
    row = storage.mapping_named(work.session, upload.organisation_id, name)
    if row is None:
        row = storage.SavedMapping(
            organisation_id=upload.organisation_id, name=name, fingerprint="", changed_at=work.now
        )
        work.session.add(row)
        work.session.flush()
    row.fingerprint = _fingerprint(work, [column.header for column in mapping.columns])
    row.changed_at, row.changed_by = work.now, releases.account_of(work)
    storage.seal_definition(work.session, row, mapping_to_text(mapping))
    work.session.flush()
    audit.record(work, "mapping.save", "mapping", row.id, columns=len(mapping.used))


def _fingerprint(work: Work, header: Sequence[str]) -> str:
    key = work.runtime.keys.lasting_key("heading of a sheet")
    return hmac.new(key, fingerprint(header).encode(), hashlib.sha256).hexdigest()


def forget_mapping(work: Work, reference: str) -> None:
    """Forget a kept mapping; what was recorded by it stays.

    Raises NotFound.
    """
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    row = storage.mapping_with_reference(work.session, work.actor.organisation or "", reference)
    if row is None:
        raise NotFound("mapping", reference)
    audit.record(work, "mapping.forget", "mapping", row.id)
    work.session.delete(row)
    work.session.flush()


def discard_upload(work: Work, reference: str) -> None:
    """Throw a file away that is not recorded yet, or the list of its bad rows.

    Raises NotFound, NotAllowedNow while it is being recorded.
    """
    row = _find(work, reference, to_change=True)
    if row.state == Stage.STORING and not _has_failed(work, row):
        raise NotAllowedNow("discard", row.state)
    audit.record(work, "upload.discard", "upload", row.id)
    _forget(work, row)


@dataclass(frozen=True)
class ProblemRows:
    """The rows of a file that are not recorded."""

    header: tuple[str, ...]
    rows: tuple[LeftRow, ...] = field(repr=False)


def problem_rows(work: Work, reference: str) -> ProblemRows:
    """Return the rows of an upload that are not recorded, as they stood in the file, to be taken away.

    Raises NotFound, also once they are gone.
    """
    row = _find(work, reference)
    kept = sheet_files.data(work, row, SheetFile.PROBLEMS)
    if kept is None:
        raise NotFound("file", reference)
    rows = tuple(
        LeftRow(line, tuple(cells), tuple(CellProblem(*item) for item in problems), belongs)
        for line, cells, problems, belongs in kept["rows"]
    )
    audit.record(work, "upload.take_problems", "upload", row.id, rows=len(rows))
    return ProblemRows(tuple(kept["header"]), rows)


def has_unused(work: Work) -> bool:
    """Tell whether files were kept long enough."""
    return bool(storage.uploads_unused_since(work.session, work.now - KEPT))


def forget_unused(work: Work) -> None:
    """Remove the files that nobody worked on for a day, whosever they are."""
    for row in storage.uploads_unused_since(work.session, work.now - KEPT):
        _forget(work, row)


def _forget(work: Work, row: storage.SheetUpload) -> None:
    sheet_files.forget_all(work, row)
    storage.seal_definition(work.session, row, "")
    if row.state != Stage.DONE:
        storage.delete_upload(work.session, row.id)
    work.session.flush()


# --- what a job does ---------------------------------------------------------------------------------------


def work_on(work: Work, reference: str, act: Act, progress: Progress) -> dict[str, int]:
    """Do what a job was asked for; returns the numbers of rows. `work` only reads: each change is a work of its own.

    A file that cannot be read, or does not fit its mapping any more, ends as refused, with a code. Raises NotFound,
    also for one that was thrown away meanwhile: nothing is left of what was written since.
    """
    row = _find(work, reference)
    if row.state != STAGE_OF[act] or not row.files_kept:
        return {}
    try:
        return _done(work, row, act, progress)
    except (CannotOpen, NotFound):
        with reading(work.runtime, work.actor) as now:
            thrown_away = storage.upload_with_reference(now.session, reference) is None
        if not thrown_away:
            raise
        sheet_files.remove(work, row.id)
        raise NotFound("upload", reference) from None


def _done(work: Work, row: storage.SheetUpload, act: Act, progress: Progress) -> dict[str, int]:
    try:
        return _ACTS[act](work, row, progress)
    except RefusedSheet as refusal:
        _settle(work, row.reference, Stage.REFUSED, {}, refusal.reason)
        return {}


def _settle(done: Work, reference: str, stage: Stage, counts: Mapping[str, int], error: str = "") -> None:
    with unit_of_work(done.runtime, done.actor) as work:
        row = _find(work, reference, to_change=True)
        row.state, row.changed_at, row.error, row.counts = stage.value, work.now, error, dict(counts)
        work.session.flush()
        if stage is Stage.DONE:
            sheet_files.forget(work, row, SheetFile.SHEET, SheetFile.PROFILE, SheetFile.PLAN)
            audit.record(work, "upload.record", "upload", row.id, **dict(counts))
            if not _left_of(counts):
                _forget(work, row)


def _opened(work: Work, row: storage.SheetUpload) -> MemberSheet:
    content = sheet_files.content(work, row, SheetFile.SHEET)
    if content is None:
        raise RefusedSheet("gone")
    return read_sheet(content, _definition(work, row).sheet)


def _read(work: Work, row: storage.SheetUpload, progress: Progress) -> dict[str, int]:
    progress(0, 0, "reading")
    profile = profile_of(_opened(work, row))
    columns = [vars(column) for column in profile.columns]
    sheet_files.keep_data(work, row, SheetFile.PROFILE, {**vars(profile), "columns": columns})
    header = list(profile.header)
    known = storage.mapping_for(work.session, row.organisation_id, _fingerprint(work, header))
    if known:
        mapping, _missing = fitted(mapping_of_text(storage.open_definition(work.session, known)), header)
        with unit_of_work(work.runtime, work.actor) as change:
            held = _find(change, row.reference, to_change=True)
            _define(change, held, mapping=mapping_to_text(mapping), mapping_name=known.name)
    counts = {"rows": profile.rows}
    _settle(work, row.reference, Stage.MAPPING, counts)
    return counts


@dataclass
class _Tally:
    """What is counted of one column while a file is read."""

    samples: dict[str, None] = field(default_factory=dict)
    values: dict[str, None] | None = field(default_factory=dict)
    digests: set[int] = field(default_factory=set)
    filled: int = 0

    def add(self, cell: str) -> None:
        text = cell.strip()
        if not text:
            return
        self.filled += 1
        if len(self.samples) < SAMPLES:
            self.samples[" ".join(text.split())[:LONGEST_SAMPLE]] = None
        if len(self.digests) < MOST_COUNTED:
            self.digests.add(hash(text))
        if self.values is not None:
            self.values[text] = None
            if len(self.values) > MOST_WORDS or len(text) > LONGEST_WORD:
                self.values = None


def profile_of(sheet: MemberSheet) -> Profile:
    """Return what is known of a table's columns after reading all of it."""
    tallies = [_Tally() for _name in sheet.heading]
    rows = 0
    for row in sheet.rows:
        rows += 1
        for tally, cell in zip(tallies, row.cells, strict=True):
            tally.add(cell)
    if not rows:
        raise RefusedSheet("no_rows")
    columns = tuple(
        ColumnProfile(
            header=name,
            nth=place[1],
            samples=tuple(tally.samples),
            values=None if tally.values is None else tuple(tally.values),
            filled=tally.filled,
            different=len(tally.digests),
        )
        for name, place, tally in zip(sheet.heading, headings_of(sheet.heading), tallies, strict=True)
    )
    return Profile(sheet.sheets, sheet.sheet, rows, columns)


def _planned(work: Work, row: storage.SheetUpload, progress: Progress) -> SheetPlan:
    kept = _definition(work, row)
    wanted = Wanted(mapping_of_text(kept.mapping), frozenset(kept.overwrite), progress, int(row.counts.get("rows", 0)))
    return plan_sheet(work, row.organisation_id, _opened(work, row), wanted)


def _check(work: Work, row: storage.SheetUpload, progress: Progress) -> dict[str, int]:
    plan = _planned(work, row, progress)
    problems: dict[tuple[str, str], int] = {}
    for left in plan.left:
        for problem in left.problems:
            problems[problem.column, problem.code] = problems.get((problem.column, problem.code), 0) + 1
    first = [(item.line, facts_to_json(merged(Facts(), item.said))) for item in plan.rows[:PREVIEWED]]
    sheet_files.keep_data(
        work,
        row,
        SheetFile.PLAN,
        {
            "first": first,
            "conflicts": [(item.line, item.reference) for item in plan.conflicts[:MOST_CONFLICTS_SHOWN]],
            "problems": [(*where, number) for where, number in problems.items()],
        },
    )
    _keep_problems(work, row, plan)
    counts = _counts(row, plan)
    _settle(work, row.reference, Stage.CHECKED, counts)
    return counts


def _counts(row: storage.SheetUpload, plan: SheetPlan) -> dict[str, int]:
    return {"rows": int(row.counts.get("rows", 0)), **{fate.value: plan.counts[fate] for fate in Fate}}


def _keep_problems(work: Work, row: storage.SheetUpload, plan: SheetPlan) -> None:
    rows = [
        (left.line, left.cells, [(problem.column, problem.code) for problem in left.problems], left.reference)
        for left in plan.left
    ]
    sheet_files.keep_data(work, row, SheetFile.PROBLEMS, {"header": plan.header, "rows": rows})


def _store(work: Work, row: storage.SheetUpload, progress: Progress) -> dict[str, int]:
    """Record part by part. Begun again after a break it goes on: what was recorded is found to be there already."""
    plan = _planned(work, row, progress)
    tally = _Stored(
        frozenset(_definition(work, row).overwrite),
        {fate.value: int(row.counts.get(f"stored_{fate.value}", 0)) for fate in (Fate.NEW, Fate.CHANGED)},
    )
    again = sum(tally.numbers.values())
    _keep_problems(work, row, plan)
    done = 0
    for part in in_parts(plan.rows):
        progress(done, len(plan.rows), "storing")
        _store_part(work, row.reference, plan, part, tally)
        done += len(part)
    counts = _counts(row, plan) | tally.numbers
    counts[Fate.UNCHANGED] -= again
    # What a person changed between the comparison and now.
    counts[Fate.CONFLICT] += len(plan.rows) + again - sum(tally.numbers.values())
    _settle(work, row.reference, Stage.DONE, counts)
    return counts


@dataclass(frozen=True)
class _Stored:
    """How far the recording of a file has come."""

    overwrite: Collection[str]
    numbers: dict[str, int]
    """Rows by their fate, those of an earlier attempt included."""


def _store_part(work: Work, reference: str, plan: SheetPlan, part: Sequence[PlannedRow], tally: _Stored) -> None:
    """Record one part and, in the same moment, how many rows that were."""
    fate = part[0].fate.value
    with unit_of_work(work.runtime, work.actor) as change:
        held = _find(change, reference, to_change=True)
        if held.state != Stage.STORING:
            raise NotAllowedNow("record", held.state)
        number = tally.numbers[fate] + sum(1 for made in store_rows(change, plan, part, tally.overwrite) if made)
        held.counts = {**held.counts, f"stored_{fate}": number}
        held.changed_at = change.now
        change.session.flush()
    tally.numbers[fate] = number


_ACTS: Mapping[Act, Callable[[Work, storage.SheetUpload, Progress], dict[str, int]]] = {
    Act.READ: _read,
    Act.CHECK: _check,
    Act.STORE: _store,
}


# --- the command line --------------------------------------------------------------------------------------


def plan_file(work: Work, content: bytes, organisation_code: str, name: str, sheet: str = "") -> SheetPlan:
    """Return what reading a file by a kept mapping of a member would do.

    Raises NotFound for the organisation or the mapping, RefusedSheet.
    """
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    organisation = organisation_with_code(work.session, organisation_code)
    if organisation is None or (work.actor.organisation or organisation.id) != organisation.id:
        raise NotFound("organisation", organisation_code)
    row = storage.mapping_named(work.session, organisation.id, name)
    if row is None:
        raise NotFound("mapping", name)
    mapping = mapping_of_text(storage.open_definition(work.session, row))
    return plan_sheet(work, organisation.id, read_sheet(content, sheet), Wanted(mapping))


def store_part(work: Work, plan: SheetPlan, part: Sequence[PlannedRow]) -> list[str]:
    """Record a part of a plan as drafts; returns the reference of each row's record."""
    require(work.actor, Permission.UPLOAD_INCIDENTS)
    return store_rows(work, plan, part)


def parts_of(plan: SheetPlan) -> Iterable[Sequence[PlannedRow]]:
    """Return the rows of a plan in parts, each for a work of its own."""
    return in_parts(plan.rows)

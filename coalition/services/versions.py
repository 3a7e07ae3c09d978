"""The versions of a year's submission: build, keep, fetch again, compare, mark as sent.

Building has two halves. `prepare` reads, and writes every file into a folder that is nobody's yet; `keep` makes them a
version, in one transaction. When nothing has changed since the latest version there is no new one: its own files are
given again, to the byte. Whoever builds puts the files in their place only after that.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from coalition.db import releases as release_storage
from coalition.db import submissions as storage
from coalition.db.accounts import account_names
from coalition.db.base import new_id
from coalition.db.settings import time_zone
from coalition.db.submissions import SubmissionVersion
from coalition.documents.archive import write_archive
from coalition.documents.signing import MANIFEST, SIGNATURE, Signer
from coalition.documents.submission_files import CHANGES, FILES, is_same, sign, write_changes
from coalition.domain.access import Permission, require
from coalition.domain.consents import WAY_FOR, Included, Leaving, Part, WayOut
from coalition.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import Profile
from coalition.domain.versions import PART, Difference, Move, Place, Reason, What, difference, reasons
from coalition.domain.vocabulary import Purpose
from coalition.encryption import unsealed_size
from coalition.services import audit, jobs, releases, submissions
from coalition.services.jobs import JobFile
from coalition.services.profiles import built_with, code_for, gone, profile_named, taken_for, text_of
from coalition.services.records_since import events_of
from coalition.services.submissions import Progress
from coalition.services.work import Work

ARCHIVE = "hcr-{year}.zip"
"""All files of a version in one, to be attached to the e-mail."""


# --- what a version is ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VersionView:
    """One version as the coordinator sees it."""

    year: int
    number: int
    profile: str
    """Code of the profile."""
    manifest: Mapping[str, Any]
    built_at: datetime
    built_by: str
    """Name of the person; empty for the command line."""
    based_on: int | None
    """The version that it revises."""
    sent_at: datetime | None
    sent_on: date | None
    """The day on which it was sent, where the coalition is."""
    sent_by: str
    outdated: bool
    """Whether consent was taken back, or a record erased, that is still in its files: they are not handed out."""
    files: tuple[JobFile, ...]
    """What can be fetched; empty for a version that is outdated, or whose files were lost."""

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        return dict(self.manifest["counts"])

    @property
    def credited(self) -> tuple[str, ...]:
        """The organisations that stand behind at least one of its incidents."""
        return tuple(self.manifest.get("credited", ()))

    @property
    def fingerprint(self) -> str:
        """Of the key that it is signed with."""
        return str(self.manifest["signature"]["fingerprint"])


def list_versions(work: Work, year: int | None = None, profile: str = "") -> tuple[VersionView, ...]:
    """Return the versions of a year, or of all, the latest first; with a profile only those built with it."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    names = account_names(work.session)
    return tuple(_view(work, row, names) for row in storage.versions_of(work.session, year, profile or None))


def version_of(work: Work, year: int, number: int, profile: str = "") -> VersionView:
    """Return one version; without a profile, of the one that the year is built with.

    Raises NotFound.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    return _view(work, _row(work, year, number, profile), account_names(work.session))


def _row(work: Work, year: int, number: int, profile: str, *, to_change: bool = False) -> SubmissionVersion:
    code = code_for(work, year, profile)
    row = storage.version_with(work.session, year, code, number, lock=to_change)
    if row is None:
        raise NotFound("version", f"{year} v{number}")
    return row


def _view(work: Work, row: SubmissionVersion, names: Mapping[str, str]) -> VersionView:
    outdated = _is_outdated(work, row)
    return VersionView(
        year=row.year,
        number=row.number,
        profile=row.profile,
        manifest=row.manifest,
        built_at=row.built_at,
        built_by=names.get(row.actor_id or "", ""),
        based_on=row.based_on,
        sent_at=row.sent_at,
        sent_on=row.sent_at.astimezone(_zone(work)).date() if row.sent_at else None,
        sent_by=names.get(row.sent_by or "", ""),
        outdated=outdated,
        files=() if outdated else tuple(_files(work, row)),
    )


def _files(work: Work, row: SubmissionVersion) -> Iterator[JobFile]:
    """Yield the files of a version that are there; of those that the manifest cannot name there is no checksum."""
    folder = jobs.folder_of(work.runtime.config, row.files_id)
    for name in (ARCHIVE.format(year=row.year), *names_of(row.manifest)):
        if (folder / name).is_file():
            yield JobFile(name, unsealed_size(folder / name), row.manifest["sha256"].get(name, ""))


def names_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a version's own files, in the order in which people want them."""
    revised = (CHANGES,) if CHANGES in manifest["sha256"] else ()
    return (*FILES, *revised, MANIFEST, SIGNATURE)


def open_file(work: Work, year: int, number: int, name: str, profile: str = "") -> Iterator[bytes]:
    """Return what a file of a version holds, part by part.

    Raises NotFound, NotAllowedNow once something in it may not leave any more, and CannotOpen when the file is not what
    was written.
    """
    version = version_of(work, year, number, profile)
    if version.outdated:
        raise NotAllowedNow("download", "outdated")
    if name not in {file.name for file in version.files}:
        raise NotFound("file", name)
    return jobs.sealed_file(work, _row(work, year, number, profile).files_id, name)


def fetch(work: Work, year: int, number: int, folder: Path, profile: str = "") -> tuple[Path, ...]:
    """Write a version's own files into a folder, as they were built; the log keeps that they were taken.

    Raises what `open_file` raises.
    """
    version = version_of(work, year, number, profile)
    for name in names_of(version.manifest):
        _write(folder / name, open_file(work, year, number, name, version.profile))
    note_download(work, year, number, "", version.profile)
    return tuple(folder / name for name in names_of(version.manifest))


def _write(path: Path, parts: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for part in parts:
            file.write(part)


def note_download(work: Work, year: int, number: int, file: str, profile: str = "") -> None:
    """Write into the log that the actor took a file of a version; no name means all of them."""
    row = _row(work, year, number, profile)
    audit.record(work, "submission.download", "submission", str(year), version=number, profile=row.profile, file=file)


def revision_since(work: Work, year: int, profile: str, moment: datetime) -> VersionView | None:
    """Return the latest version of a year that was built after a moment, and holds nothing that had to be mended.

    Of one profile only: what went to one body is mended there. An empty one is that of the year.
    """
    own = list_versions(work, year, code_for(work, year, profile))
    found = (version for version in own if version.built_at > moment and not version.outdated)
    return max(found, key=lambda version: version.built_at, default=None)


def signer(work: Work) -> Signer:
    """Return what signs this installation's submissions."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    return Signer.of(work.runtime.keys.lasting_key("signature"))


def known_fingerprint(work: Work) -> str:
    """Return the fingerprint of the key that the latest version is signed with, for everybody; empty before the first.

    It is no secret: whoever receives a submission compares it.
    """
    rows = sorted(storage.versions_of(work.session), key=lambda row: row.built_at)
    return str(rows[-1].manifest["signature"]["fingerprint"]) if rows else ""


# --- building -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """Every file of a version, written and not yet kept."""

    manifest: Mapping[str, Any]
    leaving: Leaving
    profile: str
    seen: str | None
    """Id of the version that was the latest one meanwhile."""
    unchanged: bool
    """Whether they are that version's own files."""
    profile_text: str
    """What the profile's file said meanwhile."""

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        return dict(self.manifest["counts"])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files."""
        return names_of(self.manifest)

    @property
    def archive(self) -> str:
        """The name of the file that holds them all."""
        return ARCHIVE.format(year=self.leaving.year)


@dataclass(frozen=True)
class Kept:
    """A version that was built."""

    number: int
    unchanged: bool
    """Whether it was there already."""
    outdated: bool
    """Whether something in it may not leave any more: consent was taken back while it was built."""


def prepare(  # noqa: PLR0913 - a version is built in one way
    work: Work, year: int, folder: Path, aside: Path, progress: Progress | None = None, *, profile: str = ""
) -> Prepared:
    """Write every file of the next version into a folder that is new or empty.

    `aside` is another folder, for what is needed until the version is kept. Both lie where what is in clear may lie.
    Raises NotFound for a profile that there is not, BrokenProfile for one that cannot be read any more.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    taken = taken_for(work, year, profile)
    signs = signer(work)
    built = submissions.build_submission(work, year, folder, aside, progress, profile=profile)
    rows = storage.versions_of(work.session, year, taken.code)
    latest = storage.latest_of(rows)
    unchanged = latest is not None and _says_the_same(work, latest, built.manifest) and _again(work, latest, folder)
    if latest is not None and unchanged:
        manifest = latest.manifest
    else:
        base = storage.latest_of(rows, sent=True) or latest
        made = _revised(work, base, built, folder, taken) if base else built.manifest
        stamp = {"version": latest.number + 1 if latest else 1, "based_on": base.number if base else None}
        manifest = sign(folder, {**made, **stamp}, signs)
    seen = latest.id if latest else None
    return Prepared(manifest, built.leaving, taken.code, seen, unchanged, text_of(work, taken.code))


def _says_the_same(work: Work, latest: SubmissionVersion, manifest: Mapping[str, Any]) -> bool:
    """Tell whether a version can be given again: one that had to be mended is never, even if it came out the same."""
    return not _is_outdated(work, latest) and is_same(manifest, latest.manifest)


def _again(work: Work, latest: SubmissionVersion, folder: Path) -> bool:
    """Put beside the files what belongs to the version itself; False where its own files were lost."""
    own = [name for name in names_of(latest.manifest) if name not in FILES]
    try:
        for name in own:
            _write(folder / name, jobs.sealed_file(work, latest.files_id, name))
    except NotFound:
        return False
    return True


def _revised(
    work: Work, base: SubmissionVersion, built: submissions.BuiltSubmission, folder: Path, taken: Profile
) -> dict[str, Any]:
    """Write what changed since the version that is revised; the manifest names that file, and counts what is in it."""
    found = difference(storage.included_in(work.session, base.release_id), built.leaving.included, _sizes(base))
    checksums = {**built.manifest["sha256"], CHANGES: write_changes(folder, found, taken)}
    return {**built.manifest, "sha256": checksums, "changes": found.counts}


def _sizes(row: SubmissionVersion) -> dict[Part, int]:
    return {part: int(row.manifest["counts"][part.value]) for part in (Part.DESCRIPTIVE, Part.STATISTICAL)}


def bundle(made: Prepared, folder: Path) -> str:
    """Write all files of a version as one beside them; returns its name."""
    write_archive(folder / made.archive, [folder / name for name in made.names])
    return made.archive


def keep(work: Work, made: Prepared, folder: Path | None = None, *, job_id: str | None = None) -> Kept:
    """Make a version of what was prepared, unless it is one already; before anybody is given the files.

    The files are sealed from the folder, unless a job has sealed them as its own. Raises ChangedMeanwhile when somebody
    else built a version since: prepare it again.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    year = made.leaving.year
    latest = storage.latest_of(storage.versions_of(work.session, year, made.profile))
    if (latest.id if latest else None) != made.seen:
        raise ChangedMeanwhile
    if latest and made.unchanged:
        return _keep_again(work, made, latest, job_id)
    release = releases.record(work, made.leaving, job_id=job_id)
    row = SubmissionVersion(
        release_id=release.id,
        year=year,
        profile=made.profile,
        number=int(made.manifest["version"]),
        built_at=work.now,
        actor_id=releases.account_of(work),
        based_on=made.manifest["based_on"],
        files_id=job_id or new_id(),
        manifest=dict(made.manifest),
        profile_text=made.profile_text,
    )
    work.session.add(row)
    try:
        work.session.flush()
    except IntegrityError:
        # PostgreSQL lets two build at the same moment; one of them is told.
        raise ChangedMeanwhile from None
    if folder and not job_id:
        key = jobs.file_key(work, row.files_id)
        jobs.seal_files(work.runtime.config, key, row.files_id, folder, (bundle(made, folder), *made.names))
    _note_build(work, made, row.number)
    return Kept(row.number, unchanged=False, outdated=_is_outdated(work, row))


def _keep_again(work: Work, made: Prepared, latest: SubmissionVersion, job_id: str | None) -> Kept:
    """Keep that a version was built again. What is withdrawn from it is withdrawn from the job's files as well."""
    if _is_outdated(work, latest):
        raise ChangedMeanwhile
    if job_id:
        releases.record(work, replace(made.leaving, included=()), job_id=job_id)
    _note_build(work, made, latest.number)
    return Kept(latest.number, unchanged=True, outdated=False)


def _is_outdated(work: Work, row: SubmissionVersion) -> bool:
    """Tell whether something in a version had to be mended: its record was erased, or lost a consent that it needs."""
    return release_storage.is_release_outdated(work.session, row.release_id)


def _way_of(row: SubmissionVersion) -> WayOut:
    """Return the way out that a version took, by the consent that its profile asked for when it was built."""
    return WAY_FOR[Purpose(row.manifest.get("consent", Purpose.ODIHR))]


def _note_build(work: Work, made: Prepared, number: int) -> None:
    year, state = str(made.leaving.year), {"unchanged": True} if made.unchanged else {}
    audit.record(
        work, "submission.build", "submission", year, version=number, profile=made.profile, **made.counts, **state
    )


# --- sent -----------------------------------------------------------------------------------------------------


def mark_sent(work: Work, year: int, number: int, day: date | None = None, profile: str = "") -> None:
    """Note on which day a version was sent, today unless said otherwise; what comes later is late.

    Noting it again corrects the day. Raises NotFound, and NotAllowedNow for a day before it was built or to come.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    row = _row(work, year, number, profile, to_change=True)
    chosen = day or work.today
    if not row.built_at.astimezone(_zone(work)).date() <= chosen <= work.today:
        raise NotAllowedNow("mark_sent", "day")
    # Of an earlier day only the day is known: its end is taken.
    row.sent_at = work.now if chosen == work.today else datetime.combine(chosen, time(23, 59), _zone(work))
    row.sent_by = releases.account_of(work)
    work.session.flush()
    audit.record(work, "submission.send", "submission", str(year), version=number, profile=row.profile)


def _zone(work: Work) -> ZoneInfo:
    return ZoneInfo(time_zone(work.session))


def take_back_sent(work: Work, year: int, number: int, profile: str = "") -> None:
    """Note that a version was not sent after all. Doing it twice changes nothing. Raises NotFound."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    row = _row(work, year, number, profile, to_change=True)
    if row.sent_at is None:
        return
    row.sent_at = row.sent_by = None
    work.session.flush()
    audit.record(work, "submission.unsend", "submission", str(year), version=number, profile=row.profile)


# --- comparing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellChange:
    """One cell that says something else."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One incident that is not the same in both, and why."""

    what: What
    reference: str
    before: Place | None
    after: Place | None
    cells: tuple[CellChange, ...]
    """What left, and what left later or would leave now; empty where nothing may be shown of it any more."""
    withheld: bool
    """Whether cells are left out because the record may not leave any more."""
    fields: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Comparison:
    """What two versions do not have in common, or a version and what would leave now."""

    year: int
    profile: str
    before: int
    after: int | None
    """None for what would leave now."""
    since: datetime
    until: datetime
    sent: bool
    """Whether the older one was sent."""
    languages: tuple[str, str]
    """Of the cells before and after; empty where what the profile said cannot be read any more."""
    lines: tuple[Line, ...]
    found: Difference

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents were added, removed and changed."""
        return self.found.counts

    def of(self, what: What) -> tuple[Line, ...]:
        """Return the lines of one kind."""
        return tuple(line for line in self.lines if line.what is what)


def _would_leave(work: Work, row: SubmissionVersion, aside: Path) -> Iterable[Included]:
    try:
        return submissions.would_leave(work, row.year, row.profile, aside)
    except NotFound:
        raise BrokenProfile([gone(row.profile)]) from None


def compare(  # noqa: PLR0913 - two versions are compared in one way
    work: Work,
    year: int,
    before: int,
    after: int | None,
    aside: Path,
    *,
    profile: str = "",
    most: int | None = None,
) -> Comparison:
    """Compare two versions, or one with what would leave if it were built now; nothing is built.

    `aside` is a folder for what is needed meanwhile; of each kind at most `most` lines are told. Raises NotFound, and
    BrokenProfile where nothing can be built with the profile now.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    older = _row(work, year, before, profile)
    newer = _row(work, year, after, profile) if after is not None else None
    would = _would_leave(work, older, aside) if newer is None else ()
    items = storage.included_in(work.session, newer.release_id) if newer else would
    found = difference(storage.included_in(work.session, older.release_id), items, _sizes(older))
    moves = [move for what in What for move in found.of(what)[:most]]
    changed = {move.incident for move in moves if move.what is What.CHANGED}
    if newer:
        says = storage.cells_in(work.session, newer.release_id, changed)
    else:
        says = {item.incident: dict(item.cells or {}) for item in would if item.incident in changed}
    until = newer.built_at if newer else work.now
    told = _Told(work, moves, older, until, says)
    return Comparison(
        year=year,
        profile=older.profile,
        before=before,
        after=after,
        since=older.built_at,
        until=until,
        sent=older.sent_at is not None,
        languages=(_language_of(work, older), _language_of(work, newer, older.profile)),
        lines=tuple(told.line(move) for move in moves),
        found=found,
    )


def _language_of(work: Work, row: SubmissionVersion | None, now: str = "") -> str:
    """Return the language of a version's cells, or of those that would leave now with a profile."""
    try:
        return built_with(work, row).language if row else profile_named(work, now).language
    except BrokenProfile:
        return ""


class _Told:
    """Tells moves in words that a person can follow: references, cells, reasons."""

    def __init__(
        self,
        work: Work,
        moves: Collection[Move],
        older: SubmissionVersion,
        until: datetime,
        says: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Read what is known of some incidents."""
        ids = [move.incident for move in moves]
        changed = [move.incident for move in moves if move.what is What.CHANGED]
        said = storage.cells_in(work.session, older.release_id, changed)
        self._references = storage.references_of(work.session, ids)
        way = _way_of(older)
        self._withheld = storage.forbidden_now(work.session, ids, way)
        self._events = events_of(work, ids, way)
        self._older, self._until, self._said, self._says = older, until, said, says

    def line(self, move: Move) -> Line:
        """Return one move as it is shown."""
        withheld = move.incident in self._withheld and move.what is What.CHANGED
        was, now = self._said.get(move.incident, {}), self._says.get(move.incident, {})
        cells = (CellChange(name, was.get(name, ""), now.get(name, "")) for name in move.fields if name != PART)
        why = reasons(
            move,
            self._events.get(move.incident, ()),
            self._older.built_at,
            self._until,
            sent=self._older.sent_at is not None,
        )
        return Line(
            what=move.what,
            reference=self._references[move.incident],
            before=move.before,
            after=move.after,
            cells=() if withheld else tuple(cells),
            withheld=withheld,
            fields=move.fields,
            reasons=why,
        )

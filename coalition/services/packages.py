"""What accompanies a version on its way: the cover letter, the e-mail, the whole as one file, and the check list.

Nothing of it is kept: it is made from the version and from what the coalition says of itself, whenever somebody asks.
Only what a person looked at by hand is a row.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from coalition.db import packages as storage
from coalition.db import readiness as readiness_storage
from coalition.db import releases as release_storage
from coalition.db import submissions as submission_storage
from coalition.db.accounts import account_names
from coalition.db.once import add_once
from coalition.db.organisations import all_organisations
from coalition.documents.archive import packed
from coalition.documents.cover_letter import CoverLetter, letter_docx, letter_pdf
from coalition.documents.message_file import LARGEST, Attachment, Envelope, is_address, message_file
from coalition.documents.pdf import PdfUnavailable, can_make_pdf
from coalition.documents.signing import check_folder, grouped
from coalition.documents.submission_files import CHANGES
from coalition.documents.submission_words import ERASED
from coalition.domain.consents import Kind
from coalition.domain.errors import NotAllowedNow, NotFound
from coalition.domain.packages import (
    BY_HAND,
    FOLDER,
    LETTER_DOCX,
    LETTER_PDF,
    MESSAGE,
    Check,
    Finding,
    Known,
    Tick,
    archive_name,
    check_ticking,
    findings,
)
from coalition.domain.profile_checks import BrokenProfile, Problem
from coalition.domain.profiles import Profile
from coalition.domain.readiness import total
from coalition.domain.summaries import Member
from coalition.domain.versions import What
from coalition.domain.vocabulary import Purpose
from coalition.services import audit, calendar, settings, versions
from coalition.services.profiles import built_with
from coalition.services.releases import account_of
from coalition.services.versions import VersionView
from coalition.services.work import Work

MOST_LOOKED_THROUGH = 5000
"""Incidents: of a larger version it takes too long for a page to compare it with what would leave now."""
_ATTACHED_WITHOUT_BASE64 = 3 / 4


@dataclass(frozen=True)
class PackageView:
    """A version on its way: what can be fetched, and what was looked at."""

    version: VersionView
    profile: Profile | None
    """As it was when the version was built; None where that cannot be read any more."""
    problems: tuple[Problem, ...]
    """Why it cannot."""
    subject: str
    recipient: str
    ready: bool
    """Whether its files can be handed out, and the letter can be written."""
    findings: tuple[Finding, ...]
    pdf: bool
    """Whether the letter can be made as PDF here."""

    @property
    def names(self) -> tuple[str, ...]:
        """What can be made for it, in the order in which people want it."""
        letters = (LETTER_PDF, LETTER_DOCX) if self.pdf else (LETTER_DOCX,)
        return (archive_name(self.version.year, self.version.number), MESSAGE, *letters) if self.ready else ()


def open_package(work: Work, year: int, number: int, aside: Path, profile: str = "") -> PackageView:
    """Return what accompanies a version, with its check list. `aside` is a folder for what is needed meanwhile.

    Raises NotFound.
    """
    version = versions.version_of(work, year, number, profile)
    taken: Profile | None = None
    problems: tuple[Problem, ...] = ()
    try:
        taken = built_with(work, _row(work, version))
    except BrokenProfile as broken:
        problems = broken.problems
    pdf = can_make_pdf()
    return PackageView(
        version=version,
        profile=taken,
        problems=problems,
        subject=_subject(work, taken, year) if taken else "",
        recipient=taken.recipient if taken else "",
        ready=bool(version.files) and taken is not None,
        findings=findings(_known(work, version, taken, aside, pdf=pdf)),
        pdf=pdf,
    )


def _subject(work: Work, taken: Profile, year: int) -> str:
    return taken.texts.subject.format(year=year, coalition=settings.read(work).name_in(taken.language))


# --- the check list ----------------------------------------------------------------------------------------


def _known(work: Work, version: VersionView, taken: Profile | None, aside: Path, *, pdf: bool) -> Known:
    own, day = settings.read(work), version.sent_on or work.today
    rule = taken or calendar.rule_for(work, version.year)
    numbers = [one.number for one in versions.list_versions(work, version.year, version.profile)]
    corrections = (row.release for row in release_storage.open_corrections(work.session))
    silent = [one for one in _members(work) if not one.about.get(rule.language, "").strip()]
    tallies = readiness_storage.tallies(work.session, version.year, rule)
    purpose = version.manifest.get("consent", Purpose.ODIHR)
    small = version.counts["incidents"] <= MOST_LOOKED_THROUGH
    sizes = sum(file.size for file in version.files if file.name in versions.names_of(version.manifest))
    return Known(
        latest=version.number == max(numbers),
        differences=_differences(work, version, aside) if small else None,
        corrections=sum(
            one.kind == Kind.SUBMISSION and one.year == version.year and release_storage.purpose_of(one) == purpose
            for one in corrections
        ),
        waiting=total(tallies.values()).waiting,
        days_left=(calendar.deadline(work, version.year) - day).days,
        recipient=taken is not None and is_address(taken.recipient),
        contact=is_address(own.contact),
        silent_members=len(silent),
        without_indicator=_without_indicator(work, version, rule) if small else None,
        signature=_is_whole(work, version, aside) if version.files else None,
        pdf=pdf,
        too_large=sizes > LARGEST * _ATTACHED_WITHOUT_BASE64 if version.files else None,
        ticks=dict(_ticks(work, version)),
    )


def _differences(work: Work, version: VersionView, aside: Path) -> int | None:
    """Count what would be different now; None where the profile cannot be read, so that nothing can be built."""
    year, number = version.year, version.number
    try:
        found = versions.compare(work, year, number, None, aside, profile=version.profile, most=0)
    except BrokenProfile:
        return None
    return sum(found.counts.values())


def _row(work: Work, version: VersionView, *, lock: bool = False) -> submission_storage.SubmissionVersion:
    row = submission_storage.version_with(work.session, version.year, version.profile, version.number, lock=lock)
    if row is None:
        raise NotFound("version", f"{version.year} v{version.number}")
    return row


def _without_indicator(work: Work, version: VersionView, taken: Profile) -> int | None:
    if "indicators" not in taken.fields:
        return None
    lines = submission_storage.lines_in(work.session, _row(work, version).release_id)
    described = (item.cells for _reference, item in lines if item.number is not None and item.cells)
    return sum(not cells.get("indicators", "").strip() for cells in described)


def _is_whole(work: Work, version: VersionView, aside: Path) -> bool:
    """Tell whether the files are whole, and signed with the key of this installation."""
    folder = aside / "checked"
    folder.mkdir()
    for name in versions.names_of(version.manifest):
        (folder / name).write_bytes(_content(work, version, name))
    checked = check_folder(folder)
    return checked.is_whole and checked.fingerprint == versions.signer(work).fingerprint


def _ticks(work: Work, version: VersionView) -> Iterator[tuple[Check, Tick]]:
    names, row = account_names(work.session), _row(work, version)
    for made in storage.checks_of(work.session, row.id):
        yield Check(made.item), Tick(made.at, names.get(made.actor_id or "", ""), made.actor_id == row.actor_id)


def tick(work: Work, year: int, number: int, item: str, profile: str = "") -> None:
    """Note that the actor looked at something by hand. Whoever ticked it first stays.

    Raises NotFound, also for what cannot be ticked, and NotAllowedNow for a version that was sent.
    """
    version, row = _to_tick(work, year, number, item, profile)
    if add_once(
        work.session, storage.SubmissionCheck(version_id=row.id, item=item, at=work.now, actor_id=account_of(work))
    ):
        _log(work, "submission.check", version, item=item)


def untick(work: Work, year: int, number: int, item: str, profile: str = "") -> None:
    """Take back that somebody looked at something. Raises what `tick` raises."""
    version, row = _to_tick(work, year, number, item, profile)
    if storage.take_back(work.session, row.id, item):
        _log(work, "submission.uncheck", version, item=item)


def _to_tick(
    work: Work, year: int, number: int, item: str, profile: str
) -> tuple[VersionView, submission_storage.SubmissionVersion]:
    version = versions.version_of(work, year, number, profile)
    if item not in BY_HAND:
        raise NotFound("check", item)
    # Whoever marks it as sent at this moment holds the row: what comes after them comes too late.
    row = _row(work, version, lock=True)
    check_ticking(row.sent_at)
    return version, row


def _log(work: Work, action: str, version: VersionView, **details: str) -> None:
    audit.record(
        work,
        action,
        "submission",
        str(version.year),
        version=version.number,
        profile=version.profile,
        **details,
    )


# --- what goes along ---------------------------------------------------------------------------------------


def make(work: Work, year: int, number: int, name: str, profile: str = "") -> bytes:
    """Return one file that accompanies a version: the letter, the e-mail, or all of it as one.

    That it was made is noted. Raises NotFound, NotAllowedNow for a version that may not leave any more, PdfUnavailable,
    BrokenProfile where nobody can read any more what the profile said.
    """
    version = versions.version_of(work, year, number, profile)
    if version.outdated:
        raise NotAllowedNow("send", "outdated")
    content = _made(work, version, name)
    _log(work, "submission.package", version, file=name)
    return content


def _made(work: Work, version: VersionView, name: str) -> bytes:
    if name == archive_name(version.year, version.number):
        return packed(_everything(work, version))
    makers = {
        LETTER_PDF: lambda: letter_pdf(letter_of(work, version)),
        LETTER_DOCX: lambda: letter_docx(letter_of(work, version)),
        MESSAGE: lambda: _message(work, version, letter_of(work, version)),
    }
    if name not in makers:
        raise NotFound("file", name)
    return makers[name]()


def write(work: Work, year: int, number: int, folder: Path, profile: str = "") -> tuple[str, ...]:
    """Write everything into a folder that is there; returns the names. What lies there under other names stays.

    Raises what `make` raises, but makes no PDF where the machine cannot.
    """
    version = versions.version_of(work, year, number, profile)
    if version.outdated:
        raise NotAllowedNow("send", "outdated")
    files = _everything(work, version)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.write_bytes(content)
    _log(work, "submission.package", version, file="")
    return tuple(files)


def _everything(work: Work, version: VersionView) -> dict[str, bytes]:
    letter = letter_of(work, version)
    names = versions.names_of(version.manifest)
    files = {f"{FOLDER}/{name}": _content(work, version, name) for name in names}
    return {MESSAGE: _message(work, version, letter), **_letters(letter), **files}


def _letters(letter: CoverLetter) -> dict[str, bytes]:
    """Return the letter in both forms; without the PDF where the machine cannot make one."""
    made = {LETTER_DOCX: letter_docx(letter)}
    try:
        return {LETTER_PDF: letter_pdf(letter), **made}
    except PdfUnavailable:
        return made


def _content(work: Work, version: VersionView, name: str) -> bytes:
    return b"".join(versions.open_file(work, version.year, version.number, name, version.profile))


def letter_of(work: Work, version: VersionView) -> CoverLetter:
    """Return what the cover letter of a version is made from."""
    own, taken = settings.read(work), built_with(work, _row(work, version))
    return CoverLetter(
        profile=taken,
        year=version.year,
        coalition=own.name_in(taken.language),
        members=_members(work),
        contact=own.contact,
        version=version.number,
        built_at=version.built_at,
        time_zone=own.time_zone,
        counts=version.counts,
        files=dict(version.manifest["sha256"]),
        fingerprint=grouped(version.fingerprint),
        based_on=version.based_on,
        changes=_changes(work, version),
    )


def _members(work: Work) -> tuple[Member, ...]:
    rows = all_organisations(work.session)
    return tuple(Member({"": row.name, **row.names}, dict(row.about), row.website) for row in rows)


def _changes(work: Work, version: VersionView) -> Mapping[str, int]:
    """Return how much a revision changes, as it was frozen with it, whatever happened since."""
    if CHANGES not in version.manifest["sha256"]:
        return {}
    if "changes" in version.manifest:
        counts: Mapping[str, int] = version.manifest["changes"]
        return counts
    # A manifest counts since the file speaks the profile's language; before, it named everything by its code.
    _header, *rows = csv.reader(io.StringIO(_content(work, version, CHANGES).decode()))
    told = [row[0] for row in rows]
    counted = {what.value: told.count(what) for what in (What.ADDED, What.REMOVED, What.CHANGED)}
    return {**counted, "removed": counted["removed"] + told.count(ERASED)}


def _message(work: Work, version: VersionView, letter: CoverLetter) -> bytes:
    names = versions.names_of(version.manifest)
    attached = [Attachment(name, _content(work, version, name)) for name in names]
    made = _letters(letter)
    chosen = LETTER_PDF if LETTER_PDF in made else LETTER_DOCX
    attached.insert(0, Attachment(chosen, made[chosen]))
    listed = "\n".join(f"- {one.name}" for one in attached)
    envelope = Envelope(
        recipient=letter.profile.recipient,
        subject=letter.subject,
        text=f"{letter.fill(letter.profile.texts.message)}\n\n{listed}\n".lstrip(),
        sender=letter.contact,
        sender_name=letter.coalition,
    )
    return message_file(envelope, attached)

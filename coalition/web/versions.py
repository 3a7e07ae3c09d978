"""The versions of a year's submission: which there are, what is in one, and what differs between two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.signing import grouped
from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow, NotFound
from coalition.domain.history import Kind, Stretch, word_differences
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.versions import PART, What
from coalition.i18n import L_, _
from coalition.i18n.files import size_in_words
from coalition.i18n.versions import KINDS, field_in_words, place_in_words, reason_in_words
from coalition.paths import scratch
from coalition.services import profiles, summaries, versions
from coalition.services.jobs import JobFile
from coalition.services.versions import CellChange, Comparison, VersionView
from coalition.services.versions import Line as Moved
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error, clean
from coalition.web.forms.submissions import SentForm
from coalition.web.locale import url
from coalition.web.profile_lines import options, refusal, standing_of

blueprint = Blueprint("versions", __name__)
Page = str | BaseResponse

SHOWN = 100
"""Lines of each kind on a page; the command line lists all."""
MOST_AT_ONCE = 3000
"""Accepted incidents of a year up to which its page compares by itself: about a second."""
ABOUT = {
    ".csv": L_("For any spreadsheet"),
    ".json": L_("Counts, version and checksums"),
    ".sig": L_("The signature of the manifest"),
    ".xlsx": L_("The workbook: incidents, statistics, about the coalition"),
    ".zip": L_("All files in one, to attach to the e-mail"),
}
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".sig": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
CHANGES = "changes.csv"


@dataclass(frozen=True)
class ReasonLine:
    """Why an incident is not where it was, in words."""

    text: str
    at: datetime | None


@dataclass(frozen=True)
class CellLine:
    """One cell before and after, each whole, with what went and what came marked in it."""

    key: str
    old: tuple[Stretch, ...]
    new: tuple[Stretch, ...]


@dataclass(frozen=True)
class MovedLine:
    """One incident that is not the same in both, in words."""

    reference: str
    before: str
    after: str
    moved: bool
    """Whether it went from one part to the other."""
    cells: tuple[CellLine, ...]
    withheld: bool
    reasons: tuple[ReasonLine, ...]


@dataclass(frozen=True)
class Group:
    """The incidents of one kind."""

    what: What
    title: str
    lines: tuple[MovedLine, ...]
    number: int
    """How many there are, erased ones among them."""
    left_out: int
    """How many more there are than are shown."""


@dataclass(frozen=True)
class FileLine:
    """One file to take away."""

    file: JobFile
    kind: str
    about: str
    size: str
    url: str


@dataclass(frozen=True)
class Compared:
    """What differs, in words."""

    found: Comparison
    groups: tuple[Group, ...]
    address: str


def _profile() -> str:
    """Return the code of the profile that the address names; empty for the one that the year is built with."""
    return clean(request.args.get("profile", ""))


# --- a year -----------------------------------------------------------------------------------------------


@blueprint.get("/submissions/<int(max=9999):year>")
@requires(Permission.BUILD_SUBMISSION)
def year(year: int) -> str:
    """Show the versions of a year, and what would be another one if it were built now."""
    with reading() as work:
        line = next((one for one in summaries.data_years(work) if one.year == year), None)
        found = versions.list_versions(work, year)
        if line is None and not found:
            raise NotFound("data year", str(year))
        accepted = line.accepted if line else 0
        standing = standing_of(work, year)
        taken = standing.line.code
        present = now(work, year, found, taken) if accepted <= MOST_AT_ONCE and not standing.reasons else None
        offered = options(profiles.all_profiles(work))
    return render(
        "submissions/year.html",
        year=year,
        versions=found,
        accepted=accepted,
        compared=present,
        latest=latest_of(found, taken),
        standing=standing,
        profiles=offered,
        in_year=line is not None,
    )


def latest_of(found: Sequence[VersionView], profile: str) -> VersionView | None:
    """Return the version that the present is set against: the latest one that was sent, else the latest."""
    own = [version for version in found if version.profile == profile]
    return next((version for version in own if version.sent_at), own[0] if own else None)


def now(work: Work, year: int, found: Sequence[VersionView], profile: str) -> Compared | None:
    """Return what would be different if the submission were built now; None before the first version."""
    base = latest_of(found, profile)
    return _compared(work, year, base.number, None, profile) if base else None


def _compared(work: Work, year: int, before: int, after: int | None, profile: str) -> Compared:
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside:
        found = versions.compare(work, year, before, after, Path(aside), profile=profile, most=SHOWN)
    address = url("versions.difference", year=year, before=before, after=after or "now", profile=profile or None)
    return Compared(found, tuple(_group(found, what) for what in (What.ADDED, What.REMOVED, What.CHANGED)), address)


def _group(found: Comparison, what: What) -> Group:
    lines, number = found.of(what), found.counts[what.value]
    gone = len(found.found.erased) + found.found.erased_counted if what is What.REMOVED else 0
    return Group(what, str(KINDS[what]), tuple(map(_moved, lines)), number, number - gone - len(lines))


def _moved(line: Moved) -> MovedLine:
    return MovedLine(
        reference=line.reference,
        before=place_in_words(line.before),
        after=place_in_words(line.after),
        moved=PART in line.fields,
        cells=tuple(map(_cell, line.cells)),
        withheld=line.withheld,
        reasons=tuple(ReasonLine(reason_in_words(reason), reason.at) for reason in line.reasons),
    )


def _cell(cell: CellChange) -> CellLine:
    stretches = word_differences(cell.before, cell.after)
    old, new = (tuple(one for one in stretches if one.kind is not kind) for kind in (Kind.NEW, Kind.GONE))
    return CellLine(field_in_words(cell.field), old, new)


# --- two versions -----------------------------------------------------------------------------------------


@blueprint.get("/submissions/<int(max=9999):year>/difference")
@requires(Permission.BUILD_SUBMISSION)
def difference(year: int) -> Page:
    """Show what differs between two versions, or between one and what would leave now; nothing is built."""
    before = _number(request.args.get("before", ""), year)
    said = request.args.get("after", "now")
    after = None if said == "now" else _number(said, year)
    try:
        with reading() as work:
            compared = _compared(work, year, before, after, _profile())
            found = versions.list_versions(work, year, compared.found.profile)
    except BrokenProfile as broken:
        flash(refusal(broken), "error")
        return redirect(url("versions.year", year=year))
    return render(
        "submissions/difference.html",
        year=year,
        compared=compared,
        versions=found,
        before=before,
        after=after,
        profile=compared.found.profile,
    )


def _number(text: str, year: int) -> int:
    plain = text.removeprefix("v")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 6:  # noqa: PLR2004 - no year has a million versions
        raise NotFound("version", f"{year} {text[:20]}")
    return int(plain)


# --- one version ------------------------------------------------------------------------------------------


@blueprint.get("/submissions/<int(max=9999):year>/v<int(max=9999):number>")
@requires(Permission.BUILD_SUBMISSION)
def version(year: int, number: int) -> str:
    """Show one version: what is in it, its files, whether it was sent."""
    return _page(year, number, SentForm())


def _page(year: int, number: int, form: SentForm) -> str:
    with reading() as work:
        found = versions.version_of(work, year, number, _profile())
        others = versions.list_versions(work, year, found.profile)
    return render(
        "submissions/version.html",
        version=found,
        others=[one for one in others if one.number != number],
        newest=others[0].number,
        files=list(_lines(found)),
        fingerprint=grouped(found.fingerprint),
        form=form,
    )


def _lines(found: VersionView) -> Iterator[FileLine]:
    for file in found.files:
        suffix = file.name[file.name.rindex(".") :]
        about = _("What this revision changes, to be sent along") if file.name == CHANGES else str(ABOUT[suffix])
        address = url("versions.download", year=found.year, number=found.number, name=file.name, profile=found.profile)
        yield FileLine(file, suffix[1:].upper(), about, size_in_words(file.size), address)


@blueprint.get("/submissions/<int(max=9999):year>/v<int(max=9999):number>/files/<name>")
@requires(Permission.BUILD_SUBMISSION, recently=True)
def download(year: int, number: int, name: str) -> BaseResponse:
    """Hand out a file of a version, as it was built; who took it is kept."""
    try:
        with unit_of_work() as work:
            parts = versions.open_file(work, year, number, name, _profile())
            versions.note_download(work, year, number, name, _profile())
    except NotAllowedNow:
        return redirect(_address(year, number))  # its page says why
    response = Response(parts, mimetype=CONTENT_TYPES[name[name.rindex(".") :]])
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/submissions/<int(max=9999):year>/v<int(max=9999):number>/sent")
@requires(Permission.BUILD_SUBMISSION)
def sent(year: int, number: int) -> BaseResponse | tuple[str, int]:
    """Note on which day a version was sent, or that it was not."""
    if request.form.get("undo"):
        with unit_of_work() as work:
            versions.take_back_sent(work, year, number, _profile())
        flash(_("The version is not marked as sent any more."), "success")
        return redirect(_address(year, number), 303)
    form = SentForm()
    if not form.validate():
        return _page(year, number, form), INVALID
    try:
        with unit_of_work() as work:
            versions.mark_sent(work, year, number, form.day.day_meant, _profile())
    except NotAllowedNow:
        add_error(form.day.form.day, _("Enter a day between the one on which it was built and today."))
        return _page(year, number, form), INVALID
    flash(_("The version is marked as sent. What is accepted from now on is late."), "success")
    return redirect(_address(year, number), 303)


def _address(year: int, number: int) -> str:
    return url("versions.version", year=year, number=number, profile=_profile() or None)

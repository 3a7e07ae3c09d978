"""What accompanies a version on its way to the receiving body: files to fetch, and the check list before it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.pdf import PdfUnavailable
from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow
from coalition.domain.packages import BY_HAND, LETTER_DOCX, LETTER_PDF, MESSAGE, Check, Finding, Outcome
from coalition.domain.profile_checks import BrokenProfile
from coalition.i18n import L_, _, format_datetime, format_number, ngettext
from coalition.i18n.profiles import problem_with_line
from coalition.paths import scratch
from coalition.services import packages
from coalition.services.packages import PackageView
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import clean
from coalition.web.locale import site_settings, url
from coalition.web.profile_lines import refusal

blueprint = Blueprint("packages", __name__)

LOOKED_AT: Mapping[Check, str] = {
    Check.LATEST: L_("It is the latest version of its year"),
    Check.UNCHANGED: L_("Built now, it would hold the same"),
    Check.CORRECTIONS: L_("No correction of this year waits"),
    Check.DECIDED: L_("No record of this year waits for a decision"),
    Check.DEADLINE: L_("The deadline has not passed"),
    Check.RECIPIENT: L_("The address that it goes to is known"),
    Check.CONTACT: L_("There is an e-mail address for questions"),
    Check.MEMBERS: L_("Every member says who it is"),
    Check.INDICATORS: L_("Every described incident has a bias indicator"),
    Check.SIGNATURE: L_("The files are whole and signed"),
    Check.PDF: L_("The cover letter can be made as PDF"),
    Check.SIZE: L_("The e-mail is small enough"),
    Check.CALL: L_("Address, deadline and form were compared with this year’s call"),
    Check.READ: L_("Somebody who did not build it has read it"),
    Check.SIGNED: L_("The letter is signed"),
}
"""What the check list looks at."""
_ABOUT: Mapping[str, tuple[str, str]] = {
    "zip": ("ZIP", L_("Everything: the files of the version in a folder of their own, the letter and the e-mail.")),
    "eml": ("EML", L_("Opens in a mail program as a draft: address, subject, words and attachments are in place.")),
    "pdf": ("PDF", L_("Members, counts, method and the checksum of every file, to be signed.")),
    "docx": ("DOCX", L_("The same, to be changed before it is signed.")),
}
_NAMES: Mapping[str, str] = {
    MESSAGE: L_("E-mail with everything attached"),
    LETTER_PDF: L_("Cover letter"),
    LETTER_DOCX: L_("Cover letter for a word processor"),
}
_CONTENT_TYPES = {
    "zip": "application/zip",
    "eml": "message/rfc822",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True)
class CheckLine:
    """One line of the check list, in words."""

    code: str
    label: str
    outcome: str
    text: str
    by_hand: bool
    ticked: bool


@blueprint.get("/submissions/<int(max=9999):year>/v<int(max=9999):number>/package")
@requires(Permission.BUILD_SUBMISSION)
def overview(year: int, number: int) -> str:
    """Show what can be fetched for a version, and what was looked at before it is sent."""
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside, reading() as work:
        package = packages.open_package(work, year, number, Path(aside), _profile())
    lines = [_line(found, sent=package.version.sent_at is not None) for found in package.findings]
    return render(
        "packages/overview.html",
        package=package,
        reasons=[problem_with_line(problem) for problem in package.problems],
        version=package.version,
        # What is open comes first: what is met is only there so that everything is said.
        computed=sorted((line for line in lines if not line.by_hand), key=lambda line: line.outcome == Outcome.MET),
        by_hand=[line for line in lines if line.by_hand],
        open_lines=sum(line.outcome != Outcome.MET for line in lines),
        files=[_file(package, name) for name in package.names],
        check_url=_url("packages.check", package),
    )


def _profile() -> str:
    return clean(request.args.get("profile", ""))


def _url(endpoint: str, package: PackageView, **values: str) -> str:
    version = package.version
    return url(endpoint, year=version.year, number=version.number, profile=_profile() or None, **values)


def _file(package: PackageView, name: str) -> dict[str, str]:
    suffix = name.rpartition(".")[2]
    kind, about = _ABOUT[suffix]
    label = str(_NAMES.get(name) or _("The whole package"))
    return {"label": label, "url": _url("packages.download", package, name=name), "kind": kind, "note": str(about)}


# --- the check list ----------------------------------------------------------------------------------------


def _line(found: Finding, *, sent: bool) -> CheckLine:
    late = sent and found.check is Check.DEADLINE
    text = _ticked(found) if found.check in BY_HAND else (_how_late(found) if late else _why(found))
    return CheckLine(
        code=found.check.value,
        label=_("It was sent before the deadline") if late else str(LOOKED_AT[found.check]),
        outcome=found.outcome.value,
        text=text,
        by_hand=found.check in BY_HAND,
        ticked=found.tick is not None,
    )


def _ticked(found: Finding) -> str:
    if found.tick is None:
        return ""
    when = format_datetime(found.tick.at, site_settings().time_zone)
    said = _("%(name)s, %(when)s", name=found.tick.by, when=when) if found.tick.by else when
    if found.outcome is Outcome.NOT_MET:
        return _("%(said)s. The same person built it: a second pair of eyes sees more.", said=said)
    return said


def _how_late(found: Finding) -> str:
    """Say by how many days a version that was sent came after the deadline."""
    if found.outcome is Outcome.MET:
        return ""
    return ngettext(
        "It was sent %(shown)s day after the deadline.",
        "It was sent %(shown)s days after the deadline.",
        found.number,
        shown=format_number(found.number),
    )


def _why(found: Finding) -> str:
    """Say what to do about a line that is not met."""
    if found.outcome is Outcome.MET:
        return ""
    if found.outcome is Outcome.UNCLEAR:
        return str(_UNCLEAR.get(found.check, ""))
    counted = _COUNTED.get(found.check)
    return counted(found.number) if counted else str(_NOT_MET.get(found.check, ""))


_UNCLEAR: Mapping[Check, str] = {
    Check.UNCHANGED: L_(
        "So large a version is not compared here, or nothing can be built with its profile now. The page of the "
        "submissions says which."
    ),
    Check.INDICATORS: L_("So large a version is not looked through here, or its profile has no such column."),
    Check.SIGNATURE: L_("The files are not there any more."),
    Check.SIZE: L_("The files are not there any more."),
}
_NOT_MET: Mapping[Check, str] = {
    Check.LATEST: L_("There is a newer one. Send that."),
    Check.RECIPIENT: L_("The profile names no e-mail address: write it in your mail program."),
    Check.CONTACT: L_(
        "ODIHR does not know whom to ask. Whoever looks after the server sets it with “coalition settings set "
        "--contact” and the address."
    ),
    Check.SIGNATURE: L_("They are not as they were signed. Do not send them; tell whoever looks after the server."),
    Check.PDF: L_("The library Pango is missing on this server. The letter goes along as DOCX."),
    Check.SIZE: L_("Many mail servers refuse so large a message. Ask ODIHR where to put the files."),
}
_COUNTED: Mapping[Check, Callable[[int], str]] = {
    Check.UNCHANGED: lambda count: ngettext(
        "%(shown)s incident would be added, removed or changed. Build a revision, or send it as it is.",
        "%(shown)s incidents would be added, removed or changed. Build a revision, or send it as it is.",
        count,
        shown=format_number(count),
    ),
    Check.CORRECTIONS: lambda count: ngettext(
        "%(shown)s waits on the page of the submissions.",
        "%(shown)s wait on the page of the submissions.",
        count,
        shown=format_number(count),
    ),
    Check.DECIDED: lambda count: ngettext(
        "%(shown)s record waits. What is not decided is not in the files.",
        "%(shown)s records wait. What is not decided is not in the files.",
        count,
        shown=format_number(count),
    ),
    Check.DEADLINE: lambda count: ngettext(
        "It passed %(shown)s day ago. Ask ODIHR before you send.",
        "It passed %(shown)s days ago. Ask ODIHR before you send.",
        count,
        shown=format_number(count),
    ),
    Check.MEMBERS: lambda count: ngettext(
        "%(shown)s member has no sentence about itself in the language of the letter. An administrator adds it.",
        "%(shown)s members have no sentence about themselves in the language of the letter. An administrator adds it.",
        count,
        shown=format_number(count),
    ),
    Check.INDICATORS: lambda count: ngettext(
        "%(shown)s has none. ODIHR asks for indications of the bias.",
        "%(shown)s have none. ODIHR asks for indications of the bias.",
        count,
        shown=format_number(count),
    ),
}


@blueprint.post("/submissions/<int(max=9999):year>/v<int(max=9999):number>/package/checks")
@requires(Permission.BUILD_SUBMISSION)
def check(year: int, number: int) -> BaseResponse:
    """Note that somebody looked at something, or take that back."""
    done, undone = request.form.get("done", ""), request.form.get("undone", "")
    act = packages.tick if done else packages.untick
    try:
        with unit_of_work() as work:
            act(work, year, number, done or undone, _profile())
    except NotAllowedNow:
        flash(_("This version was sent meanwhile: its check list stays as it was then."), "error")
    return redirect(
        url("packages.overview", year=year, number=number, profile=_profile() or None, _anchor="checks"), 303
    )


# --- fetching ----------------------------------------------------------------------------------------------


@blueprint.get("/submissions/<int(max=9999):year>/v<int(max=9999):number>/package/<name>")
@requires(Permission.BUILD_SUBMISSION, recently=True)
def download(year: int, number: int, name: str) -> BaseResponse:
    """Hand out the letter, the e-mail or the whole package; who took it is kept."""
    suffix = name.rpartition(".")[2]
    if suffix not in _CONTENT_TYPES:
        abort(404)
    try:
        # Only read: a letter takes a second to set, and a unit of work would hold SQLite's lock all the while.
        with reading() as work:
            content = packages.make(work, year, number, name, _profile())
    except PdfUnavailable:
        flash(_("This server cannot make PDF files. Its administrator has to install the library Pango."), "error")
        return _back(year, number)
    except BrokenProfile as broken:
        flash(refusal(broken), "error")
        return _back(year, number)
    except NotAllowedNow:
        flash(_("This version holds a record that may not leave any more. Build a revision."), "error")
        return _back(year, number)
    response = Response(content, content_type=_CONTENT_TYPES[suffix])
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(year: int, number: int) -> BaseResponse:
    return redirect(url("packages.overview", year=year, number=number, profile=_profile() or None), 303)

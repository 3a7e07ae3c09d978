"""The calendar: what comes, as a page and as files for calendar programs, and the pages on which it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.calendar import Event, write_calendar
from coalition.domain.access import Permission
from coalition.domain.cycle import Known, Milestone, Reach, Span
from coalition.i18n import _, current_language, format_date
from coalition.i18n.cycle import NAMES, about, known_in_words, title_of
from coalition.services import calendar
from coalition.services.calendar import Entry
from coalition.web.access import may, public, reading, requires, runtime, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.calendar import DateForm, MoveForm
from coalition.web.locale import site_settings, url

blueprint = Blueprint("calendar", __name__)
CALENDAR = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Line:
    """One date, as the page shows it."""

    when: str
    title: str
    about: str
    reach: Reach
    set: bool
    """Whether a person set what ODIHR's cycle says of this year."""
    change_url: str
    """Where it is changed; empty for whoever may not."""
    year: int | None
    """The data year of a part of ODIHR's cycle."""


@blueprint.get("/calendar")
@public
def overview() -> str:
    """Show what comes; whoever belongs to the coalition also sees what is for members only."""
    with reading() as work:
        entries = calendar.coming(work)
        today = work.today
    return render(
        "calendar/overview.html",
        lines=[_line(entry) for entry in entries],
        own=any(entry.own for entry in entries),
        now=[entry.key for entry in entries if entry.when.first <= today],
        feed=_address("calendar.feed"),
        inside=may(Permission.READ_CALENDAR),
        may_keep=may(Permission.KEEP_CALENDAR),
    )


def _line(entry: Entry) -> Line:
    keeps = may(Permission.KEEP_CALENDAR)
    if entry.planned is not None:
        part = entry.planned
        address = url("calendar.ask_part", year=part.year, part=part.milestone.value) if keeps else ""
        known = part.known is Known.SET
        return Line(_when(entry.when), title_of(part), about(part), Reach.EVERYBODY, known, address, part.year)
    own = entry.own
    if own is None:
        raise ValueError("an entry is a part of the cycle or an own date")
    address = url("calendar.edit", reference=own.reference) if keeps else ""
    return Line(_when(entry.when), own.title, "", own.reach, False, address, None)  # noqa: FBT003 - a field


def _when(when: Span) -> str:
    if when.days == 1:
        return format_date(when.first)
    return _("%(first)s to %(last)s", first=format_date(when.first), last=format_date(when.last))


# --- for calendar programs ---------------------------------------------------------------------------------


@blueprint.get("/calendar.ics")
@public
def feed() -> Response:
    """Give calendar programs what is for everybody; the address holds no secret and never changes."""
    with reading() as work:
        entries = calendar.public_entries(work)
    response = _file(_("%(coalition)s: dates", coalition=_coalition()), entries)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/calendar/members.ics")
@requires(Permission.READ_CALENDAR)
def members_file() -> Response:
    """Hand out all dates once, as a file: an address that needs no sign-in would be a secret that travels."""
    with reading() as work:
        entries = calendar.all_entries(work)
    response = _file(_("%(coalition)s: dates for members", coalition=_coalition()), entries)
    response.headers["Content-Disposition"] = 'attachment; filename="calendar.ics"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _coalition() -> str:
    return site_settings().name_in(current_language())


def _file(name: str, entries: Iterable[Entry]) -> Response:
    host = urlsplit(runtime().config.address).hostname or "coalition"
    language = current_language()
    return Response(write_calendar(name, language, (_event(entry, host) for entry in entries)), content_type=CALENDAR)


def _event(entry: Entry, host: str) -> Event:
    line = _line(entry)
    return Event(
        uid=f"{entry.key}@{host}",
        first=entry.when.first,
        last=entry.when.last,
        summary=line.title,
        description=line.about,
        changed_at=entry.changed_at,
        revision=entry.revision,
    )


def _address(endpoint: str) -> str:
    """Return the whole address of a page, as a program elsewhere needs it."""
    own = runtime().config.address or request.host_url
    return own.rstrip("/") + url(endpoint)


# --- keeping it --------------------------------------------------------------------------------------------


@blueprint.get("/calendar/dates/new")
@requires(Permission.KEEP_CALENDAR)
def new() -> str:
    """Show the form for a date of the coalition's own."""
    return render("calendar/date.html", form=DateForm.showing(), reference="")


@blueprint.post("/calendar/dates/new")
@requires(Permission.KEEP_CALENDAR)
def add() -> BaseResponse | tuple[str, int]:
    """Add a date of the coalition's own."""
    form = DateForm()
    if not form.is_answered():
        return render("calendar/date.html", form=form, reference=""), form.status
    with unit_of_work() as work:
        calendar.add_date(work, form.title.data or "", form.span, form.reach.data)
    flash(_("The date is in the calendar."), "success")
    return redirect(url("calendar.overview"), 303)


@blueprint.get("/calendar/dates/<reference>")
@requires(Permission.KEEP_CALENDAR)
def edit(reference: str) -> str:
    """Show the form of a date that is there."""
    with reading() as work:
        item = calendar.own_date(work, reference)
    return render("calendar/date.html", form=DateForm.showing(item), reference=item.reference)


@blueprint.post("/calendar/dates/<reference>")
@requires(Permission.KEEP_CALENDAR)
def change(reference: str) -> BaseResponse | tuple[str, int]:
    """Change a date of the coalition's own."""
    form = DateForm()
    with reading() as work:
        item = calendar.own_date(work, reference)
    if not form.is_answered():
        return render("calendar/date.html", form=form, reference=item.reference), form.status
    with unit_of_work() as work:
        calendar.change_date(work, reference, form.title.data or "", form.span, form.reach.data)
    flash(_("Saved."), "success")
    return redirect(url("calendar.overview"), 303)


@blueprint.post("/calendar/dates/<reference>/remove")
@requires(Permission.KEEP_CALENDAR)
def remove(reference: str) -> BaseResponse:
    """Remove a date of the coalition's own."""
    with unit_of_work() as work:
        calendar.remove_date(work, reference)
    flash(_("The date is removed."), "success")
    return redirect(url("calendar.overview"), 303)


@blueprint.get("/calendar/cycle/<int(max=9999):year>/<part>")
@requires(Permission.KEEP_CALENDAR)
def ask_part(year: int, part: str) -> str:
    """Show the form of one part of a data year's cycle."""
    return _part_page(year, part, None)


@blueprint.post("/calendar/cycle/<int(max=9999):year>/<part>")
@requires(Permission.KEEP_CALENDAR)
def set_part(year: int, part: str) -> BaseResponse | tuple[str, int]:
    """Set one part of a data year's cycle: ODIHR moved it, or named the day."""
    form = MoveForm()
    if not form.is_answered():
        return _part_page(year, part, form), form.status
    with unit_of_work() as work:
        calendar.set_part(work, year, part, form.span)
    flash(_("Saved. Everything that counts the days uses the new date."), "success")
    return redirect(url("calendar.overview"), 303)


@blueprint.post("/calendar/cycle/<int(max=9999):year>/<part>/usual")
@requires(Permission.KEEP_CALENDAR)
def let_usual_hold(year: int, part: str) -> BaseResponse:
    """Let the usual date hold again."""
    with unit_of_work() as work:
        calendar.let_usual_hold(work, year, part)
    flash(_("The usual date holds again."), "success")
    return redirect(url("calendar.overview"), 303)


def _part_page(year: int, part: str, form: MoveForm | None) -> str:
    with reading() as work:
        item = calendar.part_of_cycle(work, year, part)
    return render(
        "calendar/part.html",
        form=form or MoveForm.showing(item.when),
        item=item,
        name=str(NAMES[Milestone(item.milestone)]),
        known=known_in_words(item),
        is_set=item.known is Known.SET,
    )

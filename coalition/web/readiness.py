"""The readiness board: how far a data year is on its way into the submission, and what stands in its way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.filters import UNKNOWN, ListPage
from coalition.domain.readiness import Standing, Tally
from coalition.domain.vocabulary import State
from coalition.i18n import _, format_list, labels, month_name, name_of, ngettext
from coalition.i18n.readiness import in_the_way
from coalition.services import readiness, reminders
from coalition.services.readiness import Board, MemberLine
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import clean
from coalition.web.locale import url
from coalition.web.narrowing import ENDPOINTS
from coalition.web.query import year_asked

blueprint = Blueprint("readiness", __name__)

EVERYBODY = "*"
"""Instead of a member's code: all that have something open."""
Count = Callable[[Tally], int]


@dataclass(frozen=True)
class Column:
    """One column of the board, and the list that a number of it leads to."""

    label: str
    count: Count
    parts: dict[str, str]
    """What the address of the list says, beside year, month and member."""


@dataclass(frozen=True)
class Number:
    """One number of the board."""

    count: int
    url: str
    words: str
    """What is behind the link, for whoever hears it without the table."""


@dataclass(frozen=True)
class Row:
    """One line of a table of the board."""

    name: str
    url: str
    numbers: tuple[Number, ...]
    member: MemberLine | None = None


def _columns(board: Board) -> tuple[Column, ...]:
    """Return the columns in the order of the work; a state is named in the address only where the list needs it."""
    shown = [
        Column(_("Ready"), lambda tally: tally.ready, {"readiness": Standing.READY}),
        Column(_("Waiting"), lambda tally: tally.submitted, {"state": State.SUBMITTED}),
        Column(_("In review"), lambda tally: tally.in_review, {"state": State.IN_REVIEW}),
        Column(_("Open question"), lambda tally: tally.questions, {"question": "1"}),
        Column(_("Something missing"), lambda tally: tally.incomplete, {"readiness": Standing.INCOMPLETE}),
        Column(_("Consent missing"), lambda tally: tally.unconsented, {"readiness": Standing.NO_CONSENT}),
    ]
    if board.for_member:
        drafts = Column(_("Drafts"), lambda tally: tally.drafts, {"state": State.DRAFT})
        return (shown[0], drafts, *shown[1:])
    return (*shown, Column(_("Perhaps the same"), lambda tally: tally.alike, {"readiness": Standing.ALIKE}))


@blueprint.get("/readiness")
@requires(Permission.SEE_READINESS)
def board() -> str:
    """Show how ready a data year is."""
    with reading() as work:
        found = readiness.open_board(work, year_asked(), request.args.get("member", ""))
    columns = _columns(found)
    chosen = next((line for line in found.members if line.code == found.member), None)
    return render(
        "readiness/board.html",
        board=found,
        chosen=chosen,
        sentence=in_the_way(found.total),
        columns=columns,
        members=[_member_row(found, line, columns) for line in found.members],
        everybody=EVERYBODY,
        months=[
            _row(found, _month_name(line.month), line.tally, columns, found.member, _month_code(line.month))
            for line in found.months
        ],
        empty_months=_in_a_list(found.empty_months),
        whole=_row(found, _("Together"), found.total, columns, ""),
        together=_row(found, _("Together"), found.chosen, columns, found.member),
        lacks=[
            (
                labels.label("readiness", lack),
                number,
                _list_url(found, found.member, "", {"readiness": lack.value}),
            )
            for lack, number in found.lacks
        ],
    )


def _member_row(found: Board, line: MemberLine, columns: tuple[Column, ...]) -> Row:
    row = _row(found, name_of(line.name), line.tally, columns, line.code)
    return Row(row.name, url("readiness.board", year=found.year, member=line.code), row.numbers, line)


def _row(  # noqa: PLR0913, PLR0917 - what makes a line of a table
    found: Board, name: str, tally: Tally, columns: tuple[Column, ...], member: str, month: str = ""
) -> Row:
    numbers = tuple(
        Number(
            column.count(tally),
            _list_url(found, member, month, column.parts),
            _("%(row)s, %(column)s", row=name, column=column.label),
        )
        for column in columns
    )
    return Row(name, "", numbers)


def _list_url(found: Board, member: str, month: str, parts: dict[str, str]) -> str:
    """Return the list whose records a number counts."""
    said = {"year": str(found.year), "month": month, **parts}
    if found.for_member:
        return url(ENDPOINTS[ListPage.INCIDENTS], **_without_empty(said))
    # The queue begins with what waits unless a state is named.
    return url(ENDPOINTS[ListPage.REVIEWS], **_without_empty({"state": "all", "organisation": member, **said}))


def _without_empty(parts: dict[str, str]) -> dict[str, str]:
    return {name: str(text) for name, text in parts.items() if text}


def _month_code(month: int | None) -> str:
    return str(month) if month else UNKNOWN


def _in_a_list(months: Iterable[int]) -> str:
    return format_list([month_name(month) for month in months])


def _month_name(month: int | None) -> str:
    return month_name(month) if month else _("Month not known")


@blueprint.post("/readiness/<int(max=9999):year>/remind")
@requires(Permission.REMIND_MEMBERS)
def remind(year: int) -> Response:
    """Remind one member of a data year, or all that have something open."""
    member = clean(request.form.get("member", ""))
    with unit_of_work() as work:
        told = readiness.remind_all(work, year) if member == EVERYBODY else reminders.remind(work, year, (member,))
    if told:
        flash(ngettext("%(num)s member is reminded.", "%(num)s members are reminded.", told), "success")
    else:
        flash(_("Nobody was reminded now: one reminder a day is enough."), "info")
    return redirect(url("readiness.board", year=year), 303)

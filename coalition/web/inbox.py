"""The inbox: what waits for the reader, and when they are told of it by e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.notices import NoticeKind
from coalition.domain.reviews import UNDECIDED
from coalition.domain.vocabulary import State
from coalition.i18n import L_, _
from coalition.services import mails, notices, queries
from coalition.services.notices import Inbox, NoticeView
from coalition.services.reminders import ReminderView
from coalition.web.access import may, reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.messages import MailForm
from coalition.web.locale import url
from coalition.web.query import page_asked

blueprint = Blueprint("inbox", __name__)

_WORDS: Mapping[NoticeKind, str] = {
    NoticeKind.QUESTION: L_("A question waits for your answer"),
    NoticeKind.DECISION: L_("The coalition has decided"),
    NoticeKind.COMMENT: L_("Somebody wrote a comment"),
    NoticeKind.LINKED: L_("It is counted together with another record"),
    NoticeKind.SUBMITTED: L_("Waits for a reviewer"),
    NoticeKind.ANSWER: L_("An answer came"),
    NoticeKind.ASSIGNED: L_("You are to review it"),
    NoticeKind.PROPOSAL: L_("A proposed decision waits for a second person"),
    NoticeKind.OVERDUE: L_("It should have been decided by now"),
}
_IN_CONVERSATION = frozenset({NoticeKind.QUESTION, NoticeKind.COMMENT, NoticeKind.ANSWER})


@dataclass(frozen=True)
class NoticeLine:
    """One thing that waits, as the page shows it."""

    notice: NoticeView
    text: str
    url: str

    @property
    def reference(self) -> str:
        """Names what waits."""
        return self.notice.reference

    @property
    def about(self) -> str:
        """What it is about, as a code: the record's reference."""
        return self.notice.incident


@dataclass(frozen=True)
class ReminderLine:
    """A reminder of a data year, as the page shows it."""

    reminder: ReminderView
    text: str
    url: str

    @property
    def reference(self) -> str:
        """Names what waits."""
        return self.reminder.reference

    @property
    def about(self) -> str:
        """What it is about: the data year."""
        return str(self.reminder.year)


@blueprint.get("/inbox")
@requires(Permission.READ_INBOX)
def overview() -> str:
    """Show what waits, the newest first, and offer to take up again what was just put aside."""
    with reading() as work:
        inbox = notices.open_inbox(work, page_asked())
        aside = request.args.get("aside", "")
        put_aside = notices.just_put_aside(work, aside) if aside else None
        asked = queries.waiting(work) if may(Permission.BUILD_SUBMISSION) and inbox.number == 1 else 0
    return render(
        "inbox/overview.html",
        inbox=inbox,
        questions=asked,
        lines=[_line(item) for item in inbox.notices],
        reminders=[_reminder_line(item) for item in inbox.reminders] if inbox.number == 1 else [],
        put_aside=_any_line(put_aside) if put_aside else None,
        previous_url=_page_url(inbox, -1),
        next_url=_page_url(inbox, 1),
    )


def _line(item: NoticeView) -> NoticeLine:
    endpoint = "incidents.detail" if item.for_member else "reviews.review"
    anchor = "#conversation" if item.kind in _IN_CONVERSATION else ""
    return NoticeLine(item, _words(item), url(endpoint, reference=item.incident) + anchor)


def _any_line(item: NoticeView | ReminderView) -> NoticeLine | ReminderLine:
    return _reminder_line(item) if isinstance(item, ReminderView) else _line(item)


def _reminder_line(item: ReminderView) -> ReminderLine:
    """Return a reminder with the way to what is open: a lead's board, or the list of whoever sees no board."""
    board = may(Permission.SEE_READINESS)
    address = url("readiness.board", year=item.year) if board else url("incidents.list_all", year=item.year)
    return ReminderLine(item, _("The coalition reminds you: data year %(year)s", year=item.year), address)


def _words(item: NoticeView) -> str:
    if item.kind is NoticeKind.DECISION and item.state in {*UNDECIDED, State.RETURNED}:
        return _("The coalition took its decision back")
    return str(_WORDS[item.kind])


def _page_url(inbox: Inbox, step: int) -> str | None:
    number = inbox.number + step
    return url("inbox.overview", page=number) if 1 <= number <= inbox.pages else None


@blueprint.post("/inbox/<reference>/aside")
@requires(Permission.READ_INBOX)
def put_aside(reference: str) -> Response:
    """Put something aside, for everybody of the team."""
    with unit_of_work() as work:
        notices.put_aside(work, reference)
    return redirect(url("inbox.overview", aside=reference), 303)


@blueprint.post("/inbox/<reference>/again")
@requires(Permission.READ_INBOX)
def take_up(reference: str) -> Response:
    """Take up again what was put aside."""
    with unit_of_work() as work:
        notices.take_up(work, reference)
    flash(_("It waits again."), "success")
    return redirect(url("inbox.overview"), 303)


@blueprint.post("/account/mail")
@requires(Permission.READ_INBOX)
def choose_mail() -> Response:
    """Keep when the reader wants to be told by e-mail."""
    form = MailForm.of()
    if form.validate():
        with unit_of_work() as work:
            mails.choose(work, form.choice.data)
        flash(_("Saved."), "success")
    else:
        flash(_("Choose when you want to be told."), "error")
    return redirect(url("accounts.own"), 303)

"""The conversation about a record: a page that shows what was said and takes what is said next."""

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow
from coalition.domain.messages import Draft
from coalition.i18n import _
from coalition.services import messages
from coalition.services.incident_views import IncidentView
from coalition.web.access import may, reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.messages import MessageForm
from coalition.web.locale import site_settings, url
from coalition.web.threads import thread_of

blueprint = Blueprint("messages", __name__)

_GONE = 409


def _record(view: IncidentView) -> str:
    """Return the address of the record's page as its reader opens it."""
    endpoint = "reviews.review" if may(Permission.REVIEW_QUEUE) else "incidents.detail"
    return url(endpoint, reference=view.reference)


@blueprint.get("/conversations/<reference>")
@requires(Permission.DISCUSS_INCIDENT)
def conversation(reference: str) -> str:
    """Show what was said about a record, the open questions first, and take what is said next."""
    return _page(reference, MessageForm(data={"kind": request.args.get("kind", "")}))


@blueprint.post("/conversations/<reference>")
@requires(Permission.DISCUSS_INCIDENT)
def send(reference: str) -> str | Response | tuple[str, int]:
    """Keep a message; whoever may have written a name is asked once to look again."""
    form = MessageForm()
    if not form.validate():
        return _page(reference, form), INVALID
    draft = form.draft
    if draft is None:
        add_error(form.kind, _("Choose what it is"))
        return _page(reference, form), INVALID
    if form.to_look_at:
        return _page(reference, form, named=form.named)
    return _say(reference, form, draft)


def _say(reference: str, form: MessageForm, draft: Draft) -> str | Response | tuple[str, int]:
    try:
        with unit_of_work() as work:
            messages.say(work, reference, draft)
    except NotAllowedNow:
        return _page(reference, form, refused=True), _GONE
    flash(_("It is sent."), "success")
    with reading() as work:
        view = messages.outline_conversation(work, reference)
    return redirect(f"{_record(view)}#conversation", 303)


def _page(reference: str, form: MessageForm, *, named: tuple[str, ...] = (), refused: bool = False) -> str:
    with reading() as work:
        view = messages.open_conversation(work, reference)
    thread = thread_of(view)
    form.offer(thread, site_settings().time_zone)
    return render(
        "messages/conversation.html",
        form=form,
        thread=thread,
        incident=view,
        record_url=_record(view),
        named=named,
        refused=refused or (not thread.may_write and bool(form.text.data)),
    )

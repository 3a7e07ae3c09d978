"""Keeping and erasing: the lock, the list of what is due, and an erasure that takes two people."""

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import AlreadyExists, Held, NotAllowedNow, NotApproved, UnknownCode
from coalition.i18n import _
from coalition.services import erasures, incidents, retention
from coalition.services.retention import ReviewPage
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.erasures import EraseForm, HoldForm, KeepForm
from coalition.web.locale import url
from coalition.web.query import page_asked

blueprint = Blueprint("erasures", __name__)


def _incident(reference: str) -> Response:
    return redirect(url("incidents.detail", reference=reference), 303)


def _named(reference: str) -> str:
    """Return the reference as it is stored, if the reader may know of the record."""
    with reading() as work:
        return incidents.outline_incident(work, reference).reference


@blueprint.get("/incidents/<reference>/lock")
@requires(Permission.HOLD_INCIDENT)
def ask_hold(reference: str) -> str:
    """Ask why a record is locked."""
    return render("erasures/hold.html", form=HoldForm.offered(), reference=_named(reference))


@blueprint.post("/incidents/<reference>/lock")
@requires(Permission.HOLD_INCIDENT)
def hold(reference: str) -> Response | tuple[str, int]:
    """Lock a record against being erased."""
    form = HoldForm.offered()
    if not form.validate():
        return render("erasures/hold.html", form=form, reference=_named(reference)), INVALID
    try:
        with unit_of_work() as work:
            erasures.hold_incident(work, reference, form.chosen)
    except Held:
        flash(_("The incident is locked already."), "error")
    else:
        flash(_("The incident is locked. Nobody can erase it until the lead lifts the lock."), "success")
    return _incident(reference)


@blueprint.post("/incidents/<reference>/lock/lift")
@requires(Permission.LIFT_HOLD)
def lift(reference: str) -> Response:
    """Take the lock away."""
    try:
        with unit_of_work() as work:
            erasures.lift_hold(work, reference)
    except NotAllowedNow:
        flash(_("The incident is not locked."), "error")
    else:
        flash(_("The lock is lifted. The incident can be erased again."), "success")
    return _incident(reference)


@blueprint.get("/incidents/<reference>/erase")
@requires(Permission.ASK_ERASURE)
def ask(reference: str) -> str:
    """Tell what erasing means, and ask why."""
    return render("erasures/ask.html", form=EraseForm.offered(), reference=_named(reference))


@blueprint.post("/incidents/<reference>/erase")
@requires(Permission.ASK_ERASURE, recently=True)
def request_erasure(reference: str) -> Response | tuple[str, int]:
    """Ask for the erasure; a second person confirms it."""
    form = EraseForm.offered()
    if not form.validate():
        return render("erasures/ask.html", form=form, reference=_named(reference)), INVALID
    try:
        with unit_of_work() as work:
            erasures.ask_erasure(work, reference, form.chosen)
    except AlreadyExists:
        flash(_("Somebody has asked for it already; it waits for a second person."), "error")
    else:
        flash(_("The erasure waits for a second person, for 14 days. Nothing is erased yet."), "success")
    return _incident(reference)


@blueprint.get("/erasures")
@requires(Permission.LIST_ERASURES)
def list_all() -> str:
    """Show what waits for a second person."""
    with reading() as work:
        waiting = erasures.waiting_erasures(work)
    return render("erasures/list.html", waiting=waiting)


@blueprint.get("/erasures/<reference>")
@requires(Permission.CONFIRM_ERASURE)
def detail(reference: str) -> str:
    """Show one wish: the reference of the record, who asked and why; nothing of the record."""
    with reading() as work:
        wish = erasures.read_erasure(work, reference)
    return render("erasures/confirm.html", wish=wish)


@blueprint.post("/erasures/<reference>")
@requires(Permission.CONFIRM_ERASURE, recently=True)
def confirm(reference: str) -> Response:
    """Be the second person: erase the record for good."""
    try:
        with unit_of_work() as work:
            erased = erasures.confirm_erasure(work, reference)
    except Held:
        flash(_("The incident was locked meanwhile. Nothing was erased."), "error")
    except NotApproved as refusal:
        flash(_refused(refusal.reason), "error")
    else:
        flash(_("Incident %(reference)s is erased.", reference=erased), "success")
    return redirect(url("erasures.list_all"), 303)


def _refused(reason: str) -> str:
    told = {
        "same_person": _("Somebody else has to confirm it: it takes two people."),
        "no_lead": _("One of the two has to be the organisation’s lead."),
        "inactive": _("The access of the person who asked is stopped. Somebody else has to ask again."),
        "expired": _("It was asked for more than 14 days ago. Ask again, then somebody can confirm it."),
    }
    return told.get(reason, _("You two cannot confirm this together."))


@blueprint.post("/erasures/<reference>/take-back")
@requires(Permission.CONFIRM_ERASURE)
def take_back(reference: str) -> Response:
    """Take a wish back."""
    with unit_of_work() as work:
        erasures.take_back_erasure(work, reference)
    flash(_("The request is taken back. The incident stays."), "success")
    return redirect(url("erasures.list_all"), 303)


@blueprint.get("/due")
@requires(Permission.REVIEW_RETENTION)
def due() -> str:
    """Show which records have been kept long enough to look at them again."""
    with reading() as work:
        page = retention.due_for_review(work, page_asked())
    return render("erasures/due.html", page=page, previous_url=_due_url(page, -1), next_url=_due_url(page, 1))


def _due_url(page: ReviewPage, step: int) -> str | None:
    number = page.number + step
    return url("erasures.due", page=number) if 1 <= number <= page.pages else None


def _keep_form() -> KeepForm:
    with reading() as work:
        return KeepForm.proposing(retention.proposed_day(work))


@blueprint.get("/incidents/<reference>/keep")
@requires(Permission.REVIEW_RETENTION)
def ask_keep(reference: str) -> str:
    """Ask why a record is kept, and when somebody looks at it again."""
    return render("erasures/keep.html", form=_keep_form(), reference=_named(reference))


@blueprint.post("/incidents/<reference>/keep")
@requires(Permission.REVIEW_RETENTION)
def keep(reference: str) -> Response | tuple[str, int]:
    """Keep a record that was due."""
    named, form = _named(reference), _keep_form()
    day = form.day() if form.validate() else None
    if day is None:
        return render("erasures/keep.html", form=form, reference=named), INVALID
    try:
        with unit_of_work() as work:
            retention.keep_record(work, reference, day, form.chosen)
    except UnknownCode:
        form.refuse_day()
        return render("erasures/keep.html", form=form, reference=named), INVALID
    except NotAllowedNow:
        flash(_("The incident is not due any more."), "error")
    else:
        flash(_("Incident %(reference)s is kept.", reference=named), "success")
    return redirect(url("erasures.due"), 303)

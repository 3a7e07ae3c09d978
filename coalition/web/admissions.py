"""People who wait to be confirmed: look at who asks for whom and for what, confirm or refuse."""

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import NotApproved
from coalition.i18n import _
from coalition.services import admissions
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.locale import url

blueprint = Blueprint("admissions", __name__)


def _back() -> Response:
    return redirect(url("accounts.own"))


def _not_by_you() -> Response:
    flash(_("You cannot decide about this person. It takes somebody else."), "error")
    return _back()


@blueprint.get("/account/people/<reference>")
@requires(Permission.ADMIT_PEOPLE)
def detail(reference: str) -> str:
    """Show who waits, for which role, and who asks."""
    with reading() as work:
        wish = admissions.read(work, reference)
    return render("admissions/detail.html", wish=wish)


@blueprint.post("/account/people/<reference>/confirm")
@requires(Permission.ADMIT_PEOPLE, recently=True)
def confirm(reference: str) -> Response:
    """Stand for a person."""
    try:
        with unit_of_work() as work:
            is_new = admissions.confirm(work, reference)
    except NotApproved:
        return _not_by_you()
    flash(
        _("Confirmed. The one-time link of this person opens from now on.")
        if is_new
        else _("Confirmed. The new role holds from now on, and the person signs in again."),
        "success",
    )
    return _back()


@blueprint.post("/account/people/<reference>/refuse")
@requires(Permission.ADMIT_PEOPLE, recently=True)
def refuse(reference: str) -> Response:
    """Say that a person, or a role, is not right."""
    try:
        with unit_of_work() as work:
            admissions.refuse(work, reference)
    except NotApproved:
        return _not_by_you()
    flash(_("Refused. Nothing opens. Tell the administrator why."), "success")
    return _back()


@blueprint.post("/account/people/<reference>/withdraw")
@requires(Permission.ADMIT_PEOPLE)
def withdraw(reference: str) -> Response:
    """Take back one's own request."""
    with unit_of_work() as work:
        admissions.withdraw(work, reference)
    flash(_("The request is taken back."), "success")
    return _back()

"""A one-time link: opening it uses nothing up, the address is cleaned, and a password is chosen."""

from flask import Blueprint, redirect, session
from werkzeug.wrappers import Response

from coalition.domain.authentication import Stage
from coalition.domain.errors import WeakPassword
from coalition.services import invitations
from coalition.services.account_views import AccountView
from coalition.services.invitations import LinkIsOver, LinkWaits
from coalition.services.work import NOBODY
from coalition.services.work import reading as _reading
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web.access import drop_session, public, runtime
from coalition.web.contexts import render
from coalition.web.entering import WEAKNESSES, arrive, begin_session, tell, unkept
from coalition.web.forms.base import add_error
from coalition.web.forms.sign_in import LinkForm
from coalition.web.locale import url

blueprint = Blueprint("invitations", __name__)

_KEPT = "invitation"
_OVER = 410


@blueprint.get("/invitation/<token>")
@public
def open_link(token: str) -> Response:
    """Take the token out of the address. Whoever only previews the link uses nothing up."""
    session[_KEPT] = token
    return unkept(redirect(url("invitations.accept")))


@blueprint.route("/invitation", methods=["GET", "POST"])
@public
def accept() -> Response | tuple[str, int]:
    """Choose a password, and be signed in; whom nobody has confirmed yet is told so."""
    token = str(session.get(_KEPT, ""))
    form = LinkForm()
    try:
        with _reading(runtime(), NOBODY) as work:
            person = invitations.open_link(work, token)
        if form.validate_on_submit():
            return _accept(form, token)
    except LinkWaits:
        # The link stays in the cookie: whoever loads the page again once they are confirmed goes on.
        return render("invitations/waits.html"), 200
    except LinkIsOver:
        session.pop(_KEPT, None)
        return render("invitations/over.html"), _OVER
    except WeakPassword as error:
        add_error(form.new, str(WEAKNESSES[error.reason]))
    return render("invitations/accept.html", form=form, person=person), form.status


def _accept(form: LinkForm, token: str) -> Response:
    with _unit_of_work(runtime(), NOBODY) as work:
        account = invitations.accept(work, token, form.new.data or "")
    drop_session()
    stage, notice = begin_session(account, "one_time_link")
    tell(notice)
    return _go_on(stage, account)


def _go_on(stage: Stage, account: AccountView) -> Response:
    if stage is Stage.SECOND_STEP:
        return redirect(url("sign_in.second_step"))
    return redirect(url("factors.list_own")) if stage is Stage.SET_UP else arrive(account, None)

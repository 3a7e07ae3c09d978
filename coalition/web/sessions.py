"""One's own sessions: where one is signed in, and ending it from here, after a fresh proof (OWASP ASVS 5.0, 7.5.2)."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.i18n import _, ngettext
from coalition.services import sessions
from coalition.services.sessions import SessionView
from coalition.web.access import current_session, reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.locale import url

blueprint = Blueprint("sessions", __name__)


@dataclass(frozen=True)
class SessionLine:
    """One session as the list shows it."""

    session: SessionView
    browser: str
    is_this: bool


def _browser(session: SessionView) -> str:
    family = session.browser or _("Unknown browser")
    return _("%(browser)s on %(system)s", browser=family, system=session.system) if session.system else family


def _own_id() -> str:
    present = current_session()
    return present.id if present else ""


@blueprint.get("/account/sessions")
@requires(Permission.OWN_ACCOUNT)
def list_own() -> str:
    """List where one is signed in."""
    with reading() as work:
        found = sessions.list_own(work)
    lines = [SessionLine(item, _browser(item), item.id == _own_id()) for item in found]
    return render("sessions/list.html", lines=lines)


@blueprint.post("/account/sessions/<reference>/end")
@requires(Permission.OWN_ACCOUNT, recently=True)
def end(reference: str) -> Response:
    """End one of one's sessions."""
    with unit_of_work() as work:
        sessions.end_own(work, reference)
    flash(_("That session has ended."), "success")
    return redirect(url("sessions.list_own"))


@blueprint.post("/account/sessions/end-others")
@requires(Permission.OWN_ACCOUNT, recently=True)
def end_others() -> Response:
    """End every session but this one."""
    with unit_of_work() as work:
        count = sessions.end_others(work, _own_id())
    flash(
        ngettext("%(count)s other session has ended.", "%(count)s other sessions have ended.", count, count=count),
        "success",
    )
    return redirect(url("sessions.list_own"))

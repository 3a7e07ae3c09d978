"""Who is asking, and whether a page lets them in: denied unless the view is marked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, flash, g, jsonify, redirect, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.wrappers import Response as BaseResponse

from coalition.domain.access import Actor, Permission, permits, require
from coalition.domain.authentication import SessionEnd, Stage, lasts_until
from coalition.i18n import L_
from coalition.services import sessions
from coalition.services.account_views import AccountView
from coalition.services.sessions import SEEN_EVERY, SessionOver, SessionView
from coalition.services.work import NOBODY, Runtime, Work
from coalition.services.work import reading as _reading
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web import keeping
from coalition.web.locale import url

View = TypeVar("View", bound=Callable[..., object])
PUBLIC = "public"
_MARK, _RECENTLY, _DURING = "access", "access_recently", "access_during"
_TOKEN = "_user_id"  # noqa: S105 - where Flask-Login keeps what `SignedIn.get_id` returns
_OVER = "over"
"""Where the cookie keeps the token of a session that is over: it opens nothing, and says whose form comes too late."""
_UNMARKED_BUT_OPEN = frozenset({"static"})
_KEEPS_NOBODY_AWAKE = frozenset({"static", "jobs.state", "importing.state", "published.state", "presence.state"})
"""What a page asks for by itself, without anybody being there."""
SIGNED_OUT = 401
JSON = "application/json"

WHY_OVER = {
    SessionEnd.IDLE: L_("You were signed out after 30 minutes of rest. Sign in to go on where you were."),
    SessionEnd.LONGEST: L_("You were signed out after 12 hours. Sign in to go on where you were."),
    SessionEnd.ENDED: L_("Your session has ended. Sign in to go on where you were."),
}
"""What somebody is told who finds their session over."""


class SignedIn(UserMixin):  # type: ignore[misc] # flask-login carries no types
    """A session as Flask-Login knows it: the cookie carries its token, never the account."""

    def __init__(self, token: str, session: SessionView) -> None:
        """Keep both."""
        self.token = token
        self.session = session

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    setattr(view, _MARK, PUBLIC)
    return view


def requires(
    permission: Permission, *, recently: bool = False, during: tuple[Stage, ...] = ()
) -> Callable[[View], View]:
    """Mark a view as needing a permission. Permissions about one record are checked again by the service.

    `recently`: whoever showed who they are more than ten minutes ago does so again first; what they sent is kept.
    `during`: also open to somebody whose sign-in has only come to this stage, and who reaches nothing else.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        setattr(view, _RECENTLY, recently)
        setattr(view, _DURING, frozenset(during))
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> str | Permission | None:
    """Return how a view is marked; None means that nobody gets in."""
    if endpoint in _UNMARKED_BUT_OPEN:
        return PUBLIC
    return getattr(app.view_functions[endpoint], _MARK, None)


def needs_recent_proof(app: Flask, endpoint: str) -> bool:
    """Tell whether a view asks for a fresh proof of who somebody is."""
    return getattr(app.view_functions[endpoint], _RECENTLY, False)


def _is_open_in(stage: Stage) -> bool:
    """Tell whether the view that is asked for opens at this stage of a sign-in."""
    view = current_app.view_functions.get(request.endpoint or "")
    return stage is Stage.OPEN or stage in getattr(view, _DURING, frozenset())


_LIST_BEHIND = {
    Permission.READ_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.AMEND_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.UNSEAL_IDENTITY: Permission.LIST_INCIDENTS,
    Permission.WITHDRAW_CONSENT: Permission.LIST_INCIDENTS,
    # Both are the lead's alone.
    Permission.SEE_READERS: Permission.REVIEW_RETENTION,
    Permission.COPY_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.PRINT_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.HOLD_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.LIFT_HOLD: Permission.REVIEW_RETENTION,
    Permission.ASK_ERASURE: Permission.LIST_INCIDENTS,
    Permission.CONFIRM_ERASURE: Permission.LIST_ERASURES,
    Permission.DISCUSS_INCIDENT: Permission.READ_INBOX,
    Permission.REVIEW_INCIDENT: Permission.REVIEW_QUEUE,
    Permission.DECIDE_INCIDENT: Permission.REVIEW_QUEUE,
    Permission.LINK_INCIDENTS: Permission.REVIEW_QUEUE,
}


def current_session() -> SessionView | None:
    """Return the session that the browser is in, however far its sign-in has come."""
    # Asked for by each link of the navigation: the proxy is followed once.
    user = current_user._get_current_object()  # noqa: SLF001 - what a proxy of Werkzeug's has for this
    return user.session if isinstance(user, SignedIn) else None


def current_account() -> AccountView | None:
    """Return who is signed in; whoever is only on the way, on the pages of that way."""
    present = current_session()
    return present.account if present and _is_open_in(present.stage) else None


def actor() -> Actor:
    """Return who acts in this request."""
    account = current_account()
    return account.actor if account else NOBODY


def may(permission: Permission) -> bool:
    """Tell whether whoever is signed in has a permission that is not about one record."""
    present = current_session()
    if present is None or present.stage is not Stage.OPEN:
        return False
    return permits(present.account.actor, _LIST_BEHIND.get(permission, permission))


def runtime() -> Runtime:
    """Return the runtime of the application."""
    return cast("Runtime", current_app.extensions["coalition"])


@contextmanager
def reading() -> Iterator[Work]:
    """Read on behalf of whoever is asking."""
    with _reading(runtime(), actor()) as work:
        yield work


@contextmanager
def reading_for(account: AccountView) -> Iterator[Work]:
    """Read on behalf of somebody whose sign-in may not be complete yet."""
    with _reading(runtime(), account.actor) as work:
        yield work


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """Change something on behalf of whoever is asking; the only commit of the request.

    Once the change is made, what was kept of the same form goes: it is saved.
    """
    with _unit_of_work(runtime(), actor()) as work:
        yield work
        keeping.saved(work)


def carry(token: str) -> None:
    """Have the browser carry the token of a session; whatever its cookie held before is gone."""
    present, form_token, over = current_session(), session.get("csrf_token"), session.get(_OVER) or session.get(_TOKEN)
    with _reading(runtime(), NOBODY) as work:
        following = sessions.resume(work, token)
        owner = sessions.owner_of(work, over) if over else None
    session.clear()
    proven = present and present.stage is Stage.OPEN and present.account.id == following.account.id
    again = owner and owner.id == following.account.id
    if form_token and (proven or again):
        # The same person, proven anew or back after a rest: what they have open in other tabs stays good, and nothing
        # typed is lost.
        session["csrf_token"] = form_token
        if following.stage is not Stage.OPEN:
            session[_OVER] = over
    else:
        # A page that this request still draws has to carry a form token of the new session.
        g.pop("csrf_token", None)
    login_user(SignedIn(token, following))
    # Flask-Login's fingerprint of address and browser: nothing here asks for it.
    session.pop("_id", None)


def names_session(cookie: Mapping[str, object]) -> bool:
    """Tell whether what a cookie holds names a session; that it goes on is another question."""
    return _TOKEN in cookie


def drop_session() -> None:
    """Have the browser forget its session."""
    session.clear()
    g.pop("_login_user", None)


def safe_next(target: str | None) -> str | None:
    """Return a path of this site to go on to, None for anything else."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    control = any(ord(character) < 32 for character in target)  # noqa: PLR2004 - ASCII control characters
    return None if parts.scheme or parts.netloc or control else target


def wants_json() -> bool:
    """Tell whether a script of a page asks, which reads a code and no page."""
    return request.headers.get("Accept", "") == JSON


def told(status: int, **what: object) -> Response:
    """Answer a script."""
    response = jsonify(what)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


# --- asking who somebody is --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """How somebody is asked for what a page needs, when they had sent it a form: nothing they typed is lost."""

    to_sign_in: Callable[[], BaseResponse]
    to_confirm: Callable[[], BaseResponse]


def ask_with(app: Flask, asking: Asking) -> None:
    """Say how to ask."""
    app.extensions["coalition_asking"] = asking


def _asking() -> Asking:
    return cast("Asking", current_app.extensions["coalition_asking"])


def _load(token: str) -> SignedIn | None:
    with _reading(runtime(), NOBODY) as work:
        try:
            return SignedIn(token, sessions.resume(work, token))
        except SessionOver as over:
            g.session_over = over.reason
            return None


def _stay_awake(present: SessionView) -> None:
    now = runtime().clock()
    if now - present.seen_at >= SEEN_EVERY:
        with _unit_of_work(runtime(), present.account.actor) as work:
            sessions.touch(work, present.id)
        g.seen_at = now


def time_left() -> timedelta:
    """Return how long the present session lasts if nothing more is done; nothing where there is none."""
    present = current_session()
    if present is None or present.stage is not Stage.OPEN:
        return timedelta()
    return lasts_until(present.began_at, g.get("seen_at", present.seen_at)) - runtime().clock()


def _over_meanwhile(over: SessionOver) -> BaseResponse:
    """Answer somebody whose session was ended, from elsewhere, while this request was under way."""
    g.session_over = over.reason
    return _to_sign_in()


def _asked_for() -> str:
    return request.full_path.rstrip("?")


def _to_sign_in() -> BaseResponse:
    over = g.pop("session_over", None)
    if request.endpoint in _KEEPS_NOBODY_AWAKE:
        # Nobody reads this answer: why the session is over is told on the next page that somebody opens.
        return _told_signed_out() if wants_json() else redirect(url("sign_in.sign_in", next=_asked_for()))
    owner = _whose_form()
    kept = owner is not None and keeping.keep_typed(owner)
    if wants_json():
        return _told_signed_out()
    if over:
        # Said once; the form's token stays good, and other tabs may still send what was typed in them.
        session[_OVER] = session.pop(_TOKEN, None)
        flash(str(WHY_OVER[over]), "error")
    if request.method == "GET":
        return redirect(url("sign_in.sign_in", next=_asked_for()))
    return _asking().to_sign_in() if over or kept else redirect(url("sign_in.sign_in"))


def _told_signed_out() -> BaseResponse:
    return told(SIGNED_OUT, error="signed_out")


def _whose_form() -> AccountView | None:
    """Return the person whose session is over and who sends a form all the same."""
    token = session.get(_TOKEN) or session.get(_OVER)
    if not token or request.method not in keeping.CHANGING:
        return None
    with _reading(runtime(), NOBODY) as work:
        return sessions.owner_of(work, token)


_PAGES = {Stage.SECOND_STEP: "sign_in.second_step", Stage.SET_UP: "factors.list_own"}
"""Where somebody has to go on whose sign-in is not complete."""


def _check() -> BaseResponse | Response | None:
    if request.endpoint is None:
        return None
    marked = access_of(current_app, request.endpoint)
    present = current_session() if request.endpoint not in _UNMARKED_BUT_OPEN else None
    if present and request.endpoint not in _KEEPS_NOBODY_AWAKE:
        _stay_awake(present)
    if marked == PUBLIC:
        return None
    if marked is None:
        abort(403)
    return _check_session(Permission(marked), present)


def _check_session(permission: Permission, present: SessionView | None) -> BaseResponse | None:
    if present is None:
        return _to_sign_in()
    if not _is_open_in(present.stage):
        return _told_signed_out() if wants_json() else redirect(url(_PAGES[present.stage]))
    needed = _LIST_BEHIND.get(permission, permission)
    if not permits(present.account.actor, needed):
        with _reading(runtime(), present.account.actor) as work:
            require(work.actor, needed)  # refused inside of a work, so that it is written into the log
    return _check_proof(present)


def _check_proof(present: SessionView) -> BaseResponse | None:
    recently = needs_recent_proof(current_app, request.endpoint or "")
    if not recently or present.stage is not Stage.OPEN:
        return None
    # A browser says whether a link on another site led here: that sets nothing off, however fresh the proof.
    elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if present.is_proven(runtime().clock()) and not elsewhere:
        return None
    if wants_json():
        return told(SIGNED_OUT, error="proof")
    if request.method == "GET":
        return redirect(url("sign_in.confirm", next=_asked_for()))
    keeping.keep_typed(present.account)
    return _asking().to_confirm()


def register(app: Flask) -> None:
    """Ask who is asking, before every view."""
    manager = LoginManager()
    # A session is bound to its token and to nothing that changes when a phone changes its network.
    manager.session_protection = None
    manager.init_app(app)
    manager.user_loader(_load)
    app.before_request(_check)
    app.register_error_handler(SessionOver, _over_meanwhile)

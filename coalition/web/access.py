"""Who is asking, and whether a page lets them in: denied unless the view is marked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.wrappers import Response as BaseResponse

from coalition.domain.access import Actor, Permission, permits, require
from coalition.services import accounts
from coalition.services.accounts import AccountView
from coalition.services.work import NOBODY, Runtime, Work
from coalition.services.work import reading as _reading
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web.locale import url

View = TypeVar("View", bound=Callable[..., object])
PUBLIC = "public"
_MARK = "access"
_STARTED = "started_at"
_UNMARKED_BUT_OPEN = frozenset({"static"})


class SignedIn(UserMixin):  # type: ignore[misc] # flask-login carries no types
    """An account as Flask-Login knows it: a session carries the account's stamp, never its id."""

    def __init__(self, account: AccountView) -> None:
        """Keep the account."""
        self.account = account

    def get_id(self) -> str:
        """Return what the session carries."""
        return self.account.stamp


def public(view: View) -> View:
    """Mark a view as open to everybody."""
    setattr(view, _MARK, PUBLIC)
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Mark a view as needing a permission. Permissions about one record are checked again by the service."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> str | Permission | None:
    """Return how a view is marked; None means that nobody gets in."""
    if endpoint in _UNMARKED_BUT_OPEN:
        return PUBLIC
    return getattr(app.view_functions[endpoint], _MARK, None)


_LIST_BEHIND = {
    Permission.READ_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.AMEND_INCIDENT: Permission.LIST_INCIDENTS,
    Permission.REVIEW_INCIDENT: Permission.REVIEW_QUEUE,
    Permission.DECIDE_INCIDENT: Permission.REVIEW_QUEUE,
}


def current_account() -> AccountView | None:
    """Return who is signed in."""
    return current_user.account if current_user.is_authenticated else None


def actor() -> Actor:
    """Return who acts in this request."""
    account = current_account()
    return account.actor if account else NOBODY


def may(permission: Permission) -> bool:
    """Tell whether whoever is signed in has a permission that is not about one record."""
    account = current_account()
    return account is not None and permits(account.actor, _LIST_BEHIND.get(permission, permission))


def runtime() -> Runtime:
    """Return the runtime of the application."""
    return cast("Runtime", current_app.extensions["coalition"])


@contextmanager
def reading() -> Iterator[Work]:
    """Read on behalf of whoever is asking."""
    with _reading(runtime(), actor()) as work:
        yield work


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """Change something on behalf of whoever is asking; the only commit of the request."""
    with _unit_of_work(runtime(), actor()) as work:
        yield work


def start_session(account: AccountView) -> None:
    """Sign somebody in: a new session, whatever was there before."""
    session.clear()
    session.permanent = True
    session[_STARTED] = int(runtime().clock().timestamp())
    login_user(SignedIn(account))
    g.pop("account_loaded", None)


def safe_next(target: str | None) -> str | None:
    """Return a path of this site to go on to, None for anything else."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    parts = urlsplit(target)
    control = any(ord(character) < 32 for character in target)  # noqa: PLR2004 - ASCII control characters
    return None if parts.scheme or parts.netloc or control else target


def _is_over() -> bool:
    """Tell whether the session has lasted its time. Its cookie cannot say so: every response renews that."""
    started = session.get(_STARTED)
    lasts = current_app.permanent_session_lifetime.total_seconds()
    return not isinstance(started, int) or runtime().clock().timestamp() - started >= lasts


def _load(stamp: str) -> SignedIn | None:
    if _is_over():
        return None
    with _reading(runtime(), NOBODY) as work:
        account = accounts.account_of_session(work, stamp)
    return SignedIn(account) if account else None


def _check() -> BaseResponse | Response | None:
    if request.endpoint is None:
        return None
    marked = access_of(current_app, request.endpoint)
    if marked == PUBLIC:
        return None
    if marked is None:
        abort(403)
    account = current_account()
    if account is None:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url("accounts.sign_in", next=target))
    permission = Permission(marked)
    require(account.actor, _LIST_BEHIND.get(permission, permission))
    return None


def register(app: Flask) -> None:
    """Ask who is asking, before every view."""
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.init_app(app)
    manager.user_loader(_load)
    app.before_request(_check)

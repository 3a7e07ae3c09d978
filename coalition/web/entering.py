"""What every way in shares: where an attempt comes from, the known device, the session's cookie, and the way on."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from flask import after_this_request, current_app, flash, g, make_response, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from coalition.domain.authentication import DEVICE_LASTS, Stage
from coalition.domain.kept_forms import SECRET
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import Role
from coalition.i18n import L_, current_language, ngettext
from coalition.services import sessions, sign_in, throttle
from coalition.services.account_views import LINK_NOTICE, AccountView
from coalition.services.passkeys import Site
from coalition.services.resets import RESET_NOTICE
from coalition.services.throttle import TooManyAttempts
from coalition.services.work import NOBODY, Work
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web import keeping
from coalition.web.access import carry, runtime, safe_next
from coalition.web.contexts import render
from coalition.web.forms.base import clean
from coalition.web.locale import site_settings, url

NOTICES = {
    RESET_NOTICE: L_(
        "Two people of the coalition took away your second factor because it was lost. If you did not ask for that, "
        "tell your coordinator at once."
    ),
    LINK_NOTICE: L_(
        "Others made a one-time link with which a new password can be chosen for your account. If you did not ask for "
        "that, tell your coordinator at once."
    ),
}
"""What somebody is told at sign-in, by the code that the account keeps."""
WEAKNESSES = {
    "too_short": L_("The password needs at least 12 characters"),
    "too_long": L_("The password has more than 256 characters"),
    "too_plain": L_("The password repeats the same few characters"),
    "too_common": L_("The password is mostly a common word or the person’s own name"),
    "common": L_("This is one of the passwords that are tried first. Choose one that nobody else uses."),
}
_START_OF = {
    Role.CASE_WORKER: ("incidents.list_all",),
    Role.LEAD: ("incidents.list_all",),
    Role.COORDINATOR: ("reviews.queue",),
    Role.ADMINISTRATOR: ("accounts.list_all",),
    Role.AUDITOR: ("audit.log", "accounts.own"),
}
_MINUTE = 60


def start_of(account: AccountView) -> str:
    """Return the page where somebody's work begins."""
    chosen = {"language": account.language} if account.language in site_settings().languages else {}
    endpoint = next(name for name in _START_OF[account.role] if name in current_app.view_functions)
    return url(endpoint, **chosen)


def wait_words(error: TooManyAttempts) -> str:
    """Say how long to wait."""
    seconds = -(-error.wait // timedelta(seconds=1))
    if seconds < _MINUTE:
        return ngettext(
            "Too many failed attempts. Try again in %(count)s second.",
            "Too many failed attempts. Try again in %(count)s seconds.",
            seconds,
            count=seconds,
        )
    minutes = -(-seconds // _MINUTE)
    return ngettext(
        "Too many failed attempts. Try again in %(count)s minute.",
        "Too many failed attempts. Try again in %(count)s minutes.",
        minutes,
        count=minutes,
    )


# --- the known device --------------------------------------------------------------------------------------


def _cookie_name() -> str:
    return "__Host-coalition-device" if runtime().config.https else "coalition-device"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        str(current_app.secret_key), salt="coalition-device", signer_kwargs={"digest_method": hashlib.sha256}
    )


def _device() -> str:
    """Return what this browser is called, empty when it was never here or its cookie was tampered with."""
    try:
        text = _signer().loads(request.cookies.get(_cookie_name(), ""))
    except BadSignature:
        return ""
    return text if isinstance(text, str) else ""


def _keep_device() -> str:
    """Have the browser keep what it is called; returns that."""
    name = _device() or sessions.new_token()
    if "device_kept" not in g:
        g.device_kept = True

        @after_this_request
        def keep(response: Response) -> Response:
            response.set_cookie(
                _cookie_name(),
                _signer().dumps(name),
                max_age=DEVICE_LASTS,
                secure=runtime().config.https,
                httponly=True,
                samesite="Lax",
            )
            return response

    return name


def origin_for(work: Work, email: str) -> Origin:
    """Return where an attempt for an account comes from."""
    return throttle.origin_of(work, email, request.remote_addr or "", _device())


def remember_failure(step: str, origin: Origin) -> None:
    """Count a failed attempt of a step, in a unit of work of its own."""
    with _unit_of_work(runtime(), NOBODY) as work:
        sign_in.remember_failure(work, step, origin)


def passkey_site() -> Site:
    """Return this site as a browser knows it: by the address that was opened."""
    host = request.host.rsplit(":", 1)[0]
    return Site(host, request.host_url.rstrip("/"), site_settings().name_in(current_language()))


# --- sessions ----------------------------------------------------------------------------------------------


def begin_session(account: AccountView, way: str, stage: Stage | None = None, password: str = "") -> tuple[Stage, str]:
    """Begin a session after the first proof; returns how far the sign-in has come, and what is to be told."""
    with _unit_of_work(runtime(), account.actor) as work:
        stage = stage or sign_in.stage_of(work, account)
        if password:
            sign_in.renew_hash(work, password)
        token = sessions.begin(work, stage, request.user_agent.string, way)
        origin = origin_for(work, account.email)
        notice = sign_in.welcome(work, origin, _keep_device()) if stage is Stage.OPEN else ""
    carry(token)
    return stage, notice


def complete_session(work: Work, session_id: str, account: AccountView, way: str) -> tuple[str, str]:
    """Open a session that had come half way; returns its new token, to be carried, and what is to be told."""
    token = sessions.go_on(work, session_id, way)
    return token, sign_in.welcome(work, origin_for(work, account.email), _keep_device())


def tell(notice: str) -> None:
    """Tell somebody on the next page what the account kept for them."""
    for code in notice.split():
        flash(str(NOTICES[code]), "error")


# --- what was typed ----------------------------------------------------------------------------------------


def typed() -> str:
    """Return the fields of the form that was sent, to be offered again: everything but secrets and files."""
    fields = request.form.items(multi=True)
    return json.dumps([(clean(name), clean(value)) for name, value in fields if name not in SECRET])


def _fields(carried: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(carried)
    except ValueError:
        return []
    return list(_pairs(found)) if isinstance(found, list) else []


def _pairs(items: list[object]) -> Iterable[tuple[str, str]]:
    for item in items:
        match item:
            case [str(name), str(value)] if name not in SECRET:
                yield clean(name), clean(value)


Fields = Sequence[tuple[str, str]]


def typed_for(account: AccountView, target: str | None, carried: str = "") -> Fields | None:
    """Return the fields of a form that was on its way to a page when somebody had to sign in; None where none was.

    They came along from page to page, or were kept for the person on the server.
    """
    target = safe_next(target)
    if not target:
        return None
    return _fields(carried) if carried else _kept(account, target)


def arrive(account: AccountView, target: str | None, carried: str = "") -> Response:
    """Lead to the page that was asked for, or offer to send again the form that was on its way."""
    target, fields = safe_next(target), typed_for(account, target, carried)
    if fields is None:
        return redirect(target or start_of(account))
    return unkept(make_response(render("sign_in/go_on.html", action=target, fields=fields, multipart=False)))


def _kept(account: AccountView, target: str) -> Fields | None:
    """Return what is kept for somebody of the form that is sent to a page; None where nothing is."""
    try:
        endpoint, parts = current_app.url_map.bind("localhost").match(urlsplit(target).path, method="POST")
    except HTTPException:
        return None
    named = {name: value for name, value in parts.items() if name != "language"}
    found = None if endpoint in keeping.SHOWN_BY_THEIR_PAGES else keeping.kept_of(account, endpoint, **named)
    return found.fields if found else None


def unkept(response: Response) -> Response:
    """Have no copy of a page kept on the device."""
    response.headers["Cache-Control"] = "no-store"
    return response


def back(target: str | None) -> str:
    """Return a safe target as it is kept in a form."""
    return safe_next(target) or ""

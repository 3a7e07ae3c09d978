"""One's own second factors and recovery codes."""

from collections.abc import Callable
from typing import TypeVar

import segno
from flask import Blueprint, flash, make_response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.authentication import Stage
from coalition.domain.errors import NotFound
from coalition.i18n import L_, _, current_language
from coalition.services import factors
from coalition.services.factors import CodeDoesNotFit, LastFactor, TooManyFactors
from coalition.services.passkeys import PasskeyRefused
from coalition.services.sessions import SessionView
from coalition.services.work import Work
from coalition.web.access import carry, current_session, reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.entering import (
    Fields,
    arrive,
    back,
    complete_session,
    passkey_site,
    start_of,
    tell,
    typed_for,
    unkept,
)
from coalition.web.forms.accounts import AppForm, PasskeyForm
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.sign_in import Carrying
from coalition.web.locale import site_settings, url

blueprint = Blueprint("factors", __name__)

_SET_UP = (Stage.SET_UP,)
_DEFAULT_NAMES = {"app": L_("Authenticator app"), "passkey": L_("Passkey")}


def _is_set_up() -> bool:
    """Tell whether somebody is here because they may not go on without a second factor."""
    present = current_session()
    return present is not None and present.stage is Stage.SET_UP


def _own_id() -> str:
    present = current_session()
    return present.id if present else ""


AnyForm = TypeVar("AnyForm", bound=Carrying)


def _opened(kind: type[AnyForm], first: str) -> tuple[AnyForm, bool]:
    """Return a form, and whether it was filled in: opened with what was typed elsewhere, it is sent but empty.

    `first` names a field that every filled-in form has.
    """
    if first in request.form:
        return kind(), True
    sent = Carrying()
    target = sent.next.data or request.args.get("next")
    return kind(formdata=None, next=back(target), carried=sent.carried.data), False


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT, during=_SET_UP)
def list_own() -> Response:
    """List one's second factors, or choose the first one; what was typed before goes along."""
    with reading() as work:
        own = factors.list_own(work)
    form, _sent = _opened(Carrying, "-")
    return unkept(make_response(render("factors/list.html", own=own, form=form, setting_up=_is_set_up())))


@blueprint.route("/account/second-factor/app", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT, recently=True, during=_SET_UP)
def add_app() -> Response | tuple[str, int]:
    """Set up an app that shows codes."""
    form, sent = _opened(AppForm, "code")
    if sent and form.validate_on_submit():
        code, name = form.code.data or "", _name(form.name.data, "app")
        try:
            return _added(form, lambda work: factors.confirm_app(work, code, name, _own_id()))
        except CodeDoesNotFit:
            add_error(form.code, _("This is not the code that the app shows now. Is the clock of your phone right?"))
        except NotFound:
            return redirect(url("factors.add_app"))
    return _app_page(form, form.status if sent else 200)


def _app_page(form: AppForm, status: int) -> Response:
    try:
        with unit_of_work() as work:
            new = factors.begin_app(work, site_settings().name_in(current_language()))
    except TooManyFactors:
        return _too_many()
    secret = " ".join(new.secret[start : start + 4] for start in range(0, len(new.secret), 4))
    page = render("factors/app.html", form=form, secret=secret, picture=_picture(new.uri))
    response = unkept(make_response(page))
    response.status_code = status
    return response


def _name(typed: str | None, kind: str) -> str:
    return (typed or "").strip() or str(_DEFAULT_NAMES[kind])


def _picture(uri: str) -> Markup:
    """Return the address as a picture to scan. The library writes plain SVG without styles or scripts."""
    code = segno.make(uri, error="m", micro=False)
    return Markup(  # noqa: S704 - the library's own markup of modules; the address is not in it as text  # nosec B704
        code.svg_inline(scale=5, border=2, svgclass="qr", lineclass="qr__modules", dark="#000", light="#fff")
    )


def _added(form: Carrying, add: Callable[[Work], list[str]]) -> Response:
    """Add a factor; who was only setting up is signed in by this. New recovery codes are shown once."""
    present = current_session()
    if present and present.stage is Stage.SET_UP:
        return _signed_in(present, form, add)
    with unit_of_work() as work:
        codes = add(work)
    if codes:
        flash(_("You are signed out everywhere else."), "success")
        return _codes_page(codes, onward=url("factors.list_own"), first=True)
    flash(_("The second factor is set up. You are signed out everywhere else."), "success")
    return redirect(url("factors.list_own"))


def _signed_in(present: SessionView, form: Carrying, add: Callable[[Work], list[str]]) -> Response:
    """Add the factor that was missing, sign in with it, and lead on to where the sign-in was going."""
    with unit_of_work() as work:
        codes = add(work)
        token, notice = complete_session(work, present.id, present.account, "set_up")
    carry(token)
    tell(notice)
    target, carried = back(form.next.data), form.carried.data or ""
    if not codes:
        return arrive(present.account, target, carried)
    typed = typed_for(present.account, target, carried)
    return _codes_page(codes, onward=target or start_of(present.account), first=True, typed=typed)


def _codes_page(codes: list[str], *, onward: str, first: bool = False, typed: Fields | None = None) -> Response:
    page = render("factors/recovery_codes.html", codes=codes, first=first, onward=onward, typed=typed)
    return unkept(make_response(page))


def _too_many() -> Response:
    flash(_("You have ten second factors. Remove one first."), "error")
    return redirect(url("factors.list_own"))


@blueprint.route("/account/second-factor/passkey", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT, recently=True, during=_SET_UP)
def add_passkey() -> Response | tuple[str, int]:
    """Set up a passkey."""
    form, sent = _opened(PasskeyForm, "passkey")
    if not (sent and form.validate_on_submit()):
        return render("factors/passkey.html", form=form), form.status if sent else 200
    answer, name = form.passkey.data or "", _name(form.name.data, "passkey")
    try:
        return _added(form, lambda work: factors.add_passkey(work, passkey_site(), answer, name, _own_id()))
    except PasskeyRefused:
        form.form_errors = [_("The passkey could not be set up. Try again, or use an authenticator app.")]
        form.passkey.data = ""
        return render("factors/passkey.html", form=form), INVALID


@blueprint.post("/account/second-factor/passkey/options")
@requires(Permission.OWN_ACCOUNT, recently=True, during=_SET_UP)
def passkey_options() -> Response:
    """Say what the browser needs to make a passkey."""
    try:
        with unit_of_work() as work:
            options = factors.passkey_options(work, passkey_site())
    except TooManyFactors:
        return _too_many()
    return unkept(make_response(options, {"Content-Type": "application/json"}))


@blueprint.post("/account/second-factor/<reference>/remove")
@requires(Permission.OWN_ACCOUNT, recently=True)
def remove(reference: str) -> Response:
    """Remove one of one's second factors."""
    try:
        with unit_of_work() as work:
            factors.remove(work, reference, _own_id())
        flash(_("The second factor is removed. You are signed out everywhere else."), "success")
    except LastFactor:
        flash(_("You need a second factor. Set up another one before you remove this one."), "error")
    return redirect(url("factors.list_own"))


@blueprint.post("/account/second-factor/recovery-codes")
@requires(Permission.OWN_ACCOUNT, recently=True)
def renew_codes() -> Response:
    """Make ten new recovery codes; they are shown once."""
    with unit_of_work() as work:
        codes = factors.renew_recovery_codes(work)
    return _codes_page(codes, onward=url("factors.list_own"))

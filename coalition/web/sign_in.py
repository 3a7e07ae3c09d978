"""Signing in and out: the password, the second step, a passkey, and showing once more who one is."""

from collections.abc import Callable

from flask import Blueprint, Flask, flash, make_response, redirect, request
from werkzeug.wrappers import Response
from wtforms import Field

from coalition.domain.access import Permission
from coalition.domain.authentication import Stage
from coalition.domain.throttling import Origin
from coalition.i18n import _
from coalition.services import sessions, throttle
from coalition.services import sign_in as service
from coalition.services.account_views import AccountView
from coalition.services.passkeys import PasskeyFor, PasskeyRefused
from coalition.services.sessions import SessionView
from coalition.services.sign_in import SignInRefused, Steps, WrongCode
from coalition.services.throttle import TooManyAttempts
from coalition.services.work import NOBODY, Work
from coalition.services.work import reading as _reading
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web import access
from coalition.web.access import Asking, carry, current_session, drop_session, public, requires, runtime
from coalition.web.contexts import render
from coalition.web.entering import (
    arrive,
    back,
    begin_session,
    complete_session,
    origin_for,
    passkey_site,
    remember_failure,
    start_of,
    tell,
    typed,
    unkept,
    wait_words,
)
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.sign_in import (
    Carrying,
    CodeForm,
    ConfirmForm,
    ConfirmWithCodeForm,
    ConfirmWithRecoveryForm,
    RecoveryForm,
    SignInForm,
)
from coalition.web.keeping import typed_is_kept
from coalition.web.locale import url

blueprint = Blueprint("sign_in", __name__)

_TOO_MANY, _ONCE_MORE = 429, 401
Page = Response | tuple[str, int]


def _asked() -> str:
    return back(request.full_path.rstrip("?"))


def _present() -> SessionView:
    """Return the session that the view's mark has asked for."""
    present = current_session()
    if present is None:
        raise RuntimeError("the view is not marked")
    return present


def _answer() -> str:
    """Return what a passkey answered, empty where none was asked."""
    return request.form.get("passkey", "")


def _json(text: str) -> Response:
    return unkept(make_response(text, {"Content-Type": "application/json"}))


# --- the password ------------------------------------------------------------------------------------------


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Page:
    """Open a session with the password, or with a passkey alone."""
    present = current_session()
    if present and present.stage is Stage.OPEN:
        return redirect(start_of(present.account))
    if _answer():
        return _sign_in_with_passkey()
    form = SignInForm(next=back(request.args.get("next")))
    if not form.validate_on_submit():
        return render("sign_in/password.html", form=form), form.status
    try:
        account = _open(form)
    except TooManyAttempts as error:
        add_error(form.password, wait_words(error))
        return render("sign_in/password.html", form=form), _TOO_MANY
    except SignInRefused:
        add_error(form.password, _("The e-mail address or the password is not right"))
        return render("sign_in/password.html", form=form), form.status
    stage, notice = begin_session(account, "password", password=form.password.data or "")
    tell(notice)
    return _after_password(stage, account, form)


def _open(form: SignInForm) -> AccountView:
    email, password = form.email.data or "", form.password.data or ""
    with _reading(runtime(), NOBODY) as work:
        origin = origin_for(work, email)
    try:
        with _reading(runtime(), NOBODY) as work:
            return service.check_password(work, email, password, origin)
    except SignInRefused:
        remember_failure(throttle.PASSWORD, origin)
        raise


def _after_password(stage: Stage, account: AccountView, form: SignInForm) -> Page:
    if stage is Stage.OPEN:
        return arrive(account, form.next.data, form.carried.data or "")
    if stage is Stage.SET_UP:
        return _set_up(form)
    if not form.carried.data:
        return redirect(url("sign_in.second_step", next=back(form.next.data) or None))
    # What was typed does not fit into an address: the page of the second step carries it on.
    with _reading(runtime(), account.actor) as work:
        steps = service.steps(work)
    return _second_step_page(steps, CodeForm(formdata=None, next=form.next.data, carried=form.carried.data))


def _set_up(form: SignInForm) -> Page:
    target = back(form.next.data)
    if not form.carried.data:
        return redirect(url("factors.list_own", next=target or None))
    # What was typed does not fit into an address: it goes from page to page.
    carrying = Carrying(formdata=None, next=target, carried=form.carried.data)
    return unkept(make_response(render("sign_in/set_up.html", form=carrying)))


def _sign_in_with_passkey() -> Page:
    form = SignInForm()
    try:
        with _unit_of_work(runtime(), NOBODY) as work:
            account = service.take_passkey(work, passkey_site(), PasskeyFor.SIGN_IN, _answer())
    except PasskeyRefused:
        return render("sign_in/password.html", form=_with_refusal(form)), INVALID
    _stage, notice = begin_session(account, "passkey", Stage.OPEN)
    tell(notice)
    return arrive(account, form.next.data, form.carried.data or "")


def _with_refusal(form: Carrying) -> Carrying:
    form.form_errors = [_("This passkey could not be used. Try again, or sign in in another way.")]
    return form


@blueprint.post("/sign-in/passkey")
@public
def passkey_options() -> Response:
    """Say what the browser has to ask a passkey: the same for everybody who comes."""
    with _unit_of_work(runtime(), NOBODY) as work:
        return _json(service.passkey_options(work, passkey_site(), PasskeyFor.SIGN_IN))


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """End the session, here and on the server."""
    present = current_session()
    if present:
        with _unit_of_work(runtime(), present.account.actor) as work:
            sessions.end(work, present.id)
    drop_session()
    flash(_("You are signed out."), "success")
    return redirect(url("pages.home"))


# --- the second step ---------------------------------------------------------------------------------------


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT, during=(Stage.SECOND_STEP,))
def second_step() -> Page:
    """Show the second factor, or a recovery code instead."""
    present = _present()
    if present.stage is Stage.OPEN:
        return redirect(start_of(present.account))
    with access.reading() as work:
        steps = service.steps(work)
    if _answer():
        return _second_step_with_passkey(present, steps)
    form = RecoveryForm() if "recovery" in request.form else CodeForm(next=back(request.args.get("next")))
    if not form.validate_on_submit():
        return _second_step_page(steps, form, form.status)
    return _second_step(present, steps, form)


def _second_step(present: SessionView, steps: Steps, form: CodeForm | RecoveryForm) -> Page:
    take, way = _way_of(form)
    try:
        return _complete(present, form, way, take)
    except TooManyAttempts as error:
        add_error(_field(form), wait_words(error))
        return _second_step_page(steps, form, _TOO_MANY)
    except WrongCode:
        add_error(_field(form), _("This code is not right, or it was used already"))
        return _second_step_page(steps, form, INVALID)


Take = Callable[[Work, Origin], None]


def _way_of(form: CodeForm | RecoveryForm) -> tuple[Take, str]:
    if isinstance(form, RecoveryForm):
        recovery = form.recovery.data or ""
        return lambda work, origin: service.take_recovery_code(work, recovery, origin), "recovery_code"
    code = form.code.data or ""
    return lambda work, origin: service.take_code(work, code, origin), "app"


def _field(form: CodeForm | RecoveryForm) -> Field:
    return form.recovery if isinstance(form, RecoveryForm) else form.code


def _second_step_page(steps: Steps, form: CodeForm | RecoveryForm, status: int = 200) -> Page:
    other = RecoveryForm(formdata=None) if isinstance(form, CodeForm) else CodeForm(formdata=None)
    code, recovery = (form, other) if isinstance(form, CodeForm) else (other, form)
    page = render("sign_in/second_step.html", form=form, code=code, recovery=recovery, steps=steps)
    response = unkept(make_response(page))
    response.status_code = status
    return response


def _complete(present: SessionView, form: Carrying, way: str, take: Take) -> Response:
    """Take a proof, open the session fully or prove it anew, and go on.

    Raises TooManyAttempts, WrongCode.
    """
    account = present.account
    with access.reading() as work:
        origin = origin_for(work, account.email)
    try:
        with access.unit_of_work() as work:
            take(work, origin)
            token, notice = complete_session(work, present.id, account, way)
    except WrongCode:
        remember_failure(throttle.SECOND_STEP, origin)
        raise
    carry(token)
    tell(notice)
    return arrive(account, form.next.data, form.carried.data or "")


def _second_step_with_passkey(present: SessionView, steps: Steps) -> Page:
    form = CodeForm()
    try:
        return _complete(present, form, "passkey", _passkey_taker(PasskeyFor.SECOND_STEP))
    except PasskeyRefused:
        form = CodeForm(formdata=None, next=form.next.data, carried=form.carried.data)
        _with_refusal(form)
        return _second_step_page(steps, form, INVALID)


def _passkey_taker(purpose: PasskeyFor) -> Take:
    answer, site = _answer(), passkey_site()

    def take(work: Work, _origin: Origin) -> None:
        service.take_passkey(work, site, purpose, answer)

    return take


@blueprint.post("/sign-in/second-step/passkey")
@requires(Permission.OWN_ACCOUNT, during=(Stage.SECOND_STEP,))
def second_step_options() -> Response:
    """Say what the browser has to ask a passkey of whoever has shown the password."""
    with access.unit_of_work() as work:
        return _json(service.passkey_options(work, passkey_site(), PasskeyFor.SECOND_STEP))


# --- once more ---------------------------------------------------------------------------------------------


@blueprint.route("/confirm", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def confirm() -> Page:
    """Show once more who one is, and go on."""
    present = _present()
    with access.reading() as work:
        steps = service.steps(work)
    if request.method == "GET":
        return _confirm_page(steps, _confirm_form(steps)(next=back(request.args.get("next"))))
    form = _confirm_form(steps)()
    if _answer():
        return _confirm_with_passkey(present, steps, form)
    if not form.validate_on_submit():
        return _confirm_page(steps, form, INVALID)
    return _confirm(present, steps, form)


def _confirm(present: SessionView, steps: Steps, form: ConfirmForm) -> Page:
    code = form.code if isinstance(form, ConfirmWithCodeForm | ConfirmWithRecoveryForm) else None
    try:
        _show_password(present, form.password.data or "")
        return _complete(present, form, "password", _any_code((code.data or "") if code else None))
    except TooManyAttempts as error:
        add_error(form.password, wait_words(error))
        return _confirm_page(steps, form, _TOO_MANY)
    except SignInRefused:
        add_error(form.password, _("This is not your password"))
    except WrongCode:
        add_error(code or form.password, _("This code is not right, or it was used already"))
    return _confirm_page(steps, form, INVALID)


def _show_password(present: SessionView, password: str) -> None:
    with access.reading() as work:
        origin = origin_for(work, present.account.email)
    try:
        with access.reading() as work:
            service.confirm_password(work, password, origin)
    except SignInRefused:
        remember_failure(throttle.PASSWORD, origin)
        raise


def _any_code(code: str | None) -> Take:
    def take(work: Work, origin: Origin) -> None:
        if code is not None:
            service.take_any_code(work, code, origin)

    return take


def _confirm_form(steps: Steps) -> type[ConfirmForm]:
    if steps.app:
        return ConfirmWithCodeForm
    return ConfirmWithRecoveryForm if steps.passkey else ConfirmForm


def _confirm_page(steps: Steps, form: ConfirmForm, status: int = 200, *, files: bool = False) -> Response:
    page = render("sign_in/confirm.html", form=form, steps=steps, files=files, kept=typed_is_kept())
    response = unkept(make_response(page))
    response.status_code = status
    return response


def _confirm_with_passkey(present: SessionView, steps: Steps, form: ConfirmForm) -> Page:
    try:
        return _complete(present, form, "passkey", _passkey_taker(PasskeyFor.CONFIRM))
    except PasskeyRefused:
        fresh = _confirm_form(steps)(formdata=None, next=form.next.data, carried=form.carried.data)
        _with_refusal(fresh)
        return _confirm_page(steps, fresh, INVALID)


@blueprint.post("/confirm/passkey")
@requires(Permission.OWN_ACCOUNT)
def confirm_options() -> Response:
    """Say what the browser has to ask a passkey of whoever is signed in."""
    with access.unit_of_work() as work:
        return _json(service.passkey_options(work, passkey_site(), PasskeyFor.CONFIRM))


# --- a form that came too late -----------------------------------------------------------------------------


def _carried() -> str:
    """Return what the pages of the way carry: nothing that is kept on the server for its person."""
    if request.blueprint == blueprint.name:
        return request.form.get("carried", "")
    return "" if typed_is_kept() else typed()


def _ask_to_sign_in() -> Response:
    # Whoever was just showing who they are goes on to where that was asked for.
    target = back(request.form.get("next")) if request.blueprint == blueprint.name else _asked()
    form = SignInForm(formdata=None, next=target, carried=_carried())
    response = unkept(make_response(render("sign_in/password.html", form=form, kept=typed_is_kept())))
    response.status_code = _ONCE_MORE
    return response


def _ask_to_confirm() -> Response:
    with access.reading() as work:
        steps = service.steps(work)
    form = _confirm_form(steps)(formdata=None, next=_asked(), carried=_carried())
    return _confirm_page(steps, form, _ONCE_MORE, files=bool(request.files))


def register(app: Flask) -> None:
    """Ask on these pages whoever sent a form and has to sign in, or to show once more who they are."""
    access.ask_with(app, Asking(_ask_to_sign_in, _ask_to_confirm))

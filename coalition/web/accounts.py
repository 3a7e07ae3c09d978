"""Signing in and out, one's own account, and people for the administrator."""

from flask import Blueprint, flash, redirect, request, session
from flask_login import logout_user
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import AlreadyExists, UnknownCode, WeakPassword
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.i18n import L_, _, labels
from coalition.services import accounts, organisations
from coalition.services.accounts import AccountView, SignInRefused, TooManyAttempts
from coalition.services.work import unit_of_work as _unit_of_work
from coalition.web.access import (
    current_account,
    public,
    reading,
    requires,
    runtime,
    safe_next,
    start_session,
    unit_of_work,
)
from coalition.web.contexts import render
from coalition.web.forms.accounts import PasswordForm, PersonForm, SignInForm
from coalition.web.forms.base import add_error
from coalition.web.locale import site_settings, url

blueprint = Blueprint("accounts", __name__)

WEAKNESSES = {
    "too_short": L_("The password needs at least 12 characters"),
    "too_long": L_("The password has more than 256 characters"),
    "too_plain": L_("The password repeats the same few characters"),
    "too_common": L_("The password is mostly a common word or the person’s own name"),
}
_START_OF = {
    Role.CASE_WORKER: "incidents.list_all",
    Role.LEAD: "incidents.list_all",
    Role.COORDINATOR: "reviews.queue",
    Role.ADMINISTRATOR: "accounts.list_all",
}


def _start(account: AccountView) -> str:
    languages = site_settings().languages
    chosen = {"language": account.language} if account.language in languages else {}
    return url(_START_OF[account.role], **chosen)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Response | tuple[str, int]:
    """Open a session."""
    present = current_account()
    if present:
        return redirect(_start(present))
    form = SignInForm(next=safe_next(request.args.get("next")) or "")
    if not form.validate_on_submit():
        return render("accounts/sign_in.html", form=form), form.status
    try:
        account = _open(form)
    except TooManyAttempts:
        add_error(form.password, _("Too many failed attempts. Wait a quarter of an hour and try again."))
        return render("accounts/sign_in.html", form=form), 429
    except SignInRefused:
        add_error(form.password, _("The e-mail address or the password is not right"))
        return render("accounts/sign_in.html", form=form), form.status
    start_session(account)
    return redirect(safe_next(form.next.data) or _start(account))


def _open(form: SignInForm) -> AccountView:
    email, password, address = form.email.data or "", form.password.data or "", request.remote_addr or ""
    try:
        with reading() as work:
            account = accounts.sign_in(work, email, password, address)
    except SignInRefused:
        with unit_of_work() as work:
            accounts.remember_failure(work, email, address)
        raise
    with _unit_of_work(runtime(), account.actor) as work:
        accounts.note_sign_in(work, password)
    return account


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """Close the session."""
    logout_user()
    session.clear()
    flash(_("You are signed out."), "success")
    return redirect(url("pages.home"))


@blueprint.route("/account", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def own() -> Response | tuple[str, int]:
    """See one's own account and change the password."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                account = accounts.change_password(work, form.present.data or "", form.new.data or "")
            start_session(account)
            flash(_("The password is changed. You are signed out everywhere else."), "success")
            return redirect(url("accounts.own"))
        except SignInRefused:
            add_error(form.present, _("This is not your present password"))
        except WeakPassword as error:
            add_error(form.new, str(WEAKNESSES[error.reason]))
    return render("accounts/own.html", form=form, own=current_account()), form.status


@blueprint.get("/people")
@requires(Permission.MANAGE_ACCOUNTS)
def list_all() -> str:
    """List everybody who can sign in."""
    with reading() as work:
        people = accounts.list_accounts(work)
    present = current_account()
    return render("accounts/list.html", people=people, current_email=present.email if present else "")


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def create() -> str | Response | tuple[str, int]:
    """Add a person; the password made up for them is shown once."""
    form = PersonForm()
    form.role.choices = [("", ""), *((role.value, labels.label("roles", role)) for role in SIGN_IN_ROLES)]
    with reading() as work:
        members = organisations.list_organisations(work)
    form.organisation.choices = [("", _("None")), *((member.code, member.name) for member in members)]
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                account, password = accounts.create_account(
                    work,
                    email=form.email.data or "",
                    name=form.name.data or "",
                    role=form.role.data,
                    organisation_code=form.organisation.data or None,
                )
            return render("accounts/password.html", email=account.email, password=password, created=True)
        except AlreadyExists:
            add_error(form.email, _("Somebody signs in with this address already"))
        except UnknownCode as error:
            _explain(form, error)
    return render("accounts/new.html", form=form), form.status


def _explain(form: PersonForm, error: UnknownCode) -> None:
    if error.list_name.startswith("organisations"):
        add_error(form.organisation, _("Choose the organisation this person works for"))
    else:
        add_error(form.email, _("Enter an e-mail address such as name@example.org"))


def _is_own(email: str) -> bool:
    present = current_account()
    return present is not None and email.strip().lower() == present.email


def _refused(why: str) -> Response:
    flash(why, "error")
    return redirect(url("accounts.list_all"))


@blueprint.post("/people/<path:email>/access")
@requires(Permission.MANAGE_ACCOUNTS)
def set_access(email: str) -> Response:
    """Stop or restore somebody's access."""
    active = request.form.get("active") == "yes"
    if _is_own(email):
        return _refused(_("You cannot stop or restore your own access. Ask another administrator."))
    with unit_of_work() as work:
        accounts.set_active(work, email, active=active)
    flash(_("Access is restored.") if active else _("Access is stopped and every session has ended."), "success")
    return redirect(url("accounts.list_all"))


@blueprint.post("/people/<path:email>/password")
@requires(Permission.MANAGE_ACCOUNTS)
def reset_password(email: str) -> str | Response:
    """Give somebody a new password; it is shown once."""
    if _is_own(email):
        return _refused(_("You cannot reset your own password. Change it under “My account”."))
    with unit_of_work() as work:
        password = accounts.reset_password(work, email)
    return render("accounts/password.html", email=email, password=password, created=False)

"""One's own account, and people as the administrator looks after them."""

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import AlreadyExists, NotApproved, UnknownCode, WeakPassword
from coalition.domain.vocabulary import SIGN_IN_ROLES
from coalition.i18n import L_, _, labels
from coalition.services import accounts, admissions, invitations, mails, organisations, resets, throttle
from coalition.services.accounts import AffiliationStands, Edited, OwnAccount, WrongPassword
from coalition.services.admissions import AdmissionView
from coalition.services.invitations import Link, OwnLink
from coalition.services.resets import Lost
from coalition.services.throttle import TooManyAttempts
from coalition.services.work import Work
from coalition.web.access import current_account, current_session, may, reading, requires, runtime, unit_of_work
from coalition.web.contexts import render
from coalition.web.entering import WEAKNESSES, origin_for, remember_failure, unkept, wait_words
from coalition.web.forms.accounts import EditPersonForm, PasswordForm, PersonForm
from coalition.web.forms.base import add_error
from coalition.web.forms.messages import MailForm
from coalition.web.locale import url

blueprint = Blueprint("accounts", __name__)

_TOO_MANY = 429


# --- one's own account -------------------------------------------------------------------------------------


@blueprint.route("/account", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def own() -> Response | tuple[str, int]:
    """See one's own account and change the password."""
    form, status = PasswordForm(), None
    if form.validate_on_submit():
        try:
            _change_password(form)
            flash(_("The password is changed. You are signed out everywhere else."), "success")
            return redirect(url("accounts.own"))
        except TooManyAttempts as error:
            status = _TOO_MANY
            add_error(form.present, wait_words(error))
        except WrongPassword:
            add_error(form.present, _("This is not your present password"))
        except WeakPassword as error:
            add_error(form.new, str(WEAKNESSES[error.reason]))
    with reading() as work:
        waiting, wishes = resets.list_waiting(work), _wishes(work)
    page = render(
        "accounts/own.html",
        form=form,
        own=current_account(),
        waiting=waiting,
        wishes=wishes,
        mail_form=_mail_form(),
        sends_mail=mails.is_set_up(runtime()),
    )
    return page, status or form.status


def _wishes(work: Work) -> list[AdmissionView]:
    """Return the people who wait for whoever is signed in, and those whom they asked for."""
    return admissions.list_waiting(work) if may(Permission.ADMIT_PEOPLE) else []


def _mail_form() -> MailForm | None:
    """Return the choice of e-mail for whoever has an inbox."""
    account = current_account()
    return MailForm.of(account.mail_choice) if account and may(Permission.READ_INBOX) else None


def _change_password(form: PasswordForm) -> None:
    present = current_session()
    with reading() as work:
        origin = origin_for(work, present.account.email if present else "")
    try:
        with reading() as work:
            accounts.check_present_password(work, form.present.data or "", origin)
    except WrongPassword:
        remember_failure(throttle.PASSWORD, origin)
        raise
    with unit_of_work() as work:
        accounts.change_password(work, form.new.data or "", keep=present.id if present else "")


_CONFIRMED = {
    Lost.FACTOR: L_("The second factor is taken away. The person sets up a new one at the next sign-in."),
    Lost.PASSWORD: L_("The link is good now. Whoever opens it chooses a new password."),
}


@blueprint.post("/account/resets/<reference>")
@requires(Permission.OWN_ACCOUNT, recently=True)
def confirm_reset(reference: str) -> Response:
    """Be the second person who says that somebody lost their second factor or password."""
    try:
        with unit_of_work() as work:
            lost = resets.confirm(work, reference)
    except NotApproved:
        flash(_("This needs two people, of whom one is an administrator; you cannot be the second."), "error")
        return redirect(url("accounts.own"))
    flash(str(_CONFIRMED[lost]), "success")
    return redirect(url("accounts.own"))


@blueprint.post("/account/resets/<reference>/withdraw")
@requires(Permission.OWN_ACCOUNT)
def withdraw_reset(reference: str) -> Response:
    """Take back one's own request."""
    with unit_of_work() as work:
        resets.withdraw(work, reference)
    flash(_("The request is taken back."), "success")
    return redirect(url("accounts.own"))


# --- people ------------------------------------------------------------------------------------------------


@blueprint.get("/people")
@requires(Permission.MANAGE_ACCOUNTS)
def list_all() -> str:
    """List everybody who can sign in."""
    with reading() as work:
        people = accounts.list_people(work)
        waiting = {(item.account_reference, item.lost.value) for item in resets.list_waiting(work)}
    present = current_account()
    own = present.reference if present else ""
    return render("accounts/list.html", people=people, own_reference=own, waiting=waiting)


def _offer_choices(form: EditPersonForm) -> None:
    form.role.choices = [("", ""), *((role.value, labels.label("roles", role)) for role in SIGN_IN_ROLES)]
    with reading() as work:
        members = organisations.list_organisations(work)
    form.organisation.choices = [("", _("None")), *((member.code, member.name) for member in members)]
    form.affiliation.choices = [("", _("No member")), *((member.code, member.name) for member in members)]


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def create() -> Response | tuple[str, int]:
    """Add a person; the one-time link made for them is shown once."""
    form = PersonForm()
    _offer_choices(form)
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                account = accounts.create_account(
                    work,
                    email=form.email.data or "",
                    name=form.name.data or "",
                    role=form.role.data,
                    organisation_code=form.organisation.data or None,
                    affiliation_code=form.affiliation.data or None,
                )
                link = invitations.make_link(work, account.reference)
            return _link_page(link, created=True)
        except AlreadyExists:
            add_error(form.email, _("Somebody signs in with this address already"))
        except UnknownCode as error:
            _explain(form, error)
    return render("accounts/new.html", form=form), form.status


def _link_page(link: Link, *, created: bool) -> Response:
    address = request.host_url.rstrip("/") + url("invitations.open_link", token=link.token)
    page = render("accounts/link.html", link=link, person=link.account, address=address, created=created)
    return unkept(Response(page, content_type="text/html; charset=utf-8"))


def _explain(form: EditPersonForm, error: UnknownCode) -> None:
    if error.list_name.startswith("organisations"):
        add_error(form.organisation, _("Choose the organisation this person works for"))
    elif isinstance(form, PersonForm):
        add_error(form.email, _("Enter an e-mail address such as name@example.org"))


@blueprint.route("/people/<reference>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def edit(reference: str) -> Response | tuple[str, int]:
    """Change somebody's name, role and organisation."""
    with reading() as work:
        person = accounts.read_account(work, reference)
    form = EditPersonForm(
        data={
            "name": person.name,
            "role": person.role.value,
            "organisation": person.organisation_code or "",
            "affiliation": person.affiliation_code or "",
        }
    )
    _offer_choices(form)
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                edited = accounts.edit_account(
                    work,
                    reference,
                    name=form.name.data or "",
                    role=form.role.data,
                    organisation_code=form.organisation.data or None,
                )
                accounts.set_affiliation(work, reference, form.affiliation.data or None)
            _tell_of(edited)
            return redirect(url("accounts.list_all"))
        except OwnAccount:
            return _refused(_("You cannot change your own role. Ask another administrator."))
        except AffiliationStands:
            add_error(
                form.affiliation,
                _("Only the command line changes this, so that nobody alone makes a reviewer independent"),
            )
        except UnknownCode as error:
            _explain(form, error)
    return render("accounts/edit.html", form=form, person=person), form.status


def _tell_of(edited: Edited) -> None:
    if edited.waits:
        flash(
            _(
                "Saved. The new role or organisation holds once somebody else has confirmed it: a lead of the "
                "organisation, or a coordinator while it has none; for the whole coalition a coordinator or another "
                "administrator."
            ),
            "success",
        )
    else:
        flash(_("Saved."), "success")


def _refused(why: str) -> Response:
    flash(why, "error")
    return redirect(url("accounts.list_all"))


@blueprint.post("/people/<reference>/access")
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def set_access(reference: str) -> Response:
    """Stop or restore somebody's access."""
    active = request.form.get("active") == "yes"
    try:
        with unit_of_work() as work:
            accounts.set_active(work, reference, active=active)
    except OwnAccount:
        return _refused(_("You cannot stop or restore your own access. Ask another administrator."))
    flash(_("Access is restored.") if active else _("Access is stopped and every session has ended."), "success")
    return redirect(url("accounts.list_all"))


@blueprint.post("/people/<reference>/link")
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def make_link(reference: str) -> Response:
    """Make a one-time link for somebody who is new or forgot the password; it is shown once.

    Into an account in use it leads only once a second person has confirmed it.
    """
    try:
        with unit_of_work() as work:
            link = invitations.make_link(work, reference)
    except OwnLink:
        return _refused(_("You change your own password under “My account”."))
    return _link_page(link, created=False)


@blueprint.post("/people/<reference>/sessions")
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def end_sessions(reference: str) -> Response:
    """Sign somebody out everywhere, at once."""
    try:
        with unit_of_work() as work:
            accounts.end_sessions_of(work, reference)
    except OwnAccount:
        return _refused(_("You end your own sessions under “My account”."))
    flash(_("Every session of this person has ended."), "success")
    return redirect(url("accounts.list_all"))


@blueprint.post("/people/<reference>/second-factor")
@requires(Permission.MANAGE_ACCOUNTS, recently=True)
def ask_reset(reference: str) -> Response:
    """Say that somebody lost their second factor; a second person has to confirm it."""
    try:
        with unit_of_work() as work:
            resets.ask(work, reference)
    except NotApproved:
        return _refused(_("Your own second factor is taken away by two other people, never by yourself."))
    flash(
        _(
            "Nothing has happened yet. Within three days a second person has to sign in and confirm it under “My "
            "account”. Make sure by telephone or in person that it is really lost."
        ),
        "success",
    )
    return redirect(url("accounts.list_all"))

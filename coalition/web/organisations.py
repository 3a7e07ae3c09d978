"""Member organisations, for the administrator."""

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from coalition import i18n
from coalition.domain.access import Permission
from coalition.domain.errors import AlreadyExists
from coalition.i18n import _
from coalition.services import organisations
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import add_error
from coalition.web.forms.organisations import OrganisationForm
from coalition.web.locale import site_settings, url

blueprint = Blueprint("organisations", __name__)


def _form(**values: object) -> OrganisationForm:
    languages = [(code, i18n.locale(code).native_name) for code in site_settings().languages]
    return OrganisationForm.in_languages(languages)(data=values or None)


@blueprint.get("/organisations")
@requires(Permission.MANAGE_ORGANISATIONS)
def list_all() -> str:
    """List the members."""
    with reading() as work:
        found = organisations.list_organisations(work)
    return render("organisations/list.html", organisations=found)


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATIONS)
def create() -> Response | tuple[str, int]:
    """Add a member."""
    form = _form()
    if form.validate_on_submit():
        try:
            with unit_of_work() as work:
                organisations.create_organisation(
                    work,
                    form.code.data or "",
                    form.name.data or "",
                    names=form.texts("name_"),
                    about=form.texts("about_"),
                    website=form.website.data or "",
                )
            flash(_("The organisation was added."), "success")
            return redirect(url("organisations.list_all"))
        except AlreadyExists:
            add_error(form.code, _("Another organisation has this code"))
    return render("organisations/edit.html", form=form, code=""), form.status


@blueprint.route("/organisations/<code>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATIONS)
def edit(code: str) -> Response | tuple[str, int]:
    """Change what is said of a member."""
    with reading() as work:
        present = organisations.organisation(work, code)
    texts = {f"name_{key}": text for key, text in present.names.items()}
    texts |= {f"about_{key}": text for key, text in present.about.items()}
    form = _form(code=present.code, name=present.name, website=present.website, **texts)
    del form.code
    if form.validate_on_submit():
        with unit_of_work() as work:
            organisations.describe_organisation(
                work,
                code,
                name=form.name.data or "",
                names=form.texts("name_"),
                about=form.texts("about_"),
                website=form.website.data or "",
            )
        flash(_("Saved."), "success")
        return redirect(url("organisations.list_all"))
    return render("organisations/edit.html", form=form, code=present.code), form.status

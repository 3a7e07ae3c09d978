"""Profiles, for the coordinator: which there are, which one a year is built with, and the coalition's own."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.domain.access import Permission
from coalition.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    NotAllowedNow,
    NotFound,
    UnusableName,
)
from coalition.domain.profile_checks import MOST_BYTES, BrokenProfile, checked
from coalition.domain.profile_text import profile_text
from coalition.domain.profiles import profile_for
from coalition.i18n import _, available_languages
from coalition.i18n.profiles import FIELDS, problem_with_line, years_in_words
from coalition.services import profiles, summaries
from coalition.services.profiles import Preview, ProfileView
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.profiles import ChoiceForm, CodeForm, ProfileForm, TextForm, form_for
from coalition.web.locale import site_settings, url
from coalition.web.profile_lines import (
    how_it_is_sent,
    options,
    reasons_of,
    refusal,
    standing_of,
    what_leaves,
    wordings,
)
from coalition.web.uploads import sent_files, takes_files

blueprint = Blueprint("profiles", __name__)

Page = str | tuple[str, int] | BaseResponse


# --- looking, and which one --------------------------------------------------------------------------------


@blueprint.get("/profiles")
@requires(Permission.BUILD_SUBMISSION)
def overview() -> str:
    """Show every profile, and which one each data year is built with."""
    with reading() as work:
        lines = profiles.all_profiles(work)
        chosen = profiles.choices(work)
        years = sorted({line.year for line in summaries.data_years(work)} | set(chosen), reverse=True)
        broken = [one for one in (standing_of(work, year) for year in chosen) if one.reasons]
    return render(
        "profiles/overview.html",
        lines=[(line, reasons_of(line)) for line in lines],
        years=[(year, profile_for(year), chosen.get(year, "")) for year in years],
        offered=options(lines),
        unreadable={one.line.code for one in broken},
    )


@blueprint.post("/profiles/choice")
@requires(Permission.KEEP_PROFILES)
def choose() -> BaseResponse:
    """Have a data year built with another profile, or with the one that fits it again."""
    form = ChoiceForm()
    if not form.validate() or form.year.data is None:
        abort(400)
    try:
        with unit_of_work() as work:
            profiles.choose(work, form.year.data, form.code.data or "")
    except NotAllowedNow:
        flash(_("This profile cannot be chosen now."), "error")
    except BrokenProfile as broken:
        flash(refusal(broken), "error")
    else:
        flash(_("Saved. The next build of data year %(year)s takes it.", year=str(form.year.data)), "success")
    return redirect(url("profiles.overview"), 303)


@blueprint.get("/profiles/<code>")
@requires(Permission.BUILD_SUBMISSION)
def show(code: str) -> str:
    """Show a profile."""
    return _show(code, CodeForm(formdata=None))


def _show(code: str, form: CodeForm) -> str:
    with reading() as work:
        view = profiles.read(work, code)
    taken = view.line.profile
    return render(
        "profiles/show.html",
        view=view,
        reasons=reasons_of(view.line),
        years=years_in_words(taken) if taken else "",
        leaving=what_leaves(taken) if taken else [],
        sending=how_it_is_sent(taken) if taken else [],
        wordings=wordings(taken) if taken else [],
        form=form,
        fields=FIELDS,
    )


@blueprint.get("/profiles/<code>/profile.toml")
@requires(Permission.BUILD_SUBMISSION)
def download(code: str) -> Response:
    """Hand out the file of a profile; of an own one, any text that it had."""
    with reading() as work:
        view = profiles.read(work, code)
    text = _text_numbered(view, request.args.get("text", ""))
    response = Response(text, content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.toml"'
    return response


def _text_numbered(view: ProfileView, number: str) -> str:
    """Return one text that a profile had, the present one where no such number is known."""
    return next((one.text for one in view.texts if str(one.number) == number), view.text)


# --- the coalition's own -----------------------------------------------------------------------------------


@blueprint.post("/profiles/<code>/copy")
@requires(Permission.KEEP_PROFILES)
def copy(code: str) -> Page:
    """Begin an own profile with the text of this one."""
    form = CodeForm()
    if form.validate():
        try:
            with unit_of_work() as work:
                profiles.copy(work, code, form.code.data or "")
            return redirect(url("profiles.edit", code=form.code.data), 303)
        except (UnusableName, AlreadyExists) as error:
            add_error(form.code, _refused_code(error))
    return _show(code, form), INVALID


def _refused_code(error: UnusableName | AlreadyExists) -> str:
    if isinstance(error, AlreadyExists):
        return _("There is a profile with this code already.")
    return _("Write at most 40 small Latin letters, digits and single hyphens, and a letter first.")


@blueprint.get("/profiles/<code>/edit")
@requires(Permission.KEEP_PROFILES)
def edit(code: str) -> Page:
    """Show the fields of an own profile; one that cannot be read any more is mended as text."""
    view = _own(code)
    try:
        data = checked(view.text)
    except BrokenProfile:
        return redirect(url("profiles.edit_text", code=code), 303)
    form = form_for(site_settings().languages)(formdata=None, data=ProfileForm.data_from(data))
    form.number.data = str(view.line.number)
    return _fields(view, form, data)


@blueprint.post("/profiles/<code>/edit")
@requires(Permission.KEEP_PROFILES)
def change(code: str) -> Page:
    """Do what a button of the fields says: arrange columns, show a preview, save."""
    view, form = _own(code), form_for(site_settings().languages)()
    try:
        base = checked(_text_numbered(view, form.number.data or ""))
    except BrokenProfile:
        return redirect(url("profiles.edit_text", code=code), 303)
    form.offer(site_settings().languages, base)
    act = request.form.get("act", "save")
    arranged = form.arranged(act)
    if arranged is not None:
        return _fields(view, form_for(site_settings().languages)(formdata=None, data=arranged), base, unsaved=True)
    if not form.validate():
        return _fields(view, form, base, refused=True), INVALID
    said = form.said_over(base, site_settings().languages)
    same = ProfileForm.data_from(said) == ProfileForm.data_from(base)
    text = _text_numbered(view, form.number.data or "") if same else profile_text(said)
    try:
        return _previewed(view, form, base, text) if act == "preview" else _saved(view, form, text)
    except BrokenProfile as broken:
        form.refuse(broken.problems)
        return _fields(view, form, base, refused=True), INVALID
    except ChangedMeanwhile:
        # What was typed stands; whoever saves it now knows of the other text, which is kept.
        form.number.data = str(view.line.number)
        return _fields(view, form, base, meanwhile=True), INVALID


def _own(code: str) -> ProfileView:
    with reading() as work:
        view = profiles.read(work, code)
    if view.line.is_shipped:
        raise NotFound("profile", code)
    return view


def _previewed(view: ProfileView, form: ProfileForm, base: dict[str, Any], text: str) -> Page:
    with reading() as work:
        year = _year_shown(summaries.data_years(work))
        shown = profiles.preview(work, view.line.code, text, year, available_languages()) if year else None
    return _fields(view, form, base, preview=shown, preview_of=year, unsaved=True)


def _year_shown(lines: list[summaries.YearLine]) -> int:
    """Return the data year that was asked for, else the latest one with anything accepted; 0 where there is none."""
    asked = request.form.get("preview_year", "")
    filled = [line.year for line in lines if line.accepted]
    return next((year for year in filled if str(year) == asked), max(filled, default=0))


def _saved(view: ProfileView, form: ProfileForm | TextForm, text: str) -> BaseResponse:
    number = form.number.data or ""
    with unit_of_work() as work:
        seen = int(number) if number.isascii() and number.isdecimal() and len(number) < len("1000000") else 0
        kept = profiles.save(work, view.line.code, text, seen, available_languages())
    flash(_("Saved as text %(number)s.", number=str(kept)), "success")
    return redirect(url("profiles.show", code=view.line.code), 303)


def _fields(  # noqa: PLR0913 - each is one thing that the page can say
    view: ProfileView,
    form: ProfileForm,
    base: dict[str, Any],
    *,
    preview: Preview | None = None,
    preview_of: int | None = None,
    unsaved: bool = False,
    meanwhile: bool = False,
    refused: bool = False,
) -> str:
    form.offer(site_settings().languages, base)
    with reading() as work:
        years = [line.year for line in summaries.data_years(work) if line.accepted]
    return render(
        "profiles/edit.html",
        view=view,
        form=form,
        years=years,
        preview=preview,
        preview_of=preview_of,
        unsaved=unsaved,
        meanwhile=meanwhile,
        refused=refused,
    )


# --- as text -----------------------------------------------------------------------------------------------


@blueprint.get("/profiles/<code>/text")
@requires(Permission.KEEP_PROFILES)
def edit_text(code: str) -> str:
    """Show an own profile as text."""
    view = _own(code)
    form = TextForm(formdata=None, data={"text": view.text, "number": str(view.line.number)})
    form.refuse(view.line.problems)
    return render("profiles/text.html", view=view, form=form, meanwhile=False)


@blueprint.post("/profiles/<code>/text")
@takes_files(lambda: MOST_BYTES)
@requires(Permission.KEEP_PROFILES)
def change_text(code: str) -> Page:
    """Save an own profile from a text or a file."""
    view, form, meanwhile = _own(code), TextForm(), False
    if _takes_text(form):
        try:
            return _saved(view, form, form.text.data or "")
        except BrokenProfile as broken:
            form.refuse(broken.problems)
        except ChangedMeanwhile:
            form.number.data, meanwhile = str(view.line.number), True
    return render("profiles/text.html", view=view, form=form, meanwhile=meanwhile), INVALID


@blueprint.get("/profiles/new")
@requires(Permission.KEEP_PROFILES)
def ask_text() -> str:
    """Ask for the file of a new profile."""
    return render("profiles/text.html", view=None, form=TextForm(formdata=None), meanwhile=False)


@blueprint.post("/profiles/new")
@takes_files(lambda: MOST_BYTES)
@requires(Permission.KEEP_PROFILES)
def add() -> Page:
    """Begin an own profile with a text or a file."""
    form = TextForm()
    if _takes_text(form):
        code = form.code.data or ""
        try:
            with unit_of_work() as work:
                profiles.add_profile(work, code, form.text.data or "", available_languages())
            flash(_("The profile is there. Nothing is built with it until you choose it."), "success")
            return redirect(url("profiles.show", code=code), 303)
        except (UnusableName, AlreadyExists) as error:
            add_error(form.code, _refused_code(error))
        except BrokenProfile as broken:
            form.refuse(broken.problems)
    return render("profiles/text.html", view=None, form=form, meanwhile=False), INVALID


def _takes_text(form: TextForm) -> bool:
    """Let a file take the place of the text, so that it can be mended in the page; tell whether the form is sound."""
    files = sent_files("file")
    if not files:
        # A box of text loses the line break at the end, which is no change.
        form.text.data = (form.text.data or "") + "\n"
        return form.validate()
    try:
        sent = files[0].stream.read(MOST_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError:
        form.validate()
        add_error(form.file, _("The file is not text in UTF-8."))
        return False
    form.text.data = sent.replace("\r\n", "\n")
    return form.validate()


@blueprint.post("/profiles/<code>/take-back")
@requires(Permission.KEEP_PROFILES)
def take_back(code: str) -> BaseResponse:
    """Use an earlier text again."""
    numbers = [request.form.get(name, "") for name in ("text", "number")]
    if not all(number.isascii() and number.isdecimal() and len(number) < len("1000000") for number in numbers):
        abort(400)
    try:
        with unit_of_work() as work:
            kept = profiles.take_back(work, code, int(numbers[0]), int(numbers[1]))
        flash(
            _("Text %(earlier)s is used again; it is text %(number)s now.", earlier=numbers[0], number=str(kept)),
            "success",
        )
    except ChangedMeanwhile:
        flash(_("Somebody saved another text meanwhile. Nothing was changed: look at it first."), "error")
    except BrokenProfile as broken:
        said = _("This text cannot be read any more. Download it, mend it, and save it as text.")
        flash(f"{said} {problem_with_line(broken.problems[0])}", "error")
    return redirect(url("profiles.show", code=code), 303)


@blueprint.post("/profiles/<code>/put-away")
@requires(Permission.KEEP_PROFILES)
def put_away(code: str) -> BaseResponse:
    """Offer an own profile no more."""
    with unit_of_work() as work:
        profiles.put_away(work, code)
    flash(_("Put away. What was built with it can still be explained."), "success")
    return redirect(url("profiles.show", code=code), 303)


@blueprint.post("/profiles/<code>/take-up")
@requires(Permission.KEEP_PROFILES)
def take_up(code: str) -> BaseResponse:
    """Offer an own profile again."""
    with unit_of_work() as work:
        profiles.take_up(work, code)
    flash(_("The profile can be chosen again."), "success")
    return redirect(url("profiles.show", code=code), 303)

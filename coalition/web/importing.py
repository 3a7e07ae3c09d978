"""A member's own spreadsheet: send it, say what its columns and words mean, look at what comes of it, record it."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import BinaryIO, cast

from flask import Blueprint, Response, abort, flash, redirect
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.member_sheet import MOST_BYTES
from coalition.documents.problem_sheet import problems_as_csv, problems_as_workbook
from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow, RefusedSheet
from coalition.domain.headings import proposed
from coalition.domain.mappings import PROBLEM, RowMapping
from coalition.domain.uploads import Act, Stage
from coalition.i18n import L_, _, format_number
from coalition.i18n.sheets import problem_in_words, refusal_in_words
from coalition.services import jobs, mappings
from coalition.services.mappings import Profile, Standing, UploadLine, UploadView
from coalition.services.sheet_plans import LeftRow
from coalition.services.work import Work
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.answers import Answer, answers
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID, add_error
from coalition.web.forms.importing import ColumnsForm, RecordForm, SheetForm, UploadForm, ValuesForm, known_names
from coalition.web.locale import site_settings, url
from coalition.web.security import FILE_POLICY
from coalition.web.uploads import sent_files, takes_files

blueprint = Blueprint("importing", __name__)

Page = str | tuple[str, int] | BaseResponse
WORKED_ON = frozenset({Stage.READING, Stage.CHECKING, Stage.STORING})
STEPS = {
    Stage.READING: L_("Reading the file"),
    Stage.CHECKING: L_("Comparing the rows with what is recorded"),
    Stage.STORING: L_("Recording the rows"),
}
"""What a job does with a file."""
STAGES = {
    Stage.READING: L_("Being read"),
    Stage.REFUSED: L_("Cannot be read"),
    Stage.MAPPING: L_("Waits for its columns to be told"),
    Stage.CHECKING: L_("Being compared"),
    Stage.CHECKED: L_("Waits to be recorded"),
    Stage.STORING: L_("Being recorded"),
    Stage.DONE: L_("Recorded"),
}
"""Where a file stands."""
CONTENT_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def stays_on_its_way(view: Callable[..., Page]) -> Callable[..., Page]:
    """Lead whoever comes too late, or presses a button twice, to where the file stands now."""

    @wraps(view)
    def shown(reference: str) -> Page:
        try:
            return view(reference)
        except NotAllowedNow:
            return _on(reference)

    return shown


def _on(reference: str) -> BaseResponse:
    return redirect(url("importing.follow", reference=reference), 303)


def _ask(work: Work, reference: str, act: Act) -> None:
    """Have a job do the next thing with a file."""
    job = jobs.request_job(work, "import", {"upload": reference, "act": act.value})
    mappings.begin_act(work, reference, act, job)


# --- sending -----------------------------------------------------------------------------------------------


@blueprint.get("/imports")
@requires(Permission.UPLOAD_INCIDENTS)
def overview() -> str:
    """Show the form to send a file, what was sent before, and the kept mappings."""
    return _overview(UploadForm())


def _overview(form: UploadForm) -> str:
    with reading() as work:
        uploads, kept = mappings.list_uploads(work), mappings.list_mappings(work)
    lines = [(line, str(STAGES[line.stage]), _outcome(line)) for line in uploads]
    return render("importing/overview.html", form=form, uploads=lines, mappings=kept)


def _outcome(line: UploadLine) -> str:
    """Return in a few words what came of a file."""
    if line.stage is not Stage.DONE:
        return ""
    return _(
        "New: %(new)s. Brought up to date: %(changed)s. Not recorded: %(left)s.",
        new=format_number(line.counts.get("new", 0)),
        changed=format_number(line.counts.get("changed", 0)),
        left=format_number(_left(line)),
    )


def _left(line: UploadLine) -> int:
    return sum(line.counts.get(name, 0) for name in ("bad", "conflict", "closed", "erased"))


@blueprint.post("/imports")
@takes_files(lambda: MOST_BYTES)
@requires(Permission.UPLOAD_INCIDENTS)
def send() -> Page:
    """Take a file in, sealed, and have it read."""
    form, files = UploadForm(), sent_files("file")
    if not form.validate() or not files:
        if not files:
            add_error(form.file, _("Choose a file."))
        return _overview(form), INVALID
    content = cast("BinaryIO", files[0].stream)
    size = content.seek(0, 2)
    content.seek(0)
    try:
        with unit_of_work() as work:
            reference = mappings.start_upload(work, files[0].filename or "", content, size)
            _ask(work, reference, Act.READ)
    except RefusedSheet as refusal:
        add_error(form.file, refusal_in_words(refusal.reason))
        return _overview(form), INVALID
    return _on(reference)


# --- where it stands ---------------------------------------------------------------------------------------


@blueprint.get("/imports/<reference>")
@requires(Permission.UPLOAD_INCIDENTS)
def follow(reference: str) -> Page:
    """Show how far a file is, or lead to what is to be done with it."""
    with reading() as work:
        standing = mappings.standing_of(work, reference)
    stage = standing.stage
    if stage is Stage.MAPPING:
        return redirect(url("importing.columns", reference=reference), 303)
    if stage is Stage.CHECKED:
        return redirect(url("importing.preview", reference=reference), 303)
    with reading() as work:
        view = mappings.upload_of(work, reference)
    return render(
        "importing/follow.html",
        view=view,
        working=_is_worked_on(standing),
        message=_message(standing),
        why=refusal_in_words(view.error) if view.error else "",
        counts=_count_rows(view),
    )


def _is_worked_on(standing: Standing) -> bool:
    return standing.stage in WORKED_ON and standing.job_state != "failed"


def _message(standing: Standing) -> str:
    doing = str(STEPS.get(standing.stage, ""))
    if standing.job_state == "running" and standing.total > 1:
        done, total = format_number(standing.done), format_number(standing.total)
        return _("%(doing)s: %(done)s of %(total)s", doing=doing, done=done, total=total)
    return doing


def _count_rows(view: UploadView) -> list[Answer]:
    """Return how many rows became of what, or would."""
    counts = view.line.counts
    told = (
        (_("New records"), counts.get("new", 0)),
        (_("Records brought up to date"), counts.get("changed", 0)),
        (_("Rows that say what they said before"), counts.get("unchanged", 0)),
        (_("Rows that cannot be recorded"), counts.get("bad", 0)),
        (_("Rows whose record somebody changed here meanwhile"), counts.get("conflict", 0)),
        (_("Rows whose record was handed in already"), counts.get("closed", 0)),
        (_("Rows whose record was erased here"), counts.get("erased", 0)),
    )
    always = 4
    return [Answer(key, format_number(number)) for at, (key, number) in enumerate(told) if number or at < always]


@blueprint.get("/imports/<reference>/state")
@requires(Permission.UPLOAD_INCIDENTS)
def state(reference: str) -> dict[str, object]:
    """Say how far a file is, for the script of its page."""
    with reading() as work:
        standing = mappings.standing_of(work, reference)
    return {
        "state": "running" if _is_worked_on(standing) else "done",
        "done": standing.done,
        "total": standing.total,
        "message": _message(standing),
        "url": url("importing.follow", reference=reference),
    }


@blueprint.post("/imports/<reference>")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def again(reference: str) -> Page:
    """Try again what failed."""
    acts = {Stage.REFUSED: Act.READ, Stage.READING: Act.READ, Stage.CHECKING: Act.CHECK, Stage.STORING: Act.STORE}
    with unit_of_work() as work:
        stage = mappings.standing_of(work, reference).stage
        if stage in acts:
            _ask(work, reference, acts[stage])
    return _on(reference)


@blueprint.post("/imports/<reference>/discard")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def discard(reference: str) -> Page:
    """Throw a file away."""
    with unit_of_work() as work:
        mappings.discard_upload(work, reference)
    flash(_("The file is thrown away."), "success")
    return redirect(url("importing.overview"), 303)


# --- columns and words -------------------------------------------------------------------------------------


def _opened(reference: str) -> tuple[UploadView, Profile, RowMapping]:
    """Return a file whose columns can be told, with what is known or proposed of them.

    Raises NotFound, NotAllowedNow.
    """
    with reading() as work:
        view = mappings.upload_of(work, reference)
    if view.profile is None:
        raise NotAllowedNow("map", view.line.stage)
    mapping = view.mapping
    if mapping is None:
        mapping = proposed(view.profile.columns, view.profile.rows, known_names(site_settings()))
    return view, view.profile, mapping


@blueprint.get("/imports/<reference>/columns")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def columns(reference: str) -> Page:
    """Ask what each column holds."""
    view, profile, mapping = _opened(reference)
    return _columns_page(view, ColumnsForm.of(profile, mapping))


def _columns_page(view: UploadView, form: ColumnsForm) -> str:
    profile = form.profile
    sheet = SheetForm(formdata=None, data={"sheet": profile.sheet})
    sheet.offer(profile)
    return render("importing/columns.html", view=view, form=form, profile=profile, sheet=sheet)


@blueprint.post("/imports/<reference>/columns")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def keep_columns(reference: str) -> Page:
    """Keep what each column holds, and go on to what their words mean."""
    view, profile, before = _opened(reference)
    form = ColumnsForm.of(profile, before)
    if form.validate():
        mapping = form.mapping(known_names(site_settings()))
        if form.check(mapping):
            with unit_of_work() as work:
                mappings.keep_columns(work, reference, mapping)
            return redirect(url("importing.values", reference=reference), 303)
    return _columns_page(view, form), INVALID


@blueprint.post("/imports/<reference>/sheet")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def choose_sheet(reference: str) -> Page:
    """Read another sheet of the workbook."""
    view, profile, _mapping = _opened(reference)
    form = SheetForm()
    form.offer(profile)
    if form.validate() and form.sheet.data != profile.sheet:
        with unit_of_work() as work:
            mappings.choose_sheet(work, reference, form.sheet.data)
            _ask(work, reference, Act.READ)
    return _on(view.line.reference)


@blueprint.get("/imports/<reference>/words")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def values(reference: str) -> Page:
    """Ask what the words of the columns mean, and what holds for every row."""
    view, profile, mapping = _opened(reference)
    return _values_page(view, ValuesForm.of(profile, mapping, site_settings()))


def _values_page(view: UploadView, form: ValuesForm) -> str:
    return render("importing/values.html", view=view, form=form)


@blueprint.post("/imports/<reference>/words")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def keep_values(reference: str) -> Page:
    """Keep what the words mean; once everything is answered, have the rows compared with what is recorded."""
    view, profile, before = _opened(reference)
    own = site_settings()
    form = ValuesForm.of(profile, before, own)
    if not form.validate():
        return _values_page(view, form), INVALID
    mapping = form.mapping(known_names(own))
    if form.splits_anew():
        with unit_of_work() as work:
            mappings.keep_columns(work, reference, mapping)
        return redirect(url("importing.values", reference=reference), 303)
    if not form.check():
        return _values_page(view, form), INVALID
    with unit_of_work() as work:
        mappings.keep_columns(work, reference, mapping)
        _ask(work, reference, Act.CHECK)
    return _on(reference)


# --- before it is recorded ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstRow:
    """One of the first rows as it would be recorded."""

    line: str
    answers: tuple[Answer, ...]


@blueprint.get("/imports/<reference>/preview")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def preview(reference: str) -> Page:
    """Show what would be recorded."""
    with reading() as work:
        view = mappings.upload_of(work, reference)
    if view.preview is None:
        raise NotAllowedNow("preview", view.line.stage)
    form = RecordForm(data={"name": view.mapping_name, "overwrite": []})
    return _preview_page(view, form)


def _preview_page(view: UploadView, form: RecordForm) -> str:
    found = view.preview
    if found is None:
        raise NotAllowedNow("preview", view.line.stage)
    form.offer(
        {
            item.reference: _("Row %(line)s: %(reference)s", line=str(item.line), reference=item.reference)
            for item in found.conflicts
        }
    )
    first = [
        FirstRow(_("Row %(line)s", line=str(line)), tuple(itertools.chain(*answers(facts).values())))
        for line, facts in found.first
    ]
    wrong = [(column, problem_in_words(code), number) for (column, code), number in found.problems.items()]
    recorded = view.line.counts.get("new", 0) + view.line.counts.get("changed", 0)
    return render(
        "importing/preview.html",
        view=view,
        form=form,
        counts=_count_rows(view),
        first=first,
        wrong=wrong,
        recorded=recorded,
    )


@blueprint.post("/imports/<reference>/preview")
@requires(Permission.UPLOAD_INCIDENTS)
@stays_on_its_way
def record(reference: str) -> Page:
    """Have the rows recorded as drafts."""
    with reading() as work:
        view = mappings.upload_of(work, reference)
    form = RecordForm()
    if view.preview is None:
        raise NotAllowedNow("record", view.line.stage)
    if not form.validate():
        return _preview_page(view, form), INVALID
    with unit_of_work() as work:
        mappings.decide(work, reference, form.overwrite.data or (), form.name.data or "")
        _ask(work, reference, Act.STORE)
    return _on(reference)


@blueprint.get("/imports/<reference>/problems.<kind>")
@requires(Permission.UPLOAD_INCIDENTS, recently=True)
def problems(reference: str, kind: str) -> BaseResponse:
    """Hand out the rows that are not recorded, with the reason beside each."""
    if kind not in CONTENT_TYPES:
        abort(404)
    with unit_of_work() as work:
        found = mappings.problem_rows(work, reference)
    kept = [name != PROBLEM for name in (title.strip().casefold() for title in found.header)]
    header = [*_kept(found.header, kept), PROBLEM]
    rows = [[*_kept(left.cells, kept), _why(left)] for left in found.rows]
    content = problems_as_csv(header, rows) if kind == "csv" else problems_as_workbook(header, rows)
    response = Response(content, content_type=CONTENT_TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="not-recorded-{reference.upper()}.{kind}"'
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(cells: Sequence[str], kept: Sequence[bool]) -> list[str]:
    return [cell for cell, stays in zip(cells, kept, strict=True) if stays]


def _why(left: LeftRow) -> str:
    """Return what is wrong with a row, column by column."""
    told = (
        f"{problem.column}: {problem_in_words(problem.code)}" if problem.column else problem_in_words(problem.code)
        for problem in left.problems
    )
    return " ".join([*told, f"({left.reference})"] if left.reference else told)


# --- kept mappings -----------------------------------------------------------------------------------------


@blueprint.post("/imports/mappings/<reference>/forget")
@requires(Permission.UPLOAD_INCIDENTS)
def forget(reference: str) -> BaseResponse:
    """Forget a kept mapping."""
    with unit_of_work() as work:
        mappings.forget_mapping(work, reference)
    flash(_("The columns are forgotten. What was recorded by them stays."), "success")
    return redirect(url("importing.overview"), 303)

"""A background job as its reader follows it: how far it is, what it made, why it failed."""

from dataclasses import dataclass

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import NotAllowedNow
from coalition.i18n import L_, _, format_number, labels
from coalition.i18n.files import size_in_words
from coalition.services import jobs
from coalition.services.jobs import JobFile, JobView
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.locale import url

blueprint = Blueprint("jobs", __name__)

AREAS = {"submission": "submissions.overview", "report": "reports.overview"}
"""The page that each kind of job is asked for on."""
STEPS = {
    "": L_("Selecting the incidents"),
    "figures": L_("Counting the incidents"),
    "pages": L_("Setting the pages. This can take a minute."),
    "submission.xlsx": L_("Writing the workbook"),
    "incidents.csv": L_("Writing the tables"),
    "statistics.csv": L_("Writing the tables"),
    "overview.csv": L_("Writing the tables"),
}
"""What a job is doing, by the code it gives."""
WHY = {
    "not_permitted": L_("Whoever asked for it may not do this any more."),
    "interrupted": L_("It was begun several times and never came to its end. The server may have too little memory."),
    "pdf_unavailable": L_("This server cannot make PDF files. Its administrator has to install the library Pango."),
    "profile_unreadable": L_("Its profile cannot be read any more. The page of the profile says why."),
    "unexpected": L_("Something unexpected went wrong. The server’s administrator finds it in the log."),
}
"""Why a job failed, by the code it ends with."""
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".sig": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
ABOUT = {
    ".csv": L_("For any spreadsheet"),
    ".json": L_("Counts and checksums"),
    ".pdf": L_("To print and to send"),
    ".sig": L_("The signature of the manifest"),
    ".xlsx": L_("The workbook: incidents, statistics, about the coalition"),
    ".zip": L_("All files in one, to attach to the e-mail"),
}


@dataclass(frozen=True)
class FileLine:
    """One file to take away."""

    file: JobFile
    kind: str
    about: str
    size: str
    url: str


def _suffix(name: str) -> str:
    return name[name.rindex(".") :]


def _line(job: JobView, file: JobFile) -> FileLine:
    suffix = _suffix(file.name)
    address = url("jobs.download", reference=job.reference, name=file.name)
    return FileLine(file, suffix[1:].upper(), str(ABOUT[suffix]), size_in_words(file.size), address)


_COUNTING_INCIDENTS = ("", "submission.xlsx")
"""The steps of a submission that go through its incidents one by one: reading them, and writing the sheet."""


def _message(job: JobView) -> str:
    if job.state == "queued":
        return _("Waiting for its turn")
    if job.is_finished:
        return labels.label("job_states", job.state)
    doing = str(STEPS.get(job.step, STEPS[""]))
    if job.step in _COUNTING_INCIDENTS and job.kind == "submission" and job.total > 1:
        return _(
            "%(doing)s: %(done)s of %(total)s incidents",
            doing=doing,
            done=format_number(job.done),
            total=format_number(job.total),
        )
    return doing


@blueprint.get("/jobs/<reference>")
@requires(Permission.FOLLOW_JOB)
def follow(reference: str) -> str | Response:
    """Show how far a job is; once it is done, what it made; if it failed, why."""
    with reading() as work:
        job = jobs.follow_job(work, reference)
    if job.kind not in AREAS:
        # It makes no files: the page of its subject shows how far it is.
        return redirect(url("published.year", year=job.params["year"]))
    return render(
        "jobs/follow.html",
        job=job,
        area=AREAS[job.kind],
        message=_message(job),
        why=str(WHY[job.error]) if job.error else "",
        files=[_line(job, file) for file in job.files],
    )


@blueprint.get("/jobs/<reference>/state")
@requires(Permission.FOLLOW_JOB)
def state(reference: str) -> dict[str, object]:
    """Say how far a job is, for the script of its page."""
    with reading() as work:
        job = jobs.follow_job(work, reference)
    address = url("jobs.follow", reference=reference)
    return {"state": job.state, "done": job.done, "total": job.total, "message": _message(job), "url": address}


@blueprint.get("/jobs/<reference>/files/<name>")
@requires(Permission.FOLLOW_JOB, recently=True)
def download(reference: str, name: str) -> Response:
    """Hand out a file that a job made; who took it is kept."""
    try:
        with unit_of_work() as work:
            parts = jobs.open_file(work, reference, name)
            jobs.note_download(work, reference, name)
    except NotAllowedNow:
        return redirect(url("jobs.follow", reference=reference))  # its page says why
    response = Response(parts, mimetype=CONTENT_TYPES[_suffix(name)])
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/jobs/<reference>")
@requires(Permission.FOLLOW_JOB)
def again(reference: str) -> Response:
    """Ask for the same once more."""
    with unit_of_work() as work:
        job = jobs.follow_job(work, reference)
        new = jobs.request_job(work, job.kind, job.params)
    return redirect(url("jobs.follow", reference=new), 303)

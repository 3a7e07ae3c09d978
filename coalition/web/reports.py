"""The PDF report: choosing year and language, making it, what was made before."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.i18n import current_language
from coalition.services import jobs, summaries
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.reports import ReportForm
from coalition.web.locale import site_settings, url

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports")
@requires(Permission.BUILD_REPORT)
def overview() -> str:
    """Offer the years and languages, and show what was made before."""
    return _page(_form())


@blueprint.post("/reports")
@requires(Permission.BUILD_REPORT, recently=True)
def build() -> Response | tuple[str, int]:
    """Ask for a report, and follow it."""
    form = _form()
    if not form.validate():
        return _page(form), form.status
    params = {"year": int(form.year.data), "language": form.language.data}
    with unit_of_work() as work:
        reference = jobs.request_job(work, "report", params)
    return redirect(url("jobs.follow", reference=reference), 303)


def _form() -> ReportForm:
    with reading() as work:
        years = [line.year for line in summaries.data_years(work)]
    return ReportForm.offering(years, site_settings().languages, current_language())


def _page(form: ReportForm) -> str:
    with reading() as work:
        built = jobs.list_jobs(work, "report")
    return render("reports/overview.html", form=form, built=built)

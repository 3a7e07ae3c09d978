"""On paper: the blank form in every language of the site, and the sheet of one case."""

from flask import Blueprint, Response, abort, flash, redirect
from werkzeug.wrappers import Response as BaseResponse

from coalition import i18n
from coalition.documents.case_sheet import SheetPages, sheet_as_pdf
from coalition.documents.pdf import PdfUnavailable
from coalition.domain.access import Permission
from coalition.domain.codebook import codebook
from coalition.domain.errors import NotAllowedNow
from coalition.domain.interchange import StepRecord
from coalition.domain.paper import SheetKind, leaves
from coalition.i18n import _
from coalition.services import paper
from coalition.services.incident_views import IncidentView
from coalition.services.paper import CaseSheet
from coalition.web.access import may, reading, requires
from coalition.web.answers import printed
from coalition.web.contexts import render
from coalition.web.locale import url

blueprint = Blueprint("paper", __name__)


def _pdf(content: bytes, name: str, kept: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": kept}
    return Response(content, content_type="application/pdf", headers=headers)


def _without_pango(back: str) -> BaseResponse:
    flash(_("This server cannot make PDF files. Its administrator has to install the library Pango."), "error")
    return redirect(back, 303)


@blueprint.get("/paper")
@requires(Permission.PRINT_FORM)
def overview() -> str:
    """Offer the blank form in every language of the site, and tell what to look out for with paper."""
    return render("paper/overview.html", version=codebook().version, of_member=may(Permission.LIST_INCIDENTS))


@blueprint.get("/paper/form.pdf")
@requires(Permission.PRINT_FORM)
def blank_form() -> BaseResponse:
    """Hand out the blank form in the language of the address."""
    language = i18n.current_language()
    try:
        with reading() as work:
            content = paper.blank_form(work, language)
    except PdfUnavailable:
        return _without_pango(url("paper.overview"))
    return _pdf(content, f"form-{language}-{codebook().version}", "private, max-age=3600")


@blueprint.get("/incidents/<reference>/sheet")
@requires(Permission.PRINT_INCIDENT)
def ask_sheet(reference: str) -> str:
    """Ask for whom a sheet of the case is made."""
    with reading() as work:
        choices = paper.sheet_choices(work, reference)
    return render(
        "paper/sheet.html",
        choices=choices,
        inside=[kind for kind in choices.allowed if not leaves(kind)],
        outside=[kind for kind in choices.allowed if leaves(kind)],
    )


@blueprint.get("/incidents/<reference>/sheet/<sheet>.pdf")
@requires(Permission.PRINT_INCIDENT, recently=True)
def case_sheet(reference: str, sheet: str) -> BaseResponse:
    """Hand out one case on a sheet; that it was made, and for whom, is kept."""
    if sheet not in set(SheetKind):
        abort(404)
    try:
        with reading() as work:
            made = paper.case_sheet(work, reference, SheetKind(sheet))
            content = sheet_as_pdf(sheet_pages(made))
    except PdfUnavailable:
        return _without_pango(url("paper.ask_sheet", reference=reference))
    except NotAllowedNow:
        flash(_("No sheet was made: there is no consent for it, or it was taken back."), "error")
        return redirect(url("paper.ask_sheet", reference=reference), 303)
    return _pdf(content, f"incident-{made.incident.reference}-{sheet}", "no-store")


def sheet_pages(made: CaseSheet) -> SheetPages:
    """Return what the sheet prints, in the words of now."""
    incident = made.incident
    return SheetPages(
        kind=made.kind,
        reference=incident.reference,
        organisation=made.organisation,
        coalition=made.coalition,
        made_at=made.made_at,
        made_by=made.made_by,
        time_zone=made.time_zone,
        language=i18n.current_language(),
        state=incident.state,
        sections=printed(incident.facts, incident.withheld),
        steps=() if leaves(made.kind) else _steps(incident),
        verification=incident.verification,
        late=incident.late,
    )


def _steps(incident: IncidentView) -> tuple[StepRecord, ...]:
    return tuple(
        StepRecord(step=step.step.value, at=step.at, by="", text=step.text, reason=step.reason, findings={})
        for step in incident.steps
    )

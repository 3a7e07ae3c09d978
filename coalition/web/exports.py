"""Incidents to take away: as a file that another installation reads, and as a copy for the person concerned."""

import json
from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition import i18n
from coalition.documents import persons_copy as document
from coalition.documents.letter import Section, Told
from coalition.documents.pdf import PdfUnavailable
from coalition.domain.access import Permission
from coalition.domain.interchange import header, record_to_json, written
from coalition.i18n import _
from coalition.i18n.acts import act_in_words
from coalition.i18n.files import kinds_in_words
from coalition.services import exports, incidents
from coalition.services.evidence import evidence_counts
from coalition.services.exports import PersonsCopy
from coalition.web.access import actor, reading, requires
from coalition.web.answers import printed
from coalition.web.contexts import render
from coalition.web.forms.erasures import ExportForm
from coalition.web.locale import url
from coalition.web.query import year_asked

blueprint = Blueprint("exports", __name__)


def _file(content: str | bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, content_type=kind, headers=headers)


@blueprint.get("/incidents/export")
@requires(Permission.EXPORT_INCIDENTS)
def ask() -> str:
    """Tell what the file holds, and ask of which year."""
    form = ExportForm(formdata=request.args)
    with reading() as work:
        years = exports.years_to_export(work)
    form.year.choices = {"": _("All years"), **{str(year): str(year) for year in years}}
    return render("exports/ask.html", form=form, of_member=actor().organisation is not None)


@blueprint.get("/incidents/export.json")
@requires(Permission.EXPORT_INCIDENTS, recently=True)
def download() -> Response:
    """Hand out the file; that it was taken, and every incident in it, is kept."""
    with reading() as work:
        content = "".join(written(exports.export_incidents(work, year=year_asked()), work.now))
        day = work.today.isoformat()
    return _file(content, "application/json", f"incidents-{day}.json")


@blueprint.get("/incidents/<reference>/copy")
@requires(Permission.COPY_INCIDENT)
def ask_copy(reference: str) -> str:
    """Tell what the copy for the person concerned holds, and what to look out for before it is handed over."""
    with reading() as work:
        named = incidents.outline_incident(work, reference).reference
    return render("exports/copy.html", reference=named)


@blueprint.get("/incidents/<reference>/copy.<kind>")
@requires(Permission.COPY_INCIDENT, recently=True)
def copy(reference: str, kind: str) -> BaseResponse:
    """Hand out everything held about one incident, as JSON or PDF."""
    if kind not in {"json", "pdf"}:
        abort(404)
    try:
        with reading() as work:
            made, files = exports.persons_copy(work, reference), evidence_counts(work, reference)
            content = _as_pdf(made, files) if kind == "pdf" else _as_json(made, files)
    except PdfUnavailable:
        flash(_("This server cannot make PDF files. Its administrator has to install the library Pango."), "error")
        return redirect(url("exports.ask_copy", reference=reference), 303)
    return _file(content, f"application/{kind}", f"copy-{made.record.reference}.{kind}")


def _as_json(made: PersonsCopy, files: Mapping[str, int]) -> str:
    looks = [
        {
            "at": look.at.isoformat(),
            "role": look.role,
            "organisation": look.organisation.main if look.organisation else None,
            "act": look.action,
        }
        for look in made.looks
    ]
    records = [record_to_json(made.record)]
    told = {**header(made.made_at), "incidents": records, "evidence": dict(files), "looks": looks}
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _evidence(files: Mapping[str, int]) -> tuple[Section, ...]:
    """Return what a copy says of the files: which there are; they themselves are handed over on request."""
    if not files:
        return ()
    return (Section(_("Evidence files"), (Told(_("Files that are kept"), kinds_in_words(files)),)),)


def _as_pdf(made: PersonsCopy, files: Mapping[str, int]) -> bytes:
    looks = tuple((look.at, look.role, look.organisation, act_in_words(look.action)) for look in made.looks)
    return document.copy_as_pdf(
        document.CopyPages(
            reference=made.record.reference,
            record=made.record,
            organisation=made.organisation,
            coalition=made.coalition,
            made_at=made.made_at,
            time_zone=made.time_zone,
            language=i18n.current_language(),
            sections=(*printed(made.record.facts), *_evidence(files)),
            looks=looks,
        )
    )

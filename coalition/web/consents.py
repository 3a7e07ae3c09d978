"""Consent after it was given: what is in force, taking it back, what it touched, and the proof of it."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect
from werkzeug.wrappers import Response as BaseResponse

from coalition.documents.pdf import PdfUnavailable
from coalition.domain.access import Permission
from coalition.domain.errors import ChangedMeanwhile, NoConsent, NotAllowedNow
from coalition.domain.reviews import EDITABLE
from coalition.domain.vocabulary import Purpose
from coalition.i18n import _, current_language, labels
from coalition.i18n.releases import mending_in_words, part_in_words, release_in_words
from coalition.services import consents
from coalition.services.consents import PROOF_NAME, ConsentPage
from coalition.services.releases import Touched
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.incidents.listing import ConsentForm
from coalition.web.locale import url

blueprint = Blueprint("consents", __name__)

CONTENT_TYPES = {"pdf": "application/pdf", "json": "application/json"}


@dataclass(frozen=True)
class TouchedLine:
    """Something that left with the incident, in words."""

    name: str
    at: datetime
    how: str
    now: str
    waits: bool
    """Whether something is still to be done."""


def _line(item: Touched) -> TouchedLine:
    return TouchedLine(
        name=release_in_words(item.kind, item.year, item.language),
        at=item.at,
        how=part_in_words(item.part, item.number),
        now=mending_in_words(item.kind, item.mending, done=item.done),
        waits=item.mending is not None and not item.done,
    )


def _read(reference: str) -> ConsentPage:
    with reading() as work:
        return consents.read_consents(work, reference)


@blueprint.get("/incidents/<reference>/consents")
@requires(Permission.READ_INCIDENT)
def overview(reference: str) -> str:
    """Show what was consented to, what was taken back, what left with the incident, and the way to the proof."""
    page = _read(reference)
    return render(
        "consents/overview.html",
        page=page,
        touched=[_line(item) for item in page.touched],
        may_withdraw=_may_withdraw(page),
    )


def _may_withdraw(page: ConsentPage) -> bool:
    """Tell whether consent is taken back on a page of its own: while a record is open, that is done in its form."""
    return page.state not in EDITABLE and bool(page.in_force)


@blueprint.get("/incidents/<reference>/consent")
@requires(Permission.WITHDRAW_CONSENT)
def ask(reference: str) -> str:
    """Ask which consent is taken back, once the record itself is closed to changes."""
    page = _to_withdraw(reference)
    return _asking(page, _form(page))


@blueprint.post("/incidents/<reference>/consent")
@requires(Permission.WITHDRAW_CONSENT)
def withdraw(reference: str) -> str | BaseResponse | tuple[str, int]:
    """Take consent back, whatever was decided, and show what it touches."""
    page = _to_withdraw(reference)
    form = _form(page)
    if not form.validate():
        return _asking(page, form), INVALID
    try:
        with unit_of_work() as work:
            done = consents.withdraw_consent(work, reference, form.purposes.chosen, form.version_seen)
    except (ChangedMeanwhile, NoConsent):
        flash(_("Nothing was changed: the incident was saved or moved on meanwhile. Look at it again."), "error")
    else:
        flash(_("The consent is taken back. No new count, submission or publication uses it."), "success")
        if Purpose.RECORD in done.purposes:
            flash(_("With the consent to be recorded, every other consent ended too."), "success")
    return redirect(url("consents.overview", reference=reference))


def _to_withdraw(reference: str) -> ConsentPage:
    page = _read(reference)
    if not _may_withdraw(page):
        raise NotAllowedNow("consent", page.state)
    return page


def _form(page: ConsentPage) -> ConsentForm:
    form = ConsentForm()
    form.offer(page.in_force)
    return form


def _asking(page: ConsentPage, form: ConsentForm) -> str:
    form.version.see(page.version)
    return render("consents/withdraw.html", page=page, form=form, record=labels.label("consent_purposes", "record"))


@blueprint.get("/incidents/<reference>/consents/proof.<kind>")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def proof(reference: str, kind: str) -> BaseResponse:
    """Hand out the proof of consent as PDF or JSON; that it was taken is kept."""
    if kind not in CONTENT_TYPES:
        abort(404)
    try:
        with reading() as work:
            file = consents.proof_file(work, reference, kind, current_language())
    except PdfUnavailable:
        flash(_("This server cannot make PDF files. Its administrator has to install the library Pango."), "error")
        return redirect(url("consents.overview", reference=reference))
    name = f"{PROOF_NAME.format(reference=reference.upper())}.{kind}"
    return Response(
        file,
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )

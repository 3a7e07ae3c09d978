"""The files of an incident: the list, sending more, notes, taking one away, removing one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from coalition.domain.access import Permission
from coalition.domain.disclosure import Audience
from coalition.domain.errors import NotAllowedNow, NotFound, RefusedFile
from coalition.domain.evidence import Refusal
from coalition.i18n import _, labels, ngettext
from coalition.i18n.files import kind_in_words, refusal_in_words, size_in_words
from coalition.services import evidence
from coalition.services.evidence import Download, EvidenceLine, EvidenceView, Refused, Room, Upload
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.evidence import EvidenceForm, NoteForm
from coalition.web.locale import site_settings, url
from coalition.web.security import FILE_POLICY
from coalition.web.uploads import largest_file, sent_files, takes_files

blueprint = Blueprint("evidence", __name__)


@dataclass(frozen=True)
class FileCard:
    """One file on the page."""

    number: int
    title: str
    kind: str
    size: str
    source: str
    added_at: datetime
    added_by: str
    name: str
    note: str
    sha256: str
    captured_at: str
    captured_place: str


def _card(line: EvidenceLine, sources: Sequence[str]) -> FileCard:
    source = line.source
    return FileCard(
        number=line.number,
        title=_("File %(number)s", number=str(line.number)),
        kind=kind_in_words(line.kind),
        size=size_in_words(line.size),
        source="" if source is None or source >= len(sources) else _source(sources, source),
        added_at=line.added_at,
        added_by=line.added_by,
        name=line.name,
        note=line.note,
        sha256=line.sha256,
        captured_at=line.captured_at.replace("T", " "),
        captured_place=line.captured_place,
    )


def _source(sources: Sequence[str], position: int) -> str:
    return _("%(number)s. %(kind)s", number=str(position + 1), kind=labels.label("source_kinds", sources[position]))


# --- the list ----------------------------------------------------------------------------------------------


@blueprint.get("/incidents/<reference>/evidence")
@requires(Permission.READ_INCIDENT)
def overview(reference: str) -> str:
    """Show the files, and the form to send more."""
    with reading() as work:
        view = evidence.evidence_of(work, reference)
    return _page(view, EvidenceForm())


@blueprint.post("/incidents/<reference>/evidence/details")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def unseal(reference: str) -> str:
    """Show the list once with names, notes and origin."""
    with reading() as work:
        view = evidence.unseal_evidence(work, reference)
    return _page(view, EvidenceForm(formdata=None))


def _page(view: EvidenceView, form: EvidenceForm) -> str:
    form.offer(view.sources)
    own = site_settings()
    return render(
        "evidence/list.html",
        form=form,
        view=view,
        files=[_card(line, view.sources) for line in view.lines],
        shown=view.audience is Audience.OWNER,
        largest=largest_file(),
        megabytes=own.evidence_megabytes,
        most=own.evidence_files,
        left=max(0, own.evidence_files - len(view.lines)),
    )


# --- sending -----------------------------------------------------------------------------------------------


@blueprint.post("/incidents/<reference>/evidence")
@takes_files(largest_file)
@requires(Permission.AMEND_INCIDENT)
def add(reference: str) -> BaseResponse | tuple[str, int] | dict[str, object]:
    """Take files in; each is decided by itself, and those that are refused are named beside the field."""
    with reading() as work:
        room = evidence.room_for(work, reference)
    form, files = EvidenceForm(), sent_files("files")
    form.offer(room.sources)
    is_valid = form.validate()
    if not files:
        form.refuse([_("Choose at least one file.")])
    kept, refused = _take_in(reference, room, form) if is_valid and files else (0, [])
    form.refuse(refused)
    if request.accept_mimetypes.best == "application/json":
        # The page's script sends one file at a time and says itself what became of each.
        texts = [str(text) for errors in form.errors.values() for text in errors]
        return {"kept": kept, "refused": texts}
    if kept:
        flash(ngettext("%(count)s file is kept.", "%(count)s files are kept.", kept, count=kept), "success")
    return (_shown_again(reference, form), INVALID) if form.errors else _list(reference)


def _shown_again(reference: str, form: EvidenceForm) -> str:
    with reading() as work:
        view = evidence.evidence_of(work, reference)
    return _page(view, form)


def _list(reference: str) -> BaseResponse:
    return redirect(url("evidence.overview", reference=reference), 303)


def _take_in(reference: str, room: Room, form: EvidenceForm) -> tuple[int, list[str]]:
    """Return how many files are kept, and why the others are not."""
    uploads = [Upload(file.filename or "", cast("BinaryIO", file.stream)) for file in sent_files("files")]
    try:
        with evidence.taken_in(room, uploads) as (taken, refused):
            if taken:
                with unit_of_work() as work:
                    evidence.add_files(work, reference, taken, form.note.data or "", form.chosen_source)
    except RefusedFile as refusal:
        every = [Refused(upload.name, Refusal(refusal.reason), refusal.number) for upload in uploads]
        return 0, [_words(item) for item in every]
    return len(taken), [_words(item) for item in refused]


def _words(refused: Refused) -> str:
    own = site_settings()
    return refusal_in_words(
        refused.reason,
        refused.name,
        megabytes=own.evidence_megabytes,
        files=own.evidence_files,
        number=refused.number,
    )


# --- one file ----------------------------------------------------------------------------------------------


def _to_change(reference: str, number: int) -> tuple[EvidenceView, EvidenceLine]:
    """Return a file for whoever may change the record.

    Raises NotFound, NotPermitted, NotAllowedNow once the record is closed to changes.
    """
    with reading() as work:
        evidence.room_for(work, reference)
        view = evidence.evidence_of(work, reference)
    line = next((line for line in view.lines if line.number == number), None)
    if line is None:
        raise NotFound("file", str(number))
    if not view.may_change:
        raise NotAllowedNow("change", "")
    return view, line


@blueprint.get("/incidents/<reference>/evidence/<int(max=99999):number>/note")
@requires(Permission.AMEND_INCIDENT)
def edit(reference: str, number: int) -> str:
    """Show what is noted of a file."""
    view, line = _to_change(reference, number)
    form = NoteForm(formdata=None, note=line.note, source="" if line.source is None else str(line.source))
    return _note_page(view, line, form)


def _note_page(view: EvidenceView, line: EvidenceLine, form: NoteForm) -> str:
    form.offer(view.sources)
    return render("evidence/note.html", form=form, view=view, file=_card(line, view.sources))


@blueprint.post("/incidents/<reference>/evidence/<int(max=99999):number>/note")
@requires(Permission.AMEND_INCIDENT)
def describe(reference: str, number: int) -> BaseResponse | tuple[str, int]:
    """Keep what is noted of a file."""
    view, line = _to_change(reference, number)
    form = NoteForm()
    form.offer(view.sources)
    if not form.validate():
        return _note_page(view, line, form), INVALID
    with unit_of_work() as work:
        evidence.describe_file(work, reference, number, form.note.data or "", form.chosen_source)
    flash(_("The note is saved."), "success")
    return _list(reference)


@blueprint.get("/incidents/<reference>/evidence/<int(max=99999):number>/remove")
@requires(Permission.AMEND_INCIDENT)
def ask_remove(reference: str, number: int) -> str:
    """Ask before a file is removed."""
    view, line = _to_change(reference, number)
    return render("evidence/remove.html", form=None, view=view, file=_card(line, view.sources))


@blueprint.post("/incidents/<reference>/evidence/<int(max=99999):number>/remove")
@requires(Permission.AMEND_INCIDENT)
def remove(reference: str, number: int) -> BaseResponse:
    """Remove a file."""
    with unit_of_work() as work:
        evidence.remove_file(work, reference, number)
    flash(_("File %(number)s is removed.", number=str(number)), "success")
    return _list(reference)


@blueprint.get("/incidents/<reference>/evidence/<int(max=99999):number>/file")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def download(reference: str, number: int) -> Response:
    """Hand out the cleaned copy; that it was taken is kept."""
    with reading() as work:
        return _handed_out(evidence.open_file(work, reference, number))


@blueprint.get("/incidents/<reference>/evidence/<int(max=99999):number>/original")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def download_original(reference: str, number: int) -> Response:
    """Hand out the original, byte by byte as it was sent, as what no program opens by itself."""
    with reading() as work:
        return _handed_out(evidence.open_file(work, reference, number, original=True))


def _handed_out(made: Download) -> Response:
    response = Response(made.parts, content_type=made.media_type)
    response.content_length = made.size
    response.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response

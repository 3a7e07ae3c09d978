"""Records of one incident: look at them side by side, and take one away from the others again."""

import re
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response

from coalition.domain.access import Permission
from coalition.domain.errors import CannotLink, ChangedMeanwhile, NotApproved, NotFound
from coalition.domain.vocabulary import State
from coalition.i18n import _, labels
from coalition.services import same_incident
from coalition.services.incident_views import IncidentView
from coalition.services.same_incident import MOST_COMPARED, Together
from coalition.web.access import reading, requires, unit_of_work
from coalition.web.answers import Answer, answers
from coalition.web.contexts import render
from coalition.web.forms.base import INVALID
from coalition.web.forms.incidents import SECTIONS
from coalition.web.forms.same_incident import UnlinkForm
from coalition.web.locale import url

blueprint = Blueprint("same_incident", __name__)
CONFLICT = 409


def together(reference: str) -> Together | None:
    """Return what a record is counted with, for the pages that show it; None when it is counted by itself."""
    with reading() as work:
        return same_incident.together(work, reference)


@dataclass(frozen=True)
class Compared:
    """One question with what each record answers."""

    key: str
    cells: tuple[Answer | None, ...]
    """In the order of the records; None where a record says nothing."""
    differs: bool
    """Whether the answers that may be seen are not the same."""


@dataclass(frozen=True)
class ComparedSection:
    """The questions of one section to which any of the records says something."""

    slug: str
    title: str
    rows: tuple[Compared, ...]


@blueprint.get("/same-incident/compare")
@requires(Permission.REVIEW_INCIDENT)
def compare() -> str:
    """Show some records side by side, question by question; the address says which."""
    wanted = list(dict.fromkeys(item.strip().upper() for item in request.args.getlist("record")))
    if not 1 < len(wanted) <= MOST_COMPARED:
        raise NotFound("comparison", "")
    with reading() as work:
        views = same_incident.compare(work, wanted)
    sections = compared(views)
    rows = [row for section in sections for row in section.rows]
    return render(
        "same_incident/compare.html",
        views=views,
        sections=sections,
        differing=sum(1 for row in rows if row.differs),
        questions=len(rows),
    )


def compared(views: tuple[IncidentView, ...]) -> list[ComparedSection]:
    """Set the answers of some records beside each other."""
    known = [answers(view.facts, view.withheld) for view in views]
    found = []
    for slug, section in SECTIONS.items():
        by_key = [{answer.key: answer for answer in answered[slug]} for answered in known]
        # In the order of the record that says most: the others leave questions out.
        keys = dict.fromkeys(key for answered in sorted(by_key, key=len, reverse=True) for key in answered)
        rows = tuple(_row(key, tuple(answered.get(key) for answered in by_key)) for key in keys)
        if rows:
            found.append(ComparedSection(slug, str(section.title), rows))
    return found


def _row(key: str, cells: tuple[Answer | None, ...]) -> Compared:
    said = {cell.value if cell else "" for cell in cells}
    return Compared(key, cells, len(said) > 1)


@blueprint.get("/same-incident/<reference>/undo")
@requires(Permission.LINK_INCIDENTS)
def ask_unlink(reference: str) -> str | Response:
    """Ask why a record is to be counted by itself again."""
    with reading() as work:
        view = same_incident.outline_link(work, reference)
    if view.state is not State.DUPLICATE:
        return redirect(url("reviews.review", reference=reference))
    return _page(view, UnlinkForm(formdata=None, data={"version": str(view.version)}))


@blueprint.post("/same-incident/<reference>/undo")
@requires(Permission.LINK_INCIDENTS)
def unlink(reference: str) -> str | Response | tuple[str, int]:
    """Have a record counted by itself again, with a reason."""
    form = UnlinkForm()
    with reading() as work:
        view = same_incident.outline_link(work, reference)
    if not form.validate():
        return _page(view, form), INVALID
    try:
        with unit_of_work() as work:
            same_incident.unlink(work, reference, form.text.data or "", _version(form.version.data))
    except ChangedMeanwhile:
        form.version.data = str(view.version)
        return _page(view, form, changed=True), CONFLICT
    except CannotLink as error:
        flash(labels.label("link_obstacles", error.reason), "error")
    except NotApproved:
        flash(_("You come from one of the two organisations, so somebody else has to do this."), "error")
    else:
        flash(_("The record is counted by itself again, where it stood before."), "success")
    return redirect(url("reviews.review", reference=reference), 303)


def _version(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else 0


def _page(view: IncidentView, form: UnlinkForm, *, changed: bool = False) -> str:
    return render(
        "same_incident/unlink.html",
        view=view,
        form=form,
        together=together(view.reference),
        changed=changed,
    )

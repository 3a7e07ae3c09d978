"""The history of a record: every change of its answers and every step, for its member and for the coalition."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint

from coalition import i18n
from coalition.domain.access import Permission
from coalition.domain.disclosure import Audience
from coalition.domain.same_incident import LinkReason
from coalition.domain.vocabulary import State
from coalition.i18n import _, labels
from coalition.i18n.facts import titles_of
from coalition.services import history
from coalition.services.history import ChangeView, HistoryPage
from coalition.services.incident_views import StepView
from coalition.web.access import reading, requires
from coalition.web.contexts import render
from coalition.web.differences import Line, lines
from coalition.web.locale import url
from coalition.web.query import page_asked

blueprint = Blueprint("history", __name__)


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a record, in words."""

    what: str
    who: str
    at: datetime
    since: datetime | None = None
    """When it began, where several saves are told as one."""
    moved: str = ""
    """How a step moved the record from one state to another."""
    text: str = ""
    other: str = ""
    """The reference of another record that a step is about; only coordinators are told."""
    lines: tuple[Line, ...] = ()
    """How the answers changed."""
    begins: bool = False
    """Whether the record begins with it, so that every answer is new."""
    restricted: tuple[str, ...] = ()
    """What changed and is kept from the reader, by its name."""


@dataclass(frozen=True)
class _Place:
    """Where a page of the history stands."""

    endpoint: str
    back: str
    back_label: str


@blueprint.get("/incidents/<reference>/history")
@requires(Permission.READ_INCIDENT)
def of_incident(reference: str) -> str:
    """Show what happened to a record of one's organisation."""
    with reading() as work:
        page = history.own_history(work, reference, page_asked())
    return _page(page, _own(page))


@blueprint.post("/incidents/<reference>/history")
@requires(Permission.UNSEAL_IDENTITY, recently=True)
def unseal(reference: str) -> str:
    """Show it once with what leads to the person."""
    with reading() as work:
        page = history.unsealed_history(work, reference, page_asked())
    return _page(page, _own(page))


@blueprint.get("/reviews/<reference>/history")
@requires(Permission.REVIEW_INCIDENT)
def of_review(reference: str) -> str:
    """Show the coalition what happened to a record since it was first handed in."""
    with reading() as work:
        page = history.reviewed_history(work, reference, page_asked())
    label = _("Incident %(reference)s", reference=page.reference)
    return _page(page, _Place("history.of_review", url("reviews.review", reference=page.reference), label))


def _own(page: HistoryPage) -> _Place:
    label = _("Overview of incident %(reference)s", reference=page.reference)
    return _Place("history.of_incident", url("incidents.detail", reference=page.reference), label)


def _page(page: HistoryPage, place: _Place) -> str:
    entries = [_entry(item) for item in page.entries]
    if page.last and not page.begun_here:
        entries.append(Entry(_("Recorded"), _who(page.by), page.recorded_at))
    return render(
        "history/history.html",
        page=page,
        entries=entries,
        back=place.back,
        back_label=place.back_label,
        outside=page.audience is Audience.COALITION,
        unsealed=page.audience is Audience.OWNER,
        previous_url=_url(place, page, -1),
        next_url=_url(place, page, 1),
    )


def _url(place: _Place, page: HistoryPage, step: int) -> str | None:
    number = page.number + step
    return url(place.endpoint, reference=page.reference, page=number) if 1 <= number <= page.pages else None


def _who(by: object) -> str:
    return i18n.name_of(by) if by else labels.label("roles", "operator")  # type: ignore[arg-type] # a text or a Name


def _entry(item: ChangeView | StepView) -> Entry:
    return _of_change(item) if isinstance(item, ChangeView) else _of_step(item)


def _of_change(item: ChangeView) -> Entry:
    return Entry(
        what=_("Recorded") if item.begins else _("Answers changed"),
        who=_who(item.by),
        at=item.at,
        since=item.first_at if item.at != item.first_at else None,
        lines=lines(item.before, item.after),
        begins=item.begins,
        restricted=tuple(titles_of(item.restricted)),
    )


def _of_step(item: StepView) -> Entry:
    verdict = labels.label("verdicts", item.verdict)
    moved = item.before and item.state and item.before != item.state
    nobody = _("Automatically") if item.reason in set(LinkReason) else ""
    return Entry(
        what=": ".join(part for part in (labels.label("steps", item.step), verdict) if part),
        who=nobody if nobody and not item.by else _who(item.by),
        at=item.at,
        moved=_in_words(item.before, item.state) if moved else "",
        text="\n".join(part for part in (labels.label("step_reasons", item.reason), item.text) if part),
        other=item.other,
    )


def _in_words(before: State | None, after: State | None) -> str:
    return _(
        "%(before)s → %(after)s",
        before=labels.label("states", before or ""),
        after=labels.label("states", after or ""),
    )

"""The coordinator's queue: what members handed to the coalition, and what of it waits."""

from dataclasses import dataclass
from datetime import date

from coalition.domain.access import Permission
from coalition.domain.filters import ALL
from coalition.domain.reviews import UNDECIDED, is_overdue
from coalition.i18n.filters import ACTS
from coalition.services import bulk
from coalition.services import queue as service
from coalition.services.incident_views import IncidentLine
from coalition.web.access import reading, requires
from coalition.web.contexts import render
from coalition.web.locale import url
from coalition.web.narrowing import asked, narrowing
from coalition.web.query import page_asked

# The queue and the review of one record are pages of one noun; the addresses of both begin alike.
from coalition.web.reviews import blueprint


@dataclass(frozen=True)
class QueueLine:
    """One incident in the queue."""

    incident: IncidentLine
    url: str
    days: int | None
    """So many days it has been waiting; None when it does not wait."""
    overdue: bool


@blueprint.get("/reviews")
@requires(Permission.REVIEW_QUEUE)
def queue() -> str:
    """List the incidents handed to the coalition, by default those that wait, the longest waiting first."""
    with reading() as work:
        wanted = asked(work)
        found = service.list_page(work, wanted.chosen, page_asked())
        parts = wanted.parts()
        lines = [_line(line, work.today, parts) for line in found.lines]
        seen = narrowing(work, wanted, found, service.review_years(work))
        acts = {act.value: str(ACTS[act]) for act in bulk.offered(work)}
    return render(
        "reviews/queue.html",
        narrowing=seen,
        shown=wanted.chosen.state or ALL,
        narrowed=bool(wanted.chosen.narrows),
        lines=lines,
        found=found,
        acts=acts,
    )


def _line(line: IncidentLine, today: date, parts: dict[str, str]) -> QueueLine:
    waits = line.state in UNDECIDED and line.submitted_at is not None
    days = (today - line.submitted_at.date()).days if waits and line.submitted_at else None
    # The record's page leads on to the next one of the same list.
    address = url("reviews.review", reference=line.reference, **parts)
    return QueueLine(line, address, days, is_overdue(line.state, line.review_due, today))

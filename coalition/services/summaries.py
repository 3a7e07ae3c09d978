"""The published summary of a year: freeze it, withdraw it, read it."""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import incidents as incident_storage
from coalition.db import summaries as storage
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound, UnknownCode
from coalition.domain.summaries import YearSummary, from_json, to_json
from coalition.services import audit, figures
from coalition.services.work import Work

SHARED = incident_storage.Filter(shared=True)


@dataclass(frozen=True)
class PublishedSummary:
    """What the public reads of a year."""

    summary: YearSummary
    published_at: datetime


@dataclass(frozen=True)
class YearLine:
    """One data year on the coordinator's page."""

    year: int
    accepted: int
    waiting: int
    published_at: datetime | None


def publish_summary(work: Work, year: int, summary: YearSummary | None = None) -> YearSummary:
    """Freeze a year's summary as it stands now and show it to the public.

    Counting a large year takes a while: whoever counted it already, by `preview_summary`, hands it in, so that
    nobody's writing waits for the counting. Raises UnknownCode for a year that has not begun.
    """
    require(work.actor, Permission.PUBLISH_SUMMARY)
    if year > work.today.year:
        raise UnknownCode("years that have begun", str(year))
    summary = summary or figures.year_summary(work, year)
    row = storage.Publication(year=year, summary=to_json(summary), published_at=work.now)
    work.session.add(row)
    work.session.flush()
    audit.record(work, "summary.publish", "publication", row.id, year=year, incidents=summary.incidents)
    return summary


def withdraw_summary(work: Work, year: int) -> None:
    """Take a year's summary off the public pages.

    Raises NotFound when there is none.
    """
    require(work.actor, Permission.PUBLISH_SUMMARY)
    row = storage.latest_publication(work.session, year)
    if row is None:
        raise NotFound("summary", str(year))
    row.withdrawn_at = work.now
    work.session.flush()
    audit.record(work, "summary.withdraw", "publication", row.id, year=year)


def preview_summary(work: Work, year: int) -> YearSummary:
    """Return what publishing a year now would show."""
    require(work.actor, Permission.PUBLISH_SUMMARY)
    return figures.year_summary(work, year)


def published_summary(work: Work, year: int) -> PublishedSummary:
    """Return what the public reads of a year.

    Raises NotFound when nothing is published.
    """
    row = storage.latest_publication(work.session, year)
    if row is None:
        raise NotFound("summary", str(year))
    return PublishedSummary(from_json(row.summary), row.published_at)


def published_years(work: Work) -> list[int]:
    """Return the years that the public can read, newest first."""
    return storage.published_years(work.session)


def data_years(work: Work) -> list[YearLine]:
    """Return every data year with incidents handed in, newest first, with what is published of it."""
    require(work.actor, Permission.PUBLISH_SUMMARY)
    lines = []
    for year, states in incident_storage.years_with_incidents(work.session, SHARED).items():
        publication = storage.latest_publication(work.session, year)
        waiting = states.get("submitted", 0) + states.get("returned", 0)
        published_at = publication.published_at if publication else None
        if set(states) == {"draft"} and not published_at:
            continue
        lines.append(YearLine(year, states.get("accepted", 0), waiting, published_at))
    return lines

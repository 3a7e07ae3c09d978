"""The published summary of a year: freeze it, withdraw it, read it."""

from dataclasses import dataclass
from datetime import datetime

from coalition.db import releases as release_storage
from coalition.db import summaries as storage
from coalition.db.erasures import received_by_year
from coalition.domain.access import Permission, require
from coalition.domain.consents import Kind, Leaving
from coalition.domain.errors import NotFound, UnknownCode
from coalition.domain.reviews import UNDECIDED
from coalition.domain.summaries import Description, YearSummary, from_json, to_json
from coalition.domain.vocabulary import State
from coalition.services import audit, figures, releases
from coalition.services.figures import YearFigures
from coalition.services.work import Work

PAGE = 50
"""Descriptions on one page."""


@dataclass(frozen=True)
class PublishedSummary:
    """What the public reads of a year."""

    summary: YearSummary
    """The figures; the descriptions are read page by page."""
    published_at: datetime
    described: int
    """How many descriptions are public."""


@dataclass(frozen=True)
class PublishedDescriptions:
    """One page of a year's published descriptions, the newest incident first."""

    summary: YearSummary
    """The figures."""
    texts: tuple[Description, ...]
    total: int
    number: int
    pages: int


@dataclass(frozen=True)
class YearLine:
    """One data year on the coordinator's page."""

    year: int
    accepted: int
    waiting: int
    """Incidents that nobody has decided yet; those with an open question are not among them, for a member's answer is
    waited for."""
    published_at: datetime | None
    outdated: int = 0
    """How many incidents the published figures count although their consent is gone."""
    questions: int = 0
    """Incidents that were given back with a question."""


def count_year(work: Work, year: int) -> YearFigures:
    """Count what publishing a year now would show, to be handed to `publish_summary`."""
    require(work.actor, Permission.PUBLISH_SUMMARY)
    return figures.year_figures(work, year)


def publish_summary(work: Work, year: int, counted: YearFigures | None = None) -> YearSummary:
    """Freeze a year's summary as it stands now and show it to the public.

    Counting a large year takes a while: whoever counted it already, by `count_year`, hands it in, so that nobody's
    writing waits for the counting. What lost its consent in between is not published. Raises UnknownCode for a year
    that has not begun.
    """
    require(work.actor, Permission.PUBLISH_SUMMARY)
    if year > work.today.year:
        raise UnknownCode("years that have begun", str(year))
    counted = counted or figures.year_figures(work, year)
    summary = counted.summary
    row = storage.Publication(year=year, summary=to_json(summary), published_at=work.now)
    work.session.add(row)
    work.session.flush()
    _publish_descriptions(work, row, counted)
    _close_corrections(work, year, "published_again")
    releases.record(work, Leaving(Kind.SUMMARY, year, counted.included), publication_id=row.id)
    audit.record(work, "summary.publish", "publication", row.id, year=year, incidents=summary.incidents)
    return summary


def _publish_descriptions(work: Work, row: storage.Publication, counted: YearFigures) -> None:
    there = release_storage.existing_of(work.session, counted.described)
    described = zip(counted.summary.descriptions, counted.described, strict=True)
    storage.add_descriptions(work.session, row, [pair for pair in described if pair[1] in there])
    storage.drop_descriptions_without_consent(work.session, row)
    # Last: whoever takes consent back at this moment holds the incident and needs the old descriptions.
    storage.drop_descriptions(work.session, row.year, but=row)


def _close_corrections(work: Work, year: int, outcome: str) -> None:
    for correction in release_storage.open_corrections_of_summaries(work.session, year):
        correction.closed_at, correction.closed_by = work.now, releases.account_of(work)
        correction.outcome = outcome
    work.session.flush()


def withdraw_summary(work: Work, year: int) -> None:
    """Take a year's summary off the public pages.

    Raises NotFound when there is none.
    """
    require(work.actor, Permission.PUBLISH_SUMMARY)
    row = _latest(work, year)
    row.withdrawn_at = work.now
    work.session.flush()
    storage.drop_descriptions(work.session, year)
    _close_corrections(work, year, "taken_off")
    audit.record(work, "summary.withdraw", "publication", row.id, year=year)


def preview_summary(work: Work, year: int) -> YearSummary:
    """Return what publishing a year now would show."""
    return count_year(work, year).summary


def _latest(work: Work, year: int) -> storage.Publication:
    row = storage.latest_publication(work.session, year)
    if row is None:
        raise NotFound("summary", str(year))
    return row


def published_summary(work: Work, year: int) -> PublishedSummary:
    """Return what the public reads of a year.

    Raises NotFound when nothing is published.
    """
    row = _latest(work, year)
    return PublishedSummary(from_json(row.summary), row.published_at, storage.count_descriptions(work.session, row))


def published_descriptions(
    work: Work, year: int, *, motivation: str = "", page: int = 1, size: int = PAGE
) -> PublishedDescriptions:
    """Return one page of a year's published descriptions, all or those of one bias motivation.

    Raises NotFound when nothing is published.
    """
    row = _latest(work, year)
    total = storage.count_descriptions(work.session, row, motivation)
    pages = max(1, -(-total // size))
    number = min(max(page, 1), pages)
    texts = storage.list_descriptions(work.session, row, motivation=motivation, offset=(number - 1) * size, limit=size)
    return PublishedDescriptions(from_json(row.summary), tuple(texts), total, number, pages)


def published_years(work: Work) -> list[int]:
    """Return the years that the public can read, newest first."""
    return storage.published_years(work.session)


def data_years(work: Work) -> list[YearLine]:
    """Return every data year with incidents handed in, newest first, with what is published of it."""
    require(work.actor, Permission.PUBLISH_SUMMARY)
    outdated = release_storage.outdated_summaries(work.session)
    lines = []
    for year, states in received_by_year(work.session).items():
        publication = storage.latest_publication(work.session, year)
        waiting, questions = sum(states.get(state, 0) for state in UNDECIDED), states.get(State.RETURNED, 0)
        published_at = publication.published_at if publication else None
        if set(states) == {"draft"} and not published_at:
            continue
        lines.append(YearLine(year, states.get("accepted", 0), waiting, published_at, outdated.get(year, 0), questions))
    return lines

"""The figures of a data year, shared by the public summary and the PDF report: counted once, the same everywhere."""

from dataclasses import dataclass

from coalition.db import erasures
from coalition.db import incidents as storage
from coalition.db.organisations import all_organisations
from coalition.db.reviews import handled_records
from coalition.domain.consents import Included
from coalition.domain.review_numbers import DECIDED
from coalition.domain.same_incident import Candidate
from coalition.domain.statistics import Counted
from coalition.domain.summaries import (
    TREND_YEARS,
    Member,
    Review,
    YearSummary,
    counts_in,
    described,
    included,
    rejected_by_reason,
    summarise,
)
from coalition.domain.vocabulary import State
from coalition.services import settings
from coalition.services.work import Work


@dataclass(frozen=True)
class YearFigures:
    """A year as it was counted, and which incidents are behind it: these are kept and never shown."""

    summary: YearSummary
    included: tuple[Included, ...]
    described: tuple[str, ...]
    """The incident of each description of the summary, in the same order."""


def year_summary(work: Work, year: int) -> YearSummary:
    """Count a year as it stands now."""
    return year_figures(work, year).summary


def year_figures(work: Work, year: int) -> YearFigures:
    """Count a year as it stands now, and say which incidents are behind it."""
    candidates = list(storage.accepted_incidents(work.session, year))
    countable = [candidate for candidate in candidates if counts_in(candidate, year)]
    # By the year of the record that was accepted, as all that is said of the review.
    own = sum(1 for item in candidates if item.facts.date and item.facts.date.year == year)
    own_counted = sum(1 for item in countable if item.facts.date and item.facts.date.year == year)
    return YearFigures(
        summary=_summary(work, year, countable, own - own_counted),
        included=included(countable),
        described=tuple(incident for _, incident in described(countable)),
    )


def _summary(work: Work, year: int, candidates: list[Candidate], not_counted: int) -> YearSummary:
    own = settings.read(work)
    members = tuple(
        Member({"": row.name, **row.names}, dict(row.about), row.website) for row in all_organisations(work.session)
    )
    # What was erased still counts: by its numbers, which are all that is left of it.
    states = erasures.received_by_year(work.session).get(year, {})
    reasons = storage.rejection_reasons(work.session, year) + erasures.erased_reasons(work.session, year)
    first = year - TREND_YEARS + 1
    earlier = storage.countable_rows(work.session, first, year - 1) + erasures.erased_rows(
        work.session, first, year - 1
    )
    erased = erasures.erased_rows(work.session, year, year)
    return summarise(
        year=year,
        coalition={"": own.name_in(own.languages[0]), **own.name},
        country=own.country,
        candidates=candidates,
        earlier=[_counted(row) for row in earlier],
        erased=[_counted(row) for row in erased],
        review=Review(
            received=sum(number for state, number in states.items() if state != State.DRAFT),
            accepted=states.get(State.ACCEPTED, 0),
            rejected=rejected_by_reason(reasons),
            undecided=sum(number for state, number in states.items() if state not in {State.DRAFT, *DECIDED}),
            duplicates=states.get(State.DUPLICATE, 0),
            questions=states.get(State.RETURNED, 0),
            not_counted=not_counted,
        ),
        members=members,
        handled=[*handled_records(work.session, year), *erasures.erased_records(work.session, year)],
    )


def _counted(row: storage.CountedRow) -> Counted:
    return Counted(row.year, row.month, row.country, row.type, row.motivations)

"""The figures of a data year, shared by the public summary and the PDF report: counted once, the same everywhere."""

from coalition.db import incidents as storage
from coalition.db.organisations import all_organisations
from coalition.domain.statistics import Counted
from coalition.domain.submissions import Candidate
from coalition.domain.summaries import (
    TREND_YEARS,
    Member,
    Review,
    YearSummary,
    is_countable,
    rejected_by_reason,
    summarise,
)
from coalition.domain.vocabulary import State
from coalition.services import settings
from coalition.services.work import Work


def year_summary(work: Work, year: int) -> YearSummary:
    """Count a year as it stands now."""
    own = settings.read(work)
    members = tuple(
        Member({"": row.name, **row.names}, dict(row.about), row.website) for row in all_organisations(work.session)
    )
    states = storage.years_with_incidents(work.session, storage.Filter(shared=True)).get(year, {})
    reasons = storage.rejection_reasons(work.session, year)
    candidates = [Candidate(facts, member) for facts, member in storage.accepted_incidents(work.session, year)]
    earlier = storage.countable_rows(work.session, year - TREND_YEARS + 1, year - 1)
    return summarise(
        year=year,
        coalition={"": own.name_in(own.languages[0]), **own.name},
        country=own.country,
        candidates=candidates,
        earlier=[Counted(row.year, row.month, row.country, row.type, row.motivations) for row in earlier],
        review=Review(
            received=sum(number for state, number in states.items() if state != State.DRAFT),
            accepted=states.get(State.ACCEPTED, 0),
            rejected=rejected_by_reason(reasons),
            undecided=states.get(State.SUBMITTED, 0) + states.get(State.RETURNED, 0),
            not_counted=sum(1 for candidate in candidates if not is_countable(candidate)),
        ),
        members=members,
    )

"""The gap as everybody may read it: published figures of the coalition beside official ones, and as a report shows it.

Official figures are live: they are about what others publish, not about our records, and each carries the day on which
it was seen. The coalition's own are those of the published summaries and nothing else.
"""

from coalition.db import official as storage
from coalition.db import summaries as summary_storage
from coalition.domain.gap import Gap, Own, gap, own_incidents
from coalition.domain.summaries import YearSummary, from_json
from coalition.services import settings
from coalition.services.work import Work


def public_gap(work: Work) -> Gap:
    """Return what the public reads, of the coalition's own country."""
    country = settings.read(work).country
    entered = storage.standing_entries(work.session, country)
    # Without official figures there is nothing to stand beside, and no summary has to be read.
    return gap(country, _published(work, country) if entered else {}, entered)


def gap_of_report(work: Work, summary: YearSummary) -> Gap:
    """Return what a report on a year shows: that year as the report counts it, every other one as it is published."""
    country = summary.country
    own = _published(work, country) | {summary.year: Own(own_incidents(summary, country), None)}
    return gap(country, own, storage.standing_entries(work.session, country)).until(summary.year)


def _published(work: Work, country: str) -> dict[int, Own]:
    found = {}
    for year in summary_storage.published_years(work.session):
        row = summary_storage.latest_publication(work.session, year)
        if row is not None:
            day = row.published_at.date()
            found[year] = Own(own_incidents(from_json(row.summary), country), day)
    return found

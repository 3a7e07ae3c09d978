"""Whether a record may be about an incident that is recorded already: a hint for a person, never a verdict.

Before a new record the form asks for date, area and motivation and shows what looks like it. Equal rows are not equal
incidents (819 rows of ODIHR's export repeat another row exactly), so nothing is ever linked or refused by this.
"""

import calendar
import datetime
from dataclasses import dataclass

from coalition.domain.incidents import PartialDate

NEAR = 3
"""Days: people remember the day of an attack a little differently."""


@dataclass(frozen=True)
class Traits:
    """What two records are compared by; empty means not known."""

    date: PartialDate | None
    country: str
    region: str = ""
    motivations: tuple[str, ...] = ()


def days_apart(one: PartialDate, other: PartialDate) -> int:
    """Return the fewest days that can lie between two dates; 0 where they may be the same day."""
    first, second = sorted((_span(one), _span(other)))
    return max(0, (second[0] - first[1]).days)


def may_be_same(one: Traits, other: Traits) -> bool:
    """Tell whether two records may be about one incident: near in time, not elsewhere, not for another motive.

    A date without a month is near to everything and says nothing, so it is never compared.
    """
    if one.date is None or other.date is None or not (one.date.month and other.date.month):
        return False
    if days_apart(one.date, other.date) > NEAR or one.country != other.country:
        return False
    if one.region and other.region and one.region != other.region:
        return False
    return not (one.motivations and other.motivations) or bool({*one.motivations} & {*other.motivations})


def _span(date: PartialDate) -> tuple[datetime.date, datetime.date]:
    month = date.month or 12
    day = date.day or calendar.monthrange(date.year, month)[1]
    return date.earliest(), datetime.date(date.year, month, day)

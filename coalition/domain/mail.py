"""When somebody is told by e-mail that something waits: at once, once a day or never.

The e-mail says that something waits and how many things, and nothing else: it lies readable on the way and on locked
screens, and nobody is to learn from it who deals with which incident (GDPR Art. 25 and 32).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class MailChoice(StrEnum):
    """When a person wants to be told."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NEVER = "never"


APART: Final = timedelta(minutes=15)
"""At most one e-mail in this time, whatever happens."""
HOUR: Final = time(8)
"""When the daily e-mail goes out, in the coalition's time zone."""
SETTLING: Final = timedelta(minutes=1)
"""What is younger waits for the next round: a change that is still being written may carry an earlier moment."""


def told_until(choice: MailChoice, mailed: datetime | None, now: datetime, zone: str) -> datetime | None:
    """Return up to which moment an e-mail may tell now what has come; None where none may go out.

    `mailed` is up to when the last one told.
    """
    if choice is MailChoice.NEVER:
        return None
    settled = now - SETTLING
    if choice is MailChoice.AT_ONCE:
        return settled if mailed is None or settled - mailed >= APART else None
    morning = _last_morning(settled, zone)
    return morning if mailed is None or mailed < morning else None


def _last_morning(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone))
    morning = datetime.combine(local.date(), HOUR, ZoneInfo(zone))
    if morning > local:
        morning = datetime.combine(local.date() - timedelta(days=1), HOUR, ZoneInfo(zone))
    return morning.astimezone(moment.tzinfo)


def is_news(came: Iterable[datetime], mailed: datetime | None, until: datetime) -> bool:
    """Tell whether anything of what waits has come since the last e-mail: nobody is told twice of one thing."""
    return any((mailed is None or at > mailed) and at <= until for at in came)

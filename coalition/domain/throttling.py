"""How long somebody has to wait after failed attempts. Nobody can lock somebody else out for ever.

Failures are counted in three places: for the account from one network address, for the account from everywhere, and for
the network address with whatever account. A device that somebody signed in on before is counted by itself and by
nothing else, so that an attack from elsewhere never keeps them out (OWASP ASVS 5.0, 6.3.1). A wait ends by itself, and
an attempt during a wait is refused without being looked at and makes it no longer.

What somebody who is signed in does is counted too, generously: nobody's ordinary work comes near these budgets, and
whoever copies the records with a stolen session, or fills the database, is stopped (OWASP ASVS 5.0, 2.4.1 and 15.2.2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_WAIT = timedelta(minutes=15)
FIRST_WAIT = timedelta(seconds=30)
WINDOW = timedelta(hours=1)
"""Failures before this count no longer."""


class Counter(StrEnum):
    """What failures are counted for."""

    DEVICE = "device"
    """One account on one device that it was signed in on before."""
    PAIR = "pair"
    """One account from one network address."""
    ACCOUNT = "account"
    """One account from everywhere."""
    ADDRESS = "address"
    """One network address: an office may share it, so it is the most patient."""


FREE: Mapping[Counter, int] = {Counter.DEVICE: 8, Counter.PAIR: 5, Counter.ACCOUNT: 20, Counter.ADDRESS: 50}
"""How many failures cost no wait."""


@dataclass(frozen=True)
class Origin:
    """Where an attempt comes from: the account it is for, the network address, the device if it is known."""

    account: str
    """Whatever was typed; it need not exist."""
    address: str
    device: str = ""
    """What the known device is called; empty for one that the account was never signed in on."""


def counters(origin: Origin) -> dict[Counter, str]:
    """Return what an attempt is counted under: each counter with its key."""
    if origin.device:
        return {Counter.DEVICE: f"{origin.account}\x1f{origin.device}"}
    return {
        Counter.PAIR: f"{origin.account}\x1f{origin.address}",
        Counter.ACCOUNT: origin.account,
        Counter.ADDRESS: origin.address,
    }


def wait_after(failures: Sequence[datetime], free: int, now: datetime) -> timedelta:
    """Return how long the next attempt has to wait, nothing when it may be made.

    The wait doubles with each failure beyond the free ones, and is never longer than LONGEST_WAIT.
    """
    counted = [at for at in failures if now - at < WINDOW]
    beyond = len(counted) - free
    if beyond < 0 or not counted:
        return timedelta()
    doubled: timedelta = FIRST_WAIT * 2 ** min(beyond, 10)
    return max(timedelta(), max(counted) + min(doubled, LONGEST_WAIT) - now)


def longest(waits: Iterable[timedelta]) -> timedelta:
    """Return the longest of some waits."""
    return max(waits, default=timedelta())


# --- budgets -----------------------------------------------------------------------------------------------


class Use(StrEnum):
    """What one person may do so often in an hour, and no more."""

    READ = "read"
    """Open a record, or a form that shows of it what happened."""
    DOCUMENT = "document"
    """Have a file about one record made while they wait."""
    EXPORT = "export"
    """Take many records away as one file."""
    BEGIN = "begin"
    """Begin a record."""
    COMPARE = "compare"
    """Look for records of the same incident, those of other members among them."""


BUDGETS: Mapping[Use, int] = {Use.READ: 600, Use.DOCUMENT: 60, Use.EXPORT: 30, Use.BEGIN: 200, Use.COMPARE: 200}
"""How often each is possible in an hour. Five case workers of an office share no budget: it is each person's own."""
BUDGET_HOUR = timedelta(hours=1)


def wait_for_budget(beyond: datetime | None, now: datetime) -> timedelta:
    """Return how long to wait until a budget has room again.

    `beyond` is the moment of the use that lies a whole budget back, None where there were not so many.
    """
    return timedelta() if beyond is None else max(timedelta(), beyond + BUDGET_HOUR - now)

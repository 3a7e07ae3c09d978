"""How long somebody has to wait after failed attempts. Nobody can lock somebody else out for ever.

Failures are counted in three places: for the account from one network address, for the account from everywhere, and for
the network address with whatever account. A device that somebody signed in on before is counted by itself and by
nothing else, so that an attack from elsewhere never keeps them out (OWASP ASVS 5.0, 6.3.1). A wait ends by itself, and
an attempt during a wait is refused without being looked at and makes it no longer.
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

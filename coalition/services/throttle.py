"""Failed attempts: counted, waited for, forgotten. The rule is `domain.throttling`."""

import hashlib
from datetime import timedelta

from coalition.db import attempts as storage
from coalition.db.accounts import account_with_email
from coalition.domain.authentication import DEVICE_LASTS
from coalition.domain.errors import CoalitionError
from coalition.domain.throttling import FREE, WINDOW, Counter, Origin, counters, longest, wait_after
from coalition.services import audit
from coalition.services.work import Work

PASSWORD = "password"  # noqa: S105 - the name of a step, not a secret
SECOND_STEP = "second_step"
_STEPS = (PASSWORD, SECOND_STEP)


NO_ACCOUNT = "-"
"""What stands in the log for an account that does not exist: not what was typed."""


class TooManyAttempts(CoalitionError):
    """Too many failures: the next attempt is looked at after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        """Keep how long to wait."""
        super().__init__(str(wait))
        self.wait = wait


def _key(step: str, counter: Counter, key: str) -> str:
    # A digest, so that no address is stored.
    return hashlib.sha256(f"{step}\x1f{counter}\x1f{key}".encode()).hexdigest()


def _digest(device: str) -> str:
    return hashlib.sha256(device.encode()).hexdigest()


def origin_of(work: Work, email: str, address: str, device: str = "") -> Origin:
    """Return where an attempt comes from; a device counts only for an account that was signed in on it."""
    email = email.strip().lower()
    digest = _digest(device) if device else ""
    account = account_with_email(work.session, email)
    known = storage.known_device(work.session, account.id, digest) if account and digest else None
    is_known = known is not None and known.seen_at > work.now - DEVICE_LASTS
    return Origin(email, address, digest if is_known else "")


def check(work: Work, step: str, origin: Origin) -> None:
    """Let an attempt pass or raise TooManyAttempts; that somebody had to wait goes into the log."""
    waits = (
        wait_after(storage.attempts(work.session, _key(step, counter, key), work.now - WINDOW), FREE[counter], work.now)
        for counter, key in counters(origin).items()
    )
    wait = longest(waits)
    if wait:
        audit.record_refusal(work, "account.held_up", "account", subject_of(work, origin), step=step)
        raise TooManyAttempts(wait)


def subject_of(work: Work, origin: Origin) -> str:
    """Return the id of the account that an attempt is for, as the log knows it."""
    row = account_with_email(work.session, origin.account)
    return row.id if row else NO_ACCOUNT


def remember_failure(work: Work, step: str, origin: Origin) -> None:
    """Count a failed attempt, and forget those that count no longer."""
    storage.forget_attempts(work.session, work.now - WINDOW)
    work.session.add_all(
        storage.SignInAttempt(key=_key(step, counter, key), at=work.now) for counter, key in counters(origin).items()
    )


def forgive(work: Work, origin: Origin) -> None:
    """Forget the failures of this device or this place: somebody has shown who they are."""
    for counter, key in counters(origin).items():
        if counter in {Counter.DEVICE, Counter.PAIR}:
            for step in _STEPS:
                storage.forget_key(work.session, _key(step, counter, key))


def know_device(work: Work, account_id: str, device: str) -> None:
    """Remember that somebody signed in on this device."""
    storage.forget_old_devices(work.session, work.now - DEVICE_LASTS)
    row = storage.known_device(work.session, account_id, _digest(device))
    if row:
        row.seen_at = work.now
    else:
        work.session.add(storage.KnownDevice(account_id=account_id, digest=_digest(device), seen_at=work.now))

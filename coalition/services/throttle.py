"""Failed attempts: counted, waited for, forgotten; and what one person does in an hour. The rule: `domain.throttling`.

What was done is counted in the log itself: no second book is kept of who read what, and none can disagree with it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from coalition.db import attempts as storage
from coalition.db.accounts import account_with_email
from coalition.db.audit import newest_but
from coalition.domain.authentication import DEVICE_LASTS
from coalition.domain.errors import CoalitionError, OverBudget
from coalition.domain.throttling import (
    BUDGETS,
    FREE,
    WINDOW,
    Counter,
    Origin,
    Use,
    counters,
    longest,
    wait_after,
    wait_for_budget,
)
from coalition.domain.vocabulary import SIGN_IN_ROLES
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


# --- budgets -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """Which entries of the log are uses of a budget."""

    actions: tuple[str, ...]
    subject_kinds: tuple[str, ...] = ("incident",)


COUNTED: Mapping[Use, Counted] = {
    Use.READ: Counted(("incident.read", "incident.unseal", "query.read")),
    Use.DOCUMENT: Counted(("incident.copy", "consent.prove", "incident.print")),
    # Each record in an export has an entry too; an export is the entry about all of them.
    Use.EXPORT: Counted(("incident.export", "query.export"), ("organisation", "coalition")),
    Use.BEGIN: Counted(("incident.begin",)),
    Use.COMPARE: Counted(("incident.compare",), ("coalition", "incident")),
}
_USE_OF = {action: use for use in (Use.READ, Use.DOCUMENT) for action in COUNTED[use].actions}


def use_of(action: str) -> Use | None:
    """Return the budget that showing a record under this action is counted in, None when it is in no such one."""
    return _USE_OF.get(action)


def spend(work: Work, use: Use) -> None:
    """Let a person go on who has not done this too often within the last hour; the log counts it when it is done.

    Whoever runs the command line has no budget. Raises OverBudget; that somebody had to wait goes into the log.
    """
    if work.actor.role not in SIGN_IN_ROLES:
        return
    counted = COUNTED[use]
    beyond = newest_but(work.session, work.actor.id, counted.actions, counted.subject_kinds, BUDGETS[use] - 1)
    wait = wait_for_budget(beyond, work.now)
    if wait:
        audit.record_refusal(work, "account.over_budget", "account", work.actor.id, use=use.value)
        raise OverBudget(use.value, wait)

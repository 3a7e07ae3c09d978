"""How long a record stays before a person looks at it again, why it is kept or goes, and what may not touch it.

No rule for the length is published: not by ODIHR, not in the GDPR, which asks for no longer than is necessary and for
a time limit or a periodic review (Art. 5(1)(e), recital 39). The months in `DEFAULT_MONTHS` are therefore this
software's own proposal, and each coalition's policy is a setting. Nothing is ever erased by a clock: a date only puts
a record on its lead's list.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coalition.domain.errors import Held, UnknownCode
from coalition.domain.vocabulary import Basis, State


class HoldReason(StrEnum):
    """Why a record may not go, whoever asks and whatever the date."""

    LEGAL_PROCEEDINGS = "legal_proceedings"
    """A court or another body decides about it (GDPR Art. 17(3)(e), Art. 18(1)(c))."""
    POLICE_INVESTIGATION = "police_investigation"
    COMPLAINT = "complaint"
    """A complaint about the handling of the case is open."""


class KeepReason(StrEnum):
    """Why a lead keeps a record that was due for review."""

    CASE_OPEN = "case_open"
    """The case is still worked on."""
    PROCEEDINGS = "proceedings"
    """Proceedings go on or can still begin."""
    PERSON_WISHES = "person_wishes"
    """The person concerned wants it kept."""
    PATTERN = "pattern"
    """It belongs to a pattern that is still documented."""


class ErasureReason(StrEnum):
    """Why a record is erased."""

    PERSON_REQUEST = "person_request"
    """The person concerned asked for it, or took back the consent to be recorded (GDPR Art. 17(1)(a) and (b))."""
    RETENTION = "retention"
    """It is no longer needed (GDPR Art. 5(1)(e), Art. 17(1)(a))."""
    RECORDED_IN_ERROR = "recorded_in_error"
    """It should never have been recorded (GDPR Art. 17(1)(d))."""


DEFAULT_MONTHS: Mapping[tuple[Basis, State], int] = {
    (Basis.CONSENT, State.DRAFT): 6,
    (Basis.CONSENT, State.SUBMITTED): 12,
    (Basis.CONSENT, State.IN_REVIEW): 12,
    (Basis.CONSENT, State.RETURNED): 12,
    (Basis.CONSENT, State.ACCEPTED): 60,
    (Basis.CONSENT, State.REJECTED): 24,
    (Basis.CONSENT, State.DUPLICATE): 60,
    (Basis.PUBLIC_SOURCE, State.DRAFT): 12,
    (Basis.PUBLIC_SOURCE, State.SUBMITTED): 24,
    (Basis.PUBLIC_SOURCE, State.IN_REVIEW): 24,
    (Basis.PUBLIC_SOURCE, State.RETURNED): 24,
    (Basis.PUBLIC_SOURCE, State.ACCEPTED): 120,
    (Basis.PUBLIC_SOURCE, State.REJECTED): 36,
    (Basis.PUBLIC_SOURCE, State.DUPLICATE): 120,
}
"""Months from the last change to the review, by what allows the record and its state: this software's own proposal."""

LONGEST = 1200
"""Most months that a policy can say: a hundred years."""
LONGEST_KEPT_YEARS = 10
"""A lead can put the next review off by so many years at most, then somebody looks again."""

Policy = Mapping[tuple[Basis, State], int]


def policy_of(changed: Mapping[str, int]) -> Policy:
    """Return the policy in force: the defaults, and what a coalition changed of them.

    `changed` holds months by "basis.state", such as "consent.accepted". Raises UnknownCode for a key or a number that
    cannot be.
    """
    return {**DEFAULT_MONTHS, **{_key(text): _months(months) for text, months in changed.items()}}


def _key(text: str) -> tuple[Basis, State]:
    found = next((key for key in DEFAULT_MONTHS if ".".join(key) == text), None)
    if found is None:
        raise UnknownCode("kinds of record, such as consent.accepted", text)
    return found


def _months(number: int) -> int:
    if not 1 <= number <= LONGEST:
        raise UnknownCode(f"numbers of months from 1 to {LONGEST}", str(number))
    return number


def review_date(state: State, basis: str, changed_on: date, policy: Policy) -> date:
    """Return the day on which a record is due for review, so many calendar months after its last change.

    A record that says nothing yet of what allows it is treated as one by consent: the stricter kind.
    """
    kind = Basis.PUBLIC_SOURCE if basis == Basis.PUBLIC_SOURCE else Basis.CONSENT
    return months_after(changed_on, policy[kind, state])


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last day where it has none such."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if years > date.max.year:
        return date.max
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


@dataclass(frozen=True)
class Standing:
    """What retention needs to know of one record."""

    state: State
    basis: str
    changed_on: date
    review_on: date | None
    """The day that a lead set, None while the policy decides."""

    def due_since(self, policy: Policy) -> date:
        """Return the day on which it is or was due: what the lead set goes before what the policy says."""
        return self.review_on or review_date(self.state, self.basis, self.changed_on, policy)

    def is_due(self, policy: Policy, today: date) -> bool:
        """Tell whether somebody has to look at it now."""
        return self.due_since(policy) <= today


def check_not_held(hold: str) -> None:
    """Let pass what would make a record go away.

    Raises Held while a hold is on it: for a discarded draft, an erasure and a retention date alike.
    """
    if hold:
        raise Held(hold)


def check_kept_until(day: date, today: date) -> None:
    """Let a lead's next review date pass.

    Raises UnknownCode for a day that is not ahead, or further ahead than anybody can answer for.
    """
    if not today < day <= months_after(today, 12 * LONGEST_KEPT_YEARS):
        raise UnknownCode("review dates", day.isoformat())

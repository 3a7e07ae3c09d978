"""How a year's records were handled: what was rejected and why, how often something was asked, how long it took.

A journalist's questions to the method (verified how, counted once, criminal by whose judgement), per member and in all.
They speak of records, never of persons or incidents, and are frozen with the year's figures.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from coalition.domain.vocabulary import RejectionReason, State

DECIDED = frozenset({State.ACCEPTED, State.REJECTED, State.DUPLICATE})
"""The states of a record that was answered for good, until somebody takes the answer back."""


@dataclass(frozen=True)
class Handled:
    """One record that was handed to the coalition, and what became of it."""

    member: str
    """The member's main name."""
    state: State
    reason: str
    """Why it was rejected: a RejectionReason, else empty."""
    days: int | None
    """As `days_to_decision` has it."""
    asked: bool
    """Whether it was ever returned with a question."""


def days_to_decision(state: State, submitted_at: datetime | None, decided_at: datetime | None) -> int | None:
    """Return the whole days from handing a record in for the first time to the decision in force.

    `decided_at` is when a person of the coalition decided it for the last time. None while no decision is in force, and
    where nobody here made it, as with imports.
    """
    if state not in DECIDED or submitted_at is None or decided_at is None:
        return None
    return max(0, (decided_at - submitted_at).days)


@dataclass(frozen=True)
class ReviewNumbers:
    """What became of some records."""

    received: int
    accepted: int
    duplicates: int
    """Counted with another record."""
    rejected: tuple[tuple[str, int], ...]
    """By reason, in the order of the reasons; reasons that did not occur are left out."""
    undecided: int
    asked: int
    """Returned with a question at least once."""
    median_days: float | None
    """From handing in to the decision in force: the median of whole days. None where nobody here decided anything."""
    decided_here: int
    """How many decisions are behind the median."""

    @property
    def not_accepted(self) -> int:
        """The number of rejected records, whatever the reason."""
        return sum(number for _, number in self.rejected)

    @property
    def asked_share(self) -> float | None:
        """The share of the records that were returned with a question, from 0 to 1; None of nothing."""
        return self.asked / self.received if self.received else None


def numbers(records: Iterable[Handled]) -> ReviewNumbers:
    """Count what became of some records; drafts were not handed in and are left out."""
    handed_in = [record for record in records if record.state is not State.DRAFT]
    states = Counter(record.state for record in handed_in)
    reasons = Counter(record.reason for record in handed_in if record.state is State.REJECTED)
    days = [record.days for record in handed_in if record.days is not None]
    return ReviewNumbers(
        received=len(handed_in),
        accepted=states[State.ACCEPTED],
        duplicates=states[State.DUPLICATE],
        rejected=tuple((reason.value, reasons[reason]) for reason in RejectionReason if reasons[reason]),
        undecided=sum(number for state, number in states.items() if state not in DECIDED),
        asked=sum(1 for record in handed_in if record.asked),
        median_days=float(median(days)) if days else None,
        decided_here=len(days),
    )


def by_member(records: Iterable[Handled]) -> tuple[tuple[str, ReviewNumbers], ...]:
    """Count what became of each member's records, in the order of their names; those without any are left out."""
    members: dict[str, list[Handled]] = {}
    for record in records:
        members.setdefault(record.member, []).append(record)
    counted = ((member, numbers(members[member])) for member in sorted(members))
    return tuple((member, found) for member, found in counted if found.received)


def from_json(data: Mapping[str, Any]) -> ReviewNumbers:
    """Return the numbers that were stored with a publication."""
    return ReviewNumbers(**{**data, "rejected": tuple((reason, number) for reason, number in data["rejected"])})

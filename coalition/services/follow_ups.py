"""Whom to ask again: needs of people whose day has come."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from coalition.db import incidents as storage
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.services import audit
from coalition.services.history import keep_facts
from coalition.services.incident_views import find
from coalition.services.work import Work

AHEAD = timedelta(days=7)
"""A week, so that a visit can be planned."""
MOST = 20


@dataclass(frozen=True)
class FollowUp:
    """One need to ask about again; the person is not named."""

    reference: str
    position: int
    """Which of the record's needs it is, from 0."""
    need: str
    outcome: str
    follow_up: date
    overdue: bool


def follow_ups(work: Work) -> tuple[FollowUp, ...]:
    """Return what one's organisation has to ask again within a week, the longest waiting first.

    Raises NotPermitted for whoever sees no list.
    """
    require(work.actor, Permission.LIST_INCIDENTS)
    due = storage.needs_due(work.session, work.actor.organisation or "", work.today + AHEAD, MOST)
    return tuple(
        FollowUp(row.reference, row.position, row.need, row.outcome, row.day, row.day < work.today) for row in due
    )


def asked_again(work: Work, reference: str, position: int) -> None:
    """Note that somebody asked again, so that the day is not shown any more; also of a record that is decided.

    The day is how the organisation looks after the person, not part of what was decided. Raises NotFound.
    """
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    facts = storage.facts_of(incident)
    if not 0 <= position < len(facts.needs):
        raise NotFound("need", reference)
    needs = (replace(need, follow_up=None) if n == position else need for n, need in enumerate(facts.needs))
    keep_facts(work, incident, replace(facts, needs=tuple(needs)))
    audit.record(work, "incident.asked", "incident", incident.id)

"""What a member does with an incident: begin, save, submit, take back, discard, read."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from coalition.db import incidents as storage
from coalition.domain.access import Permission, require
from coalition.domain.disclosure import Audience
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow
from coalition.domain.incidents import Facts, problems
from coalition.domain.reviews import EDITABLE, Step
from coalition.domain.vocabulary import State
from coalition.services import audit
from coalition.services.incident_views import IncidentView, Page, add_step, find, paged, subject_of, view_of
from coalition.services.work import Work


def _for_change(work: Work, reference: str, version: int) -> storage.Incident:
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    if incident.version != version:
        raise ChangedMeanwhile
    return incident


def begin_incident(work: Work, changes: Mapping[str, Any]) -> str:
    """Keep a new draft; returns its reference."""
    require(work.actor, Permission.RECORD_INCIDENT)
    incident = storage.Incident(
        organisation_id=work.actor.organisation or "",
        author_id=work.actor.id,
        recorded_at=work.now,
        changed_at=work.now,
    )
    work.session.add(incident)
    work.session.flush()
    storage.store_facts(work.session, incident, replace(Facts(), **changes))
    audit.record(work, "incident.begin", "incident", incident.id)
    return incident.reference


def save_incident(work: Work, reference: str, version: int, changes: Mapping[str, Any]) -> int:
    """Keep what was typed, complete or not; returns the new version.

    Raises NotFound, NotPermitted, NotAllowedNow once it is submitted, ChangedMeanwhile when somebody saved since.
    """
    incident = _for_change(work, reference, version)
    if State(incident.state) not in EDITABLE:
        raise NotAllowedNow("save", incident.state)
    before = storage.facts_of(incident)
    facts = replace(before, **changes)
    changed = sorted(item.name for item in fields(Facts) if getattr(before, item.name) != getattr(facts, item.name))
    if changed:
        storage.store_facts(work.session, incident, facts)
        incident.version += 1
        incident.changed_at = work.now
        work.session.flush()
        audit.record(work, "incident.save", "incident", incident.id, fields=changed)
    return incident.version


def submit_incident(work: Work, reference: str, version: int, answer: str = "") -> None:
    """Hand the incident, or the answer to a question, to the coordinator.

    Raises Incomplete with every problem that stands in the way, and what `save_incident` raises.
    """
    incident = _for_change(work, reference, version)
    found = problems(storage.facts_of(incident), work.today)
    if found:
        raise Incomplete(found)
    add_step(work, incident, Step.SUBMIT, answer)
    incident.submitted_at = work.now
    work.session.flush()


def withdraw_incident(work: Work, reference: str, version: int) -> None:
    """Take a submitted incident back before it is decided; it is a draft again."""
    add_step(work, _for_change(work, reference, version), Step.WITHDRAW)


def withdraw_consent(work: Work, reference: str, version: int, purposes: Collection[str]) -> int:
    """Take back consent for some purposes, in whatever state the incident is; returns the new version.

    Withdrawing is as easy as giving (GDPR Art. 7(3)), so a decision does not stand in the way: from now on no count,
    submission or publication that needs the purpose takes the incident. What was frozen before is not changed.
    """
    incident = _for_change(work, reference, version)
    before = storage.facts_of(incident)
    withdrawn = before.consents & frozenset(purposes)
    if withdrawn:
        storage.store_facts(work.session, incident, replace(before, consents=before.consents - withdrawn))
        incident.version += 1
        incident.changed_at = work.now
        work.session.flush()
        audit.record(work, "incident.withdraw_consent", "incident", incident.id, purposes=sorted(withdrawn))
    return incident.version


def discard_draft(work: Work, reference: str, version: int) -> None:
    """Erase a draft.

    Raises NotAllowedNow when it is not a draft.
    """
    incident = _for_change(work, reference, version)
    if incident.state != State.DRAFT:
        raise NotAllowedNow("discard", incident.state)
    audit.record(work, "incident.discard", "incident", incident.id)
    work.session.delete(incident)
    work.session.flush()


def read_incident(work: Work, reference: str) -> IncidentView:
    """Return the member's whole record."""
    incident = find(work, reference, Permission.READ_INCIDENT)
    return view_of(work, incident, Audience.OWNER)


def list_incidents(work: Work, *, states: tuple[str, ...] = (), year: int | None = None, page: int = 1) -> Page:
    """Return one page of the organisation's incidents, the newest change first."""
    require(work.actor, Permission.LIST_INCIDENTS)
    wanted = storage.Filter(work.actor.organisation, states, year)
    return paged(work, wanted, page)


def count_own(work: Work, year: int | None = None) -> dict[str, int]:
    """Count the organisation's incidents by state, of one year or of all."""
    require(work.actor, Permission.LIST_INCIDENTS)
    return storage.count_by_state(work.session, storage.Filter(work.actor.organisation, year=year))


def own_years(work: Work) -> tuple[int, ...]:
    """Return the years in which the organisation's incidents happened, the latest first."""
    require(work.actor, Permission.LIST_INCIDENTS)
    return storage.years_of_incidents(work.session, work.actor.organisation or "")

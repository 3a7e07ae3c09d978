"""What a member does with an incident: begin, save, submit, take back, discard, read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from coalition.db import incidents as storage
from coalition.db import kept_forms as kept
from coalition.db.accounts import lock_account
from coalition.db.settings import age_of_consent
from coalition.domain.access import Permission, require
from coalition.domain.completeness import problems
from coalition.domain.consents import remaining
from coalition.domain.disclosure import (
    VISIBLE,
    Occasion,
    changes_as_codes,
    classes_of_facts,
)
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow, NotFound
from coalition.domain.incidents import Facts, Problem
from coalition.domain.retention import check_not_held
from coalition.domain.reviews import EDITABLE, STEPS, Step
from coalition.domain.throttling import Use
from coalition.domain.vocabulary import State
from coalition.services import audit, evidence_files, releases, same_incident, throttle
from coalition.services.history import conflict_with, keep_facts
from coalition.services.incident_views import (
    IncidentView,
    Page,
    add_step,
    find,
    note_reading,
    paged,
    subject_of,
    view_of,
)
from coalition.services.work import Work


def _to_change(work: Work, reference: str) -> storage.Incident:
    incident = find(work, reference, Permission.READ_INCIDENT, to_change=True)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    return incident


def _for_change(work: Work, reference: str, version: int) -> storage.Incident:
    incident = _to_change(work, reference)
    if incident.version != version:
        raise ChangedMeanwhile
    return incident


def begin_incident(work: Work, changes: Mapping[str, Any]) -> str:
    """Keep a new draft; returns its reference."""
    require(work.actor, Permission.RECORD_INCIDENT)
    throttle.spend(work, Use.BEGIN)
    incident = storage.Incident(
        organisation_id=work.actor.organisation or "",
        author_id=work.actor.id,
        version=0,
        recorded_at=work.now,
        changed_at=work.now,
    )
    storage.add_incident(work.session, incident)
    keep_facts(work, incident, replace(Facts(), **changes))
    audit.record(work, "incident.begin", "incident", incident.id)
    return incident.reference


@dataclass(frozen=True)
class Begun:
    """The draft that a first page began."""

    reference: str
    version: int
    beside: bool = False
    """Whether somebody else saved other answers since the page did, and both are kept."""


def begin_incident_once(work: Work, once: str, changes: Mapping[str, Any]) -> Begun:
    """Keep a new draft, unless this page began one already: sent twice, or tried again, it leads to the same draft.

    `once` is the random name that the page was given. A draft that is found again takes these answers; when anybody
    saved it since this page did, this raises what `save_incident` raises.
    """
    require(work.actor, Permission.RECORD_INCIDENT)
    if not once:
        return Begun(begin_incident(work, changes), 1)
    lock_account(work.session, work.actor.id)  # of the same page twice at the same moment, one waits
    row, beside = kept.begun_by(work.session, work.actor.id, once), False
    if row is None:
        reference = begin_incident(work, changes)
        incident_id = storage.id_of_reference(work.session, reference) or ""
        row = kept.BegunForm(account_id=work.actor.id, once=once, incident_id=incident_id, version=1, begun_at=work.now)
        work.session.add(row)
    else:
        reference, seen = begun_by(work, once), row.version
        row.version = save_incident(work, reference, seen, changes)
        beside = row.version > seen + 1
    work.session.flush()
    return Begun(reference, row.version, beside)


def already_begun(work: Work, once: str) -> str:
    """Return the reference of the draft that a page of the actor began; empty if it began none."""
    try:
        return begun_by(work, once)
    except NotFound:
        return ""


def begun_by(work: Work, once: str) -> str:
    """Return the reference of the draft that a page of the actor began.

    Raises NotFound.
    """
    return begun(work, once).reference


def begun(work: Work, once: str) -> Begun:
    """Return the draft that a page of the actor began, with the version that the page has made or seen.

    Raises NotFound.
    """
    require(work.actor, Permission.RECORD_INCIDENT)
    row = kept.begun_by(work.session, work.actor.id, once)
    if row is None:
        raise NotFound("draft", once)
    return Begun(storage.references_of(work.session, (row.incident_id,))[row.incident_id], row.version)


def settle_begun(work: Work, once: str, version: int, changes: Mapping[str, Any]) -> Begun:
    """Keep the answers that a person chose after another save met those of the page that began a draft.

    `version` holds the others' answers. Raises NotFound, and what `save_incident` raises.
    """
    require(work.actor, Permission.RECORD_INCIDENT)
    reference = begun_by(work, once)
    row = kept.begun_by(work.session, work.actor.id, once)
    if row is not None:
        row.version = save_incident(work, reference, version, changes)
    work.session.flush()
    return begun(work, once)


def problems_of(work: Work, facts: Facts) -> tuple[Problem, ...]:
    """Return what would be missing in a record with these facts."""
    return problems(facts, work.today, age_of_consent(work.session))


def save_incident(work: Work, reference: str, version: int, changes: Mapping[str, Any]) -> int:
    """Keep what was typed, complete or not; returns the new version.

    `version` is the one that was seen when it was typed. When somebody saved since, answers that nobody else changed
    are kept all the same. Raises NotFound, NotPermitted, NotAllowedNow once it is submitted, and ChangedMeanwhile when
    others changed one of these answers, and to something else: then a person chooses (`services.history`).
    """
    incident = _to_change(work, reference)
    if State(incident.state) not in EDITABLE:
        raise NotAllowedNow("save", incident.state)
    if incident.version != version and conflict_with(work, incident, version, changes).needs_choice:
        raise ChangedMeanwhile
    before = storage.facts_of(incident)
    facts = replace(before, **changes)
    facts = replace(facts, consents=remaining(before.consents, facts.consents))
    changed = sorted(item.name for item in fields(Facts) if getattr(before, item.name) != getattr(facts, item.name))
    if changed:
        incident.changed_at = work.now
        keep_facts(work, incident, facts)
        releases.withdraw_changes(work, incident, before, facts)
        audit.record(
            work, "incident.save", "incident", incident.id, fields=changed, changes=changes_as_codes(before, facts)
        )
    return incident.version


def is_saved(view: IncidentView, changes: Mapping[str, Any]) -> bool:
    """Tell whether a record holds these answers already: a button that was pressed twice has done its work."""
    return replace(view.facts, **changes) == view.facts


def submit_incident(work: Work, reference: str, version: int, answer: str = "") -> None:
    """Hand the incident, or the answer to a question, to the coordinator.

    Raises Incomplete with every problem that stands in the way, and what `save_incident` raises.
    """
    incident = _for_change(work, reference, version)
    found = problems_of(work, storage.facts_of(incident))
    if found:
        raise Incomplete(found)
    add_step(work, incident, Step.SUBMIT, answer)
    incident.submitted_at = work.now
    work.session.flush()


def withdraw_incident(work: Work, reference: str, version: int) -> None:
    """Take a submitted incident back before it is decided; it is a draft again."""
    incident = _for_change(work, reference, version)
    if (State(incident.state), Step.WITHDRAW) in STEPS:
        same_incident.let_go(work, incident)
    add_step(work, incident, Step.WITHDRAW)


def discard_draft(work: Work, reference: str, version: int) -> None:
    """Erase a draft that nobody else was ever shown.

    What was handed in once, and taken back, goes like every record: by two people. Raises NotAllowedNow when it is no
    such draft, Held while it is locked.
    """
    incident = _for_change(work, reference, version)
    if incident.state != State.DRAFT or incident.submitted_at is not None:
        raise NotAllowedNow("discard", incident.state)
    check_not_held(incident.hold_reason or "")
    audit.record(work, "incident.discard", "incident", incident.id)
    evidence_files.forget_files(work, incident.id)
    storage.erase_incident(work.session, incident)


def read_incident(work: Work, reference: str) -> IncidentView:
    """Return the member's record without identity; the reading is noted."""
    incident = find(work, reference, Permission.READ_INCIDENT)
    view = view_of(work, incident)
    note_reading(work, incident, VISIBLE[view.audience])
    return view


def unseal_incident(work: Work, reference: str) -> IncidentView:
    """Return the member's whole record, identity included, for one showing; that it was asked for is noted.

    Raises NotFound, NotPermitted for a colleague who did not record it.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    view = view_of(work, incident, Occasion.UNSEALING)
    note_reading(work, incident, VISIBLE[view.audience], "incident.unseal")
    return view


def outline_incident(work: Work, reference: str) -> IncidentView:
    """Return what a page needs that does something with a record as a whole, without showing what happened."""
    return view_of(work, find(work, reference, Permission.READ_INCIDENT), Occasion.NAMING)


def incident_to_type(work: Work, reference: str) -> IncidentView:
    """Return a record for its form; whoever may change it now gets all of it.

    A form shows a few facts only, so this notes nothing: call `note_typing` with what is shown.
    """
    return view_of(work, find(work, reference, Permission.READ_INCIDENT), Occasion.TYPING)


def note_typing(work: Work, reference: str, facts: Collection[str]) -> None:
    """Write into the log that the form with these facts was shown, if any of it is narrative or identity."""
    incident = find(work, reference, Permission.READ_INCIDENT)
    view = view_of(work, incident, Occasion.TYPING)
    note_reading(work, incident, classes_of_facts(facts) & VISIBLE[view.audience])


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

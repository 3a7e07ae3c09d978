"""Incidents on their way out whole: in the product's own format, and as a copy for the person concerned.

A file holds exactly what its reader may see (`coalition.domain.disclosure`): what a page would not show is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from coalition.db import audit as log
from coalition.db import incidents as storage
from coalition.db.accounts import Account, account_with_email
from coalition.db.organisations import name_of
from coalition.domain.access import Actor, Permission, require
from coalition.domain.disclosure import (
    FIELD_CLASSES,
    LOGGED_AS_CODES,
    VISIBLE,
    Audience,
    FieldClass,
    Occasion,
    disclose,
)
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.interchange import ConsentRecord, HoldRecord, MessageRecord, Record, StepRecord
from coalition.domain.names import Name
from coalition.domain.throttling import Use
from coalition.domain.vocabulary import Role, State
from coalition.services import audit, settings, throttle
from coalition.services.incident_views import IncidentView, find, note_reading, subject_of, view_of
from coalition.services.work import Work


def reader_named(work: Work, email: str) -> Actor:
    """Return the person with whose eyes the command line reads.

    Raises NotFound, NotPermitted for somebody whose access is stopped or whose role exports nothing.
    """
    account = account_with_email(work.session, email)
    if account is None:
        raise NotFound("account", email)
    actor = Actor(account.id, Role(account.role), account.organisation_id, account.name, account.affiliation_id)
    if not account.active:
        raise NotPermitted(Permission.EXPORT_INCIDENTS)
    require(actor, Permission.EXPORT_INCIDENTS)
    return actor


def export_incidents(work: Work, references: Sequence[str] = (), year: int | None = None) -> Iterator[Record]:
    """Yield incidents as the actor may see them: all of them, of one year, or those that are named.

    A member's people get their organisation's, the coordinator what was handed in and is shared, pseudonymised. Each
    is noted as read, and all together as exported. Raises NotPermitted, and NotFound for a reference that the actor
    may not know of.
    """
    require(work.actor, Permission.EXPORT_INCIDENTS)
    throttle.spend(work, Use.EXPORT)
    number = 0
    for incident in _chosen(work, references, year):
        if year is None or incident.year == year:
            number += 1
            yield _record(work, incident)
    subject = work.actor.organisation
    audit.record(
        work,
        "incident.export",
        "organisation" if subject else "coalition",
        subject or "incidents",
        incidents=number,
        year=year,
        named=len(references),
    )


def _chosen(work: Work, references: Sequence[str], year: int | None) -> Iterator[storage.Incident]:
    of_member = work.actor.organisation is not None
    if references:
        permission = Permission.READ_INCIDENT if of_member else Permission.REVIEW_INCIDENT
        # All are looked for before the first is handed out: a mistyped one stops the export at once.
        yield from [find(work, reference, permission) for reference in dict.fromkeys(map(str.upper, references))]
    elif of_member:
        yield from storage.whole_incidents(work.session, storage.Filter(work.actor.organisation, year=year))
    else:
        handed_in = tuple(state.value for state in State if state is not State.DRAFT)
        yield from storage.whole_incidents(work.session, storage.Filter(states=handed_in, year=year, shared=True))


def _record(work: Work, incident: storage.Incident) -> Record:
    view = view_of(work, incident, Occasion.UNSEALING)
    note_reading(work, incident, VISIBLE[view.audience], "incident.export")
    return _record_of(incident, view)


def _record_of(incident: storage.Incident, view: IncidentView) -> Record:
    own = FieldClass.STAFF in VISIBLE[view.audience]
    return Record(
        reference=view.reference,
        organisation=incident.organisation.code,
        author=view.author,
        state=view.state,
        rejection_reason=view.rejection_reason,
        recorded_at=view.recorded_at,
        changed_at=view.changed_at,
        submitted_at=view.submitted_at,
        decided_at=view.decided_at,
        facts=view.facts,
        withheld=tuple(sorted(view.withheld)),
        consents=_consents(incident, view.audience),
        steps=_steps(view),
        messages=_messages(view),
        hold=HoldRecord(incident.hold_reason, incident.held_at)
        if own and incident.hold_reason and incident.held_at
        else None,
        review_on=incident.review_on if own else None,
    )


def _consents(incident: storage.Incident, audience: Audience) -> tuple[ConsentRecord, ...]:
    days = FieldClass.IDENTITY in VISIBLE[audience]
    return tuple(
        ConsentRecord(
            row.purpose, row.text_version, row.way, row.given_on if days else None, row.withdrawn_at, row.giver
        )
        for row in storage.consents_of(incident)
    )


def _steps(view: IncidentView) -> tuple[StepRecord, ...]:
    return tuple(
        StepRecord(
            step=step.step.value,
            at=step.at,
            by=step.by if isinstance(step.by, str) else step.by.main,
            text=step.text,
            reason=step.reason,
            findings=dict(step.findings),
        )
        for step in view.steps
    )


def _messages(view: IncidentView) -> tuple[MessageRecord, ...]:
    said = [item for item in view.messages if not item.inside]
    places = {item.reference: place for place, item in enumerate(said)}
    return tuple(
        MessageRecord(
            kind=item.kind.value,
            side="member" if item.of_member else "coalition",
            at=item.at,
            by=item.by if isinstance(item.by, str) else item.by.main,
            text=item.text,
            answers=places.get(item.answers),
        )
        for item in said
    )


@dataclass(frozen=True)
class Look:
    """One entry of the log about a record: by role and organisation, never by name."""

    at: datetime
    role: str
    organisation: Name | None
    """The member; None for those who act for the whole coalition."""
    action: str


@dataclass(frozen=True)
class PersonsCopy:
    """Everything that is held about one incident, for the person concerned (GDPR Art. 15(1) and (3))."""

    record: Record
    organisation: Name
    coalition: Name
    languages: tuple[str, ...]
    made_at: datetime
    time_zone: str
    looks: tuple[Look, ...]
    """Who saw or changed the record, the oldest first."""


def persons_copy(work: Work, reference: str) -> PersonsCopy:
    """Return everything held about one incident, to be handed to the person concerned; that it was made is noted.

    Raises NotFound, NotPermitted for a colleague who did not record it.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.COPY_INCIDENT, subject_of(incident))
    own = settings.read(work)
    note_reading(work, incident, VISIBLE[Audience.OWNER], "incident.copy")
    record = _record_of(incident, view_of(work, incident, Occasion.UNSEALING))
    return PersonsCopy(
        # Who worked on it is told by role, in `looks`: the names of staff are not the person's data.
        record=replace(
            record,
            author="",
            steps=tuple(replace(step, by="") for step in record.steps),
            messages=tuple(replace(item, by="") for item in record.messages),
        ),
        organisation=name_of(incident.organisation),
        coalition=Name(own.name_in(own.languages[0]), own.name),
        languages=own.languages,
        made_at=work.now,
        time_zone=own.time_zone,
        looks=tuple(_looks(work, incident)),
    )


def _looks(work: Work, incident: storage.Incident) -> Iterator[Look]:
    members: dict[str, Name | None] = {}
    for entry in reversed(log.entries_about(work.session, "incident", incident.id)):
        if entry.actor not in members:
            members[entry.actor] = _member_of(work, entry.actor)
        yield Look(entry.at, entry.role, members[entry.actor], entry.action)


def _member_of(work: Work, account_id: str) -> Name | None:
    account = work.session.get(Account, account_id)
    return name_of(account.organisation) if account and account.organisation else None


def years_to_export(work: Work) -> tuple[int, ...]:
    """Return the years of the incidents that the actor can take away, the latest first."""
    require(work.actor, Permission.EXPORT_INCIDENTS)
    if work.actor.organisation is not None:
        return storage.years_of_incidents(work.session, work.actor.organisation)
    return tuple(storage.years_with_incidents(work.session, storage.Filter(shared=True)))


_PARTS = ("indicators", "victims", "perpetrators", "sources", "proceedings")


def coded_incidents(work: Work, year: int) -> Iterator[dict[str, Any]]:
    """Yield a year's records by their codes and numbers, without any text, for other programs on this machine.

    Raises NotPermitted for everybody but the command line.
    """
    require(work.actor, Permission.LIST_CODED)
    number = 0
    for incident in storage.whole_incidents(work.session, storage.Filter(year=year)):
        number += 1
        yield _coded(work, incident)
    audit.record(work, "incident.list_codes", "coalition", "incidents", incidents=number, year=year)


def _coded(work: Work, incident: storage.Incident) -> dict[str, Any]:
    facts = disclose(storage.facts_of(incident), Audience.CODES)
    same_as = storage.references_of(work.session, (incident.same_as_id,)) if incident.same_as_id else {}
    codes = {name: getattr(facts, name) for name in LOGGED_AS_CODES if FIELD_CLASSES[name] in VISIBLE[Audience.CODES]}
    return {
        "reference": incident.reference,
        "organisation": incident.organisation.code,
        "state": incident.state,
        "rejection_reason": incident.rejection_reason,
        "verification": incident.verification,
        "late": incident.late,
        "same_as": same_as.get(incident.same_as_id or "", ""),
        "date": facts.date.to_month if facts.date else "",
        "type": facts.type.value if facts.type else "",
        **{name: sorted(value) if isinstance(value, frozenset) else value for name, value in codes.items()},
        **{kind: [_codes_of(kind, part) for part in getattr(facts, kind)] for kind in _PARTS},
    }


def _codes_of(kind: str, part: object) -> dict[str, object]:
    """Return the fields of a part that are codes or numbers."""
    return {name: value for name, value in vars(part).items() if FIELD_CLASSES[f"{kind}.{name}"] is FieldClass.CODED}

"""How an incident is read, by members and by the coordinator alike: frozen views, made through the policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from coalition.db import incidents as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import name_of
from coalition.domain.access import IncidentSubject, Permission, permits
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.errors import NotFound
from coalition.domain.incidents import Facts, Problem, problems
from coalition.domain.names import Name
from coalition.domain.reviews import EDITABLE, OF_THE_MEMBER, STEPS, Step, after
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit
from coalition.services.work import Work

PAGE = 25


@dataclass(frozen=True)
class IncidentLine:
    """One incident in a list."""

    reference: str
    organisation: Name
    state: State
    date: str
    type: str
    motivations: tuple[str, ...]
    municipality: str
    recorded_at: datetime
    changed_at: datetime
    submitted_at: datetime | None


@dataclass(frozen=True)
class StepView:
    """One step in an incident's life."""

    step: Step
    by: str | Name
    """Name of the person, for the coalition of the member's organisation; empty for the command line."""
    at: datetime
    text: str
    reason: str
    findings: Mapping[str, tuple[str, str]]
    """By test: (what was proposed, what the person found)."""


@dataclass(frozen=True)
class IncidentView:
    """One incident as its reader may see it."""

    reference: str
    organisation: Name
    author: str
    state: State
    version: int
    recorded_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    rejection_reason: str
    facts: Facts
    steps: tuple[StepView, ...]
    may_amend: bool
    may_withdraw: bool
    may_withdraw_consent: bool
    """Whether a consent can be taken back now that the record itself is closed to changes."""
    problems: tuple[Problem, ...]
    """What stands in the way of submitting."""

    @property
    def question(self) -> StepView | None:
        """The coordinator's open question."""
        return self.steps[-1] if self.steps and self.steps[-1].step is Step.RETURN else None


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    lines: tuple[IncidentLine, ...]
    total: int
    number: int
    pages: int


def subject_of(incident: storage.Incident) -> IncidentSubject:
    """Return what the policy needs to know of an incident."""
    shared = storage.facts_of(incident).allows(Purpose.SHARE_COALITION)
    return IncidentSubject(incident.organisation_id, incident.author_id, State(incident.state), shared)


def line_of(incident: storage.Incident) -> IncidentLine:
    """Return an incident's line in a list."""
    parts = (incident.year, incident.month, incident.day)
    return IncidentLine(
        reference=incident.reference,
        organisation=name_of(incident.organisation),
        state=State(incident.state),
        date="-".join(f"{part:02}" for part in parts if part),
        type=incident.type,
        motivations=tuple(part.code for part in incident.motivations),
        municipality=incident.municipality,
        recorded_at=incident.recorded_at,
        changed_at=incident.changed_at,
        submitted_at=incident.submitted_at,
    )


def steps_of(work: Work, incident: storage.Incident, audience: Audience) -> tuple[StepView, ...]:
    """Return the steps of an incident, oldest first."""
    names = account_names(work.session)
    hidden = OF_THE_MEMBER if audience is not Audience.OWNER else frozenset()
    rows = storage.steps_of(work.session, incident.id)
    findings = storage.findings_of(work.session, (row.id for row in rows))
    return tuple(
        StepView(
            step=Step(row.step),
            by=name_of(incident.organisation) if row.step in hidden else names.get(row.actor_id or "", ""),
            at=row.at,
            text=row.text,
            reason=row.reason,
            findings={item.test: (item.proposed, item.found) for item in findings.get(row.id, ())},
        )
        for row in rows
    )


def add_step(work: Work, incident: storage.Incident, step: Step, text: str = "", reason: str = "") -> storage.Step:
    """Move an incident along the table of steps and keep who did it.

    Raises NotAllowedNow when the table does not hold the step.
    """
    incident.state = after(State(incident.state), step).value
    incident.version += 1
    incident.changed_at = work.now
    row = storage.Step(
        incident_id=incident.id,
        step=step.value,
        actor_id=work.actor.id,
        at=work.now,
        text=text.strip(),
        reason=reason,
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, f"incident.{step.value}", "incident", incident.id, reason=reason)
    return row


def find(work: Work, reference: str, permission: Permission, *, to_change: bool = False) -> storage.Incident:
    """Return an incident that the actor may do something to; `to_change` keeps others from changing it meanwhile.

    Raises NotFound also when the actor may not: that an incident exists is nobody else's business.
    """
    incident = storage.incident_with_reference(work.session, reference, lock=to_change)
    if incident is None or not permits(work.actor, permission, subject_of(incident)):
        raise NotFound("incident", reference)
    return incident


def view_of(work: Work, incident: storage.Incident, audience: Audience) -> IncidentView:
    """Return an incident as an audience may see it."""
    state = State(incident.state)
    whole = storage.facts_of(incident)
    amends = permits(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    names = account_names(work.session)
    return IncidentView(
        reference=incident.reference,
        organisation=name_of(incident.organisation),
        author=names.get(incident.author_id or "", "") if audience is Audience.OWNER else "",
        state=state,
        version=incident.version,
        recorded_at=incident.recorded_at,
        changed_at=incident.changed_at,
        submitted_at=incident.submitted_at,
        decided_at=incident.decided_at,
        rejection_reason=incident.rejection_reason,
        facts=disclose(whole, audience),
        steps=steps_of(work, incident, audience),
        may_amend=amends and state in EDITABLE,
        may_withdraw_consent=amends and state not in EDITABLE and bool(whole.consents),
        may_withdraw=amends and (state, Step.WITHDRAW) in STEPS,
        problems=problems(whole, work.today),
    )


def paged(work: Work, wanted: storage.Filter, page: int, *, oldest_first: bool = False) -> Page:
    """Return one page of the incidents that a filter lets through."""
    total = storage.count_incidents(work.session, wanted)
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    found = storage.list_incidents(
        work.session, wanted, oldest_first=oldest_first, offset=(number - 1) * PAGE, limit=PAGE
    )
    return Page(tuple(line_of(incident) for incident in found), total, number, pages)

"""How an incident is read, by members and by the coordinator alike: frozen views, made through the policy.

No service chooses what its reader sees: `view_of` and `paged` ask `coalition.domain.disclosure`. Whatever shows
narrative or identity also calls `note_reading`; a contract test opens every page and looks for the entry.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from coalition.db import incidents as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import name_of
from coalition.db.settings import age_of_consent
from coalition.domain.access import IncidentSubject, Permission, permits
from coalition.domain.completeness import problems
from coalition.domain.disclosure import (
    NOTED_WHEN_READ,
    RECORD_CLASSES,
    VISIBLE,
    Audience,
    FieldClass,
    Occasion,
    audience_of,
    audience_of_lists,
    class_of_name,
    disclose,
    withheld,
)
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.incidents import Facts, PartialDate, Problem
from coalition.domain.names import Name
from coalition.domain.reviews import EDITABLE, STEPS, Step, after
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit, throttle
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
    audience: Audience
    """As whom its reader sees it."""
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
    withheld: frozenset[str]
    """What of the facts the reader may not see, filled in or not, as `disclosure.withheld` names it."""
    steps: tuple[StepView, ...]
    may_amend: bool
    may_unseal: bool
    """Whether the reader may see the identity after saying who they are again."""
    may_see_readers: bool
    may_withdraw: bool
    may_discard: bool
    """Whether it is a draft that was never handed in: anything else takes two people to erase."""
    problems: tuple[Problem, ...]
    """What stands in the way of submitting; nothing for readers outside the organisation."""

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


def line_of(incident: storage.Incident, audience: Audience) -> IncidentLine:
    """Return an incident's line in a list as an audience may see it."""
    sees = FieldClass.LOCATING in VISIBLE[audience]
    date = PartialDate(incident.year, incident.month, incident.day) if incident.year else None
    return IncidentLine(
        reference=incident.reference,
        organisation=name_of(incident.organisation),
        state=State(incident.state),
        date="" if date is None else str(date) if sees else date.to_month,
        type=incident.type,
        motivations=tuple(part.code for part in incident.motivations),
        municipality=storage.listed_text(incident, "municipality") if sees else "",
        recorded_at=incident.recorded_at,
        changed_at=incident.changed_at,
        submitted_at=incident.submitted_at,
    )


def steps_of(work: Work, incident: storage.Incident, audience: Audience) -> tuple[StepView, ...]:
    """Return the steps of an incident as an audience may see them, oldest first."""
    names, seen = account_names(work.session), VISIBLE[audience]
    rows = storage.steps_of(work.session, incident.id)
    findings = storage.findings_of(work.session, (row.id for row in rows))
    told = RECORD_CLASSES["steps.text"] in seen
    texts = storage.texts_of_steps(incident, rows) if told else [""] * len(rows)
    return tuple(
        StepView(
            step=Step(row.step),
            by=names.get(row.actor_id or "", "")
            if class_of_name(Step(row.step)) in seen
            else name_of(incident.organisation),
            at=row.at,
            text=text,
            reason=row.reason,
            findings={item.test: (item.proposed, item.found) for item in findings.get(row.id, ())},
        )
        for row, text in zip(rows, texts, strict=True)
    )


def add_step(work: Work, incident: storage.Incident, step: Step, text: str = "", reason: str = "") -> storage.Step:
    """Move an incident along the table of steps and keep who did it.

    Raises NotAllowedNow when the table does not hold the step.
    """
    incident.state = after(State(incident.state), step).value
    incident.version += 1
    incident.changed_at = work.now
    row = storage.add_step(
        work.session,
        incident,
        step=step.value,
        actor_id=work.actor.id,
        at=work.now,
        text=text.strip(),
        reason=reason,
    )
    audit.record(work, f"incident.{step.value}", "incident", incident.id, reason=reason)
    return row


def find(work: Work, reference: str, permission: Permission, *, to_change: bool = False) -> storage.Incident:
    """Return an incident that the actor may do something to; `to_change` keeps others from changing it meanwhile.

    Raises NotFound also when the actor may not: that an incident exists is nobody else's business.
    """
    incident = storage.incident_with_reference(work.session, reference, lock=to_change)
    if incident is None:
        raise NotFound("incident", reference)
    if not permits(work.actor, permission, subject_of(incident)):
        work.deny(permission, "incident", incident.id)
        raise NotFound("incident", reference)
    return incident


def view_of(work: Work, incident: storage.Incident, occasion: Occasion = Occasion.READING) -> IncidentView:
    """Return an incident as the actor may see it on an occasion.

    Raises NotFound when that is not at all.
    """
    state, subject = State(incident.state), subject_of(incident)
    audience = audience_of(work.actor, subject, occasion)
    if audience is None:
        raise NotFound("incident", incident.reference)
    whole, seen = storage.facts_of(incident), VISIBLE[audience]
    amends = permits(work.actor, Permission.AMEND_INCIDENT, subject)
    names = account_names(work.session)
    return IncidentView(
        reference=incident.reference,
        audience=audience,
        organisation=name_of(incident.organisation),
        author=names.get(incident.author_id or "", "") if RECORD_CLASSES["author"] in seen else "",
        state=state,
        version=incident.version,
        recorded_at=incident.recorded_at,
        changed_at=incident.changed_at,
        submitted_at=incident.submitted_at,
        decided_at=incident.decided_at,
        rejection_reason=incident.rejection_reason,
        facts=disclose(whole, audience),
        withheld=withheld(whole, audience),
        steps=steps_of(work, incident, audience),
        may_amend=amends and state in EDITABLE,
        may_unseal=audience is Audience.MEMBER and permits(work.actor, Permission.UNSEAL_IDENTITY, subject),
        may_see_readers=permits(work.actor, Permission.SEE_READERS, subject),
        may_discard=amends and state is State.DRAFT and incident.submitted_at is None,
        may_withdraw=amends and (state, Step.WITHDRAW) in STEPS,
        problems=_problems(work, whole) if permits(work.actor, Permission.READ_INCIDENT, subject) else (),
    )


def _problems(work: Work, facts: Facts) -> tuple[Problem, ...]:
    return problems(facts, work.today, age_of_consent(work.session))


def note_reading(
    work: Work, incident: storage.Incident, classes: Collection[FieldClass], action: str = "incident.read"
) -> None:
    """Write into the log that the actor was shown narrative or identity of a record; which of them, and no more.

    Raises OverBudget for whoever reads faster than a person does.
    """
    shown = sorted(NOTED_WHEN_READ.intersection(classes))
    if shown:
        use = throttle.use_of(action)
        if use:
            throttle.spend(work, use)
        audit.record(work, action, "incident", incident.id, classes=shown)


def paged(work: Work, wanted: storage.Filter, page: int, *, oldest_first: bool = False) -> Page:
    """Return one page of the incidents that a filter lets through.

    Raises NotPermitted for actors who see no list.
    """
    audience = audience_of_lists(work.actor)
    if audience is None:
        raise NotPermitted(Permission.LIST_INCIDENTS)
    total = storage.count_incidents(work.session, wanted)
    pages = max(1, -(-total // PAGE))
    number = min(max(page, 1), pages)
    found = storage.list_incidents(
        work.session, wanted, oldest_first=oldest_first, offset=(number - 1) * PAGE, limit=PAGE
    )
    return Page(tuple(line_of(incident, audience) for incident in found), total, number, pages)

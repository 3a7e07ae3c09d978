"""How an incident is read, by members and by the coordinator alike: frozen views, made through the policy.

No service chooses what its reader sees: `view_of` and `paged` ask `coalition.domain.disclosure`. Whatever shows
narrative or identity also calls `note_reading`; a contract test opens every page and looks for the entry.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from coalition.db import incidents as storage
from coalition.db.accounts import account_names
from coalition.db.organisations import name_of
from coalition.db.same_incident import lock_groups
from coalition.db.settings import age_of_consent, review_days
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
    class_of_step,
    disclose,
    withheld,
)
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.incidents import Facts, PartialDate, Problem
from coalition.domain.names import Name
from coalition.domain.reviews import EDITABLE, OF_THE_MEMBER, STEPS, UNDECIDED, Step, after, due_after
from coalition.domain.verification import SourceCheck
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit, notices, throttle
from coalition.services.message_views import MessageView, messages_of
from coalition.services.releases import account_of
from coalition.services.work import Work

PAGE = 25
_Day = date
"""A day, where a field is called `date`."""


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
    verification: str = ""
    """A VerificationLevel; empty while nobody has checked."""
    late: bool = False
    """Whether it was accepted after its data year had been frozen for a submission."""
    reviewer: str = ""
    """Who works on it for the coalition; only coordinators are told."""
    review_due: _Day | None = None
    """The day by which it should be decided; only coordinators are told."""


@dataclass(frozen=True)
class StepView:
    """One step in an incident's life."""

    step: Step
    by: str | Name
    """Name of the person, for the coalition of the member's organisation; empty for the command line, and to members
    for who works on it."""
    at: datetime
    text: str = ""
    reason: str = ""
    findings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By test: (what was proposed, what the person found)."""
    before: State | None = None
    """Where the record stood before the step; None for steps from before this was kept."""
    state: State | None = None
    """Where the step led to; None where `before` is."""
    verdict: str = ""
    """Of a proposed decision: which step it should be."""
    other: str = ""
    """Of a link, or of a proposal for one: the reference of the other record; only coordinators are told."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """By test: why the person found what they found."""
    independent: str = ""
    """A Finding: whether two sources that do not depend on each other say so."""
    verification: str = ""
    """The VerificationLevel that follows from the checks of a decision."""
    checks: tuple[SourceCheck, ...] = ()
    """What was checked of each source."""


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
    verification: str = ""
    """A VerificationLevel; empty while nobody has checked."""
    late: bool = False
    """Whether it was accepted after its data year had been frozen for a submission."""
    reviewer: str = ""
    """Who works on it for the coalition; only coordinators are told."""
    review_due: date | None = None
    """The day by which it should be decided; only coordinators are told."""
    same_as: str = ""
    """The reference of the record that it is counted with; only coordinators are told."""
    messages: tuple[MessageView, ...] = ()
    """What was said about it, oldest first."""

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
    shared = storage.agreed_to(incident, Purpose.SHARE_COALITION)
    return IncidentSubject(incident.organisation_id, incident.author_id, State(incident.state), shared)


def line_of(incident: storage.Incident, audience: Audience, names: Mapping[str, str] | None = None) -> IncidentLine:
    """Return an incident's line in a list as an audience may see it; `names` are those of people, by account."""
    sees = FieldClass.LOCATING in VISIBLE[audience]
    inside = FieldClass.INSIDE in VISIBLE[audience]
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
        verification=incident.verification,
        late=incident.late,
        reviewer=(names or {}).get(incident.reviewer_id or "", "") if inside else "",
        review_due=incident.review_due if inside else None,
    )


def steps_of(work: Work, incident: storage.Incident, audience: Audience) -> tuple[StepView, ...]:
    """Return the steps of an incident as an audience may see them, oldest first."""
    names, seen = account_names(work.session), VISIBLE[audience]
    rows = [row for row in storage.steps_of(work.session, incident.id) if class_of_step(Step(row.step)) in seen]
    said = _said_at(work, incident, rows)
    return tuple(
        StepView(
            step=Step(row.step),
            by=names.get(row.actor_id or "", "") if class_of_name(Step(row.step)) in seen else _side(incident, row),
            at=row.at,
            reason=row.reason,
            before=State(row.before) if row.before else None,
            state=_led_to(row, following, State(incident.state)),
            independent=row.independent,
            verification=row.verification,
            **{name: value for name, value in said[row.id].items() if RECORD_CLASSES[f"steps.{name}"] in seen},
        )
        for row, following in zip(rows, [*rows[1:], None], strict=False)
    )


def _side(incident: storage.Incident, row: storage.Step) -> str | Name:
    """Return for whom a step was taken by somebody whom the reader is not told: empty for the coalition."""
    return name_of(incident.organisation) if Step(row.step) in OF_THE_MEMBER else ""


def _said_at(work: Work, incident: storage.Incident, rows: Sequence[storage.Step]) -> dict[str, dict[str, Any]]:
    """Return what goes with the steps of an incident and is not for everybody, by step."""
    ids = [row.id for row in rows]
    texts, notes = storage.texts_of_steps(incident, rows), storage.notes_of_steps(incident, rows)
    findings, checks = storage.findings_of(work.session, ids), storage.checks_of(work.session, ids)
    others = storage.references_of(work.session, [row.other_id for row in rows if row.other_id])
    return {
        row.id: {
            "text": text,
            "notes": json.loads(why) if why else {},
            "findings": {item.test: (item.proposed, item.found) for item in findings.get(row.id, ())},
            "checks": tuple(
                SourceCheck(item.kind, item.fact, item.live, item.published) for item in checks.get(row.id, ())
            ),
            "verdict": row.verdict,
            "other": others.get(row.other_id or "", ""),
        }
        for row, text, why in zip(rows, texts, notes, strict=True)
    }


def _led_to(row: storage.Step, following: storage.Step | None, now: State) -> State | None:
    """Return the state that a step led to: of one that undoes another, what the next step left, or where it is now."""
    if not row.before:
        return None
    leads_to = STEPS[State(row.before), Step(row.step)]
    if len(leads_to) == 1:
        return leads_to[0]
    return State(following.before or now) if following else now


def add_step(  # noqa: PLR0913 - one value per column that most steps leave empty
    work: Work,
    incident: storage.Incident,
    step: Step,
    text: str = "",
    reason: str = "",
    *,
    back_to: State | None = None,
    **details: Any,  # noqa: ANN401 - the columns of Step
) -> storage.Step:
    """Move an incident along the table of steps and keep who did it, and where it stood before.

    `back_to` is where a step leads that undoes another one; `details` are further columns of the step, `notes` in
    clear. Raises NotAllowedNow when the table does not hold the step.
    """
    before = State(incident.state)
    incident.state = after(before, step, back_to).value
    incident.version += 1
    incident.changed_at = work.now
    _follow(work, incident, step, before)
    row = storage.add_step(
        work.session,
        incident,
        step=step.value,
        actor_id=account_of(work),
        at=work.now,
        text=text.strip(),
        reason=reason,
        before=before.value,
        **details,
    )
    notices.after_step(work, incident, step, before)
    audit.record(work, f"incident.{step.value}", "incident", incident.id, reason=reason)
    return row


def _follow(work: Work, incident: storage.Incident, step: Step, before: State) -> None:
    """Keep who works on an incident by when, and what holds only while it is decided, as a step leaves them."""
    state = State(incident.state)
    if state in (State.DRAFT, State.SUBMITTED):
        incident.reviewer_id = None
    elif step in (Step.TAKE, Step.REOPEN):
        incident.reviewer_id = account_of(work)
    incident.review_due = due_after(state, incident.review_due, work.today, review_days(work.session))
    if state in EDITABLE or state in UNDECIDED:
        incident.decided_at, incident.rejection_reason = None, ""
        incident.verification, incident.late = "", False
    elif before is State.IN_REVIEW:
        incident.decided_at = work.now


def find(work: Work, reference: str, permission: Permission, *, to_change: bool = False) -> storage.Incident:
    """Return an incident that the actor may do something to; `to_change` keeps others from changing it meanwhile.

    Raises NotFound also when the actor may not: that an incident exists is nobody else's business.
    """
    if to_change:
        # A change may go over to the records that are counted with it: everybody locks them in one order.
        lock_groups(work.session, [reference.upper()])
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
        verification=incident.verification,
        late=incident.late,
        reviewer=names.get(incident.reviewer_id or "", "") if RECORD_CLASSES["reviewer"] in seen else "",
        review_due=incident.review_due if RECORD_CLASSES["review_due"] in seen else None,
        same_as=_same_as(work, incident) if RECORD_CLASSES["same_as"] in seen else "",
        messages=messages_of(work, incident, audience, occasion),
    )


def _same_as(work: Work, incident: storage.Incident) -> str:
    known = incident.same_as_id
    return storage.references_of(work.session, [known]).get(known, "") if known else ""


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
    names = account_names(work.session)
    return Page(tuple(line_of(incident, audience, names) for incident in found), total, number, pages)

"""Several records of one incident: have them counted as one, take that back, see what belongs together.

Both records stay, with their histories; only the count is one (`coalition.domain.same_incident`). Whatever takes a
record away from the coalition calls `let_go` first, so that no other member's record goes uncounted with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from coalition.db import incidents as storage
from coalition.db import same_incident as groups
from coalition.db.incidents import Incident
from coalition.db.organisations import name_of
from coalition.domain.access import Permission
from coalition.domain.consents import WayOut, may_leave
from coalition.domain.disclosure import RECORD_CLASSES, VISIBLE, Occasion, audience_of, audience_of_look_alike, disclose
from coalition.domain.errors import CannotLink, ChangedMeanwhile, NotApproved, NotFound
from coalition.domain.names import Name
from coalition.domain.reviews import Step, is_own_case
from coalition.domain.same_incident import (
    Linked,
    LinkReason,
    Obstacle,
    Record,
    asserted,
    check_link,
    check_references,
    going_along,
    heirs,
)
from coalition.domain.vocabulary import State
from coalition.services import second_reviewers
from coalition.services.incident_views import IncidentView, add_step, find, note_reading, subject_of, view_of
from coalition.services.work import Work

MOST_COMPARED = 6
"""Records side by side: more do not fit beside each other."""


def link(work: Work, principal: str, others: Sequence[str], text: str = "", *, agreed: bool = False) -> str:
    """Have some records counted with another one; returns the reference of the one that stands for all.

    The first one stays what it is. If it is counted with another one itself, that one is meant. Records that were
    counted with one of the others come along. `agreed` says that two people decided so, or that one may alone: the
    review page has seen to it. Raises NotFound, CannotLink, and NotApproved where it takes a second person.
    """
    references = [reference.strip().upper() for reference in (principal, *others)]
    check_references(references)
    groups.lock_groups(work.session, references)
    named = _to_link(work, references[0])
    head = groups.principal_of(work.session, named)
    if head is not named:
        head = _to_link(work, head.reference)
    rows = [_to_link(work, reference) for reference in references[1:]]
    check_link(_record(head), [_record(row) for row in rows])
    if not agreed:
        _check_alone(work, [head, *rows])
    for row in rows:
        coming_along = groups.linked_with(work.session, row.id)
        _join(work, row, head, text)
        for each in coming_along:
            _move(work, each, head, LinkReason.FOLLOWS)
    work.session.flush()
    return head.reference


def unlink(work: Work, reference: str, text: str = "", version: int | None = None) -> str:
    """Have a record counted by itself again, where it stood before; returns whom it was counted with.

    What is counted where it is only because of this record goes along with it. Raises NotFound, ChangedMeanwhile,
    CannotLink when it is not linked, NotApproved for a reviewer of an organisation that recorded one of the two.
    """
    groups.lock_groups(work.session, [reference.strip().upper()])
    row = _to_link(work, reference.strip())
    if version is not None and row.version != version:
        raise ChangedMeanwhile
    if row.state != State.DUPLICATE:
        others = [each.reference for each in groups.linked_with(work.session, row.id)]
        raise CannotLink(Obstacle.LEADS_OTHERS if others else Obstacle.NOT_LINKED, others or [row.reference])
    head = groups.principal_of(work.session, row)
    if is_own_case(work.actor.affiliation, organisations_of(work, [head])):
        raise NotApproved("own_case")
    group = {each.id: each for each in groups.linked_with(work.session, head.id)}
    said = {identity: asserted(groups.told_of(groups.links_of(work.session, identity))) for identity in group}
    _leave(work, row, text)
    for identity in going_along(row.id, said):
        _move(work, group[identity], row, LinkReason.BACK)
    work.session.flush()
    return head.reference


def let_go(work: Work, incident: Incident) -> None:
    """Release what is counted with a record that is about to leave the coalition: taken back, erased, without consent.

    Nobody loses a count because another member's person withdrew (`heirs`). Checks no permission: the action that
    calls it did. Nobody is named in the steps: whose decision it was is that record's member's business.
    """
    groups.lock_groups(work.session, [incident.reference])
    linked = {row.id: row for row in groups.linked_with(work.session, incident.id)}
    if not linked:
        return
    found = heirs(State(incident.state), [_linked(work, row) for row in linked.values()])
    times = {identity: row.decided_at for identity, row in linked.items()}
    for identity, state in found.back_to:
        _leave(work, linked[identity], reason=LinkReason.GONE, back_to=state)
    for identity in found.followers:
        _join(work, linked[identity], linked[found.first or ""], reason=LinkReason.GONE)
        linked[identity].decided_at = times[identity]
    work.session.flush()


def counts_as(work: Work, incident: Incident) -> State | None:
    """Return as what a record is in the coalition's figures, and would be missing there once it is gone.

    None when it is not counted, or when another record of the same incident stands for it then.
    """
    head = groups.principal_of(work.session, incident)
    if head.state == State.REJECTED:
        return State.REJECTED if head is incident else None
    if head.state != State.ACCEPTED or others_stand(work, incident):
        return None
    return State.ACCEPTED


def others_stand(work: Work, incident: Incident) -> bool:
    """Tell whether the incident can be counted through another record of it as well."""
    head = groups.principal_of(work.session, incident)
    others = (row for row in (head, *groups.linked_with(work.session, head.id)) if row.id != incident.id)
    return any(may_leave(storage.facts_of(row), WayOut.STATISTICS) for row in others)


def _to_link(work: Work, reference: str) -> Incident:
    return find(work, reference, Permission.LINK_INCIDENTS, to_change=True)


def _record(row: Incident) -> Record:
    return Record(row.reference, State(row.state), subject_of(row).shared)


def _check_alone(work: Work, rows: Sequence[Incident]) -> None:
    """Raise NotApproved when the actor may not decide alone: then it is proposed on the review page."""
    if second_reviewers.may_not_decide_alone(work, organisations_of(work, rows)):
        raise NotApproved("second_reviewer")


def organisations_of(work: Work, rows: Sequence[Incident]) -> frozenset[str]:
    """Return the organisations that recorded some records, or what is counted with them."""
    along = [each for row in rows for each in groups.linked_with(work.session, row.id)]
    return frozenset(row.organisation_id for row in (*rows, *along))


def _linked(work: Work, row: Incident) -> Linked:
    return Linked(row.id, _before(work, row), subject_of(row).shared)


def _before(work: Work, row: Incident) -> State:
    """Return where a linked record stood before it was linked."""
    links = groups.links_of(work.session, row.id)
    return State(links[-1].before) if links else State.IN_REVIEW


def _join(work: Work, row: Incident, head: Incident, text: str = "", reason: str = "") -> None:
    if row.state == State.SUBMITTED:
        add_step(work, row, Step.TAKE)
    step = add_step(work, row, Step.LINK, text, reason, other_id=head.id)
    row.same_as_id, row.decided_at = head.id, work.now
    _nobodys(step)


def _leave(work: Work, row: Incident, text: str = "", reason: str = "", back_to: State | None = None) -> None:
    state = back_to or _before(work, row)
    step = add_step(work, row, Step.UNLINK, text, reason, back_to=state, other_id=row.same_as_id)
    row.same_as_id = None
    if state is State.ACCEPTED:
        accepted = groups.last_accepted(work.session, row.id)
        row.decided_at = accepted.at if accepted else row.decided_at
    _nobodys(step)


def _move(work: Work, row: Incident, head: Incident, reason: LinkReason) -> None:
    """Have a linked record counted with another one than before; that it was decided, and how, stays."""
    kept = {name: getattr(row, name) for name in ("decided_at", "verification", "late", "reviewer_id", "review_due")}
    _leave(work, row, reason=reason)
    _join(work, row, head, reason=reason)
    for name, value in kept.items():
        setattr(row, name, value)


def _nobodys(step: storage.Step) -> None:
    """Name nobody for a step that only follows from another one: who caused it is in the log."""
    if step.reason:
        step.actor_id = None


@dataclass(frozen=True)
class Companion:
    """Another record of the same incident, as its reader may see it."""

    organisation: Name
    """Who recorded it."""
    date: str
    region: str
    motivations: tuple[str, ...]
    reference: str = ""
    """Empty for another member's record."""
    own: bool = False
    """Whether the reader may open it as a record of their own organisation."""


@dataclass(frozen=True)
class Together:
    """What a record is counted with."""

    standing: State
    """Of the record that stands for all: whether the incident counts is decided there."""
    linked: bool
    """Whether this record is counted with another one; otherwise others are counted with it."""
    companions: tuple[Companion, ...]
    """As far as the reader may see them."""


def together(work: Work, reference: str) -> Together | None:
    """Return what a record is counted with, for its member or the coordinator; None when it is counted by itself.

    Of another member's record a member sees what one sees before recording (audience PEER), the coordinator which one
    it is. Raises NotFound.
    """
    incident = storage.incident_with_reference(work.session, reference)
    if incident is None or audience_of(work.actor, subject_of(incident)) is None:
        raise NotFound("incident", reference)
    head = groups.principal_of(work.session, incident)
    rows = [head, *groups.linked_with(work.session, head.id)]
    if len(rows) == 1:
        return None
    companions = [_companion(work, row) for row in rows if row.id != incident.id]
    return Together(State(head.state), head is not incident, tuple(item for item in companions if item is not None))


def _companion(work: Work, row: Incident) -> Companion | None:
    subject = subject_of(row)
    named = audience_of(work.actor, subject, Occasion.NAMING)
    audience = named or audience_of_look_alike(work.actor, subject)
    if audience is None:
        return None
    facts = disclose(storage.facts_of(row), audience)
    return Companion(
        organisation=name_of(row.organisation),
        date=str(facts.date or ""),
        region=facts.region,
        motivations=facts.motivations,
        reference=row.reference if RECORD_CLASSES["reference"] in VISIBLE[audience] else "",
        own=row.organisation_id == work.actor.organisation,
    )


def outline_link(work: Work, reference: str) -> IncidentView:
    """Return what a page needs that asks about a link without showing what happened.

    Raises NotFound.
    """
    return view_of(work, find(work, reference, Permission.REVIEW_INCIDENT), Occasion.NAMING)


def compare(work: Work, references: Sequence[str]) -> tuple[IncidentView, ...]:
    """Return some shared records to be looked at side by side, as the coordinator may see them; the reading is noted.

    Raises NotFound, CannotLink for the same record twice or more than fit beside each other.
    """
    wanted = [reference.strip().upper() for reference in references]
    check_references(wanted)
    if len(wanted) > MOST_COMPARED:
        raise CannotLink(Obstacle.TOO_MANY, [str(MOST_COMPARED)])
    views = []
    for reference in wanted:
        incident = find(work, reference, Permission.REVIEW_INCIDENT)
        views.append(view_of(work, incident))
        note_reading(work, incident, VISIBLE[views[-1].audience])
    return tuple(views)

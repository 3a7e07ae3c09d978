"""Which records may be about one incident: candidates for a person to look at, the likeliest first.

Nothing is linked here, and nothing can be concluded from a score (`coalition.domain.duplicates`). Whoever asks sees of
each candidate what the policy shows them: the coordinator what is shared, a member its own records and of others' that
there is one. What decides about another member's record is what that member shows to others: its narrative is not
compared, so that nobody can find out by trying what is in it.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from coalition.db import duplicates as storage
from coalition.db.duplicates import Standing
from coalition.db.incidents import Incident, incident_with_reference, listed_text
from coalition.db.organisations import name_of
from coalition.db.text_index import Document, Rough, TextIndex
from coalition.domain.access import IncidentSubject, Permission, permits, require
from coalition.domain.disclosure import (
    RECORD_CLASSES,
    VISIBLE,
    Audience,
    FieldClass,
    audience_of_candidate,
    sees_everything_shared,
)
from coalition.domain.duplicates import ENOUGH, WINDOW, Case, Likeness, Reason, agreement, score
from coalition.domain.errors import NotFound
from coalition.domain.incidents import PartialDate
from coalition.domain.names import Name
from coalition.domain.throttling import Use
from coalition.domain.vocabulary import Role, State
from coalition.services import audit, text_index, throttle
from coalition.services.work import Work

_LOOKED_AT = 200
"""So many of those that look likeliest at a first glance are compared exactly."""
_ASKED = 60
"""So many are looked up in the database at once: most of the best can usually be seen."""
_SAME_MEMBER = 0.9
"""A member seldom records an incident twice, and its records of one attack are often several incidents."""


@dataclass(frozen=True)
class Candidate:
    """A record that may be about the same incident, as its reader may see it."""

    organisation: Name
    """Whom to ask."""
    score: float
    """From 0 to 1."""
    reasons: tuple[Reason, ...]
    date: str
    region: str
    type: str
    motivations: tuple[str, ...]
    state: State | None = None
    """None where the reader may not know it."""
    reference: str = ""
    """Empty for another member's record: that it exists is enough to ask about it."""
    municipality: str = ""
    linked: bool = False
    """Whether it is counted with another record already, or another one with it."""


@dataclass(frozen=True)
class Pair:
    """A record that may be about the same incident as another one, by its reference only."""

    reference: str
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class _Found:
    standing: Standing
    audience: Audience
    likeness: Likeness


def candidates(work: Work, reference: str, limit: int = 10, *, catching_up: bool = True) -> tuple[Candidate, ...]:
    """Return what may be the same incident as a record, the likeliest first.

    Who writes, and lets others wait, looks in the index as it is instead of `catching_up` with other records.
    Raises NotFound for a record that the actor may not compare, OverBudget for a member who asks very often.
    """
    sought = _sought(work, reference)
    index = text_index.index_of(work.runtime)
    with index.kept_open():
        if catching_up:
            text_index.catch_up(work.runtime, index=index, counting=False)
        document = index.document(sought.id)
        if document is None or document.version != sought.version:
            document = _made_now(work, index, sought)
        found = list(islice(_best(work, index, document, sought), limit))
    if work.actor.organisation is not None:
        # What another member shared may be among them.
        throttle.spend(work, Use.COMPARE)
    if work.actor.organisation is not None or work.actor.role is Role.OPERATOR:
        audit.record(work, "incident.compare", "incident", sought.id, found=len(found))
    lines = storage.lines_by_ids(work.session, [item.standing.id for item in found])
    return tuple(_candidate(lines[item.standing.id], item) for item in found)


def candidates_of_all(work: Work, limit: int = 10) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """Yield (reference, candidates) for every record that is not rejected; for the command line.

    Raises NotPermitted for everybody else.
    """
    require(work.actor, Permission.COMPARE_INCIDENTS)
    text_index.catch_up_wholly(work.runtime)
    index = text_index.index_of(work.runtime)
    standing = storage.standing_of(work.session)
    audit.record(work, "incident.compare", "coalition", "incidents", found=len(standing))
    with index.kept_open():
        for one in standing.values():
            document = index.document(one.id)
            found = islice(_best(work, index, document, one, standing), limit) if document else ()
            pairs = (Pair(item.standing.reference, item.likeness.score, item.likeness.reasons) for item in found)
            yield one.reference, tuple(pairs)


def _sought(work: Work, reference: str) -> Standing:
    sought = storage.standing_of_reference(work.session, reference)
    if sought is None:
        raise NotFound("incident", reference)
    asked = (Permission.READ_INCIDENT, Permission.REVIEW_INCIDENT, Permission.COMPARE_INCIDENTS)
    if not any(permits(work.actor, permission, _subject(sought)) for permission in asked):
        work.deny(Permission.READ_INCIDENT, "incident", sought.id)
        raise NotFound("incident", reference)
    return sought


def _made_now(work: Work, index: TextIndex, sought: Standing) -> Document:
    """Return what the index would hold of a record that it does not hold as it is.

    Many may have been read just now, or this very unit of work has changed it.
    """
    incident = incident_with_reference(work.session, sought.reference)
    if incident is None:
        raise NotFound("incident", sought.reference)
    return text_index.document_of(incident, index)


def _subject(standing: Standing) -> IncidentSubject:
    return IncidentSubject(standing.organisation, standing.author, State(standing.state), standing.shared)


def _best(
    work: Work,
    index: TextIndex,
    document: Document,
    sought: Standing,
    known: Mapping[str, Standing] | None = None,
) -> Iterator[_Found]:
    """Yield what the actor may see of what looks like a document, the likeliest first."""
    ranked = _ranked(work, index, document, sought)
    for start in range(0, len(ranked), _ASKED):
        some = ranked[start : start + _ASKED]
        standing = known or storage.standing_of(work.session, [incident for incident, _likeness in some])
        for incident, likeness in some:
            other = standing.get(incident)
            if other is None or other.group == sought.group:
                continue
            audience = audience_of_candidate(work.actor, _subject(sought), _subject(other))
            if audience is not None:
                yield _Found(other, audience, likeness)


def _ranked(work: Work, index: TextIndex, document: Document, sought: Standing) -> list[tuple[str, Likeness]]:
    """Return (id, likeness) of the records that look like one, whoever may see them, the likeliest first."""
    case = document.case
    if case.when is None:
        return []
    whole = _whole_of(work, sought)
    at_first = _at_first(case, index.near(case.country, case.when, WINDOW), whole)
    found = []
    for incident, organisation, other in index.compared(at_first, whole):
        if incident == document.incident:
            continue
        likeness = score(case, other)
        if organisation == document.organisation:
            likeness = Likeness(round(likeness.score * _SAME_MEMBER, 4), likeness.reasons)
        if likeness.score >= ENOUGH:
            found.append((incident, likeness))
    return sorted(found, key=lambda item: (-item[1].score, item[0]))


def _whole_of(work: Work, sought: Standing) -> Callable[[str], bool]:
    """Return whether the whole text of an organisation's records may decide, or only what it shows to other members."""
    subject = _subject(sought)
    if sees_everything_shared(work.actor, subject):
        return lambda _organisation: True
    return lambda organisation: organisation == sought.organisation


def _at_first(case: Case, near: list[Rough], whole: Callable[[str], bool]) -> list[int]:
    """Return the numbers of those that look likeliest by codes and concepts alone."""
    mine, weight, motivations = case.text.concepts, case.text.weight, " ".join(sorted(case.motivations))
    all_of = {member: whole(member) for member in {other.organisation for other in near}}

    def glance(other: Rough) -> float:
        _number, member, region, kind, biases, concepts, its_weight, open_concepts, open_weight = other
        theirs, both = (concepts, its_weight) if all_of[member] else (open_concepts, open_weight)
        alike = (kind == case.type) + (biases == motivations) + (region == case.region)
        return agreement(mine, int.from_bytes(theirs, "little"), weight + both) + alike / 4

    return [other.number for other in heapq.nlargest(_LOOKED_AT, near, key=glance)]


def _candidate(incident: Incident, found: _Found) -> Candidate:
    seen = VISIBLE[found.audience]
    date = PartialDate(incident.year, incident.month, incident.day) if incident.year else None
    handled = FieldClass.HANDLING in seen
    return Candidate(
        organisation=name_of(incident.organisation),
        score=found.likeness.score,
        reasons=found.likeness.reasons,
        date="" if date is None else str(date) if FieldClass.AREA in seen else date.to_month,
        region=incident.region if FieldClass.AREA in seen else "",
        type=incident.type,
        motivations=tuple(part.code for part in incident.motivations),
        state=State(incident.state) if handled else None,
        reference=incident.reference if handled else "",
        municipality=listed_text(incident, "municipality") if FieldClass.LOCATING in seen else "",
        linked=RECORD_CLASSES["same_as"] in seen and State(incident.state) is State.DUPLICATE,
    )

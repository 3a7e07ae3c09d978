"""One thing done with many records of a list: looked at first, then done with each record that it fits.

Every record is judged by itself and done by the same service as from its own page; what does not fit is left out and
named, and holds up nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from coalition.db import incidents as storage
from coalition.db.organisations import name_of
from coalition.domain.access import Permission, permits, require
from coalition.domain.bulk import (
    ASKS,
    ON,
    UNDONE_BY,
    Act,
    Obstacle,
    against_accepting,
    against_motivation,
    against_region,
    against_state,
    most_of,
)
from coalition.domain.criterion import Finding, Proposal, Test, propose
from coalition.domain.disclosure import audience_of, disclose
from coalition.domain.errors import (
    ChangedMeanwhile,
    CoalitionError,
    Incomplete,
    NotAllowedNow,
    NotFound,
    NotPermitted,
)
from coalition.domain.filters import ListFilter, ListPage
from coalition.domain.names import Name
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import State
from coalition.services import duplicates, incidents, messages, reviews, second_reviewers
from coalition.services.filters import list_seen
from coalition.services.incident_views import subject_of
from coalition.services.queue import references_of
from coalition.services.work import Work

Record = tuple[str, int]
"""A reference, and the version that was looked at."""


@dataclass(frozen=True)
class Asked:
    """What is to be done, with what somebody answered to what it asks."""

    act: Act
    reviewer: str = ""
    """The reference of a reviewer."""
    due: date | None = None
    text: str = ""
    code: str = ""
    """Of a motivation or a region."""


@dataclass(frozen=True)
class Item:
    """One record, and what would become of it."""

    reference: str
    organisation: Name
    state: State
    version: int
    obstacle: Obstacle | None
    """Why it is left out; None when it is not."""


@dataclass(frozen=True)
class Preview:
    """What would be done."""

    items: tuple[Item, ...]
    total: int
    """How many records were chosen; more than there are items where they are too many at once."""

    @property
    def fitting(self) -> tuple[Item, ...]:
        """What it would be done with."""
        return tuple(item for item in self.items if item.obstacle is None)

    @property
    def left_out(self) -> tuple[Item, ...]:
        """What it would pass by."""
        return tuple(item for item in self.items if item.obstacle is not None)


@dataclass(frozen=True)
class Outcome:
    """What was done."""

    done: tuple[Record, ...]
    """With the version that each has now."""
    left_out: tuple[tuple[str, Obstacle], ...]
    undone_by: Act | None
    """What takes it back."""


def offered(work: Work) -> tuple[Act, ...]:
    """Return what the actor can do with many records of their list."""
    return ON[list_seen(work)]


def asks(act: Act) -> bool:
    """Tell whether something has to be answered before it can be judged."""
    return act in ASKS


# --- looking at it first ------------------------------------------------------------------------------------


def preview_of_list(work: Work, asked: Asked, chosen: ListFilter) -> Preview:
    """Return what would be done with all that a filter lets through, the first so many in the list's order."""
    references, total = references_of(work, chosen, most_of(asked.act))
    return Preview(preview(work, asked, references).items, total)


def preview(work: Work, asked: Asked, references: Sequence[str]) -> Preview:
    """Return what would be done with some records, in their order; nothing of what happened is shown.

    Raises NotPermitted for what is not offered on the actor's list.
    """
    _check_offered(work, asked.act)
    wanted = tuple(dict.fromkeys(reference.upper() for reference in references))[: most_of(asked.act)]
    rows = _rows(work, wanted, asked.act)
    found = [_item(work, asked, rows[reference]) for reference in wanted if reference in rows]
    return Preview(tuple(found), len(dict.fromkeys(references)))


def _check_offered(work: Work, act: Act) -> None:
    page = list_seen(work)
    require(work.actor, Permission.REVIEW_QUEUE if page is ListPage.REVIEWS else Permission.LIST_INCIDENTS)
    if act not in ON[page] and act not in {UNDONE_BY[known] for known in ON[page] if known in UNDONE_BY}:
        raise NotPermitted(Permission.WORK_THROUGH)


def _rows(work: Work, references: Sequence[str], act: Act) -> dict[str, storage.Incident]:
    """Return the records that the actor's list holds, by reference, opened only where their contents matter."""
    shared = list_seen(work) is ListPage.REVIEWS
    wanted = storage.Filter(None if shared else work.actor.organisation, shared=shared, references=tuple(references))
    rows = storage.listed_incidents(work.session, wanted, whole=act in _JUDGES)
    return {row.reference: row for row in rows if not shared or row.state != State.DRAFT}


def _item(work: Work, asked: Asked, row: storage.Incident) -> Item:
    state = State(row.state)
    obstacle = against_state(asked.act, state)
    if obstacle is None and asked.act in _JUDGES:
        obstacle = _JUDGES[asked.act](work, asked, row)
    return Item(row.reference, name_of(row.organisation), state, row.version, obstacle)


def _judge_accepting(work: Work, _asked: Asked, row: storage.Incident) -> Obstacle | None:
    # What somebody proposed is looked at by a person, also where one alone may decide.
    second = second_reviewers.may_not_decide_alone(work, [row.organisation_id]) or reviews.has_proposal(work, row)
    return against_accepting(() if second else _proposals(work, row), alone=not second)


def _proposals(work: Work, row: storage.Incident) -> tuple[Proposal, ...]:
    """Return what the software proposes of a record to whoever reviews it."""
    audience = audience_of(work.actor, subject_of(row))
    if audience is None:
        raise NotFound("incident", row.reference)
    alike = duplicates.candidates(work, row.reference, 1)
    return propose(disclose(storage.facts_of(row), audience), work.today, len(alike))


def _judge_motivation(work: Work, asked: Asked, row: storage.Incident) -> Obstacle | None:
    return _judge_changing(work, row) or against_motivation(storage.facts_of(row), asked.code)


def _judge_region(work: Work, asked: Asked, row: storage.Incident) -> Obstacle | None:
    return _judge_changing(work, row) or against_region(storage.facts_of(row), asked.code)


def _judge_submitting(work: Work, _asked: Asked, row: storage.Incident) -> Obstacle | None:
    incomplete = bool(incidents.problems_of(work, storage.facts_of(row)))
    return _judge_changing(work, row) or (Obstacle.INCOMPLETE if incomplete else None)


def _judge_changing(work: Work, row: storage.Incident) -> Obstacle | None:
    may = permits(work.actor, Permission.AMEND_INCIDENT, subject_of(row))
    return None if may else Obstacle.NOT_YOURS


_JUDGES: Mapping[Act, Callable[[Work, Asked, storage.Incident], Obstacle | None]] = {
    Act.ACCEPT: _judge_accepting,
    Act.MOTIVATION: _judge_motivation,
    Act.REGION: _judge_region,
    Act.SUBMIT: _judge_submitting,
}
"""What has to be opened to be judged."""


# --- doing it -----------------------------------------------------------------------------------------------


def carry_out(work: Work, asked: Asked, records: Iterable[Record]) -> Outcome:
    """Do it with every record that it fits and that stands as it was looked at; the others are left out and named.

    Raises NotPermitted for what is not offered on the actor's list.
    """
    wanted = dict(list(dict(records).items())[: most_of(asked.act)])
    seen = {item.reference: item for item in preview(work, asked, tuple(wanted)).items}
    done, left_out = [], []
    for reference, version in wanted.items():
        obstacle = _against(seen.get(reference), version) or _try(work, asked, reference, version)
        if obstacle:
            left_out.append((reference, obstacle))
        else:
            done.append(reference)
    work.session.flush()
    undone_by = UNDONE_BY.get(asked.act)
    return Outcome(_with_versions(work, done, asked.act), tuple(left_out), undone_by if done else None)


def joined(parts: Sequence[Outcome]) -> Outcome:
    """Return what several parts did together."""
    done = tuple(record for part in parts for record in part.done)
    left_out = tuple(record for part in parts for record in part.left_out)
    return Outcome(done, left_out, next((part.undone_by for part in parts if part.undone_by), None))


def _with_versions(work: Work, done: Collection[str], act: Act) -> tuple[Record, ...]:
    rows = _rows(work, tuple(done), act) if done else {}
    return tuple((reference, rows[reference].version if reference in rows else 0) for reference in done)


def _against(item: Item | None, version: int) -> Obstacle | None:
    if item is None:
        return Obstacle.GONE
    return Obstacle.CHANGED if item.version != version else item.obstacle


def _try(work: Work, asked: Asked, reference: str, version: int) -> Obstacle | None:
    """Do it with one record, or leave that record and the log exactly as they were."""
    acts, later = len(work.acts), len(work.after_commit)
    try:
        with work.session.begin_nested():
            _DOES[asked.act](work, asked, reference, version)
            work.session.flush()
    except CoalitionError as error:
        del work.acts[acts:], work.after_commit[later:]
        return _obstacle_in(error)
    return None


def _obstacle_in(error: CoalitionError) -> Obstacle:
    """Return why a record is left out; an error that is not about this one record goes on."""
    for kind, obstacle in _ABOUT_ONE:
        if isinstance(error, kind):
            return obstacle
    raise error


_ABOUT_ONE: tuple[tuple[type[CoalitionError], Obstacle], ...] = (
    (NotFound, Obstacle.GONE),
    (NotPermitted, Obstacle.NOT_YOURS),
    (NotAllowedNow, Obstacle.STATE),
    (ChangedMeanwhile, Obstacle.CHANGED),
    (Incomplete, Obstacle.INCOMPLETE),
)


def _accept(work: Work, _asked: Asked, reference: str, version: int) -> None:
    findings = dict.fromkeys(Test, Finding.YES)
    if not reviews.decide(work, reference, version, Decision(Step.ACCEPT, findings)):
        # It would wait for a second person: then somebody has to look at it.
        raise NotAllowedNow(Step.ACCEPT, State.IN_REVIEW)


def _add_motivation(work: Work, asked: Asked, reference: str, version: int) -> None:
    motivations = incidents.incident_to_type(work, reference).facts.motivations
    incidents.save_incident(work, reference, version, {"motivations": (*motivations, asked.code)})


_DOES: Mapping[Act, Callable[[Work, Asked, str, int], object]] = {
    Act.TAKE: lambda work, _asked, reference, version: reviews.take(work, reference, version),
    Act.ASSIGN: lambda work, asked, reference, version: reviews.assign(
        work, reference, asked.reviewer, asked.due, version
    ),
    Act.PUT_BACK: lambda work, _asked, reference, version: reviews.put_back(work, reference, version),
    Act.COMMENT: lambda work, asked, reference, _version: messages.comment(work, reference, asked.text),
    Act.ACCEPT: _accept,
    Act.MOTIVATION: _add_motivation,
    Act.REGION: lambda work, asked, reference, version: incidents.save_incident(
        work, reference, version, {"region": asked.code}
    ),
    Act.SUBMIT: lambda work, _asked, reference, version: incidents.submit_incident(work, reference, version),
    Act.WITHDRAW: lambda work, _asked, reference, version: incidents.withdraw_incident(work, reference, version),
}
"""How each is done with one record: by the service that its own page uses."""

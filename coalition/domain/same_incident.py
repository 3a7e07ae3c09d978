"""Several records of one incident: which may be counted as one, which of them stands for all, and who inherits that.

The unit of counting is the incident, and ODIHR names all its sources on one row. So records of
the same incident stay as they are, each with its history; one of them is the *principal* and the others are counted
with it. A group counts once on every way out, while its principal is accepted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from coalition.domain.consents import WayOut, may_leave
from coalition.domain.errors import CannotLink
from coalition.domain.incidents import Facts
from coalition.domain.vocabulary import Basis, State


class Obstacle(StrEnum):
    """Why some records cannot be counted as one, or one not by itself again."""

    ITSELF = "itself"
    """A record would be counted with itself."""
    TWICE = "twice"
    """The same record is named twice."""
    DRAFT = "draft"
    """It was never handed in, or was taken back."""
    NOT_SHARED = "not_shared"
    """Its person does not agree to share it with the coalition."""
    RETURNED = "returned"
    """A question about it waits for its organisation."""
    REJECTED = "rejected"
    """It does not count at all."""
    WITH_ANOTHER = "with_another"
    """It is counted with another record already."""
    NOT_LINKED = "not_linked"
    """It is counted by itself."""
    LEADS_OTHERS = "leads_others"
    """Other records are counted with it: each of them is taken away by itself."""
    TOO_MANY = "too_many"
    """More records than can be compared by a person."""


class LinkReason(StrEnum):
    """Why a record was counted with another, or by itself again, although nobody decided on this very record."""

    FOLLOWS = "follows"
    """The record that it was counted with is counted with another one now."""
    BACK = "back"
    """The record that it had followed is counted by itself again."""
    GONE = "gone"
    """The record that it was counted with is not with the coalition any more. Why is that record's member's business:
    taken back, erased and without consent are told alike.
    """


MOST = 50
"""Records that are linked at once: nobody compares more."""


@dataclass(frozen=True)
class Record:
    """What linking needs to know of a record."""

    reference: str
    state: State
    shared: bool
    """Whether its person, or a public source, lets the coalition see it."""


_IN_THE_WAY = {
    State.DRAFT: Obstacle.DRAFT,
    State.RETURNED: Obstacle.RETURNED,
    State.REJECTED: Obstacle.REJECTED,
    State.DUPLICATE: Obstacle.WITH_ANOTHER,
}


def check_references(references: Sequence[str]) -> None:
    """Raise CannotLink when a record is named twice or more records are named than anybody compares."""
    twice = sorted({reference for reference in references if references.count(reference) > 1})
    if twice:
        raise CannotLink(Obstacle.TWICE, twice)
    if len(references) > MOST:
        raise CannotLink(Obstacle.TOO_MANY, [str(MOST)])


def check_link(principal: Record, others: Sequence[Record]) -> None:
    """Raise CannotLink when some records cannot be counted with another one, with the references that are in the way.

    All of them have to be handed in, shared and not rejected, and no question waits for an answer; what is submitted
    only is taken into review first.
    """
    if principal.reference in {record.reference for record in others}:
        raise CannotLink(Obstacle.ITSELF, [principal.reference])
    found: dict[Obstacle, list[str]] = {}
    for record in (principal, *others):
        obstacle = _IN_THE_WAY.get(record.state) or (None if record.shared else Obstacle.NOT_SHARED)
        if obstacle:
            found.setdefault(obstacle, []).append(record.reference)
    if found:
        raise CannotLink(*next(iter(found.items())))


@dataclass(frozen=True)
class Candidate:
    """An accepted incident that may be counted, with the member that recorded it, and the records counted with it."""

    facts: Facts
    member: str
    """The member organisation's name, to be credited."""
    incident: str = ""
    """The incident's id, so that it is known what left with it; it is in no file."""
    linked: tuple["Candidate", ...] = ()
    """The records counted with it, in the order in which they were linked."""
    verification: str = ""
    """How well the record is verified: a VerificationLevel, or empty."""

    @property
    def records(self) -> tuple["Candidate", ...]:
        """Every record of the incident, the principal first."""
        return (self, *self.linked)


def standing_for(group: Candidate, way: WayOut) -> Candidate | None:
    """Return the record that stands for an incident on a way out: the first that may take it, the principal before all.

    The person behind one record may allow less than the person behind another; each record leaves only as far as its
    own person agreed. `coalition.db.incidents.counted` says the same in SQL.
    """
    return next(iter(leaving(group, way)), None)


def leaving(group: Candidate, way: WayOut) -> tuple[Candidate, ...]:
    """Return the records of an incident that may take a way out, in the order in which they stand for it."""
    return tuple([record for record in group.records if may_leave(record.facts, way)])


def standing(groups: Iterable[Candidate], way: WayOut) -> list[tuple[Candidate, Candidate]]:
    """Return (record that stands for it, the group) of every incident that may take a way out."""
    found = ((standing_for(group, way), group) for group in groups)
    return [(record, group) for record, group in found if record is not None]


def credited(facts: Facts, member: str) -> tuple[str, ...]:
    """Return the organisations that stand behind one record.

    A record made from a public source credits the organisations named there; any other credits the member that
    recorded it, then the partners it names.
    """
    partners = _partners(facts)
    return tuple(dict.fromkeys([*_makers(facts, member, partners), *partners]))


def all_credited(group: Candidate, way: WayOut) -> tuple[str, ...]:
    """Return the organisations that stand behind an incident on a way out, each once.

    Every member whose record may take that way, the principal's first, then the partners that these records name.
    """
    return credited_by(leaving(group, way))


def credited_by(records: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the organisations that some records of one incident name, each once."""
    makers, others = [], []
    for record in records:
        partners = _partners(record.facts)
        makers += _makers(record.facts, record.member, partners)
        others += partners
    return tuple(dict.fromkeys([*makers, *others]))


def _partners(facts: Facts) -> list[str]:
    return [source.name for source in facts.sources if source.kind == "partner_organisation" and source.name]


def _makers(facts: Facts, member: str, partners: list[str]) -> list[str]:
    return partners if partners and facts.basis == Basis.PUBLIC_SOURCE else [member]


@dataclass(frozen=True)
class Linked:
    """A record that is counted with another one."""

    id: str
    before: State
    """Where it stood before it was linked."""
    shared: bool


@dataclass(frozen=True)
class Heirs:
    """What becomes of the records of a group whose principal is gone."""

    back_to: tuple[tuple[str, State], ...]
    """Where each of them stands again, in the order of linking."""
    first: str | None
    """The new principal; None where nobody is left who could be."""
    followers: tuple[str, ...]
    """The records that are counted with the new principal from now on."""


def heirs(principal: State, linked: Sequence[Linked]) -> Heirs:
    """Return who inherits a group whose principal, in this state until now, is not with the coalition any more.

    Nobody loses a count because another member's person withdrew: each record stands again where it stood before, and
    the first that had been accepted by itself leads the others, or else the first. What was rejected with its principal
    is looked at again instead: nothing becomes accepted by losing something. A record without the consent to share
    neither leads nor follows. `linked` is in the order of linking.
    """
    rejected = principal is State.REJECTED
    back_to = tuple((record.id, State.IN_REVIEW if rejected else record.before) for record in linked)
    order = sorted((record for record in linked if record.shared), key=lambda item: item.before is not State.ACCEPTED)
    if not order:
        return Heirs(back_to, None, ())
    first = order[0].id
    return Heirs(back_to, first, tuple(item.id for item in linked if item.shared and item.id != first))


@dataclass(frozen=True)
class LinkStep:
    """One time at which a record was linked."""

    other: str | None
    """The id of the record that it was counted with from then on; None once that is erased."""
    reason: str


def asserted(links: Sequence[LinkStep]) -> str | None:
    """Return the id of the record that a linked record was said to be the same as; `links` oldest first.

    Where it is counted now may only follow from what was said of that other record.
    """
    said = [link.other for link in links if link.reason != LinkReason.FOLLOWS]
    return said[-1] if said else None


def going_along(start: str, said: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return which records of a group go along with one that is taken away from it, without that one.

    `said` has, for every linked record of the group in the order of linking, which one it was said to be the same as.
    Nobody said of those that were linked to the one that goes, or to one that goes along, that they are the same as
    the rest.
    """
    going = {start}
    while True:
        further = {record for record, other in said.items() if other in going} - going
        if not further:
            return tuple(record for record in said if record in going - {start})
        going |= further

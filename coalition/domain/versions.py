"""Versions of a year's submission: what differs between two of them, and why.

A version is frozen when it is built; what was said of each incident is kept with it. Two versions, or a version and
what would leave now, are compared incident by incident: where each stands and what each cell says. That rows move up or
down because others came or went is no change.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coalition.domain.consents import Included, Part
from coalition.domain.reviews import Step

PART = "part"
"""Stands among the changed fields for an incident that went from one part to the other."""
_DIGEST = 8
"""Bytes that are kept of each cell while two versions are compared; two unequal cells meet by chance in 2^64."""


class What(StrEnum):
    """What became of an incident between two versions."""

    REMOVED = "removed"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True)
class Place:
    """Where an incident stands in a version."""

    part: Part
    number: int | None
    """In the sheet of incidents; None where it is only counted."""


@dataclass(frozen=True)
class Move:
    """One incident that two versions do not say the same of."""

    what: What
    incident: str
    before: Place | None
    after: Place | None
    fields: tuple[str, ...] = ()
    """Which fields say something else, PART among them; of those fields that both versions have."""


@dataclass(frozen=True)
class Difference:
    """What two versions do not have in common, what was removed first, each in the order of the sheet."""

    moves: tuple[Move, ...]
    erased: tuple[int, ...] = ()
    """Numbers in the older sheet of incidents whose records were erased since: nothing else is known of them."""
    erased_counted: int = 0
    """How many incidents of the older statistical part were erased since."""

    def of(self, what: What) -> tuple[Move, ...]:
        """Return the moves of one kind."""
        return tuple(move for move in self.moves if move.what is what)

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents were added, removed (erased ones among them) and changed."""
        gone = len(self.erased) + self.erased_counted
        return {kind.value: len(self.of(kind)) + (gone if kind is What.REMOVED else 0) for kind in reversed(What)}

    @property
    def is_empty(self) -> bool:
        """Tell whether both versions say the same."""
        return not self.moves and not self.erased and not self.erased_counted


@dataclass(frozen=True)
class _Kept:
    """What is kept in memory of an incident of the older version: a few bytes, however long its description is."""

    place: Place
    names: tuple[str, ...]
    digests: bytes


def difference(
    before: Iterable[Included], after: Iterable[Included], were: Mapping[Part, int] | None = None
) -> Difference:
    """Compare two versions, each gone through once.

    `were` says how many incidents the older one had in each part when it was built: those that are not there any more
    were erased since.
    """
    known: dict[str, _Kept] = {}
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for item in before:
        own = tuple(item.cells or ())
        known[item.incident] = _Kept(Place(item.part, item.number), names.setdefault(own, own), _digests(item))
    numbers = {kept.place.number for kept in known.values() if kept.place.part is Part.DESCRIPTIVE}
    counted = len(known) - sum(1 for kept in known.values() if kept.place.part is Part.DESCRIPTIVE)
    moves = []
    for item in after:
        kept = known.pop(item.incident, None)
        place = Place(item.part, item.number)
        if kept is None:
            moves.append(Move(What.ADDED, item.incident, None, place))
        elif fields := _changed(kept, item):
            moves.append(Move(What.CHANGED, item.incident, kept.place, place, fields))
    moves += [Move(What.REMOVED, incident, kept.place, None) for incident, kept in known.items()]
    sizes = were or {}
    return Difference(
        moves=tuple(sorted(moves, key=_order)),
        erased=tuple(number for number in range(1, sizes.get(Part.DESCRIPTIVE, 0) + 1) if number not in numbers),
        erased_counted=max(0, sizes.get(Part.STATISTICAL, 0) - counted),
    )


def _digests(item: Included) -> bytes:
    return b"".join(_digest(text) for text in (item.cells or {}).values())


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST).digest()


def _changed(kept: _Kept, item: Included) -> tuple[str, ...]:
    cells = item.cells or {}
    parts = {name: kept.digests[at * _DIGEST : (at + 1) * _DIGEST] for at, name in enumerate(kept.names)}
    fields = tuple(name for name, text in cells.items() if name in parts and parts[name] != _digest(text))
    return fields if kept.place.part is item.part else (PART, *fields)


def _order(move: Move) -> tuple[object, ...]:
    """Say where a move stands: by what it is, and by its place in the newer version, or else in the older one."""
    place = move.after or move.before
    number = place.number if place and place.number else 0
    return list(What).index(move.what), place is None or place.part is not Part.DESCRIPTIVE, number, move.incident


class Why(StrEnum):
    """Why an incident is not where it was."""

    ACCEPTED = "accepted"
    """It was accepted after the older version had been built."""
    LATE = "late"
    """It was accepted after the older version had been sent."""
    REOPENED = "reopened"
    """The decision was taken back."""
    REJECTED = "rejected"
    LINKED = "linked"
    """It, or another record of the same incident, is counted with another one."""
    UNLINKED = "unlinked"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    DATE_MOVED_IN = "date_moved_in"
    """Its date was put right, and is in the data year now."""
    DATE_MOVED_OUT = "date_moved_out"
    ANSWERS_CHANGED = "answers_changed"
    """Its record was changed; `fields` says which answers."""
    WORDING = "wording"
    """Nobody touched the record: the names or labels that it is written with are others now."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Event:
    """Something that happened to an incident's record."""

    at: datetime
    kind: str
    """A `Step`, or one of the events below."""
    fields: tuple[str, ...] = ()
    other: str = ""
    """Reference of the other record, of a link."""


GIVEN, WITHDRAWN, ANSWERED = "consent_given", "consent_withdrawn", "answers_changed"
"""The events beside the steps."""


@dataclass(frozen=True)
class Reason:
    """One reason, and when it came about; None where nobody can say."""

    why: Why
    at: datetime | None = None
    fields: tuple[str, ...] = ()
    other: str = ""


_BY_EVENT: Mapping[What, Mapping[str, Why]] = {
    What.ADDED: {
        Step.ACCEPT: Why.ACCEPTED,
        Step.UNLINK: Why.UNLINKED,
        Step.LINK: Why.LINKED,
        GIVEN: Why.CONSENT_GIVEN,
        ANSWERED: Why.ANSWERS_CHANGED,
    },
    What.REMOVED: {
        Step.REOPEN: Why.REOPENED,
        Step.REJECT: Why.REJECTED,
        Step.LINK: Why.LINKED,
        Step.UNLINK: Why.UNLINKED,
        WITHDRAWN: Why.CONSENT_WITHDRAWN,
        ANSWERED: Why.ANSWERS_CHANGED,
    },
    What.CHANGED: {
        Step.LINK: Why.LINKED,
        Step.UNLINK: Why.UNLINKED,
        GIVEN: Why.CONSENT_GIVEN,
        WITHDRAWN: Why.CONSENT_WITHDRAWN,
        ANSWERED: Why.ANSWERS_CHANGED,
    },
}
"""Which events can explain what."""
_DECISIONS = (Why.ACCEPTED, Why.LATE, Why.REOPENED, Why.REJECTED, Why.LINKED, Why.CONSENT_WITHDRAWN)
_MOVED = {What.ADDED: Why.DATE_MOVED_IN, What.REMOVED: Why.DATE_MOVED_OUT}


def reasons(
    move: Move, events: Iterable[Event], since: datetime, until: datetime, *, sent: bool = False
) -> tuple[Reason, ...]:
    """Return why an incident moved between two moments, the latest reason first, each kind once.

    An event just before the older version was stored can have come after it was read: where nothing happened between
    the two moments, the last event before them explains what was added or removed. `sent`: the older version was sent.
    """
    known = _BY_EVENT[move.what]
    fitting = sorted((event for event in events if event.kind in known and event.at <= until), key=lambda one: one.at)
    between = [event for event in fitting if event.at > since]
    if not between and move.what is not What.CHANGED:
        between = fitting[-1:]
    found: dict[Why, Reason] = {}
    for event in between:
        why = _why(move, event, known[event.kind], sent=sent)
        fields = {*(found[why].fields if why in found else ()), *event.fields}
        found[why] = Reason(why, event.at, tuple(sorted(fields)), event.other)
    told = sorted(_telling(found), key=lambda reason: reason.at or since, reverse=True)
    return tuple(told) or (Reason(Why.WORDING if move.what is What.CHANGED else Why.UNKNOWN),)


def _why(move: Move, event: Event, why: Why, *, sent: bool) -> Why:
    if why is Why.ACCEPTED and sent:
        return Why.LATE
    if why is Why.ANSWERS_CHANGED and "date" in event.fields:
        return _MOVED.get(move.what, why)
    return why


def _telling(found: Mapping[Why, Reason]) -> Collection[Reason]:
    """Leave out what a decision already explains: that answers were changed, or consent was given, before it."""
    decided = [reason for why, reason in found.items() if why in _DECISIONS]
    beside = {Why.ANSWERS_CHANGED, Why.CONSENT_GIVEN, *_MOVED.values()}
    return [reason for why, reason in found.items() if not (decided and why in beside)]

"""The history of a record's facts: every change is kept here, told to its readers, and set against a save that is late.

`keep_facts` is the only way in which facts are changed; a test looks for any other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from coalition.db import history as storage
from coalition.db import incidents as incident_storage
from coalition.db.accounts import account_names
from coalition.db.history import IncidentChange
from coalition.db.incidents import Incident
from coalition.db.organisations import name_of
from coalition.domain.access import Permission, require
from coalition.domain.consents import lost
from coalition.domain.disclosure import (
    RECORD_CLASSES,
    VISIBLE,
    Audience,
    FieldClass,
    Occasion,
    disclose,
    hidden_fields,
    withheld,
)
from coalition.domain.history import (
    Change,
    Changed,
    Difference,
    Side,
    chosen,
    compared,
    differences,
    joined,
    one_sitting,
    seen_at,
    undone,
    with_values,
    written,
)
from coalition.domain.incidents import Facts
from coalition.domain.names import Name
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import Purpose
from coalition.services import same_incident
from coalition.services.incident_views import StepView, find, note_reading, subject_of, view_of
from coalition.services.releases import account_of
from coalition.services.work import Work

PAGE = 20

# ------------------------------------------------------------------------------------------------------------- keeping


def keep_facts(work: Work, incident: Incident, facts: Facts) -> None:
    """Make a record hold these facts, as one version more, and keep what that changed, by whom and when.

    The caller has locked the record, asked whether this may be, and set `changed_at` where the change is one that
    others are told of. Saves of one person within `SITTING`, with nothing of anybody else in between, are one change.
    """
    before = incident_storage.facts_of(incident)
    if Purpose.SHARE_COALITION in lost(before, facts):
        same_incident.let_go(work, incident)
    incident_storage.store_facts(work.session, incident, facts, account_of(work))
    first_version = incident.version
    incident.version += 1
    work.session.flush()
    # As the rows have it: an empty description, for example, is none.
    changed = compared(before, incident_storage.facts_of(incident))
    _keep(work, incident, Change(first_version, incident.version, changed))


def _keep(work: Work, incident: Incident, change: Change) -> None:
    last = storage.latest_change(work.session, incident.id)
    if last is not None and _goes_on(work, last, change):
        whole = joined(storage.change_of(work.session, last), change)
        last.version, last.at = whole.version, work.now
        storage.store_change(work.session, last, whole.fields)
    elif change.fields:
        row = IncidentChange(
            incident_id=incident.id,
            first_version=change.first_version,
            version=change.version,
            first_at=work.now,
            at=work.now,
            actor_id=account_of(work),
        )
        storage.store_change(work.session, row, change.fields)


def _goes_on(work: Work, last: IncidentChange, change: Change) -> bool:
    """Tell whether a change belongs to the last one: steps and other people's saves have made a version in between."""
    return (
        last.version == change.first_version
        and last.actor_id == account_of(work)
        and one_sitting(last.first_at, work.now)
        and not storage.has_message_since(work.session, last.incident_id, last.at)
    )


# --------------------------------------------------------------------------------------------------------- two at once


@dataclass(frozen=True)
class SavedBy:
    """Who saved something last."""

    name: str
    """Empty for the command line."""
    own: bool
    """Whether it was the reader, elsewhere."""
    at: datetime
    version: int
    """The record's version then."""


@dataclass(frozen=True)
class Conflict:
    """What two people answered differently, for the one who came second."""

    reference: str
    version: int
    """The version that holds the others' answers."""
    differences: tuple[Difference, ...]
    saved: Mapping[str, SavedBy]
    """Who changed what the others have, by the name of the difference."""

    @property
    def needs_choice(self) -> bool:
        """Whether the others changed anything that is answered differently here."""
        return any(item.side is not Side.MINE for item in self.differences)

    def without_choice(self, choices: Mapping[str, Side]) -> tuple[Difference, ...]:
        """Return the differences of which nobody has chosen a side."""
        return tuple(item for item in self.differences if item.name not in choices)

    def values(self, choices: Mapping[str, Side]) -> dict[str, Any]:
        """Return the facts that somebody chose, by name."""
        facts = with_values(Facts(), chosen(self.differences, choices))
        return {name: getattr(facts, name) for item in self.differences for name in item.names}


def conflict_with(work: Work, incident: Incident, version: int, changes: Mapping[str, Any]) -> Conflict:
    """Set what somebody answered, who saw an earlier version, against what others have saved since.

    A version that the record never had leaves open what was seen: then everything that differs is a conflict.
    """
    present = incident_storage.facts_of(incident)
    theirs, mine = written(present), written(replace(present, **changes))
    rows = storage.changes_since(work.session, incident.id, version)
    opened = [(row, storage.change_of(work.session, row)) for row in rows]
    known = 0 < version <= incident.version
    seen = seen_at(present, [change for _row, change in opened], version) if known else {}
    found = differences(
        {name: seen.get(name, _UNKNOWN) for name in theirs}, theirs, {name: mine[name] for name in changes}
    )
    names = account_names(work.session)
    saved = {item.name: _saved_by(work, item, opened, names) for item in found if item.side is not Side.MINE}
    return Conflict(
        reference=incident.reference,
        version=incident.version,
        differences=tuple(_without_unknown(item) for item in found),
        saved={name: by for name, by in saved.items() if by},
    )


_UNKNOWN = object()
"""In the place of a value that nobody knows: it equals none."""


def _without_unknown(item: Difference) -> Difference:
    return replace(item, base={name: value for name, value in item.base.items() if value is not _UNKNOWN})


def _saved_by(
    work: Work, item: Difference, opened: Iterable[tuple[IncidentChange, Change]], names: Mapping[str, str]
) -> SavedBy | None:
    rows = (row for row, change in opened if set(item.names) & set(change.fields))
    row = next(rows, None)
    if row is None:
        return None
    return SavedBy(names.get(row.actor_id or "", ""), row.actor_id == work.actor.id, row.at, row.version)


def open_conflict(work: Work, reference: str, version: int, changes: Mapping[str, Any]) -> Conflict:
    """Return what stands against saving some answers, for whoever may change the record.

    Raises NotFound, NotPermitted.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.AMEND_INCIDENT, subject_of(incident))
    return conflict_with(work, incident, version, changes)


# ------------------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class ChangeView:
    """One change of facts as its reader may see it."""

    by: str | Name
    """Name of the person, for the coalition of the member's organisation; empty for the command line."""
    first_at: datetime
    at: datetime
    """Of the last of several saves."""
    before: Facts
    """Without what the reader may not see, as `after`."""
    after: Facts
    withheld: frozenset[str]
    restricted: tuple[str, ...]
    """The facts that changed and are kept from the reader, by name; only for people of the organisation."""
    begins: bool
    """Whether the record was begun with it."""


@dataclass(frozen=True)
class HistoryPage:
    """What happened to a record, newest first: changes of its facts, and steps."""

    reference: str
    audience: Audience
    by: str | Name
    """Who recorded it, as the reader may know."""
    recorded_at: datetime
    entries: tuple[ChangeView | StepView, ...]
    begun_here: bool
    """Whether the first change that is kept begins the record; else it was imported, or is older than the history."""
    may_unseal: bool
    number: int
    pages: int

    @property
    def last(self) -> bool:
        """Whether this page reaches back to the beginning."""
        return self.number == self.pages


def own_history(work: Work, reference: str, page: int = 1) -> HistoryPage:
    """Return the history of a record of the actor's organisation, without identity; the reading is noted.

    Raises NotFound.
    """
    return _history(work, find(work, reference, Permission.READ_INCIDENT), page, Occasion.READING)


def unsealed_history(work: Work, reference: str, page: int = 1) -> HistoryPage:
    """Return the history of a record with all that leads to the person, for one showing; that is noted.

    Raises NotFound, NotPermitted for a colleague who did not record it.
    """
    incident = find(work, reference, Permission.READ_INCIDENT)
    require(work.actor, Permission.UNSEAL_IDENTITY, subject_of(incident))
    return _history(work, incident, page, Occasion.UNSEALING, "incident.unseal")


def reviewed_history(work: Work, reference: str, page: int = 1) -> HistoryPage:
    """Return what happened to a record since it was first handed in, as the coalition may see it; that is noted.

    What was typed while it was taken back, or while its person did not agree to share it, is told by its outcome only.
    Raises NotFound.
    """
    return _history(work, find(work, reference, Permission.REVIEW_INCIDENT), page, Occasion.READING)


def _history(
    work: Work, incident: Incident, page: int, occasion: Occasion, action: str = "incident.read"
) -> HistoryPage:
    view = view_of(work, incident, occasion)
    made = list(_changes(work, incident, view.audience))
    told = [item.view for item in made]
    if view.audience is Audience.COALITION:
        told = _told_outside(made, _handed_in(view.steps), incident.recorded_at)
    # A step follows the save of the same moment: a record is saved, then handed in. Steps stay in their order.
    in_order: list[ChangeView | StepView] = sorted(
        [*reversed(told), *view.steps], key=lambda item: (item.at, isinstance(item, StepView))
    )
    entries = in_order[::-1]
    pages = max(1, -(-len(entries) // PAGE))
    number = min(max(page, 1), pages)
    note_reading(work, incident, VISIBLE[view.audience], action)
    return HistoryPage(
        reference=incident.reference,
        audience=view.audience,
        by=view.author if RECORD_CLASSES["author"] in VISIBLE[view.audience] else view.organisation,
        recorded_at=incident.recorded_at,
        entries=tuple(entries[(number - 1) * PAGE : number * PAGE]),
        begun_here=any(item.begins for item in told),
        may_unseal=view.may_unseal,
        number=number,
        pages=pages,
    )


@dataclass(frozen=True)
class _Made:
    """A change, and whether the coalition might see the record before and after it, were it handed in."""

    view: ChangeView
    shared_before: bool
    shared_after: bool


def _handed_in(steps: Iterable[StepView]) -> list[tuple[datetime, datetime | None]]:
    """Return from when until when a record was with the coalition; None while it still is."""
    spans: list[tuple[datetime, datetime | None]] = []
    for step in steps:
        there = bool(spans) and spans[-1][1] is None
        if step.step is Step.SUBMIT and not there:
            spans.append((step.at, None))
        elif step.step is Step.WITHDRAW and there:
            spans[-1] = (spans[-1][0], step.at)
    return spans


def _told_outside(
    made: Sequence[_Made], handed_in: Collection[tuple[datetime, datetime | None]], recorded_at: datetime
) -> list[ChangeView]:
    """Return what the coalition is told of changes, the latest first: from what it might see to what it might see next.

    Changes that led to what it might not see are one with those that came after.
    """

    def might_see(since: datetime, until: datetime | None) -> bool:
        return any((end is None or since < end) and (until is None or begin < until) for begin, end in handed_in)

    told: list[ChangeView] = []
    later: ChangeView | None = None
    until = None
    for item in made:
        if item.shared_after and might_see(item.view.at, until):
            told += [later] if later else []
            later = item.view
        elif later:
            later = _as_one(item.view, later)
        until = item.view.first_at
    if later and made[-1].shared_before and not later.begins and might_see(recorded_at, until):
        told.append(later)
    return [item for item in told if item.before != item.after]


def _as_one(earlier: ChangeView, later: ChangeView) -> ChangeView:
    return replace(
        later,
        first_at=earlier.first_at,
        before=earlier.before,
        withheld=earlier.withheld | later.withheld,
        begins=earlier.begins,
    )


def _changes(work: Work, incident: Incident, audience: Audience) -> Iterator[_Made]:
    """Yield the changes of a record as an audience may see them, the latest first; none that came to nothing."""
    names = account_names(work.session)
    sees_people = RECORD_CLASSES["changes.by"] in VISIBLE[audience]
    after = incident_storage.facts_of(incident)
    for row in storage.changes_since(work.session, incident.id):
        change = storage.change_of(work.session, row)
        before = undone(after, [change], change.first_version)
        if change.differing:
            told = ChangeView(
                by=names.get(row.actor_id or "", "") if sees_people else name_of(incident.organisation),
                first_at=row.first_at,
                at=row.at,
                before=disclose(before, audience),
                after=disclose(after, audience),
                withheld=withheld(before, audience) | withheld(after, audience),
                restricted=tuple(_restricted(change.fields, before, after, audience)),
                begins=row.first_version == 0,
            )
            yield _Made(told, _is_shared(before), _is_shared(after))
        after = before


def _is_shared(facts: Facts) -> bool:
    return facts.allows(Purpose.SHARE_COALITION)


def _restricted(changed: Mapping[str, Changed], before: Facts, after: Facts, audience: Audience) -> Iterator[str]:
    """Yield the facts that changed only in what is kept from a reader; outside the organisation there are none."""
    if FieldClass.STAFF not in VISIBLE[audience]:
        return
    shown_before, shown_after = disclose(before, audience), disclose(after, audience)
    hidden = hidden_fields(audience)
    for item in fields(Facts):
        if item.name in changed and changed[item.name].differs:
            same = getattr(shown_before, item.name) == getattr(shown_after, item.name)
            if same or item.name in hidden:
                yield item.name

"""What of an incident leaves towards whom: the one policy, by role, organisation, consent and state.

Every field has a class and every audience a set of classes. Who looks decides the audience (`audience_of`), the
audience decides the classes, and `disclose` takes out the rest: pages, files and exports all pass here. A field that
is not listed is seen by nobody, and a test fails until somebody decides.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from coalition.domain.access import Actor, IncidentSubject, Permission, permits
from coalition.domain.incidents import (
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
)
from coalition.domain.reviews import EDITABLE, OF_THE_MEMBER, Step
from coalition.domain.vocabulary import Purpose, State


class FieldClass(StrEnum):
    """How revealing a field is."""

    IDENTITY = "identity"
    """Leads to the person; the recorder and the organisation's lead see it when they ask for it."""
    STAFF = "staff"
    """Names who works on the record; stays inside the recording organisation."""
    NARRATIVE = "narrative"
    """Free text that may say too much; the organisation, and the coordinator once the incident is shared."""
    LOCATING = "locating"
    """Narrows place or time down; the same audience as the narrative, and in lists too."""
    AREA = "area"
    """The day and the region: enough for another member to ask whether two records are about one incident."""
    HANDLING = "handling"
    """How the record is dealt with: reference, state, dates and reasons of decisions; nothing of what happened."""
    CODED = "coded"
    """Codes and numbers: what ODIHR is told of each incident."""
    INSIDE = "inside"
    """What reviewers say among themselves, and other members' records by their references; never a member's."""
    PUBLIC = "public"
    """Written to be published, or published of every incident."""


class Audience(StrEnum):
    """Who looks."""

    OWNER = "owner"
    """The recorder or the lead, typing the record or having asked for the identity: all that the member recorded."""
    MEMBER = "member"
    """The recording organisation, reading: the record without identity."""
    COALITION = "coalition"
    """The coordinator, for a shared incident: the pseudonymised record."""
    PEER = "peer"
    """Another member, about to record what may be the same incident: when, in which region, why, and whom to ask."""
    OUTLINE = "outline"
    """Whoever may read the record, on a page that asks something about it without showing what happened."""
    HANDED_ON = "handed_on"
    """Whoever gets a sheet of one case from its organisation: what the coalition is told, and nothing of its review."""
    CODES = "codes"
    """The command line, listing a year's records by their codes for other programs: no place, no day, no text."""
    ODIHR = "odihr"
    """The receiving body of the yearly submission: the anonymised record."""
    PUBLIC = "public"
    """Everybody."""


class Occasion(StrEnum):
    """What a record is opened for."""

    READING = "reading"
    """To read it."""
    TYPING = "typing"
    """To change it: what was typed has to be seen to be mended, as long as the record is open to changes."""
    UNSEALING = "unsealing"
    """To see the identity, once, after having said who one is again."""
    SHARING = "sharing"
    """To hand it to somebody outside the organisation: what the coalition would see, and no more."""
    NAMING = "naming"
    """To do something with it as a whole, such as discarding it."""


FIELD_CLASSES: Mapping[str, FieldClass] = {
    "date": FieldClass.PUBLIC,
    "date.year": FieldClass.PUBLIC,
    "date.month": FieldClass.PUBLIC,
    "date.day": FieldClass.AREA,
    "time": FieldClass.IDENTITY,
    "country": FieldClass.PUBLIC,
    "region": FieldClass.AREA,
    "municipality": FieldClass.LOCATING,
    "location_type": FieldClass.CODED,
    "offences": FieldClass.CODED,
    "chosen_type": FieldClass.PUBLIC,
    "type_reason": FieldClass.NARRATIVE,
    "chosen_scope": FieldClass.CODED,
    "scope_reason": FieldClass.NARRATIVE,
    "weapon": FieldClass.CODED,
    "motivations": FieldClass.PUBLIC,
    "indicators": FieldClass.CODED,
    "indicators.code": FieldClass.CODED,
    "indicators.note": FieldClass.NARRATIVE,
    "indicators.observer": FieldClass.NARRATIVE,
    "victims": FieldClass.CODED,
    "victims.kind": FieldClass.CODED,
    "victims.number": FieldClass.CODED,
    "victims.gender": FieldClass.CODED,
    "victims.age_band": FieldClass.CODED,
    "victims.link": FieldClass.CODED,
    "victims.injury": FieldClass.NARRATIVE,
    "victims.sub_grounds": FieldClass.NARRATIVE,
    "victims.harm": FieldClass.CODED,
    "victims.earlier": FieldClass.NARRATIVE,
    "perpetrators": FieldClass.CODED,
    "perpetrators.number": FieldClass.CODED,
    "perpetrators.gender": FieldClass.CODED,
    "perpetrators.age_band": FieldClass.CODED,
    "perpetrators.relation": FieldClass.CODED,
    "perpetrators.capacity": FieldClass.CODED,
    "sources": FieldClass.CODED,
    "sources.kind": FieldClass.CODED,
    "sources.name": FieldClass.IDENTITY,
    "sources.reference": FieldClass.IDENTITY,
    "sources.date": FieldClass.LOCATING,
    "sources.reliability": FieldClass.NARRATIVE,
    "sources.credibility": FieldClass.NARRATIVE,
    "sources.url": FieldClass.IDENTITY,
    "case_status": FieldClass.CODED,
    "bias_recorded": FieldClass.CODED,
    "proceedings": FieldClass.CODED,
    "proceedings.step": FieldClass.CODED,
    "proceedings.date": FieldClass.LOCATING,
    "proceedings.reference": FieldClass.IDENTITY,
    "proceedings.note": FieldClass.NARRATIVE,
    "reason_not_reported": FieldClass.CODED,
    "authorities_response": FieldClass.NARRATIVE,
    "impact": FieldClass.NARRATIVE,
    "needs": FieldClass.STAFF,
    "needs.need": FieldClass.STAFF,
    "needs.referred_to": FieldClass.STAFF,
    "needs.outcome": FieldClass.STAFF,
    "needs.follow_up": FieldClass.STAFF,
    "own_reference": FieldClass.IDENTITY,
    "narrative": FieldClass.NARRATIVE,
    "descriptions": FieldClass.PUBLIC,
    "clearances": FieldClass.NARRATIVE,
    "clearances.language": FieldClass.NARRATIVE,
    "clearances.kind": FieldClass.NARRATIVE,
    "clearances.text": FieldClass.NARRATIVE,
    "clearances.reason": FieldClass.NARRATIVE,
    "basis": FieldClass.CODED,
    "consents": FieldClass.CODED,
    "consent_by": FieldClass.CODED,
    "consent_way": FieldClass.CODED,
    "consent_date": FieldClass.IDENTITY,
    "contact_name": FieldClass.IDENTITY,
    "contact_phone": FieldClass.IDENTITY,
    "contact_email": FieldClass.IDENTITY,
    "contact_safely": FieldClass.IDENTITY,
}
"""The class of every fact, and after a dot of every field of its parts."""

NAMED_OUTSIDE = frozenset({"partner_organisation", "media"})
"""The kinds of source that may be named; the name of any other would be a person's."""

_OF_NAMED_SOURCES: Mapping[str, FieldClass] = {
    "name": FieldClass.PUBLIC,
    "reference": FieldClass.NARRATIVE,
    "url": FieldClass.NARRATIVE,
}
"""What the fields of a source are that may be named: it is credited in public, its file numbers are not."""

RECORD_CLASSES: Mapping[str, FieldClass] = {
    "id": FieldClass.HANDLING,
    "reference": FieldClass.HANDLING,
    "organisation": FieldClass.PUBLIC,
    "author": FieldClass.STAFF,
    "state": FieldClass.HANDLING,
    "version": FieldClass.HANDLING,
    "recorded_at": FieldClass.HANDLING,
    "changed_at": FieldClass.HANDLING,
    "submitted_at": FieldClass.HANDLING,
    "decided_at": FieldClass.HANDLING,
    "rejection_reason": FieldClass.HANDLING,
    "reviewer": FieldClass.INSIDE,
    "review_due": FieldClass.INSIDE,
    "same_as": FieldClass.INSIDE,
    "verification": FieldClass.PUBLIC,
    "late": FieldClass.HANDLING,
    "type": FieldClass.PUBLIC,
    "proposed_type": FieldClass.PUBLIC,
    "proposed_scope": FieldClass.HANDLING,
    "problems": FieldClass.HANDLING,
    "held_by": FieldClass.STAFF,
    "held_at": FieldClass.STAFF,
    "hold_reason": FieldClass.STAFF,
    "review_on": FieldClass.STAFF,
    "descriptions.language": FieldClass.PUBLIC,
    "descriptions.text": FieldClass.PUBLIC,
    "consents.purpose": FieldClass.CODED,
    "consents.text_version": FieldClass.HANDLING,
    "consents.giver": FieldClass.CODED,
    "consents.way": FieldClass.CODED,
    "consents.given_on": FieldClass.IDENTITY,
    "consents.noted_at": FieldClass.HANDLING,
    "consents.noted_by": FieldClass.STAFF,
    "consents.withdrawn_at": FieldClass.HANDLING,
    "consents.withdrawn_by": FieldClass.STAFF,
    "offences.code": FieldClass.CODED,
    "motivations.code": FieldClass.PUBLIC,
    "steps.id": FieldClass.HANDLING,
    "steps.step": FieldClass.HANDLING,
    "steps.by": FieldClass.STAFF,
    "steps.at": FieldClass.HANDLING,
    "steps.text": FieldClass.NARRATIVE,
    "steps.reason": FieldClass.HANDLING,
    "steps.verdict": FieldClass.INSIDE,
    "steps.other": FieldClass.INSIDE,
    "steps.before": FieldClass.HANDLING,
    "steps.state": FieldClass.HANDLING,
    "steps.notes": FieldClass.NARRATIVE,
    "steps.independent": FieldClass.HANDLING,
    "steps.verification": FieldClass.PUBLIC,
    "steps.checks": FieldClass.HANDLING,
    "steps.kind": FieldClass.CODED,
    "steps.fact": FieldClass.HANDLING,
    "steps.live": FieldClass.HANDLING,
    "steps.published": FieldClass.HANDLING,
    "steps.position": FieldClass.HANDLING,
    "steps.findings": FieldClass.HANDLING,
    "steps.proposed": FieldClass.HANDLING,
    "steps.found": FieldClass.HANDLING,
    "steps.test": FieldClass.HANDLING,
    "changes.id": FieldClass.HANDLING,
    "changes.first_version": FieldClass.HANDLING,
    "changes.version": FieldClass.HANDLING,
    "changes.first_at": FieldClass.HANDLING,
    "changes.at": FieldClass.HANDLING,
    "changes.by": FieldClass.STAFF,
    "changes.content": FieldClass.IDENTITY,
    "messages.id": FieldClass.HANDLING,
    "messages.reference": FieldClass.HANDLING,
    "messages.kind": FieldClass.HANDLING,
    "messages.inside": FieldClass.INSIDE,
    "messages.of_member": FieldClass.HANDLING,
    "messages.answers": FieldClass.HANDLING,
    "messages.open": FieldClass.HANDLING,
    "messages.by": FieldClass.STAFF,
    "messages.at": FieldClass.HANDLING,
    "messages.text": FieldClass.NARRATIVE,
    "likeness.version": FieldClass.HANDLING,
    "likeness.score": FieldClass.INSIDE,
    "likeness.compared_at": FieldClass.INSIDE,
    "origin.digest": FieldClass.IDENTITY,
    "origin.occurrence": FieldClass.HANDLING,
    "origin.said": FieldClass.IDENTITY,
    "origin.version": FieldClass.HANDLING,
    "keys.subject": FieldClass.HANDLING,
    "evidence.id": FieldClass.HANDLING,
    "evidence.number": FieldClass.HANDLING,
    "evidence.kind": FieldClass.CODED,
    "evidence.size": FieldClass.STAFF,
    "evidence.clean_size": FieldClass.STAFF,
    "evidence.source": FieldClass.STAFF,
    "evidence.added_at": FieldClass.STAFF,
    "evidence.added_by": FieldClass.STAFF,
    "evidence.file_key": FieldClass.IDENTITY,
    "evidence.name": FieldClass.IDENTITY,
    "evidence.note": FieldClass.IDENTITY,
    "evidence.sha256": FieldClass.IDENTITY,
    "evidence.captured_at": FieldClass.IDENTITY,
    "evidence.captured_place": FieldClass.IDENTITY,
    "evidence.content": FieldClass.IDENTITY,
    "readings.who": FieldClass.STAFF,
    "readings.role": FieldClass.STAFF,
    "readings.organisation": FieldClass.STAFF,
    "readings.at": FieldClass.STAFF,
    "readings.action": FieldClass.STAFF,
    "readings.classes": FieldClass.STAFF,
}
"""The class of everything about a record that is not one of its facts: who, when, how it was decided, who looked."""

VISIBLE: Mapping[Audience, frozenset[FieldClass]] = {
    Audience.OWNER: frozenset(FieldClass) - {FieldClass.INSIDE},
    Audience.MEMBER: frozenset(FieldClass) - {FieldClass.IDENTITY, FieldClass.INSIDE},
    Audience.COALITION: frozenset(FieldClass) - {FieldClass.IDENTITY, FieldClass.STAFF},
    Audience.PEER: frozenset({FieldClass.AREA, FieldClass.PUBLIC}),
    Audience.OUTLINE: frozenset({FieldClass.HANDLING, FieldClass.CODED, FieldClass.PUBLIC}),
    Audience.HANDED_ON: frozenset(FieldClass) - {FieldClass.IDENTITY, FieldClass.STAFF, FieldClass.INSIDE},
    Audience.CODES: frozenset({FieldClass.HANDLING, FieldClass.CODED, FieldClass.INSIDE, FieldClass.PUBLIC}),
    Audience.ODIHR: frozenset({FieldClass.CODED, FieldClass.PUBLIC}),
    Audience.PUBLIC: frozenset({FieldClass.PUBLIC}),
}

NOTED_WHEN_READ = frozenset({FieldClass.IDENTITY, FieldClass.NARRATIVE})
"""Whoever reads these is written into the log (GDPR Art. 5(2), 32; ASVS 5.0, 16.2.5)."""

OUTSIDE = frozenset({Audience.ODIHR, Audience.PUBLIC})

LOGGED_AS_CODES = (
    "country",
    "location_type",
    "offences",
    "chosen_type",
    "chosen_scope",
    "weapon",
    "motivations",
    "case_status",
    "bias_recorded",
    "reason_not_reported",
    "basis",
    "consents",
    "consent_by",
    "consent_way",
)
"""The facts whose old and new codes the log may hold: codes of the code book that neither locate nor tell."""

_PARTS: Mapping[str, type[Any]] = {
    "indicators": Indicator,
    "victims": Victims,
    "perpetrators": Perpetrators,
    "sources": Source,
    "proceedings": Proceeding,
    "needs": Need,
    "clearances": Clearance,
}
_EMPTY = Facts()


_SEEN_AS: Mapping[Occasion, Audience] = {
    Occasion.NAMING: Audience.OUTLINE,
    Occasion.SHARING: Audience.HANDED_ON,
}
"""The occasions on which the organisation's own people see no more than others would."""


def audience_of(actor: Actor, subject: IncidentSubject, occasion: Occasion = Occasion.READING) -> Audience | None:
    """Return as whom an actor sees an incident on an occasion; None means not at all.

    The permissions know role, organisation, state and consent (`coalition.domain.access`). Asking for more than is
    allowed gives what is allowed: a colleague who unseals reads without identity.
    """
    if permits(actor, Permission.READ_INCIDENT, subject):
        if occasion in _SEEN_AS:
            return _SEEN_AS[occasion]
        return Audience.OWNER if _sees_identity(actor, subject, occasion) else Audience.MEMBER
    if permits(actor, Permission.REVIEW_INCIDENT, subject):
        return Audience.OUTLINE if occasion is Occasion.NAMING else Audience.COALITION
    return None


def _sees_identity(actor: Actor, subject: IncidentSubject, occasion: Occasion) -> bool:
    if occasion is Occasion.TYPING:
        return subject.state in EDITABLE and permits(actor, Permission.AMEND_INCIDENT, subject)
    return occasion is Occasion.UNSEALING and permits(actor, Permission.UNSEAL_IDENTITY, subject)


def audience_of_lists(actor: Actor) -> Audience | None:
    """Return as whom an actor sees the lines of lists; which lines there are is the query's part.

    A line shows town and day, so that people find a record again. That is locating, not narrative: who opens a list is
    not written into the log, who opens a record is.
    """
    if permits(actor, Permission.LIST_INCIDENTS):
        return Audience.MEMBER
    return Audience.COALITION if permits(actor, Permission.REVIEW_QUEUE) else None


def audience_of_look_alike(actor: Actor, subject: IncidentSubject) -> Audience | None:
    """Return as whom somebody who is about to record sees a record that looks alike; None means not at all.

    Another member's record is shown only while its person agreed to share it with the coalition (GDPR Art. 9(2)(a)).
    """
    if permits(actor, Permission.READ_INCIDENT, subject):
        return Audience.MEMBER
    may_ask = permits(actor, Permission.RECORD_INCIDENT) and subject.shared and subject.state is not State.DRAFT
    return Audience.PEER if may_ask else None


def audience_of_candidate(actor: Actor, sought: IncidentSubject, found: IncidentSubject) -> Audience | None:
    """Return as whom somebody who has a record at hand sees another one that may be about the same incident.

    The coordinator sees what the coalition sees. A member's people see what they see of look-alikes. The command line
    is told of each record what its own readers would be: the coordinator once it is handed in, before that its member.
    """
    if not permits(actor, Permission.COMPARE_INCIDENTS):
        reviewed = permits(actor, Permission.REVIEW_INCIDENT, found)
        return Audience.COALITION if reviewed else audience_of_look_alike(actor, found)
    if found.organisation == sought.organisation:
        return Audience.MEMBER
    if not _handed_in(found):
        return None
    return Audience.COALITION if _handed_in(sought) else Audience.PEER


def sees_everything_shared(actor: Actor, sought: IncidentSubject) -> bool:
    """Tell whether somebody who has a record at hand sees others as the coordinator does, or at most as a member."""
    if permits(actor, Permission.COMPARE_INCIDENTS):
        return _handed_in(sought)
    return permits(actor, Permission.REVIEW_INCIDENT, sought)


def _handed_in(subject: IncidentSubject) -> bool:
    return subject.shared and subject.state is not State.DRAFT


def audience_for(purpose: Purpose) -> Audience:
    """Return as whom whoever gets something for a purpose sees an incident.

    The consent to ODIHR is one to an anonymised record; any other that lets a file leave is about what is public.
    """
    return Audience.ODIHR if purpose is Purpose.ODIHR else Audience.PUBLIC


def class_of_fact(path: str, part: object = None) -> FieldClass | None:
    """Return the class of a fact or of a part's field; `part` is the part itself, whose kind may matter."""
    return _class_of(path, named=_may_be_named(part))


def _class_of(path: str, *, named: bool) -> FieldClass | None:
    if named:
        return _OF_NAMED_SOURCES.get(path.partition(".")[2], FIELD_CLASSES.get(path))
    return FIELD_CLASSES.get(path)


def classes_of_facts(names: Collection[str]) -> frozenset[FieldClass]:
    """Return the classes of all that these facts can hold, the fields of their parts included."""
    paths = [path for path in FIELD_CLASSES if path.partition(".")[0] in names]
    further = _OF_NAMED_SOURCES.values() if "sources" in names else ()
    return frozenset({*(FIELD_CLASSES[path] for path in paths), *further})


def class_of_name(step: Step) -> FieldClass:
    """Return the class of the name of the person who took a step: the coalition's own people are named to members.

    Only once they say something: who works on a record is told to reviewers alone.
    """
    if step in (Step.TAKE, Step.PUT_BACK):
        return RECORD_CLASSES["reviewer"]
    return RECORD_CLASSES["steps.by"] if step in OF_THE_MEMBER else FieldClass.HANDLING


def class_of_step(step: Step) -> FieldClass:
    """Return the class of a step: what a reviewer proposes is the reviewers' business until it is decided."""
    return FieldClass.INSIDE if step is Step.PROPOSE else RECORD_CLASSES["steps.step"]


def class_of_message(*, inside: bool) -> FieldClass:
    """Return the class of what somebody wrote about a record: a note among reviewers is nobody else's."""
    return RECORD_CLASSES["messages.inside" if inside else "messages.text"]


def class_of_writer(*, of_member: bool) -> FieldClass:
    """Return the class of the name of who wrote a message: as with steps, the coalition is told the organisation."""
    return RECORD_CLASSES["messages.by"] if of_member else FieldClass.HANDLING


@cache
def hidden_fields(audience: Audience) -> frozenset[str]:
    """Return the names of the facts that an audience does not see at all."""
    return frozenset(field.name for field in fields(Facts) if FIELD_CLASSES.get(field.name) not in VISIBLE[audience])


def disclose(facts: Facts, audience: Audience) -> Facts:
    """Return the facts with everything that the audience may not see taken out.

    Where the day may not be seen the date is cut to the month (ODIHR publishes month and country only). Outside the
    coalition the type is stated, because the offences it follows from may not be there.
    """
    changes: dict[str, Any] = {}
    taken_out = _taken_out(audience)
    for kind, hold in taken_out.parts:
        # Most often there is nothing to be taken out of any, which is seen at once.
        if not all(map(hold, parts := getattr(facts, kind))):
            changes[kind] = tuple(_cut(kind, part, audience) for part in parts)
    if taken_out.day and facts.date and facts.date.day:
        changes["date"] = PartialDate(facts.date.year, facts.date.month)
    if taken_out.offences and facts.chosen_type != (stated := facts.type or ""):
        changes["chosen_type"] = stated
    if not taken_out.whole.hold(facts):
        changes |= taken_out.whole.values
    return replace(facts, **changes) if changes else facts


@dataclass(frozen=True)
class _TakenOut:
    """What an audience does not see of any incident."""

    parts: tuple[tuple[str, Callable[[Any], bool]], ...]
    """The kinds of parts that it sees some of, each with what tells whether a part holds nothing else."""
    day: bool
    offences: bool
    whole: "_Blank"


@cache
def _taken_out(audience: Audience) -> _TakenOut:
    shown = ((kind, _holding(kind, audience)) for kind in _PARTS if kind not in hidden_fields(audience))
    return _TakenOut(
        tuple((kind, hold) for kind, hold in shown if hold is not None),
        FIELD_CLASSES["date.day"] not in VISIBLE[audience],
        audience in OUTSIDE,
        _Blank({name: getattr(_EMPTY, name) for name in hidden_fields(audience)}),
    )


def _holding(kind: str, audience: Audience) -> Callable[[Any], bool] | None:
    """Return what tells whether a part of a kind holds nothing that an audience may not see; None where none can."""
    others = _defaults(kind, audience, named=False)
    if kind == "sources":
        named = _defaults(kind, audience, named=True)
        return lambda part: (named if _may_be_named(part) else others).hold(part)
    return others.hold if others.values else None


class _Blank:
    """What stands in the place of some fields; most often it stands there already, which is seen at once."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)
        self._of = attrgetter(*self.values) if self.values else None
        self._told = self._of(SimpleNamespace(**self.values)) if self._of else None

    def hold(self, item: object) -> bool:
        """Tell whether an item has these values."""
        return self._of is None or self._of(item) == self._told


def withheld(facts: Facts, audience: Audience) -> frozenset[str]:
    """Return the names of what the audience may not see, whether it is filled in or not.

    A fact by its name, a field of a part by kind, position and name ("sources.0.name"), the day as "date.day". It
    depends on classes and on what is visible only, so it tells nothing about what is hidden.
    """
    hidden = hidden_fields(audience)
    found = set(hidden)
    for kind in _PARTS:
        if kind not in hidden:
            for position, part in enumerate(getattr(facts, kind)):
                found.update(f"{kind}.{position}.{name}" for name in _hidden_in(kind, part, audience))
    if FIELD_CLASSES["date.day"] not in VISIBLE[audience]:
        found.add("date.day")
    return frozenset(found)


def _cut(kind: str, part: Any, audience: Audience) -> Any:  # noqa: ANN401 - any of the parts, the same comes back
    blank = _defaults(kind, audience, named=_may_be_named(part))
    return part if blank.hold(part) else replace(part, **blank.values)


def _hidden_in(kind: str, part: Any, audience: Audience) -> Collection[str]:  # noqa: ANN401 - any of the parts
    return _defaults(kind, audience, named=_may_be_named(part)).values.keys()


def _may_be_named(part: object) -> bool:
    return isinstance(part, Source) and part.kind in NAMED_OUTSIDE


@cache
def _defaults(kind: str, audience: Audience, *, named: bool) -> _Blank:
    """Return what stands in the place of the fields of a part that an audience may not see."""
    return _Blank(
        {
            field.name: "" if field.default is MISSING else field.default
            for field in fields(_PARTS[kind])
            if _class_of(f"{kind}.{field.name}", named=named) not in VISIBLE[audience]
        }
    )


def changes_as_codes(before: Facts, after: Facts) -> dict[str, list[Any]]:
    """Return, for the log, the old and the new codes of the coded facts that differ, and how precise the date is."""
    changed: dict[str, list[Any]] = {}
    for name in LOGGED_AS_CODES:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            changed[name] = [_as_codes(old), _as_codes(new)]
    if before.date != after.date:
        changed["date"] = [day.precision if day else "" for day in (before.date, after.date)]
    return changed


def _as_codes(value: str | tuple[str, ...] | frozenset[str]) -> str | list[str]:
    if isinstance(value, str):
        return str(value)
    return [str(code) for code in (sorted(value) if isinstance(value, frozenset) else value)]

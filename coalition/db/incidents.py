"""Incidents: the mapped classes, the way between rows and facts, and the queries.

Every free text, and what leads to the person, is stored sealed with the incident's own data key and bound to its table,
row and column. What searching and counting need is in clear: codes, numbers, dates, states.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship, selectinload

from coalition.db.base import Base, new_id, new_reference
from coalition.db.keys import KeyMissing, Keys, keys_of
from coalition.db.organisations import Organisation
from coalition.db.types import Moment
from coalition.domain.consents import TEXT_VERSION, WAYS_OUT, WayOut
from coalition.domain.incidents import (
    SETTLED,
    TOWARDS_A_PERSON,
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
    proposed_type,
)
from coalition.domain.scope import proposed_scope
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.encryption import CannotOpen, seal_text


class Incident(Base, kw_only=True):
    """One incident as a member recorded it."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_organisation_state", "organisation_id", "state"),
        Index("ix_incident_state_year", "state", "year"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    state: Mapped[str] = mapped_column(default=State.DRAFT.value)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every save, so that a save on top of a newer one is noticed."""
    recorded_at: Mapped[datetime.datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime.datetime] = mapped_column(Moment)
    submitted_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    decided_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    rejection_reason: Mapped[str] = mapped_column(default="")

    year: Mapped[int | None] = mapped_column(default=None)
    month: Mapped[int | None] = mapped_column(default=None)
    day: Mapped[int | None] = mapped_column(default=None)
    time: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    country: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    municipality: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    location_type: Mapped[str] = mapped_column(default="")
    chosen_type: Mapped[str] = mapped_column(default="")
    type: Mapped[str] = mapped_column(default="")
    """The type that counts, kept beside the facts it follows from so that queries can use it."""
    proposed_type: Mapped[str] = mapped_column(default="")
    """What the rules proposed when the facts were saved, beside what a person chose."""
    type_reason: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    chosen_scope: Mapped[str] = mapped_column(default="")
    proposed_scope: Mapped[str] = mapped_column(default="")
    """As with the type."""
    scope_reason: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    weapon: Mapped[str] = mapped_column(default="")
    case_status: Mapped[str] = mapped_column(default="")
    bias_recorded: Mapped[str] = mapped_column(default="")
    reason_not_reported: Mapped[str] = mapped_column(default="")
    authorities_response: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    impact: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    own_reference: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    narrative: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    basis: Mapped[str] = mapped_column(default="")
    consent_by: Mapped[str] = mapped_column(default="")
    consent_way: Mapped[str] = mapped_column(default="")
    consent_date: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: the day in ISO form."""
    contact_name: Mapped[bytes] = mapped_column(default=b"")
    """Sealed, like the rest of the contact."""
    contact_phone: Mapped[bytes] = mapped_column(default=b"")
    contact_email: Mapped[bytes] = mapped_column(default=b"")
    contact_safely: Mapped[bytes] = mapped_column(default=b"")

    held_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    held_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    hold_reason: Mapped[str | None] = mapped_column(default=None)
    """A HoldReason while the record may not go; none of these is a fact about what happened."""
    review_on: Mapped[datetime.date | None] = mapped_column(default=None)
    """The day a lead set for looking at it again; None while the retention policy decides."""

    organisation: Mapped[Organisation] = relationship(init=False, lazy="joined")
    offences: Mapped[list["IncidentOffence"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentOffence.position"
    )
    motivations: Mapped[list["IncidentMotivation"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentMotivation.position"
    )
    indicators: Mapped[list["IncidentIndicator"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentIndicator.position"
    )
    victims: Mapped[list["IncidentVictims"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentVictims.position"
    )
    perpetrators: Mapped[list["IncidentPerpetrators"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentPerpetrators.position"
    )
    sources: Mapped[list["IncidentSource"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentSource.position"
    )
    proceedings: Mapped[list["IncidentProceeding"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentProceeding.position"
    )
    needs: Mapped[list["IncidentNeed"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentNeed.position"
    )
    clearances: Mapped[list["IncidentClearance"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentClearance.position"
    )
    descriptions: Mapped[list["IncidentDescription"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentDescription.position"
    )
    consents: Mapped[list["IncidentConsent"]] = relationship(
        init=False, cascade="all, delete-orphan", order_by="IncidentConsent.position"
    )


class Part(Base, kw_only=True):
    """What the parts of an incident share: the incident, and the position among its like."""

    __abstract__ = True

    incident_id: Mapped[str] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, init=False
    )
    position: Mapped[int] = mapped_column(primary_key=True)


class IncidentOffence(Part, kw_only=True):
    """One offence, by code."""

    __tablename__ = "incident_offence"
    code: Mapped[str]


class IncidentMotivation(Part, kw_only=True):
    """One bias motivation, by code."""

    __tablename__ = "incident_motivation"
    code: Mapped[str] = mapped_column(index=True)


class IncidentIndicator(Part, kw_only=True):
    """One bias indicator with its note."""

    __tablename__ = "incident_indicator"
    code: Mapped[str]
    note: Mapped[bytes]
    """Sealed."""
    observer: Mapped[str]


class IncidentVictims(Part, kw_only=True):
    """One line of victims."""

    __tablename__ = "incident_victims"
    kind: Mapped[str]
    number: Mapped[int | None]
    gender: Mapped[str]
    age_band: Mapped[str]
    link: Mapped[str]
    injury: Mapped[bytes]
    """Sealed."""
    sub_grounds: Mapped[bytes]
    """Sealed: the codes, with a space between them."""
    harm: Mapped[str]
    earlier: Mapped[str]


class IncidentPerpetrators(Part, kw_only=True):
    """One line of perpetrators, never a name."""

    __tablename__ = "incident_perpetrators"
    number: Mapped[int | None]
    gender: Mapped[str]
    age_band: Mapped[str]
    relation: Mapped[str]
    capacity: Mapped[str]


class IncidentSource(Part, kw_only=True):
    """One source of information."""

    __tablename__ = "incident_source"
    kind: Mapped[str]
    name: Mapped[bytes]
    """Sealed."""
    reference: Mapped[bytes]
    """Sealed."""
    date: Mapped[bytes]
    """Sealed: in ISO form, as precise as it is known."""
    reliability: Mapped[str]
    credibility: Mapped[str]
    url: Mapped[bytes]
    """Sealed."""


class IncidentProceeding(Part, kw_only=True):
    """One step of police or justice."""

    __tablename__ = "incident_proceeding"
    step: Mapped[str]
    date: Mapped[bytes]
    """Sealed: in ISO form, as precise as it is known."""
    reference: Mapped[bytes]
    """Sealed."""
    note: Mapped[bytes]
    """Sealed."""


class IncidentNeed(Part, kw_only=True):
    """One need of the person, and what became of it."""

    __tablename__ = "incident_need"
    need: Mapped[str]
    referred_to: Mapped[bytes]
    """Sealed."""
    outcome: Mapped[str]
    follow_up: Mapped[datetime.date | None] = mapped_column(index=True)


class IncidentClearance(Part, kw_only=True):
    """One span of a description that was found harmless."""

    __tablename__ = "incident_clearance"
    language: Mapped[str]
    kind: Mapped[str]
    text: Mapped[bytes]
    """Sealed."""
    reason: Mapped[bytes]
    """Sealed."""


class IncidentDescription(Part, kw_only=True):
    """The public description in one language."""

    __tablename__ = "incident_description"
    language: Mapped[str]
    text: Mapped[bytes]
    """Sealed: only what is published lies open."""


class IncidentConsent(Part, kw_only=True):
    """One consent to one purpose. It stays as proof when it is withdrawn; a new consent is a new row."""

    __tablename__ = "incident_consent"
    purpose: Mapped[str]
    text_version: Mapped[str]
    """Which words were shown: `coalition.domain.consents.wordings`."""
    giver: Mapped[str] = mapped_column(default="")
    """Who gave it, the person or a guardian; empty while it is what the incident says."""
    way: Mapped[str] = mapped_column(default="")
    """How it was given; empty while it is what the incident says."""
    given_on: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: the day in ISO form; empty while it is what the incident says."""
    noted_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    noted_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    withdrawn_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    withdrawn_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""


class Step(Base, kw_only=True):
    """One step in the life of an incident: who did what when, with the words and findings that go with it."""

    __tablename__ = "incident_step"
    __table_args__ = (Index("ix_incident_step_incident_id_at", "incident_id", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    step: Mapped[str]
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    at: Mapped[datetime.datetime] = mapped_column(Moment)
    text: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    reason: Mapped[str] = mapped_column(default="")


class StepFinding(Base, kw_only=True):
    """One test of the criterion at a decision: what the software proposed and what the person found."""

    __tablename__ = "incident_step_finding"

    step_id: Mapped[str] = mapped_column(ForeignKey("incident_step.id", ondelete="CASCADE"), primary_key=True)
    test: Mapped[str] = mapped_column(primary_key=True)
    proposed: Mapped[str]
    found: Mapped[str]


class ImportedRow(Base, kw_only=True):
    """Which row of which member's file an incident came from, so that a file read twice adds nothing.

    Equal rows are different incidents: `occurrence` is 1 for the first such row of a file, 2 for the second.
    """

    __tablename__ = "imported_row"
    __table_args__ = (UniqueConstraint("organisation_id", "digest", "occurrence"),)

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    digest: Mapped[str]
    occurrence: Mapped[int]
    said: Mapped[str] = mapped_column(default="")
    """Of a member's own spreadsheet: a keyed digest of what the row said when it was read last."""
    version: Mapped[int] = mapped_column(default=0)
    """Of the incident as that reading left it: a later one was made by a person."""


class DoomedKey(Base, kw_only=True):
    """A data key that has to go because its incident went."""

    __tablename__ = "doomed_key"

    subject: Mapped[str] = mapped_column(primary_key=True)
    """The id that the incident had."""


PARTS = (
    Incident.offences,
    Incident.motivations,
    Incident.indicators,
    Incident.victims,
    Incident.perpetrators,
    Incident.sources,
    Incident.proceedings,
    Incident.needs,
    Incident.clearances,
    Incident.descriptions,
    Incident.consents,
)

MADE_OF: Mapping[str, tuple[type[Part], type[Any]]] = {
    "indicators": (IncidentIndicator, Indicator),
    "victims": (IncidentVictims, Victims),
    "perpetrators": (IncidentPerpetrators, Perpetrators),
    "sources": (IncidentSource, Source),
    "proceedings": (IncidentProceeding, Proceeding),
    "needs": (IncidentNeed, Need),
    "clearances": (IncidentClearance, Clearance),
}
"""The facts that are lists of parts: the rows that hold them, and what a row says."""

_WRITTEN: Mapping[str, tuple[Callable[[Any], object], Callable[[Any], object]]] = {
    "date": (lambda day: str(day or ""), lambda text: PartialDate.parse(text) if text else None),
    "sub_grounds": (" ".join, lambda text: tuple(text.split())),
}
"""The fields of parts that a column holds in another form: how they are written and how they are read."""

_SCALARS = (
    "time",
    "country",
    "region",
    "municipality",
    "location_type",
    "chosen_type",
    "type_reason",
    "chosen_scope",
    "scope_reason",
    "weapon",
    "case_status",
    "bias_recorded",
    "reason_not_reported",
    "authorities_response",
    "impact",
    "own_reference",
    "narrative",
    "basis",
    "consent_by",
    "consent_way",
    "consent_date",
    "contact_name",
    "contact_phone",
    "contact_email",
    "contact_safely",
)


def _date_of(incident: Incident) -> PartialDate | None:
    return PartialDate(incident.year, incident.month, incident.day) if incident.year else None


@dataclass(frozen=True)
class _Box:
    """Seals and opens the texts of one incident."""

    incident_id: str
    key: bytes | None
    """None once it was destroyed: the texts are gone."""
    keys: Keys
    """Know the key before this one too, while it is being renewed."""

    def seal(self, place: str, text: str) -> bytes:
        if self.key is None:
            raise CannotOpen(self._about(place))
        return seal_text(self.key, text, self._about(place))

    def open(self, place: str, sealed: bytes) -> str:
        if self.key is None or not sealed:
            return ""
        return self.keys.unseal(self.incident_id, sealed, self._about(place)).decode()

    def _about(self, place: str) -> str:
        return f"{place}:{self.incident_id}"


def _box_of(incident: Incident) -> _Box:
    session = object_session(incident)
    if session is None:
        raise ValueError("an incident is read while its session is open")
    keys = keys_of(session)
    return _Box(incident.id, keys.of(incident.id), keys)


@cache
def _sealed_columns(mapped: type[Base]) -> frozenset[str]:
    return frozenset(column.name for column in mapped.__table__.columns if isinstance(column.type, LargeBinary))


def _place(mapped: type[Base], column: str, row: object = "") -> str:
    """Name the place of a value: table, column, and which row of the incident."""
    return f"{mapped.__tablename__}.{column}/{row}"


def _opened(box: _Box, part: Part) -> dict[str, Any]:
    """Return the values of a part's own columns."""
    mapped = type(part)
    sealed = _sealed_columns(mapped)
    values = {name: getattr(part, name) for name in _own_columns(mapped)}
    return {
        name: box.open(_place(mapped, name, part.position), value) if name in sealed else value
        for name, value in values.items()
    }


@cache
def _own_columns(mapped: type[Part]) -> tuple[str, ...]:
    return tuple(column.name for column in mapped.__table__.columns if column.name not in {"incident_id", "position"})


def opened_text(incident: Incident, column: str) -> str:
    """Return one sealed text of an incident, such as its municipality."""
    return _box_of(incident).open(_place(Incident, column), getattr(incident, column))


def listed_text(incident: Incident, column: str) -> str:
    """Return one sealed text for a list: empty where its key is missing, so that one record does not hide others."""
    try:
        return opened_text(incident, column)
    except KeyMissing:
        return ""


def facts_of(incident: Incident) -> Facts:
    """Return the facts that an incident's rows hold; its texts are empty once its key was destroyed."""
    box = _box_of(incident)
    sealed = _sealed_columns(Incident)
    scalars: dict[str, Any] = {
        name: opened_text(incident, name) if name in sealed else getattr(incident, name) for name in _SCALARS
    }
    day = scalars.pop("consent_date")
    descriptions = (_opened(box, part) for part in incident.descriptions)
    parts: dict[str, Any] = {
        name: tuple(_read(box, part, kind) for part in getattr(incident, name))
        for name, (_mapped, kind) in MADE_OF.items()
    }
    return Facts(
        date=_date_of(incident),
        offences=tuple(part.code for part in incident.offences),
        motivations=tuple(part.code for part in incident.motivations),
        descriptions={item["language"]: item["text"] for item in descriptions},
        consents=frozenset(part.purpose for part in incident.consents if part.withdrawn_at is None),
        consent_date=datetime.date.fromisoformat(day) if day else None,
        **parts,
        **scalars,
    )


def _read(box: _Box, part: Part, kind: type[Any]) -> Any:  # noqa: ANN401 - whatever the kind makes
    values = _opened(box, part)
    return kind(**{name: _WRITTEN[name][1](value) if name in _WRITTEN else value for name, value in values.items()})


def _rows_of(parts: Iterable[Any]) -> list[dict[str, object]]:
    return [
        {name: _WRITTEN[name][0](value) if name in _WRITTEN else value for name, value in vars(part).items()}
        for part in parts
    ]


def _scalars(box: _Box, facts: Facts) -> dict[str, object]:
    when, sealed = facts.date, _sealed_columns(Incident)
    plain = {name: getattr(facts, name) for name in _SCALARS}
    plain["consent_date"] = facts.consent_date.isoformat() if facts.consent_date else ""
    return {
        **{name: box.seal(_place(Incident, name), value) if name in sealed else value for name, value in plain.items()},
        "year": when.year if when else None,
        "month": when.month if when else None,
        "day": when.day if when else None,
        "type": facts.type.value if facts.type else "",
        "proposed_type": proposed_type(facts.offences) or "",
        "proposed_scope": proposed_scope(facts),
    }


def _part_rows(facts: Facts) -> dict[type[Part], list[dict[str, object]]]:
    described = [(language, text) for language, text in sorted(facts.descriptions.items()) if text.strip()]
    return {
        IncidentOffence: [{"code": code} for code in facts.offences],
        IncidentMotivation: [{"code": code} for code in facts.motivations],
        **{mapped: _rows_of(getattr(facts, name)) for name, (mapped, _kind) in MADE_OF.items()},
        IncidentDescription: [{"language": language, "text": text} for language, text in described],
        IncidentConsent: [
            {"purpose": purpose, "text_version": TEXT_VERSION, "giver": "", "way": "", "given_on": ""}
            for purpose in sorted(facts.consents)
        ],
    }


def _sealed(box: _Box, mapped: type[Base], row: object, values: Mapping[str, object]) -> dict[str, object]:
    """Return a row's values with the texts among them sealed."""
    sealed = _sealed_columns(mapped)
    return {
        name: box.seal(_place(mapped, name, row), str(value)) if name in sealed else value
        for name, value in values.items()
    }


def add_incident(session: Session, incident: Incident) -> None:
    """Store a new incident and make the key that seals its texts."""
    session.add(incident)
    session.flush()
    keys_of(session).make(incident.id, incident.organisation_id)


def destroy_key(session: Session, incident: Incident) -> None:
    """Destroy an incident's key when the unit of work commits: no copy of its texts can be read any more.

    That it is to go is kept with the data, so that a process that dies in between leaves it to the next.
    """
    session.add(DoomedKey(subject=incident.id))
    keys_of(session).destroy(incident.id)


def doomed_keys(session: Session) -> list[str]:
    """Return the subjects whose keys were to be destroyed; most are destroyed already."""
    return list(session.scalars(select(DoomedKey.subject)))


def forget_doomed(session: Session, subjects: Collection[str]) -> None:
    """Forget the keys that are destroyed."""
    session.execute(delete(DoomedKey).where(DoomedKey.subject.in_(subjects)))


def erase_incident(session: Session, incident: Incident) -> None:
    """Delete an incident with all its parts, and destroy its key."""
    destroy_key(session, incident)
    session.delete(incident)
    session.flush()


def _keep_evidence(incident: Incident, box: _Box, part: IncidentConsent) -> None:
    """Make a consent keep by whom, how and when it was given, whatever the incident says from now on."""
    if part.giver or part.way or part.given_on:
        return
    day = opened_text(incident, "consent_date")
    place = _place(IncidentConsent, "given_on", part.position)
    part.giver, part.way, part.given_on = incident.consent_by, incident.consent_way, box.seal(place, day)


def _store_consents(incident: Incident, box: _Box, facts: Facts, by: str | None) -> None:
    """Note what is withdrawn and add what is new; nothing that was consented to is forgotten (GDPR Art. 7(1)).

    The incident says by whom, how and when consent was given. When more is consented to later, what it says belongs to
    the new consents, and those before keep what it said; without a new one it is a correction.
    """
    held = [part for part in incident.consents if part.withdrawn_at is None]
    added = sorted(facts.consents - {part.purpose for part in held})
    for part in held:
        if part.purpose not in facts.consents:
            part.withdrawn_at, part.withdrawn_by = incident.changed_at, by
        if added or part.withdrawn_at:
            _keep_evidence(incident, box, part)
    first = len(incident.consents)
    incident.consents.extend(
        IncidentConsent(
            position=position,
            purpose=purpose,
            text_version=TEXT_VERSION,
            noted_at=incident.changed_at,
            noted_by=by,
        )
        for position, purpose in enumerate(added, start=first)
    )


@dataclass(frozen=True)
class ConsentRow:
    """One consent as it is kept."""

    purpose: str
    text_version: str
    way: str
    given_on: datetime.date | None
    noted_at: datetime.datetime | None
    noted_by: str | None
    withdrawn_at: datetime.datetime | None
    withdrawn_by: str | None
    giver: str = ""


def consents_of(incident: Incident) -> list[ConsentRow]:
    """Return every consent of an incident, in force or withdrawn, in the order in which they were given."""
    box, said = _box_of(incident), (incident.consent_by, incident.consent_way, opened_text(incident, "consent_date"))
    found = []
    for part in incident.consents:
        own = (part.giver, part.way, box.open(_place(IncidentConsent, "given_on", part.position), part.given_on))
        giver, way, day = own if any(own) or part.withdrawn_at else said
        found.append(
            ConsentRow(
                purpose=part.purpose,
                text_version=part.text_version,
                way=way,
                given_on=datetime.date.fromisoformat(day) if day else None,
                noted_at=part.noted_at,
                noted_by=part.noted_by,
                withdrawn_at=part.withdrawn_at,
                withdrawn_by=part.withdrawn_by,
                giver=giver,
            )
        )
    return found


def restore_consents(session: Session, incident: Incident, rows: Iterable[ConsentRow]) -> None:
    """Put consents as another installation kept them in the place of an imported incident's own."""
    box = _box_of(incident)
    incident.consents = []
    session.flush()
    for position, row in enumerate(rows):
        day = box.seal(_place(IncidentConsent, "given_on", position), row.given_on.isoformat() if row.given_on else "")
        incident.consents.append(IncidentConsent(position=position, **{**vars(row), "given_on": day}))
    session.flush()


def store_facts(session: Session, incident: Incident, facts: Facts, by: str | None = None) -> None:
    """Make an incident's rows hold these facts and nothing else; consents that it no longer has stay as proof.

    `by` is the account that says so, None for the command line; `changed_at` of the incident is when.
    """
    box = _box_of(incident)
    _store_consents(incident, box, facts, by)
    for name, value in _scalars(box, facts).items():
        setattr(incident, name, value)
    rows = _part_rows(facts)
    for attribute in PARTS:
        if attribute.key == Incident.consents.key:
            continue
        mapped = attribute.property.mapper.class_
        setattr(incident, attribute.key, [])
        # Old parts go before new ones come: both use the same positions as their key.
        session.flush()
        setattr(
            incident,
            attribute.key,
            [mapped(position=n, **_sealed(box, mapped, n, row)) for n, row in enumerate(rows[mapped])],
        )
    session.flush()


@dataclass(frozen=True)
class NewIncident:
    """An incident to be stored in bulk, by an import or the demo."""

    organisation_id: str
    author_id: str | None
    state: State
    facts: Facts
    recorded_at: datetime.datetime
    submitted_at: datetime.datetime | None = None
    decided_at: datetime.datetime | None = None
    rejection_reason: str = ""
    steps: tuple[dict[str, object], ...] = ()
    """Columns of `Step` without the incident, the text in clear."""
    digest: str = ""
    """Of the imported row; empty for an incident that was not imported."""
    occurrence: int = 0
    said: str = ""
    """Of a row of a member's own spreadsheet."""


def insert_incidents(session: Session, incidents: Iterable[NewIncident], batch: int = 1000) -> Iterator[list[str]]:
    """Store many incidents; yields the references of each batch as it is stored."""
    pending: list[NewIncident] = []
    for incident in incidents:
        pending.append(incident)
        if len(pending) >= batch:
            yield _insert_batch(session, pending)
            pending = []
    if pending:
        yield _insert_batch(session, pending)


def _insert_batch(session: Session, incidents: Sequence[NewIncident]) -> list[str]:
    rows: dict[type[Base], list[dict[str, object]]] = {Incident: []}
    keys = keys_of(session)
    for new in incidents:
        identity, reference = new_id(), new_reference()
        box = _Box(identity, keys.make(identity, new.organisation_id), keys)
        rows[Incident].append(
            {
                "id": identity,
                "reference": reference,
                "organisation_id": new.organisation_id,
                "author_id": new.author_id,
                "state": new.state.value,
                "version": 1,
                "recorded_at": new.recorded_at,
                "changed_at": new.decided_at or new.submitted_at or new.recorded_at,
                "submitted_at": new.submitted_at,
                "decided_at": new.decided_at,
                "rejection_reason": new.rejection_reason,
                **_scalars(box, new.facts),
            }
        )
        for mapped, parts in _part_rows(new.facts).items():
            rows.setdefault(mapped, []).extend(
                {"incident_id": identity, "position": n, **_sealed(box, mapped, n, part), **_noted(mapped, new)}
                for n, part in enumerate(parts)
            )
        rows.setdefault(Step, []).extend(_step_row(box, step) for step in new.steps)
        if new.digest:
            origin = {
                "organisation_id": new.organisation_id,
                "digest": new.digest,
                "occurrence": new.occurrence,
                "said": new.said,
                "version": 1,
            }
            rows.setdefault(ImportedRow, []).append({"incident_id": identity, **origin})
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)
    return [str(row["reference"]) for row in rows[Incident]]


def _noted(mapped: type[Part], new: NewIncident) -> dict[str, object]:
    """Return when and by whom a consent of a new incident was typed in; nothing for other parts."""
    if mapped is not IncidentConsent:
        return {}
    return {"noted_at": new.recorded_at, "noted_by": new.author_id, "withdrawn_at": None, "withdrawn_by": None}


def _step_row(box: _Box, values: Mapping[str, object]) -> dict[str, Any]:
    identity = new_id()
    return {"id": identity, "incident_id": box.incident_id, **_sealed(box, Step, identity, values)}


def add_step(session: Session, incident: Incident, **values: Any) -> Step:  # noqa: ANN401 - the columns of Step
    """Store a step of an incident; its text is given in clear and stored sealed."""
    step = Step(**_step_row(_box_of(incident), values))
    session.add(step)
    session.flush()
    return step


def texts_of_steps(incident: Incident, steps: Iterable[Step]) -> list[str]:
    """Return the texts of some steps of an incident, in their order."""
    box = _box_of(incident)
    return [box.open(_place(Step, "text", step.id), step.text) for step in steps]


def all_ids(session: Session) -> list[str]:
    """Return the id of every incident."""
    return list(session.scalars(select(Incident.id)))


def delete_incident(session: Session, identity: str) -> None:
    """Delete an incident by its id, with everything that goes with it; its key is none of this function's business."""
    session.delete(session.get_one(Incident, identity))
    session.flush()


def references_of(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return the references of some incidents by their ids; those that are gone are left out."""
    found = session.execute(select(Incident.id, Incident.reference).where(Incident.id.in_(ids)))
    return {row.id: row.reference for row in found}


def id_of_reference(session: Session, reference: str) -> str | None:
    """Return the id of the incident with a reference, letter case aside."""
    return session.scalar(select(Incident.id).where(Incident.reference == reference.upper()))


def references_of_member(session: Session, organisation_id: str) -> list[str]:
    """Return the references of all incidents of a member."""
    return list(session.scalars(select(Incident.reference).where(Incident.organisation_id == organisation_id)))


def imported_rows(session: Session, incident_id: str) -> list[ImportedRow]:
    """Return the rows of files that an incident came from."""
    return list(session.scalars(select(ImportedRow).where(ImportedRow.incident_id == incident_id)))


def rows_with_plain_digests(session: Session, keyed: str) -> list[ImportedRow]:
    """Return the imported rows whose digest is not keyed; `keyed` begins one that is.

    Rows of a member's own spreadsheet are keyed in their own way.
    """
    query = select(ImportedRow).where(ImportedRow.said == "", ImportedRow.digest.not_like(f"{keyed}%"))
    return list(session.scalars(query))


def imported_references(session: Session, organisation_id: str) -> dict[tuple[str, int], str]:
    """Return the reference of every incident a member imported, by digest and occurrence of its row."""
    query = select(ImportedRow.digest, ImportedRow.occurrence, Incident.reference)
    query = query.join(Incident, Incident.id == ImportedRow.incident_id)
    query = query.where(ImportedRow.organisation_id == organisation_id)
    return {(digest, occurrence): reference for digest, occurrence, reference in session.execute(query)}


def _whole(query: Select[Incident]) -> Select[Incident]:
    return query.options(*(selectinload(part) for part in PARTS))


def incident_with_reference(session: Session, reference: str, *, lock: bool = False) -> Incident | None:
    """Return the incident with this reference, with all its parts; locked, it waits for whoever changes it now."""
    query = _whole(select(Incident).where(Incident.reference == reference.upper()))
    # SQLite has no row locks and needs none: whoever writes there holds the only write lock.
    return session.scalar(query.with_for_update(of=Incident) if lock else query)


@dataclass(frozen=True)
class Filter:
    """Which incidents a list shows; None means all."""

    organisation_id: str | None = None
    states: tuple[str, ...] = ()
    year: int | None = None
    shared: bool = False
    """Only what the coalition may see: a member can take the consent back while a question waits."""


def _allowed(purpose: Purpose) -> ColumnElement[bool]:
    """Say in SQL what `Facts.allows` says."""
    consented = select(IncidentConsent.incident_id).where(
        IncidentConsent.incident_id == Incident.id,
        IncidentConsent.purpose == purpose.value,
        IncidentConsent.withdrawn_at.is_(None),
    )
    by_consent = and_(Incident.basis == Basis.CONSENT.value, consented.exists())
    if purpose in TOWARDS_A_PERSON:
        return by_consent
    return (Incident.basis == Basis.PUBLIC_SOURCE.value) | by_consent


def may_leave(way: WayOut) -> ColumnElement[bool]:
    """Say in SQL what `coalition.domain.consents.may_leave` says."""
    return and_(*(_allowed(purpose) for purpose in sorted(WAYS_OUT[way])))


def _filtered(query: Select[Incident], wanted: Filter) -> Select[Incident]:
    if wanted.organisation_id is not None:
        query = query.where(Incident.organisation_id == wanted.organisation_id)
    if wanted.states:
        query = query.where(Incident.state.in_(wanted.states))
    if wanted.year is not None:
        query = query.where(Incident.year == wanted.year)
    if wanted.shared:
        query = query.where(may_leave(WayOut.REVIEW))
    return query


def list_incidents(
    session: Session, wanted: Filter, *, oldest_first: bool = False, offset: int = 0, limit: int = 50
) -> list[Incident]:
    """Return one page of incidents; newest change first, or for a queue the longest waiting first."""
    order = (
        (Incident.submitted_at.asc(), Incident.id.asc())
        if oldest_first
        else (Incident.changed_at.desc(), Incident.id.desc())
    )
    query = _filtered(select(Incident), wanted).options(selectinload(Incident.motivations)).order_by(*order)
    return _with_keys(session, session.scalars(query.offset(offset).limit(limit)))


def _with_keys(session: Session, incidents: Iterable[Incident]) -> list[Incident]:
    """Open the keys of many incidents at once instead of one after the other."""
    found = list(incidents)
    keys_of(session).load(incident.id for incident in found)
    return found


def count_incidents(session: Session, wanted: Filter) -> int:
    """Count the incidents that a list would show."""
    query = _filtered(select(Incident), wanted)
    return session.scalar(select(func.count()).select_from(query.with_only_columns(Incident.id).subquery())) or 0


def count_by_state(session: Session, wanted: Filter) -> dict[str, int]:
    """Count the incidents that a list would show, by state."""
    states = _filtered(select(Incident), wanted).with_only_columns(Incident.state, func.count())
    return dict(session.execute(states.group_by(Incident.state)).all())


def years_of_incidents(session: Session, organisation_id: str) -> tuple[int, ...]:
    """Return the years in which one member's incidents happened, the latest first."""
    query = select(Incident.year).where(Incident.organisation_id == organisation_id, Incident.year.is_not(None))
    return tuple(year for year in session.scalars(query.distinct().order_by(Incident.year.desc())) if year)


def accepted_incidents(session: Session, year: int, batch: int = 500) -> Iterator[tuple[Facts, str, str]]:
    """Yield (facts, member's name, id) of a year's accepted incidents, a batch at a time."""
    last = ""
    while True:
        wanted = Filter(states=(State.ACCEPTED.value,), year=year, shared=True)
        query = _filtered(select(Incident), wanted).where(Incident.id > last)
        found = _with_keys(session, session.scalars(_whole(query.order_by(Incident.id).limit(batch))))
        if not found:
            return
        last = found[-1].id
        for incident in found:
            yield facts_of(incident), incident.organisation.name, incident.id
            # Let it go at once: a year may hold more incidents than memory should.
            session.expunge(incident)


def whole_incidents(session: Session, wanted: Filter, batch: int = 200) -> Iterator[Incident]:
    """Yield the incidents that a filter lets through with all their parts, in the order of their recording."""
    last = ""
    while True:
        query = _filtered(select(Incident), wanted).where(Incident.id > last).order_by(Incident.id).limit(batch)
        found = _with_keys(session, session.scalars(_whole(query)))
        if not found:
            return
        last = found[-1].id
        for incident in found:
            yield incident
            session.expunge(incident)


@dataclass(frozen=True)
class CountedRow:
    """What counting needs of one accepted incident, without its texts."""

    year: int
    month: int | None
    country: str
    type: str
    motivations: tuple[str, ...]


def countable_rows(session: Session, first_year: int, last_year: int) -> list[CountedRow]:
    """Return the accepted, typed incidents of some years that may be counted in statistics."""
    query = (
        select(Incident.id, Incident.year, Incident.month, Incident.country, Incident.type)
        .where(Incident.state == State.ACCEPTED.value, Incident.type != "", may_leave(WayOut.STATISTICS))
        .where(Incident.year.between(first_year, last_year))
    )
    marks: dict[str, list[str]] = {}
    chosen = query.with_only_columns(Incident.id)
    for identity, code in session.execute(
        select(IncidentMotivation.incident_id, IncidentMotivation.code).where(
            IncidentMotivation.incident_id.in_(chosen)
        )
    ):
        marks.setdefault(identity, []).append(code)
    return [
        CountedRow(row.year, row.month, row.country, row.type, tuple(marks.get(row.id, ())))
        for row in session.execute(query)
    ]


def years_with_incidents(session: Session, wanted: Filter = Filter()) -> dict[int, dict[str, int]]:
    """Return, per data year, the number of incidents by state, the latest year first."""
    query = _filtered(select(Incident).where(Incident.year.is_not(None)), wanted)
    chosen = query.with_only_columns(Incident.year, Incident.state, func.count())
    years: dict[int, dict[str, int]] = {}
    for year, state, number in session.execute(chosen.group_by(Incident.year, Incident.state)):
        years.setdefault(year or 0, {})[state] = number
    return {year: years[year] for year in sorted(years, reverse=True)}


def rejection_reasons(session: Session, year: int) -> list[str]:
    """Return the reason of every rejected incident of a year that the coalition may see."""
    wanted = Filter(states=(State.REJECTED.value,), year=year, shared=True)
    return list(session.scalars(_filtered(select(Incident), wanted).with_only_columns(Incident.rejection_reason)))


@dataclass(frozen=True)
class NeedDue:
    """A need whose day to ask again has come."""

    reference: str
    position: int
    need: str
    outcome: str
    day: datetime.date


def needs_due(session: Session, organisation_id: str, until: datetime.date, limit: int) -> list[NeedDue]:
    """Return a member's unsettled needs to ask about again by a day, the longest waiting first."""
    query = (
        select(
            Incident.reference, IncidentNeed.position, IncidentNeed.need, IncidentNeed.outcome, IncidentNeed.follow_up
        )
        .join(IncidentNeed, IncidentNeed.incident_id == Incident.id)
        .where(Incident.organisation_id == organisation_id, IncidentNeed.follow_up <= until)
        .where(IncidentNeed.outcome.not_in(SETTLED))
        .order_by(IncidentNeed.follow_up, Incident.reference, IncidentNeed.position)
        .limit(limit)
    )
    rows = session.execute(query)
    return [NeedDue(row.reference, row.position, row.need, row.outcome, row.follow_up) for row in rows if row.follow_up]


def near_in_time(session: Session, date: PartialDate, country: str, organisation_id: str) -> list[Incident]:
    """Return what happened in a country in a month or one beside it: a member's own records, and others' shared ones.

    Rejected records and those without a month are left out.
    """
    if date.month is None:
        return []
    months = [date.year * 12 + date.month - 1 + step for step in (-1, 0, 1)]
    own = and_(Incident.organisation_id == organisation_id, Incident.state != State.REJECTED.value)
    handed_in = Incident.state.in_((State.SUBMITTED.value, State.RETURNED.value, State.ACCEPTED.value))
    query = (
        select(Incident)
        .where(Incident.country == country, Incident.year.in_({month // 12 for month in months}))
        .where((Incident.year * 12 + Incident.month - 1).in_(months))
        .where(own | and_(handed_in, may_leave(WayOut.REVIEW)))
        .options(selectinload(Incident.motivations))
    )
    return _with_keys(session, session.scalars(query))


def count_look_alikes(session: Session, incident: Incident) -> int:
    """Count the other shared records of the same month, country, type and first motivation."""
    found = _alike(incident).with_only_columns(Incident.id).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def list_look_alikes(session: Session, incident: Incident, limit: int) -> list[Incident]:
    """Return the oldest of these records."""
    query = _alike(incident).options(selectinload(Incident.motivations))
    return _with_keys(session, session.scalars(query.order_by(Incident.recorded_at, Incident.id).limit(limit)))


def _alike(incident: Incident) -> Select[Incident]:
    first = incident.motivations[0].code if incident.motivations else ""
    return (
        select(Incident)
        .join(IncidentMotivation, IncidentMotivation.incident_id == Incident.id)
        .where(IncidentMotivation.code == first, Incident.id != incident.id)
        .where(Incident.state.in_((State.SUBMITTED.value, State.RETURNED.value, State.ACCEPTED.value)))
        .where(Incident.year == incident.year, Incident.month == incident.month)
        .where(Incident.country == incident.country, Incident.type == incident.type)
        .where(may_leave(WayOut.REVIEW))
    )


def steps_of(session: Session, incident_id: str) -> list[Step]:
    """Return the steps of an incident, oldest first."""
    return list(session.scalars(select(Step).where(Step.incident_id == incident_id).order_by(Step.at, Step.id)))


def findings_of(session: Session, step_ids: Iterable[str]) -> dict[str, list[StepFinding]]:
    """Return the findings of some steps, by step."""
    found: dict[str, list[StepFinding]] = {}
    for finding in session.scalars(select(StepFinding).where(StepFinding.step_id.in_(list(step_ids)))):
        found.setdefault(finding.step_id, []).append(finding)
    return found

"""Incidents: the mapped classes, the way between rows and facts, and the queries.

Every free text, and what leads to the person, is stored sealed with the incident's own data key and bound to its table,
row and column. What searching and counting need is in clear: codes, numbers, dates, states.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    UnaryExpression,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, object_session, relationship, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from coalition.db.among import among
from coalition.db.base import Base, new_id, new_reference
from coalition.db.keys import KeyMissing, Keys, keys_of
from coalition.db.messages import Message
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
from coalition.domain.reviews import UNDECIDED
from coalition.domain.same_incident import Candidate
from coalition.domain.scope import proposed_scope
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.encryption import CannotOpen, seal_text


class Incident(Base, kw_only=True):
    """One incident as a member recorded it."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_organisation_state", "organisation_id", "state"),
        Index("ix_incident_state_year", "state", "year"),
        Index("ix_incident_organisation_changed_at", "organisation_id", "changed_at"),
        Index("ix_incident_state_submitted_at", "state", "submitted_at"),
        Index("ix_incident_state_changed_at", "state", "changed_at"),
        # Counting what may be shared needs no row: these two hold all it asks for.
        Index("ix_incident_state_basis", "state", "basis", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    state: Mapped[str] = mapped_column(default=State.DRAFT.value)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every save, so that a save on top of a newer one is noticed."""
    recorded_at: Mapped[datetime.datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime.datetime] = mapped_column(Moment, index=True)
    submitted_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    decided_at: Mapped[datetime.datetime | None] = mapped_column(Moment, default=None)
    rejection_reason: Mapped[str] = mapped_column(default="")
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True, default=None)
    """Who works on it for the coalition."""
    review_due: Mapped[datetime.date | None] = mapped_column(default=None)
    """The day by which it should be decided."""
    same_as_id: Mapped[str | None] = mapped_column(
        ForeignKey("incident.id", ondelete="SET NULL"), index=True, default=None
    )
    """The incident that this one is counted with, while its state is "duplicate"."""
    verification: Mapped[str] = mapped_column(default="")
    """A VerificationLevel, from the checks of the last decision; empty while nobody has checked."""
    late: Mapped[bool] = mapped_column(default=False)
    """Whether it was accepted after its data year had been frozen for a submission."""

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
    __table_args__ = (Index("ix_incident_consent_in_force", "incident_id", "purpose", "withdrawn_at"),)

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
    verdict: Mapped[str] = mapped_column(default="")
    """Of a proposed decision: which step it should be."""
    other_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id", ondelete="SET NULL"), default=None)
    """Of a link, or of a proposal for one: the record that it is counted with."""
    before: Mapped[str] = mapped_column(default="")
    """The state that the step led away from; empty for steps from before this was kept."""
    notes: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: why the person found what they found, as JSON by test."""
    independent: Mapped[str] = mapped_column(default="")
    """Of a decision: whether two sources that do not depend on each other say so, as a Finding."""
    verification: Mapped[str] = mapped_column(default="")
    """Of a decision: the VerificationLevel that follows from its checks."""


class StepFinding(Base, kw_only=True):
    """One test of the criterion at a decision: what the software proposed and what the person found."""

    __tablename__ = "incident_step_finding"

    step_id: Mapped[str] = mapped_column(ForeignKey("incident_step.id", ondelete="CASCADE"), primary_key=True)
    test: Mapped[str] = mapped_column(primary_key=True)
    proposed: Mapped[str]
    found: Mapped[str]


class StepSource(Base, kw_only=True):
    """One source at a decision: what the reviewer checked of it, each as a Finding; empty means not looked at."""

    __tablename__ = "incident_step_source"

    step_id: Mapped[str] = mapped_column(ForeignKey("incident_step.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """Of the source among the record's sources then, from 0."""
    kind: Mapped[str]
    """Of the source then."""
    fact: Mapped[str]
    """Whether it tells of what happened, not of an opinion."""
    live: Mapped[str]
    """Whether it can still be found where it is said to be."""
    published: Mapped[str]
    """Whether anybody can read it."""


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

SCALARS = (
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
"""The facts that are one value each, by their columns; a date is in three."""


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
def sealed_columns(mapped: type[Base]) -> frozenset[str]:
    """Return the names of the columns of a table that are sealed."""
    return frozenset(column.name for column in mapped.__table__.columns if isinstance(column.type, LargeBinary))


def place_of(mapped: type[Base], column: str, row: object = "") -> str:
    """Name the place of a value: table, column, and which row of the incident."""
    return f"{mapped.__tablename__}.{column}/{row}"


def _opened(box: _Box, part: Part) -> dict[str, Any]:
    """Return the values of a part's own columns."""
    mapped = type(part)
    sealed = sealed_columns(mapped)
    values = {name: getattr(part, name) for name in _own_columns(mapped)}
    return {
        name: box.open(place_of(mapped, name, part.position), value) if name in sealed else value
        for name, value in values.items()
    }


@cache
def _own_columns(mapped: type[Part]) -> tuple[str, ...]:
    return tuple(column.name for column in mapped.__table__.columns if column.name not in {"incident_id", "position"})


def opened_text(incident: Incident, column: str) -> str:
    """Return one sealed text of an incident, such as its municipality."""
    return _box_of(incident).open(place_of(Incident, column), getattr(incident, column))


def listed_text(incident: Incident, column: str) -> str:
    """Return one sealed text for a list: empty where its key is missing, so that one record does not hide others."""
    try:
        return opened_text(incident, column)
    except KeyMissing:
        return ""


@cache
def _queries_for_parts() -> tuple[tuple[str, Select[Any]], ...]:
    """Return the query for each kind of part of one incident, made once: making them takes longer than asking them."""
    kinds = [(part.key, part.property.mapper.class_) for part in PARTS]
    return tuple(
        (key, select(kind).where(kind.incident_id == bindparam("incident_id")).order_by(kind.position))
        for key, kind in kinds
    )


def _read_parts(incident: Incident) -> None:
    """Read the parts of one incident that were not read yet; several times as fast as by way of its attributes."""
    session, standing = object_session(incident), inspect(incident)
    if session is None or not standing.persistent:
        return
    missing = standing.unloaded
    for key, query in _queries_for_parts():
        if key in missing:
            set_committed_value(incident, key, session.scalars(query, {"incident_id": incident.id}).all())


def agreed_to(incident: Incident, purpose: Purpose) -> bool:
    """Tell whether an incident may be used for a purpose, as its facts do, without opening any text of it."""
    given = frozenset(part.purpose for part in incident.consents if part.withdrawn_at is None)
    return Facts(basis=incident.basis, consents=given).allows(purpose)


def facts_of(incident: Incident) -> Facts:
    """Return the facts that an incident's rows hold; its texts are empty once its key was destroyed."""
    _read_parts(incident)
    box = _box_of(incident)
    sealed = sealed_columns(Incident)
    scalars: dict[str, Any] = {
        name: opened_text(incident, name) if name in sealed else getattr(incident, name) for name in SCALARS
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
    when, sealed = facts.date, sealed_columns(Incident)
    plain = {name: getattr(facts, name) for name in SCALARS}
    plain["consent_date"] = facts.consent_date.isoformat() if facts.consent_date else ""
    return {
        **{
            name: box.seal(place_of(Incident, name), value) if name in sealed else value
            for name, value in plain.items()
        },
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
    sealed = sealed_columns(mapped)
    return {
        name: box.seal(place_of(mapped, name, row), str(value)) if name in sealed else value
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
    place = place_of(IncidentConsent, "given_on", part.position)
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
        own = (part.giver, part.way, box.open(place_of(IncidentConsent, "given_on", part.position), part.given_on))
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
        day = box.seal(
            place_of(IncidentConsent, "given_on", position), row.given_on.isoformat() if row.given_on else ""
        )
        incident.consents.append(IncidentConsent(position=position, **{**vars(row), "given_on": day}))
    session.flush()


def store_facts(session: Session, incident: Incident, facts: Facts, by: str | None = None) -> None:
    """Make an incident's rows hold these facts and nothing else; consents that it no longer has stay as proof.

    `by` is the account that says so, None for the command line; `changed_at` of the incident is when.
    """
    _read_parts(incident)
    box = _box_of(incident)
    _store_consents(incident, box, facts, by)
    for name, value in _scalars(box, facts).items():
        setattr(incident, name, value)
    rows = _part_rows(facts)
    replaced = [part for part in PARTS if part.key != Incident.consents.key]
    for part in replaced:
        setattr(incident, part.key, [])
    # Old parts go before new ones come: both use the same positions as their key.
    session.flush()
    for part in replaced:
        mapped = part.property.mapper.class_
        new = [mapped(position=n, **_sealed(box, mapped, n, row)) for n, row in enumerate(rows[mapped])]
        setattr(incident, part.key, new)
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
    reviewer_id: str | None = None
    review_due: datetime.date | None = None
    verification: str = ""
    steps: tuple[dict[str, object], ...] = ()
    """Columns of `Step` without the incident, the text in clear."""
    checks: tuple[dict[str, str], ...] = ()
    """Columns of `StepSource` of the last step, by the position of the source."""
    messages: tuple[dict[str, object], ...] = ()
    """Columns of `Message` without the incident, the text in clear; "answers" is the place of the question here."""
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
                "reviewer_id": new.reviewer_id,
                "review_due": new.review_due,
                "verification": new.verification,
                **_scalars(box, new.facts),
            }
        )
        for mapped, parts in _part_rows(new.facts).items():
            rows.setdefault(mapped, []).extend(
                {"incident_id": identity, "position": n, **_sealed(box, mapped, n, part), **_noted(mapped, new)}
                for n, part in enumerate(parts)
            )
        steps = [_step_row(box, step) for step in new.steps]
        rows.setdefault(Step, []).extend(steps)
        rows.setdefault(StepSource, []).extend(
            {"step_id": steps[-1]["id"], "position": position, **check} for position, check in enumerate(new.checks)
        )
        rows.setdefault(Message, []).extend(_message_rows(box, new.messages))
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


def _message_rows(box: _Box, messages: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return the rows of messages; one that answers comes after its question, or answers nothing."""
    rows: list[dict[str, object]] = []
    for message in messages:
        identity, values = new_id(), dict(message)
        place = values.pop("answers")
        known = isinstance(place, int) and place < len(rows)
        rows.append(
            {
                "id": identity,
                "reference": new_reference(),
                "incident_id": box.incident_id,
                "answers_id": rows[place]["id"] if known and isinstance(place, int) else None,
                **_sealed(box, Message, identity, values),
            }
        )
    return rows


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
    return [box.open(place_of(Step, "text", step.id), step.text) for step in steps]


def store_notes(incident: Incident, step: Step, notes: str) -> None:
    """Keep what a reviewer wrote to the tests with a step of an incident, sealed."""
    step.notes = _box_of(incident).seal(place_of(Step, "notes", step.id), notes) if notes else b""


def notes_of_steps(incident: Incident, steps: Iterable[Step]) -> list[str]:
    """Return what a reviewer wrote to the tests at some steps of an incident, as JSON, in their order."""
    box = _box_of(incident)
    return [box.open(place_of(Step, "notes", step.id), step.notes) for step in steps]


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
    """Return the incident with this reference; locked, it waits for whoever changes it now and is as they left it.

    Its parts are read when they are asked for: whoever may not see it is refused before that.
    """
    query = select(Incident).where(Incident.reference == reference.upper())
    if lock:
        # SQLite has no row locks and needs none: whoever writes there holds the only write lock. What the session had
        # read before it waited may have changed meanwhile.
        query = query.with_for_update(of=Incident).execution_options(populate_existing=True)
    return session.scalar(query)


@dataclass(frozen=True)
class Filter:
    """Which incidents a list shows; None means all."""

    organisation_id: str | None = None
    states: tuple[str, ...] = ()
    year: int | None = None
    shared: bool = False
    """Only what the coalition may see: a member can take the consent back while a question waits."""
    references: tuple[str, ...] | None = None
    country: str = ""
    type: str = ""
    motivation: str = ""
    reviewer_id: str | None = None
    """Only what this person works on; empty for what nobody works on."""
    verification: str | None = None
    """A VerificationLevel, empty for what nobody has checked."""
    due_before: datetime.date | None = None
    """Only what is undecided and was to be decided before this day."""
    late: bool = False
    question: bool = False
    """Only what has a question that is not answered."""
    second: bool = False
    """Only what waits for a second person."""
    ids: tuple[str, ...] | None = None
    """Only these, such as what a search found; however many, they are one parameter of the query."""
    month: int | None = None
    """Only what happened in this month; 0 for what is known to the year only."""
    further: ColumnElement[bool] | None = field(default=None, compare=False)
    """What else has to hold, such as `coalition.db.readiness.condition`."""


def allowed(purpose: Purpose, of: type[Incident] = Incident) -> ColumnElement[bool]:
    """Say in SQL what `Facts.allows` says."""
    consented = select(IncidentConsent.incident_id).where(
        IncidentConsent.incident_id == of.id,
        IncidentConsent.purpose == purpose.value,
        IncidentConsent.withdrawn_at.is_(None),
    )
    by_consent = and_(of.basis == Basis.CONSENT.value, consented.exists())
    if purpose in TOWARDS_A_PERSON:
        return by_consent
    return (of.basis == Basis.PUBLIC_SOURCE.value) | by_consent


def may_leave(way: WayOut, of: type[Incident] = Incident) -> ColumnElement[bool]:
    """Say in SQL what `coalition.domain.consents.may_leave` says; `of` is an alias of the incidents that are asked."""
    return and_(*(allowed(purpose, of) for purpose in sorted(WAYS_OUT[way])))


_COUNTING = (State.ACCEPTED.value, State.DUPLICATE.value)
"""The states of the records through which an incident can count."""


@cache
def counted(way: WayOut) -> ColumnElement[bool]:
    """Say in SQL which record stands for an incident on a way out: `domain.same_incident.standing_for`.

    It is the accepted record that may take it. Where that one may not, it is the first of those that are counted with
    it, by time of linking. So nothing is counted twice, and nothing without its own person's consent.
    """
    principal, earlier = aliased(Incident), aliased(Incident)
    before = or_(
        earlier.decided_at < Incident.decided_at,
        and_(earlier.decided_at == Incident.decided_at, earlier.id < Incident.id),
    )
    vacant = select(principal.id).where(
        principal.id == Incident.same_as_id, principal.state == State.ACCEPTED.value, not_(may_leave(way, principal))
    )
    preceded = select(earlier.id).where(
        earlier.same_as_id == Incident.same_as_id,
        earlier.state == State.DUPLICATE.value,
        before,
        may_leave(way, earlier),
    )
    instead = and_(vacant.exists(), ~preceded.exists())
    # Both states first: so a query of some years finds them by the index of state and year.
    return and_(Incident.state.in_(_COUNTING), or_(Incident.state == State.ACCEPTED.value, instead), may_leave(way))


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    """Narrow a query of incidents; what is shared is asked row by row, which is fast for one page."""
    query = query.where(*_narrowing(wanted))
    return query.where(may_leave(WayOut.REVIEW)) if wanted.shared else query


def _narrowing(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Yield what a filter asks for, but for what is shared."""
    if wanted.organisation_id is not None:
        yield Incident.organisation_id == wanted.organisation_id
    if wanted.states:
        yield _in_states(wanted.states)
    if wanted.year is not None:
        yield Incident.year == wanted.year
    if wanted.month is not None:
        yield Incident.month == wanted.month if wanted.month else Incident.month.is_(None)
    if wanted.further is not None:
        yield wanted.further
    if wanted.ids is not None:
        yield among(Incident.id, wanted.ids)
    if wanted.references is not None:
        yield among(Incident.reference, wanted.references)
    yield from _of_what_happened(wanted)
    yield from _of_reviewing(wanted)


def _in_states(states: Collection[str]) -> ColumnElement[bool]:
    others = sorted(set(State) - set(states))
    # Nearly all states are asked for as "none of the few others": no index of states is of help then, and a database
    # that does not look for one follows the order of the list.
    return Incident.state.not_in(others) if len(others) < len(states) else Incident.state.in_(states)


def _of_what_happened(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Yield what a filter asks for of the facts."""
    if wanted.country:
        yield Incident.country == wanted.country
    if wanted.type:
        yield Incident.type == wanted.type
    if wanted.motivation:
        yield _has_motivation(wanted.motivation)


def _of_reviewing(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Yield what a filter asks for about who works on an incident and how far it is."""
    if wanted.reviewer_id is not None:
        yield Incident.reviewer_id == wanted.reviewer_id if wanted.reviewer_id else Incident.reviewer_id.is_(None)
    if wanted.verification is not None:
        yield Incident.verification == wanted.verification
    if wanted.due_before is not None:
        yield and_(Incident.state.in_([state.value for state in UNDECIDED]), Incident.review_due < wanted.due_before)
    if wanted.late:
        yield Incident.late.is_(True)
    if wanted.question:
        yield has_open_question()
    if wanted.second:
        yield _waits_for_second()


def _has_motivation(code: str) -> ColumnElement[bool]:
    return Incident.id.in_(select(IncidentMotivation.incident_id).where(IncidentMotivation.code == code))


def has_open_question() -> ColumnElement[bool]:
    """Say in SQL that the member owes an answer: to the question with which it came back, or to another."""
    question, answer = aliased(Message), aliased(Message)
    answered = select(answer.id).where(answer.answers_id == question.id).exists()
    asked = select(question.incident_id).where(question.kind == "question", question.inside.is_(False), ~answered)
    return (Incident.state == State.RETURNED.value) | Incident.id.in_(asked)


def _waits_for_second() -> ColumnElement[bool]:
    """Say in SQL that a decision is proposed and stands: while a record is in review, any other step ends that."""
    proposal, later = aliased(Step), aliased(Step)
    after_it = (later.at > proposal.at) | ((later.at == proposal.at) & (later.id > proposal.id))
    followed = select(later.id).where(later.incident_id == proposal.incident_id, after_it).exists()
    proposed = select(proposal.incident_id).where(proposal.step == "propose", ~followed)
    return and_(Incident.state == State.IN_REVIEW.value, Incident.id.in_(proposed))


def list_incidents(  # noqa: PLR0913 - a list is asked for in one way
    session: Session,
    wanted: Filter,
    *,
    oldest_first: bool = False,
    offset: int = 0,
    limit: int = 50,
    total: int | None = None,
) -> list[Incident]:
    """Return one page of incidents; newest change first, or for a queue the longest waiting first.

    Whoever knows how many there are says so: the second half of a long list is then read from its end.
    """
    backwards = total is not None and offset > total // 2
    if backwards and total is not None:
        limit = max(min(limit, total - offset), 0)
        offset = total - offset - limit
    # Only the page's own rows are read whole: those before it are counted past in the index.
    chosen = _filtered(select(Incident.id), wanted).order_by(*_order(oldest_first=oldest_first, backwards=backwards))
    ids = list(session.scalars(chosen.offset(offset).limit(limit)))
    rows = select(Incident).where(Incident.id.in_(ids)).options(selectinload(Incident.motivations))
    found = {incident.id: incident for incident in _with_keys(session, session.scalars(rows))}
    return [found[identity] for identity in (reversed(ids) if backwards else ids)]


def _order(*, oldest_first: bool, backwards: bool = False) -> list[UnaryExpression[Any]]:
    columns = [Incident.submitted_at, Incident.id] if oldest_first else [Incident.changed_at, Incident.id]
    return [column.asc() if oldest_first is not backwards else column.desc() for column in columns]


def listed_incidents(session: Session, wanted: Filter, *, whole: bool = False) -> list[Incident]:
    """Return all incidents that a filter lets through, where need be with all their parts, in no order."""
    query = _filtered(select(Incident), wanted)
    return _with_keys(session, session.scalars(_whole(query) if whole else query))


def listed_references(session: Session, wanted: Filter, *, oldest_first: bool = False, limit: int) -> list[str]:
    """Return the references that a list would show, in its order."""
    query = _filtered(select(Incident.reference), wanted).order_by(*_order(oldest_first=oldest_first))
    return list(session.scalars(query.limit(limit)))


def neighbours(session: Session, wanted: Filter, reference: str, *, oldest_first: bool = False) -> tuple[str, str]:
    """Return the references before and after a record in a list, each empty where there is none.

    The record itself need not be in the list any more: it is asked where it would stand.
    """
    moment = Incident.submitted_at if oldest_first else Incident.changed_at
    here = session.execute(select(moment, Incident.id).where(Incident.reference == reference.upper())).one_or_none()
    if here is None or here[0] is None:
        return "", ""
    at, identity = here
    query = _filtered(select(Incident.reference), wanted)
    later = (moment > at) | ((moment == at) & (Incident.id > identity))
    earlier = (moment < at) | ((moment == at) & (Incident.id < identity))
    above, below = (earlier, later) if oldest_first else (later, earlier)
    before = query.where(above).order_by(*_order(oldest_first=oldest_first, backwards=True))
    after = query.where(below).order_by(*_order(oldest_first=oldest_first))
    return session.scalar(before.limit(1)) or "", session.scalar(after.limit(1)) or ""


def years_listed(session: Session, wanted: Filter) -> tuple[int, ...]:
    """Return the data years of which a list would show anything, the latest first."""
    states = sorted(wanted.states or State)
    known = select(Incident.year).where(Incident.year.is_not(None), Incident.state.in_(states)).distinct()
    years = sorted((year for year in session.scalars(known) if year), reverse=True)
    # Asked year by year: one record of each is enough, and no list has many years.
    asked = {year: _filtered(select(Incident.id), replace(wanted, year=year)).limit(1) for year in years}
    return tuple(year for year in years if session.scalar(asked[year]) is not None)


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


def accepted_incidents(session: Session, year: int, batch: int = 500) -> Iterator[Candidate]:
    """Yield the accepted incidents of which any record belongs to a year, a batch at a time.

    With each come the records that are counted with it, whatever their year: which of them stands for the incident,
    and so in which year it counts, differs by way out (`coalition.domain.same_incident`).
    """
    ids = sorted(accepted_months(session, year))
    for start in range(0, len(ids), batch):
        chosen = ids[start : start + batch]
        query = _whole(select(Incident).where(among(Incident.id, chosen)).order_by(Incident.id))
        found = _with_keys(session, session.scalars(query))
        linked = _linked_candidates(session, chosen)
        for incident in found:
            yield _candidate(session, incident, tuple(linked.get(incident.id, ())))


def accepted_months(session: Session, year: int) -> dict[str, int | None]:
    """Return the accepted incidents of which any record belongs to a year, each with its own month.

    Two queries, each by an index.
    """
    linked = aliased(Incident)
    own = select(Incident.id, Incident.month).where(
        Incident.state == State.ACCEPTED.value, Incident.year == year, may_leave(WayOut.REVIEW)
    )
    elsewhere = (
        select(Incident.id, Incident.month)
        .join(linked, linked.same_as_id == Incident.id)
        .where(linked.state == State.DUPLICATE.value, linked.year == year, Incident.state == State.ACCEPTED.value)
    )
    return {identity: month for query in (own, elsewhere) for identity, month in session.execute(query)}


def _linked_candidates(session: Session, principals: Collection[str]) -> dict[str, list[Candidate]]:
    """Return the records that are counted with some incidents, in the order in which they were linked."""
    query = (
        select(Incident)
        .where(Incident.same_as_id.in_(principals), Incident.state == State.DUPLICATE.value)
        .order_by(Incident.decided_at, Incident.id)
    )
    linked: dict[str, list[Candidate]] = {}
    for incident in _with_keys(session, session.scalars(_whole(query))):
        linked.setdefault(incident.same_as_id or "", []).append(_candidate(session, incident))
    return linked


def _candidate(session: Session, incident: Incident, linked: tuple[Candidate, ...] = ()) -> Candidate:
    found = Candidate(
        facts_of(incident), incident.organisation.name, incident.id, linked, verification=incident.verification
    )
    # Let it go at once: a year may hold more incidents than memory should.
    session.expunge(incident)
    return found


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
    """Return the accepted, typed incidents of some years that may be counted in statistics, each once."""
    of_years = Incident.year.between(first_year, last_year)
    query = select(Incident.id, Incident.year, Incident.month, Incident.country, Incident.type)
    rows = session.execute(query.where(Incident.type != "", of_years, counted(WayOut.STATISTICS))).all()
    # Of all the years' incidents: which of them count is asked once, because that takes longer.
    marks: dict[str, list[str]] = {row.id: [] for row in rows}
    motivations = select(IncidentMotivation.incident_id, IncidentMotivation.code).join(
        Incident, Incident.id == IncidentMotivation.incident_id
    )
    for identity, code in session.execute(motivations.where(of_years, Incident.state.in_(_COUNTING))):
        if identity in marks:
            marks[identity].append(code)
    return [CountedRow(row.year, row.month, row.country, row.type, tuple(marks[row.id])) for row in rows]


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
    handed_in = Incident.state.not_in((State.DRAFT.value, State.REJECTED.value))
    query = (
        select(Incident)
        .where(Incident.country == country, Incident.year.in_({month // 12 for month in months}))
        .where((Incident.year * 12 + Incident.month - 1).in_(months))
        .where(own | and_(handed_in, may_leave(WayOut.REVIEW)))
        .options(selectinload(Incident.motivations))
    )
    return _with_keys(session, session.scalars(query))


def steps_of(session: Session, incident_id: str) -> list[Step]:
    """Return the steps of an incident, oldest first."""
    return list(session.scalars(select(Step).where(Step.incident_id == incident_id).order_by(Step.at, Step.id)))


def checks_of(session: Session, step_ids: Iterable[str]) -> dict[str, list[StepSource]]:
    """Return what was checked of the sources at some steps, by step, in the order of the sources."""
    found: dict[str, list[StepSource]] = {}
    query = select(StepSource).where(StepSource.step_id.in_(list(step_ids))).order_by(StepSource.position)
    for check in session.scalars(query):
        found.setdefault(check.step_id, []).append(check)
    return found


def findings_of(session: Session, step_ids: Iterable[str]) -> dict[str, list[StepFinding]]:
    """Return the findings of some steps, by step."""
    found: dict[str, list[StepFinding]] = {}
    for finding in session.scalars(select(StepFinding).where(StepFinding.step_id.in_(list(step_ids)))):
        found.setdefault(finding.step_id, []).append(finding)
    return found

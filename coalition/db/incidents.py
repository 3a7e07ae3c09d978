"""Incidents: the mapped classes, the way between rows and facts, and the queries."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, UniqueConstraint, and_, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from coalition.db.base import Base, new_id, new_reference
from coalition.db.organisations import Organisation
from coalition.db.types import Moment
from coalition.domain.incidents import Facts, Indicator, PartialDate, Perpetrators, Source, Victims
from coalition.domain.vocabulary import Basis, Purpose, State


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
    time: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    municipality: Mapped[str] = mapped_column(default="")
    location_type: Mapped[str] = mapped_column(default="")
    chosen_type: Mapped[str] = mapped_column(default="")
    type: Mapped[str] = mapped_column(default="")
    """The type that counts, kept beside the facts it follows from so that queries can use it."""
    case_status: Mapped[str] = mapped_column(default="")
    reason_not_reported: Mapped[str] = mapped_column(default="")
    authorities_response: Mapped[str] = mapped_column(default="")
    impact: Mapped[str] = mapped_column(default="")
    own_reference: Mapped[str] = mapped_column(default="")
    narrative: Mapped[str] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")
    consent_way: Mapped[str] = mapped_column(default="")
    consent_date: Mapped[datetime.date | None] = mapped_column(default=None)

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
    note: Mapped[str]
    observer: Mapped[str]


class IncidentVictims(Part, kw_only=True):
    """One line of victims."""

    __tablename__ = "incident_victims"
    kind: Mapped[str]
    number: Mapped[int | None]
    gender: Mapped[str]
    age_band: Mapped[str]
    link: Mapped[str]
    injury: Mapped[str]


class IncidentPerpetrators(Part, kw_only=True):
    """One line of perpetrators, never a name."""

    __tablename__ = "incident_perpetrators"
    number: Mapped[int | None]
    gender: Mapped[str]
    age_band: Mapped[str]
    relation: Mapped[str]


class IncidentSource(Part, kw_only=True):
    """One source of information."""

    __tablename__ = "incident_source"
    kind: Mapped[str]
    name: Mapped[str]
    reference: Mapped[str]


class IncidentDescription(Part, kw_only=True):
    """The public description in one language."""

    __tablename__ = "incident_description"
    language: Mapped[str]
    text: Mapped[str]


class IncidentConsent(Part, kw_only=True):
    """One purpose consented to. The policy text that was shown is known by its version."""

    __tablename__ = "incident_consent"
    purpose: Mapped[str]
    text_version: Mapped[str]


class Step(Base, kw_only=True):
    """One step in the life of an incident: who did what when, with the words and findings that go with it."""

    __tablename__ = "incident_step"
    __table_args__ = (Index("ix_incident_step_incident_id_at", "incident_id", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    step: Mapped[str]
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    at: Mapped[datetime.datetime] = mapped_column(Moment)
    text: Mapped[str] = mapped_column(default="")
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


PARTS = (
    Incident.offences,
    Incident.motivations,
    Incident.indicators,
    Incident.victims,
    Incident.perpetrators,
    Incident.sources,
    Incident.descriptions,
    Incident.consents,
)

CONSENT_TEXT_VERSION = "2026.1"
"""Version of the words in which consent is asked for; stored with every consent (GDPR Art. 7(1))."""

_SCALARS = (
    "time",
    "country",
    "region",
    "municipality",
    "location_type",
    "chosen_type",
    "case_status",
    "reason_not_reported",
    "authorities_response",
    "impact",
    "own_reference",
    "narrative",
    "basis",
    "consent_way",
    "consent_date",
)


def _date_of(incident: Incident) -> PartialDate | None:
    return PartialDate(incident.year, incident.month, incident.day) if incident.year else None


def facts_of(incident: Incident) -> Facts:
    """Return the facts that an incident's rows hold."""
    return Facts(
        date=_date_of(incident),
        offences=tuple(part.code for part in incident.offences),
        motivations=tuple(part.code for part in incident.motivations),
        indicators=tuple(Indicator(part.code, part.note, part.observer) for part in incident.indicators),
        victims=tuple(
            Victims(part.kind, part.number, part.gender, part.age_band, part.link, part.injury)
            for part in incident.victims
        ),
        perpetrators=tuple(
            Perpetrators(part.number, part.gender, part.age_band, part.relation) for part in incident.perpetrators
        ),
        sources=tuple(Source(part.kind, part.name, part.reference) for part in incident.sources),
        descriptions={part.language: part.text for part in incident.descriptions},
        consents=frozenset(part.purpose for part in incident.consents),
        **{name: getattr(incident, name) for name in _SCALARS},
    )


def _scalars(facts: Facts) -> dict[str, object]:
    when = facts.date
    return {
        **{name: getattr(facts, name) for name in _SCALARS},
        "year": when.year if when else None,
        "month": when.month if when else None,
        "day": when.day if when else None,
        "type": facts.type.value if facts.type else "",
    }


def _part_rows(facts: Facts) -> dict[type[Part], list[dict[str, object]]]:
    described = [(language, text) for language, text in sorted(facts.descriptions.items()) if text.strip()]
    return {
        IncidentOffence: [{"code": code} for code in facts.offences],
        IncidentMotivation: [{"code": code} for code in facts.motivations],
        IncidentIndicator: [asdict(item) for item in facts.indicators],
        IncidentVictims: [asdict(item) for item in facts.victims],
        IncidentPerpetrators: [asdict(item) for item in facts.perpetrators],
        IncidentSource: [asdict(item) for item in facts.sources],
        IncidentDescription: [{"language": language, "text": text} for language, text in described],
        IncidentConsent: [
            {"purpose": purpose, "text_version": CONSENT_TEXT_VERSION} for purpose in sorted(facts.consents)
        ],
    }


def store_facts(session: Session, incident: Incident, facts: Facts) -> None:
    """Make an incident's rows hold these facts and nothing else."""
    for name, value in _scalars(facts).items():
        setattr(incident, name, value)
    # A consent keeps the version of the words that were shown when it was given (GDPR Art. 7(1)).
    shown = {part.purpose: part.text_version for part in incident.consents}
    rows = _part_rows(facts)
    for row in rows[IncidentConsent]:
        row["text_version"] = shown.get(str(row["purpose"]), CONSENT_TEXT_VERSION)
    for attribute in PARTS:
        mapped = attribute.property.mapper.class_
        setattr(incident, attribute.key, [])
        # Old parts go before new ones come: both use the same positions as their key.
        session.flush()
        setattr(incident, attribute.key, [mapped(position=n, **row) for n, row in enumerate(rows[mapped])])
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
    """Columns of `Step` without the incident."""
    digest: str = ""
    """Of the imported row; empty for an incident that was not imported."""
    occurrence: int = 0


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
    for new in incidents:
        identity, reference = new_id(), new_reference()
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
                **_scalars(new.facts),
            }
        )
        for mapped, parts in _part_rows(new.facts).items():
            rows.setdefault(mapped, []).extend(
                {"incident_id": identity, "position": n, **part} for n, part in enumerate(parts)
            )
        rows.setdefault(Step, []).extend({"id": new_id(), "incident_id": identity, **step} for step in new.steps)
        if new.digest:
            origin = {
                "organisation_id": new.organisation_id,
                "digest": new.digest,
                "occurrence": new.occurrence,
            }
            rows.setdefault(ImportedRow, []).append({"incident_id": identity, **origin})
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)
    return [str(row["reference"]) for row in rows[Incident]]


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
    """Say in SQL what `Facts.allows` says, for purposes that a public source allows."""
    consented = select(IncidentConsent.incident_id).where(
        IncidentConsent.incident_id == Incident.id, IncidentConsent.purpose == purpose.value
    )
    return (Incident.basis == Basis.PUBLIC_SOURCE.value) | and_(
        Incident.basis == Basis.CONSENT.value, consented.exists()
    )


def _filtered(query: Select[Incident], wanted: Filter) -> Select[Incident]:
    if wanted.organisation_id is not None:
        query = query.where(Incident.organisation_id == wanted.organisation_id)
    if wanted.states:
        query = query.where(Incident.state.in_(wanted.states))
    if wanted.year is not None:
        query = query.where(Incident.year == wanted.year)
    if wanted.shared:
        query = query.where(_allowed(Purpose.SHARE_COALITION))
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
    return list(session.scalars(query.offset(offset).limit(limit)))


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


def accepted_incidents(session: Session, year: int, batch: int = 500) -> Iterator[tuple[Facts, str]]:
    """Yield (facts, member's name) of a year's accepted incidents, a batch at a time."""
    last = ""
    while True:
        wanted = Filter(states=(State.ACCEPTED.value,), year=year, shared=True)
        query = _filtered(select(Incident), wanted).where(Incident.id > last)
        found = list(session.scalars(_whole(query.order_by(Incident.id).limit(batch))))
        if not found:
            return
        last = found[-1].id
        for incident in found:
            yield facts_of(incident), incident.organisation.name
            # Let it go at once: a year may hold more incidents than memory should.
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
        .where(Incident.state == State.ACCEPTED.value, Incident.type != "", _allowed(Purpose.STATISTICS))
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


def count_look_alikes(session: Session, incident: Incident) -> int:
    """Count the other shared records of the same month, country, type and first motivation."""
    found = _alike(incident).with_only_columns(Incident.id).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def list_look_alikes(session: Session, incident: Incident, limit: int) -> list[Incident]:
    """Return the oldest of these records."""
    query = _alike(incident).options(selectinload(Incident.motivations))
    return list(session.scalars(query.order_by(Incident.recorded_at, Incident.id).limit(limit)))


def _alike(incident: Incident) -> Select[Incident]:
    first = incident.motivations[0].code if incident.motivations else ""
    return (
        select(Incident)
        .join(IncidentMotivation, IncidentMotivation.incident_id == Incident.id)
        .where(IncidentMotivation.code == first, Incident.id != incident.id)
        .where(Incident.state.in_((State.SUBMITTED.value, State.RETURNED.value, State.ACCEPTED.value)))
        .where(Incident.year == incident.year, Incident.month == incident.month)
        .where(Incident.country == incident.country, Incident.type == incident.type)
        .where(_allowed(Purpose.SHARE_COALITION))
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

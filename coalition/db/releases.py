"""What left, with which incidents, and the corrections that a withdrawn consent calls for.

A release is anything frozen: a submission or a report that was built, a summary that was published. It keeps its
numbers for ever; the rows that say which incidents were in it go with the incident.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, func, insert, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, aliased, mapped_column

from coalition.db.among import among
from coalition.db.base import Base, new_id, new_reference
from coalition.db.incidents import Incident, may_leave
from coalition.db.keys import Keys, keys_of
from coalition.db.summaries import current_publications
from coalition.db.types import Moment
from coalition.domain.consents import Included, Kind, Mending, Part, way_of
from coalition.domain.vocabulary import Purpose
from coalition.encryption import seal_text

_AT_ONCE = 500


class Release(Base, kw_only=True):
    """One file or page that left, frozen as it was."""

    __tablename__ = "release"
    __table_args__ = (Index("ix_release_kind_year", "kind", "year"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    kind: Mapped[str]
    year: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), default=None)
    publication_id: Mapped[str | None] = mapped_column(ForeignKey("publication.id", ondelete="SET NULL"), default=None)
    language: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(default="")
    """SHA-256 of the file: equal for what was built twice without a change between."""
    purpose: Mapped[str | None] = mapped_column(default=None)
    """Of a submission: the consent that its profile asked for; None for the one to ODIHR."""
    incidents: Mapped[int] = mapped_column(default=0)
    """How many incidents it counts or holds."""
    with_own_record: Mapped[int] = mapped_column(default=0)
    """How many of them have a row or a description of their own."""


class ReleaseIncident(Base, kw_only=True):
    """One incident in a release. It goes with the incident; the numbers of the release stay."""

    __tablename__ = "release_incident"

    release_id: Mapped[str] = mapped_column(ForeignKey("release.id", ondelete="CASCADE"), primary_key=True)
    incident_id: Mapped[str] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    part: Mapped[str]
    number: Mapped[int | None] = mapped_column(default=None)
    """The record's number in the file, where records are numbered."""
    cells: Mapped[bytes | None] = mapped_column(default=None)
    """Sealed: what a submission says of the incident, by column. None where nothing but a count left."""


class Correction(Base, kw_only=True):
    """Something about a release that has to be mended. It says nothing of the case and outlives it."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("release_id", "incident_id", "mending"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    release_id: Mapped[str] = mapped_column(ForeignKey("release.id", ondelete="CASCADE"), index=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id", ondelete="SET NULL"), index=True)
    part: Mapped[str]
    number: Mapped[int | None]
    mending: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    outcome: Mapped[str] = mapped_column(default="")
    """How it was closed, as a code; empty while it is open."""


@dataclass(frozen=True)
class Link:
    """One incident in one release."""

    release: Release
    part: Part
    number: int | None


def is_outdated(session: Session, job_id: str) -> bool:
    """Tell whether something in a job's files, or in equal files, had to be mended since, sent or not."""
    return _has_corrections(session, Release.job_id, job_id)


def is_release_outdated(session: Session, release_id: str) -> bool:
    """Tell the same of a release."""
    return _has_corrections(session, Release.id, release_id)


def _has_corrections(session: Session, known_by: InstrumentedAttribute[Any], value: str) -> bool:
    mine, same = aliased(Release), aliased(Release)
    query = (
        select(Correction.id)
        .join(same, same.id == Correction.release_id)
        .join(mine, (mine.id == same.id) | ((mine.kind == same.kind) & (mine.fingerprint == same.fingerprint)))
        .where(getattr(mine, known_by.key) == value, mine.at <= Correction.opened_at)
        .where((mine.id == same.id) | (mine.fingerprint != ""))
    )
    return session.scalar(query.limit(1)) is not None


def is_submitted(session: Session, year: int, purpose: Purpose = Purpose.ODIHR) -> bool:
    """Tell whether a submission of a data year was made for the bodies that a consent is about."""
    query = select(Release.id).where(_submission_for(purpose), Release.year == year)
    return session.scalar(query.limit(1)) is not None


def was_submitted(session: Session, incident_id: str, purpose: Purpose = Purpose.ODIHR) -> bool:
    """Tell whether an incident left already in a submission for the bodies that a consent is about."""
    query = select(ReleaseIncident.release_id).join(Release, Release.id == ReleaseIncident.release_id)
    query = query.where(ReleaseIncident.incident_id == incident_id, _submission_for(purpose))
    return session.scalar(query.limit(1)) is not None


def _submission_for(purpose: Purpose) -> ColumnElement[bool]:
    known = Release.purpose == purpose.value
    to_it = or_(known, Release.purpose.is_(None)) if purpose is Purpose.ODIHR else known
    return and_(Release.kind == Kind.SUBMISSION.value, to_it)


def existing_of(session: Session, incident_ids: Collection[str]) -> set[str]:
    """Return those of some incidents that are still there."""
    return set(session.scalars(select(Incident.id).where(among(Incident.id, incident_ids))))


def add_links(session: Session, release: Release, included: Iterable[Included]) -> Iterator[tuple[Included, bool]]:
    """Keep which incidents are in a release, some at a time; what was said of each is sealed with its own key.

    Yields each, and whether it is still there: what was erased meanwhile cannot be linked.
    """
    keys, items = keys_of(session), iter(included)
    while some := list(islice(items, _AT_ONCE)):
        there = existing_of(session, [item.incident for item in some])
        keys.load(there)
        if rows := [_link_row(keys, release, item) for item in some if item.incident in there]:
            session.execute(insert(ReleaseIncident), rows)
        # A submission may hold more incidents than memory should.
        keys.forget(there)
        yield from ((item, item.incident in there) for item in some)


def _link_row(keys: Keys, release: Release, item: Included) -> dict[str, object]:
    key = keys.of(item.incident) if item.cells is not None else None
    said = json.dumps(item.cells, ensure_ascii=False, separators=(",", ":"))
    return {
        "release_id": release.id,
        "incident_id": item.incident,
        "part": item.part.value,
        "number": item.number,
        "cells": seal_text(key, said, _place_of_cells(release.id, item.incident)) if key else None,
    }


def _place_of_cells(release_id: str, incident_id: str) -> str:
    # As every sealed value is placed, so that renewing a key finds it: `coalition.db.resealing`.
    return f"release_incident.cells/{release_id}:{incident_id}"


def cells_of(session: Session, row: ReleaseIncident) -> dict[str, str]:
    """Return what a submission said of an incident, by field; empty where nothing was kept or its key is destroyed."""
    if not row.cells or keys_of(session).of(row.incident_id) is None:
        return {}
    about = _place_of_cells(row.release_id, row.incident_id)
    found: dict[str, str] = json.loads(keys_of(session).unseal(row.incident_id, row.cells, about))
    return found


def links_without_consent(session: Session, release: Release) -> list[Included]:
    """Return what is in a release although it may not leave any more: consent was withdrawn while it was made."""
    purpose = purpose_of(release)
    forbidden = or_(
        *(and_(ReleaseIncident.part == part.value, not_(may_leave(way_of(part, purpose)))) for part in Part),
    )
    query = (
        select(ReleaseIncident)
        .join(Incident, Incident.id == ReleaseIncident.incident_id)
        .where(ReleaseIncident.release_id == release.id, forbidden)
    )
    return [Included(row.incident_id, Part(row.part), row.number) for row in session.scalars(query)]


def purpose_of(release: Release) -> Purpose:
    """Return the consent that the profile of a submission asked for; of anything else it means nothing."""
    return Purpose(release.purpose) if release.purpose else Purpose.ODIHR


def links_of(session: Session, incident_id: str) -> list[Link]:
    """Return everything that stands as it left with an incident in it, the latest first.

    Files stand for ever, what was built twice without a change between once; of summaries only those that are
    public now.
    """
    public = current_publications().scalar_subquery()
    query = (
        select(ReleaseIncident, Release)
        .join(Release, Release.id == ReleaseIncident.release_id)
        .where(ReleaseIncident.incident_id == incident_id)
        .where(or_(Release.kind != Kind.SUMMARY.value, Release.publication_id.in_(public)))
        .order_by(Release.at.desc(), Release.id.desc())
    )
    found: dict[tuple[object, ...], Link] = {}
    for row, release in session.execute(query):
        same = (release.kind, release.year, release.language, release.fingerprint or release.id)
        found.setdefault(same, Link(release, Part(row.part), row.number))
    return list(found.values())


def corrections_of(session: Session, incident_id: str) -> list[Correction]:
    """Return every correction about an incident."""
    return list(session.scalars(select(Correction).where(Correction.incident_id == incident_id)))


@dataclass(frozen=True)
class CorrectionRow:
    """A correction with the release that it is about."""

    correction: Correction
    release: Release


def open_corrections(session: Session) -> list[CorrectionRow]:
    """Return the corrections that nobody has dealt with, the oldest first."""
    query = (
        select(Correction, Release)
        .join(Release, Release.id == Correction.release_id)
        .where(Correction.closed_at.is_(None))
        .order_by(Correction.opened_at, Release.at, Correction.id)
    )
    return [CorrectionRow(correction, release) for correction, release in session.execute(query)]


def correction_with_reference(session: Session, reference: str, *, lock: bool = False) -> CorrectionRow | None:
    """Return a correction; locked, it waits for whoever closes it now."""
    query = (
        select(Correction, Release)
        .join(Release, Release.id == Correction.release_id)
        .where(Correction.reference == reference.upper())
    )
    row = session.execute(query.with_for_update(of=Correction) if lock else query).first()
    return CorrectionRow(*row) if row else None


def open_corrections_of_summaries(session: Session, year: int) -> list[Correction]:
    """Return the open corrections about the published summaries of a year."""
    query = (
        select(Correction)
        .join(Release, Release.id == Correction.release_id)
        .where(Release.kind == Kind.SUMMARY.value, Release.year == year, Correction.closed_at.is_(None))
    )
    return list(session.scalars(query))


def outdated_summaries(session: Session) -> dict[int, int]:
    """Return, by year, how many incidents have to go from the published figures when the year is published again."""
    query = (
        select(Release.year, func.count().label("number"))
        .join(Correction, Correction.release_id == Release.id)
        .where(Correction.closed_at.is_(None), Correction.mending == Mending.RECOUNT.value)
        .where(Release.publication_id.in_(current_publications().scalar_subquery()))
        .group_by(Release.year)
    )
    return {row.year: row.number for row in session.execute(query)}

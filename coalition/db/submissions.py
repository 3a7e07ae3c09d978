"""The versions of a year's submission: each is frozen when it is built, and none is ever changed."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, not_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from coalition.db.among import among
from coalition.db.base import Base, new_id
from coalition.db.incidents import Incident, Step, may_leave
from coalition.db.keys import keys_of
from coalition.db.releases import ReleaseIncident, cells_of
from coalition.db.types import Moment
from coalition.domain.consents import Included, Part, WayOut

_AT_ONCE = 500


class SubmissionVersion(Base, kw_only=True):
    """One frozen submission: what was built, with which files. Only whether it was sent is added later."""

    __tablename__ = "submission_version"
    __table_args__ = (UniqueConstraint("year", "profile", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    release_id: Mapped[str] = mapped_column(ForeignKey("release.id", ondelete="CASCADE"), unique=True)
    """Which incidents are in it: `coalition.db.releases`."""
    year: Mapped[int]
    profile: Mapped[str]
    """Code of the profile."""
    number: Mapped[int]
    """From 1 on, for each year and profile."""
    built_at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    based_on: Mapped[int | None] = mapped_column(default=None)
    """The version that it revises; None for the first one."""
    files_id: Mapped[str]
    """What its sealed files are found by."""
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)
    sent_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    sent_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    profile_text: Mapped[str | None] = mapped_column(default=None)
    """What the profile's file said when it was built; None for a version from before that was kept."""


def versions_of(session: Session, year: int | None = None, profile: str | None = None) -> list[SubmissionVersion]:
    """Return the versions, the latest year and version first."""
    query = select(SubmissionVersion).order_by(
        SubmissionVersion.year.desc(), SubmissionVersion.profile, SubmissionVersion.number.desc()
    )
    if year is not None:
        query = query.where(SubmissionVersion.year == year)
    if profile is not None:
        query = query.where(SubmissionVersion.profile == profile)
    return list(session.scalars(query))


def version_with(
    session: Session, year: int, profile: str, number: int, *, lock: bool = False
) -> SubmissionVersion | None:
    """Return one version; locked, it waits for whoever changes it now, and is as they left it."""
    query = select(SubmissionVersion).where(
        SubmissionVersion.year == year, SubmissionVersion.profile == profile, SubmissionVersion.number == number
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def version_of_release(session: Session, release_id: str) -> SubmissionVersion | None:
    """Return the version that a release is; None where it is none."""
    return session.scalar(select(SubmissionVersion).where(SubmissionVersion.release_id == release_id))


def latest_of(versions: Iterable[SubmissionVersion], *, sent: bool = False) -> SubmissionVersion | None:
    """Return the version with the highest number, of those that were sent or of all."""
    return max((one for one in versions if one.sent_at or not sent), key=lambda one: one.number, default=None)


def included_in(session: Session, release_id: str) -> Iterator[Included]:
    """Yield what a version says of each incident that is still there, some at a time.

    What was sealed with a key that is destroyed meanwhile says nothing.
    """
    keys, last = keys_of(session), ""
    query = select(ReleaseIncident).where(ReleaseIncident.release_id == release_id)
    while True:
        later = query.where(ReleaseIncident.incident_id > last).order_by(ReleaseIncident.incident_id)
        rows = list(session.scalars(later.limit(_AT_ONCE)))
        if not rows:
            return
        keys.load(row.incident_id for row in rows)
        last = rows[-1].incident_id
        for row in rows:
            yield Included(row.incident_id, Part(row.part), row.number, cells_of(session, row))
            session.expunge(row)


def cells_in(session: Session, release_id: str, incidents: Collection[str]) -> dict[str, dict[str, str]]:
    """Return what a version says of some incidents, by incident and field."""
    keys, found = keys_of(session), {}
    wanted = sorted(incidents)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        keys.load(some)
        query = select(ReleaseIncident).where(ReleaseIncident.release_id == release_id)
        for row in session.scalars(query.where(among(ReleaseIncident.incident_id, some))):
            found[row.incident_id] = cells_of(session, row)
    return found


def lines_in(session: Session, release_id: str) -> Iterator[tuple[str, Included]]:
    """Yield the reference of each incident in a version and what it says of it, in the order of the sheet."""
    query = (
        select(Incident.reference, ReleaseIncident)
        .join(Incident, Incident.id == ReleaseIncident.incident_id)
        .where(ReleaseIncident.release_id == release_id)
        .order_by(ReleaseIncident.part, ReleaseIncident.number, Incident.reference)
    )
    for reference, row in session.execute(query):
        yield reference, Included(row.incident_id, Part(row.part), row.number, cells_of(session, row))


def forbidden_now(session: Session, incidents: Collection[str], way: WayOut) -> set[str]:
    """Return those of some incidents that may not take a way out any more."""
    query = select(Incident.id).where(among(Incident.id, sorted(incidents)), not_(may_leave(way)))
    return set(session.scalars(query))


def references_of(session: Session, incidents: Collection[str]) -> dict[str, str]:
    """Return the references of some incidents, however many; those that are gone are left out."""
    found = session.execute(select(Incident.id, Incident.reference).where(among(Incident.id, sorted(incidents))))
    return {row.id: row.reference for row in found}


def steps_about(session: Session, incidents: Collection[str]) -> list[Step]:
    """Return the steps of some incidents, and those of others that were counted with one of them, in their order."""
    wanted = sorted(incidents)
    own = select(Step).where(among(Step.incident_id, wanted))
    # Of a link the column is filled: it may be empty of other steps only.
    linked = select(Step).where(among(cast("InstrumentedAttribute[str]", Step.other_id), wanted))
    found = {row.id: row for query in (own, linked) for row in session.scalars(query)}
    return sorted(found.values(), key=lambda row: (row.at, row.id))

"""Published summaries: the figures frozen when they were published, and the descriptions beside them, one by one.

The figures are a value. The descriptions are rows, so that a page loads only those it shows, and one that may not be
public any more is gone at once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, and_, delete, func, insert, not_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.incidents import Incident, may_leave
from coalition.db.types import Moment
from coalition.domain.consents import WayOut
from coalition.domain.summaries import Description


class Publication(Base, kw_only=True):
    """A year's figures as the public reads them. The latest of a year counts, unless it was withdrawn."""

    __tablename__ = "publication"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    year: Mapped[int] = mapped_column(index=True)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


class PublishedDescription(Base, kw_only=True):
    """One description that the public reads. It goes when its incident goes."""

    __tablename__ = "published_description"

    publication_id: Mapped[str] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    """From 0, in the order of the summary: the oldest incident first."""
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    """None for what was published before this was kept."""
    date: Mapped[str]
    country: Mapped[str]
    type: Mapped[str]
    motivations: Mapped[str]
    """Codes between bars, in their order, so that one can be looked for: "|anti_roma|gender|"."""
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    sources: Mapped[list[str]] = mapped_column(JSON)
    verification: Mapped[str] = mapped_column(default="")
    """How it was verified when the year was published; empty for what was published before this was kept."""


_BAR = "|"


def _joined(motivations: Iterable[str]) -> str:
    return _BAR + "".join(code + _BAR for code in motivations)


def _description(row: PublishedDescription) -> Description:
    motivations = tuple(code for code in row.motivations.split(_BAR) if code)
    sources = tuple(row.sources)
    return Description(row.date, row.country, row.type, motivations, row.texts, sources, row.verification)


def latest_publication(session: Session, year: int) -> Publication | None:
    """Return what the public reads of a year, None if nothing."""
    query = select(Publication).where(Publication.year == year).order_by(Publication.id.desc()).limit(1)
    latest = session.scalar(query)
    return None if latest is None or latest.withdrawn_at else latest


def current_publications() -> Select[str]:
    """Select the ids of the publications that the public can read."""
    newest = select(func.max(Publication.id)).group_by(Publication.year).scalar_subquery()
    return select(Publication.id).where(Publication.id.in_(newest), Publication.withdrawn_at.is_(None))


def published_years(session: Session) -> list[int]:
    """Return the years that the public can read, newest first."""
    query = select(Publication.year).where(Publication.id.in_(current_publications().scalar_subquery()))
    return sorted(session.scalars(query), reverse=True)


def add_descriptions(
    session: Session, publication: Publication, described: Sequence[tuple[Description, str | None]]
) -> None:
    """Publish descriptions, each with the id of its incident; thousands at once."""
    rows = [
        {
            "publication_id": publication.id,
            "position": position,
            "incident_id": incident_id,
            "date": item.date,
            "country": item.country,
            "type": item.type,
            "motivations": _joined(item.motivations),
            "texts": dict(item.texts),
            "sources": list(item.sources),
            "verification": item.verification,
        }
        for position, (item, incident_id) in enumerate(described)
    ]
    if rows:
        session.execute(insert(PublishedDescription), rows)


def drop_descriptions(session: Session, year: int, but: Publication | None = None) -> None:
    """Let go of the descriptions of a year's publications that the public cannot read any more."""
    old = select(Publication.id).where(Publication.year == year)
    if but is not None:
        old = old.where(Publication.id != but.id)
    session.execute(delete(PublishedDescription).where(PublishedDescription.publication_id.in_(old.scalar_subquery())))


def drop_descriptions_without_consent(session: Session, publication: Publication) -> None:
    """Take off what may not be public any more: consent was withdrawn while the year was counted."""
    forbidden = select(Incident.id).where(
        Incident.id == PublishedDescription.incident_id, not_(may_leave(WayOut.DESCRIPTION))
    )
    session.execute(
        delete(PublishedDescription).where(PublishedDescription.publication_id == publication.id, forbidden.exists())
    )


def take_off(session: Session, incident: Incident) -> int:
    """Take an incident's description off every public page; returns how many.

    Of descriptions that were published before their incidents were kept, all go that could be this one: the same
    month, country, type and motivations. Publishing the year again brings the others back.
    """
    date = "-".join(f"{part:02}" for part in (incident.year, incident.month) if part)
    alike = and_(
        PublishedDescription.incident_id.is_(None),
        PublishedDescription.date == date,
        PublishedDescription.country == incident.country,
        PublishedDescription.type == incident.type,
    )
    query = select(PublishedDescription).where(or_(PublishedDescription.incident_id == incident.id, alike))
    codes = {part.code for part in incident.motivations}
    rows = [row for row in session.scalars(query) if row.incident_id or set(_description(row).motivations) == codes]
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)


def _of_motivation(publication: Publication, motivation: str) -> Select[PublishedDescription]:
    query = select(PublishedDescription).where(PublishedDescription.publication_id == publication.id)
    if not motivation:
        return query
    return query.where(PublishedDescription.motivations.contains(_joined((motivation,)), autoescape=True))


def count_descriptions(session: Session, publication: Publication, motivation: str = "") -> int:
    """Count a publication's descriptions, all or those of one bias motivation."""
    found = _of_motivation(publication, motivation).with_only_columns(func.count())
    return session.scalar(found) or 0


def list_descriptions(
    session: Session, publication: Publication, *, motivation: str = "", offset: int = 0, limit: int
) -> list[Description]:
    """Return some of a publication's descriptions, the newest incident first."""
    query = _of_motivation(publication, motivation).order_by(PublishedDescription.position.desc())
    return [_description(row) for row in session.scalars(query.offset(offset).limit(limit))]

"""What the search for duplicates and the text index ask of the incidents."""

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from coalition.db.among import among
from coalition.db.incidents import PARTS, Incident, may_leave
from coalition.db.keys import keys_of
from coalition.domain.consents import WayOut
from coalition.domain.vocabulary import State

_SOME = 200


@dataclass(frozen=True)
class Standing:
    """An incident as far as it matters for who may compare it."""

    id: str
    reference: str
    organisation: str
    author: str | None
    state: str
    version: int
    group: str
    """Id of the incident that it is counted with, its own if it is with none."""
    shared: bool
    """Whether the coalition may see it."""


def versions_since(session: Session, moment: datetime.datetime | None) -> dict[str, int]:
    """Return the version of every incident that was changed since a moment, or of all."""
    query = select(Incident.id, Incident.version)
    if moment is not None:
        query = query.where(Incident.changed_at >= moment)
    return {row.id: row.version for row in session.execute(query)}


def number_of_incidents(session: Session) -> int:
    """Count all incidents."""
    return session.scalar(select(func.count()).select_from(Incident)) or 0


def whole_by_ids(session: Session, ids: Collection[str]) -> Iterator[Incident]:
    """Yield some incidents with all their parts, in a session of their own; those that are gone are left out."""
    wanted = list(ids)
    for start in range(0, len(wanted), _SOME):
        some = wanted[start : start + _SOME]
        query = select(Incident).where(Incident.id.in_(some)).options(*(selectinload(part) for part in PARTS))
        found = list(session.scalars(query))
        keys_of(session).load(incident.id for incident in found)
        yield from found
        # A session that goes through all records cannot keep them.
        session.expunge_all()


_STANDING = (
    Incident.id,
    Incident.reference,
    Incident.organisation_id,
    Incident.author_id,
    Incident.state,
    Incident.version,
    func.coalesce(Incident.same_as_id, Incident.id),
)


def standing_of(session: Session, ids: Collection[str] | None = None) -> dict[str, Standing]:
    """Return how some incidents stand, by their ids, or all; in the order of their recording, without the rejected."""
    query = select(*_STANDING, may_leave(WayOut.REVIEW)).where(Incident.state != State.REJECTED.value)
    if ids is not None:
        query = query.where(among(Incident.id, ids))
    rows = session.execute(query.order_by(Incident.recorded_at, Incident.id))
    return {row[0]: Standing(*row) for row in rows}


def standing_of_reference(session: Session, reference: str) -> Standing | None:
    """Return how one incident stands, rejected or not."""
    query = select(*_STANDING, may_leave(WayOut.REVIEW)).where(Incident.reference == reference.upper())
    row = session.execute(query).first()
    return Standing(*row) if row else None


def lines_by_ids(session: Session, ids: Collection[str]) -> dict[str, Incident]:
    """Return some incidents by their ids, with what a line of a list shows of them."""
    query = select(Incident).where(Incident.id.in_(ids)).options(selectinload(Incident.motivations))
    found = {incident.id: incident for incident in session.scalars(query)}
    keys_of(session).load(found)
    return found

"""What a submission needs of a year's accepted incidents, and nothing else of them.

Which columns are read follows from the policy (`coalition.domain.disclosure`): what the receiving body may not be told
is neither fetched nor opened. So a submission of many thousand incidents takes seconds, and no narrative and no contact
is in memory while it is built.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, Table, cast, func, select
from sqlalchemy.orm import Session

from coalition.db.among import among
from coalition.db.base import Base
from coalition.db.incidents import (
    MADE_OF,
    SCALARS,
    Incident,
    IncidentConsent,
    IncidentDescription,
    IncidentMotivation,
    IncidentOffence,
    Part,
    accepted_ids,
    place_of,
    sealed_columns,
)
from coalition.db.keys import keys_of
from coalition.db.organisations import Organisation
from coalition.domain.disclosure import FIELD_CLASSES, NAMED_OUTSIDE, VISIBLE, Audience
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.same_incident import Candidate
from coalition.domain.vocabulary import State

_BATCH = 500
"""Of incidents: as many as are looked up by their index (`coalition.db.among.FEW`)."""
_Values = dict[str, Any]


def outgoing_incidents(session: Session, year: int, language: str) -> Iterator[Candidate]:
    """Yield the accepted incidents of which any record belongs to a year, with what a submission needs of them.

    They are those of `coalition.db.incidents.accepted_incidents`, each with the records that are counted with it; of
    the descriptions there is only the one in `language`, and of dates no day.
    """
    members = {row.id: row.name for row in session.execute(select(Organisation.id, Organisation.name))}
    ids = accepted_ids(session, year)
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        followers = _followers(session, some)
        found = _read(session, some, language, members)
        linked = _read(session, [other for others in followers.values() for other in others], language, members)
        for identity in some:
            others = tuple(linked[other] for other in followers.get(identity, ()))
            yield replace(found[identity], linked=others) if others else found[identity]


def number_of_outgoing(session: Session, year: int) -> int:
    """Count the incidents that `outgoing_incidents` yields."""
    return len(accepted_ids(session, year))


def _followers(session: Session, principals: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the records that are counted with some incidents, in the order in which they were linked."""
    query = (
        select(Incident.same_as_id, Incident.id)
        .where(among(_table(Incident).columns["same_as_id"], principals), Incident.state == State.DUPLICATE.value)
        .order_by(Incident.decided_at, Incident.id)
    )
    found: dict[str, list[str]] = {}
    for principal, identity in session.execute(query):
        found.setdefault(principal or "", []).append(identity)
    return found


def _read(session: Session, ids: Sequence[str], language: str, members: Mapping[str, str]) -> dict[str, Candidate]:
    """Return incidents by id, without what is counted with them."""
    if not ids:
        return {}
    keys = keys_of(session)
    keys.load(ids)
    heads = session.execute(_heads(_dialect(session)).where(among(_table(Incident).columns["id"], ids))).all()
    facts = {head.id: _facts(head) for head in heads}
    _add_sources(session, facts, ids)
    _add_descriptions(session, facts, ids, language)
    # A year may hold more incidents than memory should.
    keys.forget(ids)
    return {
        head.id: Candidate(Facts(**facts[head.id]), members[head.organisation_id], head.id, (), head.verification)
        for head in heads
    }


def _facts(head: Row[Any]) -> _Values:
    _identity, _member, _level, year, month, kind, *others = tuple(head)
    scalars, parts = others[: len(_scalars())], others[len(_scalars()) :]
    values = dict(zip(_scalars(), scalars, strict=True))
    values["date"] = PartialDate(year, month) if year else None
    values["chosen_type"] = kind
    for name, told in zip(_kinds(), parts, strict=True):
        values[name] = _parts(name, told)
    return values


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _is_told(path: str) -> bool:
    return FIELD_CLASSES[path] in VISIBLE[Audience.ODIHR]


def _table(mapped: type[Base]) -> Table:
    """Return the table behind a class: rows of many thousand incidents are read without making objects of them."""
    table = mapped.__table__
    if not isinstance(table, Table):
        raise TypeError(mapped.__name__)
    return table


@cache
def _scalars() -> tuple[str, ...]:
    sealed = sealed_columns(Incident)
    return tuple(name for name in SCALARS if name not in sealed and name != "chosen_type" and _is_told(name))


@dataclass(frozen=True)
class _Kind:
    """One kind of part: which of its columns are read, and what is made of them."""

    mapped: type[Part]
    columns: tuple[str, ...]
    make: Callable[..., Any]
    gather: Callable[[Iterable[Any]], Collection[Any]] = tuple


@cache
def _kinds() -> Mapping[str, _Kind]:
    """Return the kinds of parts by the fact that they are, but for those with texts that have to be opened."""
    made = {name: _kind(name, *of) for name, of in MADE_OF.items() if name != _SOURCES and _is_told(name)}
    return {
        "offences": _Kind(IncidentOffence, ("code",), str),
        "motivations": _Kind(IncidentMotivation, ("code",), str),
        **made,
        "consents": _Kind(IncidentConsent, ("purpose",), str, frozenset),
    }


_SOURCES = "sources"


def _kind(name: str, mapped: type[Part], made: Callable[..., Any]) -> _Kind:
    sealed = sealed_columns(mapped)
    paths = {column.name: f"{name}.{column.name}" for column in _table(mapped).columns}
    told = (column for column, path in paths.items() if path in FIELD_CLASSES and _is_told(path))
    return _Kind(mapped, tuple(column for column in told if column not in sealed), made)


@cache
def _heads(dialect: str) -> Select[Any]:
    """Return the query for incidents, each one row: its parts are arrays in it, which the database makes."""
    columns = _table(Incident).columns
    fixed = ("id", "organisation_id", "verification", "year", "month", "type")
    return select(
        *(columns[name] for name in (*fixed, *_scalars())), *(_array(kind, dialect) for kind in _kinds().values())
    )


def _array(kind: _Kind, dialect: str) -> ColumnElement[str]:
    columns = _table(kind.mapped).columns
    told = (columns[name] for name in ("position", *kind.columns))
    array = _ARRAYS[dialect](*told)
    query = select(array).where(columns["incident_id"] == _table(Incident).columns["id"])
    if "withdrawn_at" in columns:
        # A consent that was taken back is none.
        query = query.where(columns["withdrawn_at"].is_(None))
    return query.scalar_subquery()


_ARRAYS: Mapping[str, Callable[..., ColumnElement[str]]] = {
    "sqlite": lambda *told: func.json_group_array(func.json_array(*told)),
    "postgresql": lambda *told: cast(func.json_agg(func.json_build_array(*told)), String),
}


@lru_cache(maxsize=20_000)
def _parts(name: str, told: str | None) -> Collection[Any]:
    """Make the parts that an array tells of; most incidents share theirs with others."""
    kind = _kinds()[name]
    rows = sorted(json.loads(told or "[]"))
    return kind.gather(kind.make(**_named(kind, row)) if kind.make is not str else row[1] for row in rows)


def _named(kind: _Kind, row: Sequence[Any]) -> _Values:
    return dict(zip(kind.columns, row[1:], strict=True))


def _rows_of(mapped: type[Part], ids: Sequence[str], *columns: str) -> Select[Any]:
    own = _table(mapped).columns
    query = select(*(own[name] for name in ("incident_id", "position", *columns))).where(among(own["incident_id"], ids))
    return query.order_by(own["incident_id"], own["position"])


def _add_sources(session: Session, facts: Mapping[str, _Values], ids: Sequence[str]) -> None:
    """Add the sources; the name of one is opened where it may be named outside."""
    mapped, make = MADE_OF[_SOURCES]
    told = _kind(_SOURCES, mapped, make).columns
    gathered: dict[str, list[Any]] = {}
    for identity, position, name, *values in session.execute(_rows_of(mapped, ids, "name", *told)).all():
        said = dict(zip(told, values, strict=True))
        place = place_of(mapped, "name", position)
        said["name"] = _opened(session, identity, place, name) if said["kind"] in NAMED_OUTSIDE else ""
        gathered.setdefault(identity, []).append(make(**said))
    for identity, sources in gathered.items():
        facts[identity][_SOURCES] = tuple(sources)


def _add_descriptions(session: Session, facts: Mapping[str, _Values], ids: Sequence[str], language: str) -> None:
    query = _rows_of(IncidentDescription, ids, "text")
    query = query.where(_table(IncidentDescription).columns["language"] == language)
    for identity, position, text in session.execute(query).all():
        opened = _opened(session, identity, place_of(IncidentDescription, "text", position), text)
        facts[identity]["descriptions"] = {language: opened}


def _opened(session: Session, identity: str, place: str, sealed: bytes) -> str:
    keys = keys_of(session)
    if not sealed or keys.of(identity) is None:
        return ""
    return keys.unseal(identity, sealed, f"{place}:{identity}").decode()

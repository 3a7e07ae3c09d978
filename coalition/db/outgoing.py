"""What a submission needs of a year's accepted incidents, and nothing else of them.

Which columns are read follows from the policy (`coalition.domain.disclosure`): what the receiving body may not be told
is neither fetched nor opened. So a submission of many thousand incidents takes seconds, and no narrative and no contact
is in memory while it is built.
"""

import json
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, bindparam, case, cast, func, select
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
    IncidentSource,
    Part,
    accepted_ids,
    place_of,
    sealed_columns,
)
from coalition.db.keys import Keys, keys_of
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
    the descriptions there is only the one in `language`, and of dates no day. Those that have records counted with them
    come first, then the others month by month, those of no known month before them: what stands for a single record is
    that record, so whoever reads on need not wait for the end of the year to write its beginning.
    """
    members = {row.id: row.name for row in session.execute(select(Organisation.id, Organisation.name))}
    ids = accepted_ids(session, year)
    followers = _followers(session, ids)
    for some in _in_batches(sorted(followers)):
        found = _read(session, some, language, members)
        linked = _read(session, [other for identity in some for other in followers[identity]], language, members)
        for identity in some:
            yield replace(found[identity], linked=tuple(linked[other] for other in followers[identity]))
    for some in _in_batches(_by_month(session, ids, followers)):
        found = _read(session, some, language, members)
        yield from (found[identity] for identity in some)


def _in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _by_month(session: Session, ids: Sequence[str], others: Container[str]) -> list[str]:
    """Return ids in the order of their months, without some others."""
    months: dict[str, int] = {}
    columns = _table(Incident).columns
    for some in _in_batches(ids):
        found = select(columns["id"], columns["month"]).where(among(columns["id"], some))
        months.update((identity, month or 0) for identity, month in session.execute(found))
    return sorted((identity for identity in ids if identity not in others), key=lambda one: (months[one], one))


def number_of_outgoing(session: Session, year: int) -> int:
    """Count the incidents that `outgoing_incidents` yields."""
    return len(accepted_ids(session, year))


def _followers(session: Session, principals: Sequence[str]) -> dict[str, list[str]]:
    """Return the ids of the records that are counted with some incidents, in the order in which they were linked."""
    found: dict[str, list[str]] = {}
    for some in _in_batches(principals):
        query = (
            select(Incident.same_as_id, Incident.id)
            .where(among(_table(Incident).columns["same_as_id"], some), Incident.state == State.DUPLICATE.value)
            .order_by(Incident.decided_at, Incident.id)
        )
        for principal, identity in session.execute(query):
            found.setdefault(principal or "", []).append(identity)
    return found


def _read(session: Session, ids: Sequence[str], language: str, members: Mapping[str, str]) -> dict[str, Candidate]:
    """Return incidents by id, without what is counted with them."""
    if not ids:
        return {}
    keys = keys_of(session)
    keys.load(ids)
    query = _heads(_dialect(session)).where(among(_table(Incident).columns["id"], ids))
    rows = session.execute(query, {_LANGUAGE: language}).all()
    found = {row[0]: _candidate(keys, tuple(row), language, members) for row in rows}
    # A year may hold more incidents than memory should.
    keys.forget(ids)
    return found


def _candidate(keys: Keys, row: Sequence[Any], language: str, members: Mapping[str, str]) -> Candidate:
    identity, member, level, year, month, kind, sources, texts, *others = row
    values = dict(zip(_names(), others, strict=True))
    for name in _kinds():
        values[name] = _parts(name, values[name])
    values["date"] = PartialDate(year, month) if year else None
    values["chosen_type"] = kind
    values[_SOURCES] = _sources(keys, identity, sources)
    for position, text in json.loads(texts or "[]"):
        values["descriptions"] = {
            language: _opened(keys, identity, place_of(IncidentDescription, "text", position), text)
        }
    return Candidate(Facts(**values), members[member], identity, (), level)


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
def _names() -> tuple[str, ...]:
    """Return the facts that a row tells as they are, and then those that it tells as arrays."""
    return (*_scalars(), *_kinds())


@cache
def _heads(dialect: str) -> Select[Any]:
    """Return the query for incidents, each one row: its parts are arrays in it, which the database makes."""
    columns = _table(Incident).columns
    fixed = ("id", "organisation_id", "verification", "year", "month", "type")
    return select(
        *(columns[name] for name in fixed),
        _array(IncidentSource, (*_told_of_sources().columns, _named_outside(dialect)), dialect),
        _array(IncidentDescription, (_text(dialect),), dialect, _in_language()),
        *(columns[name] for name in _scalars()),
        *(_array(kind.mapped, kind.columns, dialect) for kind in _kinds().values()),
    )


def _array(
    mapped: type[Part], told: Iterable[str | ColumnElement[Any]], dialect: str, only: ColumnElement[bool] | None = None
) -> ColumnElement[str]:
    """Return some columns of an incident's parts of a kind, as an array of arrays that begin with the position."""
    columns = _table(mapped).columns
    chosen = (columns[one] if isinstance(one, str) else one for one in ("position", *told))
    query = select(_ARRAYS[dialect](*chosen)).where(columns["incident_id"] == _table(Incident).columns["id"])
    if "withdrawn_at" in columns:
        # A consent that was taken back is none.
        query = query.where(columns["withdrawn_at"].is_(None))
    if only is not None:
        query = query.where(only)
    return query.scalar_subquery()


_LANGUAGE = "language"


def _text(dialect: str) -> ColumnElement[str]:
    return _HEX[dialect](_table(IncidentDescription).columns["text"])


def _in_language() -> ColumnElement[bool]:
    return _table(IncidentDescription).columns["language"] == bindparam(_LANGUAGE)


@cache
def _told_of_sources() -> "_Kind":
    return _kind(_SOURCES, *MADE_OF[_SOURCES])


def _named_outside(dialect: str) -> ColumnElement[str]:
    """Return the sealed name of a source where it may be named outside, for nobody to fetch the others."""
    columns = _table(IncidentSource).columns
    return case((columns["kind"].in_(sorted(NAMED_OUTSIDE)), _HEX[dialect](columns["name"])), else_="")


_HEX: Mapping[str, Callable[[ColumnElement[bytes]], ColumnElement[str]]] = {
    "sqlite": func.hex,
    "postgresql": lambda column: func.encode(column, "hex"),
}
"""Bytes as text: in an array of JSON there are none."""
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


def _sources(keys: Keys, identity: str, told: str | None) -> tuple[Any, ...]:
    """Make the sources that an array tells of; the name of one is opened where it may be named outside."""
    kind, found = _told_of_sources(), []
    for position, *values, name in sorted(json.loads(told or "[]")):
        place = place_of(IncidentSource, "name", position)
        opened = _opened(keys, identity, place, name)
        found.append(kind.make(**dict(zip(kind.columns, values, strict=True)), name=opened))
    return tuple(found)


def _opened(keys: Keys, identity: str, place: str, sealed: str) -> str:
    """Open what was sealed; it comes as hexadecimal digits."""
    if not sealed or keys.of(identity) is None:
        return ""
    return keys.unseal(identity, bytes.fromhex(sealed), f"{place}:{identity}").decode()

"""What a submission needs of a year's accepted incidents, and nothing else of them.

Which columns are read follows from the profile, which names the fields that are shown, and from the policy
(`coalition.domain.disclosure`): no part that is not shown and nothing that may not be told is fetched, and of a record
that may not leave nothing is opened. So a submission of many thousand incidents takes seconds, and no narrative and no
contact is in memory while it is built.
"""

import json
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache, lru_cache
from typing import Any, Self

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
    accepted_months,
    place_of,
    sealed_columns,
)
from coalition.db.keys import Keys, keys_of
from coalition.db.organisations import Organisation
from coalition.domain.consents import WayOut, is_open
from coalition.domain.disclosure import FIELD_CLASSES, NAMED_OUTSIDE, VISIBLE, Audience
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.profile_checks import FACTS_OF
from coalition.domain.profiles import Profile
from coalition.domain.same_incident import Candidate
from coalition.domain.vocabulary import State

_BATCH = 500
"""Of incidents: as many as are looked up by their index (`coalition.db.among.FEW`)."""
_Values = dict[str, Any]


class OutgoingIncidents:
    """The accepted incidents of which any record belongs to a year, with what a submission needs of them.

    They are those of `coalition.db.incidents.accepted_incidents`, each with the records that are counted with it. Of
    each there are the facts that the profile's fields show, and what decides whether it leaves and how it is counted;
    of the descriptions there is only the one in the profile's language, and of dates no day. Those that have records
    counted with them come first, then the others month by month, those of no known month before them: what stands for a
    single record is that record, so whoever reads on need not wait for the end of the year to write its beginning.
    """

    def __init__(self, session: Session, year: int, taken: Profile) -> None:
        """Look up which they are; each is read when it is come to."""
        self._session, self._taken = session, taken
        self._months = accepted_months(session, year)

    def __len__(self) -> int:
        """Count them."""
        return len(self._months)

    def __iter__(self) -> Iterator[Candidate]:
        """Go through them, reading each anew."""
        reader = _Reader.of(self._session, self._taken)
        followers = _followers(self._session, sorted(self._months))
        for some in _in_batches(sorted(followers)):
            found = reader.read(some)
            linked = reader.read([other for identity in some for other in followers[identity]])
            for identity in some:
                yield replace(found[identity], linked=tuple(linked[other] for other in followers[identity]))
        for some in _in_batches(_by_month(self._months, followers)):
            found = reader.read(some)
            yield from (found[identity] for identity in some)


def _in_batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]


def _by_month(months: Mapping[str, int | None], others: Container[str]) -> list[str]:
    """Return ids in the order of their months, without some others."""
    return sorted((one for one in months if one not in others), key=lambda one: (months[one] or 0, one))


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


@dataclass(frozen=True)
class _Reader:
    """Reads the incidents of one submission."""

    session: Session
    keys: Keys
    members: Mapping[str, str]
    """Names of the organisations, by id."""
    language: str
    way: WayOut
    shape: "_Shape"

    @classmethod
    def of(cls, session: Session, taken: Profile) -> Self:
        """Begin to read for a profile."""
        members = {row.id: row.name for row in session.execute(select(Organisation.id, Organisation.name))}
        shape = _shape(session.get_bind().dialect.name, shown_by(taken.fields), taken.statistics_only)
        return cls(session, keys_of(session), members, taken.language, taken.way, shape)

    def read(self, ids: Sequence[str]) -> dict[str, Candidate]:
        """Return incidents by id, without what is counted with them."""
        if not ids:
            return {}
        query = self.shape.query.where(among(_table(Incident).columns["id"], ids))
        rows = self.session.execute(query, {_LANGUAGE: self.language}).all()
        self.keys.load([row[0] for row in rows if row.text or not row.sources.endswith(_BEFORE_NAMES)])
        found = {row[0]: self._candidate(row) for row in rows}
        # A year may hold more incidents than memory should.
        self.keys.forget(ids)
        return found

    def _candidate(self, row: Sequence[Any]) -> Candidate:
        identity, member, level, year, month, kind, sources, position, text, *others = row
        facts: _Values = {name: make(told) for (name, make), told in zip(self.shape.told, others, strict=True)}
        coded, _, names = sources.rpartition(_BEFORE_NAMES)
        # What may not leave stays closed.
        leaves = is_open(self.way, facts["basis"], facts["consents"])
        if leaves and position is not None:
            place = place_of(IncidentDescription, "text", position)
            facts["descriptions"] = {self.language: self._opened(identity, place, text)}
        facts[_SOURCES] = self._sources(identity, coded, names if leaves else "")
        facts["date"] = _date(year, month) if year else None
        facts["chosen_type"] = kind
        return Candidate(Facts.of(facts), self.members[member], identity, (), level)

    def _sources(self, identity: str, coded: str, sealed: str) -> tuple[Any, ...]:
        """Make the sources that an array tells of, with the names of those that may be named outside."""
        found = _coded_sources(coded)
        if not sealed:
            return tuple(found.values())
        names = dict(name.split(_AFTER_POSITION) for name in sealed.split(_BETWEEN_NAMES))
        return tuple(
            replace(source, name=self._name(identity, position, names.get(position, "")))
            for position, source in found.items()
        )

    def _name(self, identity: str, position: str, sealed: str) -> str:
        return self._opened(identity, place_of(IncidentSource, "name", position), bytes.fromhex(sealed))

    def _opened(self, identity: str, place: str, sealed: bytes) -> str:
        if not sealed or self.keys.of(identity) is None:
            return ""
        return self.keys.unseal(identity, sealed, f"{place}:{identity}").decode()


@cache
def _date(year: int, month: int | None) -> PartialDate:
    return PartialDate(year, month)


def _table(mapped: type[Base]) -> Table:
    """Return the table behind a class: rows of many thousand incidents are read without making objects of them."""
    table = mapped.__table__
    if not isinstance(table, Table):
        raise TypeError(mapped.__name__)
    return table


# --- what is read ------------------------------------------------------------------------------------------

_NEEDED = frozenset({"country", "basis", "motivations.code", "consents.purpose"})
"""What decides whether an incident leaves and how it is counted; date, type, sources and description beside them."""
_COUNTED_BY = frozenset({"motivations", "consents"})
_SOURCES, _LANGUAGE = "sources", "language"


def shown_by(names: Iterable[str]) -> frozenset[str]:
    """Return the facts that the fields of a profile show, and those that every submission needs."""
    shown = {fact for name in names for fact in FACTS_OF[name]}
    return frozenset({*(f"{fact}.code" if fact in _CODES else fact for fact in shown), *_NEEDED})


_CODES: Mapping[str, type[Part]] = {"offences": IncidentOffence, "motivations": IncidentMotivation}
"""The facts that are lists of codes."""


@dataclass(frozen=True)
class _Kind:
    """One kind of part: which of its columns are read, and what is made of them."""

    mapped: type[Part]
    columns: tuple[str, ...]
    make: Callable[..., Any]
    gather: Callable[[Iterable[Any]], Collection[Any]] = tuple

    def made(self, told: str | None) -> Collection[Any]:
        """Make the parts that an array tells of."""
        rows = sorted(json.loads(told or "[]"))
        return self.gather(self.one(row) for row in rows)

    def one(self, row: Sequence[Any]) -> Any:  # noqa: ANN401 - any of the parts
        """Make the part that a row tells of, after its position."""
        return row[1] if self.make is str else self.make(**dict(zip(self.columns, row[1:], strict=True)))


@dataclass(frozen=True)
class _Shape:
    """Which facts are read, and with which query."""

    query: Select[Any]
    told: tuple[tuple[str, Callable[[Any], Any]], ...]
    """The facts that the last columns of a row tell, in their order, each with what makes it."""


@lru_cache(maxsize=16)
def _shape(dialect: str, shown: frozenset[str], only_counted: frozenset[str]) -> _Shape:
    """Return how incidents are read, each as one row: its parts are arrays in it, which the database makes.

    `only_counted` are the types of incident that are never described. Of one that is only counted, for its type or for
    want of a description, no part is read but those that count.
    """
    columns, text = _table(Incident).columns, _table(IncidentDescription).columns
    fixed = ("id", "organisation_id", "verification", "year", "month", "type")
    is_its = (text["incident_id"] == columns["id"]) & (text["language"] == bindparam(_LANGUAGE))
    may_be_told, is_told = columns["type"].not_in(sorted(only_counted)), text["position"].is_not(None)
    scalars, kinds = _scalars(shown), _kinds(shown)
    arrays = {name: _array(kind, dialect) for name, kind in kinds.items()}
    query = select(
        *(columns[name] for name in fixed),
        _array(_sources(), dialect, _BEFORE_NAMES + _names_outside(dialect)).label(_SOURCES),
        text["position"],
        text["text"],
        *(columns[name] for name in scalars),
        *(array if name in _COUNTED_BY else case((is_told, array)) for name, array in arrays.items()),
    ).select_from(_table(Incident).outerjoin(_table(IncidentDescription), is_its & may_be_told))
    # Most incidents share their parts of a kind with others.
    made = ((name, lru_cache(_REMEMBERED)(kind.made)) for name, kind in kinds.items())
    return _Shape(query, (*((name, _as_it_is) for name in scalars), *made))


_REMEMBERED = 4_000


def _as_it_is(value: str) -> str:
    return value


def _scalars(shown: Container[str]) -> tuple[str, ...]:
    sealed = sealed_columns(Incident)
    others = (name for name in SCALARS if name not in sealed and name != "chosen_type")
    return tuple(name for name in others if name in shown and _is_told(name))


def _kinds(shown: Collection[str]) -> Mapping[str, _Kind]:
    """Return the kinds of parts by the fact that they are, but for those with texts that have to be opened."""
    kinds = {name: _Kind(mapped, ("code",), str) for name, mapped in _CODES.items()}
    kinds["consents"] = _Kind(IncidentConsent, ("purpose",), str, frozenset)
    kinds |= {name: _kind(name, shown, *of) for name, of in MADE_OF.items() if name != _SOURCES and _is_told(name)}
    there = {fact.partition(".")[0] for fact in shown if "." in fact}
    return {name: kind for name, kind in kinds.items() if name in there}


def _kind(name: str, shown: Container[str], mapped: type[Part], made: type[Any]) -> _Kind:
    """Return a kind of part with the columns that are shown, and those without which there is none."""
    sealed = sealed_columns(mapped)
    wanted = {item.name for item in fields(made) if item.default is MISSING or f"{name}.{item.name}" in shown}
    columns = (column.name for column in _table(mapped).columns if column.name in wanted - sealed)
    return _Kind(mapped, tuple(column for column in columns if _is_told(f"{name}.{column}")), made)


def _is_told(path: str) -> bool:
    return FIELD_CLASSES[path] in VISIBLE[Audience.ODIHR]


@cache
def _sources() -> _Kind:
    return _kind(_SOURCES, (), *MADE_OF[_SOURCES])


@lru_cache(maxsize=_REMEMBERED)
def _coded_sources(told: str) -> Mapping[str, Any]:
    """Make sources without their names, by position; most incidents share theirs with others."""
    return {str(row[0]): _sources().one(row) for row in sorted(json.loads(told or "[]"))}


def _array(kind: _Kind, dialect: str, after: ColumnElement[str] | None = None) -> ColumnElement[str]:
    """Return an incident's parts of a kind, as an array of arrays that begin with the position; and what follows it."""
    columns = _table(kind.mapped).columns
    array = _ARRAYS[dialect](*(columns[name] for name in ("position", *kind.columns)))
    query = select(array if after is None else func.coalesce(array, "") + after)
    query = query.where(columns["incident_id"] == _table(Incident).columns["id"])
    if "withdrawn_at" in columns:
        # A consent that was taken back is none.
        query = query.where(columns["withdrawn_at"].is_(None))
    return query.scalar_subquery()


_BEFORE_NAMES, _BETWEEN_NAMES, _AFTER_POSITION = "|", ";", ":"
"""Around sealed names that follow an array of sources: no code holds any of them, nor do hexadecimal digits."""


def _names_outside(dialect: str) -> ColumnElement[str]:
    """Return the sealed names of the sources that may be named outside, for nobody to fetch the others."""
    columns = _table(IncidentSource).columns
    sealed = cast(columns["position"], String) + _AFTER_POSITION + _HEX[dialect](columns["name"])
    named = case((columns["kind"].in_(sorted(NAMED_OUTSIDE)) & (columns["name"] != b""), sealed))
    return func.coalesce(_JOINED[dialect](named, _BETWEEN_NAMES), "")


_HEX: Mapping[str, Callable[[ColumnElement[bytes]], ColumnElement[str]]] = {
    "sqlite": func.hex,
    "postgresql": lambda column: func.encode(column, "hex"),
}
"""Bytes as text: in an array of JSON there are none."""
_ARRAYS: Mapping[str, Callable[..., ColumnElement[str]]] = {
    "sqlite": lambda *told: func.json_group_array(func.json_array(*told)),
    "postgresql": lambda *told: cast(func.json_agg(func.json_build_array(*told)), String),
}


_JOINED: Mapping[str, Callable[..., ColumnElement[str]]] = {
    "sqlite": func.group_concat,
    "postgresql": func.string_agg,
}
"""Texts of several rows as one."""

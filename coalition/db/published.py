"""What ODIHR published of a data year, and which of its lines each record is taken for.

A list is kept as it was published, line by line: it is public. What was sent of a record lies beside its match, sealed
with the record's key, and goes with the record.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, cast, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.keys import keys_of
from coalition.db.releases import existing_of
from coalition.db.types import Moment
from coalition.domain.matching import Match, Outcome
from coalition.domain.published import Cells, Line
from coalition.encryption import seal_text


class PublishedList(Base, kw_only=True):
    """One list as it was published. The newest of a data year counts; the earlier ones are kept."""

    __tablename__ = "published_list"
    __table_args__ = (Index("ix_published_list_year_imported_at", "year", "imported_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    year: Mapped[int]
    """The data year."""
    fingerprint: Mapped[str]
    """SHA-256 of the file."""
    lines: Mapped[int]
    """How many lines are kept: those of the year and of the months beside it."""
    unread: Mapped[int] = mapped_column(default=0)
    """How many lines of the file could not be read."""
    imported_at: Mapped[datetime] = mapped_column(Moment)
    imported_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    job: Mapped[str] = mapped_column(default="")
    """Reference of the background job that matches it, or did so last."""
    matched_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    language: Mapped[str] = mapped_column(default="")
    """In which the descriptions were sent that it was matched with; empty where that was not kept."""


class PublishedLine(Base, kw_only=True):
    """One line of a list."""

    __tablename__ = "published_line"

    list_id: Mapped[str] = mapped_column(ForeignKey("published_list.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """In the file; the heading is line 1."""
    cells: Mapped[list[str]] = mapped_column(JSON)
    """The six cells in the order of ODIHR's export."""
    ours: Mapped[bool] = mapped_column(default=False)
    """Whether a record is taken for it."""


class PublishedMatch(Base, kw_only=True):
    """What became of one record in a list."""

    __tablename__ = "published_match"
    __table_args__ = (
        UniqueConstraint("list_id", "incident_id"),
        Index("ix_published_match_list_id_outcome", "list_id", "outcome"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    list_id: Mapped[str] = mapped_column(ForeignKey("published_list.id", ondelete="CASCADE"))
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    rank: Mapped[int]
    """Its place among what was sent, from 0."""
    outcome: Mapped[str]
    line: Mapped[int | None]
    changed: Mapped[list[str]] = mapped_column(JSON)
    score: Mapped[int]
    """In ten-thousandths."""
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Likeness of each cell, from 0 to 1."""
    decided: Mapped[bool]
    """Whether a person said so."""
    motivations: Mapped[list[str]] = mapped_column(JSON)
    """Codes, as sent: the rates of inclusion are counted by them."""
    type: Mapped[str]
    described: Mapped[bool] = mapped_column(default=True)
    """Whether it was sent with a description, and not as a number only."""
    sent: Mapped[bytes] = mapped_column(default=b"")
    """Sealed: the six cells as they were sent."""


class MatchDecision(Base, kw_only=True):
    """What a person said of one record: which line it is, or that it is not in the list. It holds for later lists."""

    __tablename__ = "match_decision"

    year: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[str] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    fingerprint: Mapped[str]
    """Of the six cells of the line; empty for "not in the list"."""
    occurrence: Mapped[int]
    """Which of the lines with equal cells, from 1; 0 for "not in the list"."""
    decided_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)


OUT_OF = 10_000
"""Scores are kept in so many parts of one."""
_BATCH = 1_000


# --- lists -------------------------------------------------------------------------------------------------


def current_list(session: Session, year: int, *, lock: bool = False) -> PublishedList | None:
    """Return the newest list of a data year; locked, it waits for whoever changes it now."""
    query = select(PublishedList).where(PublishedList.year == year)
    query = query.order_by(PublishedList.imported_at.desc(), PublishedList.id.desc()).limit(1)
    return session.scalar(query.with_for_update() if lock else query)


def lists_of(session: Session, year: int) -> list[PublishedList]:
    """Return every list of a data year, the newest first."""
    query = select(PublishedList).where(PublishedList.year == year)
    return list(session.scalars(query.order_by(PublishedList.imported_at.desc(), PublishedList.id.desc())))


def years_with_lists(session: Session) -> list[int]:
    """Return the data years of which there is a list."""
    return list(session.scalars(select(PublishedList.year).distinct()))


def add_list(session: Session, row: PublishedList, lines: Iterable[Line]) -> None:
    """Keep a list with its lines."""
    session.add(row)
    session.flush()
    values = ({"list_id": row.id, "number": line.number, "cells": list(line.cells), "ours": False} for line in lines)
    while some := list(islice(values, _BATCH)):
        session.execute(insert(PublishedLine), some)


def lines_of(session: Session, list_id: str) -> list[Line]:
    """Return the lines of a list, in its order."""
    return list(each_line(session, list_id))


def each_line(session: Session, list_id: str, last: int | None = None) -> Iterator[Line]:
    """Yield the lines of a list in its order, up to one of them or all; what many cells say is held once."""
    query = select(PublishedLine.number, PublishedLine.cells).where(PublishedLine.list_id == list_id)
    if last is not None:
        query = query.where(PublishedLine.number <= last)
    kept: dict[str, str] = {}
    for number, cells in session.execute(query.order_by(PublishedLine.number).execution_options(yield_per=_BATCH)):
        yield Line(number, (*(kept.setdefault(cell, cell) for cell in cells[:-1]), cells[-1]))


def some_lines(session: Session, list_id: str, numbers: Iterable[int]) -> dict[int, Cells]:
    """Return some lines of a list, by their number."""
    query = select(PublishedLine.number, PublishedLine.cells).where(
        PublishedLine.list_id == list_id, PublishedLine.number.in_(sorted(set(numbers)))
    )
    return {number: tuple(cells) for number, cells in session.execute(query)}


def lines_of_others(session: Session, list_id: str, offset: int, limit: int) -> list[Line]:
    """Return the lines for which no record is taken, in the list's order."""
    query = select(PublishedLine.number, PublishedLine.cells).where(
        PublishedLine.list_id == list_id, PublishedLine.ours.is_(False)
    )
    query = query.order_by(PublishedLine.number).offset(offset).limit(limit)
    return [Line(number, tuple(cells)) for number, cells in session.execute(query)]


def count_of_others(session: Session, list_id: str) -> int:
    """Return for how many lines no record is taken."""
    query = select(func.count()).where(PublishedLine.list_id == list_id, PublishedLine.ours.is_(False))
    return session.scalar(query) or 0


# --- matches -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coded:
    """What the rates of inclusion count of a record, as it was sent."""

    motivations: tuple[str, ...]
    type: str
    described: bool


def _place(match_id: str, incident_id: str) -> str:
    # As every sealed value is placed, so that renewing a key finds it: `coalition.db.resealing`.
    return f"published_match.sent/{match_id}:{incident_id}"


def replace_matches(session: Session, row: PublishedList, matches: Iterable[tuple[Match, Coded]]) -> int:
    """Keep what became of every record, in place of what was kept before; returns of how many.

    A record that is gone, or of which the key is, is left out.
    """
    session.execute(delete(PublishedMatch).where(PublishedMatch.list_id == row.id))
    session.execute(update(PublishedLine).where(PublishedLine.list_id == row.id).values(ours=False))
    ranked, kept = enumerate(matches), 0
    while some := list(islice(ranked, _BATCH)):
        kept += _keep_some(session, row, some)
    return kept


def _keep_some(session: Session, row: PublishedList, some: Sequence[tuple[int, tuple[Match, Coded]]]) -> int:
    there = existing_of(session, [item.sent.incident for _rank, (item, _coded) in some])
    keys = keys_of(session)
    keys.load(there)
    values = []
    for rank, (item, coded) in some:
        key = keys.of(item.sent.incident) if item.sent.incident in there else None
        if key is not None:
            values.append(_values(row, key, rank, item, coded))
    if values:
        session.execute(insert(PublishedMatch), values)
    numbers = sorted({found["line"] for found in values} - {None})
    taken = (PublishedLine.list_id == row.id) & PublishedLine.number.in_(numbers)
    session.execute(update(PublishedLine).where(taken).values(ours=True))
    return len(values)


def _values(row: PublishedList, key: bytes, rank: int, item: Match, coded: Coded) -> dict[str, Any]:
    match_id, incident = new_id(), item.sent.incident
    text = json.dumps(item.sent.cells, ensure_ascii=False)
    return {
        "id": match_id,
        "list_id": row.id,
        "incident_id": incident,
        "rank": rank,
        **_found(item),
        "motivations": list(coded.motivations),
        "type": coded.type,
        "described": coded.described,
        "sent": seal_text(key, text, _place(match_id, incident)),
    }


def _found(item: Match) -> dict[str, Any]:
    return {
        "outcome": item.outcome.value,
        "line": item.line.number if item.line else None,
        "changed": list(item.changed),
        "score": round(item.score * OUT_OF),
        "parts": dict(item.parts),
        "decided": item.decided,
    }


def mark_lines(session: Session, list_id: str, numbers: Iterable[int | None]) -> None:
    """Note, of some lines of a list, for which of them a record is taken now; None is no line."""
    wanted = sorted({number for number in numbers if number is not None})
    for begin in range(0, len(wanted), _BATCH):
        some = wanted[begin : begin + _BATCH]
        taken = select(PublishedMatch.line).where(PublishedMatch.list_id == list_id, PublishedMatch.line.in_(some))
        here = update(PublishedLine).where(PublishedLine.list_id == list_id, PublishedLine.number.in_(some))
        session.execute(here.values(ours=PublishedLine.number.in_(taken)))


def matches_of(
    session: Session, list_id: str, outcome: Outcome | None = None, offset: int = 0, limit: int | None = None
) -> list[PublishedMatch]:
    """Return what became of the records, in the order in which they were sent."""
    query = select(PublishedMatch).where(PublishedMatch.list_id == list_id)
    if outcome is not None:
        query = query.where(PublishedMatch.outcome == outcome.value)
    return list(session.scalars(query.order_by(PublishedMatch.rank).offset(offset).limit(limit)))


def match_of(session: Session, list_id: str, incident_id: str) -> PublishedMatch | None:
    """Return what became of one record."""
    return session.scalar(
        select(PublishedMatch).where(PublishedMatch.list_id == list_id, PublishedMatch.incident_id == incident_id)
    )


def count_by_outcome(session: Session, list_id: str) -> dict[str, int]:
    """Count the records by what became of them."""
    query = select(PublishedMatch.outcome, func.count().label("number")).where(PublishedMatch.list_id == list_id)
    return {row.outcome: row.number for row in session.execute(query.group_by(PublishedMatch.outcome))}


def count_numbers_without_line(session: Session, list_id: str) -> int:
    """Return how many records of a list were sent as a number and have no line in it."""
    query = select(func.count()).where(
        PublishedMatch.list_id == list_id,
        PublishedMatch.described.is_(False),
        PublishedMatch.outcome == Outcome.NOT_INCLUDED.value,
    )
    return session.scalar(query) or 0


def coded_outcomes(session: Session, list_id: str) -> list[tuple[Coded, str, int]]:
    """Return what the rates count, each with its outcome and of how many records it is so."""
    row = PublishedMatch
    # PostgreSQL compares no JSON, but text; equal lists are written alike.
    motivations = cast(row.motivations, String).label("motivations")
    query = select(motivations, row.type, row.described, row.outcome, func.count().label("number"))
    query = query.where(row.list_id == list_id).group_by(motivations, row.type, row.described, row.outcome)
    return [
        (Coded(tuple(json.loads(found.motivations)), found.type, found.described), found.outcome, found.number)
        for found in session.execute(query)
    ]


def on_lines(session: Session, list_id: str, lines: Iterable[int]) -> dict[int, list[str]]:
    """Return the ids of the incidents that are taken for some lines, by line, in the order in which they were sent."""
    found: dict[int, list[str]] = {}
    query = select(PublishedMatch.line, PublishedMatch.incident_id)
    query = query.where(PublishedMatch.list_id == list_id, PublishedMatch.line.in_(set(lines)))
    for line, incident in session.execute(query.order_by(PublishedMatch.rank)):
        if line is not None:
            found.setdefault(line, []).append(incident)
    return found


def sent_of(session: Session, row: PublishedMatch) -> Cells:
    """Return the six cells of a record as they were sent; empty ones once its key is destroyed."""
    keys = keys_of(session)
    if keys.of(row.incident_id) is None:
        return ("",) * 6
    text = keys.unseal(row.incident_id, row.sent, _place(row.id, row.incident_id)).decode()
    return tuple(json.loads(text))


def change_match(session: Session, row: PublishedMatch, item: Match) -> None:
    """Keep what became of one record now."""
    for name, value in _found(item).items():
        setattr(row, name, value)
    session.flush()


# --- what people said --------------------------------------------------------------------------------------


def decisions_of(session: Session, year: int) -> Mapping[str, MatchDecision]:
    """Return what people said of the records of a data year, by incident."""
    rows = session.scalars(select(MatchDecision).where(MatchDecision.year == year))
    return {row.incident_id: row for row in rows}


def decide(session: Session, row: MatchDecision) -> None:
    """Keep what a person said, in place of what was said before."""
    session.merge(row)
    session.flush()


def forget_decision(session: Session, year: int, incident_id: str) -> bool:
    """Forget what a person said; returns whether anything was."""
    row = session.get(MatchDecision, (year, incident_id))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True

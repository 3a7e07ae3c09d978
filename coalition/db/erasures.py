"""Erasures: the wishes that wait for a second person, and what stays of an erased record so that it still counts."""

import secrets
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.incidents import CountedRow, Filter, Incident, years_with_incidents
from coalition.db.organisations import Organisation
from coalition.db.types import Moment
from coalition.domain.review_numbers import Handled
from coalition.domain.vocabulary import State


class ErasureRequest(Base, kw_only=True):
    """One person's wish to erase a record. It goes with the record, or when somebody takes it back."""

    __tablename__ = "erasure_request"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names the wish in addresses."""
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), unique=True)
    reason: Mapped[str]
    """An ErasureReason."""
    asked_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime] = mapped_column(Moment)


class ErasedRow(Base, kw_only=True):
    """That a row of a file is erased here, so that reading the file again does not bring it back; keyed, no content."""

    __tablename__ = "erased_row"
    __table_args__ = ({"sqlite_with_rowid": False},)

    mark: Mapped[str] = mapped_column(primary_key=True)


def keep_marks(session: Session, marks: Collection[str]) -> None:
    """Keep the marks of an erased incident."""
    known = set(session.scalars(select(ErasedRow.mark).where(ErasedRow.mark.in_(marks))))
    session.add_all(ErasedRow(mark=mark) for mark in set(marks) - known)
    session.flush()


def all_marks(session: Session) -> set[str]:
    """Return the marks of everything that was erased."""
    return set(session.scalars(select(ErasedRow.mark)))


def _unrelated_id() -> str:
    return secrets.token_hex(16)


class ErasedIncident(Base, kw_only=True):
    """What counting needs of an incident that was accepted or rejected and is erased: one row is one incident.

    No reference, day, place or text. The id is random and the table is kept in its order, so that neither tells when
    the row came: the audit log says when which record was erased, and nothing leads from there to here.
    """

    __tablename__ = "erased_incident"
    __table_args__ = (Index("ix_erased_incident_year_state", "year", "state"), {"sqlite_with_rowid": False})

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=_unrelated_id)
    member: Mapped[str]
    """The organisation's code."""
    state: Mapped[str]
    """Accepted or rejected; what was not decided yet was counted nowhere."""
    year: Mapped[int]
    rejection_reason: Mapped[str] = mapped_column(default="")
    month: Mapped[int | None] = mapped_column(default=None)
    """This and what follows only of an accepted incident: of a rejected one the reason is all that is counted."""
    country: Mapped[str] = mapped_column(default="")
    type: Mapped[str] = mapped_column(default="")
    motivations: Mapped[str] = mapped_column(default="")
    """Codes, separated by spaces."""
    days: Mapped[int | None] = mapped_column(default=None)
    """How many whole days the decision took; None where nobody here made it."""
    asked: Mapped[bool] = mapped_column(default=False)
    """Whether it was ever returned with a question."""


def request_with_reference(
    session: Session, reference: str, *, lock: bool = False
) -> tuple[ErasureRequest, Incident] | None:
    """Return the wish with this reference and its record; locked, it waits for whoever changes the record now."""
    query = (
        select(ErasureRequest, Incident)
        .join(Incident, Incident.id == ErasureRequest.incident_id)
        .where(ErasureRequest.reference == reference.upper())
    )
    row = session.execute(query.with_for_update(of=Incident) if lock else query).first()
    return (row[0], row[1]) if row else None


def request_about(session: Session, incident_id: str) -> ErasureRequest | None:
    """Return the wish to erase a record, if there is one."""
    return session.scalar(select(ErasureRequest).where(ErasureRequest.incident_id == incident_id))


def take_request(session: Session, request_id: str) -> bool:
    """Use a wish up; tells whether it was still there: of two requests at the same moment only one gets it."""
    query = delete(ErasureRequest).where(ErasureRequest.id == request_id).returning(ErasureRequest.id)
    return session.scalar(query) is not None


def open_requests(
    session: Session, organisation_id: str | None, since: datetime
) -> list[tuple[ErasureRequest, Incident, Account]]:
    """Return the wishes made since a moment, of one organisation or of all, with record and asker, oldest first."""
    query = (
        select(ErasureRequest, Incident, Account)
        .join(Incident, Incident.id == ErasureRequest.incident_id)
        .join(Account, Account.id == ErasureRequest.asked_by)
        .where(ErasureRequest.asked_at > since)
        .order_by(ErasureRequest.asked_at, ErasureRequest.id)
    )
    if organisation_id is not None:
        query = query.where(Incident.organisation_id == organisation_id)
    return [(request, incident, account) for request, incident, account in session.execute(query)]


def erased_rows(session: Session, first_year: int, last_year: int) -> list[CountedRow]:
    """Return what counts of the accepted incidents of some years that are erased."""
    query = (
        select(ErasedIncident)
        .where(ErasedIncident.state == State.ACCEPTED.value, ErasedIncident.type != "")
        .where(ErasedIncident.year.between(first_year, last_year))
    )
    return [
        CountedRow(row.year, row.month, row.country, row.type, tuple(row.motivations.split()))
        for row in session.scalars(query)
    ]


def erased_records(session: Session, year: int) -> list[Handled]:
    """Return how the erased records of a year were handled that are still counted."""
    query = select(ErasedIncident, Organisation.name).join(Organisation, Organisation.code == ErasedIncident.member)
    return [
        Handled(name, State(row.state), row.rejection_reason, row.days, row.asked)
        for row, name in session.execute(query.where(ErasedIncident.year == year))
    ]


def erased_reasons(session: Session, year: int) -> list[str]:
    """Return the reason of every rejected incident of a year that is erased."""
    query = select(ErasedIncident.rejection_reason)
    return list(session.scalars(query.where(ErasedIncident.year == year, ErasedIncident.state == State.REJECTED.value)))


def received_by_year(session: Session) -> dict[int, dict[str, int]]:
    """Return, per data year, the number of incidents that the coalition was given, by state, the latest year first.

    Those that are erased and still count are among them.
    """
    years = {year: Counter(states) for year, states in years_with_incidents(session, Filter(shared=True)).items()}
    for year, states in erased_by_year(session).items():
        years.setdefault(year, Counter()).update(states)
    return {year: dict(years[year]) for year in sorted(years, reverse=True)}


def erased_by_year(session: Session, member: str | None = None) -> dict[int, Counter[str]]:
    """Count the erased incidents by data year and state, of one member or of all."""
    query = select(ErasedIncident.year, ErasedIncident.state, func.count())
    if member is not None:
        query = query.where(ErasedIncident.member == member)
    years: dict[int, Counter[str]] = {}
    for year, state, number in session.execute(query.group_by(ErasedIncident.year, ErasedIncident.state)):
        years.setdefault(year, Counter())[state] = number
    return years

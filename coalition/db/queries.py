"""What receiving bodies ask about a submission, and the answers.

What is asked about one incident, and answered, lies in a row that goes with the incident and is sealed with its key:
that there was a question stays, its words do not. What is about the whole is sealed with the site's key.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.incidents import Incident
from coalition.db.keys import keys_of
from coalition.db.releases import ReleaseIncident
from coalition.db.types import Moment
from coalition.encryption import CannotOpen, seal_text


class SubmissionQuery(Base, kw_only=True):
    """One question: about one incident of a version, or about the whole."""

    __tablename__ = "submission_query"
    __table_args__ = (Index("ix_submission_query_year_state", "year", "state"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    year: Mapped[int]
    version_id: Mapped[str | None] = mapped_column(ForeignKey("submission_version.id"), default=None)
    """None where it is about no version in particular."""
    of_incident: Mapped[bool] = mapped_column(default=False)
    """Whether it is about one incident; its row in `query_case` goes with that."""
    number: Mapped[int | None] = mapped_column(default=None)
    """The incident's number in the sheet, where it has one."""
    asked_on: Mapped[date] = mapped_column(Date)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """Who is to answer it."""
    state: Mapped[str]
    """A QueryState."""
    answered_on: Mapped[date | None] = mapped_column(Date, default=None)
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    closed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    question: Mapped[bytes | None] = mapped_column(default=None)
    """Sealed with the site's key, of what is about the whole."""
    answer: Mapped[bytes | None] = mapped_column(default=None)
    """The same."""


class QueryCase(Base, kw_only=True):
    """The words of a question about one incident. They go with the incident."""

    __tablename__ = "query_case"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    query_id: Mapped[str] = mapped_column(ForeignKey("submission_query.id", ondelete="CASCADE"), unique=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    question: Mapped[bytes] = mapped_column(default=b"")
    """Sealed."""
    answer: Mapped[bytes | None] = mapped_column(default=None)
    """Sealed."""


WORDS = ("question", "answer")
"""The sealed columns of both."""


def _place(row: SubmissionQuery | QueryCase, column: str) -> str:
    # As every sealed value is placed, so that renewing a key finds it: `coalition.db.resealing`.
    if isinstance(row, QueryCase):
        return f"query_case.{column}/{row.id}:{row.incident_id}"
    return f"submission_query.{column}:{row.id}"


def write(session: Session, row: SubmissionQuery | QueryCase, column: str, text: str) -> None:
    """Put a question or an answer into its row, sealed.

    Raises CannotOpen when the incident's key is destroyed already: it is being erased.
    """
    keys, place = keys_of(session), _place(row, column)
    if isinstance(row, QueryCase):
        key = keys.of(row.incident_id)
        if key is None:
            raise CannotOpen(place)
        sealed = seal_text(key, text, place)
    else:
        sealed = keys.seal_for_site(place, text.encode())
    setattr(row, column, sealed)


def words_of(session: Session, row: SubmissionQuery | QueryCase) -> tuple[str, str]:
    """Return question and answer; empty what is not there, or not any more."""
    return _opened(session, row, "question"), _opened(session, row, "answer")


def _opened(session: Session, row: SubmissionQuery | QueryCase, column: str) -> str:
    sealed: bytes | None = getattr(row, column)
    keys = keys_of(session)
    if not sealed:
        return ""
    if isinstance(row, SubmissionQuery):
        return keys.open_for_site(_place(row, column), sealed).decode()
    if keys.of(row.incident_id) is None:
        return ""
    return keys.unseal(row.incident_id, sealed, _place(row, column)).decode()


def add(session: Session, row: SubmissionQuery, question: str, incident_id: str | None) -> None:
    """Store a question: about one incident, or about the whole. Raises CannotOpen, as `write` does."""
    row.of_incident = incident_id is not None
    if incident_id is None:
        write(session, row, "question", question)
    session.add(row)
    session.flush()
    if incident_id is not None:
        case = QueryCase(query_id=row.id, incident_id=incident_id)
        write(session, case, "question", question)
        session.add(case)
        session.flush()


def case_of(session: Session, query_id: str) -> QueryCase | None:
    """Return the words of a question about an incident; None when they went with it, or there are none."""
    return session.scalar(select(QueryCase).where(QueryCase.query_id == query_id))


def query_with_reference(session: Session, reference: str, *, lock: bool = False) -> SubmissionQuery | None:
    """Return a question; locked, it waits for whoever answers it now."""
    query = select(SubmissionQuery).where(SubmissionQuery.reference == reference.upper())
    return session.scalar(query.with_for_update() if lock else query)


def queries(session: Session, states: Sequence[str] = (), year: int | None = None) -> list[SubmissionQuery]:
    """Return the questions in some states, or all, of a year or of all: the longest waiting first."""
    query = select(SubmissionQuery)
    if states:
        query = query.where(SubmissionQuery.state.in_(states))
    if year is not None:
        query = query.where(SubmissionQuery.year == year)
    return list(session.scalars(query.order_by(SubmissionQuery.asked_on, SubmissionQuery.number, SubmissionQuery.id)))


def incidents_of(session: Session, query_ids: Sequence[str]) -> dict[str, str]:
    """Return the reference of the incident of each question that has one still, by the question's id."""
    query = select(QueryCase.query_id, Incident.reference).join(Incident, Incident.id == QueryCase.incident_id)
    found: dict[str, str] = {}
    for start in range(0, len(query_ids), 500):
        some = query.where(QueryCase.query_id.in_(query_ids[start : start + 500]))
        found.update((query_id, reference) for query_id, reference in session.execute(some))
    return found


def counts(session: Session) -> dict[tuple[int, str], int]:
    """Return how many questions there are by year and state."""
    query = select(SubmissionQuery.year, SubmissionQuery.state, func.count()).group_by(
        SubmissionQuery.year, SubmissionQuery.state
    )
    return {(year, state): number for year, state, number in session.execute(query)}


def incident_at(session: Session, release_id: str, number: int) -> Incident | None:
    """Return the incident that has a number in the sheet of a release; None where none has, or it was erased."""
    query = (
        select(Incident)
        .join(ReleaseIncident, ReleaseIncident.incident_id == Incident.id)
        .where(ReleaseIncident.release_id == release_id, ReleaseIncident.number == number)
    )
    return session.scalar(query.limit(1))


def incident_in(session: Session, release_id: str, reference: str) -> tuple[Incident, int | None] | None:
    """Return an incident that is in a release, with its number in the sheet if it has one."""
    query = (
        select(Incident, ReleaseIncident.number)
        .join(ReleaseIncident, ReleaseIncident.incident_id == Incident.id)
        .where(ReleaseIncident.release_id == release_id, Incident.reference == reference.upper())
    )
    row = session.execute(query).first()
    return (row[0], row[1]) if row else None

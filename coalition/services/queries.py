"""The log of what receiving bodies ask about a submission: note it, give it to somebody, answer it, close it.

A question is about one incident or about a version as a whole. The words about an incident are shown only to whoever
may read its record now, and go with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coalition.db import accounts as account_storage
from coalition.db import incidents as incident_storage
from coalition.db import queries as storage
from coalition.db import submissions as submission_storage
from coalition.db.submissions import SubmissionVersion
from coalition.domain.access import Permission, permits, require
from coalition.domain.errors import Incomplete, NotFound
from coalition.domain.queries import (
    MOVES,
    About,
    Asked,
    QueryAct,
    QueryState,
    about,
    checked,
    days_open,
    moved,
)
from coalition.domain.throttling import Use
from coalition.services import audit, throttle
from coalition.services.incident_views import subject_of
from coalition.services.profiles import code_for
from coalition.services.releases import account_of
from coalition.services.work import Work

_KIND = "query"


class UnknownLines(Incomplete):
    """No incident of the version has these numbers or references, or its record may not be read any more."""


@dataclass(frozen=True)
class Version:
    """A version that a question can be about."""

    year: int
    number: int
    profile: str
    sent_at: datetime | None


@dataclass(frozen=True)
class QueryLine:
    """A question in a list: none of its words."""

    reference: str
    year: int
    version: int | None
    of_incident: bool
    number: int | None
    """The incident's number in the sheet."""
    incident: str
    """Its reference; empty where it is about none, or the record was erased."""
    asked_on: date
    reviewer: str
    """Name of who is to answer it; empty for nobody."""
    state: QueryState
    answered_on: date | None
    days: int
    """For which it has waited, or had waited when it was answered."""

    @property
    def erased(self) -> bool:
        """Whether the record that it was about is erased, and its words with it."""
        return self.of_incident and not self.incident


@dataclass(frozen=True)
class QueryView:
    """One question as the coordinator reads it."""

    line: QueryLine
    question: str
    answer: str
    readable: bool
    """Whether its words may be shown: of an incident only as long as its record may be read."""
    reviewer: str
    """Reference of the account of who is to answer it."""
    entered_by: str
    entered_at: datetime
    answered_by: str
    allowed: frozenset[QueryAct]


# --- looking -----------------------------------------------------------------------------------------------


def versions_to_ask_about(work: Work) -> tuple[Version, ...]:
    """Return the versions, those of the latest year first."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    rows = submission_storage.versions_of(work.session)
    return tuple(Version(row.year, row.number, row.profile, row.sent_at) for row in rows)


def waiting(work: Work) -> int:
    """Return how many questions wait for an answer."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    return sum(number for (_year, state), number in storage.counts(work.session).items() if state == QueryState.OPEN)


@dataclass(frozen=True)
class QueryList:
    """Some questions, and how many there are by state."""

    lines: tuple[QueryLine, ...]
    counts: Mapping[QueryState, int]
    years: tuple[int, ...]


def list_queries(work: Work, state: QueryState | None = QueryState.OPEN, year: int | None = None) -> QueryList:
    """Return the questions in a state, or all, of a year or of all: the longest waiting first."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    counted = storage.counts(work.session)
    by_state = {
        one: sum(number for (of, kept), number in counted.items() if kept == one and year in {None, of})
        for one in QueryState
    }
    rows = storage.queries(work.session, (state.value,) if state else (), year)
    years = tuple(sorted({of for of, _state in counted}, reverse=True))
    return QueryList(tuple(_lines(work, rows)), by_state, years)


def _lines(work: Work, rows: Sequence[storage.SubmissionQuery]) -> Iterator[QueryLine]:
    names = account_storage.account_names(work.session)
    incidents = storage.incidents_of(work.session, [row.id for row in rows])
    numbers = {row.id: row.number for row in submission_storage.versions_of(work.session)}
    for row in rows:
        yield QueryLine(
            reference=row.reference,
            year=row.year,
            version=numbers.get(row.version_id or ""),
            of_incident=row.of_incident,
            number=row.number,
            incident=incidents.get(row.id, ""),
            asked_on=row.asked_on,
            reviewer=names.get(row.reviewer_id or "", ""),
            state=QueryState(row.state),
            answered_on=row.answered_on,
            days=days_open(row.asked_on, row.answered_on, work.today),
        )


def open_query(work: Work, reference: str) -> QueryView:
    """Return a question with its words; that words about an incident were read is noted.

    Raises NotFound, OverBudget.
    """
    row = _row(work, reference)
    view = _view(work, row)
    case = storage.case_of(work.session, row.id)
    if case and view.readable:
        throttle.spend(work, Use.READ)
        audit.record(work, "query.read", "incident", case.incident_id)
    return view


def _view(work: Work, row: storage.SubmissionQuery) -> QueryView:
    (line,) = _lines(work, [row])
    case = storage.case_of(work.session, row.id)
    readable = _may_read(work, case) if row.of_incident else True
    question, answer = storage.words_of(work.session, case or row) if readable else ("", "")
    names = account_storage.account_names(work.session)
    reviewer = work.session.get(account_storage.Account, row.reviewer_id) if row.reviewer_id else None
    return QueryView(
        line=line,
        question=question,
        answer=answer,
        readable=readable,
        reviewer=reviewer.reference if reviewer else "",
        entered_by=names.get(row.entered_by or "", ""),
        entered_at=row.entered_at,
        answered_by=names.get(row.answered_by or "", ""),
        allowed=_allowed(line.state, readable=readable),
    )


def _may_read(work: Work, case: storage.QueryCase | None) -> bool:
    incident = work.session.get(incident_storage.Incident, case.incident_id) if case else None
    return incident is not None and permits(work.actor, Permission.REVIEW_INCIDENT, subject_of(incident))


def _allowed(state: QueryState, *, readable: bool) -> frozenset[QueryAct]:
    acts = frozenset(act for act in QueryAct if (state, act) in MOVES)
    return acts if readable else acts - {QueryAct.ANSWER}


def _row(work: Work, reference: str, *, to_change: bool = False) -> storage.SubmissionQuery:
    require(work.actor, Permission.BUILD_SUBMISSION)
    row = storage.query_with_reference(work.session, reference, lock=to_change)
    if row is None:
        raise NotFound(_KIND, reference)
    return row


# --- writing -----------------------------------------------------------------------------------------------


def note_questions(work: Work, asked: Asked) -> tuple[str, ...]:
    """Note what was asked about a version: one question per incident that it names, or one about the whole.

    Returns their references. Raises NotFound for a version that there is not, UnreadableLines, UnknownLines, Incomplete
    without words or with too many, and for a day to come.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    code = code_for(work, asked.year, asked.profile)
    version = submission_storage.version_with(work.session, asked.year, code, asked.version)
    if version is None:
        raise NotFound("version", f"{asked.year}/{asked.version}")
    checked(asked.question, "question")
    if asked.on > work.today:
        raise Incomplete(("asked_on",))
    return tuple(_note(work, version, asked, *one) for one in _found(work, version, about(asked.lines)))


def _found(
    work: Work, version: SubmissionVersion, wanted: About
) -> Iterable[tuple[incident_storage.Incident | None, int | None]]:
    """Return each incident that is asked about, with its number in the sheet; (None, None) for the whole."""
    if wanted.whole:
        return [(None, None)]
    found: dict[str, tuple[incident_storage.Incident, int | None]] = {}
    unknown: list[str] = []
    for name, one in _looked_up(work, version, wanted):
        if one and permits(work.actor, Permission.REVIEW_INCIDENT, subject_of(one[0])):
            found.setdefault(one[0].id, one)
        else:
            unknown.append(name)
    if unknown:
        raise UnknownLines(unknown)
    return found.values()


def _looked_up(
    work: Work, version: SubmissionVersion, wanted: About
) -> Iterator[tuple[str, tuple[incident_storage.Incident, int | None] | None]]:
    for line in wanted.lines:
        incident = storage.incident_at(work.session, version.release_id, line)
        yield str(line), (incident, line) if incident else None
    for reference in wanted.references:
        yield reference, storage.incident_in(work.session, version.release_id, reference)


def _note(
    work: Work,
    version: SubmissionVersion,
    asked: Asked,
    incident: incident_storage.Incident | None,
    number: int | None,
) -> str:
    row = storage.SubmissionQuery(
        year=version.year,
        version_id=version.id,
        number=number,
        asked_on=asked.on,
        entered_at=work.now,
        entered_by=account_of(work),
        reviewer_id=incident.reviewer_id if incident else None,
        state=QueryState.OPEN.value,
    )
    text = checked(asked.question, "question")
    storage.add(work.session, row, text, incident.id if incident else None)
    _log(work, "query.note", row, year=row.year, version=version.number, of_incident=row.of_incident)
    return row.reference


def _log(work: Work, action: str, row: storage.SubmissionQuery, **details: object) -> None:
    audit.record(work, action, _KIND, row.reference, **details)


def assign(work: Work, reference: str, reviewer: str) -> None:
    """Give a question to a reviewer, by the reference of their account; an empty one takes it away.

    Raises NotFound, also for somebody who does not review.
    """
    row = _row(work, reference, to_change=True)
    account = account_storage.account_with_reference(work.session, reviewer) if reviewer else None
    if reviewer and (account is None or not account_storage.is_reviewer(account)):
        raise NotFound("reviewer", reviewer)
    row.reviewer_id = account.id if account else None
    work.session.flush()
    _log(work, "query.assign", row, to=row.reviewer_id or "")


def answer(work: Work, reference: str, text: str, answered_on: date) -> None:
    """Keep what was answered, and when; until the question is closed it can be mended.

    Raises NotFound, NotAllowedNow for a closed one, Incomplete for no or too many words and for a day that cannot be.
    """
    row = _row(work, reference, to_change=True)
    case = storage.case_of(work.session, row.id)
    if row.of_incident and not _may_read(work, case):
        raise NotFound(_KIND, reference)
    state = moved(QueryState(row.state), QueryAct.ANSWER)
    if not row.asked_on <= answered_on <= work.today:
        raise Incomplete(("answered_on",))
    storage.write(work.session, case or row, "answer", checked(text, "answer"))
    row.state, row.answered_on, row.answered_by = state.value, answered_on, account_of(work)
    work.session.flush()
    _log(work, "query.answer", row)


def close(work: Work, reference: str) -> None:
    """Put a question away, answered or not. Raises NotFound, NotAllowedNow."""
    row = _row(work, reference, to_change=True)
    row.state = moved(QueryState(row.state), QueryAct.CLOSE).value
    row.closed_at = work.now
    work.session.flush()
    _log(work, "query.close", row)


def reopen(work: Work, reference: str) -> None:
    """Take a question up again: the receiving body came back. The answer stays. Raises NotFound, NotAllowedNow."""
    row = _row(work, reference, to_change=True)
    row.state = moved(QueryState(row.state), QueryAct.REOPEN).value
    row.closed_at = row.answered_on = None
    work.session.flush()
    _log(work, "query.reopen", row)


# --- taking away -------------------------------------------------------------------------------------------


def log_of_year(work: Work, year: int) -> tuple[QueryView, ...]:
    """Return every question of a data year with its words, as far as they may be read; that it was taken is noted.

    Raises OverBudget.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    throttle.spend(work, Use.EXPORT)
    rows = storage.queries(work.session, year=year)
    found = tuple(_view(work, row) for row in rows)
    for row, view in zip(rows, found, strict=True):
        case = storage.case_of(work.session, row.id) if view.readable else None
        if case:
            # Whoever asks who read about a record finds this too.
            audit.record(work, "query.export", "incident", case.incident_id)
    audit.record(work, "query.export", "coalition", "queries", year=year, queries=len(found))
    return found

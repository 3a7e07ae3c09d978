"""What a data year lacks, asked of the columns of a whole year at once. No text is opened."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from coalition.db.incidents import (
    Incident,
    IncidentDescription,
    IncidentIndicator,
    IncidentMotivation,
    IncidentSource,
    allowed,
    counted,
    has_open_question,
    may_leave,
)
from coalition.db.likenesses import IncidentLikeness
from coalition.domain.codebook import countries
from coalition.domain.consents import WayOut
from coalition.domain.profiles import Profile
from coalition.domain.readiness import (
    ASKED_BEFORE_A_DECISION,
    OF_CONSENT,
    OF_FACTS,
    POSSIBLE,
    PROBABLE,
    UNDECIDED_HERE,
    Lack,
    Standing,
    Tally,
    submission_purposes,
)
from coalition.domain.vocabulary import Purpose, State


def _missing(lack: Lack, taken: Profile) -> ColumnElement[bool]:
    """Say in SQL that a record lacks something, whatever its state: `coalition.domain.readiness.lacking`."""
    described = select(IncidentDescription.incident_id).where(IncidentDescription.incident_id == Incident.id)
    in_language = described.where(IncidentDescription.language == taken.language)
    number_only = Incident.type.in_(sorted(taken.statistics_only))
    observed = exists().where(IncidentIndicator.incident_id == Incident.id, IncidentIndicator.note != b"")
    conditions: Mapping[Lack, ColumnElement[bool]] = {
        Lack.COUNTRY: Incident.country.not_in([entry.code for entry in countries()]),
        Lack.TYPE: Incident.type == "",
        Lack.MOTIVATION: ~exists().where(IncidentMotivation.incident_id == Incident.id),
        Lack.INDICATOR: ~observed,
        Lack.TEXT: and_(Incident.narrative == b"", ~described.exists()),
        Lack.SOURCE: ~exists().where(IncidentSource.incident_id == Incident.id),
        Lack.DESCRIPTION: and_(~in_language.exists(), not_(number_only)),
        Lack.SHARING: not_(allowed(Purpose.SHARE_COALITION)),
        Lack.SUBMITTING: not_(and_(*(allowed(purpose) for purpose in sorted(submission_purposes(taken))))),
    }
    return conditions[lack]


def _lacks(lack: Lack, taken: Profile) -> ColumnElement[bool]:
    """Say in SQL that a record lacks something and may still be in the submission."""
    decided = {State.ACCEPTED} if lack in ASKED_BEFORE_A_DECISION else set()
    return and_(_in_state(state for state in POSSIBLE if state not in decided), _missing(lack, taken))


def _in_state(states: Iterable[State]) -> ColumnElement[bool]:
    return Incident.state.in_([state.value for state in states])


def _ready(taken: Profile) -> ColumnElement[bool]:
    """Say in SQL that an incident would be in the submission: `coalition.domain.submissions.is_eligible`."""
    motivated = exists().where(IncidentMotivation.incident_id == Incident.id)
    return and_(counted(taken.way), Incident.type != "", motivated)


def _compared(*further: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        IncidentLikeness.incident_id == Incident.id, IncidentLikeness.version == Incident.version, *further
    )


def _alike() -> ColumnElement[bool]:
    return and_(_in_state(UNDECIDED_HERE), _compared(IncidentLikeness.score >= PROBABLE))


def condition(sought: str, taken: Profile) -> ColumnElement[bool]:
    """Say in SQL what the filter of a list asks for: a Standing or a Lack; anything else finds nothing."""
    if sought in set(Lack):
        return _lacks(Lack(sought), taken)
    conditions = {
        Standing.READY: lambda: _ready(taken),
        Standing.INCOMPLETE: lambda: or_(*(_lacks(lack, taken) for lack in OF_FACTS)),
        Standing.NO_CONSENT: lambda: or_(*(_lacks(lack, taken) for lack in OF_CONSENT)),
        Standing.ALIKE: _alike,
    }
    return conditions[Standing(sought)]() if sought in set(Standing) else false()


# --- a year at once ----------------------------------------------------------------------------------------

_FURTHER = ("ready", "questions", "alike", "unlooked")
Cell = tuple[str, int | None]
"""The id of a member, and a month, None where it is not known."""


def tallies(session: Session, year: int, taken: Profile, organisation_id: str | None = None) -> dict[Cell, Tally]:
    """Count a data year by member and month: of one member all it recorded, of all what the coalition may see.

    What holds of a record is one number, a bit for each question, and records with the same number are counted
    together: so each question is asked once, however many numbers the board shows.
    """
    asked: list[ColumnElement[bool]] = [_missing(lack, taken) for lack in Lack]
    asked += [_ready(taken), has_open_question(), _alike(), and_(_in_state(UNDECIDED_HERE), not_(_compared()))]
    parts = (case((holds, 1 << bit), else_=0) for bit, holds in enumerate(asked))
    mask: ColumnElement[int] = sum(parts, literal(0))
    # With the states the index of state and year is of use.
    query = select(Incident.organisation_id, Incident.month, Incident.state, mask.label("mask"), func.count())
    if organisation_id is None:
        query = query.where(_in_state(state for state in State if state is not State.DRAFT), may_leave(WayOut.REVIEW))
    else:
        query = query.where(_in_state(State), Incident.organisation_id == organisation_id)
    query = query.where(Incident.year == year)
    query = query.group_by(Incident.organisation_id, Incident.month, Incident.state, "mask")
    found: dict[Cell, Tally] = {}
    for organisation, month, state, bits, number in session.execute(query):
        cell = (organisation, month)
        found[cell] = found.get(cell, Tally()) + _tally(State(state), int(bits), number)
    return found


def _tally(state: State, bits: int, number: int) -> Tally:
    """Return what some records of one state count, of which the same holds."""
    missing = {lack for bit, lack in enumerate(Lack) if bits >> bit & 1} if state in POSSIBLE else set()
    if state is State.ACCEPTED:
        missing -= ASKED_BEFORE_A_DECISION
    further = bits >> len(Lack)
    holds = {name: bool(further >> bit & 1) for bit, name in enumerate(_FURTHER)}
    return Tally(
        accepted=number if state is State.ACCEPTED else 0,
        submitted=number if state is State.SUBMITTED else 0,
        in_review=number if state is State.IN_REVIEW else 0,
        drafts=number if state is State.DRAFT else 0,
        incomplete=number if missing.intersection(OF_FACTS) else 0,
        unconsented=number if missing.intersection(OF_CONSENT) else 0,
        lacks=dict.fromkeys(missing, number),
        **{name: number if there else 0 for name, there in holds.items()},
    )


def undated(session: Session, organisation_id: str | None = None) -> int:
    """Count the records without a year, which are in no data year's board."""
    query = select(func.count()).select_from(Incident).where(Incident.year.is_(None))
    if organisation_id is None:
        query = query.where(_in_state(UNDECIDED_HERE), may_leave(WayOut.REVIEW))
    else:
        query = query.where(_in_state(POSSIBLE), Incident.organisation_id == organisation_id)
    return session.scalar(query) or 0


# --- what is compared in the background --------------------------------------------------------------------


@dataclass(frozen=True)
class ToCompare:
    """A record that waits and was not compared yet as it is now."""

    id: str
    reference: str
    version: int


def to_compare(session: Session, limit: int) -> list[ToCompare]:
    """Return records that wait for the coalition and were not compared as they are now, the longest waiting first."""
    query = (
        select(Incident.id, Incident.reference, Incident.version)
        .where(_in_state(UNDECIDED_HERE), may_leave(WayOut.REVIEW), not_(_compared()))
        .order_by(Incident.submitted_at, Incident.id)
        .limit(limit)
    )
    return [ToCompare(row.id, row.reference, row.version) for row in session.execute(query)]


def keep_likenesses(session: Session, compared: Collection[tuple[ToCompare, float]], at: datetime) -> None:
    """Keep how much some records look like another one; those that are gone meanwhile are left out."""
    there = set(session.scalars(select(Incident.id).where(Incident.id.in_([item.id for item, _score in compared]))))
    for item, score in compared:
        if item.id in there:
            session.merge(IncidentLikeness(incident_id=item.id, version=item.version, score=score, compared_at=at))
    session.flush()

"""What waits for somebody: the rows behind every inbox."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from coalition.db.accounts import Account
from coalition.db.base import Base, new_id, new_reference
from coalition.db.incidents import Incident, Step, may_leave
from coalition.db.types import Moment
from coalition.domain.consents import WayOut
from coalition.domain.notices import Call, NoticeKind, Team
from coalition.domain.reviews import UNDECIDED
from coalition.domain.reviews import Step as StepKind
from coalition.domain.vocabulary import Role, State


class Notice(Base, kw_only=True):
    """One thing that waits for a member, or for the coalition's reviewers. It says which record, and no content."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_organisation_id_settled_at", "organisation_id", "settled_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), default=None)
    """None for the coalition's reviewers."""
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), default=None)
    """One person that it is for; None for all of the organisation, or all reviewers."""
    kind: Mapped[str]
    """A NoticeKind."""
    at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    incident: Mapped[Incident] = relationship(init=False, viewonly=True)


@dataclass(frozen=True)
class Reader:
    """Whose inbox it is: somebody of a member, or of the reviewers, where there is no organisation."""

    account_id: str
    organisation_id: str | None


def _meant_for(reader: Reader) -> ColumnElement[bool]:
    """Say which notices somebody may see: of their team, and only while they may see the record at all."""
    # Only reviewers are meant by themselves; once they review no more, it is everybody's.
    gone = select(Account.id).where(or_(Account.active.is_(False), Account.role != Role.COORDINATOR.value))
    personally = or_(Notice.account_id.is_(None), Notice.account_id == reader.account_id, Notice.account_id.in_(gone))
    if reader.organisation_id is not None:
        of_team = Notice.organisation_id == reader.organisation_id
        return and_(of_team, personally, Incident.organisation_id == reader.organisation_id)
    visible = and_(Incident.state != State.DRAFT.value, may_leave(WayOut.REVIEW))
    return and_(Notice.organisation_id.is_(None), personally, visible, ~_proposed_by(reader.account_id))


def _proposed_by(account_id: str) -> ColumnElement[bool]:
    """Say that a notice waits for somebody else than the reader: nobody seconds their own proposal."""
    own = exists().where(
        Step.incident_id == Notice.incident_id,
        Step.step == StepKind.PROPOSE.value,
        Step.actor_id == account_id,
        Step.at >= Notice.at,
    )
    return and_(Notice.kind == NoticeKind.PROPOSAL.value, own)


def _waiting(query: Select[tuple[Notice]], reader: Reader) -> Select[tuple[Notice]]:
    return query.join(Notice.incident).where(Notice.settled_at.is_(None), _meant_for(reader))


def count_waiting(session: Session, reader: Reader) -> dict[str, int]:
    """Count what waits for somebody, by kind."""
    rows = session.execute(_counting(reader))
    return {kind: number for kind, number in rows}  # noqa: C416 - rows are no pairs to mypy


@lru_cache(maxsize=256)
def _counting(reader: Reader) -> Select[str, int]:
    # Every page counts: to put the question together takes longer than to have it answered.
    return _waiting(select(Notice), reader).with_only_columns(Notice.kind, func.count()).group_by(Notice.kind)


def moments_waiting(session: Session, reader: Reader) -> list[datetime]:
    """Return since when each thing waits for somebody."""
    return list(session.scalars(_waiting(select(Notice), reader).with_only_columns(Notice.at)))


def list_waiting(session: Session, reader: Reader, without: Collection[str], offset: int, limit: int) -> list[Notice]:
    """Return a page of what waits for somebody, the newest first; some kinds left out."""
    query = _waiting(select(Notice), reader).options(contains_eager(Notice.incident))
    query = query.where(Notice.kind.not_in(without)).order_by(Notice.at.desc(), Notice.id.desc())
    return list(session.scalars(query.offset(offset).limit(limit)))


def notice_for(session: Session, reader: Reader, reference: str, *, lock: bool = False) -> Notice | None:
    """Return a notice that somebody may see, settled or not; locked, it waits for whoever settles it now."""
    query = select(Notice).join(Notice.incident).options(contains_eager(Notice.incident))
    query = query.where(Notice.reference == reference.upper(), _meant_for(reader))
    return session.scalar(query.with_for_update(of=Notice) if lock else query)


def _organisation_of(incident: Incident, team: Team) -> str | None:
    return incident.organisation_id if team is Team.MEMBER else None


def call(session: Session, incident: Incident, raised: Call, at: datetime, account_id: str | None) -> None:
    """Have somebody told of something. What waits already waits anew: there are no two rows of one thing."""
    organisation_id = _organisation_of(incident, raised.team)
    row = session.scalar(
        select(Notice).where(
            Notice.incident_id == incident.id,
            Notice.organisation_id.is_not_distinct_from(organisation_id),
            Notice.kind == raised.kind.value,
            Notice.settled_at.is_(None),
        )
    )
    if row is None:
        row = Notice(incident_id=incident.id, organisation_id=organisation_id, kind=raised.kind.value, at=at)
        session.add(row)
    row.at, row.account_id = at, account_id
    session.flush()


def settle(session: Session, incident: Incident, dealt_with: Iterable[Call], at: datetime, by: str | None) -> None:
    """Say that what waited about an incident is dealt with."""
    for team, calls in groupby(sorted(dealt_with, key=_team), key=_team):
        session.execute(
            update(Notice)
            .where(
                Notice.incident_id == incident.id,
                Notice.organisation_id.is_not_distinct_from(_organisation_of(incident, team)),
                Notice.kind.in_([item.kind.value for item in calls]),
                Notice.settled_at.is_(None),
            )
            .values(settled_at=at, settled_by=by)
        )


def _team(item: Call) -> Team:
    return item.team


def hand_on(session: Session, incident_id: str, account_id: str | None) -> None:
    """Give what waits about an incident for one reviewer to another, or to all of them."""
    session.execute(
        update(Notice)
        .where(Notice.incident_id == incident_id, Notice.organisation_id.is_(None), Notice.settled_at.is_(None))
        .where(Notice.account_id.is_not(None))
        .values(account_id=account_id)
    )


def _is_overdue(today: date) -> ColumnElement[bool]:
    return and_(Incident.state.in_([state.value for state in UNDECIDED]), Incident.review_due < today)


def newly_overdue(session: Session, today: date, limit: int) -> list[Incident]:
    """Return incidents that should have been decided and of which nobody was told since that day."""
    told = exists().where(
        Notice.incident_id == Incident.id,
        Notice.kind == NoticeKind.OVERDUE.value,
        func.date(Notice.at) > Incident.review_due,
    )
    query = select(Incident).where(_is_overdue(today), ~told).order_by(Incident.review_due, Incident.id)
    return list(session.scalars(query.limit(limit)))


def no_longer_overdue(session: Session, today: date) -> list[str]:
    """Return the ids of notices about what is not overdue any more: decided, or given more time."""
    query = (
        select(Notice.id)
        .join(Notice.incident)
        .where(Notice.kind == NoticeKind.OVERDUE.value, Notice.settled_at.is_(None), ~_is_overdue(today))
    )
    late = select(Notice.id).join(Notice.incident)
    late = late.where(
        Notice.kind == NoticeKind.OVERDUE.value, Notice.settled_at.is_(None), Incident.review_due.is_(None)
    )
    return [*session.scalars(query), *session.scalars(late)]


def untold(session: Session, limit: int) -> list[tuple[Incident, Call]]:
    """Return records that wait and of which nobody was told: they were imported, or came with an older version."""
    found: list[tuple[Incident, Call]] = []
    for state, shared, raised in (
        (State.SUBMITTED, may_leave(WayOut.REVIEW), Call(Team.COALITION, NoticeKind.SUBMITTED)),
        (State.RETURNED, true(), Call(Team.MEMBER, NoticeKind.QUESTION)),
    ):
        told = exists().where(Notice.incident_id == Incident.id, Notice.kind == raised.kind.value)
        query = select(Incident).where(Incident.state == state.value, ~told, shared).order_by(Incident.id)
        found += [(incident, raised) for incident in session.scalars(query.limit(limit))]
    return found


def settle_by_id(session: Session, ids: Iterable[str], at: datetime) -> None:
    """Say of some notices that nothing waits any more."""
    session.execute(update(Notice).where(Notice.id.in_(list(ids))).values(settled_at=at, settled_by=None))


def has_settled_before(session: Session, moment: datetime) -> bool:
    """Tell whether something was settled before a moment."""
    return session.scalar(select(Notice.id).where(Notice.settled_at < moment).limit(1)) is not None


def forget_settled_before(session: Session, moment: datetime) -> None:
    """Forget what was settled before a moment."""
    session.execute(delete(Notice).where(Notice.settled_at < moment))

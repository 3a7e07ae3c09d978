"""What waits for whom, and what settles it: one table for the steps of a record, one for what is said about it.

A notice says which record and what kind of thing, never any content. It is for a team and settled for the whole team:
nobody answers a question twice. Nothing depends on a notice; whoever puts one aside changes no record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from coalition.domain.messages import MessageKind
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import State


class Team(StrEnum):
    """Whom a notice is for."""

    MEMBER = "member"
    """The people of the organisation that recorded the incident."""
    COALITION = "coalition"
    """The reviewers."""


class NoticeKind(StrEnum):
    """What waits."""

    QUESTION = "question"
    """The coalition asks the member."""
    DECISION = "decision"
    """The coalition decided, or took a decision back."""
    COMMENT = "comment"
    """The other side wrote something that expects no answer."""
    LINKED = "linked"
    """The record is counted with another one."""
    SUBMITTED = "submitted"
    """A record waits for a reviewer."""
    ANSWER = "answer"
    """The member answered a question."""
    ASSIGNED = "assigned"
    """Somebody is to review the record."""
    PROPOSAL = "proposal"
    """A proposed decision waits for a second person."""
    OVERDUE = "overdue"
    """The day by which the record should have been decided has passed."""


@dataclass(frozen=True)
class Call:
    """A notice to be: for which team, of which kind."""

    team: Team
    kind: NoticeKind


_MEMBER, _COALITION = Team.MEMBER, Team.COALITION
_ALL_OF_REVIEW: Final = frozenset(
    Call(_COALITION, kind)
    for kind in (
        NoticeKind.SUBMITTED,
        NoticeKind.ANSWER,
        NoticeKind.ASSIGNED,
        NoticeKind.PROPOSAL,
        NoticeKind.OVERDUE,
    )
)
"""What a decision settles for the reviewers."""

RAISED: Final[Mapping[Step, Call]] = {
    Step.SUBMIT: Call(_COALITION, NoticeKind.SUBMITTED),
    Step.PUT_BACK: Call(_COALITION, NoticeKind.SUBMITTED),
    Step.PROPOSE: Call(_COALITION, NoticeKind.PROPOSAL),
    Step.RETURN: Call(_MEMBER, NoticeKind.QUESTION),
    Step.ACCEPT: Call(_MEMBER, NoticeKind.DECISION),
    Step.REJECT: Call(_MEMBER, NoticeKind.DECISION),
    Step.REOPEN: Call(_MEMBER, NoticeKind.DECISION),
    Step.LINK: Call(_MEMBER, NoticeKind.LINKED),
}
"""What each step has somebody told; a step that is not here tells nobody."""

SETTLED: Final[Mapping[Step, frozenset[Call]]] = {
    Step.SUBMIT: frozenset({Call(_MEMBER, NoticeKind.DECISION)}),
    Step.WITHDRAW: _ALL_OF_REVIEW | {Call(_COALITION, NoticeKind.COMMENT), Call(_MEMBER, NoticeKind.DECISION)},
    Step.TAKE: frozenset({Call(_COALITION, NoticeKind.SUBMITTED)}),
    Step.PUT_BACK: frozenset(
        {
            Call(_COALITION, NoticeKind.ASSIGNED),
            Call(_COALITION, NoticeKind.OVERDUE),
            Call(_COALITION, NoticeKind.PROPOSAL),
        }
    ),
    Step.RETURN: _ALL_OF_REVIEW,
    Step.ACCEPT: _ALL_OF_REVIEW,
    Step.REJECT: _ALL_OF_REVIEW,
    Step.LINK: _ALL_OF_REVIEW | {Call(_MEMBER, NoticeKind.DECISION)},
    Step.UNLINK: frozenset({Call(_MEMBER, NoticeKind.LINKED)}),
    Step.REOPEN: frozenset({Call(_MEMBER, NoticeKind.DECISION), Call(_MEMBER, NoticeKind.LINKED)}),
}
"""What each step deals with."""


def raised_by(step: Step, before: State) -> Call | None:
    """Return what a step has somebody told; handing in again, after a question, is an answer."""
    if step is Step.SUBMIT and before is State.RETURNED:
        return Call(_COALITION, NoticeKind.ANSWER)
    return RAISED.get(step)


def settled_by(step: Step) -> frozenset[Call]:
    """Return what a step deals with."""
    return SETTLED.get(step, frozenset())


def raised_by_message(kind: MessageKind, *, inside: bool, of_member: bool) -> Call | None:
    """Return what a message has somebody told; a note among reviewers is read with the record."""
    if inside:
        return None
    if kind is MessageKind.QUESTION:
        return Call(_MEMBER, NoticeKind.QUESTION)
    if kind is MessageKind.ANSWER:
        return Call(_COALITION, NoticeKind.ANSWER)
    return Call(_COALITION if of_member else _MEMBER, NoticeKind.COMMENT)


def question_waits(state: State, open_questions: int) -> bool:
    """Tell whether the member still owes an answer: to the question with which a record came back, or to another.

    About a record that was taken back nobody waits for anything; handed in again, it has its questions again.
    """
    return state is State.RETURNED or (open_questions > 0 and state is not State.DRAFT)


FOLDED_FROM: Final = 4
"""From so many records on that wait for a reviewer, an inbox shows one line with their number."""


def folds(kind: NoticeKind, number: int) -> bool:
    """Tell whether so many notices of a kind are one line: new records are worked on in the queue, not here."""
    return kind is NoticeKind.SUBMITTED and number >= FOLDED_FROM

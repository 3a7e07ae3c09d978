"""One thing done with many records: what there is, with how many, and which record it passes by.

Each record is judged by itself, and one that does not fit keeps none of the others waiting. What is done adds and
never takes away: no answer that somebody gave is written over.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from coalition.domain.criterion import Finding, Proposal
from coalition.domain.filters import ListPage
from coalition.domain.incidents import Facts
from coalition.domain.reviews import UNDECIDED
from coalition.domain.vocabulary import State


class Act(StrEnum):
    """What can be done with many records."""

    TAKE = "take"
    """Begin to work on what nobody works on."""
    ASSIGN = "assign"
    """Give to a reviewer, to be decided by a day."""
    PUT_BACK = "put_back"
    """Leave to somebody else."""
    COMMENT = "comment"
    """Write the same to every member concerned."""
    ACCEPT = "accept"
    """Accept where the software proposes yes in every test and one person may decide."""
    MOTIVATION = "motivation"
    """Add a bias motivation to drafts."""
    REGION = "region"
    """Say the region of drafts that have none."""
    SUBMIT = "submit"
    """Hand in what is complete."""
    WITHDRAW = "withdraw"
    """Take back what was handed in: undoes the one above."""


class Obstacle(StrEnum):
    """Why a record is passed by."""

    GONE = "gone"
    """It is not there any more, or not for this reader."""
    STATE = "state"
    """It stands elsewhere in its life."""
    CHANGED = "changed"
    """Somebody changed it since it was looked at."""
    NOT_YOURS = "not_yours"
    """Somebody else records it."""
    TESTS = "tests"
    """The software does not propose yes in every test."""
    SECOND = "second"
    """Two people have to decide."""
    INCOMPLETE = "incomplete"
    """Something is missing."""
    SAID = "said"
    """It says so already, or says something else that stays."""
    ELSEWHERE = "elsewhere"
    """It happened in another country."""


ON: Final[Mapping[ListPage, tuple[Act, ...]]] = {
    ListPage.REVIEWS: (Act.TAKE, Act.ASSIGN, Act.PUT_BACK, Act.COMMENT, Act.ACCEPT),
    ListPage.INCIDENTS: (Act.MOTIVATION, Act.REGION, Act.SUBMIT),
}
"""What is offered on each list."""
ASKS: Final = frozenset({Act.ASSIGN, Act.COMMENT, Act.MOTIVATION, Act.REGION})
"""What needs an answer before it can be judged."""
UNDONE_BY: Final[Mapping[Act, Act]] = {Act.TAKE: Act.PUT_BACK, Act.SUBMIT: Act.WITHDRAW}
"""What a second press takes back, for records that nobody changed meanwhile."""
MOST: Final = 1000
"""So many records at once, while somebody waits for the page."""
MOST_JUDGED: Final = 200
"""So many where each record has to be opened and judged by its contents."""
MOST_ACCEPTED: Final = 50
"""So many where each is compared with all others as well."""
PART: Final = 25
"""So many are done in one unit of work: whoever saves a record meanwhile waits for no more than these."""


def most_of(act: Act) -> int:
    """Return with how many records something can be done at once."""
    if act is Act.ACCEPT:
        return MOST_ACCEPTED
    return MOST_JUDGED if act in {Act.SUBMIT, Act.MOTIVATION, Act.REGION} else MOST


_STATES: Final[Mapping[Act, Collection[State]]] = {
    Act.TAKE: (State.SUBMITTED,),
    Act.ASSIGN: UNDECIDED,
    Act.PUT_BACK: (State.IN_REVIEW,),
    Act.COMMENT: tuple(state for state in State if state is not State.DRAFT),
    Act.ACCEPT: UNDECIDED,
    Act.MOTIVATION: (State.DRAFT,),
    Act.REGION: (State.DRAFT,),
    Act.SUBMIT: (State.DRAFT,),
    Act.WITHDRAW: UNDECIDED,
}
"""The states in which each is possible: what was handed in is not changed in bulk, only what was never."""


def against_state(act: Act, state: State) -> Obstacle | None:
    """Return whether a record's state is in the way."""
    return None if state in _STATES[act] else Obstacle.STATE


def against_accepting(proposals: Collection[Proposal], *, alone: bool) -> Obstacle | None:
    """Return what is in the way of accepting without anybody's own findings: only what is beyond doubt is."""
    if not alone:
        return Obstacle.SECOND
    return None if all(proposal.finding is Finding.YES for proposal in proposals) else Obstacle.TESTS


def against_motivation(facts: Facts, code: str) -> Obstacle | None:
    """Return what is in the way of adding a motivation to a draft."""
    return Obstacle.SAID if code in facts.motivations else None


def against_region(facts: Facts, code: str) -> Obstacle | None:
    """Return what is in the way of saying a draft's region: one that is said stays."""
    if facts.region:
        return Obstacle.SAID
    return None if facts.country == code.partition("-")[0] else Obstacle.ELSEWHERE

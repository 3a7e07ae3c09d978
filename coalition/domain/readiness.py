"""How ready a data year is: what may go into the submission, and what keeps every other record out of it.

The board counts what columns tell. No text is opened for it, so whether a text says enough, or says too much, is not
counted and not guessed. The rules here are asked in Python of one record and in SQL (`coalition.db.readiness`) of a
year; a test holds both equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from coalition.domain.codebook import countries
from coalition.domain.consents import WAYS_OUT
from coalition.domain.criterion import Test
from coalition.domain.incidents import Facts
from coalition.domain.profiles import Profile
from coalition.domain.vocabulary import Purpose, State


class Lack(StrEnum):
    """What a record lacks, as far as its columns tell."""

    COUNTRY = "country"
    """No participating State is named."""
    TYPE = "type"
    """No offence that has a type, and nobody chose one."""
    MOTIVATION = "motivation"
    """No bias motivation."""
    INDICATOR = "indicator"
    """No bias indicator with what was observed."""
    TEXT = "text"
    """Nothing says what happened, neither an account nor a description."""
    SOURCE = "source"
    """No source of information."""
    DESCRIPTION = "description"
    """No description in the language of the submission: it would be a number only, which its type need not be."""
    SHARING = "sharing"
    """No consent to share it with the coalition."""
    SUBMITTING = "submitting"
    """No consent to the submission."""


OF_CONSENT: Final = (Lack.SHARING, Lack.SUBMITTING)
"""What only the person concerned can give."""
OF_FACTS: Final = tuple(lack for lack in Lack if lack not in OF_CONSENT)
"""What whoever recorded it can add."""
PURPOSE_OF: Final[Mapping[Lack, Purpose]] = {
    Lack.SHARING: Purpose.SHARE_COALITION,
    Lack.SUBMITTING: Purpose.ODIHR,
}
"""The consent that is missing."""
TEST_OF: Final[Mapping[Lack, Test]] = {
    Lack.COUNTRY: Test.PARTICIPATING_STATE,
    Lack.TYPE: Test.CRIMINAL_OFFENCE,
    Lack.INDICATOR: Test.BIAS_INDICATOR,
    Lack.TEXT: Test.ENOUGH_DETAIL,
    Lack.SUBMITTING: Test.PERMITTED,
}
"""The test of the criterion that stays open because of it; the others are asked by the submission's own form."""
ASKED_BEFORE_A_DECISION: Final = frozenset({Lack.COUNTRY, Lack.INDICATOR, Lack.TEXT, Lack.SOURCE})
"""What no accepted record is asked for any more: a person looked at it and decided."""
POSSIBLE: Final = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.RETURNED, State.ACCEPTED)
"""The states of records that may still be in the submission as themselves."""
UNDECIDED_HERE: Final = (State.SUBMITTED, State.IN_REVIEW, State.RETURNED)
"""The states in which a record can be looked at as a possible duplicate."""


def lacking(facts: Facts, state: State, taken: Profile) -> frozenset[Lack]:
    """Return what a record lacks for a submission, as far as columns tell; nothing where it is out of it anyhow."""
    if state not in POSSIBLE:
        return frozenset()
    missing = {
        Lack.COUNTRY: facts.country not in countries(),
        Lack.TYPE: facts.type is None,
        Lack.MOTIVATION: not facts.motivations,
        Lack.INDICATOR: not any(indicator.note for indicator in facts.indicators),
        Lack.TEXT: not facts.narrative and not any(facts.descriptions.values()),
        Lack.SOURCE: not facts.sources,
        Lack.DESCRIPTION: not facts.descriptions.get(taken.language) and facts.type not in taken.statistics_only,
        Lack.SHARING: not facts.allows(Purpose.SHARE_COALITION),
        Lack.SUBMITTING: not all(facts.allows(purpose) for purpose in submission_purposes(taken)),
    }
    asked = set(Lack) - (ASKED_BEFORE_A_DECISION if state is State.ACCEPTED else frozenset())
    return frozenset(lack for lack in asked if missing[lack])


def submission_purposes(taken: Profile) -> frozenset[Purpose]:
    """Return what has to be consented to for the submission, beside sharing, which is asked by itself."""
    return WAYS_OUT[taken.way] - {Purpose.SHARE_COALITION}


class Standing(StrEnum):
    """What a list of records is narrowed to from the board; beside these every Lack."""

    READY = "ready"
    """In the submission if it were built now."""
    INCOMPLETE = "incomplete"
    """Something is missing that whoever recorded it can add."""
    NO_CONSENT = "no_consent"
    """Some consent is missing."""
    ALIKE = "alike"
    """Looks very much like another record, and nobody has decided yet."""


SOUGHT: Final = (*Standing, *Lack)
"""Everything that the filter of a list can ask for."""

PROBABLE: Final = 0.6
"""From this likeness on a record is counted as perhaps the same incident as another one. What a reviewer is shown
begins lower (`coalition.domain.duplicates.ENOUGH`). It is a number to look at, and nothing follows from it."""


@dataclass(frozen=True)
class Tally:
    """The numbers of one cell of the board, or of several together."""

    ready: int = 0
    """Incidents that would be in the submission if it were built now."""
    accepted: int = 0
    submitted: int = 0
    in_review: int = 0
    questions: int = 0
    """Records with a question that is not answered."""
    drafts: int = 0
    """Always 0 for whoever may not know of drafts."""
    incomplete: int = 0
    """Records that lack something which whoever recorded them can add."""
    unconsented: int = 0
    """Records that lack a consent."""
    alike: int = 0
    """Undecided records that look very much like another one."""
    unlooked: int = 0
    """Undecided records that were not compared yet as they are now."""
    lacks: Mapping[Lack, int] = field(default_factory=dict)
    """How many lack what; one record may be in several."""

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        both = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        lacks = {lack: self.lacks.get(lack, 0) + other.lacks.get(lack, 0) for lack in Lack}
        return replace(self, **both, lacks={lack: number for lack, number in lacks.items() if number})

    @property
    def waiting(self) -> int:
        """Records that wait for the coalition."""
        return self.submitted + self.in_review

    @property
    def with_member(self) -> int:
        """How much is for the member to do; a record may count more than once, because each thing is to be done."""
        return self.questions + self.incomplete + self.unconsented + self.drafts

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not any(getattr(self, name) for name in NUMBERS)


NUMBERS: Final = (
    "ready",
    "accepted",
    "submitted",
    "in_review",
    "questions",
    "drafts",
    "incomplete",
    "unconsented",
    "alike",
    "unlooked",
)


def total(tallies: Iterable[Tally]) -> Tally:
    """Return several cells together."""
    found = Tally()
    for tally in tallies:
        found += tally
    return found


class Obstacle(StrEnum):
    """What stands between a year and its submission, in the order in which it is said."""

    WAITING = "waiting"
    QUESTIONS = "questions"
    INCOMPLETE = "incomplete"
    UNCONSENTED = "unconsented"
    ALIKE = "alike"
    DRAFTS = "drafts"


def obstacles(tally: Tally) -> tuple[tuple[Obstacle, int], ...]:
    """Return what stands in the way, and how many records each; nothing where nothing does."""
    numbers = {
        Obstacle.WAITING: tally.waiting,
        Obstacle.QUESTIONS: tally.questions,
        Obstacle.INCOMPLETE: tally.incomplete,
        Obstacle.UNCONSENTED: tally.unconsented,
        Obstacle.ALIKE: tally.alike,
        Obstacle.DRAFTS: tally.drafts,
    }
    return tuple((obstacle, number) for obstacle, number in numbers.items() if number)

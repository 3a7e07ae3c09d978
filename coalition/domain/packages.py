"""What goes to the receiving body with a version, and what is looked at before it is sent.

Nothing here stops anybody: ODIHR takes any form "so long as the submission includes sufficient information about each
incident". What can be computed is computed, what cannot is ticked by a person, and everything is said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from coalition.domain.errors import NotAllowedNow

LETTER_PDF, LETTER_DOCX, MESSAGE = "cover-letter.pdf", "cover-letter.docx", "message.eml"
ACCOMPANYING = (LETTER_PDF, LETTER_DOCX, MESSAGE)
"""What is made for a version when somebody asks for it."""
FOLDER = "submission"
"""Where the signed files of the version lie in a package: nothing else may lie beside what a manifest vouches for."""


def archive_name(year: int, number: int) -> str:
    """Return the name of the archive that holds the whole package."""
    return f"submission-{year}-v{number}.zip"


class Check(StrEnum):
    """What is looked at before a version is sent, in the order in which it is read."""

    LATEST = "latest"
    """It is the latest version of its year."""
    UNCHANGED = "unchanged"
    """Built now, it would hold the same."""
    CORRECTIONS = "corrections"
    """No correction of an earlier submission of its year waits."""
    DECIDED = "decided"
    """No record of its year waits for a decision."""
    DEADLINE = "deadline"
    """The deadline has not passed."""
    RECIPIENT = "recipient"
    """The profile names an e-mail address."""
    CONTACT = "contact"
    """The coalition names an e-mail address for questions."""
    MEMBERS = "members"
    """Every member says in a sentence who it is: ODIHR publishes who stands behind the name."""
    INDICATORS = "indicators"
    """Every described incident has a bias indicator, without which it is no hate crime."""
    SIGNATURE = "signature"
    """The files are those that were signed."""
    PDF = "pdf"
    """The cover letter can be made as PDF."""
    SIZE = "size"
    """The e-mail is small enough for usual mail servers."""
    CALL = "call"
    """By hand: address, deadline and form were compared with this year's call. They change, and no program knows."""
    READ = "read"
    """By hand: somebody other than whoever built it read it."""
    SIGNED = "signed"
    """By hand: the letter is signed."""


BY_HAND = (Check.CALL, Check.READ, Check.SIGNED)


def check_ticking(sent_at: datetime | None) -> None:
    """Raise NotAllowedNow for the check list of a version that was sent.

    It says what was looked at before: a tick from afterwards would tell of a look that nobody had.
    """
    if sent_at is not None:
        raise NotAllowedNow("tick", "sent")


class Outcome(StrEnum):
    """What came of looking."""

    MET = "met"
    NOT_MET = "not_met"
    UNCLEAR = "unclear"
    """Nobody has looked yet, or it cannot be told."""


@dataclass(frozen=True)
class Tick:
    """That a person looked."""

    at: datetime
    by: str
    """Name of the person; empty for the command line."""
    builder: bool = False
    """Whether the same person built the version."""


@dataclass(frozen=True)
class Known:
    """What is known of a version before it is sent. None: it cannot be told."""

    latest: bool = True
    differences: int | None = 0
    """Incidents that would be added, removed or changed if it were built now."""
    corrections: int = 0
    waiting: int = 0
    days_left: int = 0
    """Until the deadline; negative when it has passed."""
    recipient: bool = True
    contact: bool = True
    silent_members: int = 0
    """Members that do not say who they are."""
    without_indicator: int | None = 0
    """Described incidents without a bias indicator; None where the profile has no such column."""
    signature: bool | None = True
    pdf: bool = True
    too_large: bool | None = False
    ticks: Mapping[Check, Tick] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One line of the check list."""

    check: Check
    outcome: Outcome
    number: int = 0
    """Of what it is about, where it counts something."""
    tick: Tick | None = None


def findings(known: Known) -> tuple[Finding, ...]:
    """Return the check list."""
    return tuple(sorted((*_computed(known), *_by_hand(known)), key=lambda found: list(Check).index(found.check)))


def _computed(known: Known) -> Iterator[Finding]:
    numbers = {
        Check.UNCHANGED: known.differences,
        Check.CORRECTIONS: known.corrections,
        Check.DECIDED: known.waiting,
        Check.MEMBERS: known.silent_members,
        Check.INDICATORS: known.without_indicator,
        Check.DEADLINE: max(0, -known.days_left),
    }
    for check, number in numbers.items():
        yield Finding(check, _outcome(None if number is None else number == 0), number or 0)
    answers = {
        Check.LATEST: known.latest,
        Check.RECIPIENT: known.recipient,
        Check.CONTACT: known.contact,
        Check.SIGNATURE: known.signature,
        Check.PDF: known.pdf,
        Check.SIZE: None if known.too_large is None else not known.too_large,
    }
    for check, answer in answers.items():
        yield Finding(check, _outcome(answer))


def _outcome(answer: bool | None) -> Outcome:  # noqa: FBT001 - a finding is one of three things
    return Outcome.UNCLEAR if answer is None else Outcome.MET if answer else Outcome.NOT_MET


def _by_hand(known: Known) -> Iterator[Finding]:
    for check in BY_HAND:
        tick = known.ticks.get(check)
        # Whoever built it does not see any more what others would: a second person is a second person.
        enough = tick is not None and not (check is Check.READ and tick.builder)
        yield Finding(check, Outcome.MET if enough else Outcome.NOT_MET if tick else Outcome.UNCLEAR, tick=tick)

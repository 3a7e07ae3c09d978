"""The yearly submission: build its files, see which years can be built."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from coalition.db.organisations import all_organisations
from coalition.db.outgoing import OutgoingIncidents
from coalition.documents.submissions import Inclusions, batches, compiled
from coalition.documents.workbook import WORKBOOK, About
from coalition.documents.writing import Order, write_beside, write_here
from coalition.domain.access import Permission, require
from coalition.domain.consents import Kind, Leaving
from coalition.domain.same_incident import Candidate
from coalition.domain.summaries import Member
from coalition.services import calendar, settings
from coalition.services.profiles import taken_for
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]
READING = ""
"""What is said to be done while the incidents are read; later steps are the names of files."""
_SAY_EVERY = 500
MANY = 3_000
"""Of incidents: from here on it is worth another process to write their files while they are read."""


@dataclass(frozen=True)
class Cycle:
    """Where and when a year's submission goes: as the profile has it, on the day that the calendar says."""

    year: int
    deadline: date
    recipient: str
    subject: str


@dataclass(frozen=True)
class BuiltSubmission:
    """The files of a submission that were written, before they are a version."""

    manifest: Mapping[str, Any]
    leaving: Leaving
    """Holds as long as the folder aside is there."""

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        return dict(self.manifest["counts"])


def build_submission(  # noqa: PLR0913 - a submission is built in one way
    work: Work, year: int, folder: Path, aside: Path, progress: Progress | None = None, *, profile: str = ""
) -> BuiltSubmission:
    """Write the files of a data year's submission into a folder; `coalition.services.versions` makes them a version.

    The files depend on nothing but the data: built twice they are equal byte for byte. `aside` is another folder, for
    what is needed until the version is kept; whoever made it throws it away. `profile` is the code of the profile;
    without one it is built with the profile that fits the year.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    own, taken = settings.read(work), taken_for(work, year, profile)
    members = tuple(
        Member({"": row.name, **row.names}, dict(row.about), row.website) for row in all_organisations(work.session)
    )
    about = About(coalition=own.name_in(taken.language), members=members, contact=own.contact)
    candidates = OutgoingIncidents(work.session, year, taken)
    order = Order(year, taken, about, folder, aside / "lines.db")
    write = write_here if len(candidates) < MANY else write_beside
    manifest = write(order, batches(_told(candidates, progress), year, taken, by_month=True), progress)
    included = Inclusions(order.lines, taken.fields)
    leaving = Leaving(Kind.SUBMISSION, year, included, manifest["sha256"][WORKBOOK], purpose=taken.purpose)
    return BuiltSubmission(manifest, leaving)


def _told(candidates: OutgoingIncidents, progress: Progress | None) -> Iterator[Candidate]:
    """Go through incidents and say how many were read already."""
    total = len(candidates)
    for number, candidate in enumerate(candidates):
        if progress and number % _SAY_EVERY == 0:
            progress(number, total, READING)
        yield candidate


def would_leave(work: Work, year: int, profile: str, aside: Path) -> Inclusions:
    """Return what would leave if the submission were built now; it holds as long as the folder aside is there."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    taken = taken_for(work, year, profile)
    candidates = OutgoingIncidents(work.session, year, taken)
    with compiled(candidates, year, taken, aside / "now.db") as submission:
        return submission.included


def cycle_of(work: Work, year: int) -> Cycle:
    """Return deadline, recipient and subject line of a data year's submission."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    taken, own = calendar.rule_for(work, year), settings.read(work)
    return Cycle(
        year=year,
        deadline=calendar.deadline(work, year),
        recipient=taken.recipient,
        subject=taken.texts.subject.format(year=year, coalition=own.name_in(taken.language)),
    )

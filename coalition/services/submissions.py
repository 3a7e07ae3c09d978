"""The yearly submission: build its files, see which years can be built."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from coalition.db import incidents as storage
from coalition.db.organisations import all_organisations
from coalition.documents.submission_files import write_submission
from coalition.documents.workbook import About
from coalition.domain.access import Permission, require
from coalition.domain.submissions import Candidate, compile_submission, profile
from coalition.domain.summaries import Member
from coalition.services import audit, settings
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Cycle:
    """Where and when a year's submission goes, as the profile has it."""

    year: int
    deadline: date
    recipient: str
    subject: str


def build_submission(work: Work, year: int, folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Write the submission of a data year into a folder; returns the manifest.

    The files depend on nothing but the data: built twice they are equal byte for byte.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    own, taken = settings.read(work), profile()
    candidates = (Candidate(facts, member) for facts, member in storage.accepted_incidents(work.session, year))
    submission = compile_submission(candidates, year, taken)
    members = tuple(
        Member({"": row.name, **row.names}, dict(row.about), row.website) for row in all_organisations(work.session)
    )
    about = About(coalition=own.name_in(taken.language), members=members, contact=own.contact)
    return write_submission(submission, about, folder, progress)


def note_build(work: Work, year: int, counts: dict[str, int]) -> None:
    """Write into the log that a submission left through the command line."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    audit.record(work, "submission.build", "submission", str(year), **counts)


def cycle_of(work: Work, year: int) -> Cycle:
    """Return deadline, recipient and subject line of a data year's submission."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    taken, own = profile(), settings.read(work)
    return Cycle(
        year=year,
        deadline=date(year + 1, taken.deadline_month, taken.deadline_day),
        recipient=taken.recipient,
        subject=taken.subject.format(year=year, coalition=own.name_in(taken.language)),
    )

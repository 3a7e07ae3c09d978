"""The yearly submission: build its files, see which years can be built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from coalition.db import incidents as storage
from coalition.db.organisations import all_organisations
from coalition.documents.submission_files import WORKBOOK, write_submission
from coalition.documents.workbook import About
from coalition.domain.access import Permission, require
from coalition.domain.consents import Kind, Leaving
from coalition.domain.submissions import compile_submission, profile
from coalition.domain.summaries import Member
from coalition.services import audit, releases, settings
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Cycle:
    """Where and when a year's submission goes, as the profile has it."""

    year: int
    deadline: date
    recipient: str
    subject: str


@dataclass(frozen=True)
class BuiltSubmission:
    """A submission that was written."""

    manifest: Mapping[str, Any]
    leaving: Leaving
    """To be kept, by `note_build` or with the job that made it, before anybody is given the files."""

    @property
    def counts(self) -> dict[str, int]:
        """How many incidents in all and in each part."""
        return dict(self.manifest["counts"])


def build_submission(work: Work, year: int, folder: Path, progress: Progress | None = None) -> BuiltSubmission:
    """Write the submission of a data year into a folder.

    The files depend on nothing but the data: built twice they are equal byte for byte.
    """
    require(work.actor, Permission.BUILD_SUBMISSION)
    own, taken = settings.read(work), profile()
    submission = compile_submission(storage.accepted_incidents(work.session, year), year, taken)
    members = tuple(
        Member({"": row.name, **row.names}, dict(row.about), row.website) for row in all_organisations(work.session)
    )
    about = About(coalition=own.name_in(taken.language), members=members, contact=own.contact)
    manifest = write_submission(submission, about, folder, progress)
    leaving = Leaving(Kind.SUBMISSION, year, submission.included, manifest["sha256"][WORKBOOK])
    return BuiltSubmission(manifest, leaving)


def note_build(work: Work, built: BuiltSubmission) -> None:
    """Keep that a submission left through the command line, and with which incidents."""
    require(work.actor, Permission.BUILD_SUBMISSION)
    releases.record(work, built.leaving)
    audit.record(work, "submission.build", "submission", str(built.leaving.year), **built.counts)


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

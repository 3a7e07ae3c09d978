"""The PDF report of a year in a language."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coalition.documents.annual_report import annual_report
from coalition.domain.access import Permission, require
from coalition.domain.consents import Kind, Leaving
from coalition.domain.errors import UnknownCode
from coalition.services import audit, figures, releases, settings
from coalition.services.gap import gap_of_report
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]
STEPS = ("figures", "pages")
"""What takes its time: counting, then setting the pages."""


@dataclass(frozen=True)
class BuiltReport:
    """A report that was written."""

    incidents: int
    """How many it counts."""
    leaving: Leaving
    """To be kept, by `note_build` or with the job that made it, before anybody is given the file."""


def build_report(work: Work, year: int, language: str, file: Path, progress: Progress | None = None) -> BuiltReport:
    """Write the report of a data year.

    The same function makes the figures of the public
    summary, which is frozen when it is published. The file appears whole or
    not at all. Raises UnknownCode for a language that the coalition does not use.
    """
    require(work.actor, Permission.BUILD_REPORT)
    if language not in settings.read(work).languages:
        raise UnknownCode("languages", language)
    say = progress or (lambda _done, _total, _step: None)
    say(0, len(STEPS), "figures")
    counted = figures.year_figures(work, year)
    say(1, len(STEPS), "pages")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.part")
    pdf = annual_report(counted.summary, language, gap_of_report(work, counted.summary))
    unfinished.write_bytes(pdf)
    unfinished.replace(file)
    say(len(STEPS), len(STEPS), "pages")
    leaving = Leaving(Kind.REPORT, year, counted.included, hashlib.sha256(pdf).hexdigest(), language)
    return BuiltReport(counted.summary.incidents, leaving)


def note_build(work: Work, built: BuiltReport) -> None:
    """Keep that a report was made through the command line, and with which incidents."""
    require(work.actor, Permission.BUILD_REPORT)
    leaving = built.leaving
    releases.record(work, leaving)
    audit.record(work, "report.build", "report", str(leaving.year), language=leaving.language)

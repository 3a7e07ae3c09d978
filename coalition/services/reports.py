"""The PDF report of a year in a language."""

from collections.abc import Callable
from pathlib import Path

from coalition.documents.annual_report import annual_report
from coalition.domain.access import Permission, require
from coalition.domain.errors import UnknownCode
from coalition.services import audit, figures, settings
from coalition.services.work import Work

Progress = Callable[[int, int, str], None]
STEPS = ("figures", "pages")
"""What takes its time: counting, then setting the pages."""


def build_report(work: Work, year: int, language: str, file: Path, progress: Progress | None = None) -> int:
    """Write the report of a data year; returns the number of incidents it counts.

    The same function makes the figures of the public
    summary, which is frozen when it is published. The file appears whole or
    not at all. Raises UnknownCode for a language that the coalition does not use.
    """
    require(work.actor, Permission.BUILD_REPORT)
    if language not in settings.read(work).languages:
        raise UnknownCode("languages", language)
    say = progress or (lambda _done, _total, _step: None)
    say(0, len(STEPS), "figures")
    summary = figures.year_summary(work, year)
    say(1, len(STEPS), "pages")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.part")
    unfinished.write_bytes(annual_report(summary, language))
    unfinished.replace(file)
    say(len(STEPS), len(STEPS), "pages")
    return summary.incidents


def note_build(work: Work, year: int, language: str) -> None:
    """Write into the log that a report was made through the command line."""
    require(work.actor, Permission.BUILD_REPORT)
    audit.record(work, "report.build", "report", str(year), language=language)

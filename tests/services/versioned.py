"""A version of a year's submission in a test, built as the product builds it."""

from pathlib import Path

from coalition.db import submissions as storage
from coalition.domain.consents import Included
from coalition.services import versions
from coalition.services.work import Work
from tests.conftest import Coalition
from tests.services.building import built


def keep_version(
    coalition: Coalition, folder: Path, year: int = 2024, who: str = "coordinator", profile: str = ""
) -> int:
    """Build the year's next version and keep it; returns its number."""
    with coalition.reading(who) as work:
        made = built(work, year, folder, profile=profile)
    with coalition.work(who) as work:
        return versions.keep(work, made, folder).number


def lines_of(work: Work, year: int, number: int) -> list[tuple[str, Included]]:
    """Return (reference, what was frozen of it) of a version, in the order of its sheet."""
    row = next(row for row in storage.versions_of(work.session, year) if row.number == number)
    return list(storage.lines_in(work.session, row.release_id))

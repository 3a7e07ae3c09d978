"""A version of a year's submission in a test, built as the product builds it."""

from pathlib import Path

from coalition.services import versions
from tests.conftest import Coalition
from tests.services.building import built


def keep_version(coalition: Coalition, folder: Path, year: int = 2024, who: str = "coordinator") -> int:
    """Build the year's next version and keep it; returns its number."""
    with coalition.reading(who) as work:
        made = built(work, year, folder)
    with coalition.work(who) as work:
        return versions.keep(work, made, folder).number

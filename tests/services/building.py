"""Building a submission in a test: into one folder, with another one for what is needed meanwhile."""

from pathlib import Path
from tempfile import mkdtemp

from coalition.services import versions
from coalition.services.submissions import Progress
from coalition.services.versions import Prepared
from coalition.services.work import Work


def built(work: Work, year: int, folder: Path, progress: Progress | None = None, *, profile: str = "") -> Prepared:
    """Write every file of a year's next version into a folder; `versions.keep` makes it one."""
    folder.mkdir(parents=True, exist_ok=True)
    return versions.prepare(work, year, folder, Path(mkdtemp(dir=folder.parent)), progress, profile=profile)

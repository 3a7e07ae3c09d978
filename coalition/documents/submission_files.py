"""The files of one yearly submission, as a folder that can be sent, checked and built again.

The manifest names every file with its checksum and is put in place last: a folder whose manifest fits is
complete.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalition.documents.delimited import write_csv
from coalition.documents.workbook import About, Progress, submission_workbook
from coalition.domain.codebook import codebook
from coalition.domain.submissions import (
    STATISTICS_HEADER,
    Submission,
    overview_header,
    overview_rows,
    statistics_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WORKBOOK = "submission.xlsx"
INCIDENTS, STATISTICS, OVERVIEW = "incidents.csv", "statistics.csv", "overview.csv"
MANIFEST = "manifest.json"
FILES = (WORKBOOK, INCIDENTS, STATISTICS, OVERVIEW)


def write_submission(
    submission: Submission, about: About, folder: Path, progress: Progress | None = None
) -> dict[str, Any]:
    """Write all files into a folder, which is made if need be, and return the manifest.

    Everything is built aside first: whoever looks into the folder meanwhile sees the files of the last build,
    or, while they are exchanged, none that a manifest vouches for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".building-") as aside:
        built = Path(aside)
        _build(submission, about, built, progress)
        made = manifest(submission, built)
        (built / MANIFEST).write_text(_as_json(made), encoding="utf-8")
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in (*FILES, MANIFEST):
            (built / name).replace(folder / name)
    return made


def _build(submission: Submission, about: About, folder: Path, progress: Progress | None) -> None:
    submission_workbook(submission, about, folder / WORKBOOK, progress)
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[str | int]]]] = {
        INCIDENTS: (submission.profile.export_columns, (row.visible for row in submission.rows)),
        STATISTICS: (STATISTICS_HEADER, statistics_rows(submission)),
        OVERVIEW: (overview_header(), overview_rows(submission)),
    }
    for done, (name, (header, rows)) in enumerate(tables.items(), start=1):
        write_csv(folder / name, header, rows)
        if progress:
            progress(done, len(tables), name)


def manifest(submission: Submission, folder: Path) -> dict[str, Any]:
    """Return what a folder holds: what it was built with, how many incidents, a checksum per file."""
    return {
        "year": submission.year,
        "profile": submission.profile.version,
        "codebook": codebook().version,
        "counts": submission.counts,
        "sha256": {name: _checksum(folder / name) for name in FILES},
    }


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_json(made: dict[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

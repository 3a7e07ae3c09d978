"""The files of one yearly submission, as a folder that can be sent, checked and built again.

The manifest names every file with its checksum, and which version of the year's submission it is; it is signed, and the
signature lies beside it. Nothing in any of them comes from a clock or from chance: the same version is the same bytes.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalition.documents.delimited import csv_file, write_csv
from coalition.documents.signing import MANIFEST, SIGNATURE, Signer
from coalition.documents.submission_words import ERASED, change_words, words_of
from coalition.documents.submissions import Aside, Submission
from coalition.documents.workbook import WORKBOOK, About, Progress, submission_workbook
from coalition.domain.codebook import codebook
from coalition.domain.consents import Part
from coalition.domain.profiles import Profile
from coalition.domain.submissions import overview_header, overview_rows, statistics_rows
from coalition.domain.versions import PART, Difference, Move, Place, What

if TYPE_CHECKING:
    from collections.abc import Mapping

INCIDENTS, STATISTICS, OVERVIEW = "incidents.csv", "statistics.csv", "overview.csv"
CHANGES = "changes.csv"
FILES = (WORKBOOK, INCIDENTS, STATISTICS, OVERVIEW)
"""What every version has."""
NAMES = frozenset({*FILES, CHANGES, MANIFEST, SIGNATURE})
"""Every name that a file of a version has: what a later build may replace in a folder."""


def write_submission(
    submission: Submission, about: About, folder: Path, progress: Progress | None = None
) -> dict[str, Any]:
    """Write what every version has into a folder, which is made if need be, and return what its manifest begins with.

    The folder is nobody's yet: `sign` makes it complete, and `coalition.documents.whole_folder` puts it in its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _build(submission, about, folder, progress)
    return manifest(submission, folder)


def _build(submission: Submission, about: About, folder: Path, progress: Progress | None) -> None:
    told = progress or _silent
    taken = submission.profile
    words = words_of(taken)
    with csv_file(folder / INCIDENTS, [column.header for column in taken.export]) as write:
        exported = Aside([column.field for column in taken.export], write)
        submission_workbook(submission, about, folder / WORKBOOK, progress, exported)
    told(1, _TABLES, INCIDENTS)
    write_csv(folder / STATISTICS, words.header, statistics_rows(taken, submission.statistics, words))
    told(2, _TABLES, STATISTICS)
    header = overview_header(taken, words)
    write_csv(folder / OVERVIEW, header, overview_rows(taken, submission.overview, words))
    told(3, _TABLES, OVERVIEW)


_TABLES = 3
"""Files beside the workbook."""


def _silent(_done: int, _of: int, _name: str) -> None:
    """Say nothing of how far it is."""


def manifest(submission: Submission, folder: Path) -> dict[str, Any]:
    """Return what a folder holds: what it was built with, how many incidents, who is credited, a checksum per file."""
    return {
        "year": submission.year,
        "profile": submission.profile.version,
        "profile_code": submission.profile.code,
        "consent": submission.profile.purpose.value,
        "codebook": codebook().version,
        "counts": submission.counts,
        "credited": [*submission.members],
        "sha256": {name: _checksum(folder / name) for name in FILES},
    }


def is_same(made: "Mapping[str, Any]", other: "Mapping[str, Any]") -> bool:
    """Tell whether two manifests are about the same: the same files, built with the same profile and code book."""
    same = all(made[name] == other.get(name) for name in ("year", "profile", "profile_code", "codebook"))
    return same and all(made["sha256"].get(name) == other["sha256"].get(name) for name in FILES)


def write_changes(folder: Path, found: Difference, taken: Profile) -> str:
    """Write what a revision changes, to be sent along; returns the checksum of the file.

    It says where an incident stands in the earlier sheet and in this one, and which columns say something else. Of a
    record that was erased nothing but its number is known. It speaks the language of the profile, as every file does.
    """
    words = change_words(taken)
    headers = {PART: words.part} | {column.field: column.header for column in (*taken.columns, *taken.export)}
    erased: list[tuple[str | int, ...]] = [(ERASED, number, "", Part.DESCRIPTIVE, "", "") for number in found.erased]
    erased += [(ERASED, "", "", Part.STATISTICAL, "", "")] * found.erased_counted
    rows = sorted((_change(move, headers) for move in found.moves), key=_by_number)
    write_csv(folder / CHANGES, words.header, map(words.of, [*erased, *rows]))
    return _checksum(folder / CHANGES)


def _change(move: Move, headers: "Mapping[str, str]") -> tuple[str | int, ...]:
    was, now = _place(move.before), _place(move.after)
    return move.what.value, was[0], now[0], was[1], now[1], "; ".join(headers.get(name, name) for name in move.fields)


def _place(place: Place | None) -> tuple[str | int, str]:
    return (place.number or "", place.part.value) if place else ("", "")


def _by_number(row: tuple[str | int, ...]) -> tuple[object, ...]:
    """Order by what can be read only: not even the order may tell anything else of the records."""
    what, before, now, *rest = row
    return list(What).index(What(str(what))), before or 0, now or 0, rest


def sign(folder: Path, made: "Mapping[str, Any]", signer: Signer) -> dict[str, Any]:
    """Write the manifest and its signature; returns the manifest, which names the key that it is signed with."""
    whole = {**made, "signature": signer.about}
    text = _as_json(whole).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_text(f"{signer.sign(text)}\n", encoding="ascii")
    return whole


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_json(made: "Mapping[str, Any]") -> str:
    return json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

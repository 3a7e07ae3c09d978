"""Where a member's spreadsheet lies on its way in: one folder per upload, all of it sealed with the upload's own key.

Nothing of it is ever written in clear. The key is destroyed with the files, so that no backup opens them any more. It
checks no permission: the action that calls it did.
"""

import json
import shutil
from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from coalition.config import Config
from coalition.db.keys import keys_of
from coalition.db.mappings import SheetUpload
from coalition.encryption import CannotOpen, seal_parts, unseal_file
from coalition.services.work import Work


class SheetFile(StrEnum):
    """What is kept of an upload."""

    SHEET = "sheet"
    """The file as it was sent."""
    PROFILE = "profile"
    """What its columns hold, for the person who says what they mean."""
    PLAN = "plan"
    """What would be recorded of it."""
    PROBLEMS = "problems"
    """The rows that cannot be recorded, and why."""


def _folder(config: Config, upload_id: str) -> Path:
    return config.files / upload_id


def make_key(work: Work, row: SheetUpload) -> None:
    """Make the key that seals an upload; it is kept when the work commits."""
    keys_of(work.session).make(row.id, row.organisation_id)


def _key(work: Work, row: SheetUpload) -> bytes:
    key = keys_of(work.session).of(row.id)
    if key is None:
        raise CannotOpen(f"sheet_upload:{row.id}")
    return key


def _about(row: SheetUpload, which: SheetFile) -> str:
    return f"sheet_upload.file/{which.value}:{row.id}"


def keep(work: Work, row: SheetUpload, which: SheetFile, parts: Iterable[bytes]) -> int:
    """Seal what comes in parts; returns how many bytes it was."""
    folder = _folder(work.runtime.config, row.id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return seal_parts(_key(work, row), parts, folder / which.value, _about(row, which))


def keep_data(work: Work, row: SheetUpload, which: SheetFile, data: Any) -> None:  # noqa: ANN401 - any JSON value
    """Seal a JSON value."""
    keep(work, row, which, iter([json.dumps(data, ensure_ascii=False).encode()]))


def content(work: Work, row: SheetUpload, which: SheetFile) -> bytes | None:
    """Return what is kept, None where nothing is.

    Raises CannotOpen for what is not as it was sealed.
    """
    path = _folder(work.runtime.config, row.id) / which.value
    if not row.files_kept or not path.is_file():
        return None
    return b"".join(unseal_file(_key(work, row), path, _about(row, which)))


def data(work: Work, row: SheetUpload, which: SheetFile) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that is kept, None where there is none."""
    found = content(work, row, which)
    return None if found is None else json.loads(found)


def forget(work: Work, row: SheetUpload, *which: SheetFile) -> None:
    """Remove some of what is kept once the work has committed."""
    folder = _folder(work.runtime.config, row.id)
    for one in which:
        work.after_commit.append(partial((folder / one.value).unlink, missing_ok=True))


def forget_all(work: Work, row: SheetUpload) -> None:
    """Remove all of it once the work has committed, and destroy its key."""
    row.files_kept = False
    work.after_commit.append(partial(remove, work, row.id))
    keys_of(work.session).destroy(row.id)


def remove(work: Work, upload_id: str) -> None:
    """Remove the folder of an upload that no row names any more, at once."""
    shutil.rmtree(_folder(work.runtime.config, upload_id), ignore_errors=True)

"""A backup of the data: the database, the built files and the evidence, sealed as they are, without any key."""

import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

from coalition.db.engine import copy_sqlite
from coalition.domain.access import Permission, require
from coalition.domain.errors import CoalitionError
from coalition.services import audit
from coalition.services.work import Work

DATABASE = "coalition.sqlite3"
FILES = "files"
EVIDENCE = "evidence"


class NotOurs(CoalitionError):
    """The database is a server's: its own tools back it up."""


def write_backup(work: Work, folder: Path) -> int:
    """Copy the data into a folder that is new or empty; returns the number of files besides the database.

    Neither the master key nor the wrapped keys are in it: they are kept elsewhere, so that a backup that falls into
    the wrong hands cannot be read, and an incident erased later is gone from older backups too. Raises NotOurs for a
    database server, FileExistsError for a folder that holds something.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    url, config = make_url(work.runtime.config.database_url), work.runtime.config
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NotOurs(
            "the database is on a server: back it up with pg_dump, and copy the folders files and evidence beside it"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    copy_sqlite(Path(url.database), folder / DATABASE)
    if config.files.is_dir():
        _copy(config.files, folder / FILES)
    if config.evidence.is_dir():
        _copy(config.evidence, folder / EVIDENCE)
    files = sum(1 for part in (FILES, EVIDENCE) for path in (folder / part).rglob("*") if path.is_file())
    audit.record(work, "backup.write", "coalition", "backup", files=files)
    return files


def _copy(source: Path, target: Path) -> None:
    """Copy a folder while others work in it: what goes meanwhile is left out.

    What is only being taken in begins with a dot or ends in `.part`, and is nobody's yet.
    """
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "*.part"))
    except shutil.Error as error:
        # Everything else is copied; each fault names where it was to come from.
        faults = [fault for fault in error.args[0] if Path(fault[0]).exists()]
        if faults:
            raise shutil.Error(faults) from None

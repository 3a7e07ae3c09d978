"""Where the files kept as evidence lie: one folder per incident, each file sealed with a key of its own.

Shared by whatever keeps files and by whatever ends an incident. It checks no permission: the action that calls it did.
"""

import shutil
from functools import partial
from pathlib import Path

from coalition.config import Config
from coalition.services.work import Work

ORIGINAL, CLEAN = "original", "clean"


def folder_of(config: Config, incident_id: str) -> Path:
    """Return the folder of an incident's files, which may not be there yet."""
    return config.evidence / incident_id


def place_of(config: Config, incident_id: str, file_id: str, which: str) -> Path:
    """Return where a file or its cleaned copy lies."""
    return folder_of(config, incident_id) / f"{file_id}.{which}"


def about(incident_id: str, file_id: str, which: str) -> str:
    """Name the place of a file's content: a file that was moved or exchanged cannot be read."""
    return f"evidence.file/{which}/{file_id}:{incident_id}"


def forget_files(work: Work, incident_id: str) -> None:
    """Remove an incident's files once the work has committed.

    A process that dies in between leaves noise: what sealed them is sealed with a key that goes with the incident.
    """
    folder = folder_of(work.runtime.config, incident_id)
    work.after_commit.append(lambda: shutil.rmtree(folder, ignore_errors=True))


def forget_file(work: Work, incident_id: str, file_id: str) -> None:
    """Remove one file and its cleaned copy once the work has committed."""
    for which in (ORIGINAL, CLEAN):
        place = place_of(work.runtime.config, incident_id, file_id, which)
        work.after_commit.append(partial(place.unlink, missing_ok=True))

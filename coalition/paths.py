"""Where files are: the page templates and message catalogues beside the code, and what is built aside.

A checkout keeps the first beside the package, a wheel carries them inside it; no other module needs to know which.
"""

import shutil
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _resource(name: str) -> Path:
    """Look inside the package first, so that a stray folder of another project beside it never wins."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    msg = f"no {name!r} folder beside or inside {_PACKAGE}"
    raise FileNotFoundError(msg)


TEMPLATES = _resource("templates")
TRANSLATIONS = _resource("translations")
STATIC = _PACKAGE / "static"
MIGRATIONS = _PACKAGE / "migrations"

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of mode 0700 is made in it  # nosec B108
_ROOM = 256 * 1024 * 1024
"""Bytes that have to be free in memory for files to be built there."""


def scratch() -> Path | None:
    """Return where files are built before they are sealed: in memory where there is room, so no disk ever has them."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if roomy else None

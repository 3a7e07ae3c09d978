"""Where the files beside the code are: the page templates and the message catalogues.

A checkout keeps them beside the package, a wheel carries them inside it; no other module needs to know which.
"""

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

"""Several files as one, to be attached to a mail: the same bytes for the same files."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows. The moment of building would make every archive different."""
_READABLE = 0o644 << 16


def write_archive(archive: Path, files: Iterable[Path]) -> None:
    """Write a ZIP of some files, without their folders. It appears whole or not at all."""
    unfinished = archive.with_name(f".{archive.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as made:
        for file in files:
            _add(made, file.name, file.read_bytes())
    unfinished.replace(archive)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of some contents by their names, which may name folders, in their order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            _add(made, name, data)
    return content.getvalue()


def _add(made: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
    made.writestr(entry, data)

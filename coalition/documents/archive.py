"""Several files as one, to be attached to a mail: the same bytes for the same files."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows. The moment of building would make every archive different."""
_READABLE = 0o644 << 16


def write_archive(archive: Path, files: Iterable[Path]) -> None:
    """Write a ZIP of some files, without their folders. It appears whole or not at all."""
    unfinished = archive.with_name(f".{archive.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as made:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
            made.writestr(entry, file.read_bytes())
    unfinished.replace(archive)

"""Which of the bundled fonts a document needs: unpacking them all takes seconds, and laying them out takes most of the
time of a short letter, where one or two scripts are written.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape

from coalition import paths

SHEET = paths.STATIC / "css" / "fonts.css"
"""The fonts of pages and documents alike: each family has the characters of one script."""
_FACE = re.compile(r"@font-face \{.*?\n\}\n", re.DOTALL)
_FAMILY = re.compile(r'font-family: "([^"]+)"')
_RANGE = re.compile(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?")


@dataclass(frozen=True)
class Family:
    """The fonts of one script, in every weight."""

    characters: frozenset[str]
    faces: tuple[str, ...]
    """The rules that load them."""


@cache
def families() -> tuple[Family, ...]:
    """Return the families in the order in which they are tried for a character."""
    rules: dict[str, list[str]] = {}
    for face in _FACE.findall(SHEET.read_text()):
        rules.setdefault(_FAMILY.findall(face)[0], []).append(face)
    return tuple(Family(_characters(faces[0]), tuple(faces)) for faces in rules.values())


def _characters(face: str) -> frozenset[str]:
    ranges = ((int(first, 16), int(last or first, 16)) for first, last in _RANGE.findall(face))
    return frozenset(chr(number) for first, last in ranges for number in range(first, last + 1))


def sheet_for(texts: Iterable[str]) -> str:
    """Return the style sheet with the fonts that texts need; the first family sets the height of lines, so it stays."""
    missing = _written("".join(texts))
    wanted: list[str] = []
    for number, family in enumerate(families()):
        if number == 0 or missing & family.characters:
            wanted += family.faces
        missing -= family.characters
    return _FACE.sub("", SHEET.read_text()) + "".join(wanted)


def _written(text: str) -> set[str]:
    """Return every character that may be drawn for a text: capitals, and accents put on letters or taken off them."""
    plain = unescape(text)
    found = {*plain, *unicodedata.normalize("NFC", plain)}
    changed: Sequence[str] = [
        form for char in found for form in (char.upper(), char.lower(), unicodedata.normalize("NFD", char))
    ]
    return found.union(*changed)

"""Files kept as evidence of an incident: which kinds, how large, under which names, and why one is refused.

What a file is follows from its content, never from its name (OWASP ASVS 5.0, 5.2.2). What leaves is the cleaned copy,
under a name of ours; the original stays beside it, so that nobody can say that evidence was altered.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MEGABYTE: Final = 1_000_000
LARGEST: Final = 50
"""Megabytes of one file, unless the coalition sets another limit: a minute of a telephone's video, or two."""
MOST: Final = 50
"""Files of one incident, unless the coalition sets another limit."""
LARGEST_SETTING: Final = 500
"""Megabytes: no coalition can set more, because a file is looked at whole."""
MOST_SETTING: Final = 1000
AT_ONCE: Final = 4
"""So many times the largest file may be sent in one go."""
LONGEST_NAME: Final = 255
"""Characters of a file's name, as file systems have it."""
LONGEST_NOTE: Final = 1000


class FileKind(StrEnum):
    """What a file is, by its content."""

    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"
    PDF = "pdf"
    MP3 = "mp3"
    M4A = "m4a"
    OGG = "ogg"
    WAV = "wav"
    MP4 = "mp4"
    MOV = "mov"
    WEBM = "webm"
    EMAIL = "email"


@dataclass(frozen=True)
class Form:
    """How the cleaned copy of a kind of file leaves."""

    ending: str
    media_type: str


FORMS: Final[Mapping[FileKind, Form]] = {
    FileKind.JPEG: Form("jpg", "image/jpeg"),
    FileKind.PNG: Form("png", "image/png"),
    FileKind.HEIC: Form("jpg", "image/jpeg"),
    FileKind.PDF: Form("pdf", "application/pdf"),
    FileKind.MP3: Form("mp3", "audio/mpeg"),
    FileKind.M4A: Form("m4a", "audio/mp4"),
    FileKind.OGG: Form("ogg", "audio/ogg"),
    FileKind.WAV: Form("wav", "audio/wav"),
    FileKind.MP4: Form("mp4", "video/mp4"),
    FileKind.MOV: Form("mov", "video/quicktime"),
    FileKind.WEBM: Form("webm", "video/webm"),
    FileKind.EMAIL: Form("eml", "message/rfc822"),
}
ORIGINAL: Final = Form("original", "application/octet-stream")
"""An original leaves as what no program opens by itself: it may hold anything."""


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    NAME_TOO_LONG = "name_too_long"
    ALREADY_HERE = "already_here"
    OTHER_PICTURE = "other_picture"
    """A picture of a kind that is not taken, SVG among them: it is a program."""
    OTHER_RECORDING = "other_recording"
    OFFICE = "office"
    """A document of a word processor or spreadsheet, packed archives of them included."""
    ARCHIVE = "archive"
    WEB_PAGE = "web_page"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    """It begins like a kind that is taken and cannot be read as one."""
    TOO_MANY_PIXELS = "too_many_pixels"
    LOCKED = "locked"
    """A PDF with a password."""
    INFECTED = "infected"
    """The virus scanner knows something malicious in it."""
    NOT_SCANNED = "not_scanned"
    """The virus scanner does not answer: what could not be checked is not taken."""
    TOO_COSTLY = "too_costly"
    """Reading it takes more memory or time than one file may have."""


@dataclass(frozen=True)
class Captured:
    """When and where a picture or recording says it was made. Empty where it says nothing."""

    at: str = ""
    """ISO 8601, without a zone where the device wrote none: it is then the device's own clock."""
    place: str = ""
    """Latitude and longitude in degrees, such as "42.69751, 23.32415"."""


_NO_NAME: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")


def shown_name(name: str) -> str:
    """Return what is kept of a file's name: its last part, without what steers a terminal or turns the direction.

    It is shown and never used: no file and no download is called by it (OWASP ASVS 5.0, 5.3.2, 5.4.1).
    """
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(char for char in unicodedata.normalize("NFC", last) if unicodedata.category(char)[0] != "C")
    return " ".join(_NO_NAME.sub("", plain).split()).strip(" .")


def download_name(reference: str, number: int, form: Form) -> str:
    """Return the name under which a file leaves, such as K7QM2-X9PD4-3.jpg: ASCII, and nothing of its own name."""
    return f"{reference}-{number}.{form.ending}"

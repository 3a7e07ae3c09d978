"""What a file is, told by how it begins. Its name and what a browser says of it are not asked.

This only sorts: whoever reads the file then finds out whether it is whole (`coalition.documents.cleaner`).
"""

import re
from collections.abc import Callable
from typing import Final

from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import FileKind, Refusal

BEGINNING: Final = 64 * 1024
"""So many bytes of a file are looked at."""

_BRANDS: Final = {
    **dict.fromkeys(("heic", "heix", "heim", "heis"), FileKind.HEIC),
    **dict.fromkeys(("M4A ", "M4B "), FileKind.M4A),
    "qt  ": FileKind.MOV,
    **dict.fromkeys(
        ("isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "mmp4", "MSNV", "dash"),
        FileKind.MP4,
    ),
    **dict.fromkeys(("3gp4", "3gp5", "3gp6", "3gp7", "3gr6", "3g2a"), FileKind.MP4),
}
"""The major brands of the ISO base media file format (ISO/IEC 14496-12) that are taken, telephones' 3GPP among them."""

_REFUSED: Final = (
    (Refusal.OTHER_PICTURE, (b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"\0\0\2\0", b"8BPS")),
    (Refusal.OTHER_RECORDING, (b"fLaC", b"FLV\1", b"#!AMR", b"\x30\x26\xb2\x75", b"FORM", b"\0\0\1\xba", b".snd")),
    (Refusal.OFFICE, (b"\xd0\xcf\x11\xe0", b"{\\rtf")),
    (Refusal.ARCHIVE, (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")),
)
_OFFICE_PARTS: Final = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis", b"word/", b"xl/", b"ppt/")
_MARKUP: Final = re.compile(
    rb"\A(\xef\xbb\xbf)?\s*(<\?xml|<!doctype|<!--|<html|<head|<body|<script|<svg|<\w+[\s>/])", re.IGNORECASE
)
_SVG: Final = re.compile(rb"<(\w+:)?svg[\s>]", re.IGNORECASE)
_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,75}:[^\r\n]*\r?\n([ \t][^\r\n]*\r?\n)*")
_MAIL_NAMES: Final = frozenset({b"from", b"to", b"date", b"subject", b"received", b"message-id", b"return-path"})
_NEEDED_MAIL_NAMES: Final = 3
_MPEG_FRAME: Final = re.compile(rb"\A\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")


def kind_of(beginning: bytes) -> FileKind:
    """Return what a file is by its first BEGINNING bytes.

    Raises RefusedFile for a file that is none of the kinds that are taken.
    """
    if not beginning:
        raise RefusedFile(Refusal.EMPTY)
    for look in _LOOKS:
        found = look(beginning)
        if found is not None:
            return found
    raise RefusedFile(_refusal_of(beginning))


def _marked(beginning: bytes) -> FileKind | None:
    marks = {
        b"\xff\xd8\xff": FileKind.JPEG,
        b"\x89PNG\r\n\x1a\n": FileKind.PNG,
        b"%PDF-": FileKind.PDF,
        b"OggS\0": FileKind.OGG,
        b"ID3": FileKind.MP3,
    }
    return next((kind for mark, kind in marks.items() if beginning.startswith(mark)), None)


def _framed(beginning: bytes) -> FileKind | None:
    return FileKind.MP3 if _MPEG_FRAME.match(beginning) else None


def _branded(beginning: bytes) -> FileKind | None:
    if beginning[4:8] != b"ftyp":
        return None
    brand = beginning[8:12].decode("latin-1")
    if brand in {"mif1", "msf1"}:
        # A picture of many kinds, AVIF among them: one that is HEIC says so further on.
        size = int.from_bytes(beginning[:4], "big")
        return FileKind.HEIC if b"heic" in beginning[16:size] else None
    return _BRANDS.get(brand)


def _riff(beginning: bytes) -> FileKind | None:
    return FileKind.WAV if beginning[:4] == b"RIFF" and beginning[8:12] == b"WAVE" else None


def _webm(beginning: bytes) -> FileKind | None:
    is_webm = beginning.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in beginning[:128]
    return FileKind.WEBM if is_webm else None


def _mail(beginning: bytes) -> FileKind | None:
    """Know a message by its header (RFC 5322): named lines up to an empty one, the usual names among them."""
    if b"\0" in beginning:
        return None
    place, names = 0, set()
    while (line := _HEADER.match(beginning, place)) is not None:
        names.add(line[0].partition(b":")[0].lower())
        place = line.end()
    ends = place >= len(beginning) or beginning[place : place + 2] == b"\r\n" or beginning[place : place + 1] == b"\n"
    known = len(names & _MAIL_NAMES) >= _NEEDED_MAIL_NAMES and b"from" in names
    return FileKind.EMAIL if ends and known else None


_LOOKS: Final[tuple[Callable[[bytes], FileKind | None], ...]] = (_marked, _framed, _branded, _riff, _webm, _mail)


def _refusal_of(beginning: bytes) -> Refusal:
    """Return what to tell about a file that is not taken: what it is, so that somebody can make another of it."""
    for refusal, marks in _REFUSED:
        if beginning.startswith(marks):
            return refusal
    if beginning.startswith(b"PK"):
        return Refusal.OFFICE if any(part in beginning for part in _OFFICE_PARTS) else Refusal.ARCHIVE
    if beginning[:4] == b"RIFF":
        return Refusal.OTHER_PICTURE if beginning[8:12] == b"WEBP" else Refusal.OTHER_RECORDING
    if beginning[4:8] == b"ftyp" or beginning.startswith(b"\x1a\x45\xdf\xa3"):
        is_picture = beginning[8:12] in {b"avif", b"avis", b"mif1", b"msf1"}
        return Refusal.OTHER_PICTURE if is_picture else Refusal.OTHER_RECORDING
    if _MARKUP.match(beginning):
        return Refusal.OTHER_PICTURE if _SVG.search(beginning) else Refusal.WEB_PAGE
    return Refusal.UNKNOWN

"""JPEG 2000, which scanners and archives put into PDF files: the picture, and nothing that is said about it.

What says something (XMP, XML, GPS, comments) is overwritten in place, so that the pixels stay as they are (ISO/IEC
15444-1, annexes A and I). Runs in the process of `coalition.documents.cleaner` only.
"""

from typing import Final

from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Refusal

_KEPT: Final = frozenset({b"jP  ", b"ftyp", b"jp2h", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"jp2c"})
_HEADER, _CODESTREAM = b"jp2h", b"jp2c"
_HEAD, _LONG_HEAD = 8, 16
_START, _START_OF_PART, _DATA, _END, _COMMENT = b"\xff\x4f", 0xFF90, 0xFF93, 0xFFD9, 0xFF64
_OWN_LENGTH: Final = 2
_REGISTERED: Final = 2
"""Bytes of a comment that say whether it is text."""


def without_words(content: bytes) -> bytes:
    """Return a JPEG 2000 of the same length without what says something about it.

    Raises RefusedFile for one whose boxes or markers do not fit.
    """
    data = bytearray(content)
    if data.startswith(_START):
        _pare_codestream(data, 0, len(data))
    else:
        _pare_boxes(data, 0, len(data))
    return bytes(data)


def _pare_boxes(data: bytearray, start: int, end: int) -> None:
    while start < end:
        name, content, after = _box(data, start, end)
        if name == _HEADER:
            _pare_boxes(data, content, after)
        elif name == _CODESTREAM:
            _pare_codestream(data, content, after)
        elif name not in _KEPT:
            data[start + 4 : start + _HEAD] = b"free"
            data[content:after] = bytes(after - content)
        start = after


def _box(data: bytearray, start: int, end: int) -> tuple[bytes, int, int]:
    """Return a box's name, and where its content begins and ends."""
    size, name, content = _number(data, start, 4), bytes(data[start + 4 : start + _HEAD]), start + _HEAD
    if size == 1:
        size, content = _number(data, start + _HEAD, 8), start + _LONG_HEAD
    after = end if size == 0 else start + size
    if not content <= after <= end:
        raise RefusedFile(Refusal.BROKEN)
    return name, content, after


def _pare_codestream(data: bytearray, start: int, end: int) -> None:
    """Empty the comments before the first tile and before the data of each of its parts."""
    if data[start : start + 2] != _START:
        raise RefusedFile(Refusal.BROKEN)
    place, next_part = start + 2, end
    while place + 2 <= end:
        marker = _number(data, place, 2)
        if marker == _END:
            # Whatever was appended is no part of the picture.
            data[place + 2 : end] = bytes(end - place - 2)
            return
        if marker == _DATA:
            place = next_part
            continue
        after = _inside(place + 2 + _number(data, place + 2, 2), place + 2 + _OWN_LENGTH, end)
        if marker == _START_OF_PART:
            length = _number(data, place + 6, 4)
            next_part = _inside(place + length if length else end, after, end)
        elif marker == _COMMENT:
            begins = place + 2 + _OWN_LENGTH + _REGISTERED
            data[begins:after] = bytes(max(0, after - begins))
        place = after


def _inside(place: int, first: int, last: int) -> int:
    if not first <= place <= last:
        raise RefusedFile(Refusal.BROKEN)
    return place


def _number(data: bytearray, place: int, width: int) -> int:
    return int.from_bytes(data[place : place + width], "big")

"""Films, and sound in the same boxes: MP4, MOV, M4A, WebM.

Pictures and sound are left as they are: decoding them would take hours. What the boxes say about the recording is
overwritten in place, so that nothing moves: its place, day, device and title, whatever lies in empty or unknown
boxes, and what tracks that are neither seen nor heard wrote between pictures and sound. The latter is left where a film
is written in fragments (`moof`), as streams are. Runs in the process of `coalition.documents.cleaner` only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat
from typing import Final

from coalition.documents.images import place_of
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, Refusal

# --- ISO base media file format (ISO/IEC 14496-12, QuickTime) ----------------------------------------------

_AROUND: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf"})
"""Boxes that hold boxes."""
_KEPT: Final = frozenset(
    b"ftyp mdat mvhd tkhd mdhd hdlr elst stsd stts ctts stss stsc stsz stz2 stco co64 sdtp sbgp sgpd cslg "
    b"vmhd smhd nmhd hmhd gmhd dref mehd trex mfhd tfhd tfdt trun mfra sidx styp iods tref clef prof enof "
    b"tapt load stps gmin".split()
)
"""Boxes that it takes to play a film. Any other becomes an empty one: `meta`, `udta`, `uuid` and what nobody knows."""
_PLAYED: Final = frozenset({b"vide", b"soun"})
"""The tracks that are seen and heard; others tell, moment by moment, where the device was and how it was held."""
_DATED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_EPOCH: Final = datetime(1904, 1, 1, tzinfo=UTC)
_PLACE: Final = re.compile(rb"([+-]\d{2}\.\d{1,8})([+-]\d{3}\.\d{1,8})(?:[+-]\d{1,5}(?:\.\d{1,5})?)?/")
"""ISO 6709, as telephones write it."""
_DEEPEST: Final = 8
_SHORT, _LONG = 8, 16
_NAMES_OF_TRACK: Final = 24
"""Bytes of a `hdlr` before the track's name."""


def cleaned_film(data: bytearray) -> Captured:
    """Overwrite in place what the boxes say about a recording; returns when and where it says it was made.

    Raises RefusedFile when the boxes do not fill the file, or when there is nothing to play in them.
    """
    found = _PLACE.search(_described(data))
    place = place_of(float(found[1]), float(found[2])) if found else ""
    at = _recorded_at(data)
    names = [box.name for box in _boxes(data, 0, len(data))]
    if b"mdat" not in names or b"moov" not in names:
        raise RefusedFile(Refusal.BROKEN)
    _pare(data, 0, len(data), 0)
    return Captured(at, place)


@dataclass(frozen=True)
class _Box:
    """One box: its name, and the places where it, its content and what follows it begin."""

    name: bytes
    start: int
    content: int
    after: int


def _boxes(data: bytearray, start: int, end: int) -> Iterator[_Box]:
    """Yield the boxes between two places.

    Raises RefusedFile for a box that is larger than what is around it.
    """
    while start < end:
        if end - start == 4 and not any(data[start:end]):  # noqa: PLR2004 - the zero that ends a QuickTime list
            return
        size, name = int.from_bytes(data[start : start + 4], "big"), bytes(data[start + 4 : start + _SHORT])
        content = start + _SHORT
        if size == 1:
            size, content = int.from_bytes(data[start + _SHORT : start + _LONG], "big"), start + _LONG
        after = end if size == 0 else start + size
        if not content <= after <= end:
            raise RefusedFile(Refusal.BROKEN)
        yield _Box(name, start, content, after)
        start = after


def _pare(data: bytearray, start: int, end: int, depth: int) -> None:
    if depth > _DEEPEST:
        raise RefusedFile(Refusal.BROKEN)
    for box in list(_boxes(data, start, end)):
        if box.name not in _KEPT | _AROUND or (box.name == b"trak" and _handler(data, box) not in _PLAYED):
            if box.name == b"trak":
                _empty_samples(data, box)
            data[box.start + 4 : box.start + _SHORT] = b"free"
            _empty(data, box.content, box.after)
        elif box.name in _AROUND:
            _pare(data, box.content, box.after, depth + 1)
        elif box.name in _DATED:
            _empty(data, box.content + 4, min(box.after, box.content + (20 if data[box.content] else 12)))
        elif box.name == b"hdlr":
            _empty(data, box.content + _NAMES_OF_TRACK, box.after)


# --- what a track that is not played has in the file's body ------------------------------------------------


def _empty_samples(data: bytearray, track: _Box) -> None:
    """Overwrite what a track has in `mdat`: action cameras write there where they were, several times a second."""
    bodies = [box for box in _boxes(data, 0, len(data)) if box.name == b"mdat"]
    for start, end in _chunks(data, track):
        for body in bodies:
            _empty(data, max(start, body.content), min(end, body.after))


def _chunks(data: bytearray, track: _Box) -> Iterator[tuple[int, int]]:
    """Yield where the chunks of a track begin and end (ISO/IEC 14496-12, 8.7)."""
    around = [track]
    for name in (b"mdia", b"minf", b"stbl"):
        around = [inner for box in around for inner in _within(data, box, name)]
    for table in around:
        tables = {box.name: box for box in _boxes(data, table.content, table.after)}
        sizes = _sizes(data, tables)
        per_chunk = _numbers(data, tables.get(b"stsc"), _SHORT, 4)
        runs = list(zip(per_chunk[::3], per_chunk[1::3], strict=False))
        begins = _numbers(data, tables.get(b"stco"), _SHORT, 4) + _numbers(data, tables.get(b"co64"), _SHORT, 8)
        held = 0
        for number, begin in enumerate(begins, start=1):
            while runs and runs[0][0] <= number:
                held = runs.pop(0)[1]
            yield begin, begin + sum(islice(sizes, held))


def _sizes(data: bytearray, tables: Mapping[bytes, _Box]) -> Iterator[int]:
    """Yield the bytes of each sample."""
    if compact := tables.get(b"stz2"):
        bits = data[compact.content + 7]
        if bits == 4:  # noqa: PLR2004 - two samples in a byte
            return (half for byte in data[compact.content + 12 : compact.after] for half in (byte >> 4, byte & 15))
        return iter(_numbers(data, compact, 12, 2 if bits == 16 else 1))  # noqa: PLR2004 - two bytes or one
    plain = tables.get(b"stsz")
    if plain is None:
        return iter(())
    alike, count = _numbers(data, plain, 4, 4)[:2]
    return repeat(alike, count) if alike else iter(_numbers(data, plain, 12, 4))


def _numbers(data: bytearray, table: _Box | None, skipped: int, width: int) -> list[int]:
    """Return the numbers of a table, as far as it goes."""
    if table is None:
        return []
    places = range(table.content + skipped, table.after - width + 1, width)
    return [int.from_bytes(data[place : place + width], "big") for place in places]


def _handler(data: bytearray, track: _Box) -> bytes:
    """Return what a track says it holds."""
    for media in _within(data, track, b"mdia"):
        for handler in _within(data, media, b"hdlr"):
            return bytes(data[handler.content + _SHORT : handler.content + _SHORT + 4])
    return b""


def _within(data: bytearray, around: _Box, name: bytes) -> Iterator[_Box]:
    return (box for box in _boxes(data, around.content, around.after) if box.name == name)


def _empty(data: bytearray, start: int, end: int) -> None:
    if start < end:
        data[start:end] = bytes(end - start)


def _described(data: bytearray) -> bytes:
    """Return what the boxes about the recording say, in one piece."""
    top = list(_boxes(data, 0, len(data)))
    inside = [inner for box in top if box.name == b"moov" for inner in _boxes(data, box.content, box.after)]
    return b"".join(data[box.content : box.after] for box in (*top, *inside) if box.name in {b"meta", b"udta"})


def _recorded_at(data: bytearray) -> str:
    for film in _boxes(data, 0, len(data)):
        if film.name == b"moov":
            for head in _within(data, film, b"mvhd"):
                width = 8 if data[head.content] else 4
                return _moment(int.from_bytes(data[head.content + 4 : head.content + 4 + width], "big"))
    return ""


def _moment(seconds: int) -> str:
    """Return a moment of QuickTime, which counts from 1904; devices that know no time write 0."""
    if not 0 < seconds < 2**32:
        return ""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


# --- WebM (Matroska, RFC 9559) -----------------------------------------------------------------------------

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_ABOUT: Final = {0x1254C367, 0x1941A469}
"""Tags, and attached files."""
_KNOWN: Final = {0x114D9B74, 0x1549A966, 0x1654AE6B, _CLUSTER, 0x1C53BB6B, 0x1043A770, 0xEC, 0xBF} | _ABOUT
_VOID_HEAD: Final = 9


def cleaned_webm(data: bytearray) -> None:
    """Overwrite in place the tags and attached files of a WebM.

    Raises RefusedFile for what is no segment from the end of its head to the end of the file.
    """
    begins, found = _segment(data), 0
    while begins < len(data):
        name, size, start = _element(data, begins)
        # A recording made in a browser does not know how long its parts become: sound and pictures to the end.
        after = len(data) if size is None and name == _CLUSTER else start + (size or 0)
        if name not in _KNOWN or after > len(data) or (size is None and name != _CLUSTER):
            raise RefusedFile(Refusal.BROKEN)
        if name in _ABOUT:
            _void(data, begins, after)
        found += name == _CLUSTER
        begins = after
    if not found:
        raise RefusedFile(Refusal.BROKEN)


def _segment(data: bytearray) -> int:
    """Return where the content of the one segment begins, which goes to the end of the file."""
    _, head_size, head_start = _element(data, 0)
    name, size, start = _element(data, head_start + (head_size or 0))
    if name != _SEGMENT or (size is not None and start + size != len(data)):
        raise RefusedFile(Refusal.BROKEN)
    return start


def _void(data: bytearray, begins: int, after: int) -> None:
    """Make an element an empty one of the same size."""
    if after - begins >= _VOID_HEAD:
        data[begins : begins + _VOID_HEAD] = b"\xec\x01" + (after - begins - _VOID_HEAD).to_bytes(7, "big")
        _empty(data, begins + _VOID_HEAD, after)


def _element(data: bytearray, place: int) -> tuple[int, int | None, int]:
    """Return an element's name, its size (None where it does not know it) and where its content begins."""
    if place >= len(data) or not data[place]:
        raise RefusedFile(Refusal.BROKEN)
    width = 9 - data[place].bit_length()
    name, place = int.from_bytes(data[place : place + width], "big"), place + width
    if place >= len(data) or not data[place]:
        raise RefusedFile(Refusal.BROKEN)
    width = 9 - data[place].bit_length()
    size = int.from_bytes(data[place : place + width], "big") & (1 << 7 * width) - 1
    return name, None if size == (1 << 7 * width) - 1 else size, place + width

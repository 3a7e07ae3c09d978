"""Sound recordings: MP3 and WAV without what is written about them, Ogg looked through and left as it is.

No sound is decoded: what is kept are the frames and blocks of sound themselves, found one after the other.
Runs in the process of `coalition.documents.cleaner` only.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Refusal

# --- MP3 ---------------------------------------------------------------------------------------------------

_RATES: Final[Mapping[int, tuple[int, ...]]] = {
    3: (44100, 48000, 32000),
    2: (22050, 24000, 16000),
    0: (11025, 12000, 8000),
}
_LAYER_1: Final = (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448)
_LAYER_2: Final = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_LAYER_3: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LATER_1: Final = (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_LATER: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_FEWEST_FRAMES: Final = 3
"""Frames that have to follow each other before they are believed: two bytes alone look like one now and then."""
_ID3: Final = 10
"""Bytes of the head of an ID3 tag."""


def cleaned_mp3(data: bytes) -> Iterator[bytes]:
    """Yield the frames of an MP3 (ISO/IEC 11172-3), without its ID3 and APE tags and whatever stands between.

    Raises RefusedFile when there are too few.
    """
    view, place, count = memoryview(data), _after_tag(data), 0
    while place < len(data):
        run = _run_of_frames(data, place)
        if not run:
            place = data.find(b"\xff", place + 1)
            if place < 0:
                break
            continue
        yield bytes(view[place : run[-1]])
        count += len(run)
        place = run[-1]
    if count < _FEWEST_FRAMES:
        raise RefusedFile(Refusal.BROKEN)


def _after_tag(data: bytes) -> int:
    if not data.startswith(b"ID3") or len(data) < _ID3:
        return 0
    size = 0
    for byte in data[6:_ID3]:
        size = size << 7 | byte & 0x7F
    return _ID3 + size


def _run_of_frames(data: bytes, place: int) -> list[int]:
    """Return where the frames end that follow each other from here; nothing where they are too few to be sound."""
    ends = []
    while (size := _frame_size(data[place : place + 4])) and place + size <= len(data):
        place += size
        ends.append(place)
    return ends if len(ends) >= _FEWEST_FRAMES else []


def _frame_size(head: bytes) -> int:
    """Return the bytes of a frame by its head; 0 for what is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - eleven bits set
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bits, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or not 0 < bits < 15 or rate == 3:  # noqa: PLR2004 - the reserved values
        return 0
    speed = _speeds(version, layer)[bits] * 1000
    hertz = _RATES[version][rate]
    if layer == 1:
        return (12 * speed // hertz + padding) * 4
    samples = 72 if layer == 3 and version != 3 else 144  # noqa: PLR2004 - half a frame in the later versions
    return samples * speed // hertz + padding


def _speeds(version: int, layer: int) -> tuple[int, ...]:
    if version == 3:  # noqa: PLR2004 - MPEG-1
        return {1: _LAYER_1, 2: _LAYER_2, 3: _LAYER_3}[layer]
    return _LATER_1 if layer == 1 else _LATER


# --- WAV ---------------------------------------------------------------------------------------------------

_KEPT_BLOCKS: Final = (b"fmt ", b"fact", b"data")
_HEAD: Final = 12
_BLOCK: Final = 8


def cleaned_wav(data: bytes) -> Iterator[bytes]:
    """Yield a WAV with its form and its sound, without the blocks that say who recorded it where and when.

    Raises RefusedFile when either is missing.
    """
    blocks = dict(_blocks(memoryview(data)))
    if b"fmt " not in blocks or b"data" not in blocks or len(blocks[b"fmt "]) < 16:  # noqa: PLR2004 - its shortest form
        raise RefusedFile(Refusal.BROKEN)
    kept = [(name, blocks[name]) for name in _KEPT_BLOCKS if name in blocks]
    size = 4 + sum(_BLOCK + len(body) + len(body) % 2 for _, body in kept)
    yield b"RIFF" + struct.pack("<I", size) + b"WAVE"
    for name, body in kept:
        yield name + struct.pack("<I", len(body))
        yield bytes(body)
        yield b"\0" * (len(body) % 2)


def _blocks(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    place = _HEAD
    while place + _BLOCK <= len(view):
        name, size = bytes(view[place : place + 4]), int.from_bytes(view[place + 4 : place + _BLOCK], "little")
        # A recording that was broken off says that its sound goes on for ever.
        yield name, view[place + _BLOCK : place + _BLOCK + size]
        place += _BLOCK + size + size % 2


# --- Ogg ---------------------------------------------------------------------------------------------------

_FIRST_PACKETS: Final = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_PAGE: Final = 27


def check_ogg(data: bytes) -> None:
    """Look whether a file is pages of sound from its first byte to its last (RFC 3533).

    Raises RefusedFile, also for what follows after the last page.
    """
    place = pages = 0
    while place < len(data):
        size = _page_size(data, place)
        if not size or place + size > len(data):
            raise RefusedFile(Refusal.BROKEN)
        if pages == 0 and not data[place + _PAGE + data[place + 26] :].startswith(_FIRST_PACKETS):
            raise RefusedFile(Refusal.OTHER_RECORDING)
        place, pages = place + size, pages + 1
    if pages < 2:  # noqa: PLR2004 - the head and some sound
        raise RefusedFile(Refusal.BROKEN)


def _page_size(data: bytes, place: int) -> int:
    if data[place : place + 5] != b"OggS\0" or place + _PAGE > len(data):
        return 0
    segments = data[place + _PAGE : place + _PAGE + data[place + 26]]
    return _PAGE + len(segments) + sum(segments)

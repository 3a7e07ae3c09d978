"""Look at one file and write its cleaned copy, in a process of its own that may take only so much memory and time.

Decoders of pictures and PDF files are large programs in unsafe languages, fed with what anybody may have made. This
process opens no file and no connection: the file comes on standard input, and whatever goes wrong in it ends here.

Reads the file, writes one line of JSON and after it the copy. The line is {"refused": reason}, or {"at": …, "place": …,
"same": …}; `same` says that the copy is the file itself, which is then not written.
"""

import io
import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from coalition.documents.films import cleaned_film, cleaned_webm
from coalition.documents.mails import cleaned_mail
from coalition.documents.sounds import check_ogg, cleaned_mp3, cleaned_wav
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, FileKind, Refusal

MEMORY: Final = 2_000_000_000
"""Bytes of address space: half of it is libraries and the file itself, half of it a picture of 80 million pixels."""
SECONDS: Final = 60
"""Seconds of computing."""

Cleaned = tuple[Captured, Iterator[bytes] | None]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


# Libraries of codecs are loaded for the kinds that need them only.


def _image(data: bytes, kind: FileKind) -> Cleaned:
    from coalition.documents.images import cleaned_image  # noqa: PLC0415

    return cleaned_image(io.BytesIO(data), kind)


def _pdf(data: bytes, _kind: FileKind) -> Cleaned:
    from coalition.documents.pdf_cleaning import cleaned_pdf  # noqa: PLC0415

    return cleaned_pdf(io.BytesIO(data))


def _mp3(data: bytes, _kind: FileKind) -> Cleaned:
    return Captured(), cleaned_mp3(data)


def _wav(data: bytes, _kind: FileKind) -> Cleaned:
    return Captured(), cleaned_wav(data)


def _ogg(data: bytes, _kind: FileKind) -> Cleaned:
    check_ogg(data)
    return Captured(), None


def _film(data: bytes, _kind: FileKind) -> Cleaned:
    film = bytearray(data)
    captured = cleaned_film(film)
    return captured, iter((bytes(film),))


def _webm(data: bytes, _kind: FileKind) -> Cleaned:
    film = bytearray(data)
    cleaned_webm(film)
    return Captured(), iter((bytes(film),))


def _mail(data: bytes, _kind: FileKind) -> Cleaned:
    return cleaned_mail(data)


_CLEANERS: Final[Mapping[FileKind, Callable[[bytes, FileKind], Cleaned]]] = {
    FileKind.JPEG: _image,
    FileKind.PNG: _image,
    FileKind.HEIC: _image,
    FileKind.PDF: _pdf,
    FileKind.MP3: _mp3,
    FileKind.WAV: _wav,
    FileKind.OGG: _ogg,
    FileKind.M4A: _film,
    FileKind.MP4: _film,
    FileKind.MOV: _film,
    FileKind.WEBM: _webm,
    FileKind.EMAIL: _mail,
}


def _clean(data: bytes, kind: FileKind) -> tuple[dict[str, object], list[bytes]]:
    """Return what to say and what to write: all of it is made before anything is said."""
    try:
        captured, parts = _CLEANERS[kind](data, kind)
        made = [] if parts is None else list(parts)
    except RefusedFile as refused:
        return {"refused": refused.reason}, []
    except MemoryError:
        return {"refused": Refusal.TOO_COSTLY}, []
    except Exception:  # noqa: BLE001 - whatever a broken file does to a decoder, the file is broken
        return {"refused": Refusal.BROKEN}, []
    return {"at": captured.at, "place": captured.place, "same": parts is None}, made


def main(kind: str) -> None:
    """Clean what comes on standard input, within limits."""
    _limit()
    said, parts = _clean(sys.stdin.buffer.read(), FileKind(kind))
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()

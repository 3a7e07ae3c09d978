"""A place for what is too large for memory and must not lie on a disk in clear: a temporary file, sealed.

What somebody sends is kept here until it has been looked at. The key lives in the object and nowhere else, so whatever
a killed process leaves behind is noise.
"""

import io
import tempfile
from typing import IO, Final

from coalition.encryption import OVERHEAD, new_key, seal, unseal

PART: Final = 256 * 1024
"""Bytes that are sealed together, and the most of one file that lies in clear in memory."""


class SealedSpool(io.BufferedIOBase):
    """A binary file that is written at its end and read anywhere. Up to PART bytes it is memory only.

    With `most`, what comes after so many bytes is not kept: whoever allows one more than wanted sees that it was more.
    """

    def __init__(self, most: int | None = None) -> None:
        """Begin empty."""
        self._most = most
        self._key = new_key()
        self._file: IO[bytes] | None = None
        self._parts = 0
        """How many parts are sealed in the file."""
        self._tail = bytearray()
        """What follows after them."""
        self._at = 0
        self._open: tuple[int, bytes] = (-1, b"")
        """The part that was read last."""

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._parts * PART + len(self._tail)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override] # any buffer of bytes
        """Keep what comes next.

        Raises UnsupportedOperation anywhere but at the end.
        """
        if self._at != self.size:
            raise io.UnsupportedOperation("written at its end only")
        kept = data if self._most is None else data[: max(0, self._most - self.size)]
        self._tail += kept
        while len(self._tail) > PART:
            self._store(bytes(self._tail[:PART]))
            del self._tail[:PART]
        self._at = self.size
        return len(data)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to so many bytes from here, fewer only at the end."""
        wanted = self.size - self._at if size is None or size < 0 else min(size, self.size - self._at)
        found = bytearray()
        while len(found) < wanted:
            part, offset = divmod(self._at, PART)
            piece = self._part(part)[offset : offset + wanted - len(found)]
            found += piece
            self._at += len(piece)
        return bytes(found)

    def read1(self, size: int = -1, /) -> bytes:
        """Return up to so many bytes."""
        return self.read(size)

    def close(self) -> None:
        """Let go of everything."""
        if self._file:
            self._file.close()
        self._tail.clear()
        self._open = (-1, b"")
        super().close()

    def _store(self, part: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this one
        self._file.seek(self._parts * (PART + OVERHEAD))
        self._file.write(seal(self._key, part, str(self._parts)))
        self._parts += 1

    def _part(self, number: int) -> bytes:
        if number >= self._parts or self._file is None:
            return bytes(self._tail)
        if self._open[0] != number:
            self._file.seek(number * (PART + OVERHEAD))
            self._open = (number, unseal(self._key, self._file.read(PART + OVERHEAD), str(number)))
        return self._open[1]

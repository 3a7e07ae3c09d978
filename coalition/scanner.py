"""Whether a file holds a known malicious program: asked of a virus scanner on this machine (ClamAV's clamd).

The file goes over a Unix socket in pieces, each with its length in front, and ends with an empty piece: clamd's command
INSTREAM. Nothing is written to a disk for it.
"""

import socket
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

_SECONDS = 60.0
_LONGEST_ANSWER = 4096


class ScannerUnavailable(Exception):
    """The scanner did not answer, or not in a way that says yes or no."""


@dataclass(frozen=True)
class Scanner:
    """A scanner at a socket of this machine."""

    path: str

    def finds_malware(self, parts: Iterable[bytes]) -> bool:
        """Tell whether the scanner knows something malicious in a file.

        Raises ScannerUnavailable: a file that could not be checked is not a clean one.
        """
        try:
            answer = self._asked(parts)
        except OSError as error:
            raise ScannerUnavailable(str(error)) from error
        if answer.endswith(b"OK"):
            return False
        if answer.endswith(b"FOUND"):
            return True
        # What a scanner says of a file may name what is in it: it is not passed on.
        raise ScannerUnavailable("the scanner answered neither OK nor FOUND")

    def _asked(self, parts: Iterable[bytes]) -> bytes:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(self.path)
            connection.sendall(b"zINSTREAM\0")
            for part in parts:
                connection.sendall(len(part).to_bytes(4, "big") + part)
            connection.sendall(bytes(4))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                more = connection.recv(_LONGEST_ANSWER)
                if not more:
                    break
                answer += more
        return answer.strip(b"\0 \n")


def scanner_at(address: str) -> Scanner:
    """Read an address such as unix:/run/clamav/clamd.ctl.

    Raises ValueError.
    """
    scheme, _colon, path = address.partition(":")
    if scheme != "unix" or not path.startswith("/"):
        raise ValueError("a scanner is unix:/PATH/TO/ITS/SOCKET")
    return Scanner(path)

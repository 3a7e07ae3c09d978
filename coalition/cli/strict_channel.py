"""Waitress, told what to refuse before anything of a request is kept.

That is a request whose end two readers could see in different places: Waitress takes one that has a length and is sent
in chunks as one in chunks, as RFC 9112, section 6.3, allows; a proxy that believes the length would then see another
end, and what lies between would be a request of its own (OWASP ASVS 5.0, 4.2.1).

And it is a large request of somebody who may not send one: Waitress takes a body in before the application is asked, so
that whoever likes could fill memory and disk. Imported by `coalition serve` alone: every other command starts without a
web server.
"""

import copy
import threading
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from coalition.domain.evidence import MEGABYTE

FORM: Final = 8 * MEGABYTE
"""Bytes of a request that anybody may send; the application itself allows a form less."""
_TOGETHER: Final = 2
"""So many requests of the largest size, or more of smaller ones, are taken in at the same time."""

Admits = Callable[[str, str, str], bool]
"""Tells of a method, a path and the cookies of a request whether it may be larger than a form."""


class _Busy(Error):  # type: ignore[misc] # Waitress carries no types
    code = 503
    reason = "Service Unavailable"


class Gate:
    """Who may send more than a form, and how much of it is under way."""

    def __init__(self, admits: Admits, largest: int) -> None:
        """Ask `admits` about each request; none is larger than `largest` bytes."""
        self.largest = largest
        self._admits = admits
        self._under_way: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def admits(self, method: str, path: str, cookies: str) -> bool:
        """Tell whether a request may be larger than a form."""
        return self._admits(method, path, cookies)

    def enter(self, request: object, size: int) -> bool:
        """Make room for so many bytes until the request leaves; False where there is none now."""
        with self._lock:
            if sum(self._under_way.values()) + size > _TOGETHER * self.largest:
                return False
            self._under_way[request] = size
            return True

    def leave(self, request: object) -> None:
        """Give back the room of a request, if it had some."""
        with self._lock:
            self._under_way.pop(request, None)


class _Parser(HTTPRequestParser):  # type: ignore[misc] # as above
    error: Error | None

    def __init__(self, adj: Adjustments, gate: Gate) -> None:
        super().__init__(copy.copy(adj))
        self.adj.max_request_body_size = FORM
        self._gate = gate
        self._refused = False

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request. Raises ParsingError, which is answered with 400 and ends the connection."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("both Content-Length and Transfer-Encoding")
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("more than one Host")  # RFC 9112, section 3.2
        self._make_room()

    def _make_room(self) -> None:
        largest = self._gate.largest
        size = largest if self.chunked else self.content_length
        if FORM <= size <= largest and self._gate.admits(self.command, self.path, self.headers.get("COOKIE", "")):
            self.adj.max_request_body_size = largest
            self._refused = not self._gate.enter(self, size)

    def received(self, data: bytes) -> int:
        """Take in what comes next; returns how many bytes belong to this request."""
        consumed: int = super().received(data)
        if self._refused and self.error is None:
            self.error, self.completed = _Busy("too much is being sent at the moment"), True
        if self.error is not None:
            self.expect_continue = False  # or Waitress would ask for what it has just refused
        return consumed

    def close(self) -> None:
        """Let go of what was taken in."""
        super().close()
        self._gate.leave(self)


class StrictChannel(HTTPChannel):  # type: ignore[misc] # as above
    """A connection whose requests are read so."""

    def __init__(self, *arguments: Any, gate: Gate, **named: Any) -> None:  # noqa: ANN401 - Waitress's own
        """Keep the gate, which all connections share."""
        self._gate = gate
        super().__init__(*arguments, **named)

    def parser_class(self, adj: Adjustments) -> _Parser:
        """Return what reads one request."""
        return _Parser(adj, self._gate)

    def handle_close(self) -> None:
        """End the connection; what it had not sent to the end is not waited for."""
        if self.request is not None:
            self.request.close()
        super().handle_close()

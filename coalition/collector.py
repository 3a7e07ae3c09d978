"""Where a copy of the log is sent: a syslog collector on another machine, over TLS (RFC 5425).

Nobody confirms a syslog message. What stands in for it: after each batch the connection is closed as RFC 5425, section
4.4, has it, and the collector's own close is waited for, which it sends when it has read everything before. Some
collectors, rsyslog among them, end the connection without a word of TLS: that counts as well, where the end was neither
a reset nor there before our own close had arrived.
"""

import fcntl
import socket
import ssl
import struct
import termios
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

PORT = 6514
"""Where collectors listen (RFC 5425, section 4.1)."""
_SECONDS = 20.0
_LOOK_EVERY = 0.01
_CLOSED = 7
"""A connection's state after a reset (TCP_CLOSE of linux/tcp_states.h)."""
_OPTIONS = frozenset({"ca"})


@dataclass(frozen=True)
class Collector:
    """A collector, and the file of the authority that its certificate is from; empty means those the system trusts."""

    host: str
    port: int
    ca: str = ""

    @property
    def name(self) -> str:
        """Host and port: what tells it from another one."""
        return f"{self.host}:{self.port}"

    def deliver(self, messages: Iterable[bytes]) -> None:
        """Send messages, each with its length in front (RFC 5425, section 4.3), and wait until they are read.

        Raises OSError, of which a certificate that is not good is one; then all of them are to be sent again.
        """
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        framed = b"".join(b"%d %s" % (len(message), message) for message in messages)
        plain = socket.create_connection((self.host, self.port), timeout=_SECONDS)
        with closing(context.wrap_socket(plain, server_hostname=self.host)) as connection:
            connection.sendall(framed)
            _close(connection)


def _close(connection: ssl.SSLSocket) -> None:
    """Say that this was all and wait for the other side's end. Raises OSError for any other end than after ours."""
    try:
        connection.unwrap().close()
    except TimeoutError:
        raise
    except OSError as end:
        # Without close_notify OpenSSL has no error number for the end of the connection, or its own.
        if end.errno and not isinstance(end, ssl.SSLEOFError):
            raise
        _be_sure_that_it_arrived(connection)


def _be_sure_that_it_arrived(connection: ssl.SSLSocket) -> None:
    """Wait until the other side's system has taken everything; it answers with a reset where nobody will read it."""
    end = time.monotonic() + _SECONDS
    while struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() >= end:
            raise TimeoutError("the collector did not take everything")
        if connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _CLOSED:
            break
        time.sleep(_LOOK_EVERY)
    else:
        if not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return
    raise ConnectionResetError("the collector ended the connection before it had read everything")


def collector_at(address: str) -> Collector:
    """Read an address such as tls://logs.example.org:6514?ca=/etc/coalition/collector.pem.

    Raises ValueError.
    """
    parts = urlsplit(address)
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme != "tls" or not parts.hostname or parts.path or not options.keys() <= _OPTIONS:
        raise ValueError("a collector is tls://HOST:PORT, with ?ca=FILE where its certificate is from an own authority")
    return Collector(parts.hostname, parts.port or PORT, options.get("ca", [""])[0])

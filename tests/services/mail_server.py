"""A mail server for tests: real SMTP over a real socket, with STARTTLS, and whatever goes wrong with one."""

import base64
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from socket import socket


@dataclass
class Mailbox:
    """What a server took, and how it behaves."""

    port: int
    ca: Path
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    """(sender, recipient, message) of the envelope."""
    greetings: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    """For each message whether TLS was on."""
    logins: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """By recipient: what the server answers."""
    offers_tls: bool = True
    is_down: bool = False

    @property
    def address(self) -> str:
        """What the configuration calls it."""
        return f"smtp://localhost:{self.port}?ca={self.ca}"

    @property
    def messages(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [cast("EmailMessage", message_from_bytes(data, policy=default)) for _, _, data in self.taken]

    @property
    def recipients(self) -> list[str]:
        """To whom."""
        return [to for _, to, _ in self.taken]


class _Talk(socketserver.BaseRequestHandler):
    """One connection."""

    server: "_Server"

    def handle(self) -> None:
        """Speak SMTP until the other side leaves."""
        self._box, self._sender, self._to, self._tls = self.server.box, "", "", False
        if self._box.is_down:
            return
        self._socket: socket = self.request
        self._open()
        self._say("220 mail.example.org ESMTP")
        while line := self._lines.readline():
            words = line.decode("utf-8", "replace").rstrip("\r\n")
            command = words.upper().split(" ")[0]
            if command == "QUIT":
                self._say("221 Bye")
                return
            getattr(self, f"_{command.lower()}", self._unknown)(words)

    def setup(self) -> None:
        """Close whatever is opened, when the connection ends."""
        self._closing = ExitStack()

    def finish(self) -> None:
        """Close it."""
        self._closing.close()

    def _open(self) -> None:
        self._closing.enter_context(self._socket)
        self._lines: IO[bytes] = self._closing.enter_context(self._socket.makefile("rb"))

    def _say(self, *lines: str) -> None:
        for place, line in enumerate(lines):
            text = line if place == len(lines) - 1 else line.replace(" ", "-", 1)
            self._socket.sendall(f"{text}\r\n".encode())

    def _unknown(self, _words: str) -> None:
        self._say("502 What?")

    def _ehlo(self, words: str) -> None:
        self._box.greetings.append(words.partition(" ")[2])
        tls = ["250 STARTTLS"] if self._box.offers_tls and not self._tls else []
        self._say("250 mail.example.org", *tls, "250 AUTH PLAIN", "250 8BITMIME")

    def _starttls(self, _words: str) -> None:
        if not self._box.offers_tls:
            self._unknown("")
            return
        self._say("220 Go on")
        self._socket = self.server.context.wrap_socket(self._socket, server_side=True)
        self._tls = True
        self._open()

    def _auth(self, words: str) -> None:
        _, user, password = base64.b64decode(words.split(" ")[2]).decode().split("\0")
        self._box.logins.append((user, password))
        self._say("235 Welcome" if password == "let me in" else "535 No")

    def _mail(self, words: str) -> None:
        self._sender = words.partition("<")[2].partition(">")[0]
        self._say("250 Fine")

    def _rcpt(self, words: str) -> None:
        self._to = words.partition("<")[2].partition(">")[0]
        self._say(self._box.refused.get(self._to, "250 Fine"))

    def _rset(self, _words: str) -> None:
        self._say("250 Fine")

    def _data(self, _words: str) -> None:
        self._say("354 Go on")
        lines = []
        while (line := self._lines.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self._box.taken.append((self._sender, self._to, b"".join(lines)))
        self._box.secured.append(self._tls)
        self._say("250 Taken")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    box: Mailbox
    context: ssl.SSLContext

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that ends the handshake because it knows no such authority is part of a test."""


@contextmanager
def mail_server(certificate: tuple[Path, Path]) -> Iterator[Mailbox]:
    """Serve for as long as the block takes."""
    public, private = certificate
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(public, private)
        server.box = Mailbox(server.server_address[1], public)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.box
        finally:
            server.shutdown()
            thread.join()

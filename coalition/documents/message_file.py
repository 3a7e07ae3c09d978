"""An e-mail as a file that opens in a mail program as a draft: address, subject, words and attachments are in place.

It is made the same for the same content, and read back by any program to the same bytes (RFC 5322, 2045 to 2047, 2231).
Nobody sends it but a person: it bears no date and no identity of its own, which the program adds when it is sent.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_TYPES: Final = {
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": ("application", "pdf"),
    "json": ("application", "json"),
}
"""By the ending of the name. Everything else is attached as bytes: text in a mail may have its line ends changed."""
LARGEST: Final = 20_000_000
"""Bytes: ours, a little less than the 25 MB that many mail servers take at most."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes along."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Envelope:
    """Whom a message goes to, and what it says."""

    recipient: str
    """An address; what is none is left for the person who sends it."""
    subject: str
    text: str
    sender: str = ""
    """An address; what is none, such as a telephone number, is left out: the mail program knows who writes."""
    sender_name: str = ""


def is_address(text: str) -> bool:
    """Tell whether a text is one e-mail address of the plain kind that every mail server takes."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def message_file(envelope: Envelope, attachments: Sequence[Attachment]) -> bytes:
    """Return the message as an .eml file with the line ends that RFC 5322 asks for."""
    message = EmailMessage(policy=SMTP)
    # Outlook and others open it as a draft that can be sent, and not as a message that came.
    message["X-Unsent"] = "1"
    message.set_content(envelope.text.strip() + "\n", cte="quoted-printable")
    for one in attachments:
        kind, subtype = _TYPES.get(one.name.rpartition(".")[2].lower(), ("application", "octet-stream"))
        message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=_line(one.name))
    if attachments:
        message.set_boundary(_boundary(envelope, attachments))
    return "".join(f"{header}\r\n" for header in _headers(envelope)).encode("ascii") + message.as_bytes()


def _headers(envelope: Envelope) -> Iterator[str]:
    """Yield the headers that people read.

    They are encoded here: folding a long line, the library's newer classes lose the space between two words of which
    either has a letter beyond ASCII.
    """
    if is_address(envelope.sender):
        yield f"From: {_sender(_line(envelope.sender_name), envelope.sender.strip())}"
    if is_address(envelope.recipient):
        yield f"To: {envelope.recipient.strip()}"
    yield f"Subject: {_encoded('Subject', _line(envelope.subject))}"


def _sender(name: str, address: str) -> str:
    return (
        str(Address(display_name=name, addr_spec=address))
        if name.isascii()
        else f"{_encoded('From', name)}\r\n <{address}>"
    )


def _encoded(header: str, text: str) -> str:
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _line(text: str) -> str:
    """Return a text as one line of a header: a line break in it would begin another header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _boundary(envelope: Envelope, attachments: Sequence[Attachment]) -> str:
    """Return what separates the parts: it follows from them.

    "=_" stands in neither encoding that the parts have, so that it cannot be met inside one (RFC 2045, 6.7).
    """
    digest = hashlib.sha256(f"{envelope.subject}\0{envelope.text}".encode())
    for one in attachments:
        digest.update(hashlib.sha256(one.content).digest())
    return f"=_{digest.hexdigest()[:40]}"

"""E-mail messages: who wrote to whom when, and the words, as plain text.

A message can carry programs, pages that load pictures from elsewhere and so tell that they were read, and more messages
inside. The copy has the header that says where it came from, the text, and of every attachment its name, size and
checksum; whoever needs an attachment takes it in by itself. Runs in the process of `coalition.documents.cleaner` only.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, default
from html.parser import HTMLParser
from typing import Final

from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, Refusal

_HEADERS: Final = (
    "Return-Path", "Received", "Authentication-Results", "Date", "From", "Sender", "Reply-To", "To", "Cc", "Subject",
    "Message-ID", "In-Reply-To", "References", "User-Agent", "X-Mailer", "X-Originating-IP", "X-Priority",
)  # fmt: skip
_ATTACHED: Final = "X-Not-In-This-Copy"
_MOST_PARTS: Final = 200
_LINE: Final = 900
"""Characters of a header's line: longer ones are cut, as no program would show them."""


def cleaned_mail(data: bytes) -> tuple[Captured, Iterator[bytes]]:
    """Return when a message says it was sent, and its copy.

    Raises RefusedFile for one that has no text or too many parts.
    """
    message = message_from_bytes(data, policy=default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if len(parts) > _MOST_PARTS:
        raise RefusedFile(Refusal.BROKEN)
    body = message.get_body(preferencelist=("plain", "html"))
    copy = EmailMessage(policy=SMTP)
    for name in _HEADERS:
        for value in message.get_all(name, ()):
            _add(copy, name, str(value))
    for part in parts:
        if part is not body:
            _add(copy, _ATTACHED, _described(part))
    copy.set_content(_text_of(body) if isinstance(body, EmailMessage) else "", cte="quoted-printable")
    return Captured(_sent(message)), iter((copy.as_bytes(),))


def _add(copy: EmailMessage, name: str, value: str) -> None:
    """Add a header's line as one that programs read alike: no line break, no character that is none."""
    line = " ".join("".join(char if char.isprintable() else " " for char in value).split())[:_LINE]
    with suppress(ValueError, MessageError):
        # Some headers may stand only once: the first one counts.
        copy[name] = line


def _described(part: object) -> str:
    if not isinstance(part, EmailMessage):
        return ""
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    name = part.get_filename() or "-"
    return f"{part.get_content_type()}; {len(data)} bytes; SHA-256 {hashlib.sha256(data).hexdigest()}; {name}"


def _text_of(body: EmailMessage) -> str:
    content = body.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    try:
        text = data.decode(body.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    if body.get_content_subtype() == "html":
        text = _words_of(text)
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def _sent(message: EmailMessage) -> str:
    with suppress(AttributeError, TypeError, ValueError):
        return str(message["Date"].datetime.isoformat())
    return ""


class _Words(HTMLParser):
    """Gathers what a page shows as words; what it runs, loads and paints is left out."""

    _SILENT: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg", "iframe"})
    _ENDS_LINE: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self._silent += tag in self._SILENT
        if tag in self._ENDS_LINE:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(re.sub(r"\s+", " ", data))


def _words_of(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    reader.close()
    return re.sub(r"\s*\n\s*", "\n", "".join(reader.words)).strip() + "\n"

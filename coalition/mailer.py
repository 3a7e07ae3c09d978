"""Hands e-mails to a mail server over TLS (RFC 5321; STARTTLS of RFC 3207, or TLS from the start, RFC 8314).

Only a server on this machine may be without TLS. What the messages say is none of this module's business.
"""

import ipaddress
import secrets
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
"""Where servers listen that take e-mail from programs (RFC 8314, section 3.3)."""
_SECONDS = 20.0
_OPTIONS = frozenset({"ca"})
_GREETING = "[127.0.0.1]"
"""How this side names itself: the name of the machine is nobody's business (RFC 5321, section 4.1.3)."""
_REFUSED_FOR_GOOD = range(500, 600)


class MailRefused(Exception):
    """The server does not take an e-mail for this address; `for_good` tells whether trying again is of no use."""

    def __init__(self, *, for_good: bool) -> None:
        """Keep whether to try again; what the server said may hold the address."""
        super().__init__("refused for good" if for_good else "refused for now")
        self.for_good = for_good


@dataclass(frozen=True)
class Mailer:
    """A mail server."""

    host: str
    port: int
    at_once: bool
    """Whether TLS begins with the connection, not with STARTTLS."""
    user: str = ""
    ca: str = ""
    """The file of the authority that its certificate is from; empty means those that the system trusts."""

    @contextmanager
    def connected(self, password: str) -> Iterator["Connection"]:
        """Speak to the server for as long as the block takes.

        Raises OSError, of which smtplib's errors and a certificate that is not good are ones.
        """
        context = ssl.create_default_context(cafile=self.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with self._opened(context) as server:
            if not self.at_once:
                self._secure(server, context)
            if self.user:
                server.login(self.user, password)
            yield Connection(server)

    def _opened(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self.at_once:
            return smtplib.SMTP_SSL(self.host, self.port, _GREETING, timeout=_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, _GREETING, timeout=_SECONDS)

    def _secure(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        """Begin TLS. A server that does not offer it is taken for one on this machine only."""
        server.ehlo()
        if server.has_extn("starttls") or not _is_this_machine(self.host):
            server.starttls(context=context)
            server.ehlo()


@dataclass(frozen=True)
class Connection:
    """A connection to a mail server."""

    server: smtplib.SMTP

    def send(self, sender: str, to: str, subject: str, text: str) -> None:
        """Send one plain text to one address.

        Raises MailRefused for this address alone, OSError when nothing can be sent now.
        """
        message = composed(sender, to, subject, text)
        try:
            self.server.send_message(message, sender, [to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise MailRefused(for_good=code in _REFUSED_FOR_GOOD) from None
        except smtplib.SMTPDataError:
            # The next address is not to wait for this one for ever.
            raise MailRefused(for_good=False) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError):
            # An address in letters that this server does not know.
            raise MailRefused(for_good=True) from None


def composed(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """Return a plain text as a message that a program sent and that nothing is to answer (RFC 3834).

    Its id is random: it tells neither the machine nor the moment. Raises MailRefused for what is no address.
    """
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = Address(addr_spec=to)
    except (MessageError, ValueError, IndexError):
        raise MailRefused(for_good=True) from None
    message["From"] = Address(addr_spec=sender)
    message["Subject"] = subject
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte="quoted-printable")
    return message


def check_sender(address: str) -> None:
    """Raise ValueError for what cannot stand as the sender."""
    try:
        found = Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        raise ValueError("this is no e-mail address") from None
    if not (found.username and found.domain and address.isascii()):
        raise ValueError("this is no e-mail address")


def mailer_at(address: str) -> Mailer:
    """Read an address such as smtp://sender@mail.example.org:587?ca=/etc/coalition/mail.pem.

    Raises ValueError.
    """
    parts = urlsplit(address)
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or not options.keys() <= _OPTIONS:
        raise ValueError("a mail server is smtp://NAME@HOST:PORT or smtps://…, with ?ca=FILE for an own authority")
    if parts.password is not None:
        raise ValueError("the password does not belong into the address: name its file in COALITION_MAIL_PASSWORD_FILE")
    port = parts.port or PORTS[parts.scheme]
    user = unquote(parts.username or "")
    return Mailer(parts.hostname, port, parts.scheme == "smtps", user, options.get("ca", [""])[0])


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

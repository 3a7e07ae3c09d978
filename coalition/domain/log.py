"""The chain of the audit log: what an entry's hash covers, and what a broken chain looks like.

An entry's hash is an HMAC-SHA256 (RFC 2104) over everything the entry says, its number, and the hash of the entry
before it. Whoever changes, removes, inserts or reorders an entry breaks the chain from there on, and cannot mend it
without the key, which is not in the database.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Entry:
    """What one entry says."""

    number: int
    """1 for the first; no number is left out."""
    id: str
    at: datetime
    actor: str
    role: str
    action: str
    subject_kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """The first place where the log is not what was written."""

    number: int
    """Of the entry at or before which it is broken."""
    code: str
    """One of "missing", "altered", "cut_off"."""


def chained(key: bytes, entry: Entry, previous: str) -> str:
    """Return the hash of an entry that follows one with the hash `previous` ("" for the first), as hexadecimal."""
    said = {
        "number": entry.number,
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor,
        "role": entry.role,
        "action": entry.action,
        "subject_kind": entry.subject_kind,
        "subject": entry.subject,
        "details": entry.details,
        "previous": previous,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


_AUDIT_NOTICE, _AUDIT_WARNING = 13 * 8 + 5, 13 * 8 + 4
"""Facility "log audit" with the severities "notice" and "warning" (RFC 5424, section 6.2.1)."""
_REFUSED = frozenset({"access.denied", "access.token_refused", "account.sign_in_failed", "account.held_up"})


def message_of(entry: Entry, hash_: str, host: str) -> bytes:
    """Return an entry with its hash as a syslog message: a head as RFC 5424 has it, and everything it says as JSON."""
    said = {**vars(entry), "at": entry.at.astimezone(UTC).isoformat(), "hash": hash_}
    priority = _AUDIT_WARNING if entry.action in _REFUSED else _AUDIT_NOTICE
    moment = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f"<{priority}>1 {moment} {_word(host, 255)} coalition - {_word(entry.action, 32)} -"
    return f"{head} {json.dumps(said, sort_keys=True)}".encode("ascii")


def _word(text: str, longest: int) -> str:
    """Return a text as a word of the head: printable ASCII without spaces, "-" for nothing."""
    return "".join(character for character in text if "!" <= character <= "~")[:longest] or "-"


def first_fault(
    key: bytes, entries: Iterable[tuple[Entry, str]], head: tuple[int, str] | None, breaks: Iterable[int] = ()
) -> Fault | None:
    """Check entries with their hashes, in the order of their numbers; returns the first fault, None if intact.

    `head` is number and hash of the newest entry that was ever seen, `breaks` where the log was continued from an
    older one: both are kept apart from the log.
    """
    previous, expected = "", 1
    at_head = "" if head else None
    for entry, found in entries:
        if entry.number != expected:
            return Fault(expected, "missing")
        if not hmac.compare_digest(chained(key, entry, previous), found):
            return Fault(entry.number, "altered")
        if head and entry.number == head[0]:
            at_head = found
        previous, expected = found, expected + 1
    for number in breaks:
        return Fault(number, "cut_off")
    if head and at_head != head[1]:
        return Fault(min(expected, head[0]), "cut_off")
    return None

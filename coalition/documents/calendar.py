"""Writes an iCalendar file (RFC 5545): all-day events, each with a name of its own for good.

The file depends on nothing but its entries: DTSTAMP is the moment of an entry's last change and not of the writing, so
a calendar that was not changed is the same file, byte for byte, whenever it is fetched.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

PRODUCT: Final = "-//Coalition//Hate crime recording//EN"
"""Who wrote the file (RFC 5545, 3.7.3)."""
_LINE: Final = 75
"""Octets of a line without its line break; what is longer is folded (3.1)."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Event:
    """One event that lasts whole days."""

    uid: str
    """Never given to another event, and the same however the event is changed."""
    first: date
    last: date
    summary: str
    description: str
    changed_at: datetime
    revision: int = 0
    """How often it was changed (SEQUENCE, 3.8.7.4)."""


def write_calendar(name: str, language: str, events: Iterable[Event]) -> bytes:
    """Return the file; `name` is shown over the events, in `language`."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        # Not of the RFC, and read by nearly every program.
        f"X-WR-CALNAME;LANGUAGE={language}:{_text(name)}",
        *(line for event in events for line in _event(event, language)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: Event, language: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{_moment(event.changed_at)}"
    yield f"LAST-MODIFIED:{_moment(event.changed_at)}"
    yield f"SEQUENCE:{event.revision}"
    yield f"DTSTART;VALUE=DATE:{_day(event.first)}"
    # The end is the first day that the event does not last any more (3.6.1).
    yield f"DTEND;VALUE=DATE:{_day(event.last + _DAY)}"
    yield f"SUMMARY;LANGUAGE={language}:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION;LANGUAGE={language}:{_text(event.description)}"
    # It keeps nobody from being invited elsewhere on these days.
    yield "TRANSP:TRANSPARENT"
    yield "CLASS:PUBLIC"
    yield "END:VEVENT"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Write a value of type TEXT: what has a meaning in the file is escaped, control characters go (3.3.11)."""
    escaped = re.sub(r"([\\;,])", r"\\\1", text)
    lines = re.sub(r"\r\n?|\n", r"\\n", escaped)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", lines)


def _folded(line: str) -> bytes:
    """Return a line with its break: no piece has more than 75 octets, and no character is cut in two."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > _LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"

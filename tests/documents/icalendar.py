"""A small strict reader of iCalendar files (RFC 5545): whatever it does not know or expect is an error."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

_OF_CALENDAR = {"VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-CALNAME"}
_NEEDED = {"UID", "DTSTAMP", "DTSTART"}
_TEXTS = {"SUMMARY", "DESCRIPTION", "X-WR-CALNAME"}
_LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^\";:,]+)*):(.*)", re.DOTALL)


@dataclass
class Calendar:
    """What a file holds."""

    about: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, object]] = field(default_factory=list)


def parsed(content: bytes) -> Calendar:
    """Read a file, or fail."""
    assert content.endswith(b"\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode().split("\r\n")
    assert unfolded[0] == "BEGIN:VCALENDAR"
    assert unfolded[-1] == "END:VCALENDAR"
    calendar, event = Calendar(), None
    for line in unfolded[1:-1]:
        found = _LINE.fullmatch(line)
        assert found, line
        name, parameters, value = found.groups()
        if line == "BEGIN:VEVENT":
            assert event is None
            event = {}
        elif line == "END:VEVENT":
            assert event is not None
            _check(event)
            calendar.events.append(event)
            event = None
        else:
            held = calendar.about if event is None else event
            assert name not in held, f"{name} twice"
            held[name] = _value(name, parameters, value)
    assert event is None
    assert set(calendar.about) <= _OF_CALENDAR
    assert calendar.about["VERSION"] == "2.0"
    assert calendar.about["PRODID"]
    uids = [event["UID"] for event in calendar.events]
    assert len(uids) == len(set(uids))
    return calendar


def _check(event: dict[str, object]) -> None:
    assert set(event) >= _NEEDED
    first, end = event["DTSTART"], event["DTEND"]
    assert isinstance(first, date)
    assert isinstance(end, date)
    assert first < end, "an event lasts a day at least"


def _value(name: str, parameters: str, value: str) -> object:
    if name in {"DTSTART", "DTEND"}:
        assert parameters == ";VALUE=DATE"
        return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    if name in {"DTSTAMP", "LAST-MODIFIED"}:
        datetime.strptime(value, "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 - read for its form alone
    if name in _TEXTS:
        assert re.fullmatch(r";LANGUAGE=[a-z]{2,3}", parameters)
        assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value), "what separates is escaped"
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)
    assert not parameters
    return value

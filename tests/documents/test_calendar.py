"""The iCalendar file, read by a strict parser of the tests' own: RFC 5545 as far as all-day events need it."""

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from coalition.documents.calendar import Event, write_calendar
from tests.documents.icalendar import parsed

CHANGED = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def event(**changes: object) -> Event:
    values = {
        "uid": "deadline-2025@example.org",
        "first": date(2026, 4, 30),
        "last": date(2026, 4, 30),
        "summary": "Last day",
        "description": "",
        "changed_at": CHANGED,
    }
    return Event(**{**values, **changes})  # type: ignore[arg-type] # named as the fields are


def test_a_day_ends_where_the_next_begins_and_the_stamp_is_its_last_change():
    (found,) = parsed(write_calendar("Dates", "en", [event(revision=3)])).events
    assert found == {
        "UID": "deadline-2025@example.org",
        "DTSTAMP": "20260302T103000Z",
        "LAST-MODIFIED": "20260302T103000Z",
        "SEQUENCE": "3",
        "DTSTART": date(2026, 4, 30),
        "DTEND": date(2026, 5, 1),
        "SUMMARY": "Last day",
        "TRANSP": "TRANSPARENT",
        "CLASS": "PUBLIC",
    }


def test_several_days_are_one_event_and_a_calendar_without_any_is_still_one():
    (found,) = parsed(write_calendar("Dates", "bg", [event(last=date(2026, 5, 31))])).events
    assert (found["DTSTART"], found["DTEND"]) == (date(2026, 4, 30), date(2026, 6, 1))
    nothing = parsed(write_calendar("Срокове; и, други", "bg", []))
    assert nothing.events == []
    assert nothing.about["X-WR-CALNAME"] == "Срокове; и, други"


def test_the_same_entries_give_the_same_bytes():
    assert write_calendar("Dates", "en", [event()]) == write_calendar("Dates", "en", [event()])


def test_a_title_cannot_write_a_line_of_its_own():
    hostile = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\nATTACH:http://example.org"
    (found,) = parsed(write_calendar("Dates", "en", [event(summary=hostile)])).events
    assert found["SUMMARY"] == "x\nEND:VEVENT\nBEGIN:VEVENT\nATTACH:http://example.org"


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\x85")) | st.text(
    '\\;,\n:"я👍'
)


@given(TEXT, TEXT)
def test_every_text_comes_back_and_no_line_is_too_long(summary: str, description: str):
    written = write_calendar("Dates", "en", [event(summary=summary, description=description)])
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    (found,) = parsed(written).events
    assert found["SUMMARY"] == summary
    assert found.get("DESCRIPTION", "") == description
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", written)

"""The chain of the log: every way in which somebody can change it is noticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.log import Entry, Fault, chained, first_fault

KEY = bytes(32)
Chain = list[tuple[Entry, str]]


def entry(number: int, **changes: object) -> Entry:
    """Return an entry as it may stand in a log."""
    made = Entry(
        number=number,
        id=f"e{number}",
        at=datetime(2026, 3, 2, 10, tzinfo=UTC) + timedelta(minutes=number),
        actor="a1",
        role="lead",
        action="incident.read",
        subject_kind="incident",
        subject=f"i{number}",
        details={"classes": ["narrative"]},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def chain(entries: list[Entry]) -> Chain:
    """Return entries with their hashes."""
    previous, made = "", []
    for item in entries:
        previous = chained(KEY, item, previous)
        made.append((item, previous))
    return made


def head(made: Chain) -> tuple[int, str]:
    """Return how far a log has come."""
    return made[-1][0].number, made[-1][1]


LOG = chain([entry(number) for number in range(1, 8)])


def test_what_was_written_is_intact():
    assert first_fault(KEY, LOG, head(LOG)) is None
    assert first_fault(KEY, [], None) is None


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"actor": "a2"},
        {"role": "auditor"},
        {"action": "incident.save"},
        {"subject_kind": "job"},
        {"subject": "i0"},
        {"details": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_altered_entry_is_named(number: int, change: dict[str, object]):
    altered = [(replace(item, **change), found) if item.number == number else (item, found) for item, found in LOG]  # type: ignore[arg-type]
    assert first_fault(KEY, altered, head(LOG)) == Fault(number, "altered")


@pytest.mark.parametrize("number", range(1, 7))
def test_a_removed_entry_is_named(number: int):
    assert first_fault(KEY, [pair for pair in LOG if pair[0].number != number], head(LOG)) == Fault(number, "missing")


@pytest.mark.parametrize("number", range(1, 7))
def test_removing_an_entry_and_closing_the_gap_is_noticed(number: int):
    rest = [pair for pair in LOG if pair[0].number != number]
    closed = [(replace(item, number=place), found) for place, (item, found) in enumerate(rest, start=1)]
    assert first_fault(KEY, closed, head(LOG)) == Fault(number, "altered")


@pytest.mark.parametrize("places", list(pairwise(range(7))))
def test_reordered_entries_are_noticed(places: tuple[int, int]):
    first, second = places
    changed = list(LOG)
    changed[first], changed[second] = changed[second], changed[first]
    assert first_fault(KEY, changed, head(LOG)) == Fault(first + 1, "missing")
    renumbered = [(replace(item, number=place), found) for place, (item, found) in enumerate(changed, start=1)]
    assert first_fault(KEY, renumbered, head(LOG)) == Fault(first + 1, "altered")


@pytest.mark.parametrize("left", range(7))
def test_entries_cut_off_the_end_are_missed(left: int):
    assert first_fault(KEY, LOG[:left], head(LOG)) == Fault(left + 1, "cut_off")


def test_a_log_that_was_cut_off_and_goes_on_is_noticed():
    continued = chain([*(item for item, _ in LOG[:4]), entry(5, actor="a9"), entry(6), entry(7), entry(8)])
    assert first_fault(KEY, continued, head(LOG)) == Fault(7, "cut_off")
    assert first_fault(KEY, continued, head(continued), breaks=[5]) == Fault(5, "cut_off")


def test_whoever_writes_the_chain_anew_without_the_key_is_noticed():
    other = bytes(31) + b"1"
    previous, forged = "", []
    for item, _ in LOG:
        changed = replace(item, actor="somebody else")
        previous = chained(other, changed, previous)
        forged.append((changed, previous))
    assert first_fault(KEY, forged, None) == Fault(1, "altered")


def test_entries_newer_than_what_was_last_seen_are_checked_and_are_no_fault():
    assert first_fault(KEY, LOG, head(LOG[:5])) is None
    altered = [*LOG[:6], (replace(LOG[6][0], actor="a2"), LOG[6][1])]
    assert first_fault(KEY, altered, head(LOG[:5])) == Fault(7, "altered")


@given(st.lists(st.text(max_size=12), min_size=2, max_size=12), st.data())
def test_no_two_logs_have_the_same_hashes(actors: list[str], data: st.DataObject):
    entries = [entry(number, actor=actor) for number, actor in enumerate(actors, start=1)]
    place = data.draw(st.integers(0, len(entries) - 1))
    changed = [*entries]
    changed[place] = replace(entries[place], actor=entries[place].actor + "'")
    assert [found for _, found in chain(entries)][place:] != [found for _, found in chain(changed)][place:]

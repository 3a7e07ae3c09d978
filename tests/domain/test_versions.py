"""What differs between two versions of a submission, and why."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.consents import Included, Part
from coalition.domain.versions import (
    ANSWERED,
    GIVEN,
    PART,
    WITHDRAWN,
    Event,
    Move,
    Place,
    What,
    Why,
    difference,
    reasons,
)

BUILT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = BUILT + timedelta(days=30)


def row(incident: str, number: int, **cells: str) -> Included:
    return Included(incident, Part.DESCRIPTIVE, number, {"country": "Bulgaria", "description": incident, **cells})


def counted(incident: str, **cells: str) -> Included:
    return Included(incident, Part.STATISTICAL, None, {"country": "Bulgaria", **cells})


def told(
    before: list[Included], after: list[Included], were: Mapping[Part, int] | None = None
) -> list[tuple[object, ...]]:
    found = difference(before, after, were)
    return [(move.what.value, move.incident, move.fields) for move in found.moves]


def test_equal_versions_have_no_difference():
    rows = [row("a", 1), row("b", 2), counted("c")]
    found = difference(rows, rows, {Part.DESCRIPTIVE: 2, Part.STATISTICAL: 1})
    assert found.is_empty
    assert found.counts == {"added": 0, "changed": 0, "removed": 0}


def test_what_came_went_and_says_something_else_is_told_in_the_order_of_the_sheet():
    before = [row("a", 1), row("b", 2), row("c", 3), counted("d")]
    after = [row("new", 1), row("b", 2, description="Other words."), row("c", 3), counted("late")]
    assert told(before, after) == [
        ("removed", "a", ()),
        ("removed", "d", ()),
        ("changed", "b", ("description",)),
        ("added", "new", ()),
        ("added", "late", ()),
    ]


def test_a_row_that_only_moved_up_is_not_changed():
    assert told([row("a", 1), row("b", 2)], [row("b", 1)]) == [("removed", "a", ())]


def test_an_incident_that_is_described_now_moved_from_part_to_part():
    (move,) = difference([counted("a", type="Threats")], [row("a", 1, type="Violence")]).moves
    assert (move.what, move.fields) == (What.CHANGED, (PART, "type"))
    assert (move.before, move.after) == (Place(Part.STATISTICAL, None), Place(Part.DESCRIPTIVE, 1))


def test_a_column_that_only_one_version_has_changes_no_incident():
    assert told([row("a", 1, gender="woman")], [row("a", 1, place="street")]) == []


def test_texts_that_join_to_the_same_letters_are_different():
    before, after = row("a", 1, country="ab", description="c"), row("a", 1, country="a", description="bc")
    assert told([before], [after]) == [("changed", "a", ("country", "description"))]


def test_of_what_was_erased_only_numbers_are_known():
    found = difference([row("b", 2)], [row("b", 1)], {Part.DESCRIPTIVE: 3, Part.STATISTICAL: 2})
    assert (found.moves, found.erased, found.erased_counted) == ((), (1, 3), 2)
    assert found.counts["removed"] == 4


def move(what: What) -> Move:
    place = Place(Part.DESCRIPTIVE, 1)
    return Move(what, "a", None if what is What.ADDED else place, None if what is What.REMOVED else place)


def happened(kind: str, days: int, *fields: str) -> Event:
    return Event(BUILT + timedelta(days=days), kind, fields)


@pytest.mark.parametrize(
    ("what", "events", "why"),
    [
        (What.ADDED, [happened("accept", 2)], [Why.ACCEPTED]),
        (What.ADDED, [happened("unlink", 2)], [Why.UNLINKED]),
        (What.ADDED, [happened(GIVEN, 2)], [Why.CONSENT_GIVEN]),
        (What.ADDED, [happened(ANSWERED, 2, "date")], [Why.DATE_MOVED_IN]),
        (What.ADDED, [happened(ANSWERED, 1, "date"), happened("accept", 2)], [Why.ACCEPTED]),
        (What.ADDED, [happened(ANSWERED, 1, "motivations")], [Why.ANSWERS_CHANGED]),
        (What.REMOVED, [happened("accept", -2), happened("reopen", 3)], [Why.REOPENED]),
        (What.REMOVED, [happened("reopen", 3), happened("reject", 4)], [Why.REJECTED, Why.REOPENED]),
        (What.REMOVED, [happened("link", 3)], [Why.LINKED]),
        (What.REMOVED, [happened(WITHDRAWN, 3)], [Why.CONSENT_WITHDRAWN]),
        (What.REMOVED, [happened(ANSWERED, 3, "date")], [Why.DATE_MOVED_OUT]),
        (What.CHANGED, [happened("accept", 3), happened(ANSWERED, 1, "motivations")], [Why.ANSWERS_CHANGED]),
        (What.CHANGED, [], [Why.WORDING]),
        (What.CHANGED, [happened(ANSWERED, -1, "date")], [Why.WORDING]),
        (What.ADDED, [], [Why.UNKNOWN]),
        (What.REMOVED, [happened(WITHDRAWN, 60)], [Why.UNKNOWN]),
    ],
)
def test_the_reason_is_what_happened_between_the_two(what: What, events: list[Event], why: list[Why]):
    assert [reason.why for reason in reasons(move(what), events, BUILT, NOW)] == why


def test_what_is_accepted_after_a_version_was_sent_is_late():
    (reason,) = reasons(move(What.ADDED), [happened("accept", 2)], BUILT, NOW, sent=True)
    assert (reason.why, reason.at) == (Why.LATE, BUILT + timedelta(days=2))


def test_what_happened_while_the_version_was_built_explains_what_it_does_not_hold():
    (reason,) = reasons(move(What.ADDED), [happened("accept", -1)], BUILT, NOW)
    assert reason.why is Why.ACCEPTED


def test_several_changes_of_the_answers_are_one_reason_with_all_fields():
    events = [happened(ANSWERED, 2, "motivations"), happened(ANSWERED, 5, "date", "victims")]
    (reason,) = reasons(move(What.CHANGED), events, BUILT, NOW)
    assert (reason.at, reason.fields) == (BUILT + timedelta(days=5), ("date", "motivations", "victims"))

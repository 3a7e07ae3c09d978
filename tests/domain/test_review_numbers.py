import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from coalition.domain.review_numbers import Handled, ReviewNumbers, by_member, days_to_decision, from_json, numbers
from coalition.domain.vocabulary import State

MONDAY = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


def record(
    state: State = State.ACCEPTED, days: float | None = 1, *, member: str = "Wheel", reason: str = "", asked=False
):
    decided = None if days is None else MONDAY + timedelta(days=days)
    return Handled(member, state, reason, days_to_decision(state, MONDAY, decided), asked)


def test_what_became_of_the_records_is_counted_with_the_reasons_in_their_order():
    found = numbers(
        [
            record(asked=True),
            record(State.REJECTED, 5, reason="no_consent"),
            record(State.REJECTED, 6, reason="not_criminal"),
            record(State.DUPLICATE, 2),
            record(State.RETURNED, None, asked=True),
            record(State.IN_REVIEW, None),
            record(State.DRAFT, None),
        ]
    )
    assert (found.received, found.accepted, found.duplicates, found.undecided) == (6, 1, 1, 2)
    assert found.rejected == (("not_criminal", 1), ("no_consent", 1))
    assert (found.not_accepted, found.asked, found.asked_share) == (2, 2, 2 / 6)
    assert found.received == found.accepted + found.duplicates + found.undecided + found.not_accepted


def test_the_time_to_a_decision_is_the_median_of_whole_days_and_not_the_mean():
    found = numbers([record(days=0.4), record(days=2.9), record(days=400)])
    assert (found.median_days, found.decided_here) == (2.0, 3)


def test_what_nobody_here_decided_or_what_is_open_again_has_no_time():
    taken_over = record(days=None)
    open_again = record(State.IN_REVIEW, 3)
    assert numbers([taken_over, open_again]).median_days is None
    assert numbers([taken_over, open_again, record(days=7)]).median_days == 7


def test_every_member_is_counted_by_itself_and_one_without_records_is_left_out():
    found = by_member([record(member="Wheel"), record(State.DRAFT, None, member="Atid"), record(member="Bell")])
    assert [member for member, _ in found] == ["Bell", "Wheel"]
    assert all(one.received == 1 for _, one in found)


def test_nothing_has_no_share():
    assert numbers([]).asked_share is None


def test_the_numbers_read_back_from_json_are_the_same():
    written = numbers([record(), record(State.REJECTED, 5, reason="no_consent")])
    assert from_json(json.loads(json.dumps(asdict(written)))) == written
    assert isinstance(written, ReviewNumbers)

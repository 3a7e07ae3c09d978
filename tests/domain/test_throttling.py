"""Waiting after failed attempts: it grows, it ends, and nobody else's failures keep a known device out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.throttling import (
    BUDGET_HOUR,
    BUDGETS,
    FIRST_WAIT,
    FREE,
    LONGEST_WAIT,
    WINDOW,
    Counter,
    Origin,
    Use,
    counters,
    longest,
    wait_after,
    wait_for_budget,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MOMENTS = st.lists(st.timedeltas(timedelta(), timedelta(hours=3)).map(lambda ago: NOW - ago), max_size=200)


@pytest.mark.parametrize(
    ("failures", "wait"),
    [
        (0, timedelta()),
        (4, timedelta()),
        (5, FIRST_WAIT),
        (6, 2 * FIRST_WAIT),
        (7, 4 * FIRST_WAIT),
        (9, 16 * FIRST_WAIT),
        (10, LONGEST_WAIT),
        (5000, LONGEST_WAIT),
    ],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, wait: timedelta):
    assert wait_after([NOW] * failures, 5, NOW) == wait


@given(MOMENTS, st.sampled_from(sorted(FREE.values())))
def test_no_wait_is_longer_than_a_quarter_of_an_hour_after_the_last_failure(failures: list[datetime], free: int):
    wait = wait_after(failures, free, NOW)
    assert timedelta() <= wait <= LONGEST_WAIT
    assert not wait or NOW + wait <= max(failures) + LONGEST_WAIT


@given(MOMENTS, st.sampled_from(sorted(FREE.values())))
def test_whoever_waits_gets_in_afterwards(failures: list[datetime], free: int):
    wait = wait_after(failures, free, NOW)
    assert wait_after(failures, free, NOW + wait) == timedelta()


@given(MOMENTS, st.sampled_from(sorted(FREE.values())))
def test_what_is_older_than_an_hour_counts_no_longer(failures: list[datetime], free: int):
    recent = [at for at in failures if NOW - at < WINDOW]
    assert wait_after(failures, free, NOW) == wait_after(recent, free, NOW)


@given(st.text(), st.text(), st.text(min_size=1), st.text(), st.text())
def test_a_known_device_shares_no_counter_with_anybody_else(
    account: str, address: str, device: str, elsewhere: str, other: str
):
    own = counters(Origin(account, address, device))
    attack = counters(Origin(account, elsewhere)) | counters(Origin(other, address))
    assert set(own) == {Counter.DEVICE}
    assert not set(own.items()) & set(attack.items())


def test_an_unknown_device_is_counted_for_the_pair_the_account_and_the_address():
    assert counters(Origin("ana@example.org", "192.0.2.1")) == {
        Counter.PAIR: "ana@example.org\x1f192.0.2.1",
        Counter.ACCOUNT: "ana@example.org",
        Counter.ADDRESS: "192.0.2.1",
    }
    assert FREE[Counter.PAIR] < FREE[Counter.ACCOUNT] < FREE[Counter.ADDRESS]


def test_the_longest_of_no_waits_is_none():
    assert longest([]) == timedelta()
    assert longest([FIRST_WAIT, LONGEST_WAIT]) == LONGEST_WAIT


def test_every_use_has_a_budget_that_nobody_who_works_by_hand_comes_near():
    assert set(BUDGETS) == set(Use)
    assert BUDGETS[Use.READ] >= 10 * 60, "ten records a minute, for an hour"
    assert min(BUDGETS.values()) >= 30


@given(st.timedeltas(timedelta(), timedelta(hours=3)))
def test_a_budget_has_room_again_when_its_oldest_use_is_an_hour_old(ago: timedelta):
    wait = wait_for_budget(NOW - ago, NOW)
    assert wait == max(timedelta(), BUDGET_HOUR - ago)
    assert wait_for_budget(NOW - ago, NOW + wait) == timedelta()
    assert wait_for_budget(None, NOW) == timedelta()

"""When an e-mail may say that something waits: the clock of a coalition, and never twice of one thing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.mail import APART, SETTLING, MailChoice, is_news, told_until

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SOFIA = "Europe/Sofia"
EIGHT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""Eight in the morning in Sofia, in winter."""


def test_who_wants_none_gets_none():
    assert told_until(MailChoice.NEVER, None, NOON, SOFIA) is None


def test_at_once_is_after_a_minute_and_then_every_quarter_of_an_hour_at_most():
    assert told_until(MailChoice.AT_ONCE, None, NOON, SOFIA) == NOON - SETTLING
    assert told_until(MailChoice.AT_ONCE, NOON - SETTLING, NOON + timedelta(minutes=14), SOFIA) is None
    assert told_until(MailChoice.AT_ONCE, NOON - SETTLING, NOON + APART, SOFIA) == NOON + APART - SETTLING


def test_daily_is_at_eight_where_the_coalition_is():
    before, after = EIGHT - timedelta(minutes=1), EIGHT + timedelta(minutes=2)
    yesterday = EIGHT - timedelta(days=1)
    assert told_until(MailChoice.DAILY, None, before, SOFIA) == yesterday
    assert told_until(MailChoice.DAILY, yesterday, before, SOFIA) is None
    assert told_until(MailChoice.DAILY, yesterday, after, SOFIA) == EIGHT
    assert told_until(MailChoice.DAILY, EIGHT, NOON, SOFIA) is None
    assert told_until(MailChoice.DAILY, None, NOON, "UTC") == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_what_comes_after_eight_waits_for_the_next_morning_even_if_nothing_was_sent_today():
    until = told_until(MailChoice.DAILY, EIGHT - timedelta(days=1), NOON, SOFIA)
    assert until == EIGHT
    assert not is_news([NOON - timedelta(hours=1)], EIGHT - timedelta(days=1), EIGHT)


def test_eight_stays_eight_when_the_clocks_change():
    summer = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    assert told_until(MailChoice.DAILY, None, summer, SOFIA) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("choice", [MailChoice.AT_ONCE, MailChoice.DAILY])
@given(came=some.lists(some.integers(0, 3000), min_size=1, max_size=8), looks=some.integers(1, 90))
def test_each_thing_is_told_once_and_none_is_forgotten(choice: MailChoice, came: list[int], looks: int):
    """However often one looks, in minutes: what came is news in exactly one e-mail."""
    moments = [NOON + timedelta(minutes=minute) for minute in came]
    mailed, told = None, dict.fromkeys(moments, 0)
    for minute in range(0, 3000 + 2 * 24 * 60, looks):
        now = NOON + timedelta(minutes=minute)
        until = told_until(choice, mailed, now, SOFIA)
        here = [moment for moment in moments if moment <= now]
        if until is None or not is_news(here, mailed, until):
            continue
        for moment in told:
            told[moment] += moment in here and (mailed is None or moment > mailed) and moment <= until
        mailed = until
    assert set(told.values()) == {1}

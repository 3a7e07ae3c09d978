"""When a record is looked at again: the policy, its limits, and what a hold keeps."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.errors import Held, UnknownCode
from coalition.domain.retention import (
    DEFAULT_MONTHS,
    HoldReason,
    Standing,
    check_kept_until,
    check_not_held,
    months_after,
    policy_of,
    review_date,
)
from coalition.domain.vocabulary import Basis, State

TODAY = date(2026, 3, 2)


def test_the_policy_covers_every_kind_of_record():
    assert set(DEFAULT_MONTHS) == {(basis, state) for basis in Basis for state in State}


def test_a_coalition_changes_single_numbers_of_the_policy():
    policy = policy_of({"consent.accepted": 36})
    assert policy[Basis.CONSENT, State.ACCEPTED] == 36
    assert policy[Basis.PUBLIC_SOURCE, State.ACCEPTED] == DEFAULT_MONTHS[Basis.PUBLIC_SOURCE, State.ACCEPTED]


@pytest.mark.parametrize(
    "changed", [{"consent.forgotten": 3}, {"consent": 3}, {"consent.draft": 0}, {"consent.draft": 9999}]
)
def test_what_cannot_be_a_policy_is_refused(changed: dict[str, int]):
    with pytest.raises(UnknownCode):
        policy_of(changed)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(9999, 1, 1), 1200, date.max),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, expected: date):
    assert months_after(day, months) == expected


@given(some.dates(date(1990, 1, 1), date(2200, 1, 1)), some.integers(1, 1200))
def test_the_review_is_later_and_never_by_more_than_so_many_months(day: date, months: int):
    later = months_after(day, months)
    assert later > day
    assert (later.year - day.year) * 12 + later.month - day.month == months


def test_a_record_without_a_basis_is_treated_as_the_stricter_kind():
    policy = policy_of({})
    assert review_date(State.DRAFT, "", TODAY, policy) == review_date(State.DRAFT, Basis.CONSENT, TODAY, policy)
    assert review_date(State.DRAFT, "", TODAY, policy) < review_date(State.DRAFT, Basis.PUBLIC_SOURCE, TODAY, policy)


def test_a_record_is_due_from_the_day_of_its_review_on():
    policy = policy_of({"consent.draft": 6})
    standing = Standing(State.DRAFT, Basis.CONSENT, date(2025, 9, 2), None)
    assert standing.due_since(policy) == TODAY
    assert standing.is_due(policy, TODAY)
    assert not standing.is_due(policy, date(2026, 3, 1))


def test_the_day_that_a_lead_set_goes_before_the_policy():
    standing = Standing(State.DRAFT, Basis.CONSENT, date(2020, 1, 1), date(2026, 3, 3))
    assert not standing.is_due(policy_of({}), TODAY)
    assert standing.is_due(policy_of({}), date(2026, 3, 3))


@pytest.mark.parametrize("day", [TODAY, date(2020, 1, 1), date(2036, 3, 3)])
def test_a_record_is_not_kept_until_yesterday_nor_for_ever(day: date):
    with pytest.raises(UnknownCode):
        check_kept_until(day, TODAY)


def test_a_record_is_kept_until_a_day_within_ten_years():
    check_kept_until(date(2026, 3, 3), TODAY)
    check_kept_until(date(2036, 3, 2), TODAY)


@pytest.mark.parametrize("reason", list(HoldReason))
def test_what_is_locked_stays(reason: HoldReason):
    check_not_held("")
    with pytest.raises(Held) as refusal:
        check_not_held(reason)
    assert refusal.value.reason == reason

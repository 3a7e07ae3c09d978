from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.incidents import PartialDate
from coalition.domain.likeness import NEAR, Traits, days_apart, may_be_same

DAYS = some.dates(date(1990, 1, 1), date(2100, 1, 1))


def exact(day: date) -> PartialDate:
    return PartialDate(day.year, day.month, day.day)


@given(DAYS, some.integers(0, 400))
def test_two_days_are_as_far_apart_as_the_calendar_says(day: date, between: int) -> None:
    other = day + timedelta(days=between)
    assert days_apart(exact(day), exact(other)) == days_apart(exact(other), exact(day)) == between


@given(DAYS, DAYS)
def test_a_less_precise_date_is_never_farther(one: date, other: date) -> None:
    apart = days_apart(exact(one), exact(other))
    assert days_apart(PartialDate(one.year, one.month), exact(other)) <= apart
    assert days_apart(PartialDate(one.year), PartialDate(other.year)) <= apart


MAY = Traits(PartialDate(2025, 5, 17), "BG", "BG-16", ("anti_roma",))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (MAY, True),
        (Traits(PartialDate(2025, 5, 17 + NEAR), "BG", "BG-16", ("anti_roma", "gender")), True),
        (Traits(PartialDate(2025, 5, 17 + NEAR + 1), "BG", "BG-16", ("anti_roma",)), False),
        (Traits(PartialDate(2025, 5), "BG"), True),
        (Traits(PartialDate(2025, 6), "BG"), False),
        (Traits(PartialDate(2025), "BG", "BG-16", ("anti_roma",)), False),
        (Traits(None, "BG", "BG-16", ("anti_roma",)), False),
        (Traits(PartialDate(2025, 5, 17), "RO", "", ("anti_roma",)), False),
        (Traits(PartialDate(2025, 5, 17), "BG", "BG-22", ("anti_roma",)), False),
        (Traits(PartialDate(2025, 5, 17), "BG", "", ("gender",)), False),
        (Traits(PartialDate(2025, 5, 17), "BG", "BG-16", ()), True),
    ],
)
def test_records_may_be_about_one_incident(other: Traits, *, same: bool) -> None:
    assert may_be_same(MAY, other) is same
    assert may_be_same(other, MAY) is same

"""The cycle of ODIHR's data year: usual dates, what is known of them, what a person set."""

from datetime import date

import pytest

from coalition.domain.cycle import (
    Known,
    Milestone,
    Span,
    around,
    milestone_of,
    plan,
    usual,
    usual_since,
    year_due,
    year_opened,
)
from coalition.domain.errors import NotFound
from coalition.domain.profiles import profile_for

RULE = profile_for(2025)


def test_the_cycle_of_a_data_year_lies_in_the_next_one_in_order():
    found = {item.milestone: (item.when.first, item.when.last) for item in plan(2025, RULE, {})}
    assert found == {
        Milestone.CALL: (date(2026, 2, 1), date(2026, 2, 28)),
        Milestone.DEADLINE: (date(2026, 4, 30), date(2026, 4, 30)),
        Milestone.CONSULTATION: (date(2026, 9, 1), date(2026, 10, 31)),
        Milestone.PUBLICATION: (date(2026, 11, 16), date(2026, 11, 16)),
    }
    assert list(found) == list(Milestone)


def test_every_date_says_how_well_it_is_known():
    known = {item.milestone: (item.known, item.seen_in) for item in plan(2025, RULE, {})}
    assert known == {
        Milestone.CALL: (Known.USUAL, None),
        Milestone.DEADLINE: (Known.SEEN, (2017, 2024)),
        Milestone.CONSULTATION: (Known.USUAL, None),
        Milestone.PUBLICATION: (Known.PUBLISHED, None),
    }
    assert usual_since().tzinfo is not None


def test_what_was_set_for_a_year_wins_and_moves_in_the_order():
    late = Span(date(2027, 1, 10), date(2027, 1, 10))
    found = plan(2025, RULE, {Milestone.DEADLINE: late})
    assert found[-1].milestone is Milestone.DEADLINE
    assert (found[-1].when, found[-1].known) == (late, Known.SET)
    assert usual(2025, Milestone.DEADLINE, RULE).when.first == date(2026, 4, 30)


def test_the_year_to_work_on_is_the_one_whose_deadline_comes_next():
    deadlines = {2023: date(2024, 4, 30), 2024: date(2025, 4, 30), 2025: date(2026, 4, 30)}
    assert year_due(date(2025, 4, 30), deadlines) == 2024
    assert year_due(date(2025, 5, 1), deadlines) == 2025
    assert year_due(date(2027, 1, 1), deadlines) == 2025
    assert around(date(2026, 3, 2)) == (2024, 2025, 2026)


def test_there_is_no_other_part_of_the_cycle():
    assert milestone_of("call") is Milestone.CALL
    with pytest.raises(NotFound):
        milestone_of("party")


def test_pages_open_with_the_next_deadline_of_a_year_in_which_there_is_something():
    deadlines = {year: date(year + 1, 4, 30) for year in (2024, 2025, 2026)}
    spring, autumn = date(2026, 3, 2), date(2026, 11, 23)
    assert year_opened(spring, deadlines, {2020, 2024, 2025, 2026}) == 2025
    assert year_opened(autumn, deadlines, {2024, 2025, 2026}) == 2026
    # Nothing of the next year has come in yet: the last one goes on.
    assert year_opened(autumn, deadlines, {2020, 2025}) == 2025
    assert year_opened(autumn, deadlines, {2011}) == 2011
    assert year_opened(autumn, deadlines, ()) == 2026
    # A year that somebody mistyped in a draft opens nothing.
    assert year_opened(autumn, deadlines, {2024, 2025, 2062}) == 2025
    assert year_opened(autumn, deadlines, {2062}) == 2026

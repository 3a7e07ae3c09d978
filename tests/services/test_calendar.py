"""The calendar: what was set wins, own dates reach whom they are for, entries keep their names."""

from datetime import date, timedelta

import pytest

from coalition.domain.cycle import Known, Milestone, Reach, Span
from coalition.domain.errors import NotFound, NotPermitted, UnknownCode
from coalition.services import calendar, profiles, submissions
from coalition.services.calendar import Entry
from tests.conftest import Clock, Coalition

MAY = Span(date(2026, 5, 4), date(2026, 5, 4))


def set_deadline(coalition: Coalition, when: Span = MAY, year: int = 2025) -> None:
    with coalition.work("coordinator") as work:
        calendar.set_part(work, year, "deadline", when)


def add(coalition: Coalition, reach: Reach, title: str = "Training", first: date = date(2026, 3, 10)) -> str:
    with coalition.work("coordinator") as work:
        return calendar.add_date(work, title, Span(first, first), reach)


def keys(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.key for entry in entries]


def test_the_deadline_that_was_set_counts_until_the_usual_one_holds_again(any_coalition: Coalition, clock: Clock):
    def entry() -> Entry:
        with any_coalition.reading("coordinator") as work:
            (found,) = [item for item in calendar.public_entries(work) if item.key == "deadline-2025"]
            assert found.planned is not None
            assert found.when.last == calendar.deadline(work, 2025) == submissions.cycle_of(work, 2025).deadline
            return found

    usual = entry()
    assert (usual.when.last, usual.revision) == (date(2026, 4, 30), 0)
    set_deadline(any_coalition)
    moved = entry()
    assert (moved.when, moved.revision, moved.changed_at) == (MAY, 1, clock.now)
    assert moved.planned is not None
    assert moved.planned.known is Known.SET
    clock.now += timedelta(days=1)
    for _twice in range(2):
        with any_coalition.work("coordinator") as work:
            calendar.let_usual_hold(work, 2025, "deadline")
    back = entry()
    assert (back.when, back.revision, back.changed_at) == (usual.when, 2, clock.now), "who subscribed has to see it"


def test_a_year_goes_where_the_profile_says_that_was_chosen_for_it(coalition: Coalition):
    with coalition.work("coordinator") as work:
        profiles.choose(work, 2025, "national")
        cycle = submissions.cycle_of(work, 2025)
    assert (cycle.deadline, cycle.recipient) == (date(2026, 3, 31), "")
    assert cycle.subject.startswith("Hate incidents 2025")


def test_the_year_to_work_on_follows_the_deadline(coalition: Coalition, clock: Clock):
    set_deadline(coalition)
    clock.now = clock.now.replace(month=5, day=3)
    with coalition.reading("lead") as work:
        assert calendar.year_to_work_on(work) == 2025
    clock.now = clock.now.replace(day=5)
    with coalition.reading("lead") as work:
        assert calendar.year_to_work_on(work) == 2026


def test_own_dates_reach_whom_they_are_for(any_coalition: Coalition):
    inside, outside = add(any_coalition, Reach.MEMBERS), add(any_coalition, Reach.EVERYBODY, "Конференция")
    mine = {f"date-{inside}", f"date-{outside}"}
    with any_coalition.reading("administrator") as work:
        assert mine.intersection(keys(calendar.coming(work))) == {f"date-{outside}"}
        assert mine.intersection(keys(calendar.public_entries(work))) == {f"date-{outside}"}
        with pytest.raises(NotPermitted):
            calendar.all_entries(work)
    for who in ("case_worker", "lead", "coordinator"):
        with any_coalition.reading(who) as work:
            assert mine <= set(keys(calendar.coming(work)))
            assert mine <= set(keys(calendar.all_entries(work)))


def test_a_date_is_changed_under_its_name_and_removed_for_good(coalition: Coalition, clock: Clock):
    reference = add(coalition, Reach.MEMBERS, "  A   training ")
    clock.now += timedelta(hours=1)
    with coalition.work("coordinator") as work:
        calendar.change_date(work, reference, "A longer one", Span(date(2026, 3, 10), date(2026, 3, 12)), "everybody")
    with coalition.reading("coordinator") as work:
        (found,) = [item for item in calendar.public_entries(work) if item.key == f"date-{reference}"]
        assert (found.revision, found.changed_at, found.when.days) == (1, clock.now, 3)
    with coalition.work("coordinator") as work:
        calendar.remove_date(work, reference)
    with coalition.reading("coordinator") as work:
        assert f"date-{reference}" not in keys(calendar.all_entries(work))
    with coalition.work("coordinator") as work, pytest.raises(NotFound):
        calendar.remove_date(work, reference)


def test_the_page_begins_today_and_a_feed_keeps_what_lies_behind(coalition: Coalition):
    with coalition.reading("lead") as work:
        coming, everything = keys(calendar.coming(work)), keys(calendar.public_entries(work))
    assert coming == ["deadline-2025", "consultation-2025", "publication-2025", "call-2026", "deadline-2026"]
    assert everything[:4] == [f"{milestone}-2024" for milestone in Milestone]


@pytest.mark.parametrize(
    ("title", "last", "reach"),
    [
        ("", 0, "members"),
        ("x" * 121, 0, "members"),
        ("A day", -1, "members"),
        ("A day", 400, "members"),
        ("A day", 0, "press"),
    ],
)
def test_what_cannot_be_is_refused(coalition: Coalition, title: str, last: int, reach: str):
    first = date(2026, 3, 10)
    with coalition.work("coordinator") as work, pytest.raises(UnknownCode):
        calendar.add_date(work, title, Span(first, first + timedelta(days=last)), reach)


def test_only_the_coordinator_keeps_it_and_only_for_years_it_holds(coalition: Coalition):
    for year in (2020, 2027):
        with pytest.raises(NotFound):
            set_deadline(coalition, year=year)
    with coalition.work("lead") as work, pytest.raises(NotPermitted):
        calendar.set_part(work, 2025, "deadline", MAY)
    with coalition.work("lead") as work, pytest.raises(NotPermitted):
        calendar.add_date(work, "Mine", MAY, "members")

"""Two coordinators do the same at the same moment: one of them does it, nobody meets an error, and the log is right."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from coalition.db import packages as package_storage
from coalition.db.audit import AuditEntry
from coalition.db.calendar import CycleDate
from coalition.db.reminders import Reminder
from coalition.domain.cycle import Span
from coalition.domain.errors import AlreadyExists
from coalition.domain.packages import BY_HAND
from coalition.domain.vocabulary import State
from coalition.services import calendar, packages, profiles, reminders
from coalition.services.work import Work
from tests.at_once import at_once
from tests.conftest import Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.services.versioned import keep_version

YEAR = 2024
Act = Callable[[Work], object]


@pytest.fixture
def both(any_coalition: Coalition) -> Callable[..., list[object]]:
    """Do some acts at the same moment, each as a request of its own; returns what each came to."""

    def done(act: Act) -> object:
        with any_coalition.work("coordinator") as work:
            return act(work)

    return lambda *acts: at_once(*(partial(done, act) for act in acts))


def noted(coalition: Coalition, action: str) -> int:
    with coalition.reading("operator") as work:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        return work.session.scalar(query) or 0


def test_a_line_of_the_check_list_is_ticked_and_taken_back_once(
    any_coalition: Coalition, both: Callable[..., list[object]], tmp_path: Path
):
    records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"en": "Somebody was beaten."}))
    keep_version(any_coalition, tmp_path / "first")
    for item in BY_HAND:
        tick: Act = partial(packages.tick, year=YEAR, number=1, item=item)
        assert both(tick, tick, tick) == [None] * 3
    assert noted(any_coalition, "submission.check") == len(BY_HAND)
    untick: Act = partial(packages.untick, year=YEAR, number=1, item=BY_HAND[0])
    assert both(untick, untick, untick) == [None] * 3
    assert noted(any_coalition, "submission.uncheck") == 1
    with any_coalition.reading("operator") as work:
        ticked = set(work.session.scalars(select(package_storage.SubmissionCheck.item)))
    assert ticked == {*BY_HAND[1:]}


def test_a_member_is_reminded_once_and_the_last_choice_holds(
    any_coalition: Coalition, both: Callable[..., list[object]]
):
    there, back = ("FIRST", "SECOND"), ("SECOND", "FIRST")
    told = both(*(partial(reminders.remind, year=2025, codes=codes) for codes in (there, back, there)))
    assert sorted(map(str, told)) == ["0", "0", "2"]
    with any_coalition.reading("operator") as work:
        rows = work.session.scalars(select(Reminder)).all()
    assert [row.settled_at for row in rows] == [None, None]
    for codes in (("national", "odihr-2022", "nibrs"), ("odihr-2024", "odihr-2024", ""), ("", "", "")):
        assert both(*(partial(profiles.choose, year=YEAR, code=code) for code in codes)) == [None] * 3
    with any_coalition.reading("coordinator") as work:
        assert profiles.chosen_for(work, YEAR) == ""


def test_one_of_two_new_profiles_takes_the_code_and_a_date_is_set_twice(
    any_coalition: Coalition, both: Callable[..., list[object]]
):
    begin: Act = partial(profiles.copy, code="odihr-2024", new_code="ours")
    assert sorted(map(str, both(begin, begin))) == sorted(["1", str(AlreadyExists)])
    move: Act = partial(calendar.set_part, year=2025, code="deadline", when=Span(date(2026, 5, 4), date(2026, 5, 4)))
    assert both(move, move) == [None, None]
    with any_coalition.reading("operator") as work:
        assert work.session.scalars(select(CycleDate.revision)).all() == [2]

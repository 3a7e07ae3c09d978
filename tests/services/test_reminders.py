"""Reminders: one a member and day, in the inbox of the whole organisation, with a year and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.reminders import Reminder
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import Purpose, State
from coalition.services import notices, readiness, reminders
from coalition.services.reminders import ReminderView
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts, without
from tests.services import records

YEAR = 2025


def remind(coalition: Coalition, *codes: str, year: int = YEAR, who: str = "coordinator") -> int:
    with coalition.work(who) as work:
        return reminders.remind(work, year, codes)


def waiting(coalition: Coalition, who: str) -> tuple[ReminderView, ...]:
    with coalition.reading(who) as work:
        found = notices.open_inbox(work)
        assert found.total == notices.count_waiting(work) == len(notices.moments_waiting(work))
        return found.reminders


def test_a_reminder_waits_for_the_whole_organisation_and_for_nobody_else(any_coalition: Coalition):
    assert remind(any_coalition, "FIRST") == 1
    for who in ("lead", "case_worker"):
        assert [item.year for item in waiting(any_coalition, who)] == [YEAR]
    for who in ("second_worker", "coordinator"):
        assert waiting(any_coalition, who) == ()


def test_one_a_day_is_enough_and_a_later_one_takes_the_place_of_the_earlier(coalition: Coalition, clock: Clock):
    assert remind(coalition, "FIRST") == 1
    assert remind(coalition, "FIRST", "SECOND") == 1
    assert remind(coalition, "FIRST", year=2026) == 0, "of whatever year"
    clock.now += timedelta(days=1)
    assert remind(coalition, "FIRST") == 1
    (item,) = waiting(coalition, "lead")
    assert item.at == clock.now
    with coalition.reading("coordinator") as work:
        (line, other) = readiness.open_board(work, YEAR).members
    assert line.reminded is not None
    assert (line.reminded.at, line.reminded.by, line.reminded_today) == (clock.now, "Coordinator", True)
    assert not other.reminded_today
    with coalition.reading("operator") as work:
        entries = list(work.session.scalars(select(AuditEntry).where(AuditEntry.action == "organisation.remind")))
    assert [entry.details for entry in entries] == [{"year": YEAR}] * 3


def test_all_with_something_open_are_those_of_whom_the_coalition_knows_something(coalition: Coalition):
    records.begun(coalition, facts(date=PartialDate(YEAR, 3)))
    consentless = without(Purpose.ODIHR)
    records.in_state(
        coalition, State.ACCEPTED, facts(date=PartialDate(YEAR, 3), consents=consentless.consents), "second_worker"
    )
    with coalition.work("coordinator") as work:
        assert readiness.remind_all(work, YEAR) == 1
    assert len(waiting(coalition, "second_worker")) == 1
    assert waiting(coalition, "lead") == (), "a draft is nobody's business"


def test_it_is_put_aside_for_all_and_taken_up_by_whoever_did(coalition: Coalition, clock: Clock):
    remind(coalition, "FIRST")
    (item,) = waiting(coalition, "lead")
    with coalition.work("second_worker") as work, pytest.raises(NotFound):
        notices.put_aside(work, item.reference)
    for _twice in range(2):
        with coalition.work("lead") as work:
            notices.put_aside(work, item.reference)
    assert waiting(coalition, "case_worker") == ()
    with coalition.reading("case_worker") as work:
        assert notices.just_put_aside(work, item.reference) is None
    with coalition.reading("lead") as work:
        assert notices.just_put_aside(work, item.reference) == item
    with coalition.work("lead") as work:
        notices.take_up(work, item.reference)
    assert waiting(coalition, "case_worker") == (item,)
    clock.now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert waiting(coalition, "case_worker") == (), "after the deadline nothing is to be done any more"


def test_only_a_year_that_is_worked_on_and_only_by_the_coordinator(coalition: Coalition):
    for year in (2024, 2027):
        with pytest.raises(NotFound):
            remind(coalition, "FIRST", year=year)
    with pytest.raises(NotFound):
        remind(coalition, "NOWHERE")
    with pytest.raises(NotPermitted):
        remind(coalition, "FIRST", who="lead")


def test_who_reminded_whom_is_kept_for_one_cycle(coalition: Coalition, clock: Clock):
    remind(coalition, "FIRST")
    clock.now += reminders.KEPT + timedelta(minutes=1)
    with coalition.work("operator") as work:
        assert reminders.has_expired(work)
        reminders.forget_expired(work)
        assert not reminders.has_expired(work)
        assert work.session.scalar(select(Reminder)) is None

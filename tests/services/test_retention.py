"""Old records come on their lead's list, stay for a reason, and nothing goes by itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.retention import DueReview
from coalition.domain.errors import NotAllowedNow, NotFound, NotPermitted, UnknownCode
from coalition.domain.retention import HoldReason, KeepReason
from coalition.domain.vocabulary import State
from coalition.services import erasures, incidents, retention, settings
from coalition.services.retention import DueLine
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.services import records

HALF_A_YEAR = timedelta(days=185)


def run(coalition: Coalition) -> list[DueLine]:
    with coalition.work("operator") as work:
        return retention.list_due_records(work)


def dry(coalition: Coalition) -> list[DueLine]:
    with coalition.reading("operator") as work:
        return retention.due_records(work)


def listed(coalition: Coalition, who: str = "lead") -> list[str]:
    with coalition.reading(who) as work:
        return [line.reference for line in retention.due_for_review(work).lines]


def keep(coalition: Coalition, reference: str, until: date, who: str = "lead") -> None:
    with coalition.work(who) as work:
        retention.keep_record(work, reference, until, KeepReason.CASE_OPEN)


def test_a_record_is_due_when_its_months_are_over_and_changes_nothing_by_itself(any_coalition: Coalition, clock: Clock):
    draft = records.begun(any_coalition)
    accepted = records.in_state(any_coalition, State.ACCEPTED)
    assert dry(any_coalition) == []
    clock.now += HALF_A_YEAR
    (line,) = dry(any_coalition)
    assert line == DueLine(draft, "FIRST", State.DRAFT, "consent", date(2026, 9, 2), "", False)
    assert listed(any_coalition) == []
    assert [found.listed for found in run(any_coalition)] == [True]
    assert listed(any_coalition) == [draft]
    for reference in (draft, accepted):
        assert records.read(any_coalition, reference)


def test_running_again_adds_nothing(any_coalition: Coalition, clock: Clock):
    records.begun(any_coalition)
    clock.now += HALF_A_YEAR
    first = run(any_coalition)
    assert run(any_coalition) == first
    with any_coalition.reading("operator") as work:
        assert len(list(work.session.scalars(select(DueReview)))) == 1
        runs = work.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "retention.run"))
        assert list(runs) == [{"due": 1, "new": 1}, {"due": 1, "new": 0}]


def test_the_coalition_sets_its_own_months(any_coalition: Coalition, clock: Clock):
    records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("operator") as work:
        settings.change(work, retention={"consent.accepted": 1})
    clock.now += timedelta(days=31)
    assert [line.state for line in dry(any_coalition)] == [State.ACCEPTED]
    with any_coalition.work("operator") as work, pytest.raises(UnknownCode):
        settings.change(work, retention={"consent.accepted": 0})


def test_each_lead_sees_the_list_of_the_own_organisation(coalition: Coalition, clock: Clock):
    records.begun(coalition, who="second_worker")
    own = records.begun(coalition)
    clock.now += HALF_A_YEAR
    run(coalition)
    assert listed(coalition) == [own]
    for who in ("case_worker", "coordinator", "administrator"):
        with coalition.reading(who) as work, pytest.raises(NotPermitted):
            retention.due_for_review(work)


def test_what_is_worked_on_or_locked_leaves_the_list(any_coalition: Coalition, clock: Clock):
    changed, locked = records.begun(any_coalition), records.begun(any_coalition)
    clock.now += HALF_A_YEAR
    run(any_coalition)
    assert len(listed(any_coalition)) == 2
    records.save(any_coalition, changed, municipality="Пловдив")
    with any_coalition.work("lead") as work:
        erasures.hold_incident(work, locked, HoldReason.COMPLAINT)
    assert [(line.reference, line.hold) for line in run(any_coalition)] == [(locked, "complaint")]
    assert listed(any_coalition) == []


def test_a_lead_keeps_a_record_until_a_day_and_then_it_comes_back(any_coalition: Coalition, clock: Clock):
    reference = records.begun(any_coalition)
    clock.now += HALF_A_YEAR
    run(any_coalition)
    keep(any_coalition, reference, date(2027, 1, 10))
    assert listed(any_coalition) == []
    assert run(any_coalition) == []
    clock.now = clock.now.replace(year=2027, month=1, day=11)
    assert [(line.reference, line.due_since) for line in run(any_coalition)] == [(reference, date(2027, 1, 10))]
    with any_coalition.reading("operator") as work:
        kept = work.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "retention.keep"))
        assert list(kept) == [{"reason": "case_open", "until": "2027-01-10"}]


def test_only_the_lead_keeps_only_what_is_due_only_for_a_while(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    with pytest.raises(NotAllowedNow):
        keep(coalition, reference, date(2027, 1, 1))
    clock.now += HALF_A_YEAR
    run(coalition)
    for who, refusal in (("case_worker", NotPermitted), ("second_worker", NotFound), ("coordinator", NotFound)):
        with pytest.raises(refusal):
            keep(coalition, reference, date(2027, 1, 1), who)
    for day in (date(2026, 1, 1), date(2099, 1, 1)):
        with pytest.raises(UnknownCode):
            keep(coalition, reference, day)
    assert listed(coalition) == [reference]


def test_a_public_source_is_kept_for_longer(coalition: Coalition, clock: Clock):
    records.begun(coalition, facts(basis="public_source"))
    clock.now += HALF_A_YEAR
    assert dry(coalition) == []
    clock.now += HALF_A_YEAR
    assert [line.basis for line in dry(coalition)] == ["public_source"]


def test_a_discarded_draft_leaves_the_list(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    clock.now += HALF_A_YEAR
    run(coalition)
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    assert listed(coalition) == []

"""What waits for whom: raised by what happens, settled by what deals with it, shown only with the record."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition.db.notices import Notice
from coalition.domain.access import Actor
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.notices import FOLDED_FROM, NoticeKind
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.services import accounts, consents, messages, notices, reviews
from coalition.services.notices import Inbox
from coalition.services.work import OPERATOR, unit_of_work
from tests.conftest import PASSWORD, Clock, Coalition
from tests.services import records


def inbox(coalition: Coalition, who: str, page: int = 1) -> Inbox:
    with coalition.reading(who) as work:
        found = notices.open_inbox(work, page)
        assert found.total == notices.count_waiting(work)
        return found


def kinds(coalition: Coalition, who: str) -> list[str]:
    return sorted(item.kind.value for item in inbox(coalition, who).notices)


def say(coalition: Coalition, who: str, what: Callable[..., str], *words: str, **options: bool) -> str:
    with coalition.work(who) as work:
        return what(work, *words, **options)


def version(coalition: Coalition, reference: str) -> int:
    with coalition.reading("coordinator") as work:
        return reviews.open_review(work, reference).incident.version


def second_coordinator(coalition: Coalition) -> Actor:
    with unit_of_work(coalition.runtime, OPERATOR) as work:
        made = accounts.create_account(
            work,
            email="second@example.org",
            name="Second Coordinator",
            role=Role.COORDINATOR,
            organisation_code=None,
            password=PASSWORD,
        )
    coalition.people["second"] = made
    return made.actor


def test_a_new_record_waits_for_the_reviewers_until_somebody_takes_it(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    (item,) = inbox(any_coalition, "coordinator").notices
    assert (item.kind, item.incident, item.state) == (NoticeKind.SUBMITTED, reference, State.SUBMITTED)
    assert kinds(any_coalition, "lead") == []
    with any_coalition.work("coordinator") as work:
        reviews.take(work, reference)
    assert kinds(any_coalition, "coordinator") == []


def test_a_question_waits_for_the_whole_organisation_until_it_is_answered(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.RETURNED)
    assert kinds(any_coalition, "lead") == kinds(any_coalition, "case_worker") == ["question"]
    assert kinds(any_coalition, "second_worker") == []
    records.submit(any_coalition, reference, answer="Yes.")
    assert kinds(any_coalition, "lead") == []
    assert kinds(any_coalition, "coordinator") == ["answer"]
    records.decide(any_coalition, reference)
    assert kinds(any_coalition, "coordinator") == []
    assert kinds(any_coalition, "case_worker") == ["decision"]


def test_a_question_asked_beside_a_decision_waits_until_every_one_is_answered(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    first = say(coalition, "coordinator", messages.ask, reference, "Which street?")
    second = say(coalition, "coordinator", messages.ask, reference, "Which day?")
    assert kinds(coalition, "lead") == ["decision", "question"], "two questions about one record are one line"
    say(coalition, "lead", messages.answer, reference, first, "The main one.")
    assert kinds(coalition, "lead") == ["decision", "question"]
    say(coalition, "case_worker", messages.answer, reference, second, "The third.")
    assert kinds(coalition, "lead") == ["decision"]
    assert kinds(coalition, "coordinator") == ["answer"]


def test_submitting_again_does_not_settle_another_question_that_is_open(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    question = say(coalition, "coordinator", messages.ask, reference, "And which day?")
    records.submit(coalition, reference, answer="Yes.")
    assert kinds(coalition, "lead") == ["question"]
    say(coalition, "lead", messages.answer, reference, question, "The third.")
    assert kinds(coalition, "lead") == []


def test_comments_wait_for_the_other_side_and_notes_for_nobody(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    with coalition.work("coordinator") as work:
        reviews.take(work, reference)
    say(coalition, "coordinator", messages.comment, reference, "Inside", inside=True)
    assert (kinds(coalition, "lead"), kinds(coalition, "coordinator")) == ([], [])
    say(coalition, "coordinator", messages.comment, reference, "To you")
    assert (kinds(coalition, "lead"), kinds(coalition, "coordinator")) == (["comment"], [])
    say(coalition, "lead", messages.comment, reference, "To you, too")
    assert kinds(coalition, "coordinator") == ["comment"]


def test_a_record_that_is_taken_back_waits_for_nobody(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    records.withdraw(coalition, reference)
    assert kinds(coalition, "lead") == kinds(coalition, "coordinator") == []


def test_a_question_waits_again_when_a_record_that_was_taken_back_is_handed_in_again(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    question = say(coalition, "coordinator", messages.ask, reference, "Which street?")
    records.withdraw(coalition, reference)
    assert kinds(coalition, "lead") == []
    records.submit(coalition, reference)
    assert kinds(coalition, "lead") == ["question"]
    say(coalition, "lead", messages.answer, reference, question, "The main one.")
    assert kinds(coalition, "lead") == []


@pytest.mark.parametrize("how", ["stopped", "another role", "put back"])
def test_an_answer_goes_to_who_asked_and_to_everybody_once_they_review_it_no_more(coalition: Coalition, how: str):
    second_coordinator(coalition)
    reference = records.in_state(coalition, State.RETURNED)
    records.submit(coalition, reference, answer="Yes.")
    assert (kinds(coalition, "coordinator"), kinds(coalition, "second")) == (["answer"], [])
    asker = coalition.people["coordinator"].reference
    with coalition.work("operator") as work:
        if how == "stopped":
            accounts.set_active(work, asker, active=False)
        elif how == "another role":
            accounts.set_role(work, asker, "auditor")
    if how == "put back":
        with coalition.work("second") as work:
            reviews.put_back(work, reference)
    assert "answer" in kinds(coalition, "second")


def test_whoever_is_given_a_record_is_told_and_nobody_else(coalition: Coalition):
    second_coordinator(coalition)
    reference = records.in_state(coalition, State.SUBMITTED)
    with coalition.work("coordinator") as work:
        reviews.assign(work, reference, coalition.people["second"].reference)
    assert (kinds(coalition, "coordinator"), kinds(coalition, "second")) == ([], ["assigned"])
    assert inbox(coalition, "second").notices[0].personal
    with coalition.work("second") as work:
        reviews.put_back(work, reference)
    assert kinds(coalition, "second") == kinds(coalition, "coordinator") == ["submitted"]


def test_what_is_overdue_waits_for_its_reviewer_until_there_is_more_time(any_coalition: Coalition, clock: Clock):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    own = any_coalition.people["coordinator"].reference
    with any_coalition.work("coordinator") as work:
        reviews.assign(work, reference, own, work.today + timedelta(days=3))
    clock.now += timedelta(days=3)
    look_after(any_coalition, 0)
    clock.now += timedelta(days=1)
    look_after(any_coalition, 1)
    look_after(any_coalition, 0)
    assert kinds(any_coalition, "coordinator") == ["overdue"]
    with any_coalition.work("coordinator") as work:
        notices.put_aside(work, inbox(any_coalition, "coordinator").notices[0].reference)
    look_after(any_coalition, 0)
    assert kinds(any_coalition, "coordinator") == [], "what was put aside does not come back by itself"
    with any_coalition.work("coordinator") as work:
        reviews.assign(work, reference, own, work.today + timedelta(days=1))
    clock.now += timedelta(days=2)
    look_after(any_coalition, 1)
    records.decide(any_coalition, reference)
    assert kinds(any_coalition, "coordinator") == []


def look_after(coalition: Coalition, late: int) -> None:
    with coalition.work("operator") as work:
        assert notices.look_after(work) == late
    with coalition.reading("operator") as work:
        assert not notices.has_due(work)


def test_what_was_imported_or_came_with_an_older_version_is_told_of_too(any_coalition: Coalition):
    for state in (State.DRAFT, State.SUBMITTED, State.RETURNED, State.ACCEPTED):
        records.in_state(any_coalition, state)
    with any_coalition.work("operator") as work:
        work.session.query(Notice).delete()
    look_after(any_coalition, 0)
    assert (kinds(any_coalition, "coordinator"), kinds(any_coalition, "lead")) == (["submitted"], ["question"])


def test_once_consent_to_share_is_taken_back_nothing_waits_for_the_coalition(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    waiting = inbox(any_coalition, "coordinator").notices[0].reference
    with any_coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, frozenset({Purpose.SHARE_COALITION}))
    assert inbox(any_coalition, "coordinator").total == 0
    with any_coalition.work("coordinator") as work, pytest.raises(NotFound):
        notices.put_aside(work, waiting)


def test_what_one_puts_aside_goes_for_all_and_can_be_taken_up_again_for_a_day(coalition: Coalition, clock: Clock):
    records.in_state(coalition, State.RETURNED)
    reference = inbox(coalition, "lead").notices[0].reference
    with coalition.work("lead") as work:
        notices.put_aside(work, reference)
    with coalition.work("lead") as work:
        notices.put_aside(work, reference)  # a button pressed twice
    assert kinds(coalition, "case_worker") == []
    with coalition.reading("case_worker") as work:
        assert notices.just_put_aside(work, reference) is None, "each takes up only what they put aside themselves"
    with coalition.work("lead") as work:
        assert notices.just_put_aside(work, reference) is not None
        notices.take_up(work, reference)
    assert kinds(coalition, "case_worker") == ["question"]
    with coalition.work("lead") as work:
        notices.put_aside(work, reference)
    clock.now += timedelta(days=1)
    with coalition.work("lead") as work, pytest.raises(NotFound):
        notices.take_up(work, reference)


@pytest.mark.parametrize("who", ["second_worker", "coordinator"])
def test_nobody_settles_what_waits_for_another_team(coalition: Coalition, who: str):
    records.in_state(coalition, State.RETURNED)
    reference = inbox(coalition, "lead").notices[0].reference
    with coalition.work(who) as work, pytest.raises(NotFound):
        notices.put_aside(work, reference)


@pytest.mark.parametrize("who", ["administrator", "auditor", "operator"])
def test_whoever_reads_no_records_has_no_inbox(coalition: Coalition, who: str):
    with coalition.reading(who) as work, pytest.raises(NotPermitted):
        notices.open_inbox(work)


def test_many_new_records_are_one_line(coalition: Coalition):
    for _ in range(FOLDED_FROM - 1):
        records.in_state(coalition, State.SUBMITTED)
    assert (inbox(coalition, "coordinator").folded, inbox(coalition, "coordinator").total) == (0, FOLDED_FROM - 1)
    records.in_state(coalition, State.SUBMITTED)
    found = inbox(coalition, "coordinator")
    assert (found.folded, found.total, found.notices) == (FOLDED_FROM, 1, ())


def test_a_long_inbox_has_pages(coalition: Coalition, clock: Clock):
    reference = records.in_state(coalition, State.RETURNED)
    with coalition.work("operator") as work:
        row = work.session.query(Notice).filter_by(kind="question").one()
        for number in range(notices.PAGE):
            at = clock.now + timedelta(minutes=number)
            work.session.add(
                Notice(incident_id=row.incident_id, organisation_id=row.organisation_id, kind="comment", at=at)
            )
    first, second = inbox(coalition, "lead"), inbox(coalition, "lead", 2)
    assert (len(first.notices), len(second.notices), first.pages) == (notices.PAGE, 1, 2)
    assert second.notices[0].kind is NoticeKind.QUESTION
    assert first.notices[0].at > first.notices[1].at
    assert inbox(coalition, "lead", 99).number == 2
    assert {item.incident for item in first.notices} == {reference}


def test_what_was_settled_is_forgotten_after_a_month(coalition: Coalition, clock: Clock):
    reference = records.in_state(coalition, State.RETURNED)
    records.submit(coalition, reference, answer="Yes.")
    clock.now += timedelta(days=31)
    with coalition.reading("operator") as work:
        assert notices.has_due(work)
    with coalition.work("operator") as work:
        notices.look_after(work)
        assert {row.kind for row in work.session.query(Notice)} == {"answer", "overdue"}


def test_putting_aside_is_in_the_log_without_content(coalition: Coalition):
    records.in_state(coalition, State.RETURNED)
    reference = inbox(coalition, "lead").notices[0].reference
    with coalition.work("lead") as work:
        notices.put_aside(work, reference)
        assert [(act.action, act.details) for act in work.acts] == [("notice.put_aside", {"kind": "question"})]

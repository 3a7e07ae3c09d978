"""The conversation about a record: who reads what, that nothing is changed, and that it goes with the record."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.messages import Message
from coalition.domain.access import Permission
from coalition.domain.disclosure import Occasion
from coalition.domain.errors import Incomplete, NotAllowedNow, NotFound
from coalition.domain.messages import LONGEST, MessageKind
from coalition.domain.retention import ErasureReason
from coalition.domain.vocabulary import Purpose, State
from coalition.i18n import name_of
from coalition.services import consents, erasures, incidents, messages, reviews
from coalition.services.incident_views import find, view_of
from coalition.services.message_views import MessageView
from tests.conftest import Clock, Coalition
from tests.services import records

WORDS = "Canary7Q: was it the same street?"


def say(coalition: Coalition, who: str, reference: str, what: Callable[..., str], *more: str, **options: bool) -> str:
    with coalition.work(who) as work:
        return what(work, reference, *more, **options)


def said(coalition: Coalition, who: str, reference: str) -> tuple[MessageView, ...]:
    with coalition.reading(who) as work:
        return messages.open_conversation(work, reference).messages


@pytest.fixture
def filed(any_coalition: Coalition) -> str:
    return records.in_state(any_coalition, State.SUBMITTED)


def test_a_question_is_open_until_its_answer(any_coalition: Coalition, filed: str, clock: Clock):
    question = say(any_coalition, "coordinator", filed, messages.ask, WORDS)
    (asked,) = said(any_coalition, "case_worker", filed)
    assert (asked.kind, asked.text, asked.open, asked.by) == (MessageKind.QUESTION, WORDS, True, "Coordinator")
    clock.now += timedelta(hours=1)
    say(any_coalition, "lead", filed, messages.answer, question, "Yes, the same.")
    asked, answered = said(any_coalition, "coordinator", filed)
    assert not asked.open
    assert answered.answers == question
    assert name_of(answered.by) == "First Member", "the coalition is told the organisation, not the person"
    assert said(any_coalition, "case_worker", filed)[1].by == "Lead"


def test_a_decided_record_is_asked_about_without_being_sent_back(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    say(coalition, "coordinator", reference, messages.ask, WORDS)
    assert records.read(coalition, reference).state is State.ACCEPTED
    assert said(coalition, "lead", reference)[0].open


def test_a_note_among_reviewers_is_never_a_members(coalition: Coalition, filed_here: str):
    say(coalition, "coordinator", filed_here, messages.comment, WORDS, inside=True)
    assert [item.inside for item in said(coalition, "coordinator", filed_here)] == [True]
    for who in ("case_worker", "lead"):
        assert said(coalition, who, filed_here) == ()
        assert records.read(coalition, filed_here, who).messages == ()


@pytest.fixture
def filed_here(coalition: Coalition) -> str:
    return records.in_state(coalition, State.SUBMITTED)


def test_members_ask_nothing_and_write_no_notes_and_reviewers_answer_nothing(coalition: Coalition, filed_here: str):
    question = say(coalition, "coordinator", filed_here, messages.ask, WORDS)
    with pytest.raises(NotAllowedNow):
        say(coalition, "lead", filed_here, messages.ask, WORDS)
    with pytest.raises(NotAllowedNow):
        say(coalition, "lead", filed_here, messages.comment, WORDS, inside=True)
    with pytest.raises(NotAllowedNow):
        say(coalition, "coordinator", filed_here, messages.answer, question, WORDS)


@pytest.mark.parametrize("who", ["second_worker", "administrator", "auditor", "operator"])
def test_for_everybody_else_there_is_no_such_record(coalition: Coalition, filed_here: str, who: str):
    with pytest.raises(NotFound):
        said(coalition, who, filed_here)
    with pytest.raises(NotFound):
        say(coalition, who, filed_here, messages.comment, WORDS)


def test_about_a_draft_there_is_nobody_to_talk_to(coalition: Coalition):
    reference = records.begun(coalition)
    with pytest.raises(NotAllowedNow):
        say(coalition, "case_worker", reference, messages.comment, WORDS)
    with pytest.raises(NotFound):
        say(coalition, "coordinator", reference, messages.comment, WORDS)


def test_once_the_consent_to_share_is_taken_back_nobody_writes_any_more(coalition: Coalition, filed_here: str):
    question = say(coalition, "coordinator", filed_here, messages.ask, WORDS)
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, filed_here, frozenset({Purpose.SHARE_COALITION}))
    with pytest.raises(NotFound):
        said(coalition, "coordinator", filed_here)
    with pytest.raises(NotAllowedNow):
        say(coalition, "case_worker", filed_here, messages.answer, question, "Yes.")
    assert said(coalition, "case_worker", filed_here)[0].text == WORDS


def test_an_answer_is_to_a_question_about_this_record(coalition: Coalition, filed_here: str):
    other = records.in_state(coalition, State.SUBMITTED)
    question = say(coalition, "coordinator", other, messages.ask, WORDS)
    remark = say(coalition, "coordinator", filed_here, messages.comment, WORDS)
    for wrong in (question, remark, "AAAAA-AAAAA"):
        with pytest.raises(NotFound):
            say(coalition, "lead", filed_here, messages.answer, wrong, "Yes.")


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST + 1)])
def test_no_words_or_too_many_are_refused(coalition: Coalition, filed_here: str, text: str):
    with pytest.raises(Incomplete):
        say(coalition, "lead", filed_here, messages.comment, text)


def test_a_button_pressed_twice_sends_once_and_the_same_words_later_are_said_again(
    coalition: Coalition, filed_here: str, clock: Clock
):
    first = say(coalition, "lead", filed_here, messages.comment, WORDS)
    assert say(coalition, "lead", filed_here, messages.comment, f" {WORDS}\n") == first
    say(coalition, "case_worker", filed_here, messages.comment, WORDS)
    clock.now += timedelta(minutes=6)
    say(coalition, "lead", filed_here, messages.comment, WORDS)
    assert len(said(coalition, "lead", filed_here)) == 3


def test_a_message_changes_nothing_of_the_record(coalition: Coalition, filed_here: str):
    """A decision that somebody is about to take is not refused because somebody else wrote a comment."""
    before = records.read(coalition, filed_here)
    say(coalition, "lead", filed_here, messages.comment, WORDS)
    after = records.read(coalition, filed_here)
    assert (after.version, after.changed_at, after.state) == (before.version, before.changed_at, before.state)


def test_what_is_said_lies_sealed_and_not_in_the_log(coalition: Coalition, filed_here: str):
    say(coalition, "coordinator", filed_here, messages.ask, WORDS)
    with coalition.reading("operator") as work:
        (row,) = work.session.scalars(select(Message))
        assert b"Canary7Q" not in row.text
        entries = work.session.scalars(select(AuditEntry)).all()
        assert not [entry for entry in entries if "Canary7Q" in str(entry.details)]
        assert [entry.action for entry in entries][-1] == "incident.ask"


def test_reading_a_conversation_is_noted(coalition: Coalition, filed_here: str):
    say(coalition, "coordinator", filed_here, messages.ask, WORDS)
    said(coalition, "lead", filed_here)
    with coalition.reading("operator") as work:
        last = work.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert last is not None
        assert (last.action, last.details) == ("incident.read", {"classes": ["narrative"]})


def test_what_is_handed_on_holds_no_conversation(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    say(coalition, "coordinator", reference, messages.comment, WORDS)
    say(coalition, "coordinator", reference, messages.comment, "Inside", inside=True)
    with coalition.reading("lead") as work:
        assert incidents.outline_incident(work, reference).messages == ()
    with coalition.reading("coordinator") as work:
        assert reviews.outline_review(work, reference).incident.messages == ()
    with coalition.reading("lead") as work:
        incident = find(work, reference, Permission.READ_INCIDENT)
        assert view_of(work, incident, Occasion.SHARING).messages == ()


def test_a_conversation_goes_with_its_record(any_coalition: Coalition, filed: str):
    question = say(any_coalition, "coordinator", filed, messages.ask, WORDS)
    say(any_coalition, "lead", filed, messages.answer, question, "Yes.")
    records.withdraw(any_coalition, filed)
    with any_coalition.work("case_worker") as work:
        wish = erasures.ask_erasure(work, filed, ErasureReason.PERSON_REQUEST)
    with any_coalition.work("lead") as work:
        erasures.confirm_erasure(work, wish)
    with any_coalition.reading("operator") as work:
        assert work.session.scalars(select(Message)).all() == []

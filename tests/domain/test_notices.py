"""What each step and each message has somebody told, and what it settles: the whole table."""

import pytest

from coalition.domain.messages import MessageKind
from coalition.domain.notices import (
    RAISED,
    SETTLED,
    Call,
    NoticeKind,
    Team,
    folds,
    question_waits,
    raised_by,
    raised_by_message,
    settled_by,
)
from coalition.domain.reviews import DECISIONS, STEPS, Step
from coalition.domain.vocabulary import State

TELLS_NOBODY = {Step.WITHDRAW, Step.TAKE, Step.UNLINK}


def test_every_step_tells_somebody_or_is_named_here():
    assert set(RAISED) | TELLS_NOBODY == set(Step)
    assert not set(RAISED) & TELLS_NOBODY


@pytest.mark.parametrize(("state", "step"), STEPS)
def test_a_member_is_told_what_the_coalition_did_and_the_coalition_what_the_member_did(state: State, step: Step):
    raised = raised_by(step, state)
    if step in (*DECISIONS, Step.REOPEN):
        assert raised is not None
        assert raised.team is Team.MEMBER
    elif raised is not None:
        assert raised.team is Team.COALITION


def test_handing_in_again_after_a_question_is_an_answer():
    assert raised_by(Step.SUBMIT, State.DRAFT) == Call(Team.COALITION, NoticeKind.SUBMITTED)
    assert raised_by(Step.SUBMIT, State.RETURNED) == Call(Team.COALITION, NoticeKind.ANSWER)


@pytest.mark.parametrize("step", DECISIONS)
def test_a_decision_settles_all_that_waited_for_the_reviewers(step: Step):
    waited = {NoticeKind.SUBMITTED, NoticeKind.ANSWER, NoticeKind.ASSIGNED, NoticeKind.PROPOSAL, NoticeKind.OVERDUE}
    assert {Call(Team.COALITION, kind) for kind in waited} <= settled_by(step)


def test_no_step_settles_what_it_raises():
    for step, state in ((step, state) for state, step in STEPS):
        raised = raised_by(step, state)
        # Anew after an earlier one: the settled row stays what it was, and there is a new one.
        assert raised is None or raised not in settled_by(step) or step is Step.REOPEN


def test_a_note_among_reviewers_tells_nobody():
    assert raised_by_message(MessageKind.COMMENT, inside=True, of_member=False) is None


def test_every_other_message_tells_the_other_side():
    told = {
        (kind, of_member): raised_by_message(kind, inside=False, of_member=of_member)
        for kind, of_member in (
            (MessageKind.COMMENT, True),
            (MessageKind.COMMENT, False),
            (MessageKind.QUESTION, False),
            (MessageKind.ANSWER, True),
        )
    }
    for (_, of_member), raised in told.items():
        assert raised is not None
        assert raised.team is (Team.COALITION if of_member else Team.MEMBER)


def test_a_question_waits_until_the_record_is_handed_in_again_and_every_other_one_is_answered():
    assert question_waits(State.RETURNED, 0)
    assert question_waits(State.ACCEPTED, 1)
    assert not question_waits(State.IN_REVIEW, 0)
    assert not question_waits(State.DRAFT, 1)


def test_only_new_records_are_folded_into_one_line():
    assert {kind for kind in NoticeKind if folds(kind, 1000)} == {NoticeKind.SUBMITTED}
    assert not folds(NoticeKind.SUBMITTED, 3)


def test_what_is_settled_is_something_that_is_raised_somewhere():
    raised = {*RAISED.values(), Call(Team.COALITION, NoticeKind.ANSWER), Call(Team.COALITION, NoticeKind.COMMENT)}
    by_hand_or_clock = {Call(Team.COALITION, NoticeKind.ASSIGNED), Call(Team.COALITION, NoticeKind.OVERDUE)}
    assert {item for items in SETTLED.values() for item in items} <= raised | by_hand_or_clock

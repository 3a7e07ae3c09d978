import pytest

from coalition.domain.criterion import Finding, Test
from coalition.domain.errors import NotAllowedNow
from coalition.domain.reviews import (
    DECISIONS,
    EDITABLE,
    STEPS,
    Decision,
    Step,
    after,
    decision_problems,
)
from coalition.domain.vocabulary import State
from tests.domain.samples import COMPLETE, facts

# A row per state, a column per step; "-" is refused.
TABLE = """
              submit     withdraw  accept    return    reject    reopen
    draft     submitted  -         -         -         -         -
    submitted -          draft     accepted  returned  rejected  -
    returned  submitted  draft     -         -         -         -
    accepted  -          -         -         -         -         submitted
    rejected  -          -         -         -         -         submitted
"""
HEADING, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(State(row[0]), Step(step), cell) for row in ROWS for step, cell in zip(HEADING, row[1:], strict=True)]


def test_the_table_of_this_file_is_whole():
    assert len(CELLS) == len(State) * len(Step)


@pytest.mark.parametrize(("state", "step", "cell"), CELLS)
def test_a_step_leads_to_its_state_or_is_refused(state, step, cell):
    if cell != "-":
        assert after(state, step) is State(cell)
        return
    with pytest.raises(NotAllowedNow) as caught:
        after(state, step)
    assert (caught.value.action, caught.value.state) == (step, state)


def test_what_is_decided_or_waits_is_not_edited():
    assert {State.DRAFT, State.RETURNED} == EDITABLE
    assert all(after(state, Step.SUBMIT) is State.SUBMITTED for state in EDITABLE)


def test_decisions_are_taken_on_submitted_incidents_only():
    assert {state for state, step in STEPS if step in DECISIONS} == {State.SUBMITTED}


ALL_YES = dict.fromkeys(Test, Finding.YES)


def found(decision: Decision, of=COMPLETE) -> list[str]:
    return [str(problem) for problem in decision_problems(decision, of)]


def test_a_return_needs_a_question():
    assert found(Decision(Step.RETURN, ALL_YES, text=" ")) == ["text: question_missing"]
    assert found(Decision(Step.RETURN, ALL_YES, text="Кой чу обидите?")) == []


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_rejection_needs_a_reason_from_the_list(reason):
    assert found(Decision(Step.REJECT, ALL_YES, reason=reason)) == ["reason: missing"]
    assert found(Decision(Step.REJECT, ALL_YES, reason="no_indicator")) == []


def test_nothing_is_accepted_against_a_test_that_was_answered_no():
    answers = {**ALL_YES, Test.BIAS_INDICATOR: Finding.NO, Test.NOT_DUPLICATE: Finding.UNCLEAR}
    assert found(Decision(Step.ACCEPT, answers)) == ["test_bias_indicator: accepted_against"]
    assert found(Decision(Step.ACCEPT, ALL_YES)) == []


@pytest.mark.parametrize("changes", [{"date": None}, {"offences": ("hate_speech",)}, {"motivations": ()}])
def test_nothing_is_accepted_that_could_not_be_counted(changes):
    assert found(Decision(Step.ACCEPT, ALL_YES), facts(**changes)) == ["step: not_countable"]

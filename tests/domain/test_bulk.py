"""Which records one thing done with many passes by."""

import pytest

from coalition.domain.bulk import (
    ON,
    UNDONE_BY,
    Act,
    Obstacle,
    against_accepting,
    against_motivation,
    against_region,
    against_state,
    most_of,
)
from coalition.domain.criterion import Finding, Test, propose
from coalition.domain.reviews import STEPS, Step
from coalition.domain.vocabulary import State
from tests.domain.samples import COMPLETE, TODAY, facts

STEP_OF = {Act.TAKE: Step.TAKE, Act.PUT_BACK: Step.PUT_BACK, Act.SUBMIT: Step.SUBMIT, Act.WITHDRAW: Step.WITHDRAW}


@pytest.mark.parametrize("act", STEP_OF)
def test_what_moves_a_record_is_offered_only_where_the_table_holds_it(act: Act):
    fitting = {state for state in State if against_state(act, state) is None}
    assert fitting <= {state for state, step in STEPS if step is STEP_OF[act]}
    assert fitting


def test_what_was_handed_in_is_not_changed_in_bulk():
    for act in (Act.MOTIVATION, Act.REGION, Act.SUBMIT):
        assert [state for state in State if against_state(act, state) is None] == [State.DRAFT]


def test_only_what_is_beyond_doubt_is_accepted_without_anybodys_own_findings():
    proposals = propose(COMPLETE, TODAY, 0)
    assert {item.finding for item in proposals} == {Finding.YES}
    assert against_accepting(proposals, alone=True) is None
    assert against_accepting(proposals, alone=False) is Obstacle.SECOND
    doubtful = propose(COMPLETE, TODAY, 1)
    assert [item.test for item in doubtful if item.finding is not Finding.YES] == [Test.NOT_DUPLICATE]
    assert against_accepting(doubtful, alone=True) is Obstacle.TESTS


def test_an_answer_that_somebody_gave_stays():
    assert against_motivation(COMPLETE, "anti_roma") is Obstacle.SAID
    assert against_motivation(COMPLETE, "anti_semitic") is None
    assert against_region(COMPLETE, "BG-16") is Obstacle.SAID
    assert against_region(facts(region=""), "BG-16") is None
    assert against_region(facts(region="", country="DE"), "BG-16") is Obstacle.ELSEWHERE


def test_every_act_has_a_bound_and_an_undoing_act_undoes_one_that_is_offered():
    offered = {act for acts in ON.values() for act in acts}
    assert all(0 < most_of(act) <= 1000 for act in Act)
    assert set(UNDONE_BY) <= offered
    assert set(Act) == offered | set(UNDONE_BY.values())

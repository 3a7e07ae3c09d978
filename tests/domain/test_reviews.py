from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.criterion import Finding, Proposal, Test
from coalition.domain.errors import NotAllowedNow
from coalition.domain.reviews import (
    DECISIONS,
    EDITABLE,
    STEPS,
    UNDECIDED,
    Decision,
    Opinion,
    Step,
    after,
    decision_problems,
    due_after,
    is_overdue,
    is_own_case,
    needs_second,
    takes_effect,
    unexplained,
)
from coalition.domain.vocabulary import State
from tests.domain.samples import COMPLETE, TODAY, facts

# A row per state, a column per step; "-" is refused, "back" leads where an undone step began.
TABLE = """
              submit     withdraw take      put_back  propose   accept   return   reject   link      unlink reopen
    draft     submitted  -        -         -         -         -        -        -        -         -      -
    submitted -          draft    in_review -         -         -        -        -        -         -      -
    in_review -          draft    -         submitted in_review accepted returned rejected duplicate -      -
    returned  in_review  draft    -         -         -         -        -        -        -         -      -
    accepted  -          -        -         -         -         -        -        -        duplicate -      in_review
    rejected  -          -        -         -         -         -        -        -        -         -      in_review
    duplicate -          -        -         -         -         -        -        -        -         back   -
"""
HEADING, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(State(row[0]), Step(step), cell) for row in ROWS for step, cell in zip(HEADING, row[1:], strict=True)]


def test_the_table_of_this_file_is_whole():
    assert {(state, step) for state, step, _cell in CELLS} == {(state, step) for state in State for step in Step}


@pytest.mark.parametrize(("state", "step", "cell"), CELLS)
def test_a_step_leads_to_its_state_or_is_refused(state, step, cell):
    if cell not in {"-", "back"}:
        assert after(state, step) is State(cell)
        return
    with pytest.raises(NotAllowedNow) as caught:
        after(state, step)
    assert (caught.value.action, caught.value.state) == (step, state)


@pytest.mark.parametrize("before", State)
def test_an_undone_link_leads_back_where_it_began_and_nowhere_else(before):
    if before in (State.IN_REVIEW, State.ACCEPTED):
        assert after(State.DUPLICATE, Step.UNLINK, before) is before
    else:
        with pytest.raises(NotAllowedNow):
            after(State.DUPLICATE, Step.UNLINK, before)


@pytest.mark.parametrize("before", State)
def test_only_an_undoing_asks_where_something_began(before):
    assert after(State.IN_REVIEW, Step.ACCEPT, before) is State.ACCEPTED


def test_what_is_decided_or_waits_is_not_edited():
    assert {State.DRAFT, State.RETURNED} == EDITABLE


def test_decisions_are_taken_in_review_and_what_is_accepted_can_still_be_linked():
    assert {state for state, step in STEPS if step in DECISIONS} == {State.IN_REVIEW, State.ACCEPTED}
    assert {step for state, step in STEPS if state is State.ACCEPTED and step in DECISIONS} == {Step.LINK}


def test_a_proposal_leads_nowhere_by_itself():
    assert STEPS[State.IN_REVIEW, Step.PROPOSE] == (State.IN_REVIEW,)
    assert all(Step.PROPOSE is not step or state is State.IN_REVIEW for state, step in STEPS)


ALL_YES = dict.fromkeys(Test, Finding.YES)


def found(decision: Decision, of=COMPLETE, proposals=()) -> list[str]:
    return [str(problem) for problem in decision_problems(decision, of, proposals)]


def proposed(finding: Finding, *tests: Test) -> list[Proposal]:
    return [Proposal(test, finding, "country", {}) for test in tests or Test]


def test_a_return_needs_a_question_and_nothing_else():
    assert found(Decision(Step.RETURN, ALL_YES, text=" ")) == ["text: question_missing"]
    assert found(Decision(Step.RETURN, ALL_YES, text="Кой чу обидите?"), proposals=proposed(Finding.NO)) == []


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_rejection_needs_a_reason_from_the_list(reason):
    assert found(Decision(Step.REJECT, ALL_YES, reason=reason)) == ["reason: missing"]
    assert found(Decision(Step.REJECT, ALL_YES, reason="no_indicator")) == []


def test_a_link_needs_another_record():
    assert found(Decision(Step.LINK, ALL_YES, other=" ")) == ["other: missing"]
    assert found(Decision(Step.LINK, ALL_YES, other="ABCDE-FGHJK")) == []


def test_nothing_is_accepted_against_a_test_that_was_answered_no():
    answers = {**ALL_YES, Test.BIAS_INDICATOR: Finding.NO, Test.NOT_DUPLICATE: Finding.UNCLEAR}
    assert found(Decision(Step.ACCEPT, answers)) == ["test_bias_indicator: accepted_against"]
    assert found(Decision(Step.ACCEPT, ALL_YES)) == []


@pytest.mark.parametrize("changes", [{"date": None}, {"offences": ("hate_speech",)}, {"motivations": ()}])
def test_nothing_is_accepted_that_could_not_be_counted(changes):
    assert found(Decision(Step.ACCEPT, ALL_YES), facts(**changes)) == ["step: not_countable"]


def test_who_finds_otherwise_than_definitely_proposed_says_why():
    decision = Decision(Step.REJECT, {**ALL_YES, Test.CRIMINAL_OFFENCE: Finding.UNCLEAR}, reason="not_criminal")
    assert found(decision, proposals=proposed(Finding.YES)) == ["note_criminal_offence: missing"]
    noted = Decision(
        Step.REJECT, decision.findings, reason="not_criminal", notes={Test.CRIMINAL_OFFENCE: "No law names it."}
    )
    assert found(noted, proposals=proposed(Finding.YES)) == []
    blank = Decision(Step.REJECT, decision.findings, reason="not_criminal", notes={Test.CRIMINAL_OFFENCE: " \n"})
    assert found(blank, proposals=proposed(Finding.YES)) == ["note_criminal_offence: missing"]


@given(st.dictionaries(st.sampled_from(Test), st.sampled_from(Finding)), st.sampled_from(Finding))
def test_only_a_difference_from_a_definite_proposal_has_to_be_explained(findings, proposal):
    asked = unexplained(Decision(Step.ACCEPT, findings), proposed(proposal))
    if proposal is Finding.UNCLEAR:
        assert asked == ()
    else:
        assert set(asked) == {test for test, finding in findings.items() if finding is not proposal}


# --- two people -------------------------------------------------------------------------------------------

OURS, THEIRS = "ours", "theirs"
ORGANISATIONS = st.frozensets(st.sampled_from([OURS, THEIRS]), min_size=1)
OPINIONS = st.builds(
    Opinion,
    reviewer=st.sampled_from(["ana", "boris", "vera"]),
    affiliation=st.sampled_from([None, OURS, THEIRS]),
    verdict=st.sampled_from([step for step in DECISIONS if step is not Step.RETURN]),
    reason=st.sampled_from(["", "no_indicator"]),
    other=st.sampled_from(["", "i7"]),
)


def test_a_decision_holds_at_once_unless_the_setting_or_the_reviewers_own_organisation_asks_for_two():
    assert not needs_second(None, [OURS], always=False)
    assert not needs_second(THEIRS, [OURS], always=False)
    assert needs_second(OURS, [OURS], always=False)
    assert needs_second(OURS, [THEIRS, OURS], always=False)
    assert needs_second(None, [OURS], always=True)


ANA = Opinion("ana", OURS, Step.ACCEPT)


@pytest.mark.parametrize(
    ("second", "always", "holds"),
    [
        (Opinion("boris", None, Step.ACCEPT), False, True),
        (Opinion("boris", THEIRS, Step.ACCEPT), False, True),
        (Opinion("boris", None, Step.ACCEPT), True, True),
        (Opinion("boris", OURS, Step.ACCEPT), False, False),
        (Opinion("boris", OURS, Step.ACCEPT), True, False),
        (Opinion("ana", OURS, Step.ACCEPT), False, False),
        (Opinion("ana", None, Step.ACCEPT), True, False),
        (Opinion("boris", None, Step.REJECT, "no_indicator"), True, False),
        (Opinion("boris", None, Step.REJECT, "no_indicator"), False, True),
        (Opinion("boris", None, Step.LINK, other="i7"), True, False),
    ],
)
def test_the_second_person_is_another_one_from_elsewhere_and_says_the_same(second, always, holds):
    assert takes_effect(second, ANA, [OURS], always=always) is holds


def test_whoever_comes_from_the_organisation_may_second_somebody_who_does_not():
    neutral = Opinion("boris", None, Step.ACCEPT)
    assert takes_effect(ANA, neutral, [OURS], always=True)


@given(OPINIONS, OPINIONS | st.none(), ORGANISATIONS, st.booleans())
def test_nobody_decides_alone_on_a_case_of_their_own_organisation(opinion, standing, organisations, always):
    if not takes_effect(opinion, standing, organisations, always=always):
        return
    if always or is_own_case(opinion.affiliation, organisations):
        assert standing is not None
        assert standing.reviewer != opinion.reviewer
        assert opinion.agrees_with(standing)
    homes = [opinion.affiliation] if standing is None else [opinion.affiliation, standing.affiliation]
    assert not all(is_own_case(home, organisations) for home in homes) or not is_own_case(
        opinion.affiliation, organisations
    )


@given(OPINIONS, OPINIONS | st.none(), ORGANISATIONS, st.booleans())
def test_a_question_to_the_member_never_waits(opinion, standing, organisations, always):
    asked = Opinion(opinion.reviewer, opinion.affiliation, Step.RETURN)
    assert takes_effect(asked, standing, organisations, always=always)


@given(OPINIONS, OPINIONS, ORGANISATIONS)
def test_after_a_different_opinion_the_first_person_can_agree(first, second, organisations):
    if first.reviewer == second.reviewer or first.agrees_with(second):
        return
    if takes_effect(second, first, organisations, always=True):
        return
    agreed = Opinion(first.reviewer, first.affiliation, second.verdict, second.reason, second.other)
    both_own = all(is_own_case(each.affiliation, organisations) for each in (first, second))
    assert takes_effect(agreed, second, organisations, always=True) is not both_own


# --- by when ----------------------------------------------------------------------------------------------


@given(st.sampled_from(State), st.dates() | st.none(), st.integers(1, 365))
def test_what_waits_for_a_reviewer_has_a_day_and_nothing_else_has(state, due, days):
    by = due_after(state, due, TODAY, days)
    if state not in UNDECIDED:
        assert by is None
    else:
        assert by == (due or TODAY + timedelta(days=days))


def test_a_record_is_overdue_from_the_day_after():
    assert not is_overdue(State.IN_REVIEW, TODAY, TODAY)
    assert is_overdue(State.IN_REVIEW, TODAY - timedelta(days=1), TODAY)
    assert is_overdue(State.SUBMITTED, date(2020, 1, 1), TODAY)
    assert not is_overdue(State.RETURNED, date(2020, 1, 1), TODAY)
    assert not is_overdue(State.IN_REVIEW, None, TODAY)

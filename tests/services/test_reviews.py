"""What the coordinator sees of a shared incident, and how decisions are taken and taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.domain.criterion import Finding, Test, propose
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.errors import ChangedMeanwhile, Incomplete, NotAllowedNow, NotFound, NotPermitted
from coalition.domain.incidents import Indicator, PartialDate, Problem
from coalition.domain.names import Name
from coalition.domain.reviews import STEPS, Decision, Step
from coalition.domain.vocabulary import Purpose, RejectionReason, State
from coalition.services import reviews
from coalition.services.reviews import LOOK_ALIKES, ReviewView
from tests.conftest import START, Clock, Coalition
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records
from tests.services.records import ACCEPT, ASK, REJECT

HANDED_IN = [state for state in State if state is not State.DRAFT]
FIRST = Name("First Member", {"bg": "Първи член"})
NOT_COORDINATORS = ("case_worker", "lead", "administrator", "operator")


def opened(coalition: Coalition, reference: str) -> ReviewView:
    with coalition.reading("coordinator") as work:
        return reviews.open_review(work, reference)


def queue(coalition: Coalition, *states: State, year: int | None = None) -> list[str]:
    with coalition.reading("coordinator") as work:
        asked = {"states": tuple(state.value for state in states)} if states else {}
        return [line.reference for line in reviews.list_reviews(work, year=year, **asked).lines]


def counted(coalition: Coalition, year: int | None = None) -> dict[str, int]:
    with coalition.reading("coordinator") as work:
        return {state: number for state, number in reviews.count_reviews(work, year).items() if number}


def looks(coalition: Coalition) -> list[dict[str, object]]:
    """Return what was shown at every reading, in the order of reading."""
    with coalition.reading("operator") as work:
        entries = select(AuditEntry).where(AuditEntry.action == "incident.read").order_by(AuditEntry.number)
        return [entry.details for entry in work.session.scalars(entries)]


def take_back_sharing(coalition: Coalition, reference: str) -> None:
    records.save(coalition, reference, consents=without(Purpose.SHARE_COALITION).consents)


def test_the_coordinator_sees_the_record_without_what_leads_to_a_person(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    seen = opened(any_coalition, reference).incident
    assert seen.facts == disclose(COMPLETE, Audience.COALITION)
    assert (seen.facts.time, seen.facts.own_reference, seen.facts.consent_date) == ("", "", None)
    assert seen.facts.narrative == COMPLETE.narrative
    assert seen.author == ""
    assert seen.organisation == FIRST
    assert not seen.may_amend
    assert not seen.may_withdraw
    assert "OWN-17" not in repr(seen)
    assert "21:30" not in repr(seen)
    assert "Case Worker" not in repr(seen)


def test_the_coordinators_reading_is_noted_and_naming_the_record_is_none(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    before = len(looks(any_coalition))
    with any_coalition.reading("coordinator") as work:
        outline = reviews.outline_review(work, reference)
        reviews.list_reviews(work)
    assert len(looks(any_coalition)) == before
    assert outline.may_reopen
    assert outline.incident.facts == disclose(COMPLETE, Audience.OUTLINE)
    assert outline.proposals == outline.look_alikes == outline.incident.problems == ()
    opened(any_coalition, reference)
    assert looks(any_coalition)[before:] == [{"classes": ["narrative"]}]


def test_nobody_can_see_what_is_withheld_from_whether_it_is_filled_in(coalition: Coalition):
    filled = records.in_state(coalition, State.SUBMITTED)
    bare = records.in_state(coalition, State.SUBMITTED, facts(time="", own_reference=""), who="second_worker")
    seen = [opened(coalition, reference).incident for reference in (filled, bare)]
    assert seen[0].withheld == seen[1].withheld
    assert seen[0].facts == seen[1].facts


def test_a_members_steps_are_the_organisations_to_the_coordinator(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    records.submit(coalition, reference, "lead", answer="Main street.")
    steps = opened(coalition, reference).incident.steps
    assert [(step.step, step.by) for step in steps] == [
        (Step.SUBMIT, FIRST),
        (Step.RETURN, "Coordinator"),
        (Step.SUBMIT, FIRST),
    ]
    assert steps[-1].text == "Main street."


def test_the_queue_holds_what_waits_the_longest_waiting_first(any_coalition: Coalition, clock: Clock):
    first = records.in_state(any_coalition, State.SUBMITTED)
    clock.now += timedelta(hours=1)
    second = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    records.begun(any_coalition)
    clock.now += timedelta(hours=1)
    answered = records.in_state(any_coalition, State.RETURNED)
    assert queue(any_coalition) == [first, second]
    clock.now += timedelta(hours=1)
    records.submit(any_coalition, answered)
    records.decide(any_coalition, first)
    assert queue(any_coalition) == [second, answered]
    assert set(queue(any_coalition, State.ACCEPTED, State.SUBMITTED)) == {first, second, answered}


def test_the_queue_can_be_seen_by_state_and_by_year(any_coalition: Coalition):
    by_state = {state: records.in_state(any_coalition, state) for state in HANDED_IN}
    other_year = records.in_state(any_coalition, State.SUBMITTED, facts(date=PartialDate(2023)))
    for state in (State.RETURNED, State.ACCEPTED, State.REJECTED):
        assert queue(any_coalition, state) == [by_state[state]]
    assert queue(any_coalition, State.SUBMITTED, year=2023) == [other_year]
    assert counted(any_coalition) == {"submitted": 2, "returned": 1, "accepted": 1, "rejected": 1}
    assert counted(any_coalition, 2023) == {"submitted": 1}
    with any_coalition.reading("coordinator") as work:
        assert reviews.review_years(work) == [2024, 2023]


def test_a_draft_does_not_exist_for_the_coordinator(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    with pytest.raises(NotFound):
        opened(any_coalition, reference)
    for act in (
        lambda work: reviews.decide(work, reference, 1, ACCEPT),
        lambda work: reviews.reopen(work, reference, 1, "why"),
    ):
        with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
            act(work)
    assert queue(any_coalition, *State) == []
    assert queue(any_coalition, State.DRAFT) == []
    assert counted(any_coalition) == {}
    with any_coalition.reading("coordinator") as work:
        assert reviews.review_years(work) == []


def test_an_incident_whose_consent_to_share_was_taken_back_is_gone_for_the_coordinator(
    any_coalition: Coalition,
):
    reference = records.in_state(any_coalition, State.RETURNED)
    other = records.in_state(any_coalition, State.SUBMITTED)
    assert [line.reference for line in opened(any_coalition, other).look_alikes] == [reference]
    take_back_sharing(any_coalition, reference)
    with pytest.raises(NotFound):
        opened(any_coalition, reference)
    assert queue(any_coalition, State.RETURNED) == []
    assert queue(any_coalition, *State) == [other]
    assert counted(any_coalition) == {"submitted": 1}
    view = opened(any_coalition, other)
    assert view.look_alikes == ()
    assert {proposal.test: proposal.finding for proposal in view.proposals}[Test.NOT_DUPLICATE] is Finding.YES


@pytest.mark.parametrize("state", HANDED_IN)
def test_nobody_else_reviews(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    version = records.read(coalition, reference).version
    for who in NOT_COORDINATORS:
        for act in (reviews.list_reviews, reviews.count_reviews, reviews.review_years):
            with pytest.raises(NotPermitted), coalition.reading(who) as work:
                act(work)
        for act in (
            lambda work: reviews.open_review(work, reference),
            lambda work: reviews.decide(work, reference, version, ACCEPT),
            lambda work: reviews.reopen(work, reference, version, "why"),
        ):
            with pytest.raises(NotFound), coalition.work(who) as work:
                act(work)
    assert records.read(coalition, reference).state is state


@pytest.mark.parametrize("state", HANDED_IN)
@pytest.mark.parametrize("step", [Step.ACCEPT, Step.RETURN, Step.REJECT, Step.REOPEN])
def test_decisions_follow_the_table_of_steps(coalition: Coalition, state: State, step: Step):
    reference = records.in_state(coalition, state)
    decision = {Step.ACCEPT: ACCEPT, Step.RETURN: ASK, Step.REJECT: REJECT}.get(step)

    def act() -> None:
        if decision:
            records.decide(coalition, reference, decision)
        else:
            records.reopen(coalition, reference)

    if (state, step) in STEPS:
        act()
        assert records.read(coalition, reference).state is STEPS[state, step]
    else:
        with pytest.raises(NotAllowedNow):
            act()
        assert records.read(coalition, reference).state is state


def test_a_review_says_what_is_possible_now(coalition: Coalition):
    for state in HANDED_IN:
        view = opened(coalition, records.in_state(coalition, state))
        assert view.may_decide == (state is State.SUBMITTED)
        assert view.may_reopen == (state in {State.ACCEPTED, State.REJECTED})


@pytest.mark.parametrize(
    ("decision", "problem"),
    [
        (Decision(Step.RETURN, {}, text=" \n"), Problem("text", "question_missing")),
        (Decision(Step.REJECT, {}), Problem("reason", "missing")),
        (Decision(Step.REJECT, {}, reason="because"), Problem("reason", "missing")),
        (
            Decision(Step.ACCEPT, {Test.NOT_DUPLICATE: Finding.NO}),
            Problem("test_not_duplicate", "accepted_against"),
        ),
    ],
)
def test_a_decision_without_what_it_needs_is_not_taken(coalition: Coalition, decision: Decision, problem: Problem):
    reference = records.in_state(coalition, State.SUBMITTED)
    with pytest.raises(Incomplete) as refused:
        records.decide(coalition, reference, decision)
    assert refused.value.problems == (problem,)
    view = records.read(coalition, reference)
    assert (view.state, len(view.steps)) == (State.SUBMITTED, 1)


def test_what_cannot_be_counted_cannot_be_accepted(coalition: Coalition):
    speech = facts(offences=("hate_speech",), indicators=(Indicator("expression", "Чуто."),))
    reference = records.in_state(coalition, State.SUBMITTED, speech)
    with pytest.raises(Incomplete) as refused:
        records.decide(coalition, reference, ACCEPT)
    assert refused.value.problems == (Problem("step", "not_countable"),)
    assert opened(coalition, reference).proposed_reason == RejectionReason.SPEECH_OR_DISCRIMINATION


def test_a_rejection_is_told_to_the_member_with_its_reason(any_coalition: Coalition, clock: Clock):
    reference = records.in_state(any_coalition, State.REJECTED)
    view = records.read(any_coalition, reference)
    assert (view.state, view.rejection_reason, view.decided_at) == (State.REJECTED, "not_criminal", clock.now)
    assert view.steps[-1].text == "No law is broken."


def test_only_a_rejection_keeps_a_reason(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    records.decide(coalition, reference, replace(ACCEPT, reason="duplicate"))
    view = records.read(coalition, reference)
    assert (view.rejection_reason, view.steps[-1].reason) == ("", "")


def test_what_was_proposed_and_what_was_found_are_both_kept(any_coalition: Coalition):
    bare = facts(indicators=(Indicator("perception", "Чуто."),), offences=(), chosen_type="threat")
    reference = records.in_state(any_coalition, State.SUBMITTED, bare)
    proposed = {proposal.test.value: proposal.finding.value for proposal in propose(bare, START.date(), look_alikes=0)}
    found = {Test.CRIMINAL_OFFENCE: Finding.NO, Test.ENOUGH_DETAIL: Finding.UNCLEAR}
    records.decide(any_coalition, reference, replace(REJECT, findings=found))
    kept = opened(any_coalition, reference).incident.steps[-1].findings
    assert {test: pair[0] for test, pair in kept.items()} == proposed
    assert kept["criminal_offence"] == (proposed["criminal_offence"], "no")
    assert kept["enough_detail"] == (proposed["enough_detail"], "unclear")
    assert kept["participating_state"] == ("yes", "yes")
    assert set(kept) == {test.value for test in Test}


def test_a_decision_about_an_older_version_is_refused(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    version = opened(coalition, reference).incident.version
    records.withdraw(coalition, reference)
    records.save(coalition, reference, impact="x")
    records.submit(coalition, reference)
    with pytest.raises(ChangedMeanwhile), coalition.work("coordinator") as work:
        reviews.decide(work, reference, version, ACCEPT)
    assert opened(coalition, reference).incident.state is State.SUBMITTED
    records.decide(coalition, reference)
    with pytest.raises(ChangedMeanwhile), coalition.work("coordinator") as work:
        reviews.reopen(work, reference, version, "why")
    assert opened(coalition, reference).incident.state is State.ACCEPTED


def test_taking_a_decision_back_needs_a_reason_and_forgets_the_decision(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.REJECTED)
    with pytest.raises(Incomplete) as refused:
        records.reopen(any_coalition, reference, " ")
    assert refused.value.problems == (Problem("text", "reason_missing"),)
    records.reopen(any_coalition, reference)
    view = records.read(any_coalition, reference)
    assert (view.state, view.rejection_reason, view.decided_at) == (State.SUBMITTED, "", None)
    assert queue(any_coalition) == [reference]


def test_records_that_may_be_the_same_incident_are_named_the_oldest_first(any_coalition: Coalition, clock: Clock):
    others = []
    for _ in range(LOOK_ALIKES + 1):
        others.append(records.in_state(any_coalition, State.SUBMITTED, who="second_worker"))
        clock.now += timedelta(minutes=1)
    view = opened(any_coalition, records.in_state(any_coalition, State.SUBMITTED))
    assert [line.reference for line in view.look_alikes] == others[:LOOK_ALIKES]
    proposal = next(item for item in view.proposals if item.test is Test.NOT_DUPLICATE)
    assert (proposal.finding, proposal.values) == (Finding.UNCLEAR, {"count": LOOK_ALIKES + 1})


@pytest.mark.parametrize(
    "different",
    [
        {"date": PartialDate(2024, 6, 17)},
        {"date": PartialDate(2024)},
        {"country": "RO", "region": ""},
        {"motivations": ("anti_semitic",)},
        {"offences": (), "chosen_type": "threat"},
    ],
)
def test_another_month_country_type_or_motivation_is_another_incident(
    coalition: Coalition, different: dict[str, object]
):
    records.in_state(coalition, State.SUBMITTED, facts(**different))
    assert opened(coalition, records.in_state(coalition, State.SUBMITTED)).look_alikes == ()


@pytest.mark.parametrize("state", [State.DRAFT, State.REJECTED])
def test_what_is_not_handed_in_or_was_rejected_is_no_look_alike(coalition: Coalition, state: State):
    records.in_state(coalition, state)
    assert opened(coalition, records.in_state(coalition, State.SUBMITTED)).look_alikes == ()


def test_incidents_known_to_the_year_only_can_be_look_alikes(coalition: Coalition):
    yearly = facts(date=PartialDate(2024))
    other = records.in_state(coalition, State.SUBMITTED, yearly)
    view = opened(coalition, records.in_state(coalition, State.SUBMITTED, yearly))
    assert [line.reference for line in view.look_alikes] == [other]


def test_a_public_source_needs_no_consent_to_be_reviewed(coalition: Coalition):
    public = facts(basis="public_source", consents=frozenset(), consent_way="", consent_date=None)
    reference = records.in_state(coalition, State.SUBMITTED, public)
    assert opened(coalition, reference).incident.facts.basis == "public_source"

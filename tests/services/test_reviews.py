"""What the coordinator sees of a shared incident, and how decisions are taken and taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.incidents import incident_with_reference
from coalition.domain.consents import Included, Kind, Leaving, Part
from coalition.domain.criterion import Finding, Test, propose
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.errors import (
    ChangedMeanwhile,
    Incomplete,
    NotAllowedNow,
    NotApproved,
    NotFound,
    NotPermitted,
    UnknownCode,
)
from coalition.domain.incidents import Indicator, PartialDate, Problem
from coalition.domain.names import Name
from coalition.domain.reviews import STEPS, Decision, Step
from coalition.domain.verification import SourceCheck, VerificationLevel
from coalition.domain.vocabulary import Purpose, RejectionReason, State
from coalition.services import accounts, incidents, releases, reviews, settings, summaries
from coalition.services import queue as queues
from coalition.services.incident_views import IncidentLine
from coalition.services.reviews import CANDIDATES, ReviewView
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
        return [line.reference for line in queues.list_reviews(work, year=year, **asked).lines]


def counted(coalition: Coalition, year: int | None = None) -> dict[str, int]:
    with coalition.reading("coordinator") as work:
        return {state: number for state, number in queues.count_reviews(work, year).items() if number}


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
        queues.list_reviews(work)
    assert len(looks(any_coalition)) == before
    assert outline.may_reopen
    assert outline.incident.facts == disclose(COMPLETE, Audience.OUTLINE)
    assert outline.proposals == outline.candidates == outline.incident.problems == ()
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
        (Step.TAKE, "Coordinator"),
        (Step.RETURN, "Coordinator"),
        (Step.SUBMIT, FIRST),
    ]
    assert steps[-1].text == "Main street."


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
        assert queues.review_years(work) == []


def test_an_incident_whose_consent_to_share_was_taken_back_is_gone_for_the_coordinator(
    any_coalition: Coalition,
):
    reference = records.in_state(any_coalition, State.RETURNED)
    other = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    assert [item.reference for item in opened(any_coalition, other).candidates] == [reference]
    take_back_sharing(any_coalition, reference)
    with pytest.raises(NotFound):
        opened(any_coalition, reference)
    assert queue(any_coalition, State.RETURNED) == []
    assert queue(any_coalition, *State) == [other]
    assert counted(any_coalition) == {"submitted": 1}
    view = opened(any_coalition, other)
    assert view.candidates == ()
    assert {proposal.test: proposal.finding for proposal in view.proposals}[Test.NOT_DUPLICATE] is Finding.YES


@pytest.mark.parametrize("state", HANDED_IN)
def test_nobody_else_reviews(coalition: Coalition, state: State):
    reference = records.in_state(coalition, state)
    version = records.read(coalition, reference).version
    for who in NOT_COORDINATORS:
        for act in (queues.list_reviews, queues.count_reviews, queues.review_years):
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
@pytest.mark.parametrize("step", [Step.ACCEPT, Step.RETURN, Step.REJECT, Step.LINK, Step.REOPEN])
def test_decisions_follow_the_table_of_steps(coalition: Coalition, state: State, step: Step):
    reference = records.in_state(coalition, state)
    other = records.in_state(coalition, State.IN_REVIEW) if step is Step.LINK else ""
    decision = {Step.ACCEPT: ACCEPT, Step.RETURN: ASK, Step.REJECT: REJECT, Step.LINK: Decision(step, {}, other=other)}
    # What nobody works on is taken by deciding: two steps at once.
    stands = State.IN_REVIEW if state is State.SUBMITTED and step in decision else state

    def act() -> None:
        if step in decision:
            records.decide(coalition, reference, decision[step])
        else:
            records.reopen(coalition, reference)

    if (stands, step) in STEPS:
        act()
        assert records.read(coalition, reference).state is STEPS[stands, step][0]
    else:
        with pytest.raises(NotAllowedNow):
            act()
        assert records.read(coalition, reference).state is state


def test_a_review_says_what_is_possible_now(coalition: Coalition):
    for state in HANDED_IN:
        view = opened(coalition, records.in_state(coalition, state))
        undecided = state in {State.SUBMITTED, State.IN_REVIEW}
        assert view.may_decide == view.may_assign == undecided
        assert view.may_take == (state is State.SUBMITTED)
        assert view.may_put_back == (state is State.IN_REVIEW)
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
    assert (view.state, len(view.steps)) == (State.SUBMITTED, 1), "nothing is taken either"


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
    why = {Test.CRIMINAL_OFFENCE: "Никой закон не го нарича престъпление.", Test.ENOUGH_DETAIL: "Which street?"}
    records.decide(any_coalition, reference, replace(REJECT, findings=found, notes=why))
    kept = opened(any_coalition, reference).incident.steps[-1].findings
    assert {test: pair[0] for test, pair in kept.items()} == proposed
    assert kept["criminal_offence"] == (proposed["criminal_offence"], "no")
    assert kept["enough_detail"] == (proposed["enough_detail"], "unclear")
    assert kept["participating_state"] == ("yes", "yes")
    assert set(kept) == {test.value for test in Test}
    told = opened(any_coalition, reference).incident.steps[-1].notes
    assert told == {test.value: text for test, text in why.items()}
    assert records.read(any_coalition, reference).steps[-1].notes == told


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
    assert (view.state, view.rejection_reason, view.decided_at) == (State.IN_REVIEW, "", None)
    assert opened(any_coalition, reference).mine


def test_records_that_may_be_the_same_incident_are_named_and_make_a_person_look(any_coalition: Coalition):
    others = [records.in_state(any_coalition, State.SUBMITTED, who="second_worker") for _ in range(3)]
    view = opened(any_coalition, records.in_state(any_coalition, State.SUBMITTED))
    assert {item.reference for item in view.candidates} == set(others)
    assert len(view.candidates) <= CANDIDATES
    proposal = next(item for item in view.proposals if item.test is Test.NOT_DUPLICATE)
    assert (proposal.finding, proposal.values) == (Finding.UNCLEAR, {"count": 3})


@pytest.mark.parametrize("state", [State.DRAFT, State.REJECTED])
def test_what_is_not_handed_in_or_was_rejected_is_no_candidate(coalition: Coalition, state: State):
    records.in_state(coalition, state)
    assert opened(coalition, records.in_state(coalition, State.SUBMITTED)).candidates == ()


def test_a_public_source_needs_no_consent_to_be_reviewed(coalition: Coalition):
    public = facts(basis="public_source", consents=frozenset(), consent_way="", consent_date=None)
    reference = records.in_state(coalition, State.SUBMITTED, public)
    assert opened(coalition, reference).incident.facts.basis == "public_source"


# --- who works on it, by when -----------------------------------------------------------------------------


def reviewer(coalition: Coalition, name: str, affiliation: str | None = None) -> str:
    """Add a coordinator, who may come from a member; returns the name under which they act."""
    with coalition.work("operator") as work:
        coalition.people[name] = accounts.create_account(
            work,
            email=f"{name}@example.org",
            name=name.title(),
            role="coordinator",
            organisation_code=None,
            password="a long and sober password",
            affiliation_code=affiliation,
        )
    return name


def line(coalition: Coalition, reference: str, who: str = "coordinator") -> IncidentLine:
    with coalition.reading(who) as work:
        found = queues.list_reviews(work, states=(State.SUBMITTED.value, State.IN_REVIEW.value, State.ACCEPTED.value))
    return next(item for item in found.lines if item.reference == reference)


def test_taking_an_incident_says_who_works_on_it_and_putting_it_back_that_nobody_does(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    assert opened(any_coalition, reference).incident.reviewer == ""
    records.take(any_coalition, reference)
    view = opened(any_coalition, reference)
    assert (view.incident.state, view.incident.reviewer, view.mine) == (State.IN_REVIEW, "Coordinator", True)
    assert line(any_coalition, reference).reviewer == "Coordinator"
    with any_coalition.work("coordinator") as work:
        reviews.put_back(work, reference, view.incident.version)
    view = opened(any_coalition, reference)
    assert (view.incident.state, view.incident.reviewer, view.mine) == (State.SUBMITTED, "", False)
    assert [(step.step, step.before, step.state) for step in view.incident.steps] == [
        (Step.SUBMIT, State.DRAFT, State.SUBMITTED),
        (Step.TAKE, State.SUBMITTED, State.IN_REVIEW),
        (Step.PUT_BACK, State.IN_REVIEW, State.SUBMITTED),
    ]


def test_two_who_take_the_same_incident_do_not_both_get_it(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    version = opened(any_coalition, reference).incident.version
    other = reviewer(any_coalition, "boris")
    with any_coalition.work("coordinator") as work:
        reviews.take(work, reference, version)
    with pytest.raises(ChangedMeanwhile), any_coalition.work(other) as work:
        reviews.take(work, reference, version)
    with pytest.raises(NotAllowedNow), any_coalition.work(other) as work:
        reviews.take(work, reference)
    assert opened(any_coalition, reference).incident.reviewer == "Coordinator"


def test_what_is_handed_in_is_to_be_decided_within_so_many_days(any_coalition: Coalition, clock: Clock):
    with any_coalition.work("operator") as work:
        settings.change(work, review_days=5)
    reference = records.in_state(any_coalition, State.SUBMITTED)
    due = START.date() + timedelta(days=5)
    assert opened(any_coalition, reference).incident.review_due == due
    assert line(any_coalition, reference).review_due == due
    clock.now += timedelta(days=2)
    records.take(any_coalition, reference)
    assert opened(any_coalition, reference).incident.review_due == due, "taking it gives no more time"
    assert not opened(any_coalition, reference).overdue
    clock.now += timedelta(days=4)
    assert opened(any_coalition, reference).overdue
    records.decide(any_coalition, reference, ASK)
    view = opened(any_coalition, reference)
    assert (view.incident.review_due, view.overdue) == (None, False), "the organisation is to answer"
    records.submit(any_coalition, reference, answer="Main street.")
    view = opened(any_coalition, reference)
    assert (view.incident.state, view.incident.reviewer) == (State.IN_REVIEW, "Coordinator")
    assert view.incident.review_due == START.date() + timedelta(days=11)


def test_an_incident_is_given_to_another_coordinator_with_a_day(any_coalition: Coalition):
    other = any_coalition.people[reviewer(any_coalition, "boris")]
    reference = records.in_state(any_coalition, State.SUBMITTED)
    day = START.date() + timedelta(days=3)
    with any_coalition.work("coordinator") as work:
        assert {item.name for item in reviews.reviewers(work)} == {"Coordinator", "Boris"}
        reviews.assign(work, reference, other.reference, day)
    view = opened(any_coalition, reference)
    assert (view.incident.state, view.incident.reviewer) == (State.IN_REVIEW, "Boris")
    assert (view.incident.review_due, view.mine) == (day, False)
    mine = any_coalition.people["coordinator"]
    with any_coalition.work("boris") as work:
        reviews.assign(work, reference, mine.reference, version=view.incident.version)
    view = opened(any_coalition, reference)
    assert (view.incident.reviewer, view.incident.review_due) == ("Coordinator", day)


def test_nothing_is_given_to_somebody_who_does_not_review_or_by_a_day_that_is_over(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    mine = any_coalition.people["coordinator"].reference
    for who in ("lead", "administrator"):
        with pytest.raises(NotFound), any_coalition.work("coordinator") as work:
            reviews.assign(work, reference, any_coalition.people[who].reference)
    with pytest.raises(Incomplete) as refused, any_coalition.work("coordinator") as work:
        reviews.assign(work, reference, mine, START.date() - timedelta(days=1))
    assert refused.value.problems == (Problem("due", "over"),)
    decided = records.in_state(any_coalition, State.ACCEPTED)
    with pytest.raises(NotAllowedNow), any_coalition.work("coordinator") as work:
        reviews.assign(work, decided, mine)
    assert opened(any_coalition, reference).incident.reviewer == ""


def test_members_are_told_that_somebody_reviews_and_neither_who_nor_until_when(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.IN_REVIEW)
    view = records.read(any_coalition, reference)
    assert (view.state, view.reviewer, view.review_due) == (State.IN_REVIEW, "", None)
    assert [(step.step, step.by) for step in view.steps] == [(Step.SUBMIT, "Case Worker"), (Step.TAKE, "")]
    with any_coalition.reading("case_worker") as work:
        shown = incidents.list_incidents(work).lines[0]
    assert (shown.reviewer, shown.review_due) == ("", None)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_days_that_no_review_takes_are_refused(coalition: Coalition, days: int):
    with pytest.raises(UnknownCode), coalition.work("operator") as work:
        settings.change(work, review_days=days)


# --- two people -------------------------------------------------------------------------------------------


@pytest.fixture
def own(any_coalition: Coalition) -> str:
    """A coordinator who comes from the member whose incidents are decided on."""
    return reviewer(any_coalition, "ana", "FIRST")


def test_a_reviewers_decision_on_a_case_of_their_own_organisation_waits_for_somebody_else(
    any_coalition: Coalition, own: str
):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    assert not records.decide(any_coalition, reference, replace(ACCEPT, text="Well told."), own)
    with any_coalition.reading(own) as work:
        mine = reviews.open_review(work, reference)
    assert (mine.own_case, mine.alone, mine.standing and mine.standing.own) == (True, False, True)
    view = opened(any_coalition, reference)
    assert view.incident.state is State.IN_REVIEW
    assert view.standing
    assert (view.standing.step.verdict, view.standing.step.by, view.standing.step.text) == (
        "accept",
        "Ana",
        "Well told.",
    )
    assert (view.standing.own, view.standing.may_second) == (False, True)
    assert records.decide(any_coalition, reference, ACCEPT)
    after = records.read(any_coalition, reference)
    assert (after.state, after.steps[-1].by) == (State.ACCEPTED, "Coordinator")
    assert after.steps[-1].text == "Well told.", "what the second person leaves empty is what the first one wrote"
    assert opened(any_coalition, reference).standing is None


def test_nobody_seconds_themselves_nor_a_colleague_from_the_same_organisation(any_coalition: Coalition, own: str):
    colleague = reviewer(any_coalition, "anton", "FIRST")
    reference = records.in_state(any_coalition, State.SUBMITTED)
    for who in (own, own, colleague, own):
        assert not records.decide(any_coalition, reference, REJECT, who)
    with any_coalition.reading(colleague) as work:
        standing = reviews.open_review(work, reference).standing
    assert standing
    assert not standing.may_second
    assert records.read(any_coalition, reference).state is State.IN_REVIEW
    assert records.decide(any_coalition, reference, REJECT)
    assert records.read(any_coalition, reference).state is State.REJECTED


def test_a_record_with_which_ones_own_organisations_is_counted_is_ones_own_case(any_coalition: Coalition, own: str):
    principal = records.in_state(any_coalition, State.ACCEPTED, who="second_worker")
    follower = records.in_state(any_coalition, State.SUBMITTED)
    assert records.decide(any_coalition, follower, Decision(Step.LINK, {}, other=principal))
    records.reopen(any_coalition, principal)
    with any_coalition.reading(own) as work:
        view = reviews.open_review(work, principal)
    assert (view.own_case, view.alone) == (False, False)
    assert not records.decide(any_coalition, principal, REJECT, own)
    assert records.decide(any_coalition, principal, REJECT)


@pytest.mark.parametrize("how", ["stopped", "another role"])
def test_nobody_stands_for_a_proposal_whose_person_reviews_no_more(any_coalition: Coalition, how: str):
    boris = reviewer(any_coalition, "boris")
    with any_coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    reference = records.in_state(any_coalition, State.SUBMITTED)
    assert not records.decide(any_coalition, reference, ACCEPT, boris)
    assert opened(any_coalition, reference).standing
    with any_coalition.work("operator") as work:
        if how == "stopped":
            accounts.set_active(work, "boris@example.org", active=False)
        else:
            accounts.set_role(work, "boris@example.org", "case_worker", "FIRST")
    assert opened(any_coalition, reference).standing is None
    assert not records.decide(any_coalition, reference, ACCEPT), "it takes two who review"
    assert records.read(any_coalition, reference).state is State.IN_REVIEW


def test_whoever_leaves_a_member_to_review_does_not_decide_alone_on_its_records(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    with any_coalition.work("operator") as work:
        account = accounts.set_role(work, "case_worker@example.org", "coordinator")
    assert account.affiliation_code == "FIRST"
    any_coalition.people["moved"] = account
    assert not records.decide(any_coalition, reference, ACCEPT, "moved")


def test_an_administrator_can_say_where_a_reviewer_comes_from_and_not_take_it_back(any_coalition: Coalition):
    with any_coalition.work("administrator") as work:
        account = accounts.set_affiliation(work, "coordinator@example.org", "FIRST")
        assert (account.affiliation_code, account.actor.affiliation) == ("FIRST", account.affiliation_id)
    for code in (None, "SECOND"):
        with pytest.raises(accounts.AffiliationStands), any_coalition.work("administrator") as work:
            accounts.set_affiliation(work, "coordinator@example.org", code)
    with pytest.raises(NotPermitted), any_coalition.work("coordinator") as work:
        accounts.set_affiliation(work, "coordinator@example.org", None)
    with any_coalition.work("operator") as work:
        assert accounts.set_affiliation(work, "coordinator@example.org", None).actor.affiliation is None
        with pytest.raises(NotFound):
            accounts.set_affiliation(work, "coordinator@example.org", "NOBODY")


def test_a_reviewer_decides_alone_on_the_cases_of_other_organisations(any_coalition: Coalition, own: str):
    reference = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    assert records.decide(any_coalition, reference, ACCEPT, own)


def test_a_question_to_the_organisation_never_waits_and_ends_what_was_proposed(any_coalition: Coalition, own: str):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.decide(any_coalition, reference, ACCEPT, own)
    assert records.decide(any_coalition, reference, ASK, own)
    assert records.read(any_coalition, reference).state is State.RETURNED
    records.submit(any_coalition, reference, answer="Here.")
    assert opened(any_coalition, reference).standing is None


def test_with_the_setting_every_decision_takes_two_who_say_the_same(any_coalition: Coalition):
    other = reviewer(any_coalition, "boris")
    with any_coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    reference = records.in_state(any_coalition, State.SUBMITTED)
    assert not records.decide(any_coalition, reference, ACCEPT)
    assert not records.decide(any_coalition, reference, REJECT, other), "another opinion stands in its place"
    assert not records.decide(any_coalition, reference, replace(REJECT, reason="no_indicator"))
    standing = opened(any_coalition, reference).standing
    assert standing
    assert (standing.step.verdict, standing.step.reason) == ("reject", "no_indicator")
    assert records.decide(any_coalition, reference, replace(REJECT, reason="no_indicator"), other)
    view = records.read(any_coalition, reference)
    assert (view.state, view.rejection_reason) == (State.REJECTED, "no_indicator")


@pytest.mark.parametrize("how", ["put back", "taken back", "decided and reopened"])
def test_what_was_proposed_stands_no_more_once_the_incident_moved(any_coalition: Coalition, own: str, how: str):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.decide(any_coalition, reference, ACCEPT, own)
    if how == "put back":
        with any_coalition.work("coordinator") as work:
            reviews.put_back(work, reference)
    elif how == "taken back":
        records.withdraw(any_coalition, reference)
        records.submit(any_coalition, reference)
    else:
        records.decide(any_coalition, reference, REJECT)
        records.reopen(any_coalition, reference)
    assert opened(any_coalition, reference).standing is None


def test_the_member_is_not_told_what_is_only_proposed(any_coalition: Coalition, own: str):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.decide(any_coalition, reference, replace(REJECT, text="A word for the second person."), own)
    view = records.read(any_coalition, reference)
    assert [step.step for step in view.steps] == [Step.SUBMIT, Step.TAKE]
    assert "A word for the second person." not in repr(view)


def test_a_link_between_two_organisations_is_nobodys_own_case_alone(any_coalition: Coalition, own: str):
    principal = records.in_state(any_coalition, State.ACCEPTED)
    reference = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    same = Decision(Step.LINK, {}, other=principal, text="The same fire.")
    assert not records.decide(any_coalition, reference, same, own), "one of the two records is their organisation's"
    standing = opened(any_coalition, reference).standing
    assert standing
    assert (standing.step.verdict, standing.step.other) == ("link", principal)
    assert records.decide(any_coalition, reference, same)
    view = opened(any_coalition, reference).incident
    assert (view.state, view.same_as, view.steps[-1].other) == (State.DUPLICATE, principal, principal)
    member = records.read(any_coalition, reference, "second_worker")
    assert principal not in repr(member)


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (State.RETURNED, "returned"),
        (State.REJECTED, "rejected"),
        (State.DRAFT, "unknown"),
        (None, "itself"),
    ],
)
def test_a_link_that_cannot_be_is_said_beside_the_reference(coalition: Coalition, state: State | None, problem: str):
    reference = records.in_state(coalition, State.SUBMITTED)
    other = records.in_state(coalition, state) if state else reference
    with pytest.raises(Incomplete) as refused:
        records.decide(coalition, reference, Decision(Step.LINK, {}, other=other))
    assert refused.value.problems == (Problem("other", problem),)
    assert records.read(coalition, reference).state is State.SUBMITTED


# --- how it is known --------------------------------------------------------------------------------------

LOOKED_AT = (
    SourceCheck("", fact="yes", live="yes", published="no"),
    SourceCheck("", fact="yes", live="yes", published="yes"),
)


@pytest.mark.parametrize("decision", [ACCEPT, REJECT], ids=["accepted", "rejected"])
def test_the_level_of_verification_follows_from_the_checks_and_stays_until_it_is_undecided(
    any_coalition: Coalition, decision: Decision
):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    assert records.read(any_coalition, reference).verification == ""
    records.decide(any_coalition, reference, replace(decision, checks=LOOKED_AT, independent="yes"))
    for view in (records.read(any_coalition, reference), opened(any_coalition, reference).incident):
        assert view.verification == view.steps[-1].verification == VerificationLevel.DOCUMENTED
        assert [(check.kind, check.fact) for check in view.steps[-1].checks] == [
            (source.kind, "yes") for source in view.facts.sources
        ]
        assert view.steps[-1].independent == "yes"
    records.reopen(any_coalition, reference)
    view = opened(any_coalition, reference)
    assert view.incident.verification == ""
    assert [check.live for check in view.checks] == ["yes", "yes"], "what was checked need not be checked again"


def test_a_decision_without_a_look_at_the_sources_verifies_nothing(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    assert records.read(any_coalition, reference).verification == VerificationLevel.UNVERIFIED
    assert line(any_coalition, reference).verification == VerificationLevel.UNVERIFIED


def test_the_second_person_looks_at_the_sources_too(any_coalition: Coalition, own: str):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.decide(any_coalition, reference, replace(ACCEPT, checks=LOOKED_AT, independent="yes"), own)
    assert {check.fact for check in opened(any_coalition, reference).checks} == {""}
    assert records.read(any_coalition, reference).verification == ""


def test_a_linked_record_keeps_what_was_found_of_it(any_coalition: Coalition):
    principal = records.in_state(any_coalition, State.ACCEPTED)
    reference = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    decision = Decision(
        Step.LINK,
        {Test.NOT_DUPLICATE: Finding.NO},
        other=principal,
        notes={Test.NOT_DUPLICATE: "The same fire."},
        checks=LOOKED_AT,
        independent="yes",
    )
    records.decide(any_coalition, reference, decision)
    step = opened(any_coalition, reference).incident.steps[-1]
    assert (step.step, step.before, step.state) == (Step.LINK, State.IN_REVIEW, State.DUPLICATE)
    assert step.findings["not_duplicate"][1] == "no"
    assert step.notes == {"not_duplicate": "The same fire."}
    assert (step.verification, len(step.checks)) == (VerificationLevel.DOCUMENTED, 2)
    assert opened(any_coalition, reference).incident.verification == VerificationLevel.DOCUMENTED


def test_the_published_description_says_how_well_the_case_is_verified(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.decide(any_coalition, reference, replace(ACCEPT, checks=LOOKED_AT, independent="yes"))
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)
    records.reopen(any_coalition, reference)
    with any_coalition.reading("coordinator") as work:
        found = summaries.published_descriptions(work, 2024).texts
    assert [item.verification for item in found] == [VerificationLevel.DOCUMENTED], "as it was when it was published"


# --- late -------------------------------------------------------------------------------------------------


def test_what_is_accepted_after_the_submission_of_its_year_is_late(any_coalition: Coalition):
    early = records.in_state(any_coalition, State.ACCEPTED)
    reference, rejected = (records.in_state(any_coalition, State.SUBMITTED, who="second_worker") for _ in range(2))
    elsewhere = records.in_state(any_coalition, State.SUBMITTED, facts(date=PartialDate(2023, 5)))
    with any_coalition.work("operator") as work:
        releases.record(work, Leaving(Kind.SUBMISSION, 2024, ()))
        releases.record(work, Leaving(Kind.SUMMARY, 2023, ()))
        releases.record(work, Leaving(Kind.SUBMISSION, 2023, (), purpose=Purpose.PUBLISH))  # a national report
    for each in (reference, elsewhere):
        records.decide(any_coalition, each)
    records.decide(any_coalition, rejected, REJECT)
    late = {each: opened(any_coalition, each).incident.late for each in (early, reference, rejected, elsewhere)}
    assert late == {early: False, reference: True, rejected: False, elsewhere: False}
    assert line(any_coalition, reference).late
    assert records.read(any_coalition, reference, "second_worker").late
    records.reopen(any_coalition, reference)
    assert not opened(any_coalition, reference).incident.late


def test_what_left_in_the_submission_of_its_year_is_not_late_when_it_is_decided_again(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("operator") as work:
        known = incident_with_reference(work.session, reference)
        assert known
        releases.record(work, Leaving(Kind.SUBMISSION, 2024, (Included(known.id, Part.STATISTICAL),)))
    records.reopen(any_coalition, reference)
    records.decide(any_coalition, reference)
    assert not opened(any_coalition, reference).incident.late


def test_nobody_takes_a_decision_on_their_own_organisations_record_back_alone(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    insider = reviewer(coalition, "insider", "FIRST")
    with coalition.reading(insider) as work:
        view = reviews.open_review(work, reference)
    assert not view.may_reopen
    with pytest.raises(NotApproved), coalition.work(insider) as work:
        reviews.reopen(work, reference, view.incident.version, "Another look.")
    assert records.read(coalition, reference).state is State.ACCEPTED
    records.reopen(coalition, reference)
    assert records.read(coalition, reference).state is State.IN_REVIEW

"""Records of one incident count as one, credit every member, and can be told apart again."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from coalition.db import incidents as storage
from coalition.db.audit import AuditEntry
from coalition.db.incidents import Incident
from coalition.db.keys import keys_of
from coalition.db.releases import Correction, ReleaseIncident
from coalition.db.reviews import handled_record
from coalition.documents.submission_files import WORKBOOK
from coalition.domain.consents import WayOut
from coalition.domain.errors import CannotLink, ChangedMeanwhile, Incomplete, NotAllowedNow, NotApproved, NotFound
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.interchange import arrival, read_file, record_of, written
from coalition.domain.reviews import Step
from coalition.domain.same_incident import LinkReason, Obstacle, standing
from coalition.domain.summaries import YearSummary
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.services import (
    accounts,
    consents,
    erasures,
    exports,
    figures,
    incidents,
    keys,
    reviews,
    same_incident,
    settings,
    summaries,
    versions,
)
from coalition.services.incident_views import IncidentView
from coalition.services.work import Work, unit_of_work
from tests.at_once import at_once
from tests.conftest import PASSWORD, Clock, Coalition
from tests.diary import done_once
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records
from tests.services.building import built as built_submission

YEAR = 2024
BARE = facts(sources=COMPLETE.sources[:1])
"""Without partners, so that only members are credited."""


@done_once
def link(coalition: Coalition, principal: str, *others: str, who: str = "coordinator") -> str:
    with coalition.work(who) as work:
        return same_incident.link(work, principal, others)


def unlink(coalition: Coalition, reference: str, who: str = "coordinator", text: str = "Another street.") -> str:
    with coalition.work(who) as work:
        return same_incident.unlink(work, reference, text)


def in_state(coalition: Coalition, state: State, who: str = "case_worker", told: Facts = BARE) -> str:
    return records.in_state(coalition, state, told, who)


def pair(coalition: Coalition, first: Facts = BARE, second: Facts = BARE) -> tuple[str, str]:
    """Return two accepted records of two members, the second counted with the first."""
    one = in_state(coalition, State.ACCEPTED, told=first)
    other = in_state(coalition, State.ACCEPTED, "second_worker", second)
    link(coalition, one, other)
    return one, other


def trio(coalition: Coalition, *told: Facts) -> list[str]:
    """Return three accepted records, the second and third counted with the first."""
    facts_of = [*told, BARE, BARE, BARE][:3]
    people = ("case_worker", "second_worker", "lead")
    found = [in_state(coalition, State.ACCEPTED, who, item) for who, item in zip(people, facts_of, strict=True)]
    link(coalition, *found)
    return found


def seen(coalition: Coalition, reference: str) -> IncidentView:
    with coalition.reading("operator") as work:
        organisation = work.session.scalars(select(Incident).where(Incident.reference == reference)).one()
        who = "lead" if organisation.organisation.code == "FIRST" else "second_worker"
    with coalition.reading(who) as work:
        return incidents.read_incident(work, reference)


def states(coalition: Coalition, *references: str) -> list[State]:
    return [seen(coalition, reference).state for reference in references]


def with_whom(coalition: Coalition, reference: str) -> str | None:
    """Return the reference of the record that one is counted with."""
    with coalition.reading("operator") as work:
        row = work.session.scalars(select(Incident).where(Incident.reference == reference)).one()
        return work.session.get_one(Incident, row.same_as_id).reference if row.same_as_id else None


def counted(coalition: Coalition, year: int = YEAR) -> YearSummary:
    with coalition.reading("coordinator") as work:
        return figures.year_summary(work, year)


def in_sql(coalition: Coalition, way: WayOut) -> list[str]:
    with coalition.reading("operator") as work:
        query = select(Incident.reference).where(storage.counted(way)).order_by(Incident.reference)
        return list(work.session.scalars(query))


def steps(coalition: Coalition, reference: str) -> list[tuple[Step, str]]:
    return [(step.step, step.reason) for step in seen(coalition, reference).steps]


def test_two_members_records_of_one_incident_count_once_and_credit_both(any_coalition: Coalition):
    one = in_state(any_coalition, State.ACCEPTED)
    other = in_state(any_coalition, State.ACCEPTED, "second_worker")
    assert counted(any_coalition).incidents == 2
    assert link(any_coalition, one, other) == one
    summary = counted(any_coalition)
    assert summary.incidents == 1
    assert [item.sources for item in summary.descriptions] == [("First Member", "Second Member")]
    assert (summary.review.received, summary.review.accepted, summary.review.duplicates) == (2, 1, 1)
    assert summary.review.not_counted == 0
    assert states(any_coalition, one, other) == [State.ACCEPTED, State.DUPLICATE]


def test_both_records_stay_with_their_histories(any_coalition: Coalition):
    one, other = pair(any_coalition)
    assert seen(any_coalition, other).facts.narrative == BARE.narrative
    assert [step for step, _ in steps(any_coalition, other)][-3:] == [Step.TAKE, Step.ACCEPT, Step.LINK]
    assert Step.LINK not in [step for step, _ in steps(any_coalition, one)]


def test_the_submission_has_one_row_that_names_both_members(coalition: Coalition, tmp_path: Path):
    pair(coalition)
    with coalition.work("operator") as work:
        built = built_submission(work, YEAR, tmp_path)
    assert built.counts == {"incidents": 1, "descriptive": 1, "statistical": 0}
    assert (tmp_path / WORKBOOK).exists()
    rows = (tmp_path / "incidents.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 1 + 1
    assert "First Member" in rows[1]
    assert "Second Member" in rows[1]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED])
def test_taking_it_back_restores_exactly_what_was(any_coalition: Coalition, clock: Clock, state: State):
    one = in_state(any_coalition, State.ACCEPTED)
    other = in_state(any_coalition, State.SUBMITTED if state is State.IN_REVIEW else state, "second_worker")
    if state is State.IN_REVIEW:
        take(any_coalition, other)
    before, figures_before = seen(any_coalition, other), counted(any_coalition)
    clock.now += timedelta(days=3)
    link(any_coalition, one, other)
    assert counted(any_coalition).incidents == 1
    clock.now += timedelta(days=3)
    assert unlink(any_coalition, other) == one
    after = seen(any_coalition, other)
    # What nobody had looked at was taken into review to be compared.
    assert after.state is (State.IN_REVIEW if state is State.SUBMITTED else state)
    assert (after.decided_at, after.facts) == (before.decided_at, before.facts)
    assert counted(any_coalition).incidents == figures_before.incidents
    assert with_whom(any_coalition, other) is None
    assert after.steps[-1].text == "Another street."


def take(coalition: Coalition, reference: str) -> None:
    with coalition.work("coordinator") as work:
        reviews.take(work, reference)


def test_whoever_is_linked_to_a_linked_record_is_counted_with_the_one_that_stands_for_all(coalition: Coalition):
    one, other = pair(coalition)
    third = in_state(coalition, State.ACCEPTED, "lead")
    assert link(coalition, other, third) == one
    assert with_whom(coalition, third) == one
    assert counted(coalition).incidents == 1
    assert counted(coalition).descriptions[0].sources == ("First Member", "Second Member")


def test_records_counted_with_one_that_is_linked_come_along_and_go_back_with_it(any_coalition: Coalition, clock: Clock):
    first, second, third = trio(any_coalition)
    head = in_state(any_coalition, State.ACCEPTED, "second_worker")
    decided = seen(any_coalition, second).decided_at
    clock.now += timedelta(hours=1)
    assert link(any_coalition, head, first) == head
    assert [with_whom(any_coalition, each) for each in (first, second, third)] == [head] * 3
    assert counted(any_coalition).incidents == 1
    assert steps(any_coalition, second)[-2:] == [(Step.UNLINK, LinkReason.FOLLOWS), (Step.LINK, LinkReason.FOLLOWS)]
    assert seen(any_coalition, second).decided_at == decided
    clock.now += timedelta(hours=1)
    unlink(any_coalition, first)
    assert [with_whom(any_coalition, each) for each in (first, second, third)] == [None, first, first]
    assert states(any_coalition, head, first, second) == [State.ACCEPTED, State.ACCEPTED, State.DUPLICATE]
    assert counted(any_coalition).incidents == 2
    clock.now += timedelta(hours=1)
    unlink(any_coalition, second)
    assert states(any_coalition, second) == [State.ACCEPTED]
    assert counted(any_coalition).incidents == 3


def test_one_that_came_along_can_be_told_apart_by_itself(coalition: Coalition):
    first, second, third = trio(coalition)
    head = in_state(coalition, State.ACCEPTED, "second_worker")
    link(coalition, head, first)
    unlink(coalition, third)
    assert [with_whom(coalition, each) for each in (first, second, third)] == [head, head, None]
    assert states(coalition, third) == [State.ACCEPTED]


@pytest.mark.parametrize(
    ("state", "obstacle"),
    [(State.RETURNED, Obstacle.RETURNED), (State.REJECTED, Obstacle.REJECTED), (State.DRAFT, Obstacle.DRAFT)],
)
def test_what_cannot_be_linked_is_refused_and_nothing_changes(coalition: Coalition, state: State, obstacle: Obstacle):
    one = in_state(coalition, State.ACCEPTED)
    good = in_state(coalition, State.ACCEPTED, "second_worker")
    bad = in_state(coalition, state, "second_worker")
    for references in ((one, good, bad), (bad, good)):
        with pytest.raises(CannotLink) as refused:
            link(coalition, *references, who="operator")
        assert (refused.value.reason, refused.value.references) == (obstacle, (bad,))
    assert states(coalition, one, good, bad) == [State.ACCEPTED, State.ACCEPTED, state]


def test_a_record_is_not_linked_twice_nor_with_itself(coalition: Coalition):
    one, other = pair(coalition)
    third = in_state(coalition, State.ACCEPTED, "lead")
    for references, obstacle in [
        ((one, one), Obstacle.TWICE),
        ((one, third, third.lower()), Obstacle.TWICE),
        ((other, one), Obstacle.ITSELF),
        ((one, other), Obstacle.WITH_ANOTHER),
        ((third, other), Obstacle.WITH_ANOTHER),
    ]:
        with pytest.raises(CannotLink) as refused:
            link(coalition, *references)
        assert refused.value.reason == obstacle
    assert with_whom(coalition, other) == one


def test_of_two_people_who_link_the_same_records_the_other_way_round_one_comes_too_late(any_coalition: Coalition):
    one, other, third = (
        in_state(any_coalition, State.ACCEPTED, who) for who in ("case_worker", "second_worker", "lead")
    )
    found = at_once(
        partial(link, any_coalition, one, other, third),
        partial(link, any_coalition, other, third, one, who="operator"),
    )
    assert CannotLink in found
    assert {one, other} & set(found)
    assert sorted(states(any_coalition, one, other, third)) == [State.ACCEPTED, State.DUPLICATE, State.DUPLICATE]
    assert counted(any_coalition).incidents == 1


def decide(coalition: Coalition, reference: str, other: str, version: int) -> str:
    with coalition.work("coordinator") as work:
        reviews.decide(work, reference, version, replace(records.ACCEPT, step=Step.LINK, other=other))
    return reference


def test_of_two_reviewers_who_decide_the_same_the_other_way_round_one_comes_too_late(any_coalition: Coalition):
    one, other = (in_state(any_coalition, State.IN_REVIEW, who) for who in ("case_worker", "second_worker"))
    versions = {reference: records.read(any_coalition, reference, who).version
                for reference, who in ((one, "case_worker"), (other, "second_worker"))}  # fmt: skip
    found = at_once(
        partial(decide, any_coalition, one, other, versions[one]),
        partial(decide, any_coalition, other, one, versions[other]),
    )
    assert {one, other} & set(found)
    assert {Incomplete, ChangedMeanwhile, NotAllowedNow} & set(found)
    assert sorted(states(any_coalition, one, other)) == [State.DUPLICATE, State.IN_REVIEW]


def test_what_is_locked_is_read_anew(any_coalition: Coalition):
    reference = in_state(any_coalition, State.IN_REVIEW)
    with any_coalition.work("coordinator") as work:
        incident = storage.incident_with_reference(work.session, reference)
        assert incident is not None
        changed = update(Incident).where(Incident.reference == reference).values(state="rejected")
        work.session.execute(changed.execution_options(synchronize_session=False))
        assert incident.state == State.IN_REVIEW
        assert storage.incident_with_reference(work.session, reference, lock=True) is incident
        assert incident.state == State.REJECTED


def test_the_time_to_a_decision_is_that_of_the_decision_in_force(any_coalition: Coalition, clock: Clock):
    one, other = (in_state(any_coalition, State.IN_REVIEW, who) for who in ("case_worker", "second_worker"))

    def days() -> int | None:
        with any_coalition.reading("coordinator") as work:
            return handled_record(work.session, storage.id_of_reference(work.session, other) or "").days

    clock.now += timedelta(days=5)
    records.decide(any_coalition, other)
    assert days() == 5
    clock.now += timedelta(days=40)
    link(any_coalition, one, other)
    assert days() == 45
    clock.now += timedelta(days=1)
    unlink(any_coalition, other)
    assert days() == 5, "it is accepted as it was"


def test_only_what_is_linked_can_be_taken_away(coalition: Coalition):
    one, other = pair(coalition)
    third = in_state(coalition, State.ACCEPTED, "lead")
    with pytest.raises(CannotLink) as refused:
        unlink(coalition, one)
    assert (refused.value.reason, refused.value.references) == (Obstacle.LEADS_OTHERS, (other,))
    with pytest.raises(CannotLink) as refused:
        unlink(coalition, third)
    assert refused.value.reason == Obstacle.NOT_LINKED
    with pytest.raises(ChangedMeanwhile), coalition.work("coordinator") as work:
        same_incident.unlink(work, other, "", version=1)


def test_only_the_coordinator_and_the_command_line_link(coalition: Coalition):
    one, other = pair(coalition)
    third = in_state(coalition, State.ACCEPTED, "lead")
    for who in ("case_worker", "lead", "second_worker", "administrator", "auditor"):
        with pytest.raises(NotFound):
            link(coalition, one, third, who=who)
        with pytest.raises(NotFound):
            unlink(coalition, other, who)
        with pytest.raises(NotFound), coalition.reading(who) as work:
            same_incident.compare(work, [one, third])
    assert link(coalition, one, third, who="operator") == one
    assert unlink(coalition, third, "operator", "") == one


def test_the_coordinator_links_nothing_whose_person_does_not_share_it(coalition: Coalition):
    one = in_state(coalition, State.ACCEPTED)
    other = in_state(coalition, State.ACCEPTED, "second_worker")
    withdraw_consent(coalition, other, Purpose.SHARE_COALITION, who="second_worker")
    with pytest.raises(NotFound):
        link(coalition, one, other)
    with pytest.raises(CannotLink) as refused:
        link(coalition, one, other, who="operator")
    assert refused.value.reason == Obstacle.NOT_SHARED


def test_nobody_links_a_record_of_their_own_organisation_alone(coalition: Coalition):
    one = in_state(coalition, State.ACCEPTED)
    other = in_state(coalition, State.ACCEPTED, "second_worker")
    with coalition.reading("operator") as work:
        second = work.session.scalars(select(Incident.organisation_id).where(Incident.reference == other)).one()
    partial = replace(coalition.actor("coordinator"), affiliation=second)

    def as_partial() -> AbstractContextManager[Work]:
        return unit_of_work(coalition.runtime, partial)

    with pytest.raises(NotApproved), as_partial() as work:
        same_incident.link(work, one, [other])
    assert states(coalition, one, other) == [State.ACCEPTED, State.ACCEPTED]
    link(coalition, one, other)
    with pytest.raises(NotApproved), as_partial() as work:
        same_incident.unlink(work, other)
    assert with_whom(coalition, other) == one


def test_where_the_coalition_wants_two_people_one_alone_links_nothing(coalition: Coalition):
    one = in_state(coalition, State.ACCEPTED)
    other = in_state(coalition, State.ACCEPTED, "second_worker")
    with coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    with pytest.raises(NotApproved):
        link(coalition, one, other)
    assert link(coalition, one, other, who="operator") == one


def withdraw_consent(coalition: Coalition, reference: str, *purposes: Purpose, who: str = "case_worker") -> None:
    with coalition.work(who) as work:
        consents.withdraw_consent(work, reference, purposes)


def test_another_record_stands_for_the_incident_where_the_first_persons_consent_ends(any_coalition: Coalition):
    one, other = pair(any_coalition, without(Purpose.STATISTICS, Purpose.PUBLISH))
    assert counted(any_coalition).incidents == 1
    assert counted(any_coalition).descriptions[0].sources[0] == "Second Member"
    assert in_sql(any_coalition, WayOut.STATISTICS) == [other]
    assert in_sql(any_coalition, WayOut.SUBMISSION) == [one]
    withdraw_consent(any_coalition, other, Purpose.STATISTICS, who="second_worker")
    assert counted(any_coalition).incidents == 0
    assert counted(any_coalition).review.not_counted == 1
    assert in_sql(any_coalition, WayOut.STATISTICS) == []


def test_sql_and_the_rule_agree_on_who_stands_for_an_incident(any_coalition: Coalition, clock: Clock):
    purposes = (Purpose.STATISTICS, Purpose.PUBLISH, Purpose.ODIHR)
    told = [replace(without(purpose), sources=BARE.sources) for purpose in purposes]
    groups = []
    for turn in range(3):
        order = told[turn:] + told[:turn]
        found = [
            in_state(any_coalition, State.ACCEPTED, who, item)
            for who, item in zip(("case_worker", "second_worker", "lead"), order, strict=True)
        ]
        for each in found[1:]:
            clock.now += timedelta(minutes=1)
            link(any_coalition, found[0], each)
        groups.append(found)
    with any_coalition.reading("operator") as work:
        candidates = list(storage.accepted_incidents(work.session, YEAR))
        named = storage.references_of(work.session, [item.incident for each in candidates for item in each.records])
        for way in (WayOut.STATISTICS, WayOut.DESCRIPTION, WayOut.SUBMISSION):
            by_rule = [stands.incident for stands, _ in standing(candidates, way)]
            assert sorted(named[item] for item in by_rule) == in_sql(any_coalition, way)
        assert [[named[item.incident] for item in each.records] for each in candidates] == groups


def test_a_group_counts_only_while_the_record_that_stands_for_it_is_accepted(any_coalition: Coalition):
    one, other = pair(any_coalition)
    records.reopen(any_coalition, one)
    assert counted(any_coalition).incidents == 0
    assert states(any_coalition, one, other) == [State.IN_REVIEW, State.DUPLICATE]
    records.decide(any_coalition, one, records.REJECT)
    assert counted(any_coalition).incidents == 0
    assert counted(any_coalition).review.rejected == (("not_criminal", 1),)
    records.reopen(any_coalition, one)
    records.decide(any_coalition, one)
    assert counted(any_coalition).incidents == 1
    assert states(any_coalition, other) == [State.DUPLICATE]


def test_the_earlier_years_of_a_trend_count_a_group_once(any_coalition: Coalition):
    dated = facts(date=PartialDate(2022, 3, 4))
    pair(any_coalition, dated, dated)
    assert dict(counted(any_coalition).trend)[2022].incidents == 1


def test_a_group_counts_in_the_year_of_the_record_that_stands_for_it(any_coalition: Coalition):
    one, _ = pair(any_coalition, facts(date=PartialDate(2023, 12, 31)), facts(date=PartialDate(2024, 1, 1)))
    assert [counted(any_coalition, year).incidents for year in (2023, 2024)] == [1, 0]
    withdraw_consent(any_coalition, one, Purpose.STATISTICS)
    assert [counted(any_coalition, year).incidents for year in (2023, 2024)] == [0, 1]
    assert [counted(any_coalition, year).review.not_counted for year in (2023, 2024)] == [1, 0]


def gone_by_withdrawal(coalition: Coalition, reference: str) -> None:
    records.reopen(coalition, reference)
    records.withdraw(coalition, reference)


def gone_by_erasure(coalition: Coalition, reference: str) -> None:
    with coalition.work("case_worker") as work:
        wish = erasures.ask_erasure(work, reference, erasures.ErasureReason.PERSON_REQUEST)
    with coalition.work("lead") as work:
        erasures.confirm_erasure(work, wish)


def gone_by_consent(coalition: Coalition, reference: str) -> None:
    withdraw_consent(coalition, reference, Purpose.SHARE_COALITION)


def gone_by_form(coalition: Coalition, reference: str) -> None:
    records.reopen(coalition, reference)
    records.decide(coalition, reference, records.ASK)
    records.save(coalition, reference, consents=without(Purpose.SHARE_COALITION).consents)


def gone_from_a_backup(coalition: Coalition, reference: str) -> None:
    with coalition.work("operator") as work:
        keys_of(work.session).destroy(storage.id_of_reference(work.session, reference) or "")
    with coalition.work("operator") as work:
        assert keys.purge_erased(work) == 1


@pytest.mark.parametrize(
    "gone", [gone_by_withdrawal, gone_by_erasure, gone_by_consent, gone_by_form, gone_from_a_backup]
)
def test_nobody_loses_a_count_because_another_members_person_withdrew(any_coalition: Coalition, gone):
    one, other, third = trio(any_coalition)
    gone(any_coalition, one)
    assert states(any_coalition, other, third) == [State.ACCEPTED, State.DUPLICATE]
    assert [with_whom(any_coalition, each) for each in (other, third)] == [None, other]
    assert counted(any_coalition).incidents == 1
    assert steps(any_coalition, other)[-1] == (Step.UNLINK, LinkReason.GONE)
    assert steps(any_coalition, third)[-2:] == [(Step.UNLINK, LinkReason.GONE), (Step.LINK, LinkReason.GONE)]
    last = seen(any_coalition, other).steps[-1]
    assert (last.by, last.text) == ("", "")
    assert seen(any_coalition, other).decided_at == seen(any_coalition, other).steps[-3].at


def test_a_record_that_was_never_decided_waits_again_when_the_one_it_was_counted_with_is_gone(coalition: Coalition):
    one = in_state(coalition, State.ACCEPTED)
    other = in_state(coalition, State.SUBMITTED, "second_worker")
    link(coalition, one, other)
    gone_by_erasure(coalition, one)
    assert states(coalition, other) == [State.IN_REVIEW]
    assert counted(coalition).incidents == 0
    records.decide(coalition, other)
    assert counted(coalition).incidents == 1


def test_what_was_rejected_with_another_record_is_looked_at_again_when_that_one_is_gone(coalition: Coalition):
    one, other = pair(coalition)
    records.reopen(coalition, one)
    records.decide(coalition, one, records.REJECT)
    gone_by_erasure(coalition, one)
    assert states(coalition, other) == [State.IN_REVIEW]
    assert counted(coalition).incidents == 0


def test_an_erased_record_goes_on_counting_only_where_no_other_stands_for_it(any_coalition: Coalition):
    one, other = pair(any_coalition)
    gone_by_erasure(any_coalition, one)
    assert counted(any_coalition).incidents == 1
    assert counted(any_coalition).descriptions[0].sources == ("Second Member",)
    with any_coalition.work("operator") as work:
        accounts.create_account(
            work,
            email="second_lead@example.org",
            name="Second Lead",
            role=Role.LEAD,
            organisation_code="SECOND",
            password=PASSWORD,
        )
        people = ("second_worker@example.org", "second_lead@example.org")
        erasures.erase_incident(work, other, *people)
    assert counted(any_coalition).incidents == 1
    assert counted(any_coalition).descriptions == ()


def test_erasing_a_record_that_is_counted_with_another_changes_no_count(any_coalition: Coalition):
    other = in_state(any_coalition, State.ACCEPTED, "second_worker")
    one = in_state(any_coalition, State.ACCEPTED)
    link(any_coalition, other, one)
    gone_by_erasure(any_coalition, one)
    assert counted(any_coalition).incidents == 1
    assert counted(any_coalition).review.received == 1


def test_an_erased_record_through_which_alone_an_incident_counted_still_counts(any_coalition: Coalition):
    other = in_state(any_coalition, State.ACCEPTED, "second_worker", without(Purpose.STATISTICS))
    one = in_state(any_coalition, State.ACCEPTED)
    link(any_coalition, other, one)
    gone_by_erasure(any_coalition, one)
    assert counted(any_coalition).incidents == 1
    assert states(any_coalition, other) == [State.ACCEPTED]


def test_a_linked_record_whose_person_no_longer_shares_it_stays_linked_and_is_credited_nowhere(
    any_coalition: Coalition,
):
    one, other = pair(any_coalition)
    withdraw_consent(any_coalition, other, Purpose.SHARE_COALITION, who="second_worker")
    assert states(any_coalition, other) == [State.DUPLICATE]
    assert counted(any_coalition).incidents == 1
    assert counted(any_coalition).descriptions[0].sources == ("First Member",)
    with any_coalition.reading("coordinator") as work:
        assert same_incident.together(work, one).companions == ()
        with pytest.raises(NotFound):
            same_incident.together(work, other)
    gone_by_erasure(any_coalition, one)
    assert states(any_coalition, other) == [State.ACCEPTED]


def test_a_withdrawal_touches_only_what_left_through_its_own_record(any_coalition: Coalition, tmp_path: Path):
    one, other = pair(any_coalition)
    with any_coalition.work("operator") as work:
        versions.keep(work, built_submission(work, YEAR, tmp_path))
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR)
    withdraw_consent(any_coalition, other, Purpose.ODIHR, Purpose.PUBLISH, who="second_worker")
    assert corrections(any_coalition) == []
    withdraw_consent(any_coalition, one, Purpose.ODIHR)
    assert corrections(any_coalition) == ["remove"]


def corrections(coalition: Coalition) -> list[str]:
    with coalition.reading("operator") as work:
        return sorted(work.session.scalars(select(Correction.mending)))


def test_a_description_by_another_record_goes_alone_and_the_count_stays(any_coalition: Coalition):
    one, other = pair(any_coalition, without(Purpose.PUBLISH))
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR)
    with any_coalition.reading("operator") as work:
        parts = {
            named: row.part
            for row in work.session.scalars(select(ReleaseIncident))
            for named in storage.references_of(work.session, [row.incident_id]).values()
        }
    assert parts == {one: "counted", other: "told"}
    withdraw_consent(any_coalition, other, Purpose.STATISTICS, who="second_worker")
    assert corrections(any_coalition) == []
    with any_coalition.reading("coordinator") as work:
        published = summaries.published_summary(work, YEAR)
    assert (published.summary.incidents, published.described) == (1, 0)


def test_a_member_is_told_with_whose_record_it_is_counted_and_no_more(coalition: Coalition):
    one, other = pair(coalition)
    with coalition.reading("second_worker") as work:
        told = same_incident.together(work, other)
    assert told.linked
    assert told.standing is State.ACCEPTED
    assert [str(item.organisation.main) for item in told.companions] == ["First Member"]
    assert (told.companions[0].reference, told.companions[0].own) == ("", False)
    assert told.companions[0].region == COMPLETE.region
    for secret in (one, COMPLETE.narrative, COMPLETE.municipality, COMPLETE.own_reference, "Case Worker"):
        assert secret not in repr(told)
    with coalition.reading("case_worker") as work:
        mine = same_incident.together(work, one)
    assert not mine.linked
    assert [item.organisation.main for item in mine.companions] == ["Second Member"]
    with pytest.raises(NotFound), coalition.reading("second_worker") as work:
        same_incident.together(work, one)


def test_the_coordinator_is_told_which_records_belong_together(coalition: Coalition):
    one, other, third = trio(coalition)
    alone = in_state(coalition, State.SUBMITTED)
    with coalition.reading("coordinator") as work:
        assert [item.reference for item in same_incident.together(work, other).companions] == [one, third]
        assert same_incident.together(work, alone) is None


def test_comparing_records_is_noted_for_each(coalition: Coalition):
    one = in_state(coalition, State.ACCEPTED)
    other = in_state(coalition, State.SUBMITTED, "second_worker")
    with coalition.reading("coordinator") as work:
        views = same_incident.compare(work, [one, other.lower()])
    assert [view.reference for view in views] == [one, other]
    assert {view.facts.own_reference for view in views} == {""}
    with coalition.reading("operator") as work:
        entries = select(AuditEntry.subject).where(
            AuditEntry.action == "incident.read", AuditEntry.actor == coalition.people["coordinator"].actor.id
        )
        assert len(list(work.session.scalars(entries))) >= 2
    with pytest.raises(CannotLink), coalition.reading("coordinator") as work:
        same_incident.compare(work, [one, one])


def test_a_linked_record_leaves_with_its_state_and_arrives_elsewhere_to_be_reviewed(coalition: Coalition, clock: Clock):
    one, other, third = trio(coalition)
    gone_by_consent(coalition, one)
    with coalition.reading("lead") as work:
        leaving = list(exports.export_incidents(work, (third,)))
    with coalition.reading("second_worker") as work:
        leaving += list(exports.export_incidents(work, (other,)))
    assert [record.state for record in leaving] == [State.DUPLICATE, State.ACCEPTED]
    assert [step.reason for step in leaving[0].steps][-2:] == [LinkReason.GONE, LinkReason.GONE]
    told = read_file("".join(written(leaving, clock.now)).encode())
    assert [record_of(data, clock.now.date()) for data in told] == leaving
    assert [arrival(record, accepted=True) for record in leaving] == [State.SUBMITTED, State.ACCEPTED]

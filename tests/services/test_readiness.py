"""The readiness board: its numbers are those of the records, and each reader gets what they may know."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from coalition.db import incidents as storage
from coalition.db import readiness as counting
from coalition.db.incidents import Incident
from coalition.db.likenesses import IncidentLikeness
from coalition.db.organisations import organisation_with_code
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.filters import ListFilter, ListPage
from coalition.domain.incidents import Facts, Indicator, PartialDate
from coalition.domain.profiles import profile, profile_for
from coalition.domain.readiness import OF_CONSENT, OF_FACTS, PROBABLE, SOUGHT, Lack, Standing, Tally, lacking, total
from coalition.domain.reviews import Decision, Step
from coalition.domain.submissions import outgoing
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.services import queue, readiness, text_index
from coalition.services.readiness import Board
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records

YEAR, RULE = 2024, profile_for(2024)
VARIANTS = (
    COMPLETE,
    facts(country=""),
    facts(offences=()),
    facts(offences=("hate_speech",), chosen_type=""),
    facts(motivations=()),
    facts(indicators=(Indicator("expression"),)),
    facts(sources=(), descriptions={"bg": "Беше бит."}),
    facts(narrative="", descriptions={}),
    facts(offences=("graffiti",), descriptions={}, date=PartialDate(YEAR)),
    without(Purpose.SHARE_COALITION),
    without(Purpose.ODIHR),
    without(Purpose.ODIHR, Purpose.SHARE_COALITION),
    facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset()),
    facts(basis="", consents=frozenset()),
    Facts(date=PartialDate(YEAR, 3)),
)
"""Every way in which the columns of a record can differ that the board asks of."""


def every_state_of_every_variant(coalition: Coalition) -> list[tuple[State, Facts]]:
    made = [(state, said) for state in State for said in VARIANTS]
    with coalition.work("operator") as work:
        member = organisation_with_code(work.session, "FIRST")
        assert member is not None
        new = (
            storage.NewIncident(member.id, None, state, said, work.now, submitted_at=work.now) for state, said in made
        )
        assert len(next(storage.insert_incidents(work.session, new))) == len(made)
    return made


def opened(coalition: Coalition, who: str, year: int | None = YEAR, member: str = "") -> Board:
    with coalition.reading(who) as work:
        return readiness.open_board(work, year, member)


def expected(made: list[tuple[State, Facts]]) -> Counter[Lack]:
    return Counter(lack for state, said in made for lack in lacking(said, state, RULE))


def shared(made: list[tuple[State, Facts]]) -> list[tuple[State, Facts]]:
    """Return what the coalition may see."""
    return [(state, said) for state, said in made if state is not State.DRAFT and said.allows(Purpose.SHARE_COALITION)]


def test_the_database_says_of_a_year_what_the_rule_says_of_each_record(any_coalition: Coalition):
    made = every_state_of_every_variant(any_coalition)
    for who, seen in (("lead", made), ("coordinator", shared(made))):
        board = opened(any_coalition, who)
        lacks = [lacking(said, state, RULE) for state, said in seen]
        assert dict(board.lacks) == expected(seen)
        assert board.total.incomplete == sum(1 for found in lacks if found.intersection(OF_FACTS))
        assert board.total.unconsented == sum(1 for found in lacks if found.intersection(OF_CONSENT))
        assert board.total.submitted == sum(1 for state, _said in seen if state is State.SUBMITTED)
    assert opened(any_coalition, "coordinator").total.drafts == 0, "of drafts the coalition learns nothing"
    assert opened(any_coalition, "lead").total.drafts == len(VARIANTS)


def test_every_number_leads_to_a_list_of_that_many(any_coalition: Coalition):
    every_state_of_every_variant(any_coalition)
    for who, state in (("coordinator", "all"), ("lead", "")):
        board = opened(any_coalition, who)
        numbers = {
            Standing.READY: board.total.ready,
            Standing.INCOMPLETE: board.total.incomplete,
            Standing.NO_CONSENT: board.total.unconsented,
            Standing.ALIKE: board.total.alike,
            **dict.fromkeys(Lack, 0),
            **dict(board.lacks),
        }
        assert set(numbers) == set(SOUGHT)
        with any_coalition.reading(who) as work:
            listed = {
                sought: queue.list_page(work, ListFilter(state=state, year=YEAR, readiness=sought)).total
                for sought in SOUGHT
            }
            of_month = queue.list_page(work, ListFilter(state=state, year=YEAR, month="unknown", readiness="ready"))
        assert listed == numbers
        (unknown,) = [line.tally for line in board.months if line.month is None]
        assert of_month.total == unknown.ready > 0


def test_what_is_ready_is_what_a_submission_would_hold_now(coalition: Coalition):
    every_state_of_every_variant(coalition)
    # Where the record that others are counted with may not leave, the next one stands for the incident.
    principal = records.in_state(coalition, State.ACCEPTED, without(Purpose.ODIHR))
    linked = records.in_state(coalition, State.SUBMITTED, who="second_worker")
    records.decide(coalition, linked, Decision(Step.LINK, {}, other=principal))
    with coalition.reading("coordinator") as work:
        for rule in (RULE, profile("national")):
            leaving = list(outgoing(storage.accepted_incidents(work.session, YEAR), YEAR, rule))
            assert total(counting.tallies(work.session, YEAR, rule).values()).ready == len(leaving) > 0


def test_members_and_months_add_up_and_one_member_can_be_looked_at(coalition: Coalition):
    records.in_state(coalition, State.ACCEPTED)
    records.in_state(coalition, State.SUBMITTED, facts(date=PartialDate(YEAR, 6, 2)))
    records.in_state(coalition, State.RETURNED, facts(date=PartialDate(YEAR, 6)), who="second_worker")
    board = opened(coalition, "coordinator")
    assert [(line.code, line.tally.ready, line.tally.submitted, line.tally.questions) for line in board.members] == [
        ("FIRST", 1, 1, 0),
        ("SECOND", 0, 0, 1),
    ]
    assert [line.month for line in board.months] == [5, 6], "a month without any record takes no room"
    assert board.empty_months == (1, 2, 3, 4, 7, 8, 9, 10, 11, 12)
    assert {line.month: line.tally.questions + line.tally.submitted for line in board.months if line.tally.waiting} == {
        6: 2
    }
    second = opened(coalition, "coordinator", member="second")
    assert (second.chosen.questions, second.chosen.submitted, second.total.submitted) == (1, 0, 1)
    with pytest.raises(NotFound):
        opened(coalition, "coordinator", member="NOWHERE")
    lead = opened(coalition, "lead", member="SECOND")
    assert (lead.members, lead.total.submitted, lead.total.questions) == ((), 1, 0), "a lead sees the own organisation"


def test_the_year_that_is_due_comes_first_and_days_are_counted(coalition: Coalition, clock: Clock):
    board = opened(coalition, "coordinator", year=None)
    assert (board.year, board.days_left, board.years) == (2025, 59, (2025,))
    assert (board.total, board.lacks, board.undated) == (Tally(), (), 0)
    records.begun(coalition, facts(date=None))
    assert opened(coalition, "lead").undated == 1
    assert opened(coalition, "coordinator").undated == 0
    clock.now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert opened(coalition, "coordinator", year=None).year == 2026
    late = opened(coalition, "coordinator", year=2025)
    assert (late.days_left, late.may_remind) == (-1, False)


@pytest.mark.parametrize("who", ["case_worker", "administrator", "auditor"])
def test_nobody_else_sees_a_board(coalition: Coalition, who: str):
    with pytest.raises(NotPermitted):
        opened(coalition, who)


def test_what_looks_like_another_record_is_found_in_the_background_and_told_to_reviewers_alone(coalition: Coalition):
    # Both are of one day, place and story; the second member's is the later one.
    records.in_state(coalition, State.ACCEPTED)
    twin = records.in_state(coalition, State.SUBMITTED, who="second_worker")
    apart = facts(date=PartialDate(YEAR, 11, 2), country="RO", region="", municipality="Cluj")
    records.in_state(coalition, State.SUBMITTED, apart)
    before = opened(coalition, "coordinator").total
    assert (before.alike, before.unlooked) == (0, 2), "what was not compared is said to be so"
    text_index.catch_up(coalition.runtime)
    assert readiness.compare_waiting(coalition.runtime, most=1) == 1
    assert readiness.compare_waiting(coalition.runtime) == 1
    assert readiness.compare_waiting(coalition.runtime) == 0
    after = opened(coalition, "coordinator").total
    assert (after.alike, after.unlooked) == (1, 0)
    with coalition.reading("coordinator") as work:
        (line,) = queue.list_page(work, ListFilter(state="all", year=YEAR, readiness=Standing.ALIKE)).lines
        assert line.reference == twin
        assert min(row.score for row in work.session.query(IncidentLikeness)) < PROBABLE
    with coalition.work("operator") as work:
        work.session.execute(update(Incident).where(Incident.reference == twin).values(version=Incident.version + 1))
    assert opened(coalition, "coordinator").total.unlooked == 1, "a changed record is compared anew"
    with coalition.reading("lead") as work:
        cells = counting.tallies(work.session, YEAR, RULE, work.actor.organisation)
        assert ListFilter.parse({"readiness": "alike"}, ListPage.INCIDENTS) == ListFilter()
    assert sum(tally.alike + tally.unlooked for tally in cells.values()) == 0
    assert opened(coalition, "lead").total == replace(opened(coalition, "lead").total, alike=0, unlooked=0)

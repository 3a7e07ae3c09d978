"""One thing done with many records: each judged by itself, none held up by another, nothing written over."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from coalition.db.audit import AuditEntry
from coalition.domain.bulk import Act, Obstacle
from coalition.domain.errors import NotPermitted
from coalition.domain.filters import ListFilter
from coalition.domain.vocabulary import State
from coalition.services import bulk, reviews, settings
from coalition.services.bulk import Asked, Outcome, Preview
from tests.conftest import Coalition
from tests.domain.samples import facts
from tests.services import records


def looked_at(coalition: Coalition, asked: Asked, references: Sequence[str], who: str = "coordinator") -> Preview:
    with coalition.reading(who) as work:
        return bulk.preview(work, asked, references)


def done(coalition: Coalition, asked: Asked, references: Sequence[str], who: str = "coordinator") -> Outcome:
    """Look at it, then do it with all that was looked at, whatever the preview says of it."""
    seen = looked_at(coalition, asked, references, who)
    with coalition.work(who) as work:
        return bulk.carry_out(work, asked, [(item.reference, item.version) for item in seen.items])


def states(coalition: Coalition, references: Sequence[str]) -> list[State]:
    return [records.read(coalition, reference).state for reference in references]


def entries(coalition: Coalition, action: str) -> int:
    with coalition.reading("operator") as work:
        return work.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def obstacles(seen: Preview) -> dict[str, Obstacle | None]:
    return {item.reference: item.obstacle for item in seen.items}


def test_what_does_not_fit_is_left_out_and_holds_up_nothing(any_coalition: Coalition):
    waiting = [records.in_state(any_coalition, State.SUBMITTED) for _ in range(2)]
    decided = records.in_state(any_coalition, State.ACCEPTED)
    draft = records.begun(any_coalition)
    chosen = [waiting[0], decided, draft, "AAAAA-AAAAA", waiting[1]]
    seen = looked_at(any_coalition, Asked(Act.TAKE), chosen)
    assert obstacles(seen) == {waiting[0]: None, decided: Obstacle.STATE, waiting[1]: None}
    assert states(any_coalition, waiting) == [State.SUBMITTED] * 2, "a preview changes nothing"
    before = entries(any_coalition, "incident.take")
    outcome = done(any_coalition, Asked(Act.TAKE), chosen)
    assert [reference for reference, _version in outcome.done] == waiting
    assert outcome.left_out == ((decided, Obstacle.STATE),)
    assert states(any_coalition, [*waiting, decided]) == [State.IN_REVIEW, State.IN_REVIEW, State.ACCEPTED]
    assert entries(any_coalition, "incident.take") == before + 2


def test_what_somebody_proposed_is_not_accepted_in_bulk(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    for wanted in (True, False):
        with coalition.work("operator") as work:
            settings.change(work, second_reviewer=wanted)
        if wanted:
            assert not records.decide(coalition, reference, records.REJECT)
        outcome = done(coalition, Asked(Act.ACCEPT), [reference])
        assert outcome.left_out == ((reference, Obstacle.SECOND),)


def test_what_was_taken_is_put_back_by_undoing(any_coalition: Coalition):
    waiting = [records.in_state(any_coalition, State.SUBMITTED) for _ in range(2)]
    outcome = done(any_coalition, Asked(Act.TAKE), waiting)
    assert outcome.undone_by is Act.PUT_BACK
    records.decide(any_coalition, waiting[1])
    with any_coalition.work("coordinator") as work:
        undone = bulk.carry_out(work, Asked(Act.PUT_BACK), outcome.done)
    assert undone.left_out == ((waiting[1], Obstacle.CHANGED),)
    assert states(any_coalition, waiting) == [State.SUBMITTED, State.ACCEPTED]


def test_what_somebody_changed_since_the_preview_is_left_out_and_named(any_coalition: Coalition):
    first, second = (records.in_state(any_coalition, State.SUBMITTED) for _ in range(2))
    seen = looked_at(any_coalition, Asked(Act.TAKE), [first, second])
    records.take(any_coalition, first)
    with any_coalition.work("coordinator") as work:
        reviews.put_back(work, first)
    with any_coalition.work("coordinator") as work:
        outcome = bulk.carry_out(work, Asked(Act.TAKE), [(item.reference, item.version) for item in seen.fitting])
    assert [reference for reference, _version in outcome.done] == [second]
    assert outcome.left_out == ((first, Obstacle.CHANGED),)


def test_a_record_that_fails_half_way_leaves_no_trace_of_itself(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    other = records.in_state(any_coalition, State.SUBMITTED)
    before = entries(any_coalition, "incident.take")
    asked = Asked(Act.COMMENT, text="x" * 100_000)
    outcome = done(any_coalition, asked, [reference, other])
    assert outcome.done == ()
    assert [obstacle for _reference, obstacle in outcome.left_out] == [Obstacle.INCOMPLETE] * 2
    assert entries(any_coalition, "incident.comment") == 0
    assert entries(any_coalition, "incident.take") == before


def test_assigning_gives_what_waits_to_one_reviewer(any_coalition: Coalition):
    waiting, taken = (records.in_state(any_coalition, State.SUBMITTED) for _ in range(2))
    records.take(any_coalition, taken)
    reviewer = any_coalition.people["coordinator"]
    outcome = done(any_coalition, Asked(Act.ASSIGN, reviewer=reviewer.reference), [waiting, taken])
    assert len(outcome.done) == 2
    with any_coalition.reading("coordinator") as work:
        assert [reviews.outline_review(work, reference).mine for reference in (waiting, taken)] == [True, True]


def test_a_comment_is_added_to_each_record(any_coalition: Coalition):
    handed_in = [records.in_state(any_coalition, State.ACCEPTED), records.in_state(any_coalition, State.SUBMITTED)]
    outcome = done(any_coalition, Asked(Act.COMMENT, text="Thank you for the dates."), handed_in)
    assert [reference for reference, _version in outcome.done] == handed_in
    for reference in handed_in:
        assert [item.text for item in records.read(any_coalition, reference).messages] == ["Thank you for the dates."]


def test_only_what_is_beyond_doubt_is_accepted(any_coalition: Coalition):
    clear = records.in_state(any_coalition, State.SUBMITTED, facts(country="DE", region=""))
    doubtful = [records.in_state(any_coalition, State.SUBMITTED, who=who) for who in ("case_worker", "second_worker")]
    seen = looked_at(any_coalition, Asked(Act.ACCEPT), [clear, *doubtful])
    assert obstacles(seen) == {clear: None, doubtful[0]: Obstacle.TESTS, doubtful[1]: Obstacle.TESTS}
    outcome = done(any_coalition, Asked(Act.ACCEPT), [clear, *doubtful])
    assert [reference for reference, _version in outcome.done] == [clear]
    assert states(any_coalition, [clear, doubtful[0]]) == [State.ACCEPTED, State.SUBMITTED]
    with any_coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    third = records.in_state(any_coalition, State.SUBMITTED, facts(country="FR", region=""))
    assert obstacles(looked_at(any_coalition, Asked(Act.ACCEPT), [third])) == {third: Obstacle.SECOND}


def test_drafts_get_an_answer_more_and_lose_none(any_coalition: Coalition):
    bare = records.begun(any_coalition, facts(region="", motivations=("anti_roma",)))
    said = records.begun(any_coalition, facts(region="BG-16", motivations=("anti_semitic",)))
    sent = records.in_state(any_coalition, State.SUBMITTED)
    everything = [bare, said, sent]
    outcome = done(any_coalition, Asked(Act.MOTIVATION, code="anti_semitic"), everything, "lead")
    assert outcome.left_out == ((said, Obstacle.SAID), (sent, Obstacle.STATE))
    assert set(records.read(any_coalition, bare).facts.motivations) == {"anti_roma", "anti_semitic"}
    outcome = done(any_coalition, Asked(Act.REGION, code="BG-22"), everything, "lead")
    assert outcome.left_out == ((said, Obstacle.SAID), (sent, Obstacle.STATE))
    assert [records.read(any_coalition, reference).facts.region for reference in (bare, said)] == ["BG-22", "BG-16"]


def test_an_incomplete_draft_keeps_no_complete_one_from_being_submitted(any_coalition: Coalition):
    complete, incomplete = records.begun(any_coalition), records.begun(any_coalition, facts(date=None))
    outcome = done(any_coalition, Asked(Act.SUBMIT), [incomplete, complete], "lead")
    assert outcome.left_out == ((incomplete, Obstacle.INCOMPLETE),)
    assert states(any_coalition, [complete, incomplete]) == [State.SUBMITTED, State.DRAFT]
    assert outcome.undone_by is Act.WITHDRAW
    with any_coalition.work("lead") as work:
        bulk.carry_out(work, Asked(Act.WITHDRAW), outcome.done)
    assert states(any_coalition, [complete]) == [State.DRAFT]


def test_a_case_worker_changes_their_own_drafts_and_nobody_another_members(any_coalition: Coalition):
    own, leads = records.begun(any_coalition), records.begun(any_coalition, who="lead")
    foreign = records.begun(any_coalition, who="second_worker")
    asked = Asked(Act.MOTIVATION, code="anti_semitic")
    assert obstacles(looked_at(any_coalition, asked, [own, leads, foreign], "case_worker")) == {
        own: None,
        leads: Obstacle.NOT_YOURS,
    }
    with any_coalition.work("lead") as work:
        outcome = bulk.carry_out(work, asked, [(foreign, 1)])
    assert outcome.left_out == ((foreign, Obstacle.GONE),)
    assert records.read(any_coalition, foreign, "second_worker").facts.motivations == ("anti_roma",)


def test_everything_that_a_filter_lets_through_is_looked_at_up_to_a_bound(
    any_coalition: Coalition, monkeypatch: pytest.MonkeyPatch
):
    records.in_state(any_coalition, State.SUBMITTED, facts(country="DE", region=""))
    wanted = [records.in_state(any_coalition, State.SUBMITTED) for _ in range(3)]
    chosen = ListFilter(state="submitted", country="BG")
    with any_coalition.reading("coordinator") as work:
        seen = bulk.preview_of_list(work, Asked(Act.TAKE), chosen)
        assert ([item.reference for item in seen.items], seen.total) == (wanted, 3)
        monkeypatch.setattr(bulk, "most_of", lambda _act: 2)
        seen = bulk.preview_of_list(work, Asked(Act.TAKE), chosen)
        assert ([item.reference for item in seen.items], seen.total) == (wanted[:2], 3)


def test_nobody_does_what_is_not_offered_on_their_list(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    for who, act in (
        ("lead", Act.ACCEPT),
        ("case_worker", Act.TAKE),
        ("coordinator", Act.SUBMIT),
        ("coordinator", Act.WITHDRAW),
        ("administrator", Act.TAKE),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            bulk.carry_out(work, Asked(act), [(reference, 2)])
    assert records.read(coalition, reference).state is State.SUBMITTED

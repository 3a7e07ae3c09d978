"""Candidates: which records may be about one incident, and what each person is shown of them."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from coalition.db import incidents as storage
from coalition.db.audit import AuditEntry
from coalition.domain.duplicates import Reason
from coalition.domain.errors import NotFound, NotPermitted, OverBudget
from coalition.domain.incidents import Indicator, PartialDate, Victims
from coalition.domain.throttling import BUDGETS, Use
from coalition.domain.vocabulary import State
from coalition.i18n.labels import FIXED
from coalition.services import audit, consents, duplicates, text_index
from coalition.services.duplicates import Candidate
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE
from tests.services import records

OURS = replace(
    COMPLETE,
    date=PartialDate(2024, 5, 17),
    municipality="Пловдив",
    region="BG-16",
    offences=("arson",),
    motivations=("anti_muslim",),
    narrative="Двама хвърлиха седем коктейла „Молотов“ по джамията и тя пламна. Имамът Исмет ги видял.",
    descriptions={"bg": "Запалителни бутилки са хвърлени по джамия.", "en": "A mosque was set on fire."},
)
THEIRS = replace(
    OURS,
    date=PartialDate(2024, 5, 18),
    municipality="Plovdiv",
    narrative="Seven Molotov cocktails were thrown at the mosque, which burned. The imam, Ismet, saw two men.",
    descriptions={"en": "Two men set a mosque on fire with Molotov cocktails."},
)
OTHER = replace(
    COMPLETE,
    date=PartialDate(2024, 5, 20),
    municipality="Варна",
    region="BG-03",
    motivations=("anti_lgbti",),
    narrative="В трамвая обиждаха и удряха гей двойка.",
    descriptions={"en": "A gay couple was beaten on a tram."},
    indicators=(Indicator("expression", "Викали „обратни“.", "witness"),),
    victims=(Victims("person", 2, "man", "adult", "member"),),
)


def asked(coalition: Coalition, reference: str, who: str = "coordinator") -> tuple[Candidate, ...]:
    with coalition.work(who) as work:
        return duplicates.candidates(work, reference)


def submitted(coalition: Coalition, facts: object, who: str = "case_worker") -> str:
    return records.in_state(coalition, State.SUBMITTED, facts, who)  # type: ignore[arg-type] - facts


def put_in_state(coalition: Coalition, reference: str, **values: object) -> None:
    """Set what helpers of other tests take many steps to reach."""
    with coalition.work("operator") as work:
        row = storage.incident_with_reference(work.session, reference)
        assert row is not None
        work.session.execute(
            update(storage.Incident)
            .where(storage.Incident.id == row.id)
            .values(version=row.version + 1, changed_at=work.now, **values)
        )


def test_the_coordinator_is_shown_the_same_attack_in_another_language_first(any_coalition: Coalition):
    reference = submitted(any_coalition, OURS)
    theirs = submitted(any_coalition, THEIRS, "second_worker")
    submitted(any_coalition, OTHER, "second_worker")
    best, *others = asked(any_coalition, reference)
    assert (best.reference, best.organisation.main) == (theirs, "Second Member")
    assert best.score > 0.8
    assert set(best.reasons) >= {Reason.NEAR_IN_TIME, Reason.SAME_PLACE, Reason.SAME_MOTIVATION, Reason.SIMILAR_TEXT}
    assert (best.date, best.municipality, best.state) == ("2024-05-18", "Plovdiv", State.SUBMITTED)
    assert others == []


def test_it_works_in_both_directions(coalition: Coalition):
    reference, theirs = submitted(coalition, OURS), submitted(coalition, THEIRS, "second_worker")
    assert [item.reference for item in asked(coalition, theirs)] == [reference]


def test_a_member_sees_of_another_members_record_what_asking_needs_and_no_more(coalition: Coalition):
    reference, _theirs = records.begun(coalition, OURS), submitted(coalition, THEIRS, "second_worker")
    (found,) = asked(coalition, reference, "case_worker")
    assert found.organisation.main == "Second Member"
    assert (found.date, found.region, found.motivations) == ("2024-05-18", "BG-16", ("anti_muslim",))
    assert (found.reference, found.municipality, found.state, found.linked) == ("", "", None, False)


def test_what_another_member_keeps_to_itself_decides_nothing(coalition: Coalition):
    """Nobody finds out what is in another member's narrative by writing records and looking at the scores."""
    reference = records.begun(coalition, OURS)
    theirs = submitted(coalition, THEIRS, "second_worker")
    (before,) = asked(coalition, reference, "case_worker")
    records.withdraw(coalition, theirs, "second_worker")
    records.save(coalition, theirs, "second_worker", narrative="Nothing of the kind.", municipality="Бургас", impact="")
    records.submit(coalition, theirs, "second_worker")
    (after,) = asked(coalition, reference, "case_worker")
    assert (after.score, after.reasons) == (before.score, before.reasons)
    assert Reason.SAME_PLACE not in before.reasons


def test_a_member_sees_its_own_records_as_such(coalition: Coalition):
    reference, own = records.begun(coalition, OURS), records.begun(coalition, THEIRS, "lead")
    (found,) = asked(coalition, reference, "case_worker")
    assert (found.reference, found.municipality, found.state) == (own, "Plovdiv", State.DRAFT)


def test_drafts_and_what_is_not_shared_are_nobody_elses_business(coalition: Coalition):
    reference = submitted(coalition, OURS)
    records.begun(coalition, THEIRS, "second_worker")
    kept = submitted(coalition, THEIRS, "second_worker")
    with coalition.work("second_worker") as work:
        consents.withdraw_consent(work, kept, ("share_coalition",))
    assert asked(coalition, reference) == ()
    assert asked(coalition, reference, "case_worker") == ()


def test_whoever_may_not_read_a_record_may_not_compare_it(coalition: Coalition):
    reference = records.begun(coalition, OURS)
    for who in ("second_worker", "coordinator", "administrator", "auditor"):
        with pytest.raises(NotFound):
            asked(coalition, reference, who)
    with pytest.raises(NotFound):
        asked(coalition, "NONE0-00000")


def test_rejected_records_and_those_counted_together_are_left_out(coalition: Coalition):
    reference = submitted(coalition, OURS)
    rejected, linked = (submitted(coalition, THEIRS, "second_worker") for _ in range(2))
    assert {item.reference for item in asked(coalition, reference)} == {rejected, linked}
    put_in_state(coalition, rejected, state=State.REJECTED.value)
    with coalition.reading("operator") as work:
        own = storage.id_of_reference(work.session, reference)
    put_in_state(coalition, linked, state=State.DUPLICATE.value, same_as_id=own)
    assert asked(coalition, reference) == ()
    assert asked(coalition, linked) == ()


def test_a_record_counted_with_a_third_one_is_still_named(coalition: Coalition):
    third, linked = submitted(coalition, OURS, "second_worker"), submitted(coalition, THEIRS, "second_worker")
    with coalition.reading("operator") as work:
        head = storage.id_of_reference(work.session, third)
    put_in_state(coalition, linked, state=State.DUPLICATE.value, same_as_id=head)
    found = {item.reference: item.linked for item in asked(coalition, submitted(coalition, OURS))}
    assert found == {third: False, linked: True}


def test_equal_records_are_candidates_and_stay_as_they_are(coalition: Coalition):
    """819 rows of ODIHR's export are equal to another one and are different incidents."""
    made = [submitted(coalition, OURS) for _ in range(3)]
    for reference in made:
        assert {item.reference for item in asked(coalition, reference)} == set(made) - {reference}
    with coalition.reading("operator") as work:
        rows = [storage.incident_with_reference(work.session, reference) for reference in made]
        assert {(row.state, row.same_as_id) for row in rows if row} == {("submitted", None)}


def test_the_best_come_first_and_no_more_than_asked_for(coalition: Coalition):
    reference = submitted(coalition, OURS)
    for day in (17, 18, 25, 30):
        submitted(coalition, replace(THEIRS, date=PartialDate(2024, 5, day)), "second_worker")
    found = asked(coalition, reference)
    assert [item.date for item in found] == ["2024-05-17", "2024-05-18", "2024-05-25", "2024-05-30"]
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    with coalition.work("coordinator") as work:
        assert duplicates.candidates(work, reference, 2) == found[:2]


def test_an_unsaved_index_does_not_matter(coalition: Coalition, monkeypatch: pytest.MonkeyPatch):
    """Also a record that is not in the index yet is compared, with what is there."""
    submitted(coalition, THEIRS, "second_worker")
    text_index.catch_up(coalition.runtime)
    monkeypatch.setattr(text_index, "catch_up", lambda _runtime, **_how: 1)
    assert len(asked(coalition, submitted(coalition, OURS))) == 1


def test_a_record_without_a_date_has_no_candidates(coalition: Coalition):
    submitted(coalition, THEIRS, "second_worker")
    assert asked(coalition, records.begun(coalition, replace(OURS, date=None)), "case_worker") == ()


def test_a_member_that_compares_is_counted_and_written_into_the_log(coalition: Coalition):
    reference = records.begun(coalition, OURS)
    submitted(coalition, THEIRS, "second_worker")
    asked(coalition, reference, "case_worker")
    with coalition.reading("auditor") as work:
        entry = work.session.query(AuditEntry).filter_by(action="incident.compare").one()
    assert (entry.actor, entry.details) == (coalition.people["case_worker"].id, {"found": 1})
    with coalition.work("case_worker") as work:
        for _ in range(BUDGETS[Use.COMPARE] - 1):
            audit.record(work, "incident.compare", "incident", "another", found=0)
    with pytest.raises(OverBudget):
        asked(coalition, reference, "case_worker")


def all_of(coalition: Coalition) -> dict[str, tuple[str, ...]]:
    with coalition.work("operator") as work:
        return {
            reference: tuple(item.reference for item in found)
            for reference, found in duplicates.candidates_of_all(work)
        }


def test_the_command_line_compares_every_record_as_its_own_readers_would(any_coalition: Coalition):
    shared, theirs = submitted(any_coalition, OURS), submitted(any_coalition, THEIRS, "second_worker")
    draft, other = records.begun(any_coalition, OURS), records.begun(any_coalition, OTHER, "second_worker")
    found = all_of(any_coalition)
    assert set(found[shared]) == {theirs, draft}
    assert found[theirs] == (shared,)
    assert set(found[draft]) == {shared, theirs}
    assert found[other] == ()
    with any_coalition.work("operator") as work:
        one = duplicates.candidates(work, theirs)
    assert tuple(item.reference for item in one) == found[theirs]


def test_only_the_command_line_compares_everything(coalition: Coalition):
    for who in ("coordinator", "lead", "administrator"):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            list(duplicates.candidates_of_all(work))


def test_rejected_records_are_not_compared_by_the_command_line(coalition: Coalition):
    rejected = submitted(coalition, OURS)
    put_in_state(coalition, rejected, state=State.REJECTED.value)
    assert rejected not in all_of(coalition)


def test_every_reason_has_words():
    assert set(FIXED["likeness_reasons"]) == set(Reason)

"""Narrowing a list: what each part lets through, what is kept of it, for whom, and for how long."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from coalition.db.audit import AuditEntry
from coalition.db.filters import SavedFilter
from coalition.db.incidents import Incident
from coalition.domain.errors import AlreadyExists, NotFound, NotPermitted, UnusableName
from coalition.domain.filters import ME, NOBODY, UNCHECKED, ListFilter
from coalition.domain.incidents import PartialDate
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.services import accounts, filters, messages, queue, settings
from coalition.services.queue import ListView
from tests.conftest import PASSWORD, Clock, Coalition
from tests.domain.samples import facts, without
from tests.services import records


def listed(coalition: Coalition, who: str = "coordinator", number: int = 1, **chosen: object) -> ListView:
    with coalition.reading(who) as work:
        return queue.list_page(work, ListFilter(**chosen), number)  # type: ignore[arg-type]


def found(coalition: Coalition, who: str = "coordinator", **chosen: object) -> list[str]:
    return [line.reference for line in listed(coalition, who, **chosen).lines]


def second_coordinator(coalition: Coalition) -> None:
    with coalition.work("operator") as work:
        coalition.people["other_coordinator"] = accounts.create_account(
            work,
            email="other@example.org",
            name="Other Coordinator",
            role=Role.COORDINATOR,
            organisation_code=None,
            password=PASSWORD,
        )


def test_each_part_of_a_filter_lets_through_what_it_says(any_coalition: Coalition, clock: Clock):
    taken = records.in_state(any_coalition, State.SUBMITTED)
    records.take(any_coalition, taken)
    other = records.in_state(
        any_coalition,
        State.SUBMITTED,
        facts(date=PartialDate(2023, 4), country="DE", region="", motivations=("anti_semitic", "anti_muslim")),
        who="second_worker",
    )
    decided = records.in_state(any_coalition, State.ACCEPTED, facts(offences=("threats",)))
    cases = [
        ({}, {taken, other, decided}),
        ({"state": "in_review"}, {taken}),
        ({"year": 2023}, {other}),
        ({"organisation": "SECOND"}, {other}),
        ({"organisation": "NOWHERE"}, set()),
        ({"country": "DE"}, {other}),
        ({"type": "threat"}, {decided}),
        ({"motivation": "anti_muslim"}, {other}),
        ({"reviewer": NOBODY}, {other}),
        ({"reviewer": "AAAAA-AAAAA"}, set()),
        ({"verification": UNCHECKED}, {taken, other}),
        ({"verification": "unverified"}, {decided}),
        ({"country": "BG", "motivation": "anti_roma"}, {taken, decided}),
    ]
    for chosen, wanted in cases:
        assert set(found(any_coalition, **chosen)) == wanted, chosen
    assert taken in found(any_coalition, reviewer=ME)
    assert taken in found(any_coalition, reviewer=any_coalition.people["coordinator"].reference)
    assert found(any_coalition, overdue=True) == []
    clock.now += timedelta(days=60)
    assert taken in found(any_coalition, overdue=True)
    assert decided not in found(any_coalition, overdue=True)


def test_what_is_late_has_a_question_or_waits_for_a_second_person_can_be_found(any_coalition: Coalition):
    late = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("operator") as work:
        work.session.execute(update(Incident).where(Incident.reference == late).values(late=True))
    assert found(any_coalition, late=True) == [late]
    returned = records.in_state(any_coalition, State.RETURNED)
    asked = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("coordinator") as work:
        question = messages.ask(work, asked, "Which street was it?")
    assert set(found(any_coalition, question=True)) == {returned, asked}
    assert set(found(any_coalition, "case_worker", question=True)) == {returned, asked}
    with any_coalition.work("case_worker") as work:
        messages.answer(work, asked, question, "Main street.")
    assert found(any_coalition, question=True) == [returned]


def test_a_proposal_that_waits_can_be_found_until_it_is_settled(any_coalition: Coalition):
    second_coordinator(any_coalition)
    with any_coalition.work("operator") as work:
        settings.change(work, second_reviewer=True)
    reference = records.in_state(any_coalition, State.SUBMITTED)
    other = records.in_state(any_coalition, State.SUBMITTED, who="second_worker")
    reject = Decision(Step.REJECT, {}, reason="not_criminal", text="No law is broken.")
    assert not records.decide(any_coalition, reference, reject)
    assert found(any_coalition, second=True) == [reference]
    assert records.decide(any_coalition, reference, reject, "other_coordinator")
    assert found(any_coalition, second=True) == []
    assert other in found(any_coalition)


def test_the_counts_are_of_the_same_filter_in_every_state(any_coalition: Coalition):
    records.in_state(any_coalition, State.SUBMITTED)
    records.in_state(any_coalition, State.ACCEPTED)
    records.in_state(any_coalition, State.SUBMITTED, facts(country="DE", region=""), who="second_worker")
    seen = listed(any_coalition, state="submitted", country="BG")
    assert (seen.total, len(seen.lines)) == (1, 1)
    assert {state: number for state, number in seen.counts.items() if number} == {"submitted": 1, "accepted": 1}
    assert listed(any_coalition, country="BG").total == 2


def test_words_find_only_what_the_reader_may_see(any_coalition: Coalition):
    own = records.in_state(any_coalition, State.SUBMITTED, facts(narrative="Камък разби прозореца на синагогата."))
    foreign = records.in_state(
        any_coalition, State.SUBMITTED, facts(narrative="A stone broke the synagogue window."), who="second_worker"
    )
    draft = records.begun(any_coalition, facts(narrative="Надпис по синагога."))
    unshared = records.in_state(any_coalition, State.RETURNED, facts(narrative="Камъни по дом."))
    records.save(any_coalition, unshared, consents=without(Purpose.SHARE_COALITION).consents)
    assert found(any_coalition, words="камък") == [own]
    assert set(found(any_coalition, "case_worker", words="синагогите")) == {own, draft}
    assert foreign not in found(any_coalition, "case_worker", words="stone")
    assert found(any_coalition, words="windows") == [foreign]
    assert found(any_coalition, words="stone", country="DE") == []
    assert found(any_coalition, "second_worker", words="камък") == []


def test_that_somebody_searched_is_in_the_log_and_what_for_is_not(coalition: Coalition):
    records.in_state(coalition, State.SUBMITTED, facts(narrative="Камък."))
    found(coalition, words="камък")
    with coalition.reading("operator") as work:
        entries = select(AuditEntry).where(AuditEntry.action == "incident.search")
        assert [entry.details for entry in work.session.scalars(entries)] == [{"list": "reviews", "found": 1}]


def test_a_reference_typed_whole_leads_to_the_record_of_ones_own_list_alone(any_coalition: Coalition):
    shared, draft = records.in_state(any_coalition, State.ACCEPTED), records.begun(any_coalition)
    for who, reference, wanted in (
        ("coordinator", shared, shared),
        ("coordinator", draft, ""),
        ("case_worker", draft.lower(), draft),
        ("second_worker", shared, ""),
    ):
        with any_coalition.reading(who) as work:
            assert filters.reference_found(work, ListFilter(words=reference)) == wanted


def test_a_filter_is_kept_sealed_for_its_maker_alone_and_goes_after_a_day(any_coalition: Coalition, clock: Clock):
    second_coordinator(any_coalition)
    wanted = ListFilter(country="BG", words="Иван Примерен")
    with any_coalition.work("coordinator") as work:
        reference = filters.keep_filter(work, wanted)
    with any_coalition.reading("coordinator") as work:
        assert filters.open_filter(work, reference).wanted == wanted
        row = work.session.scalars(select(SavedFilter)).one()
        assert "Иван".encode() not in row.content
        assert b"BG" not in row.content
        assert filters.saved_filters(work) == ()
    for who in ("other_coordinator", "case_worker", "lead"):
        with any_coalition.reading(who) as work, pytest.raises(NotFound):
            filters.open_filter(work, reference)
    clock.now += timedelta(hours=25)
    with any_coalition.reading("coordinator") as work:
        with pytest.raises(NotFound):
            filters.open_filter(work, reference)
        assert filters.has_expired(work)
    with any_coalition.work("operator") as work:
        filters.forget_expired(work)
        assert work.session.scalars(select(SavedFilter)).all() == []


def test_a_named_filter_stays_and_is_shared_with_colleagues_only(any_coalition: Coalition, clock: Clock):
    second_coordinator(any_coalition)
    with any_coalition.work("case_worker") as work:
        reference = filters.name_filter(work, ListFilter(state="draft", words="камък"), " My  drafts ", shared=True)
    with any_coalition.work("coordinator") as work:
        mine = filters.name_filter(work, ListFilter(reviewer=ME), "Mine")
    clock.now += timedelta(days=90)
    with any_coalition.reading("lead") as work:
        (view,) = filters.saved_filters(work)
        assert (view.name, view.own, view.by) == ("My drafts", False, "Case Worker")
        assert filters.open_filter(work, reference).wanted.words == "камък"
    for who, hidden in (("second_worker", reference), ("coordinator", reference), ("other_coordinator", mine)):
        with any_coalition.reading(who) as work, pytest.raises(NotFound):
            filters.open_filter(work, hidden)
    with any_coalition.work("coordinator") as work:
        filters.change_filter(work, mine, "Ours", shared=True)
    with any_coalition.reading("other_coordinator") as work:
        assert [view.name for view in filters.saved_filters(work)] == ["Ours"]


def test_only_its_maker_changes_or_removes_a_filter(any_coalition: Coalition):
    with any_coalition.work("case_worker") as work:
        reference = filters.name_filter(work, ListFilter(state="draft"), "Drafts", shared=True)
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        filters.change_filter(work, reference, "Taken", shared=False)
    with pytest.raises(NotFound), any_coalition.work("lead") as work:
        filters.remove_filter(work, reference)
    with any_coalition.work("case_worker") as work:
        filters.remove_filter(work, reference)
    for who in ("case_worker", "lead"):
        with any_coalition.reading(who) as work, pytest.raises(NotFound):
            filters.open_filter(work, reference)


def test_a_name_is_needed_and_used_once(coalition: Coalition):
    with coalition.work("lead") as work:
        reference = filters.name_filter(work, ListFilter(state="draft"), "Drafts")
        for name in ("", "   ", "x" * 81):
            with pytest.raises(UnusableName):
                filters.name_filter(work, ListFilter(), name)
        with pytest.raises(AlreadyExists):
            filters.name_filter(work, ListFilter(), "drafts")
        filters.change_filter(work, reference, "Drafts", shared=True)


def test_whoever_sees_no_list_narrows_none(coalition: Coalition):
    for who in ("administrator", "auditor", "operator"):
        for act in (
            filters.saved_filters,
            lambda work: filters.keep_filter(work, ListFilter()),
            lambda work: queue.list_page(work, ListFilter()),
            lambda work: queue.neighbours(work, ListFilter(), "AAAAA-AAAAA"),
        ):
            with pytest.raises(NotPermitted), coalition.reading(who) as work:
                act(work)


def test_one_goes_from_record_to_record_of_a_list(any_coalition: Coalition, clock: Clock):
    references = []
    for _number in range(3):
        references.append(records.in_state(any_coalition, State.SUBMITTED))
        clock.now += timedelta(hours=1)
    records.in_state(any_coalition, State.SUBMITTED, facts(country="DE", region=""))

    def beside(reference: str, **chosen: object) -> tuple[str, str]:
        with any_coalition.reading("coordinator") as work:
            seen = queue.neighbours(work, ListFilter(**chosen), reference)  # type: ignore[arg-type]
            return seen.before, seen.after

    first, second, third = references
    assert beside(first, state="submitted", country="BG") == ("", second)
    assert beside(second, state="submitted", country="BG") == (first, third)
    assert beside(third, state="submitted", country="BG") == (second, "")
    records.decide(any_coalition, second)
    assert beside(second, state="submitted", country="BG") == (first, third)
    assert beside("AAAAA-AAAAA") == ("", "")


def test_every_page_of_a_long_list_is_the_same_read_from_either_end(any_coalition: Coalition, clock: Clock):
    for _number in range(53):
        records.in_state(any_coalition, State.SUBMITTED)
        clock.now += timedelta(minutes=1)
    for state in ("submitted", "all"):
        pages = [listed(any_coalition, number=number, state=state).lines for number in (1, 2, 3)]
        assert [len(lines) for lines in pages] == [25, 25, 3]
        moments = [line.changed_at for lines in pages for line in lines]
        assert moments == sorted(moments, reverse=state == "all")
        assert len({line.reference for lines in pages for line in lines}) == 53

"""Every change of a record's facts is kept, by whom and when, and a late save meets what others saved."""

import ast
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import coalition as product
from coalition.db import history as storage
from coalition.db import incidents as incident_storage
from coalition.db.history import IncidentChange
from coalition.db.messages import Message, add_message
from coalition.domain.disclosure import Audience
from coalition.domain.errors import ChangedMeanwhile, NotFound, NotPermitted
from coalition.domain.history import SITTING, Change, Side, replay
from coalition.domain.incidents import Facts, Need
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents, follow_ups, history, incidents, readers
from coalition.services.history import ChangeView, HistoryPage
from coalition.services.incident_views import StepView
from coalition.services.resealing import reseal
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE
from tests.services import records

LATER = SITTING + timedelta(minutes=1)


def changes(coalition: Coalition, reference: str) -> list[Change]:
    """Return the changes that are kept of a record, the first one first."""
    with coalition.reading("lead") as work:
        identity = incident_storage.id_of_reference(work.session, reference) or ""
        rows = storage.changes_since(work.session, identity)
        return [storage.change_of(work.session, row) for row in reversed(rows)]


def facts(coalition: Coalition, reference: str) -> Facts:
    """Return what the rows of a record say."""
    with coalition.reading("lead") as work:
        incident = incident_storage.incident_with_reference(work.session, reference)
        assert incident is not None
        return incident_storage.facts_of(incident)


def replayed(coalition: Coalition, reference: str) -> Facts:
    """Return what the history of a record leads to, from nothing."""
    return replay(Facts(), changes(coalition, reference))


# --- keeping -----------------------------------------------------------------------------------------------


def test_nothing_but_the_history_changes_facts() -> None:
    root = Path(product.__file__).parent
    users = {
        module.relative_to(root).as_posix()
        for module in root.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "store_facts"
    }
    assert users == {"services/history.py"}


def test_the_history_replays_to_the_present_whatever_is_done(any_coalition: Coalition, clock: Clock) -> None:
    reference = records.begun(any_coalition)
    clock.now += LATER
    records.save(any_coalition, reference, "lead", narrative="Нов разказ.", needs=())
    records.save(any_coalition, reference, "case_worker", descriptions={"en": "  ", "bg": "Текст"}, victims=())
    records.submit(any_coalition, reference)
    with any_coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, [Purpose.PUBLISH.value])
    kept = changes(any_coalition, reference)
    assert replay(Facts(), kept) == facts(any_coalition, reference)
    assert [change.first_version for change in kept] == [0, 1, 2, 4]
    assert kept[-1].differing == ("consents",)
    assert kept[2].fields["descriptions"].new == {"bg": "Текст"}, "as the rows have it"


def test_asking_again_is_a_change_of_the_record(coalition: Coalition, clock: Clock) -> None:
    due = replace(COMPLETE, needs=(Need("medical"), Need("legal", follow_up=date(2026, 3, 2))))
    reference = records.begun(coalition, due)
    clock.now += LATER
    with coalition.work("lead") as work:
        follow_ups.asked_again(work, reference, 1)
    (_begun, asked) = changes(coalition, reference)
    assert asked.differing == ("needs",)
    assert replayed(coalition, reference).needs == (Need("medical"), Need("legal"))
    with pytest.raises(NotFound), coalition.work("lead") as work:
        follow_ups.asked_again(work, reference, 2)


def test_saves_of_one_person_in_one_sitting_are_one_change(coalition: Coalition, clock: Clock) -> None:
    reference = records.begun(coalition)
    clock.now += LATER
    for number in range(5):
        clock.now += timedelta(seconds=3)
        records.save(coalition, reference, municipality=f"Дол {number}", weapon="blade" if number < 4 else "object")
    (_begun, change) = changes(coalition, reference)
    assert (change.first_version, change.version) == (1, 6)
    assert change.differing == ("municipality",), "what is back where it was drops out"
    assert (change.fields["municipality"].old, change.fields["municipality"].new) == ("Столична", "Дол 4")
    clock.now += SITTING
    records.save(coalition, reference, municipality="Връх")
    assert len(changes(coalition, reference)) == 3


def test_whatever_somebody_else_does_in_between_ends_a_sitting(coalition: Coalition, clock: Clock) -> None:
    reference = records.begun(coalition, who="lead")
    clock.now += timedelta(seconds=3)
    records.save(coalition, reference, "lead", municipality="Дол")
    assert len(changes(coalition, reference)) == 1
    with coalition.work("coordinator") as work:
        identity = incident_storage.id_of_reference(work.session, reference) or ""
        row = Message(incident_id=identity, kind="comment", actor_id=work.actor.id, at=work.now)
        add_message(work.session, row, "?")
    records.save(coalition, reference, "lead", municipality="Дол 2")
    assert len(changes(coalition, reference)) == 2
    clock.now += timedelta(seconds=3)
    records.submit(coalition, reference, "lead")
    records.withdraw(coalition, reference, "lead")
    records.save(coalition, reference, "lead", municipality="Дол 3")
    assert len(changes(coalition, reference)) == 3


def test_a_history_is_sealed_and_goes_with_its_record(coalition: Coalition) -> None:
    reference = records.begun(coalition, who="lead")
    records.save(coalition, reference, "lead", narrative="КАНАРЧЕ")
    with coalition.reading("lead") as work:
        stored = list(work.session.scalars(select(IncidentChange.content)))
    assert len(stored) == 1
    assert "КАНАРЧЕ".encode() not in stored[0]
    assert b"narrative" not in stored[0]
    with coalition.work("lead") as work:
        incidents.discard_draft(work, reference, records.read(coalition, reference, "lead").version)
    with coalition.reading("lead") as work:
        assert not list(work.session.scalars(select(IncidentChange)))


def test_renewed_keys_open_the_history_too(coalition: Coalition) -> None:
    reference = records.begun(coalition)
    before = changes(coalition, reference)
    with coalition.reading("lead") as work:
        sealed = list(work.session.scalars(select(IncidentChange.content)))
    assert reseal(coalition.runtime, [reference]).subjects == 1
    assert changes(coalition, reference) == before
    with coalition.reading("lead") as work:
        assert list(work.session.scalars(select(IncidentChange.content))) != sealed


# --- two at once -------------------------------------------------------------------------------------------


def saved_late(coalition: Coalition, reference: str, version: int, **answers: object) -> int:
    """Save answers that were typed on top of an earlier version."""
    with coalition.work("case_worker") as work:
        return incidents.save_incident(work, reference, version, answers)


def test_a_late_save_keeps_what_nobody_else_changed(coalition: Coalition) -> None:
    reference = records.begun(coalition)
    records.save(coalition, reference, "lead", narrative="Другият")
    assert saved_late(coalition, reference, 1, municipality="Дол") == 3
    assert (facts(coalition, reference).narrative, facts(coalition, reference).municipality) == ("Другият", "Дол")


def test_a_late_save_of_the_same_answer_is_no_conflict(coalition: Coalition) -> None:
    reference = records.begun(coalition)
    records.save(coalition, reference, "lead", narrative="Еднакво")
    assert saved_late(coalition, reference, 1, narrative="Еднакво", weapon="blade") == 3


@pytest.mark.parametrize("answers", [{"narrative": "Мое"}, {"narrative": COMPLETE.narrative, "weapon": "blade"}])
def test_a_late_save_over_what_others_changed_overwrites_nothing(
    coalition: Coalition, answers: dict[str, object]
) -> None:
    reference = records.begun(coalition)
    records.save(coalition, reference, "lead", narrative="Другият")
    with pytest.raises(ChangedMeanwhile):
        saved_late(coalition, reference, 1, **answers)
    assert facts(coalition, reference) == replace(COMPLETE, narrative="Другият")


@pytest.mark.parametrize("version", [0, -1, 99])
def test_a_save_that_saw_no_version_there_ever_was_conflicts_with_everything_that_differs(
    coalition: Coalition, version: int
) -> None:
    reference = records.begun(coalition)
    with pytest.raises(ChangedMeanwhile):
        saved_late(coalition, reference, version, municipality="Дол")
    assert facts(coalition, reference) == COMPLETE


def conflict(coalition: Coalition, reference: str, version: int, **answers: object) -> history.Conflict:
    with coalition.reading("case_worker") as work:
        return history.open_conflict(work, reference, version, answers)


def test_a_conflict_says_what_it_was_who_changed_it_and_what_is_chosen_already(
    coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition)
    clock.now += LATER
    records.save(coalition, reference, "lead", narrative="Другият", impact="Страх")
    found = conflict(coalition, reference, 1, narrative="Мое", impact=COMPLETE.impact, weapon="blade", time="21:30")
    sides = {item.name: item.side for item in found.differences}
    assert sides == {"narrative": Side.BOTH, "impact": Side.THEIRS, "weapon": Side.MINE}
    (narrative, *_others) = found.differences
    assert (narrative.base, narrative.theirs) == ({"narrative": COMPLETE.narrative}, {"narrative": "Другият"})
    saved = found.saved["narrative"]
    assert (saved.name, saved.at, saved.version, saved.own) == ("Lead", clock.now, 2, False)
    assert "weapon" not in found.saved
    assert [item.name for item in found.without_choice({"narrative": Side.MINE})] == ["impact", "weapon"]
    assert found.values({"narrative": Side.MINE, "impact": Side.THEIRS, "weapon": Side.MINE}) == {
        "narrative": "Мое", "impact": "Страх", "weapon": "blade",
    }  # fmt: skip


def test_whoever_opened_the_record_in_the_middle_of_a_sitting_is_told_exactly_who_changed_what(
    coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition)
    clock.now += LATER
    for text in ("едно", "две", "три"):
        records.save(coalition, reference, "lead", narrative=text)
    assert len(changes(coalition, reference)) == 2, "one sitting"
    (found,) = conflict(coalition, reference, 3, narrative="две").differences
    assert (found.side, found.base) == (Side.THEIRS, {"narrative": "две"})
    (found,) = conflict(coalition, reference, 3, narrative="мое").differences
    assert (found.side, found.base) == (Side.BOTH, {}), "what it was in between is not known any more"


def test_only_whoever_may_change_a_record_is_shown_a_conflict(coalition: Coalition) -> None:
    reference = records.begun(coalition, who="lead")
    with pytest.raises(NotPermitted), coalition.reading("case_worker") as work:
        history.open_conflict(work, reference, 1, {})
    with pytest.raises(NotFound), coalition.reading("second_worker") as work:
        history.open_conflict(work, reference, 1, {})


# --- reading -----------------------------------------------------------------------------------------------


def own(coalition: Coalition, reference: str, who: str = "lead", page: int = 1) -> HistoryPage:
    with coalition.reading(who) as work:
        return history.own_history(work, reference, page)


def reviewed(coalition: Coalition, reference: str) -> HistoryPage:
    with coalition.reading("coordinator") as work:
        return history.reviewed_history(work, reference)


def told(page: HistoryPage) -> list[str]:
    return [item.step.value if isinstance(item, StepView) else "change" for item in page.entries]


@pytest.fixture
def lived(coalition: Coalition, clock: Clock) -> str:
    """Give a record that was begun, changed, handed in, returned, changed and handed in again."""
    reference = records.begun(coalition)
    clock.now += LATER
    records.save(coalition, reference, municipality="Преди")
    clock.now += LATER
    records.submit(coalition, reference)
    clock.now += LATER
    records.decide(coalition, reference, records.ASK)
    clock.now += LATER
    changed = replace(COMPLETE.sources[0], name="Друго име")
    records.save(coalition, reference, municipality="После", time="22:00", sources=(changed, *COMPLETE.sources[1:]))
    clock.now += LATER
    records.save(coalition, reference, needs=(), contact_phone="123")
    clock.now += LATER
    records.submit(coalition, reference, answer="Така беше.")
    return reference


def test_the_organisation_reads_everything_but_identity(coalition: Coalition, lived: str) -> None:
    page = own(coalition, lived)
    assert told(page)[0] == Step.SUBMIT
    assert told(page)[1:3] == ["change", "change"]
    assert told(page)[-5:] == [Step.RETURN, Step.TAKE, Step.SUBMIT, "change", "change"], "also at one moment"
    assert page.begun_here
    assert page.last
    last, before = (item for item in page.entries[1:3])
    assert isinstance(last, ChangeView)
    assert isinstance(before, ChangeView)
    assert (last.by, last.restricted, last.before.needs, last.after.needs) == (
        "Case Worker", ("contact_phone",), COMPLETE.needs, (),
    )  # fmt: skip
    assert before.restricted == ("time", "sources")
    assert (before.before.municipality, before.after.municipality) == ("Преди", "После")
    assert before.before.sources == before.after.sources, "the name of a person who told is nobody's to read here"


def test_whoever_may_unseal_reads_identity_once(coalition: Coalition, lived: str) -> None:
    with coalition.reading("lead") as work:
        page = history.unsealed_history(work, lived)
    first = next(item for item in page.entries if isinstance(item, ChangeView))
    assert (page.audience, first.restricted, first.after.contact_phone) == (Audience.OWNER, (), "123")
    with pytest.raises(NotFound), coalition.reading("second_worker") as work:
        history.unsealed_history(work, lived)


def test_the_coalition_reads_what_it_may_see_and_what_changed_since_it_was_handed_in(
    coalition: Coalition, lived: str
) -> None:
    page = reviewed(coalition, lived)
    (change,) = (item for item in page.entries if isinstance(item, ChangeView))
    assert change.by == records.read(coalition, lived).organisation, "the organisation, not the person"
    assert (change.before.municipality, change.after.municipality) == ("Преди", "После")
    assert change.restricted == ()
    assert (change.before.time, change.before.contact_phone) == ("", "")
    assert not page.begun_here
    assert page.by == records.read(coalition, lived).organisation


def towns(page: HistoryPage) -> list[tuple[str, str]]:
    found = (item for item in page.entries if isinstance(item, ChangeView))
    return [(item.before.municipality, item.after.municipality) for item in found]


def test_what_was_typed_while_a_record_was_taken_back_is_told_outside_by_its_outcome(
    coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition, replace(COMPLETE, municipality="Първо"))
    records.submit(coalition, reference)
    clock.now += LATER
    records.withdraw(coalition, reference)
    for typed in ("Неизречено", "Второ", "Трето"):
        clock.now += LATER
        records.save(coalition, reference, municipality=typed)
    clock.now += LATER
    records.submit(coalition, reference)
    assert towns(reviewed(coalition, reference)) == [("Първо", "Трето")]
    assert len(towns(own(coalition, reference))) == 4


def test_what_was_typed_while_a_record_was_not_shared_is_told_outside_by_its_outcome(
    coalition: Coalition, clock: Clock
) -> None:
    reference = records.begun(coalition, replace(COMPLETE, municipality="Първо"))
    records.submit(coalition, reference)
    clock.now += LATER
    records.decide(coalition, reference, records.ASK)
    clock.now += LATER
    records.save(coalition, reference, municipality="Второ")
    clock.now += LATER
    records.save(coalition, reference, consents=COMPLETE.consents - {Purpose.SHARE_COALITION})
    for typed in ("Неизречено", "Трето"):
        clock.now += LATER
        records.save(coalition, reference, municipality=typed)
    with pytest.raises(NotFound):
        reviewed(coalition, reference)
    clock.now += LATER
    records.save(coalition, reference, consents=COMPLETE.consents)
    assert towns(reviewed(coalition, reference)) == [("Второ", "Трето"), ("Първо", "Второ")]


def test_whoever_reads_a_history_is_written_into_the_log(coalition: Coalition, lived: str) -> None:
    def acts() -> list[tuple[str, str, tuple[str, ...]]]:
        with coalition.reading("lead") as work:
            entries = readers.readers_of(work, lived).entries
        return [(item.who, item.action, item.classes) for item in entries]

    before = len(acts())
    reviewed(coalition, lived)
    own(coalition, lived, "case_worker")
    with coalition.reading("case_worker") as work:
        history.unsealed_history(work, lived)
    assert acts()[: len(acts()) - before] == [
        ("Case Worker", "incident.unseal", ("identity", "narrative")),
        ("Case Worker", "incident.read", ("narrative",)),
        ("Coordinator", "incident.read", ("narrative",)),
    ]


def test_what_is_not_shared_has_no_history_for_anybody_outside(coalition: Coalition) -> None:
    reference = records.begun(coalition)
    with pytest.raises(NotFound), coalition.reading("coordinator") as work:
        history.reviewed_history(work, reference)
    with pytest.raises(NotFound), coalition.reading("second_worker") as work:
        history.own_history(work, reference)


def test_a_long_history_is_paged_from_the_latest(coalition: Coalition, clock: Clock) -> None:
    reference = records.begun(coalition, who="lead")
    for number in range(history.PAGE + 3):
        clock.now += LATER
        records.save(coalition, reference, "lead", municipality=f"Място {number}")
    first, second = own(coalition, reference), own(coalition, reference, page=2)
    assert (first.pages, len(first.entries), len(second.entries)) == (2, history.PAGE, 4)
    assert isinstance(first.entries[0], ChangeView)
    assert first.entries[0].after.municipality == f"Място {history.PAGE + 2}"
    assert second.last
    assert own(coalition, reference, page=99).number == 2


def test_an_imported_record_has_a_history_from_its_first_change_on(coalition: Coalition) -> None:
    lead = coalition.people["lead"]
    new = incident_storage.NewIncident(
        organisation_id=lead.actor.organisation or "",
        author_id=lead.actor.id,
        state=State.DRAFT,
        facts=COMPLETE,
        recorded_at=coalition.runtime.clock(),
    )
    with coalition.work("lead") as work:
        ((reference,),) = incident_storage.insert_incidents(work.session, [new])
    assert (own(coalition, reference).entries, own(coalition, reference).begun_here) == ((), False)
    records.save(coalition, reference, "lead", weapon="blade")
    (change,) = own(coalition, reference).entries
    assert isinstance(change, ChangeView)
    assert (change.before, change.after.weapon, change.begins) == (
        replace(change.after, weapon=COMPLETE.weapon), "blade", False,
    )  # fmt: skip

"""Incidents leave whole for whoever may see them, and arrive in another installation as they were."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from coalition.config import Config, create_secrets
from coalition.db import incidents as storage
from coalition.db.audit import AuditEntry
from coalition.domain.errors import NotFound, NotPermitted, UnreadableFile
from coalition.domain.incidents import Facts
from coalition.domain.interchange import MOST_BYTES, Record, record_to_json, written
from coalition.domain.retention import HoldReason
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.services import consents, erasures, exports, imports, incidents, messages
from coalition.services.imports import ImportLine, Outcome
from coalition.services.work import make_runtime
from tests.conftest import Clock, Coalition, Founding
from tests.domain.samples import COMPLETE, facts
from tests.domain.test_interchange import any_facts
from tests.services import records

SEALED = {"time", "own_reference", "consent_date"}


def exported(coalition: Coalition, who: str = "lead", *references: str, year: int | None = None) -> list[Record]:
    with coalition.reading(who) as work:
        return list(exports.export_incidents(work, references, year))


def file_of(folder: Path, found: list[Record], clock: Clock, name: str = "incidents.json") -> Path:
    file = folder / name
    file.write_text("".join(written(found, clock.now)), encoding="utf-8")
    return file


def run(coalition: Coalition, file: Path, code: str = "SECOND", **options: bool) -> list[ImportLine]:
    with coalition.work("operator") as work:
        return imports.import_incidents(work, file, code, **options)


def stored(coalition: Coalition, reference: str) -> tuple[storage.Incident, Facts, list[storage.ConsentRow]]:
    with coalition.reading("operator") as work:
        found = storage.incident_with_reference(work.session, reference)
        assert found is not None
        told, given = storage.facts_of(found), storage.consents_of(found)
        work.session.expunge_all()
        return found, told, given


@pytest.fixture
def elsewhere(tmp_path: Path, founding: Founding, migrated_file: Path, clock: Clock) -> Any:
    """Give a second installation."""
    config = Config.from_env({"COALITION_DATA": str(tmp_path / "elsewhere")})
    create_secrets(config)
    (config.data / "coalition.sqlite3").write_bytes(migrated_file.read_bytes())
    made = make_runtime(config, clock)
    yield founding.repeated_in(made)
    made.dispose()


def test_the_lead_takes_whole_records(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.RETURNED)
    (record,) = exported(any_coalition)
    assert (record.reference, record.organisation, record.state) == (reference, "FIRST", State.RETURNED)
    assert record.facts == COMPLETE
    assert record.withheld == ()
    assert [step.text for step in record.steps] == ["", "", records.ASK.text]
    assert {item.purpose for item in record.consents} == COMPLETE.consents
    assert {item.given_on for item in record.consents} == {COMPLETE.consent_date}


def test_a_case_worker_takes_identity_only_of_what_they_recorded(coalition: Coalition):
    own = records.begun(coalition)
    colleagues = records.begun(coalition, who="lead")
    found = {record.reference: record for record in exported(coalition, "case_worker")}
    assert found[own].facts == COMPLETE
    assert set(found[colleagues].withheld) >= SEALED
    assert found[colleagues].facts.own_reference == found[colleagues].facts.time == ""
    assert {item.given_on for item in found[colleagues].consents} == {None}


def test_the_coordinator_takes_the_pseudonymised_record_of_what_is_shared(coalition: Coalition):
    shared = records.in_state(coalition, State.ACCEPTED)
    records.begun(coalition)
    took_back = records.in_state(coalition, State.ACCEPTED, who="second_worker")
    with coalition.work("second_worker") as work:
        consents.withdraw_consent(work, took_back, {Purpose.SHARE_COALITION})
    (record,) = exported(coalition, "coordinator")
    assert record.reference == shared
    text = json.dumps(record_to_json(record), ensure_ascii=False)
    for secret in ("OWN-17", "21:30", "Име на човек", "дневник 7", "2024-05-20", "Case Worker"):
        assert secret not in text
    assert "Подробен разказ" in text
    with pytest.raises(NotFound):
        exported(coalition, "coordinator", took_back)


@pytest.mark.parametrize("who", ["administrator", "auditor", "operator"])
def test_nobody_else_exports(coalition: Coalition, who: str):
    records.in_state(coalition, State.ACCEPTED)
    with pytest.raises(NotPermitted):
        exported(coalition, who)
    if who != "operator":
        with coalition.reading("operator") as work, pytest.raises(NotPermitted):
            exports.reader_named(work, f"{who}@example.org")


def test_no_export_holds_another_members_incident(coalition: Coalition):
    own, foreign = records.begun(coalition), records.begun(coalition, who="second_worker")
    assert [record.reference for record in exported(coalition, "case_worker")] == [own]
    with pytest.raises(NotFound):
        exported(coalition, "lead", own, foreign)


def test_named_ones_and_those_of_a_year(any_coalition: Coalition):
    first = records.begun(any_coalition)
    second = records.begun(any_coalition, facts(date=None))
    assert [record.reference for record in exported(any_coalition, "lead", second.lower(), second)] == [second]
    assert [record.reference for record in exported(any_coalition, year=2024)] == [first]
    assert exported(any_coalition, year=2019) == []


def test_an_export_and_every_incident_in_it_are_in_the_log(coalition: Coalition):
    records.begun(coalition)
    records.begun(coalition)
    exported(coalition)
    with coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.action == "incident.export").order_by(AuditEntry.number)
        entries = list(work.session.scalars(query))
    assert [entry.subject_kind for entry in entries] == ["incident", "incident", "organisation"]
    assert entries[0].details == {"classes": ["identity", "narrative"]}
    assert entries[2].details == {"incidents": 2, "year": None, "named": 0}


@pytest.mark.parametrize(
    ("state", "accepted", "arrives"),
    [
        (State.DRAFT, True, State.DRAFT),
        (State.SUBMITTED, False, State.SUBMITTED),
        (State.RETURNED, False, State.SUBMITTED),
        (State.REJECTED, True, State.SUBMITTED),
        (State.ACCEPTED, False, State.SUBMITTED),
        (State.ACCEPTED, True, State.ACCEPTED),
    ],
)
def test_what_a_member_takes_along_arrives(  # noqa: PLR0917 - fixtures
    coalition: Coalition,
    elsewhere: Coalition,
    tmp_path: Path,
    clock: Clock,
    state: State,
    accepted: bool,
    arrives: State,
):
    records.in_state(coalition, state)
    (record,) = exported(coalition)
    file = file_of(tmp_path, [record], clock)
    (line,) = run(elsewhere, file, accepted=accepted)
    assert line.outcome is Outcome.IMPORTED
    found, told, _ = stored(elsewhere, line.reference)
    assert told == COMPLETE
    assert State(found.state) is arrives
    assert found.recorded_at == record.recorded_at
    assert line.reference != record.reference


def test_the_conversation_the_consents_and_the_lock_come_along(
    coalition: Coalition, elsewhere: Coalition, tmp_path: Path, clock: Clock
):
    reference = records.in_state(coalition, State.RETURNED)
    with coalition.work("lead") as work:
        erasures.hold_incident(work, reference, HoldReason.LEGAL_PROCEEDINGS)
        consents.withdraw_consent(work, reference, {Purpose.PUBLISH})
    (record,) = exported(coalition)
    (line,) = run(elsewhere, file_of(tmp_path, [record], clock))
    found, told, given = stored(elsewhere, line.reference)
    assert told.consents == COMPLETE.consents - {Purpose.PUBLISH}
    assert {item.purpose for item in given if item.withdrawn_at} == {Purpose.PUBLISH}
    assert {item.given_on for item in given} == {COMPLETE.consent_date}
    assert found.hold_reason == "legal_proceedings"
    with elsewhere.reading("second_worker") as work:
        texts = [step.text for step in incidents.read_incident(work, line.reference).steps]
    assert records.ASK.text in texts


def test_questions_and_answers_come_along_and_notes_among_reviewers_stay(
    any_coalition: Coalition, elsewhere: Coalition, tmp_path: Path, clock: Clock
):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("coordinator") as work:
        question = messages.ask(work, reference, "Which street?")
        messages.comment(work, reference, "Canary7Q", inside=True)
        messages.ask(work, reference, "Which day?")
    with any_coalition.work("lead") as work:
        messages.answer(work, reference, question, "The main one.")
    for who in ("lead", "coordinator"):
        (record,) = exported(any_coalition, who)
        assert [item.text for item in record.messages] == ["Which street?", "Which day?", "The main one."]
        assert "Lead" not in [item.by for item in record.messages] or who == "lead"
    (record,) = exported(any_coalition)
    (line,) = run(elsewhere, file_of(tmp_path, [record], clock))
    with elsewhere.reading("second_worker") as work:
        said = incidents.read_incident(work, line.reference).messages
    assert [(item.text, item.of_member, item.open) for item in said] == [
        ("Which street?", False, False), ("Which day?", False, True), ("The main one.", True, False),
    ]  # fmt: skip
    assert said[2].answers == said[0].reference


def test_the_persons_copy_holds_what_was_said_about_them_and_by_nobodys_name(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    with coalition.work("coordinator") as work:
        messages.ask(work, reference, "Which street?")
        messages.comment(work, reference, "Canary7Q", inside=True)
    with coalition.reading("lead") as work:
        copy = exports.persons_copy(work, reference)
    assert [(item.text, item.by) for item in copy.record.messages] == [("Which street?", "")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(any_facts())
def test_every_fact_survives_the_move(
    coalition: Coalition, elsewhere: Coalition, tmp_path: Path, clock: Clock, told: Facts
):
    if told.basis == Basis.CONSENT and Purpose.RECORD not in told.consents:
        told = replace(told, basis="", consents=frozenset())
    reference = records.begun(coalition, told, "lead")
    kept = stored(coalition, reference)[1]
    (record,) = exported(coalition, "lead", reference)
    (line,) = run(elsewhere, file_of(tmp_path, [record], clock))
    assert line.outcome is Outcome.IMPORTED, line.message
    assert stored(elsewhere, line.reference)[1] == kept


def test_a_second_import_changes_nothing(any_coalition: Coalition, tmp_path: Path, clock: Clock):
    records.begun(any_coalition)
    records.in_state(any_coalition, State.ACCEPTED)
    file = file_of(tmp_path, exported(any_coalition), clock)
    first = run(any_coalition, file)
    assert [line.outcome for line in first] == [Outcome.IMPORTED] * 2
    second = run(any_coalition, file)
    assert [(line.outcome, line.reference, line.message) for line in second] == [
        (Outcome.UNCHANGED, line.reference, "imported before") for line in first
    ]


def test_a_members_own_export_read_back_changes_nothing(any_coalition: Coalition, tmp_path: Path, clock: Clock):
    reference = records.begun(any_coalition)
    file = file_of(tmp_path, exported(any_coalition), clock)
    (line,) = run(any_coalition, file, "FIRST")
    assert (line.outcome, line.reference) == (Outcome.UNCHANGED, reference)


def test_a_bad_record_is_named_and_the_others_arrive(coalition: Coalition, tmp_path: Path, clock: Clock):
    for _ in range(3):
        records.begun(coalition)
    told = json.loads("".join(written(exported(coalition), clock.now)))
    told["incidents"][1]["facts"]["country"] = "Утопия"
    told["incidents"].append(told["incidents"][0])
    file = tmp_path / "incidents.json"
    file.write_text(json.dumps(told))
    lines = run(coalition, file)
    assert [line.outcome for line in lines] == [Outcome.IMPORTED, Outcome.ERROR, Outcome.IMPORTED, Outcome.ERROR]
    assert lines[1].message.startswith("record.facts.country: ")
    assert "is in the file twice" in lines[3].message


def test_a_dry_run_stores_nothing(coalition: Coalition, tmp_path: Path, clock: Clock):
    records.begun(coalition)
    (line,) = run(coalition, file_of(tmp_path, exported(coalition), clock), dry_run=True)
    assert line.message == "dry run: not stored"
    assert exported(coalition, "second_worker") == []


def test_a_huge_file_is_refused_before_it_is_read(coalition: Coalition, tmp_path: Path):
    file = tmp_path / "huge.json"
    with file.open("wb") as made:
        made.truncate(MOST_BYTES + 1)
    with pytest.raises(UnreadableFile):
        run(coalition, file)
    with pytest.raises(UnreadableFile):
        run(coalition, tmp_path)
    with pytest.raises(UnreadableFile):
        run(coalition, tmp_path / "missing.json")


def test_the_persons_copy_holds_everything_and_says_who_looked_without_names(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.reading("case_worker") as work:
        made = exports.persons_copy(work, reference)
    assert made.record.facts == COMPLETE
    assert made.record.author == ""
    acts = [(look.role, look.organisation and look.organisation.main, look.action) for look in made.looks]
    assert ("case_worker", "First Member", "incident.begin") in acts
    assert ("coordinator", None, "incident.accept") in acts
    text = repr(made)
    for name in ("Case Worker", "Coordinator,", "case_worker@example.org"):
        assert name not in text
    with any_coalition.reading("operator") as work:
        copied = select(AuditEntry.details).where(AuditEntry.action == "incident.copy")
        assert list(work.session.scalars(copied)) == [{"classes": ["identity", "narrative"]}]


def test_the_copy_is_the_recorders_and_the_leads_to_make(coalition: Coalition):
    reference = records.begun(coalition, who="lead")
    for who, refusal in (("case_worker", NotPermitted), ("second_worker", NotFound), ("coordinator", NotFound)):
        with coalition.reading(who) as work, pytest.raises(refusal):
            exports.persons_copy(work, reference)

"""Erasing takes two people, a lock lets nobody, and what was counted still counts."""

from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select

from coalition.db import erasures as storage
from coalition.db import incidents as incident_storage
from coalition.db import tables
from coalition.db.accounts import Account
from coalition.db.audit import AuditEntry
from coalition.db.releases import Correction
from coalition.domain.approvals import ERASURE_LASTS, Refusal
from coalition.domain.errors import AlreadyExists, Held, NotAllowedNow, NotApproved, NotFound, NotPermitted
from coalition.domain.incidents import Facts, PartialDate
from coalition.domain.retention import ErasureReason, HoldReason
from coalition.domain.vocabulary import Basis, Purpose, RejectionReason, State
from coalition.services import erasures, figures, imports, incidents, keys, releases, summaries
from coalition.services.erasures import Keeping
from coalition.services.imports import Outcome
from tests.at_once import at_once
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE, facts, without
from tests.services import records

YEAR = 2024
PERSON = ErasureReason.PERSON_REQUEST


def ask(coalition: Coalition, reference: str, who: str = "case_worker", reason: ErasureReason = PERSON) -> str:
    with coalition.work(who) as work:
        return erasures.ask_erasure(work, reference, reason)


def confirm(coalition: Coalition, wish: str, who: str = "lead") -> None:
    with coalition.work(who) as work:
        erasures.confirm_erasure(work, wish)


def erase(coalition: Coalition, reference: str, reason: ErasureReason = PERSON) -> None:
    confirm(coalition, ask(coalition, reference, reason=reason))


def hold(coalition: Coalition, reference: str, who: str = "case_worker") -> None:
    with coalition.work(who) as work:
        erasures.hold_incident(work, reference, HoldReason.POLICE_INVESTIGATION)


def keeping(coalition: Coalition, reference: str, who: str) -> Keeping:
    with coalition.reading(who) as work:
        return erasures.keeping_of(work, reference)


def exists(coalition: Coalition, reference: str) -> bool:
    with coalition.reading("operator") as work:
        return incident_storage.incident_with_reference(work.session, reference) is not None


def counted(coalition: Coalition, year: int = YEAR) -> dict[str, Any]:
    """Return everything that a year's figures say, but for the descriptions, which go with the record."""
    with coalition.reading("coordinator") as work:
        summary = asdict(replace(figures.year_summary(work, year), descriptions=()))
        lines = [asdict(line) for line in summaries.data_years(work)]
    return {"summary": summary, "lines": lines}


def of_member(coalition: Coalition, who: str = "lead", year: int | None = None) -> dict[str, int]:
    """Return a member's decided records by state, those that are erased among them."""
    with coalition.reading(who) as work:
        live, erased = incidents.count_own(work, year), erasures.erased_counts(work, year)
    return {state: live.get(state, 0) + erased.get(state, 0) for state in ("accepted", "rejected")}


def tombstones(coalition: Coalition) -> list[dict[str, Any]]:
    with coalition.reading("operator") as work:
        rows = work.session.scalars(select(storage.ErasedIncident))
        columns = inspect(storage.ErasedIncident).columns.keys()
        return [{name: getattr(row, name) for name in columns if name != "id"} for row in rows]


def test_two_people_erase_a_record_for_good(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    wish = ask(any_coalition, reference)
    assert exists(any_coalition, reference)
    confirm(any_coalition, wish)
    assert not exists(any_coalition, reference)
    with any_coalition.reading("lead") as work, pytest.raises(NotFound):
        incidents.read_incident(work, reference)
    with any_coalition.reading("operator") as work:
        about_it = [t for t in tables.METADATA.sorted_tables if any("incident_id" in c.name for c in t.columns)]
        assert len(about_it) > 10
        for table in about_it:
            rows = select(func.count()).select_from(table).where(table.c.incident_id.is_not(None))
            assert work.session.scalar(rows) == 0, table.name


def test_what_is_confirmed_and_taken_back_at_the_same_moment_is_only_one_of_both(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    wish = ask(any_coalition, reference)

    def take_back() -> None:
        with any_coalition.work("case_worker") as work:
            erasures.take_back_erasure(work, wish)

    confirmed, taken_back = at_once(partial(confirm, any_coalition, wish), take_back)
    assert {confirmed, taken_back} == {None, NotFound}
    assert exists(any_coalition, reference) is (taken_back is None)


def test_the_key_of_an_erased_record_is_destroyed(coalition: Coalition):
    reference = records.begun(coalition)
    with coalition.reading("operator") as work:
        found = incident_storage.incident_with_reference(work.session, reference)
        assert found is not None
        identity = found.id
        assert work.runtime.keys.open_keys([identity])
    erase(coalition, reference)
    assert coalition.runtime.keys.open_keys([identity]) == {}
    assert coalition.runtime.keys.are_destroyed([identity]) == {identity}


def test_a_key_that_a_killed_process_left_is_destroyed_by_the_next(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    with any_coalition.work("operator") as work:
        incident = incident_storage.incident_with_reference(work.session, reference)
        assert incident
        identity = incident.id
        # What the commit of an erasure leaves, without what comes after it.
        work.session.add(incident_storage.DoomedKey(subject=identity))
        work.session.delete(incident)
    store = any_coalition.runtime.keys
    assert identity in store.open_keys([identity])
    with any_coalition.reading("operator") as work:
        assert keys.unfinished_destruction(work)
    with any_coalition.work("operator") as work:
        keys.finish_destruction(work)
    assert store.open_keys([identity]) == {}
    with any_coalition.reading("operator") as work:
        assert not keys.unfinished_destruction(work)


def test_the_figures_are_the_same_before_and_after(any_coalition: Coalition):
    accepted = [
        records.in_state(any_coalition, State.ACCEPTED),
        records.in_state(any_coalition, State.ACCEPTED, facts(motivations=("gender", "anti_roma"))),
        records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(YEAR), country="RO", region="")),
        records.in_state(any_coalition, State.ACCEPTED, facts(basis=Basis.PUBLIC_SOURCE)),
    ]
    rejected = records.in_state(any_coalition, State.REJECTED)
    earlier = records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(YEAR - 2, 1)))
    records.in_state(any_coalition, State.ACCEPTED, who="second_worker")
    records.in_state(any_coalition, State.SUBMITTED)
    before, after_years = counted(any_coalition), counted(any_coalition, YEAR - 2)
    member, member_year = of_member(any_coalition), of_member(any_coalition, year=YEAR)
    assert before["summary"]["review"]["received"] == 7
    for reference in (*accepted, rejected, earlier):
        erase(any_coalition, reference)
    assert counted(any_coalition) == before
    assert counted(any_coalition, YEAR - 2) == after_years
    assert of_member(any_coalition) == member == {"accepted": 5, "rejected": 1}
    assert of_member(any_coalition, year=YEAR) == member_year == {"accepted": 4, "rejected": 1}
    assert of_member(any_coalition, "second_worker") == {"accepted": 1, "rejected": 0}
    with any_coalition.reading("coordinator") as work:
        assert len(figures.year_summary(work, YEAR).descriptions) == 1


def test_what_stays_says_no_day_no_place_no_text_and_leads_nowhere(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    erase(any_coalition, reference)
    assert tombstones(any_coalition) == [
        {
            "member": "FIRST",
            "state": "accepted",
            "year": 2024,
            "month": 5,
            "country": "BG",
            "type": "violent_attack",
            "motivations": "anti_roma",
            "rejection_reason": "",
            "days": 0,
            "asked": False,
        }
    ]


def test_of_a_rejected_record_only_the_reason_and_the_year_stay(any_coalition: Coalition):
    erase(any_coalition, records.in_state(any_coalition, State.REJECTED))
    assert tombstones(any_coalition) == [
        {
            "member": "FIRST",
            "state": "rejected",
            "year": 2024,
            "month": None,
            "country": "",
            "type": "",
            "motivations": "",
            "rejection_reason": RejectionReason.NOT_CRIMINAL.value,
            "days": 0,
            "asked": False,
        }
    ]


def test_the_order_of_what_stays_does_not_tell_the_order_of_erasing(coalition: Coalition):
    with coalition.reading("operator") as work:
        sql = work.session.connection().exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'erased_incident'")
        assert "WITHOUT ROWID" in sql.scalar_one().upper()
    for _ in range(3):
        erase(coalition, records.in_state(coalition, State.ACCEPTED))
    with coalition.reading("operator") as work:
        identities = list(work.session.scalars(select(storage.ErasedIncident.id)))
        log = [entry.id for entry in work.session.scalars(select(AuditEntry))]
    assert len(set(identities)) == 3
    assert not {name[:8] for name in identities} & {name[:8] for name in log}


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        (without(Purpose.STATISTICS), State.ACCEPTED, PERSON),
        (without(Purpose.STATISTICS), State.REJECTED, PERSON),
        (COMPLETE, State.ACCEPTED, ErasureReason.RECORDED_IN_ERROR),
        (COMPLETE, State.DRAFT, PERSON),
        (COMPLETE, State.SUBMITTED, PERSON),
        (COMPLETE, State.RETURNED, ErasureReason.RETENTION),
    ],
)
def test_nothing_stays_without_consent_to_be_counted_of_an_error_or_of_what_was_not_decided(
    coalition: Coalition, told: Facts, state: State, reason: ErasureReason
):
    erase(coalition, records.in_state(coalition, state, told), reason)
    assert tombstones(coalition) == []


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ("case_worker", "case_worker", Refusal.SAME_PERSON),
        ("lead", "lead", Refusal.SAME_PERSON),
        ("case_worker", "administrator", Refusal.NO_LEAD),
    ],
)
def test_two_who_may_not_are_refused(coalition: Coalition, first: str, second: str, refused: Refusal):
    reference = records.begun(coalition)
    wish = ask(coalition, reference, first)
    with pytest.raises(NotApproved) as refusal:
        confirm(coalition, wish, second)
    assert refusal.value.reason == refused
    assert exists(coalition, reference)
    with coalition.reading(second) as work:
        assert not erasures.read_erasure(work, wish).may_confirm


@pytest.mark.parametrize("second", ["case_worker", "administrator"])
def test_a_colleague_or_an_administrator_confirms_what_the_lead_asks(coalition: Coalition, second: str):
    reference = records.begun(coalition)
    wish = ask(coalition, reference, "lead")
    with coalition.reading(second) as work:
        (seen,) = erasures.waiting_erasures(work)
        assert (seen.incident, seen.asked_by, seen.may_confirm) == (reference, "Lead", True)
    confirm(coalition, wish, second)
    assert not exists(coalition, reference)


def test_an_administrator_sees_the_reference_and_never_the_record(coalition: Coalition):
    reference = records.begun(coalition)
    ask(coalition, reference, "lead")
    with coalition.reading("administrator") as work:
        (seen,) = erasures.waiting_erasures(work)
        told = repr(seen)
        with pytest.raises(NotFound):
            erasures.keeping_of(work, reference)
    for secret in ("Столична", "Подробен", "OWN-17", "anti_roma", "assault"):
        assert secret not in told


@pytest.mark.parametrize("who", ["second_worker", "coordinator", "auditor"])
def test_for_everybody_else_there_is_no_such_wish(coalition: Coalition, who: str):
    wish = ask(coalition, records.begun(coalition), "lead")
    with coalition.work(who) as work, pytest.raises((NotFound, NotPermitted)):
        erasures.read_erasure(work, wish)
    with coalition.work(who) as work, pytest.raises((NotFound, NotPermitted)):
        erasures.confirm_erasure(work, wish)


def test_a_wish_expires_and_makes_room_for_another(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    wish = ask(coalition, reference)
    with pytest.raises(AlreadyExists):
        ask(coalition, reference, "lead")
    clock.now += ERASURE_LASTS
    with pytest.raises(NotApproved) as refusal:
        confirm(coalition, wish)
    assert refusal.value.reason == Refusal.EXPIRED
    with coalition.reading("lead") as work:
        assert erasures.waiting_erasures(work) == []
    confirm(coalition, ask(coalition, reference))
    assert not exists(coalition, reference)


def test_whoever_asked_or_the_lead_takes_it_back(coalition: Coalition):
    reference = records.begun(coalition)
    for asker, who in (("case_worker", "case_worker"), ("case_worker", "lead"), ("lead", "lead")):
        wish = ask(coalition, reference, asker)
        with coalition.work(who) as work:
            erasures.take_back_erasure(work, wish)
        assert keeping(coalition, reference, "lead").request is None
    wish = ask(coalition, reference, "lead")
    with coalition.work("administrator") as work, pytest.raises(NotPermitted):
        erasures.take_back_erasure(work, wish)


def test_somebody_whose_access_was_stopped_has_no_say(coalition: Coalition):
    reference = records.begun(coalition)
    wish = ask(coalition, reference, "lead")
    with coalition.work("operator") as work:
        work.session.get_one(Account, coalition.people["lead"].id).active = False
    with pytest.raises(NotApproved) as refusal:
        confirm(coalition, wish, "case_worker")
    assert refusal.value.reason == Refusal.INACTIVE


def test_a_lock_stops_discarding_asking_and_confirming(coalition: Coalition):
    reference = records.begun(coalition)
    wish = ask(coalition, reference)
    hold(coalition, reference)
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work, pytest.raises(Held):
        incidents.discard_draft(work, reference, version)
    with pytest.raises(Held):
        confirm(coalition, wish)
    with coalition.work("operator") as work, pytest.raises(Held):
        erasures.erase_incident(work, reference, "case_worker@example.org", "lead@example.org")
    with pytest.raises(Held):
        ask(coalition, reference, "lead")
    with pytest.raises(Held):
        hold(coalition, reference, "lead")
    assert exists(coalition, reference)


def test_only_the_lead_lifts_a_lock(coalition: Coalition):
    reference = records.begun(coalition)
    hold(coalition, reference)
    seen = keeping(coalition, reference, "case_worker")
    assert seen.hold is not None
    assert (seen.hold.reason, seen.hold.by) == ("police_investigation", "Case Worker")
    assert (seen.may_lift, seen.may_hold, seen.may_ask) == (False, False, False)
    with coalition.work("case_worker") as work, pytest.raises(NotPermitted):
        erasures.lift_hold(work, reference)
    assert keeping(coalition, reference, "lead").may_lift
    with coalition.work("lead") as work:
        erasures.lift_hold(work, reference)
    with coalition.work("lead") as work, pytest.raises(NotAllowedNow):
        erasures.lift_hold(work, reference)
    erase(coalition, reference)
    assert not exists(coalition, reference)


def test_everything_is_in_the_log_as_codes(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    hold(coalition, reference)
    with coalition.work("lead") as work:
        erasures.lift_hold(work, reference)
    erase(coalition, reference)
    with coalition.reading("operator") as work:
        entries = {
            entry.action: entry.details
            for entry in work.session.scalars(select(AuditEntry).order_by(AuditEntry.number))
            if entry.action.startswith(("erasure", "incident.hold", "incident.lift", "incident.erase"))
        }
    people = coalition.people
    assert entries == {
        "incident.hold": {"reason": "police_investigation"},
        "incident.lift": {"reason": "police_investigation"},
        "erasure.ask": {"reason": "person_request"},
        "incident.erase": {
            "reason": "person_request",
            "asked_by": people["case_worker"].id,
            "confirmed_by": people["lead"].id,
            "counted": True,
        },
    }


def test_a_published_description_goes_at_once_and_the_figures_stay(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("coordinator") as work:
        summaries.publish_summary(work, YEAR)
        assert summaries.published_summary(work, YEAR).described == 1
    erase(any_coalition, reference)
    with any_coalition.reading("operator") as work:
        published = summaries.published_summary(work, YEAR)
    assert published.described == 0
    assert published.summary.incidents == 1
    with any_coalition.reading("operator") as work:
        assert list(work.session.scalars(select(Correction))) == []


def test_what_was_submitted_gets_a_correction_that_outlives_the_record(any_coalition: Coalition):
    from coalition.domain.consents import Included, Kind, Leaving, Part  # noqa: PLC0415 - of this test alone

    reference = records.in_state(any_coalition, State.ACCEPTED)
    with any_coalition.work("operator") as work:
        found = incident_storage.incident_with_reference(work.session, reference)
        assert found is not None
        included = (Included(found.id, Part.DESCRIPTIVE, 1),)
        releases.record(work, Leaving(Kind.SUBMISSION, YEAR, included, "digest"))
    erase(any_coalition, reference)
    with any_coalition.reading("operator") as work:
        (row,) = work.session.scalars(select(Correction))
        assert (row.incident_id, row.number, row.mending) == (None, 1, "remove")


def test_the_command_line_names_two_people_and_the_same_rule_holds(any_coalition: Coalition):
    def erased_by(by: str, and_by: str) -> None:
        with any_coalition.work("operator") as work:
            erasures.erase_incident(work, reference.lower(), f"{by}@example.org", f"{and_by}@example.org")

    reference = records.begun(any_coalition)
    with pytest.raises(NotApproved):
        erased_by("lead", "lead")
    with pytest.raises(NotApproved):
        erased_by("administrator", "case_worker")
    with pytest.raises(NotApproved):
        erased_by("lead", "second_worker")
    with pytest.raises(NotFound):
        erased_by("lead", "whoever")
    erased_by("administrator", "lead")
    assert not exists(any_coalition, reference)
    with pytest.raises(NotFound):
        erased_by("administrator", "lead")


def test_a_wish_goes_with_the_time_not_with_the_clock_alone(coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    wish = ask(coalition, reference)
    clock.now += ERASURE_LASTS - timedelta(seconds=1)
    confirm(coalition, wish)
    assert not exists(coalition, reference)


def test_reading_the_file_again_does_not_bring_an_erased_incident_back(any_coalition: Coalition, tmp_path: Path):
    row = "2024-05,Bulgaria,Anti-Roma hate crime,Threats,Near Shore,A family was threatened.\n"
    file = tmp_path / "rows.csv"
    file.write_text("Date,Country,Bias motivations,Type of incident,Source,Description\n" + 2 * row)
    with any_coalition.work("operator") as work:
        first, second = imports.import_incidents(work, file, "FIRST", accepted=True)
    before = counted(any_coalition)
    with any_coalition.work("operator") as work:
        erasures.erase_incident(work, first.reference, "lead@example.org", "case_worker@example.org")
    with any_coalition.work("operator") as work:
        lines = imports.import_incidents(work, file, "FIRST", accepted=True)
    assert [(line.outcome, line.reference) for line in lines] == [
        (Outcome.UNCHANGED, ""),
        (Outcome.UNCHANGED, second.reference),
    ]
    assert lines[0].message == "erased here: not read again"
    assert counted(any_coalition) == before
    with any_coalition.work("operator") as work:
        elsewhere = imports.import_incidents(work, file, "SECOND")
    assert {line.outcome for line in elsewhere} == {Outcome.IMPORTED}


def test_a_record_that_was_ever_handed_in_is_not_discarded_by_one_person(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED)
    records.withdraw(any_coalition, reference)
    view = records.read(any_coalition, reference)
    assert not view.may_discard
    with pytest.raises(NotAllowedNow), any_coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, view.version)
    erase(any_coalition, reference)
    assert not exists(any_coalition, reference)

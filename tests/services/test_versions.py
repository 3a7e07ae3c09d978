"""Versions of a submission: frozen, numbered, fetched again, compared, revised, sent."""

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from coalition.db.incidents import erase_incident, incident_with_reference
from coalition.documents.signing import check_folder
from coalition.domain.consents import Part
from coalition.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from coalition.domain.incidents import PartialDate
from coalition.domain.profiles import shipped
from coalition.domain.reviews import Decision, Step
from coalition.domain.versions import PART, What, Why
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents, keys, resealing, versions
from coalition.services.versions import Comparison, Kept, Prepared
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.services.building import built
from tests.services.versioned import lines_of

YEAR = 2024


def build(coalition: Coalition, folder: Path, who: str = "coordinator") -> tuple[Prepared, Kept]:
    with coalition.reading(who) as work:
        made = built(work, YEAR, folder)
    with coalition.work(who) as work:
        return made, versions.keep(work, made, folder)


def compared(coalition: Coalition, before: int, after: int | None = None) -> Comparison:
    with TemporaryDirectory() as aside, coalition.reading("coordinator") as work:
        return versions.compare(work, YEAR, before, after, Path(aside))


def send(coalition: Coalition, number: int) -> None:
    with coalition.work("coordinator") as work:
        versions.mark_sent(work, YEAR, number)


def why(found: Comparison) -> dict[str, list[tuple[str, list[Why]]]]:
    lines = {
        what.value: [(line.reference, [one.why for one in line.reasons]) for line in found.of(what)] for what in What
    }
    return {what: said for what, said in lines.items() if said}


def content(coalition: Coalition, number: int) -> dict[str, bytes]:
    with coalition.reading("coordinator") as work:
        files = versions.version_of(work, YEAR, number).files
        return {file.name: b"".join(versions.open_file(work, YEAR, number, file.name)) for file in files}


def test_a_version_stays_as_it_was_whatever_becomes_of_its_incidents(
    any_coalition: Coalition, tmp_path: Path, clock: Clock
):
    reference = records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"en": "First."}))
    made, kept = build(any_coalition, tmp_path / "one")
    before = content(any_coalition, 1)
    assert (kept.number, kept.unchanged, kept.outdated) == (1, False, False)
    assert set(before) == {"hcr-2024.zip", *made.names}
    assert all(before[name] == (tmp_path / "one" / name).read_bytes() for name in made.names)
    clock.now += timedelta(days=1)
    records.reopen(any_coalition, reference)
    records.decide(any_coalition, reference, records.REJECT)
    late = records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"en": "Second."}))
    _made, second = build(any_coalition, tmp_path / "two")
    assert second.number == 2
    assert content(any_coalition, 1) == before
    found = compared(any_coalition, 1, 2)
    said = {what: [(one, set(reasons)) for one, reasons in lines] for what, lines in why(found).items()}
    assert said == {"removed": [(reference, {Why.REJECTED, Why.REOPENED})], "added": [(late, {Why.ACCEPTED})]}
    assert found.lines[0].before.number == 1
    with any_coalition.reading("coordinator") as work:
        newest, oldest = versions.list_versions(work, YEAR)
        sent = lines_of(work, YEAR, 1)
    assert (newest.based_on, newest.built_by, oldest.based_on, oldest.credited) == (
        1,
        "Coordinator",
        None,
        ("First Member", "Near Shore"),
    )
    assert [
        (reference, said.part.value, said.number, (said.cells or {})["description"]) for reference, said in sent
    ] == [(reference, "descriptive", 1, "First.")]


def test_without_a_change_there_is_no_new_version_and_the_same_bytes(
    any_coalition: Coalition, tmp_path: Path, clock: Clock
):
    records.in_state(any_coalition, State.ACCEPTED)
    build(any_coalition, tmp_path / "one")
    clock.now += timedelta(days=40)
    records.in_state(any_coalition, State.ACCEPTED, facts(date=PartialDate(2023, 4)))
    made, kept = build(any_coalition, tmp_path / "again", "operator")
    assert (kept.number, kept.unchanged) == (1, True)
    for name in made.names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    with any_coalition.reading("coordinator") as work:
        assert len(versions.list_versions(work)) == 1


def test_a_revision_is_built_from_what_was_sent_and_says_what_it_changes(
    coalition: Coalition, tmp_path: Path, clock: Clock
):
    kept, gone = (
        records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": text})) for text in ("Kept.", "Gone.")
    )
    build(coalition, tmp_path / "one")
    send(coalition, 1)
    for number in (2, 3):
        clock.now += timedelta(days=1)
        records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": f"Late {number}."}))
        if number == 3:
            records.reopen(coalition, gone)
        made, _ = build(coalition, tmp_path / str(number))
        assert (made.manifest["version"], made.manifest["based_on"]) == (number, 1)
    with (tmp_path / "3" / "changes.csv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == [
        ("removed", "1", "", "descriptive", "", ""),
        ("added", "", "2", "", "descriptive", ""),
        ("added", "", "3", "", "descriptive", ""),
    ]
    assert "changes.csv" in made.manifest["sha256"]
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    with coalition.reading("coordinator") as work:
        versions.fetch(work, YEAR, 3, fetched)
    assert check_folder(fetched).is_whole
    found = compared(coalition, 1)
    assert {one for _reference, reasons in why(found)["added"] for one in reasons} == {Why.LATE}
    assert found.counts == {"added": 2, "changed": 0, "removed": 1}
    with coalition.reading("coordinator") as work:
        assert [reference for reference, _said in lines_of(work, YEAR, 1)] == [gone, kept]


def test_what_changed_in_a_record_is_told_by_cells_and_answers(coalition: Coalition, tmp_path: Path, clock: Clock):
    reference = records.in_state(
        coalition, State.ACCEPTED, facts(motivations=("anti_roma",), descriptions={"en": "A."})
    )
    build(coalition, tmp_path / "one")
    clock.now += timedelta(days=1)
    records.reopen(coalition, reference)
    records.decide(coalition, reference, records.ASK)
    records.save(coalition, reference, motivations=["anti_roma", "gender"], narrative="Canary", descriptions={"en": ""})
    records.submit(coalition, reference, answer="Both.")
    records.decide(coalition, reference)
    found = compared(coalition, 1)
    (line,) = found.lines
    assert (line.what, line.fields) == (What.CHANGED, (PART, "motivations"))
    assert (line.before.part, line.after.part) == (Part.DESCRIPTIVE, Part.STATISTICAL)
    assert [(cell.before, cell.after) for cell in line.cells] == [
        ("Anti-Roma hate crime", "Anti-Roma hate crime, Gender-based hate crime")
    ]
    (reason,) = line.reasons
    assert (reason.why, reason.fields) == (Why.ANSWERS_CHANGED, ("descriptions", "motivations"))


def test_a_version_with_a_withdrawn_record_is_not_handed_out_and_its_revision_is(
    any_coalition: Coalition, tmp_path: Path, clock: Clock
):
    reference = records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"en": "Gone."}))
    records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"en": "Kept."}))
    build(any_coalition, tmp_path / "one")
    clock.now += timedelta(days=1)
    with any_coalition.work("case_worker") as work:
        consents.withdraw_consent(work, reference, [Purpose.ODIHR])
    with any_coalition.reading("coordinator") as work:
        version = versions.version_of(work, YEAR, 1)
        assert (version.outdated, version.files) == (True, ())
        with pytest.raises(NotAllowedNow):
            versions.open_file(work, YEAR, 1, "incidents.csv")
    build(any_coalition, tmp_path / "two")
    assert b"Gone." not in content(any_coalition, 2)["incidents.csv"]
    assert why(compared(any_coalition, 1, 2)) == {"removed": [(reference, [Why.CONSENT_WITHDRAWN])]}
    # What comes out the same again is still another version: the one before is not handed out.
    clock.now += timedelta(days=1)
    with any_coalition.reading("coordinator") as work:
        assert not versions.version_of(work, YEAR, 2).outdated


def test_a_version_for_another_body_rests_on_the_consent_that_its_profile_asks_for(
    coalition: Coalition, tmp_path: Path
):
    (code,) = (one.code for one in shipped().values() if one.purpose is Purpose.PUBLISH and one.code == "national")
    told = facts()
    reference = records.in_state(coalition, State.ACCEPTED, replace(told, consents=told.consents - {Purpose.ODIHR}))
    with coalition.reading("coordinator") as work:
        (tmp_path / "made").mkdir()
        (tmp_path / "aside").mkdir()
        made = versions.prepare(work, YEAR, tmp_path / "made", tmp_path / "aside", profile=code)
    with coalition.work("coordinator") as work:
        kept = versions.keep(work, made, tmp_path / "made")
    assert (made.counts["incidents"], kept.outdated) == (1, False), "the consent to ODIHR is not asked for"
    with coalition.reading("coordinator") as work:
        since = work.now - timedelta(days=1)
        assert versions.revision_since(work, YEAR, code, since)
        assert versions.revision_since(work, YEAR, "", since) is None, "it is no revision of what went to ODIHR"
    with coalition.work("case_worker") as work:
        consents.withdraw_consent(work, reference, [Purpose.STATISTICS])
    with coalition.reading("coordinator") as work:
        assert versions.version_of(work, YEAR, 1, code).outdated


def test_of_an_erased_record_only_its_number_is_left(coalition: Coalition, tmp_path: Path, clock: Clock):
    reference = records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "A."}))
    records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "B."}))
    build(coalition, tmp_path / "one")
    clock.now += timedelta(days=1)
    with coalition.work("operator") as work:
        incident = incident_with_reference(work.session, reference)
        assert incident is not None
        erase_incident(work.session, incident)
    found = compared(coalition, 1)
    assert found.lines == ()
    assert found.found.erased == (1,)


def test_a_version_from_a_backup_is_not_handed_out_once_what_was_erased_is_purged(coalition: Coalition, tmp_path: Path):
    reference = records.in_state(coalition, State.ACCEPTED)
    build(coalition, tmp_path / "one")
    with coalition.work("operator") as work:
        incident = incident_with_reference(work.session, reference)
        assert incident is not None
        work.runtime.keys.destroy([incident.id])
    with coalition.work("operator") as work:
        assert keys.purge_erased(work) == 1
    with coalition.reading("coordinator") as work:
        assert versions.version_of(work, YEAR, 1).outdated


def test_who_builds_while_somebody_else_made_a_version_is_told(coalition: Coalition, tmp_path: Path):
    records.in_state(coalition, State.ACCEPTED)
    with coalition.reading("coordinator") as work:
        made = built(work, YEAR, tmp_path / "slow")
    build(coalition, tmp_path / "fast")
    with pytest.raises(ChangedMeanwhile), coalition.work("coordinator") as work:
        versions.keep(work, made, tmp_path / "slow")
    with coalition.reading("coordinator") as work:
        assert [version.number for version in versions.list_versions(work)] == [1]


def test_a_version_is_marked_as_sent_on_a_day_and_that_is_taken_back(
    coalition: Coalition, tmp_path: Path, clock: Clock
):
    records.in_state(coalition, State.ACCEPTED)
    build(coalition, tmp_path / "one")
    clock.now += timedelta(days=5)
    with coalition.work("coordinator") as work:
        today = work.today
        for day in (today + timedelta(days=1), today - timedelta(days=6)):
            with pytest.raises(NotAllowedNow):
                versions.mark_sent(work, YEAR, 1, day)
        versions.mark_sent(work, YEAR, 1, today - timedelta(days=2))
    with coalition.work("coordinator") as work:
        sent = versions.version_of(work, YEAR, 1)
        versions.take_back_sent(work, YEAR, 1)
    assert (sent.sent_at.date(), sent.sent_by) == (today - timedelta(days=2), "Coordinator")
    with coalition.reading("coordinator") as work:
        assert versions.version_of(work, YEAR, 1).sent_at is None
        for number, name in ((2, "incidents.csv"), (1, "../secrets/master.key")):
            with pytest.raises(NotFound):
                versions.open_file(work, YEAR, number, name)


def test_the_key_that_signs_is_the_same_after_all_keys_were_renewed(coalition: Coalition, tmp_path: Path):
    records.in_state(coalition, State.ACCEPTED)
    made, _ = build(coalition, tmp_path / "one")
    with coalition.reading("operator") as work:
        keys.rotate_keys(work)
    resealing.reseal(coalition.runtime)
    with coalition.reading("coordinator") as work:
        assert versions.signer(work).fingerprint == made.manifest["signature"]["fingerprint"]
        assert versions.known_fingerprint(work) == versions.version_of(work, YEAR, 1).fingerprint
        ((_reference, said),) = lines_of(work, YEAR, 1)
    assert said.cells
    assert said.cells["country"] == "Bulgaria"
    with coalition.reading("operator") as work:
        renewed = keys.signature_key(work, renew=True).fingerprint
        assert renewed != made.manifest["signature"]["fingerprint"]
        assert keys.signature_key(work).fingerprint == renewed
    assert json.loads((tmp_path / "one" / "manifest.json").read_text())["version"] == 1


def test_records_that_are_counted_together_since_then_explain_the_change(
    coalition: Coalition, tmp_path: Path, clock: Clock
):
    one = records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "One."}))
    other = records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": "Other."}), who="second_worker")
    build(coalition, tmp_path / "one")
    clock.now += timedelta(days=1)
    records.reopen(coalition, other)
    records.decide(coalition, other, Decision(Step.LINK, {}, other=one))
    found = why(compared(coalition, 1))
    assert Why.LINKED in found["removed"][0][1]
    assert found["removed"][0][0] == other
    assert found["changed"] == [(one, [Why.LINKED])]

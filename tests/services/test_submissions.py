"""The yearly submission as a service: who may build it, which incidents are in it, the same files every time."""

import csv
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.documents.signing import MANIFEST, SIGNATURE
from coalition.documents.submission_files import FILES
from coalition.domain.errors import NotPermitted
from coalition.domain.incidents import PartialDate
from coalition.domain.profiles import profile_for
from coalition.domain.vocabulary import Purpose, State
from coalition.services import settings, submissions, versions
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts, without
from tests.services import records
from tests.services.building import built as built_submission

YEAR = 2024


def build(coalition: Coalition, folder: Path, year: int = YEAR) -> Mapping[str, object]:
    with coalition.reading("coordinator") as work:
        return built_submission(work, year, folder).manifest


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def described(name: str) -> dict[str, object]:
    return {"descriptions": {"en": name}}


def test_only_accepted_incidents_of_the_year_with_consent_for_odihr_are_in_it(any_coalition: Coalition, tmp_path: Path):
    records.in_state(any_coalition, State.ACCEPTED, facts(**described("in the year")))
    records.in_state(
        any_coalition, State.ACCEPTED, facts(date=PartialDate(2023, 12, 31), **described("the year before"))
    )
    refused = without(Purpose.ODIHR).consents
    records.in_state(any_coalition, State.ACCEPTED, facts(consents=refused, **described("no consent")))
    for state in (State.DRAFT, State.SUBMITTED, State.RETURNED, State.REJECTED):
        records.in_state(any_coalition, state, facts(**described(state.value)))
    manifest = build(any_coalition, tmp_path)
    assert [row["Description"] for row in rows(tmp_path / "incidents.csv")] == ["in the year"]
    assert manifest["counts"] == {"incidents": 1, "descriptive": 1, "statistical": 0}


def test_what_a_second_process_writes_is_the_same_and_it_ends_when_the_build_is_stopped(
    any_coalition: Coalition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for month in (None, 2, 3, 11):
        told = facts(date=PartialDate(YEAR, month), **described("a camp was attacked"))
        records.in_state(any_coalition, State.ACCEPTED, told)
    here = build(any_coalition, tmp_path / "here")
    monkeypatch.setattr(submissions, "MANY", 1)
    assert build(any_coalition, tmp_path / "beside") == here

    def stopped(_done: int, _total: int, _step: str) -> None:
        raise InterruptedError

    with any_coalition.reading("coordinator") as work, pytest.raises(InterruptedError):
        built_submission(work, YEAR, tmp_path / "stopped", stopped)
    running = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not any("writing" in Path("/proc", pid, "cmdline").read_text() for pid in running)


def test_consent_for_odihr_does_not_need_consent_to_publish(coalition: Coalition, tmp_path: Path):
    records.in_state(coalition, State.ACCEPTED, without(Purpose.PUBLISH, Purpose.STATISTICS))
    assert build(coalition, tmp_path)["counts"] == {"incidents": 1, "descriptive": 1, "statistical": 0}


def test_property_and_what_has_no_description_are_numbers_only(any_coalition: Coalition, tmp_path: Path):
    records.in_state(any_coalition, State.ACCEPTED, facts(offences=(), chosen_type="property_attack"))
    records.in_state(any_coalition, State.ACCEPTED, facts(descriptions={"bg": "Само на български."}))
    records.in_state(any_coalition, State.ACCEPTED, facts(motivations=("anti_roma", "gender")))
    manifest = build(any_coalition, tmp_path)
    assert manifest["counts"] == {"incidents": 3, "descriptive": 1, "statistical": 2}
    assert [list(row.values()) for row in rows(tmp_path / "statistics.csv")] == [
        ["Bulgaria", "Anti-Roma hate crime", "Violent attacks against people", "1"],
        ["Bulgaria", "Anti-Roma hate crime", "Attacks against property", "1"],
    ]
    overview = {row["Bias motivation"]: row["Incidents"] for row in rows(tmp_path / "overview.csv")}
    assert overview == {"Anti-Roma hate crime": "3", "Gender-based hate crime": "1", "All incidents": "3"}


def test_before_2022_attacks_on_property_are_described(coalition: Coalition, tmp_path: Path):
    records.in_state(
        coalition,
        State.ACCEPTED,
        facts(date=PartialDate(2021), offences=(), chosen_type="property_attack", consent_date=date(2021, 2, 1)),
    )
    counts = build(coalition, tmp_path, 2021)["counts"]
    assert counts == {"incidents": 1, "descriptive": 1, "statistical": 0}


def test_nothing_that_leads_to_a_person_is_in_any_file(coalition: Coalition, tmp_path: Path):
    canary = "Canary7731"
    told = facts(
        narrative=canary,
        impact=canary,
        municipality=canary,
        own_reference=canary,
        authorities_response=canary,
        time="21:37",
    )
    records.in_state(coalition, State.ACCEPTED, told)
    build(coalition, tmp_path)
    texts = {name: (tmp_path / name).read_text(encoding="utf-8") for name in (*FILES[1:], MANIFEST)}
    with zipfile.ZipFile(tmp_path / FILES[0]) as workbook:
        texts |= {name: workbook.read(name).decode() for name in workbook.namelist()}
    assert [name for name, text in texts.items() if "A teenage Roma boy was beaten." in text] == [
        "incidents.csv",
        "xl/worksheets/sheet1.xml",
    ]
    for word in (canary, "21:37", "2024-05-17", "Име на човек"):
        assert not [name for name, text in texts.items() if word in text]


def test_built_twice_the_files_are_the_same_byte_for_byte(any_coalition: Coalition, tmp_path: Path, clock: Clock):
    for who in ("case_worker", "second_worker"):
        records.in_state(any_coalition, State.ACCEPTED, who=who)
    first = build(any_coalition, tmp_path / "first")
    clock.now += timedelta(days=40)
    second = build(any_coalition, tmp_path / "second")
    assert first == second
    for name in (*FILES, MANIFEST, SIGNATURE):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_manifest_names_every_file_with_its_checksum(coalition: Coalition, tmp_path: Path):
    records.in_state(coalition, State.ACCEPTED)
    folder = tmp_path / "submission"
    build(coalition, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["year"] == YEAR
    assert set(manifest["sha256"]) == set(FILES)
    for name, checksum in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    assert {path.name for path in folder.iterdir()} == {*FILES, MANIFEST, SIGNATURE}


def test_a_year_without_incidents_gives_files_without_rows(any_coalition: Coalition, tmp_path: Path):
    manifest = build(any_coalition, tmp_path)
    assert manifest["counts"] == {"incidents": 0, "descriptive": 0, "statistical": 0}
    assert rows(tmp_path / "incidents.csv") == []


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_builds_it(coalition: Coalition, tmp_path: Path, who: str):
    with coalition.reading("coordinator") as work:
        made = built_submission(work, YEAR, tmp_path / "made")
    for act in (
        lambda work: built_submission(work, YEAR, tmp_path / "out"),
        lambda work: versions.keep(work, made),
        versions.list_versions,
        lambda work: versions.version_of(work, YEAR, 1),
        lambda work: versions.mark_sent(work, YEAR, 1),
        lambda work: versions.take_back_sent(work, YEAR, 1),
        lambda work: versions.compare(work, YEAR, 1, None, tmp_path),
        lambda work: submissions.cycle_of(work, YEAR),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)
    assert not (tmp_path / "out" / MANIFEST).exists()


def test_the_cycle_says_until_when_to_whom_and_under_which_subject(coalition: Coalition):
    with coalition.work("administrator") as work:
        settings.change(work, name={"en": "Our Coalition", "bg": "Коалиция"})
    with coalition.reading("coordinator") as work:
        cycle = submissions.cycle_of(work, YEAR)
    assert (cycle.deadline, cycle.subject) == (date(2025, 4, 30), "HCR 2024 (Our Coalition)")
    assert cycle.recipient == "tndinfo@odihr.pl"


def test_a_build_from_the_command_line_is_in_the_log(coalition: Coalition, tmp_path: Path):
    records.in_state(coalition, State.ACCEPTED)
    with coalition.work("operator") as work:
        versions.keep(work, built_submission(work, YEAR, tmp_path))
    with coalition.reading("operator") as work:
        entry = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "submission.build")).one()
    counts = {"incidents": 1, "descriptive": 1, "statistical": 0}
    assert (entry.actor, entry.subject) == ("operator", "2024")
    assert entry.details == {"version": 1, "profile": profile_for(YEAR).code, **counts}


def test_progress_is_told_while_the_files_are_made(coalition: Coalition, tmp_path: Path):
    said = []
    records.in_state(coalition, State.ACCEPTED)
    with coalition.reading("coordinator") as work:
        built_submission(work, YEAR, tmp_path, lambda *step: said.append(step))
    assert said
    assert said[-1][0] == said[-1][1]
    assert all(0 <= done <= total for done, total, _ in said)

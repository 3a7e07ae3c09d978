"""The main job from end to end, in Bulgarian: from a case worker's phone to the public page, files included."""

import csv
import hashlib
import json
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from tests.journeys.conftest import Site
from tests.journeys.people import DESK, PHONE, CaseWorker, Coordinator, Person, label

pytestmark = pytest.mark.journey

NARRATIVE = "Вътрешен разказ, който никога не напуска организацията: Търговище, петък вечерта."
ENGLISH = "A Roma man was subjected to anti-Roma insults and beaten by two men."
BULGARIAN = "Мъж от ромски произход беше обиждан заради произхода си и бит от двама мъже."
ANSWER = "Извикаха обиди за ромите, преди да го ударят."
QUESTION = "Как потърпевшият разбра, че причината е произходът му?"


def test_the_main_job_from_the_phone_to_the_public_page(own_site: Site, chromium: Browser, tmp_path: Path) -> None:
    # Given a coalition with a member
    site = own_site
    recorder, reviewer = site.account("case_worker", "--organisation", site.member()), site.account("coordinator")
    worker = CaseWorker(chromium, site.address, PHONE)
    coordinator = Coordinator(chromium, site.address, DESK)
    reader = Person(chromium, site.address, PHONE)
    worker.signs_in(recorder)
    coordinator.signs_in(reviewer)

    # When a case worker records an incident on a phone and the coordinator asks back before accepting it
    record = record_and_submit(worker)
    ask_answer_and_accept(coordinator, worker, record)

    # Then the submission and the report can be built and taken away, and the public reads the published year
    build_the_submission(coordinator, tmp_path)
    build_the_report(coordinator, tmp_path)
    publish_the_year(coordinator)
    read_in_both_languages(reader)


def record_and_submit(worker: CaseWorker) -> str:
    """Record an incident section by section; returns the address of the record."""
    worker.begins_an_incident("14", "5", "2025", "Търговище")
    worker.says_what_happened("assault", "threats")
    worker.says_who_was_targeted(1)
    worker.says_why("anti_roma", "expression", "Обиди по време на нападението.")
    worker.says_who_did_it(2)
    worker.names_the_source("victim_interview")
    worker.tells_of_the_police("reported")
    worker.records_consent("record", "share_coalition", "statistics", "odihr", "publish")
    worker.describes(NARRATIVE, ENGLISH, BULGARIAN)
    worker.checks_the_answers()
    worker.finds_nothing_wrong()
    record = worker.page.url
    worker.hands_it_in()
    worker.reads(label("states", "submitted"))
    return record


def ask_answer_and_accept(coordinator: Coordinator, worker: CaseWorker, record: str) -> None:
    """Ask a question, answer it, accept; the case worker sees each step."""
    coordinator.opens_the_first_waiting()
    coordinator.reads(label("tests", "bias_indicator"))
    coordinator.decides("return", QUESTION)
    worker.page.goto(record)
    worker.reads(QUESTION)
    worker.hands_it_in(ANSWER)
    coordinator.opens_from_the_inbox("An answer came")
    coordinator.reads(ANSWER)
    coordinator.decides("accept")
    worker.page.goto(record)
    worker.reads(label("states", "accepted"))


def build_the_submission(coordinator: Coordinator, folder: Path) -> None:
    """Build the submission, watch it, take its files."""
    coordinator.opens("submissions")
    coordinator.finds_nothing_wrong()
    coordinator.goes_to("form button[type=submit]")
    coordinator.waits_for_the_files()
    names = ("submission.xlsx", "incidents.csv", "statistics.csv", "overview.csv", "manifest.json")
    check_submission({name: coordinator.fetches(name, folder) for name in names})


def build_the_report(coordinator: Coordinator, folder: Path) -> None:
    """Build the Bulgarian report and take it."""
    coordinator.opens("reports")
    coordinator.finds_nothing_wrong()
    coordinator.chooses("language", "bg")
    coordinator.goes_to("form button[type=submit]")
    coordinator.waits_for_the_files()
    check_report(coordinator.fetches("report-2025-bg.pdf", folder))


def publish_the_year(coordinator: Coordinator) -> None:
    """Look at the preview and publish."""
    coordinator.opens("publication")
    coordinator.finds_nothing_wrong()
    coordinator.goes_to("a[href$='/publication/2025']")
    coordinator.finds_nothing_wrong()
    coordinator.goes_to("form[action$='/2025'] button[type=submit]")


def read_in_both_languages(reader: Person) -> None:
    """Read the year without a session; the other language keeps the page."""
    reader.opens("figures/2025")
    reader.reads(BULGARIAN)
    reader.reads(label("bias_motivations", "anti_roma"))
    reader.finds_nothing_wrong()
    expect(reader.page.get_by_role("main")).not_to_contain_text("Търговище")
    reader.page.get_by_role("link", name="English").first.click()
    expect(reader.page).to_have_url(f"{reader.address}/en/figures/2025")
    reader.reads(ENGLISH)


def check_submission(files: dict[str, Path]) -> None:
    """One descriptive incident, everything of it anonymised, and checksums that fit."""
    manifest = json.loads(files["manifest.json"].read_text())
    assert manifest["counts"] == {"incidents": 1, "descriptive": 1, "statistical": 0}
    for name, checksum in manifest["sha256"].items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == checksum
    with files["incidents.csv"].open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    kind = "Violent attacks against people"
    assert rows[1] == ["2025-05", "Bulgaria", "Anti-Roma hate crime", kind, "Център Зора", ENGLISH]
    cells = [
        str(cell)
        for sheet in openpyxl.load_workbook(files["submission.xlsx"])
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    ]
    assert ENGLISH in cells
    assert not [cell for cell in cells if "Търговище" in cell or "Вътрешен разказ" in cell]


def check_report(file: Path) -> None:
    """The report is Bulgarian, tells of the incident and of nothing it must not tell."""
    text = " ".join(page.extract_text() for page in PdfReader(file).pages)
    folded = " ".join(text.split())
    assert BULGARIAN in folded.replace("- ", "")
    assert label("bias_motivations", "anti_roma") in folded
    assert "Вътрешен разказ" not in folded
    assert label("tests", "bias_indicator") in folded

"""The way of a member's own spreadsheet through the site, as its lead goes it, and where the way is closed."""

import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from coalition.db.audit import AuditEntry
from coalition.domain.mappings import TARGETS
from coalition.i18n.sheets import groups_of_facts, problem_in_words
from coalition.services import incidents, mappings, settings
from tests.conftest import Clock, Coalition
from tests.page import Browser
from tests.services.sheets import run_jobs, seen, sheet

SignIn = Callable[[str], Browser]
HEADING = ("Номер", "Дата", "Град", "Мотив", "Пол", "Описание")
SHEET = sheet(
    HEADING,
    ("17", "5/3/2024", "София", "роми", "м", "Мъж беше бит."),
    ("18", "6/3/2024", "Пловдив", "роми; ромска общност", "жена", "Изрисувана врата."),
    ("19", "13/13/2024", "Варна", "роми", "жена", "=1+1"),
)
INVALID = 422


@pytest.fixture
def lead(signed_in: SignIn) -> Browser:
    return signed_in("lead")


def send(browser: Browser, content: bytes | str, name: str = "cases.csv") -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    fields = {"csrf_token": browser.token(), "file": (io.BytesIO(data), name)}
    return browser.client.post("/en/imports", data=fields)


def sent(coalition: Coalition, browser: Browser, content: bytes | str = SHEET) -> str:
    """Send a file and have it read; returns its address."""
    here = send(browser, content).headers["Location"]
    run_jobs(coalition)
    return here


def test_a_file_goes_from_its_columns_to_its_words_to_the_drafts(coalition: Coalition, lead: Browser) -> None:
    assert lead.get("/en/incidents").links()["Import"] == "/en/imports"
    assert "Every row becomes a draft" in lead.get("/en/imports").text
    here = send(lead, SHEET).headers["Location"]
    page = lead.get(here)
    assert f'data-poll="{here}/state"' in page.html
    assert lead.fetch(f"{here}/state").json["state"] == "running"
    run_jobs(coalition)
    assert lead.fetch(f"{here}/state").json["state"] == "done"

    page = lead.get(here)
    assert page.heading == "What the columns hold"
    chosen = page.form(f"{here}/columns").values
    assert [chosen[f"column_{number}"][0] for number in range(6)] == [
        *("own_reference", "date", "municipality", "motivations", "victims.gender", "narrative")
    ]
    page = lead.submit(f"{here}/columns", key="0")
    assert page.heading == "What the words mean"
    words = page.form(f"{here}/words").values
    assert (words["c3_word_0"], words["c3_word_1"]) == (["anti_roma"], ["?"])
    assert (words["c4_word_0"], words["c4_word_1"], words["every_country"]) == (["man"], ["woman"], ["BG"])
    page = lead.submit(f"{here}/words", status=INVALID)
    assert set(page.errors()) >= {"Choose what comes first.", "Choose what “ромска общност” means, or leave it out."}


def test_what_is_said_of_a_file_is_shown_before_it_is_recorded(coalition: Coalition, lead: Browser) -> None:
    here = sent(coalition, lead)
    lead.get(here)
    lead.submit(f"{here}/columns", key="0")
    page = lead.submit(f"{here}/words", c1_order="day", c3_word_1="anti_roma")
    assert "Comparing the rows" in page.text
    run_jobs(coalition)

    page = lead.get(here)
    assert page.heading == "What would be recorded"
    assert "5 March 2024" in page.text
    assert "This is no date that can be read." in page.text
    lead.submit(f"{here}/preview", name="Our cases")
    run_jobs(coalition)
    page = lead.get(here)
    assert "New records 2" in page.text
    assert lead.get("/en/imports").text.count("Our cases") == 1
    with coalition.reading("lead") as work:
        lines = incidents.list_incidents(work).lines
    assert {(line.date, line.municipality, line.motivations) for line in lines} == {
        ("2024-03-05", "София", ("anti_roma",)),
        ("2024-03-06", "Пловдив", ("anti_roma",)),
    }


def test_the_rows_that_were_left_are_handed_out_with_the_reason_after_a_fresh_proof(
    coalition: Coalition, lead: Browser, clock: Clock
) -> None:
    here = sent(coalition, lead)
    lead.get(here)
    lead.submit(f"{here}/columns")
    lead.submit(f"{here}/words", c1_order="day", c3_word_1="")
    run_jobs(coalition)
    answer = lead.fetch(f"{here}/problems.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="not-recorded-')
    assert (answer.headers["Cache-Control"], answer.headers["Content-Security-Policy"]) == (
        "no-store",
        "sandbox; default-src 'none'",
    )
    assert answer.data.decode("utf-8-sig") == sheet(
        (*HEADING, "problem"),
        ("19", "13/13/2024", "Варна", "роми", "жена", "'=1+1", "Дата: This is no date that can be read."),
    ).replace("\r\n", "\n")
    book = openpyxl.load_workbook(io.BytesIO(lead.fetch(f"{here}/problems.xlsx").data))
    assert [(cell.value, cell.data_type) for cell in book.active[2]][5] == ("=1+1", "s")
    assert lead.fetch(f"{here}/problems.pdf").status_code == 404
    clock.now += timedelta(minutes=11)
    assert "/confirm" in lead.fetch(f"{here}/problems.csv").headers["Location"]


def test_another_separator_brings_other_words(coalition: Coalition, lead: Browser) -> None:
    here = sent(coalition, lead, sheet(("Motive",), ("roma + gender",), ("roma | gender",)))
    lead.get(here)
    page = lead.submit(f"{here}/columns", column_0="motivations")
    assert page.form(f"{here}/words").values["c0_separator"] == ["bar"]
    assert "roma | gender" not in page.text
    for code, shown in (("none", True), ("slash", True), ("bar", False)):
        page = lead.submit(f"{here}/words", c0_separator=code)
        assert page.form(f"{here}/words").values["c0_separator"] == [code]
        assert ("roma | gender" in page.text) == shown


def test_columns_that_cannot_be_read_like_that_are_named(coalition: Coalition, lead: Browser) -> None:
    many = [(f"Town {number}", f"word {number}") for number in range(400)]
    here = sent(coalition, lead, sheet(("Town", "Text"), *many))
    lead.get(here)
    page = lead.submit(f"{here}/columns", status=INVALID, column_0="", column_1="")
    assert page.errors() == ["Say of at least one column what it holds."]
    page = lead.submit(f"{here}/columns", status=INVALID, column_0="municipality", column_1="municipality")
    assert set(page.errors()) == {"Only one column can hold this: Town or village."}
    page = lead.submit(f"{here}/columns", status=INVALID, column_0="municipality", column_1="motivations")
    assert page.errors() == [
        "“Text” has too many different cells for answers from a list. Choose a text for it.",
    ]
    page = lead.submit(f"{here}/columns", status=INVALID, column_0="nothing", column_1="narrative")
    assert page.errors() == ["Choose an answer from the list."]


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Form"
    book.active.append(("date_of_incident", "_uuid"))
    book.active.append(("2024-03-05", "a"))
    book.create_sheet("victims").append(("victim_gender",))
    book["victims"].append(("female",))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_only_one_sheet_of_a_workbook_is_read_and_another_can_be_chosen(coalition: Coalition, lead: Browser) -> None:
    here = sent(coalition, lead, workbook())
    page = lead.get(here)
    assert "Now “Form” is read and the others are left alone" in page.text
    assert page.form(f"{here}/columns").values["key"] == ["1"]
    lead.submit(f"{here}/sheet", sheet="victims")
    run_jobs(coalition)
    page = lead.get(here)
    assert page.form(f"{here}/columns").values["column_0"] == ["victims.gender"]


def test_a_file_that_is_not_taken_says_why_beside_its_field(lead: Browser) -> None:
    answer = send(lead, b"")
    assert (answer.status_code, "The file is empty." in answer.get_data(as_text=True)) == (INVALID, True)


def test_a_form_without_a_file_asks_for_one(lead: Browser) -> None:
    page = lead.post("/en/imports", {"csrf_token": lead.token()}, INVALID)
    assert page.errors() == ["Choose a file."]


def test_a_file_that_cannot_be_read_says_why_on_its_page(coalition: Coalition, lead: Browser) -> None:
    here = sent(coalition, lead, b"PK\x03\x04 cut off")
    page = lead.get(here)
    assert "This workbook cannot be read. Save it as XLSX or CSV." in page.text
    assert "Being read" not in lead.get("/en/imports").text


def test_a_page_that_comes_too_early_or_too_late_leads_to_where_the_file_stands(
    coalition: Coalition, lead: Browser
) -> None:
    here = sent(coalition, lead)
    assert lead.fetch(f"{here}/preview").headers["Location"] == here
    assert lead.client.post(f"{here}/preview", data={"csrf_token": lead.token()}).headers["Location"] == here
    lead.get(here)
    lead.submit(f"{here}/discard")
    assert lead.fetch(here).status_code == 404


def test_a_job_that_failed_can_be_tried_again(
    coalition: Coalition, lead: Browser, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(mappings, "profile_of", fail)
        here = send(lead, SHEET).headers["Location"]
        for _attempt in range(3):
            run_jobs(coalition)
            clock.now += timedelta(minutes=1)
    page = lead.get(here)
    assert "It could not be finished" in page.text
    lead.submit(here)
    run_jobs(coalition)
    assert lead.get(here).heading == "What the columns hold"
    assert seen(coalition, here.rsplit("/", 1)[-1]).profile


def test_every_fact_has_its_words_and_every_problem_its_sentence() -> None:
    assert {name for facts in groups_of_facts().values() for name in facts} == {target.name for target in TARGETS}
    assert problem_in_words("not_a_date") != "not_a_date"


def test_the_job_behind_it_is_nobody_elses_business(coalition: Coalition, lead: Browser, signed_in: SignIn) -> None:
    here = sent(coalition, lead)
    job = seen(coalition, here.rsplit("/", 1)[-1]).job
    assert lead.fetch(f"/en/jobs/{job}").status_code == 403
    coordinator = signed_in("coordinator")
    for path in (f"/en/jobs/{job}", f"/en/jobs/{job}/state", f"/en/jobs/{job}/files/sheet"):
        assert coordinator.fetch(path).status_code == 404


def test_a_file_larger_than_the_coalitions_evidence_arrives_whole(coalition: Coalition, lead: Browser) -> None:
    with coalition.work("operator") as work:
        settings.change(work, evidence_megabytes=1)
    content = sheet(("No", "More"), *((str(number), "x" * 1_200) for number in range(1000)))
    assert len(content) > 1_100_000
    head = 'Content-Disposition: form-data; name="{}"'
    parts = (
        f"{head.format('csrf_token')}\r\n\r\n{lead.token()}",
        f'{head.format("file")}; filename="cases.csv"\r\n\r\n{content}',
    )
    body = "".join(f"--limit\r\n{part}\r\n" for part in parts) + "--limit--\r\n"
    answer = lead.client.post("/en/imports", data=body, content_type="multipart/form-data; boundary=limit")
    run_jobs(coalition)
    profile = seen(coalition, answer.headers["Location"].rsplit("/", 1)[-1]).profile
    assert profile
    assert profile.rows == 1000


def test_asking_how_far_a_file_is_leaves_no_entry_and_looking_at_its_columns_does(
    coalition: Coalition, lead: Browser
) -> None:
    here = sent(coalition, lead)
    lead.fetch(f"{here}/state")
    assert _looked(coalition) == 0
    lead.get(f"{here}/columns")
    assert _looked(coalition) == 1


def _looked(coalition: Coalition) -> int:
    with coalition.reading("operator") as work:
        return len(work.session.scalars(select(AuditEntry).where(AuditEntry.action == "upload.read")).all())

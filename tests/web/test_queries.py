"""The pages of what ODIHR asks: from a letter to the record, to the answer, and to a file for the coordinator."""

import csv
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Coalition
from tests.page import Browser
from tests.services.versioned import keep_version
from tests.web.filing import accepted


def test_without_a_submission_there_is_nothing_to_ask_about(signed_in: Callable[[str], Browser]):
    browser = signed_in("coordinator")
    assert "Nothing was submitted yet" in browser.get("/en/queries").text
    browser.get("/en/queries/new")
    assert "Choose a version" in browser.submit("/en/queries/new", status=422).text


def test_a_question_leads_to_its_record_and_its_member_and_is_answered(
    signed_in: Callable[[str], Browser], coalition: Coalition, tmp_path: Path
):
    reference = accepted(coalition)
    keep_version(coalition, tmp_path / "files")
    browser = signed_in("coordinator")
    browser.get("/en/queries/new")
    page = browser.submit("/en/queries/new", status=422, lines=["1, 7"], question=["=Which indicator?"])
    assert "There is no incident in this version, or none that you may read, for: 7" in page.text
    page = browser.submit("/en/queries/new", lines=["1"])
    assert page.heading == "Question about 2024, version 1, No. 1"
    detail = browser.path
    assert page.links()["Open the record"] == f"/en/reviews/{reference}"
    assert reference in page.links()["Ask its organisation"]
    assert "=Which indicator?" in page.text
    assert "1 question from ODIHR waits for an answer" in browser.get("/en/inbox").text
    assert "(1 open)" in browser.get("/en/submissions").text
    browser.get(detail)
    page = browser.submit(f"{detail}/answer", status=422, answer=["In column K."], **{"answered_on-year": ["1999"]})
    assert "Write a day between the question and today." in page.text
    browser.get(detail)
    page = browser.submit(f"{detail}/answer", answer=["In column K."])
    assert "What was answered In column K. Coordinator, 2 March 2026" in page.text
    assert "Who answers it Nobody yet" in browser.submit(f"{detail}/reviewer", **{"give-reviewer": [""]}).text
    assert "Closed" in browser.submit(f"{detail}/state", button=("act", "close")).text
    assert "2024, version 1, No. 1" in browser.get("/en/queries?state=closed&year=2024").text
    taken = browser.fetch("/en/queries/log/2024.csv")
    (row,) = csv.DictReader(taken.data.decode("utf-8-sig").splitlines())
    assert (row["Incident"], row["What they ask"], row["What was answered"], row["Days"]) == (
        reference,
        "'=Which indicator?",
        "In column K.",
        "0",
    )
    browser.get("/en/queries/AAAAA-AAAAA", status=404)

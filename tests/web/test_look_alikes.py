"""Search before create: what may be the same incident is shown before a new record begins."""

from collections.abc import Callable
from typing import Any

import pytest

from coalition.db.audit import all_entries
from coalition.domain.incidents import PartialDate
from coalition.services import incidents
from tests.conftest import Coalition
from tests.page import Browser, Page
from tests.web.test_incidents import begin, read, reference_of, submitted

SignedIn = Callable[[str], Browser]
NEW = "/en/incidents/new"
SAVED = 200
TYPED = {"date-day": "28", "date-month": "3", "date-year": "2025", "region": "BG-16", "motivations": ["anti_roma"]}


def sought(browser: Browser, button: str = "next", **typed: Any) -> Page:
    """Open the first page and press a button."""
    browser.get(NEW)
    return browser.submit(NEW, ("go", button), **{**TYPED, **typed})


def alike(page: Page) -> str:
    """Return the words of the list of look-alikes; empty if there is none."""
    found = page.by_id("alike")
    return "" if found is None else " ".join(" ".join(found.itertext()).split())


def test_ones_own_records_are_shown_whole_with_a_link(signed_in: SignedIn, coalition: Coalition) -> None:
    reference, browser = submitted(coalition), signed_in("case_worker")
    page = sought(browser)
    assert "1 record looks as if it were about the same incident." in alike(page)
    assert "27 March 2025 · Plovdiv · Asenovgrad" in alike(page)
    assert f"/en/incidents/{reference}" in {link.get("href") for link in page.all("a")}
    values = page.form(NEW).values
    assert (values["date-day"], values["motivations"]) == (["28"], ["anti_roma"])


def test_another_members_record_is_only_day_region_motivation_and_whom_to_ask(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    reference = submitted(coalition)
    page = sought(signed_in("second_worker"))
    assert "First Member · 27 March 2025 · Plovdiv" in alike(page)
    assert "Anti-Roma hate crime" in alike(page)
    assert "Another member recorded it." in alike(page)
    for hidden in (reference, "Asenovgrad", "Insults", "mother"):
        assert hidden not in page.html


def test_what_is_not_shared_or_not_handed_in_is_nobody_elses_business(
    signed_in: SignedIn, coalition: Coalition
) -> None:
    begin(coalition, date=PartialDate(2025, 3, 27), country="BG", motivations=("anti_roma",))
    browser = signed_in("second_worker")
    assert alike(sought(browser)) == ""
    assert reference_of(browser)


def test_none_of_these_begins_the_record_with_what_was_typed(signed_in: SignedIn, coalition: Coalition) -> None:
    submitted(coalition)
    browser = signed_in("case_worker")
    sought(browser)
    browser.submit(NEW, ("go", "anyway"))
    facts = read(coalition, reference_of(browser)).facts
    assert (facts.date, facts.region, facts.motivations) == (PartialDate(2025, 3, 28), "BG-16", ("anti_roma",))


@pytest.mark.parametrize(
    "typed",
    [
        {"date-day": "10"},
        {"date-month": "", "date-day": ""},
        {"region": "BG-22"},
        {"motivations": ["gender"]},
        {"country": "RO", "region": ""},
    ],
)
def test_what_is_not_alike_begins_at_once(signed_in: SignedIn, coalition: Coalition, typed: dict[str, Any]) -> None:
    submitted(coalition)
    browser = signed_in("case_worker")
    assert alike(sought(browser, **typed)) == ""
    assert reference_of(browser)


def test_looking_is_written_into_the_log_without_what_was_sought(signed_in: SignedIn, coalition: Coalition) -> None:
    submitted(coalition)
    sought(signed_in("second_worker"))
    with coalition.reading("operator") as work:
        told = [row.details for row in all_entries(work.session) if row.action == "incident.compare"]
    assert told == [{"found": 1}]


def test_the_draft_that_was_begun_while_typing_can_be_discarded(signed_in: SignedIn, coalition: Coalition) -> None:
    submitted(coalition)
    browser = signed_in("case_worker")
    values = browser.get(NEW).form(NEW).values
    early = {**values, "date-year": "2025"}
    begun = browser.client.post(NEW, data=early, headers={"Accept": "application/json"})
    assert (begun.status_code, begun.get_json()["state"]) == (SAVED, "saved")
    page = browser.post(NEW, {**values, **TYPED, "go": "next"})
    link = next(a.get("href") or "" for a in page.all("a") if "discard" in (a.get("href") or ""))
    assert "27 March 2025" in alike(page)
    assert "28 March 2025" not in alike(page)
    browser.get(link)
    browser.submit(link)
    assert browser.path == "/en/incidents"
    with coalition.reading("case_worker") as work:
        assert incidents.list_incidents(work).total == 1


def test_a_clock_begins_no_record_that_looks_like_another(signed_in: SignedIn, coalition: Coalition) -> None:
    submitted(coalition)
    browser = signed_in("case_worker")
    said = {**browser.get(NEW).form(NEW).values, **TYPED}
    answer = browser.client.post(NEW, data=said, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["state"]) == (SAVED, "kept")
    with coalition.reading("case_worker") as work:
        assert incidents.list_incidents(work).total == 1
    assert browser.get(NEW).form(NEW).values["date-day"] == ["28"]
    assert "27 March 2025" in alike(browser.post(NEW, {**said, "go": "next"}))

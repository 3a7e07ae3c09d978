"""The yearly submission's page: which year is due, building it, what was built before."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from coalition.domain.incidents import PartialDate
from coalition.services import jobs
from coalition.worker import run_job
from tests.conftest import Clock, Coalition
from tests.page import Browser
from tests.web.filing import accepted, filed

SignIn = Callable[[str], Browser]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def test_without_incidents_the_page_says_what_to_wait_for(coordinator: Browser) -> None:
    assert "There is no data year yet" in coordinator.get("/en/submissions").text


def test_the_year_that_is_due_comes_first(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition, date=PartialDate(2025, 3))
    filed(coalition, date=PartialDate(2025, 4))
    accepted(coalition)
    page = coordinator.get("/en/submissions")
    assert "Data year 2025 1 incident accepted 59 days left 1 incident not decided yet" in page.text
    assert "30 April 2026" in page.text
    assert "tndinfo@odihr.pl" in page.text
    assert "HCR 2025 (Hate Crime Recording Coalition)" in page.text
    assert page.links()["Review what waits"] == "/en/reviews?year=2025"
    assert [form.buttons for form in page.forms() if form.action == "/en/submissions"] == [
        (("year", "2025"),),
        (("year", "2024"),),
    ]


def test_next_year_already_has_incidents_but_this_one_is_due(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition, date=PartialDate(2025, 3))
    accepted(coalition, date=PartialDate(2026, 1))
    assert "Data year 2025 1 incident accepted 59 days left" in coordinator.get("/en/submissions").text


def test_a_deadline_that_has_passed_is_said(coordinator: Browser, coalition: Coalition, clock: Clock) -> None:
    accepted(coalition)
    assert "It has passed." in coordinator.get("/en/submissions").text
    clock.now = datetime(2025, 4, 30, 12, tzinfo=UTC)
    assert "0 days left" in coordinator.get("/en/submissions").text


def test_building_leads_to_the_job_and_the_job_to_the_list(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    coordinator.get("/en/submissions")
    page = coordinator.submit("/en/submissions", button=("year", "2024"))
    assert coordinator.path.startswith("/en/jobs/")
    assert page.heading == "Yearly submission 2024"
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)
    page = coordinator.get("/en/submissions")
    assert "1 incident: 1 described, 0 in the statistics" in page.text
    assert "Coordinator" in page.text


def test_only_years_with_incidents_are_built(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    token = coordinator.get("/en/submissions").form("/en/submissions").values["csrf_token"]
    for year in ("1066", "x", ""):
        coordinator.post("/en/submissions", {"csrf_token": token, "year": year}, status=404)
    with coalition.reading("operator") as work:
        assert jobs.waiting_jobs(work) == []


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_builds(signed_in: SignIn, who: str) -> None:
    signed_in(who).get("/en/submissions", status=403)


def test_the_page_speaks_the_readers_language(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    assert coordinator.get("/bg/submissions").root.get("lang") == "bg"

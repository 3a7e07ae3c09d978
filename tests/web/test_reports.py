"""The PDF report's page: choosing, asking for it, what was made before."""

from collections.abc import Callable

import pytest

from coalition.domain.incidents import PartialDate
from coalition.services import jobs
from tests.conftest import Coalition
from tests.page import Browser
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def test_without_incidents_the_page_says_what_to_wait_for(coordinator: Browser) -> None:
    assert "There is no data year yet" in coordinator.get("/en/reports").text


def test_the_latest_year_and_the_readers_language_are_chosen(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    accepted(coalition, date=PartialDate(2025, 3))
    values = coordinator.get("/bg/reports").form("/bg/reports").values
    assert (values["year"], values["language"]) == (["2025"], ["bg"])


def test_a_report_is_asked_for_and_listed(coordinator: Browser, coalition: Coalition) -> None:
    accepted(coalition)
    coordinator.get("/en/reports")
    page = coordinator.submit("/en/reports", year="2024", language="bg")
    assert page.heading == "PDF report 2024"
    assert "Български" in page.text
    page = coordinator.get("/en/reports")
    assert "Waiting" in page.text
    with coalition.reading("coordinator") as work:
        (job,) = jobs.list_jobs(work, "report")
    assert job.params == {"year": 2024, "language": "bg"}


@pytest.mark.parametrize("typed", [{"year": "1066"}, {"language": "xx"}])
def test_what_is_not_offered_is_refused(coordinator: Browser, coalition: Coalition, typed: dict[str, str]) -> None:
    accepted(coalition)
    coordinator.get("/en/reports")
    page = coordinator.submit("/en/reports", status=422, **typed)
    assert page.errors()
    with coalition.reading("coordinator") as work:
        assert jobs.list_jobs(work, "report") == []


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_makes_reports(signed_in: SignIn, who: str) -> None:
    signed_in(who).get("/en/reports", status=403)

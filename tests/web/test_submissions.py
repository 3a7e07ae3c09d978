"""The yearly submission's page: which year is due, building it, what was built before."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents, jobs
from coalition.worker import run_job
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.page import Browser
from tests.services import records
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
    records.in_state(coalition, State.RETURNED, facts(date=PartialDate(2025, 5)))
    accepted(coalition)
    page = coordinator.get("/en/submissions")
    undecided = "1 incident not decided yet and 1 with an open question"
    assert f"Data year 2025 1 incident accepted 59 days left {undecided}" in page.text
    assert "30 April 2026" in page.text
    assert "tndinfo@odihr.pl" in page.text
    assert "HCR 2025 (Hate Crime Recording Coalition)" in page.text
    assert page.links()["Review what waits"] == "/en/reviews?year=2025"
    assert "Signed with the key" not in page.text, "nothing was signed yet"
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
    page = coordinator.get("/en/submissions")
    assert "It has passed." in page.text
    # Both pages open with the same year: that in which there is something.
    assert "Data year 2024" in page.text
    assert coordinator.get("/en/readiness").heading == "Readiness of 2024"
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


def run_waiting(coalition: Coalition) -> None:
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)


def test_a_version_is_built_fetched_marked_as_sent_and_compared_with_the_present(
    coordinator: Browser, coalition: Coalition, clock: Clock
) -> None:
    first = accepted(coalition, descriptions={"en": "A boy was beaten."})
    coordinator.get("/en/submissions/2024")
    coordinator.submit("/en/submissions", button=("year", "2024"))
    run_waiting(coalition)
    page = coordinator.get("/en/submissions/2024")
    assert "Nothing would be different from version 1." in page.text
    page = coordinator.get(page.links()["Version 1"])
    assert page.heading == "Version 1 of 2024"
    manifest = coordinator.fetch(page.links()["manifest.json"])
    assert json.loads(manifest.data)["version"] == 1
    assert manifest.headers["Cache-Control"] == "no-store"
    sending = "/en/submissions/2024/v1/sent"
    page = coordinator.submit(sending, status=422, **{"day-day": "1", "day-month": "1", "day-year": "2020"})
    assert "Enter a day between the one on which it was built and today." in page.text
    coordinator.get("/en/submissions/2024/v1")
    page = coordinator.submit(sending)
    assert "Sent on 2 March 2026 (Coordinator)" in page.text
    clock.now += timedelta(minutes=5)
    late = accepted(coalition, descriptions={"en": "A girl was beaten."})
    page = coordinator.get("/en/submissions/2024")
    assert "Version 1" in page.links()
    assert "1 added, 0 removed, 0 changed since version 1." in page.text
    page = coordinator.get(page.links()["See what and why"])
    assert f"Added incidents (1) {late}" in page.text
    assert "Late: it was accepted after that version had been sent." in page.text
    assert first not in page.text
    page = coordinator.get("/en/submissions/2024/v1")
    page = coordinator.submit(sending, button=("undo", "1"))
    assert "not marked as sent any more" in page.text


def test_cells_that_changed_stand_side_by_side(coordinator: Browser, coalition: Coalition, clock: Clock) -> None:
    reference = accepted(coalition, descriptions={"en": "A boy was beaten by four men in a street."})
    coordinator.get("/en/submissions")
    coordinator.submit("/en/submissions", button=("year", "2024"))
    run_waiting(coalition)
    clock.now += timedelta(minutes=5)
    records.reopen(coalition, reference)
    records.decide(coalition, reference, records.ASK)
    records.save(coalition, reference, descriptions={"en": "A boy was beaten by five men in a street."})
    records.submit(coalition, reference, answer="Five.")
    records.decide(coalition, reference)
    page = coordinator.get("/en/submissions/2024/difference?before=1&after=now")
    assert "Its record was changed. Answers: Public descriptions." in page.text
    assert "A boy was beaten by taken out: four men in a street." in page.text
    assert "A boy was beaten by put in: five men in a street." in page.text
    for address in (
        "difference?before=7",
        "difference?before=x",
        "difference?before=1&after=2",
        "v2",
        "v1/files/x.csv",
    ):
        coordinator.get(f"/en/submissions/2024/{address}", status=404)
    coordinator.get("/en/submissions/1999", status=404)


def test_a_version_with_a_withdrawn_record_says_what_to_do(
    coordinator: Browser, coalition: Coalition, clock: Clock
) -> None:
    reference = accepted(coalition, descriptions={"en": "Gone."})
    accepted(coalition, descriptions={"en": "Kept."})
    for _build in range(2):
        coordinator.get("/en/submissions")
        coordinator.submit("/en/submissions", button=("year", "2024"))
        run_waiting(coalition)
        if not _build:
            clock.now += timedelta(minutes=5)
            with coalition.work("case_worker") as work:
                consents.withdraw_consent(work, reference, [Purpose.ODIHR])
            page = coordinator.get("/en/submissions/2024/v1")
            assert "build a revision and send that" in page.text
            assert "manifest.json" not in page.links()
            assert coordinator.get("/en/submissions/2024/v1/files/incidents.csv").heading == "Version 1 of 2024"
    page = coordinator.get("/en/submissions")
    assert "Version 2 no longer holds it: send its files along." in page.text
    assert "Consent was taken back." in coordinator.get("/en/submissions/2024/difference?before=1&after=2").text

"""A job's page: how far it is, what it made, why it failed, and the files."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from coalition.db.audit import AuditEntry
from coalition.services import consents, jobs
from coalition.services.jobs import Lease
from coalition.web.jobs import ABOUT, CONTENT_TYPES, STEPS, WHY
from coalition.worker import CODES, MAKERS, run_job
from tests.conftest import Coalition
from tests.page import Browser
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]
MADE = ["hcr-2024.zip", "submission.xlsx", "incidents.csv", "statistics.csv", "overview.csv", "manifest.json"]


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


def asked(coalition: Coalition, kind: str = "submission", **params: Any) -> str:
    with coalition.work("coordinator") as work:
        return jobs.request_job(work, kind, {"year": 2024, **params})


def leased(coalition: Coalition) -> Lease:
    with coalition.work("operator") as work:
        (job_id,) = jobs.waiting_jobs(work)
        lease = jobs.lease_job(work, job_id)
    assert lease
    return lease


def done(coalition: Coalition) -> str:
    accepted(coalition)
    return built(coalition)


def built(coalition: Coalition) -> str:
    reference = asked(coalition)
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)
    return reference


def failed(coalition: Coalition, code: str, **params: Any) -> str:
    reference = asked(coalition, **params)
    lease = leased(coalition)
    with coalition.work("operator") as work:
        jobs.fail_job(work, lease, code)
    return reference


def taken(browser: Browser, path: str) -> TestResponse:
    """Fetch a file to its end, as a server would send it."""
    with browser.fetch(path) as answer:
        assert answer.data
        return answer


def test_while_it_waits_the_page_asks_again_with_and_without_a_script(
    coordinator: Browser, coalition: Coalition
) -> None:
    reference = asked(coalition)
    page = coordinator.get(f"/en/jobs/{reference}")
    assert '<noscript> <meta http-equiv="refresh" content="2"> </noscript>' in " ".join(page.html.split())
    assert f'data-poll="/en/jobs/{reference}/state"' in page.html
    assert "Waiting for its turn" in page.text
    assert page.links()["Check again"] == f"/en/jobs/{reference}"


def test_the_script_is_told_how_far_it_is_in_the_readers_language(coordinator: Browser, coalition: Coalition) -> None:
    reference = asked(coalition)
    lease = leased(coalition)
    with coalition.work("operator") as work:
        jobs.advance_job(work, lease, 1500, 2730, "submission.xlsx")
    answer = coordinator.fetch(f"/en/jobs/{reference}/state")
    assert answer.json == {
        "state": "running",
        "done": 1500,
        "total": 2730,
        "message": "Writing the workbook: 1,500 of 2,730 incidents",
        "url": f"/en/jobs/{reference}",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    page = coordinator.get(f"/en/jobs/{reference}")
    (bar,) = page.all("progress")
    assert (bar.get("value"), bar.get("max")) == ("1500", "2730")


def test_when_it_is_done_the_page_shows_counts_and_files(coordinator: Browser, coalition: Coalition) -> None:
    reference = done(coalition)
    page = coordinator.get(f"/en/jobs/{reference}")
    assert 'content="2"' not in page.html.split("<body>")[0]
    assert "1 incident: 1 described, 0 in the statistics" in page.text
    assert [page.links()[name] for name in MADE] == [f"/en/jobs/{reference}/files/{name}" for name in MADE]
    for name in MADE:
        content = taken(coordinator, f"/en/jobs/{reference}/files/{name}").data
        assert hashlib.sha256(content).hexdigest() in page.text


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("hcr-2024.zip", "application/zip"),
        ("submission.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("incidents.csv", "text/csv; charset=utf-8"),
        ("manifest.json", "application/json"),
    ],
)
def test_a_file_is_handed_out_as_itself_and_kept_nowhere(
    coordinator: Browser, coalition: Coalition, name: str, content_type: str
) -> None:
    reference = done(coalition)
    answer = taken(coordinator, f"/en/jobs/{reference}/files/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert answer.headers["Cache-Control"] == "no-store"
    if name.endswith(".zip"):
        assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None


def test_who_took_which_file_is_kept(coordinator: Browser, coalition: Coalition) -> None:
    reference = done(coalition)
    taken(coordinator, f"/en/jobs/{reference}/files/incidents.csv")
    with coalition.reading("operator") as work:
        entries = work.session.scalars(select(AuditEntry).where(AuditEntry.action == "job.download")).all()
    assert [(entry.actor, entry.details) for entry in entries] == [
        (coalition.actor("coordinator").id, {"file": "incidents.csv"})
    ]


@pytest.mark.parametrize(
    "name",
    ["nothing.csv", "..%2F..%2Fcoalition.sqlite3", "../../coalition.sqlite3", "%2Fetc%2Fpasswd", ".", "", "nul%00.csv"],
)
def test_no_other_file_is_handed_out(coordinator: Browser, coalition: Coalition, name: str) -> None:
    reference = done(coalition)
    assert coordinator.fetch(f"/en/jobs/{reference}/files/{name}").status_code == 404


def test_a_file_that_is_not_in_the_result_is_not_handed_out(coordinator: Browser, coalition: Coalition) -> None:
    reference = done(coalition)
    with coalition.reading("coordinator") as work:
        folder = jobs.folder_of(coalition.runtime.config, jobs.follow_job(work, reference).id)
    (folder / "other.csv").write_text("other")
    assert coordinator.fetch(f"/en/jobs/{reference}/files/other.csv").status_code == 404
    (folder / "incidents.csv").unlink()
    assert coordinator.fetch(f"/en/jobs/{reference}/files/incidents.csv").status_code == 404


@pytest.mark.parametrize("code", [*CODES.values(), "interrupted", "unexpected"])
def test_when_it_failed_the_page_says_why(coordinator: Browser, coalition: Coalition, code: str) -> None:
    page = coordinator.get(f"/en/jobs/{failed(coalition, code)}")
    assert "It could not be made" in page.text
    assert str(WHY[code]) in page.text


def test_trying_again_asks_for_the_same(coordinator: Browser, coalition: Coalition) -> None:
    reference = failed(coalition, "unexpected", kind="report", language="bg")
    coordinator.get(f"/en/jobs/{reference}")
    coordinator.submit(f"/en/jobs/{reference}")
    assert coordinator.path != f"/en/jobs/{reference}"
    with coalition.reading("coordinator") as work:
        new = jobs.follow_job(work, coordinator.path.rsplit("/", 1)[1])
    assert (new.kind, new.params, new.state) == ("report", {"year": 2024, "language": "bg"}, "queued")


def test_every_code_of_the_worker_has_words() -> None:
    assert set(MAKERS) == set(jobs.PERMISSION_OF)
    assert set(CODES.values()) <= set(WHY)
    assert set(ABOUT) == set(CONTENT_TYPES)
    assert all(str(text).endswith(".") for text in WHY.values())
    assert "" in STEPS


def test_a_job_that_does_not_exist(coordinator: Browser) -> None:
    coordinator.get("/en/jobs/NOSUC-HJOB0", status=404)
    assert coordinator.fetch("/en/jobs/NOSUC-HJOB0/state").status_code == 404


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_follows_jobs(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    reference = done(coalition)
    browser = signed_in(who)
    for path in ("", "/state", "/files/incidents.csv"):
        assert browser.fetch(f"/en/jobs/{reference}{path}").status_code == 403


def test_without_a_session_there_is_nothing(client: Browser, coalition: Coalition) -> None:
    reference = done(coalition)
    answer = client.fetch(f"/en/jobs/{reference}/files/incidents.csv")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/en/sign-in")


def test_the_pages_speak_the_readers_language(coordinator: Browser, coalition: Coalition) -> None:
    assert coordinator.get(f"/bg/jobs/{done(coalition)}").root.get("lang") == "bg"


def test_files_that_hold_what_may_not_leave_any_more_are_not_handed_out(
    coordinator: Browser, coalition: Coalition
) -> None:
    kept = accepted(coalition)
    reference, equal = built(coalition), built(coalition)
    with coalition.work("case_worker") as work:
        consents.withdraw_consent(work, kept, ["odihr"])
    for job in (reference, equal):
        page = coordinator.get(f"/en/jobs/{job}")
        assert "Its files are not handed out any more" in page.text
        assert "incidents.csv" not in page.text
        answer = coordinator.fetch(f"/en/jobs/{job}/files/incidents.csv")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/en/jobs/{job}")
    accepted(coalition, descriptions={"en": "Another boy was beaten."})
    again = built(coalition)
    assert coordinator.fetch(f"/en/jobs/{again}/files/incidents.csv").status_code == 200

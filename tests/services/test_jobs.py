"""Background jobs: asked for once, leased to one worker at a time, given up after three attempts."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.jobs import Job
from coalition.domain.errors import NotFound, NotPermitted
from coalition.services import accounts, jobs
from coalition.services.jobs import LEASE, MOST_ATTEMPTS, JobView, Lease, LeaseLost
from coalition.services.work import OPERATOR
from tests.conftest import Clock, Coalition

PARAMS = {"year": 2024}


def request(coalition: Coalition, kind: str = "submission", who: str = "coordinator", **params: object) -> str:
    with coalition.work(who) as work:
        return jobs.request_job(work, kind, params or PARAMS)


def follow(coalition: Coalition, reference: str) -> JobView:
    with coalition.reading("coordinator") as work:
        return jobs.follow_job(work, reference)


def lease(coalition: Coalition, reference: str) -> Lease | None:
    job_id = follow(coalition, reference).id
    with coalition.work("operator") as work:
        return jobs.lease_job(work, job_id)


def leased(coalition: Coalition, reference: str) -> Lease:
    found = lease(coalition, reference)
    assert found is not None
    return found


def waiting(coalition: Coalition) -> list[str]:
    with coalition.reading("operator") as work:
        return jobs.waiting_jobs(work)


def end(coalition: Coalition, taken: Lease, error: str = "", **result: object) -> None:
    with coalition.work("operator") as work:
        if error:
            jobs.fail_job(work, taken, error)
        else:
            jobs.finish_job(work, taken, result)


def test_a_job_that_is_asked_for_waits_and_names_who_asked(any_coalition: Coalition, clock: Clock):
    job = follow(any_coalition, request(any_coalition))
    assert (job.kind, job.params, job.state) == ("submission", PARAMS, "queued")
    assert (job.requested_by, job.requested_at, job.finished_at) == ("Coordinator", clock.now, None)
    assert not job.is_finished
    assert waiting(any_coalition) == [job.id]


def test_asking_again_while_it_is_not_finished_is_the_same_job(any_coalition: Coalition):
    first = request(any_coalition)
    assert request(any_coalition, who="operator") == first
    taken = leased(any_coalition, first)
    assert request(any_coalition) == first
    end(any_coalition, taken)
    again = request(any_coalition)
    assert again != first
    end(any_coalition, leased(any_coalition, again), "unexpected")
    assert request(any_coalition) not in {first, again}


def test_another_kind_or_other_params_are_another_job(any_coalition: Coalition):
    references = [
        request(any_coalition),
        request(any_coalition, year=2023),
        request(any_coalition, "report", year=2024, language="en"),
        request(any_coalition, "report", year=2024, language="bg"),
    ]
    assert len(set(references)) == 4
    assert len(waiting(any_coalition)) == 4


def test_a_leased_job_is_in_one_workers_hands(any_coalition: Coalition):
    reference = request(any_coalition)
    taken = leased(any_coalition, reference)
    assert (taken.kind, taken.params, taken.attempt) == ("submission", PARAMS, 1)
    assert taken.actor == any_coalition.actor("coordinator")
    assert lease(any_coalition, reference) is None
    assert waiting(any_coalition) == []
    assert follow(any_coalition, reference).state == "running"


def test_a_job_whose_worker_died_is_taken_again_when_the_lease_has_run_out(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    first = leased(any_coalition, reference)
    clock.now += LEASE
    assert lease(any_coalition, reference) is None
    clock.now += timedelta(seconds=1)
    assert waiting(any_coalition) == [first.id]
    assert leased(any_coalition, reference).attempt == 2


def test_progress_keeps_the_lease(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    taken = leased(any_coalition, reference)
    for keep in (
        lambda work: jobs.advance_job(work, taken, 3, 10, "workbook"),
        lambda work: jobs.keep_lease(work, taken),
    ):
        clock.now += LEASE
        with any_coalition.work("operator") as work:
            keep(work)
    clock.now += LEASE
    assert waiting(any_coalition) == []
    job = follow(any_coalition, reference)
    assert (job.done, job.total, job.step) == (3, 10, "workbook")


def test_a_worker_that_was_thought_dead_changes_nothing_any_more(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    late = leased(any_coalition, reference)
    clock.now += LEASE + timedelta(seconds=1)
    leased(any_coalition, reference)
    for act in (
        lambda work: jobs.keep_lease(work, late),
        lambda work: jobs.advance_job(work, late, 9, 10, "late"),
        lambda work: jobs.release_job(work, late),
        lambda work: jobs.finish_job(work, late, {"files": ["late"]}),
        lambda work: jobs.fail_job(work, late, "late"),
    ):
        with pytest.raises(LeaseLost), any_coalition.work("operator") as work:
            act(work)
    job = follow(any_coalition, reference)
    assert (job.state, job.step, job.files, job.error) == ("running", "", (), "")


def test_a_finished_job_cannot_be_leased_or_ended_again(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    taken = leased(any_coalition, reference)
    end(any_coalition, taken, files=["a.csv"], sizes={"a.csv": 3}, sha256={"a.csv": "abc"})
    job = follow(any_coalition, reference)
    assert (job.state, job.is_finished, job.finished_at) == ("done", True, clock.now)
    assert job.done == job.total == 1
    assert [(file.name, file.size, file.sha256) for file in job.files] == [("a.csv", 3, "abc")]
    assert lease(any_coalition, reference) is None
    with pytest.raises(LeaseLost):
        end(any_coalition, taken, "late")


def test_a_job_is_begun_a_limited_number_of_times(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        taken = leased(any_coalition, reference)
        assert (taken.attempt, taken.is_last) == (attempt, attempt == MOST_ATTEMPTS)
        clock.now += LEASE + timedelta(seconds=1)
    assert lease(any_coalition, reference) is None
    job = follow(any_coalition, reference)
    assert (job.state, job.error, job.finished_at) == ("failed", "interrupted", clock.now)
    assert waiting(any_coalition) == []


def test_a_job_given_back_waits_as_long_as_it_is_told(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    taken = leased(any_coalition, reference)
    with any_coalition.work("operator") as work:
        jobs.advance_job(work, taken, 3, 10, "workbook")
        jobs.release_job(work, taken, timedelta(seconds=10))
    assert follow(any_coalition, reference).state == "queued"
    assert lease(any_coalition, reference) is None
    clock.now += timedelta(seconds=11)
    again = leased(any_coalition, reference)
    assert again.attempt == 2
    job = follow(any_coalition, reference)
    assert (job.done, job.total, job.step) == (0, 0, "")
    with any_coalition.work("operator") as work:
        jobs.release_job(work, again)
    assert waiting(any_coalition) == [again.id]


def test_a_failed_job_says_why_as_a_code(any_coalition: Coalition, clock: Clock):
    reference = request(any_coalition)
    end(any_coalition, leased(any_coalition, reference), "pdf_unavailable")
    job = follow(any_coalition, reference)
    assert (job.state, job.error, job.finished_at) == ("failed", "pdf_unavailable", clock.now)


def test_a_job_of_somebody_whose_access_was_stopped_is_not_begun(any_coalition: Coalition):
    reference = request(any_coalition)
    with any_coalition.work("administrator") as work:
        accounts.set_active(work, "coordinator@example.org", active=False)
    assert lease(any_coalition, reference) is None
    assert follow(any_coalition, reference).error == "not_permitted"


def test_a_job_of_the_command_line_runs_as_the_command_line(coalition: Coalition):
    taken = leased(coalition, request(coalition, who="operator"))
    assert taken.actor == OPERATOR


@pytest.mark.parametrize("who", ["case_worker", "lead", "administrator"])
def test_only_the_coordinator_asks_for_and_follows_jobs(coalition: Coalition, who: str):
    reference = request(coalition)
    for act in (
        lambda work: jobs.request_job(work, "submission", PARAMS),
        lambda work: jobs.request_job(work, "report", PARAMS),
        lambda work: jobs.follow_job(work, reference),
        lambda work: jobs.list_jobs(work, "submission"),
        lambda work: jobs.open_file(work, reference, "a.csv"),
        lambda work: jobs.note_download(work, reference, "a.csv"),
    ):
        with pytest.raises(NotPermitted), coalition.work(who) as work:
            act(work)


def test_a_job_that_nobody_asked_for_is_not_found(coalition: Coalition):
    with pytest.raises(NotFound):
        follow(coalition, "AAAAA-AAAAA")


def test_jobs_of_a_kind_are_listed_the_newest_first(any_coalition: Coalition, clock: Clock):
    wanted = []
    for year in (2022, 2023, 2024):
        wanted.append(request(any_coalition, year=year))
        request(any_coalition, "report", year=year, language="en")
        clock.now += timedelta(minutes=1)
    with any_coalition.reading("coordinator") as work:
        found = [job.reference for job in jobs.list_jobs(work, "submission")]
    assert found == wanted[::-1]


def test_only_files_that_the_job_made_can_be_fetched(coalition: Coalition, tmp_path: Path):
    reference = request(coalition)
    taken = leased(coalition, reference)
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "notes.txt").write_text("not named by the job")
    with coalition.work("coordinator") as work:
        key = jobs.file_key(work, taken.id)
    jobs.seal_files(coalition.runtime.config, key, taken.id, tmp_path, ["a.csv", "notes.txt"])
    names = ["a.csv", "lost.csv"]
    end(coalition, taken, files=names, sizes=dict.fromkeys(names, 1), sha256=dict.fromkeys(names, "x"))
    with coalition.reading("coordinator") as work:
        assert b"".join(jobs.open_file(work, reference, "a.csv")) == b"a"
        for name in ("notes.txt", "lost.csv", "../a.csv", "/etc/passwd", "", "."):
            with pytest.raises(NotFound):
                jobs.open_file(work, reference, name)


def test_the_log_says_who_asked_what_was_built_and_what_was_fetched(coalition: Coalition):
    reference = request(coalition)
    taken = leased(coalition, reference)
    with coalition.work("coordinator") as work:
        jobs.finish_job(work, taken, {"files": []})
        jobs.note_download(work, reference, "a.csv")
    with coalition.reading("operator") as work:
        query = select(AuditEntry).where(AuditEntry.subject_kind == "job").order_by(AuditEntry.id)
        entries = list(work.session.scalars(query))
    assert [(entry.action, entry.details) for entry in entries] == [
        ("submission.request", PARAMS),
        ("submission.build", PARAMS),
        ("job.download", {"file": "a.csv"}),
    ]
    assert {entry.actor for entry in entries} == {coalition.people["coordinator"].id}


def test_a_request_that_fails_afterwards_leaves_no_job(coalition: Coalition):
    def ask_and_fail() -> None:
        with coalition.work("coordinator") as work:
            jobs.request_job(work, "submission", PARAMS)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        ask_and_fail()
    with coalition.reading("operator") as work:
        assert list(work.session.scalars(select(Job))) == []
    assert not coalition.runtime.config.queue.exists()

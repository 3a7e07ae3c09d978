"""The worker: real queue, real database, real files, and what happens when it is killed."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coalition.documents.pdf import PdfUnavailable
from coalition.documents.signing import MANIFEST, SIGNATURE
from coalition.documents.submission_files import FILES
from coalition.services import jobs, versions
from coalition.services.jobs import MOST_ATTEMPTS, JobView
from coalition.services.work import OPERATOR, Runtime, Work, make_runtime, reading, unit_of_work
from coalition.worker import Maker, Progress, Worker, make_submission, run_job
from tests.conftest import Clock, Coalition
from tests.web.filing import accepted

PATIENCE = 60.0


def ask(coalition: Coalition, kind: str = "submission", **params: Any) -> str:
    with coalition.work("coordinator") as work:
        return jobs.request_job(work, kind, {"year": 2024, **params})


def seen(runtime: Runtime, reference: str) -> JobView:
    with reading(runtime, OPERATOR) as work:
        return jobs.follow_job(work, reference)


def waiting(runtime: Runtime) -> list[str]:
    with reading(runtime, OPERATOR) as work:
        return jobs.waiting_jobs(work)


def run_all(runtime: Runtime, makers: Mapping[str, Maker] | None = None) -> None:
    for job_id in waiting(runtime):
        run_job(runtime, job_id, **({"makers": makers} if makers else {}))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def making(act: Callable[[Work, Path, Progress], None]) -> dict[str, Maker]:
    """Return makers whose submission does something of the test's own and leaves one small file."""

    def make(work: Work, _params: Mapping[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
        act(work, folder, progress)
        (folder / "made.csv").write_text("made\n")
        return {"files": ["made.csv"], "incidents": 0}

    return {"submission": make}


def content(coalition: Coalition, reference: str, name: str) -> bytes:
    """Return what a file of a job holds, as the coordinator gets it."""
    with coalition.reading("coordinator") as work:
        return b"".join(jobs.open_file(work, reference, name))


def test_a_submission_is_made_with_its_archive(runtime: Runtime, coalition: Coalition) -> None:
    accepted(coalition)
    reference = ask(coalition)
    run_all(runtime)
    job = seen(runtime, reference)
    assert (job.state, job.error) == ("done", "")
    assert job.result["counts"] == {"incidents": 1, "descriptive": 1, "statistical": 0}
    assert [made.name for made in job.files] == ["hcr-2024.zip", *FILES, MANIFEST, SIGNATURE]
    folder = jobs.folder_of(runtime.config, job.id)
    assert {path.name for path in folder.iterdir()} == {made.name for made in job.files}
    holds = {made.name: content(coalition, reference, made.name) for made in job.files}
    assert {made.name: made.size for made in job.files} == {name: len(what) for name, what in holds.items()}
    checksums = json.loads(holds[MANIFEST])["sha256"]
    assert checksums == {made.name: made.sha256 for made in job.files if made.name in checksums}
    with zipfile.ZipFile(io.BytesIO(holds["hcr-2024.zip"])) as archive:
        assert archive.namelist() == [*FILES, MANIFEST, SIGNATURE]
        assert archive.read("incidents.csv") == holds["incidents.csv"]


def test_the_same_data_give_the_same_bytes(runtime: Runtime, coalition: Coalition, clock: Clock) -> None:
    accepted(coalition)
    first = ask(coalition)
    run_all(runtime)
    clock.now += timedelta(days=3)
    second = ask(coalition)
    run_all(runtime)
    assert first != second
    assert seen(runtime, first).files == seen(runtime, second).files


def test_a_report_is_made_in_its_language(runtime: Runtime, coalition: Coalition) -> None:
    accepted(coalition)
    reference = ask(coalition, "report", language="bg")
    run_all(runtime)
    job = seen(runtime, reference)
    assert (job.state, job.error) == ("done", "")
    assert job.result["incidents"] == 1
    (made,) = job.files
    assert made.name == "report-2024-bg.pdf"
    assert content(coalition, reference, made.name).startswith(b"%PDF")


def test_progress_is_seen_from_another_connection_while_it_runs(runtime: Runtime, coalition: Coalition) -> None:
    reference = ask(coalition)
    said: list[tuple[str, int, int, str]] = []

    def act(_work: Work, _folder: Path, progress: Progress) -> None:
        progress(3, 10, "submission.xlsx")
        file = runtime.config.data / "coalition.sqlite3"
        connection = sqlite3.connect(file)
        said.extend(connection.execute("select state, done, total, step from job"))
        connection.close()

    run_all(runtime, making(act))
    assert said == [("running", 3, 10, "submission.xlsx")]
    assert seen(runtime, reference).state == "done"


def test_progress_is_written_a_few_times_a_second_and_at_the_end(runtime: Runtime, coalition: Coalition) -> None:
    reference = ask(coalition)
    seen_done: list[int] = []

    def act(_work: Work, _folder: Path, progress: Progress) -> None:
        for done in range(1, 1001):
            progress(done, 1000, "submission.xlsx")
            if done in {1, 2, 1000}:
                seen_done.append(seen(runtime, reference).done)

    run_all(runtime, making(act))
    assert seen_done == [1, 1, 1000]


def test_the_lease_is_kept_through_a_long_silent_step(runtime: Runtime, coalition: Coalition, clock: Clock) -> None:
    reference = ask(coalition)
    taken: list[list[str]] = []

    def act(_work: Work, _folder: Path, _progress: Progress) -> None:
        for _ in range(3):
            clock.now += jobs.LEASE * 0.9
            beats = clock.now + jobs.LEASE * 0.5
            until(lambda limit=beats: leased_until(runtime) > limit.replace(tzinfo=None).isoformat(" "))
            taken.append(waiting(runtime))

    for job_id in waiting(runtime):
        run_job(runtime, job_id, makers=making(act), beat=0.02)
    assert taken == [[], [], []]
    assert seen(runtime, reference).state == "done"


def leased_until(runtime: Runtime) -> str:
    connection = sqlite3.connect(runtime.config.data / "coalition.sqlite3")
    (found,) = connection.execute("select leased_until from job").fetchone()
    connection.close()
    return str(found)


def test_an_unexpected_error_is_tried_again_and_ends_failed(
    runtime: Runtime, coalition: Coalition, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    reference = ask(coalition)
    tried = []

    def act(_work: Work, _folder: Path, _progress: Progress) -> None:
        tried.append(1)
        raise ValueError("what somebody typed")

    for _ in range(MOST_ATTEMPTS):
        assert seen(runtime, reference).state == "queued"
        run_all(runtime, making(act))
        assert waiting(runtime) == [], "not again at once"
        clock.now += timedelta(minutes=1)
    assert len(tried) == MOST_ATTEMPTS
    assert (seen(runtime, reference).state, seen(runtime, reference).error) == ("failed", "unexpected")
    assert waiting(runtime) == []
    assert "ValueError at " in caplog.text
    assert "what somebody typed" not in caplog.text


def test_an_error_that_comes_again_is_not_tried_again(runtime: Runtime, coalition: Coalition) -> None:
    reference = ask(coalition)

    def act(_work: Work, _folder: Path, _progress: Progress) -> None:
        raise PdfUnavailable("no Pango")

    run_all(runtime, making(act))
    assert (seen(runtime, reference).state, seen(runtime, reference).error) == ("failed", "pdf_unavailable")


def test_it_runs_as_whoever_asked_for_it(runtime: Runtime, coalition: Coalition) -> None:
    ask(coalition)
    actors = []
    run_all(runtime, making(lambda work, _folder, _progress: actors.append(work.actor)))
    assert actors == [coalition.actor("coordinator")]


@pytest.mark.parametrize("column", ["active = 0", "role = 'case_worker'"])
def test_whoever_lost_the_right_meanwhile_gets_nothing(runtime: Runtime, coalition: Coalition, column: str) -> None:
    reference = ask(coalition)
    with runtime.engine.begin() as connection:
        connection.exec_driver_sql(f"update account set {column} where role = 'coordinator'")  # noqa: S608 - ours
    run_all(runtime)
    assert (seen(runtime, reference).state, seen(runtime, reference).error) == ("failed", "not_permitted")


def test_a_job_in_other_hands_is_left_alone(runtime: Runtime, coalition: Coalition, clock: Clock) -> None:
    """The first worker was thought dead; it finds out, and neither writes progress nor an end."""
    reference = ask(coalition)
    second: list[str] = []

    def act(_work: Work, _folder: Path, progress: Progress) -> None:
        clock.now += jobs.LEASE + timedelta(seconds=1)
        (job_id,) = waiting(runtime)
        run_job(runtime, job_id, makers=making(lambda *_: None))
        second.append(seen(runtime, reference).state)
        progress(1, 2, "submission.xlsx")
        second.append("the first went on")

    run_all(runtime, making(act))
    assert second == ["done"]
    assert (seen(runtime, reference).done, seen(runtime, reference).total) == (1, 1)


def test_whoever_lost_a_job_changes_nothing_of_what_was_made_of_it_meanwhile(
    runtime: Runtime, coalition: Coalition, clock: Clock
) -> None:
    accepted(coalition)
    reference = ask(coalition)
    job = seen(runtime, reference).id

    def slow(work: Work, params: Mapping[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
        made = make_submission(work, params, folder, progress)
        clock.now += 2 * jobs.LEASE
        accepted(coalition)
        run_job(runtime, job)
        return made

    run_job(runtime, job, makers={"submission": slow})
    assert seen(runtime, reference).result["counts"]["incidents"] == 2
    assert json.loads(content(coalition, reference, MANIFEST))["counts"]["incidents"] == 2


def test_two_workers_do_a_job_once(any_coalition: Coalition) -> None:
    runtime, done = any_coalition.runtime, []
    ask(any_coalition)
    makers = making(lambda *_: done.append(1))
    (job_id,) = waiting(runtime)
    both = [threading.Thread(target=run_job, args=(runtime, job_id), kwargs={"makers": makers}) for _ in range(4)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert done == [1]


def test_a_worker_does_what_waited_and_what_is_asked_for(runtime: Runtime, coalition: Coalition) -> None:
    before = ask(coalition)
    worker = Worker(runtime, makers=making(lambda *_: None), look_every=0.1)
    worker.start()
    try:
        until(lambda: seen(runtime, before).state == "done")
        after = ask(coalition)
        until(lambda: seen(runtime, after).state == "done")
    finally:
        worker.stop()
    assert before != after


def test_a_lost_message_loses_no_job(runtime: Runtime, coalition: Coalition) -> None:
    with unit_of_work(runtime, coalition.actor("coordinator")) as work:
        reference = jobs.request_job(work, "submission", {"year": 2024})
        work.after_commit.clear()
    worker = Worker(runtime, makers=making(lambda *_: None), look_every=0.1)
    worker.start()
    try:
        until(lambda: seen(runtime, reference).state == "done")
    finally:
        worker.stop()


def test_a_message_is_enough_without_looking(runtime: Runtime, coalition: Coalition) -> None:
    worker = Worker(runtime, makers=making(lambda *_: None), look_every=3600)
    worker.start()
    try:
        time.sleep(0.3)
        reference = ask(coalition)
        until(lambda: seen(runtime, reference).state == "done")
    finally:
        worker.stop()


def test_stopping_gives_a_running_job_back(runtime: Runtime, coalition: Coalition) -> None:
    reference = ask(coalition)
    begun = threading.Event()

    def act(_work: Work, _folder: Path, progress: Progress) -> None:
        begun.set()
        while True:
            progress(1, 2, "submission.xlsx")
            time.sleep(0.02)

    worker = Worker(runtime, makers=making(act), look_every=0.1)
    worker.start()
    assert begun.wait(PATIENCE)
    worker.stop()
    assert seen(runtime, reference).state == "queued"
    run_all(runtime, making(lambda *_: None))
    assert seen(runtime, reference).state == "done"


ENDLESS = """
import sys, time
from coalition.config import Config
from coalition.services.work import make_runtime
from coalition.worker import Worker

def endless(work, params, folder, progress):
    (folder / "half.csv").write_text("half")
    while True:
        progress(1, 2, "submission.xlsx")
        time.sleep(0.05)

Worker(make_runtime(Config.from_env({"COALITION_DATA": sys.argv[1]})), makers={"submission": endless}).run_forever()
"""


def begin_endless(runtime: Runtime) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", ENDLESS, str(runtime.config.data)], env={**os.environ})


def test_a_killed_worker_loses_no_job(runtime: Runtime, coalition: Coalition) -> None:
    """kill -9 in the middle: nobody takes the job while the lease lasts, then the next worker makes it whole."""
    accepted(coalition)
    reference = ask(coalition)
    process = begin_endless(runtime)
    try:
        until(lambda: seen(runtime, reference).done == 1)
    finally:
        process.kill()
        process.wait()
    now = make_runtime(runtime.config)
    assert waiting(now) == [], "the lease still lasts"
    later = make_runtime(runtime.config, lambda: now.clock() + jobs.LEASE + timedelta(seconds=1))
    run_all(later)
    job = seen(now, reference)
    assert (job.state, job.result["counts"]["incidents"]) == ("done", 1)
    assert {path.name for path in jobs.folder_of(now.config, job.id).iterdir()} == {made.name for made in job.files}
    now.dispose()
    later.dispose()


def test_a_job_that_kills_its_worker_ends_failed(runtime: Runtime, coalition: Coalition, clock: Clock) -> None:
    reference = ask(coalition)
    for _ in range(MOST_ATTEMPTS):
        with unit_of_work(runtime, OPERATOR) as work:
            assert jobs.lease_job(work, seen(runtime, reference).id)
        clock.now += jobs.LEASE + timedelta(seconds=1)
    run_all(runtime)
    assert (seen(runtime, reference).state, seen(runtime, reference).error) == ("failed", "interrupted")


def test_the_worker_of_its_own_process_stops_when_told(runtime: Runtime, coalition: Coalition) -> None:
    reference = ask(coalition)
    process = begin_endless(runtime)
    try:
        until(lambda: seen(runtime, reference).done == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    assert seen(runtime, reference).state == "queued"


HALFWAY = """
import os, signal, sys
from coalition.config import Config
from coalition.services.work import make_runtime
from coalition.worker import MAKERS, run_job

def dying(work, params, folder, progress):
    result = MAKERS["submission"](work, params, folder, progress)
    if sys.argv[3] == "made":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

runtime = make_runtime(Config.from_env({"COALITION_DATA": sys.argv[1]}))
run_job(runtime, sys.argv[2], makers={"submission": dying})
"""


def test_a_job_that_is_killed_midway_ends_with_one_version(runtime: Runtime, coalition: Coalition) -> None:
    """All files are made, nothing is kept yet: the next attempt makes the version, and one after it finds it there."""
    accepted(coalition)
    reference = ask(coalition)
    job = seen(runtime, reference)
    command = [sys.executable, "-c", HALFWAY, str(runtime.config.data), job.id, "made"]
    assert subprocess.run(command, env={**os.environ}, check=False).returncode == -signal.SIGKILL
    now = make_runtime(runtime.config)
    later = make_runtime(runtime.config, lambda: now.clock() + jobs.LEASE + timedelta(seconds=1))
    run_all(later)
    job = seen(now, reference)
    assert (job.state, job.result["version"], job.result["unchanged"]) == ("done", 1, False)
    again = ask(coalition)
    run_all(later)
    assert (seen(now, again).result["version"], seen(now, again).result["unchanged"]) == (1, True)
    with coalition.reading("coordinator") as work:
        (version,) = versions.list_versions(work)
        files = {file.name for file in version.files}
    assert files == {file.name for file in job.files} == {file.name for file in seen(now, again).files}

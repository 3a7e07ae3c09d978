"""Background jobs are done here: inside `coalition serve`, or in a process of their own, `coalition worker`.

The job table says what there is to do. A message of the queue makes the worker look at once; every few
seconds it looks anyway, so that a job whose message or whose worker was lost is found again. One process does
one job at a time.
"""

import hashlib
import logging
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from sqlalchemy.exc import OperationalError

from coalition import paths
from coalition.documents.pdf import PdfUnavailable
from coalition.documents.writing import WritingFailed
from coalition.domain.errors import NotFound, NotPermitted
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.uploads import Act
from coalition.services import (
    collecting,
    filters,
    jobs,
    kept_forms,
    keys,
    mails,
    mappings,
    matches,
    notices,
    readiness,
    releases,
    reminders,
    reports,
    text_index,
    versions,
)
from coalition.services.jobs import Lease, LeaseLost
from coalition.services.work import OPERATOR, Runtime, Work, reading, unit_of_work

Progress = Callable[[int, int, str], None]
Maker = Callable[[Work, Mapping[str, Any], Path, Progress], dict[str, Any]]
"""Makes a job's files in a folder. Returns {"files": their names, …}: what the job's page tells, and under LEAVING what
leaves in them, or under VERSION what becomes a version, which it does not tell."""
LEAVING, VERSION = "leaving", "prepared"

RETRY_AFTER = timedelta(seconds=10)
"""An unexpected error may be gone by then: a locked database, a full disk that somebody is clearing."""
_SAY_EVERY = 0.2
_log = logging.getLogger("coalition.worker")


class Interrupted(Exception):
    """The worker stops, or the job is in other hands: leave it as it is."""


def make_submission(work: Work, params: Mapping[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
    """Make the files of a yearly submission, and all of them as one."""
    made = versions.prepare(
        work, int(params["year"]), folder, folder, progress, profile=str(params.get("profile") or "")
    )
    about = {"version": made.manifest["version"], "unchanged": made.unchanged, "profile": made.profile}
    return {"files": [versions.bundle(made, folder), *made.names], "counts": made.counts, **about, VERSION: made}


def make_report(work: Work, params: Mapping[str, Any], folder: Path, progress: Progress) -> dict[str, Any]:
    """Make the PDF report of a year in a language."""
    year, language = int(params["year"]), str(params["language"])
    name = f"report-{year}-{language}.pdf"
    built = reports.build_report(work, year, language, folder / name, progress)
    return {"files": [name], "incidents": built.incidents, LEAVING: built.leaving}


def make_import(work: Work, params: Mapping[str, Any], _folder: Path, progress: Progress) -> dict[str, Any]:
    """Read, compare or record a member's own spreadsheet. It makes no files: what it finds lies with the upload."""
    try:
        return {"files": [], "rows": mappings.work_on(work, str(params["upload"]), Act(params["act"]), progress)}
    except NotFound:
        # Thrown away meanwhile.
        return {"files": []}


def make_matching(work: Work, params: Mapping[str, Any], _folder: Path, progress: Progress) -> dict[str, Any]:
    """Match ODIHR's list of a year with what was sent. It makes no files: what it finds lies with the list."""
    return {"files": [], **matches.run_matching(work, int(params["year"]), progress)}


MAKERS: Mapping[str, Maker] = {
    "submission": make_submission,
    "report": make_report,
    "import": make_import,
    "matching": make_matching,
}
"""What each kind of job does."""

CODES: Mapping[type[Exception], str] = {
    NotPermitted: "not_permitted",
    PdfUnavailable: "pdf_unavailable",
    BrokenProfile: "profile_unreadable",
}
"""Errors that come again however often the job is tried, as its page knows them."""


class _Holder:
    """Holds a job's lease while it is worked on, also through a step that says nothing for minutes."""

    def __init__(self, runtime: Runtime, lease: Lease, stopping: threading.Event, beat: float) -> None:
        self._runtime, self._lease, self._stopping, self._beat = runtime, lease, stopping, beat
        self._over, self._lost = threading.Event(), threading.Event()
        self._said_at, self._said = 0.0, ""
        self._pulse = threading.Thread(target=self._keep, name=f"lease-{lease.id}", daemon=True)

    def __enter__(self) -> Self:
        self._pulse.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pulse.join()

    def progress(self, done: int, total: int, step: str) -> None:
        """Let everybody see how far the job is, a few times a second and always at the end of a step."""
        if self._stopping.is_set() or self._lost.is_set():
            raise Interrupted
        now = time.monotonic()
        if done < total and step == self._said and now - self._said_at < _SAY_EVERY:
            return
        self._said_at, self._said = now, step
        self._write(lambda work: jobs.advance_job(work, self._lease, done, total, step))
        if self._lost.is_set():
            raise Interrupted

    def _keep(self) -> None:
        while not self._over.wait(self._beat) and not self._lost.is_set():
            self._write(lambda work: jobs.keep_lease(work, self._lease))

    def _write(self, change: Callable[[Work], None]) -> None:
        try:
            with unit_of_work(self._runtime, OPERATOR) as work:
                change(work)
        except LeaseLost:
            self._lost.set()
        except OperationalError as error:
            # Somebody holds the database for long. The job only reads and goes on; the next beat follows.
            _note(f"lease of job {self._lease.id}", error)


def run_job(
    runtime: Runtime,
    job_id: str,
    *,
    makers: Mapping[str, Maker] = MAKERS,
    stopping: threading.Event | None = None,
    beat: float = jobs.LEASE.total_seconds() / 4,
) -> None:
    """Take a job and do it, unless somebody else has it. What goes wrong is written into the job, not raised.

    `beat` is how often, in seconds, the lease is renewed.
    """
    with unit_of_work(runtime, OPERATOR) as work:
        lease = jobs.lease_job(work, job_id)
    if lease is None:
        return
    try:
        with tempfile.TemporaryDirectory(dir=paths.scratch(), prefix="coalition-") as aside:
            with _Holder(runtime, lease, stopping or threading.Event(), beat) as holder:
                result = _make(runtime, lease, makers[lease.kind], Path(aside), holder.progress)
            _end(runtime, lease, lambda work: _finish(work, lease, result))
    except (Interrupted, LeaseLost):
        _end(runtime, lease, lambda work: jobs.release_job(work, lease))
    except Exception as error:  # noqa: BLE001 - the job's page tells it, and the next job must run
        _note(f"job {lease.id}, {lease.kind}, attempt {lease.attempt}", error)
        _fail(runtime, lease, error)


def _make(runtime: Runtime, lease: Lease, maker: Maker, built: Path, progress: Progress) -> dict[str, Any]:
    with reading(runtime, lease.actor) as work:
        result = maker(work, lease.params, built, progress)
    with unit_of_work(runtime, lease.actor) as work:
        # Held meanwhile: whoever took the job over may have finished it, and what a version is made of never changes.
        jobs.keep_lease(work, lease)
        jobs.seal_files(runtime.config, jobs.file_key(work, lease.id), lease.id, built, result["files"])
    files = [built / name for name in result["files"]]
    return {
        **result,
        "sizes": {file.name: file.stat().st_size for file in files},
        "sha256": {file.name: _checksum(file) for file in files},
    }


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _finish(work: Work, lease: Lease, result: Mapping[str, Any]) -> None:
    """End a job and, in the same moment, keep which incidents left in its files."""
    told = {name: value for name, value in result.items() if name not in {LEAVING, VERSION}}
    jobs.finish_job(work, lease, told)
    if LEAVING in result:
        releases.record(work, result[LEAVING], job_id=lease.id)
    if VERSION in result:
        versions.keep(work, result[VERSION], job_id=lease.id)


def _fail(runtime: Runtime, lease: Lease, error: Exception) -> None:
    code = CODES.get(type(error))
    if code is None and not lease.is_last:
        _end(runtime, lease, lambda work: jobs.release_job(work, lease, RETRY_AFTER))
    else:
        _end(runtime, lease, lambda work: jobs.fail_job(work, lease, code or "unexpected"))


def _end(runtime: Runtime, lease: Lease, change: Callable[[Work], None]) -> None:
    try:
        with unit_of_work(runtime, lease.actor) as work:
            change(work)
    except LeaseLost:
        _log.info("a job that was in other hands already was left alone")


def _note(what: str, error: Exception) -> None:
    # The class and place of an error say enough; its message may hold what somebody typed.
    frames = error.__traceback__
    while frames and frames.tb_next:
        frames = frames.tb_next
    where = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else "-"
    # What the process that writes says of itself holds nothing else.
    said = f" ({error})" if isinstance(error, WritingFailed) else ""
    _log.error("%s: %s at %s%s", what, type(error).__name__, where, said)


TIDYING: tuple[tuple[Callable[[Work], object], Callable[[Work], object]], ...] = (
    (keys.unfinished_destruction, keys.finish_destruction),
    (kept_forms.has_expired, kept_forms.forget_expired),
    (mappings.has_unused, mappings.forget_unused),
    (filters.has_expired, filters.forget_expired),
    (reminders.has_expired, reminders.forget_expired),
)
"""What is looked after every few seconds: whether it is due, and what is done then."""


class Worker:
    """Does the jobs of an installation, in threads of its own."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        makers: Mapping[str, Maker] = MAKERS,
        look_every: float = 3.0,
        remind_every: float = 60.0,
        patience: float = 20.0,
    ) -> None:
        """Make a worker; it looks for jobs and for what people wait for, and takes its time to stop: all in seconds."""
        self._runtime, self._makers, self._patience = runtime, makers, patience
        self._index_compared = False
        self._stopping, self._one_job = threading.Event(), threading.Lock()
        self._consumer = runtime.queue.consumer(self._run)
        self._lookout = self._thread("job-lookout", "looking for jobs", self._look, look_every)
        self._indexer = self._thread("text-index", "keeping the text index", self._keep_index, look_every)
        self._sender = self._thread("log-sender", "sending the log", self._send, look_every)
        self._reminder = self._thread("reminder", "telling what waits", self._remind, remind_every)

    def _thread(self, name: str, what: str, act: Callable[[], None], every: float) -> threading.Thread:
        return threading.Thread(target=self._over_and_over, args=(what, act, every), name=name, daemon=True)

    def start(self) -> None:
        """Begin to work, and return. The process's signal handlers stay as they are."""
        self._consumer.start()
        self._lookout.start()
        self._indexer.start()
        self._reminder.start()
        if self._runtime.config.log_collector:
            self._sender.start()

    def stop(self) -> None:
        """End the work. A running job is given back at its next step, or else left to its lease."""
        self._stopping.set()
        self._consumer.stop()
        if self._one_job.acquire(timeout=self._patience):
            self._one_job.release()
        for thread in (self._sender, self._reminder, self._indexer):
            if thread.is_alive():
                thread.join(self._patience)

    def run_forever(self) -> None:
        """Work until the process is told to stop."""
        told = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            told.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        self.start()
        told.wait()
        self.stop()

    def _over_and_over(self, what: str, act: Callable[[], None], every: float) -> None:
        """Do something until the worker stops. An outage is told once: whatever it was may be gone the next time."""
        reached = True
        while not self._stopping.is_set():
            try:
                act()
                reached = True
            except Exception as error:  # noqa: BLE001 - a thread that ends would be missed by nobody
                if reached:
                    _note(what, error)
                reached = False
            self._stopping.wait(every)

    def _send(self) -> None:
        """Send what is new in the log elsewhere; after an outage everything is sent."""
        collecting.send_log(self._runtime)

    def _remind(self) -> None:
        """Put what is overdue into inboxes, and tell people by e-mail that something waits."""
        with reading(self._runtime, OPERATOR) as work:
            due = notices.has_due(work)
        if due:
            with unit_of_work(self._runtime, OPERATOR) as work:
                notices.look_after(work)
        if mails.is_set_up(self._runtime):
            mails.send_due(self._runtime)

    def _keep_index(self) -> None:
        """Keep the text index up to date, then compare what waits by it.

        At first all of the index is compared with the records, because a backup may have been restored.
        """
        if not self._index_compared or text_index.catch_up(self._runtime):
            text_index.catch_up_wholly(self._runtime, stop=self._stopping.is_set, wait=False)
            self._index_compared = True
        readiness.compare_waiting(self._runtime, stop=self._stopping.is_set)

    def _look(self) -> None:
        """Do the jobs that wait, and what nobody else would do: destroy keys, forget what was kept for a while."""
        with reading(self._runtime, OPERATOR) as work:
            waiting = jobs.waiting_jobs(work)
            due = [do for is_due, do in TIDYING if is_due(work)]
        for do in due:
            with unit_of_work(self._runtime, OPERATOR) as work:
                do(work)
        for job_id in waiting:
            self._run(job_id)

    def _run(self, job_id: str) -> None:
        with self._one_job:
            if self._stopping.is_set():
                return
            try:
                run_job(self._runtime, job_id, makers=self._makers, stopping=self._stopping)
            except Exception as error:  # noqa: BLE001 - its lease runs out, and it is begun again
                _note(f"job {job_id}", error)

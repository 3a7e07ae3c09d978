"""Background jobs: asked for by a person, leased by a worker, followed on a page.

A worker that dies loses its lease; the job is then leased again, by another worker or the next one. A lease
is good for one attempt only: a worker that was thought dead can neither change nor end the job any more. A
job that was begun MOST_ATTEMPTS times without coming to an end has failed.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from coalition.config import Config
from coalition.db import jobs as storage
from coalition.db import releases
from coalition.db.accounts import Account, account_names
from coalition.db.base import new_id, new_reference
from coalition.db.keys import COALITION, keys_of
from coalition.domain.access import Actor, Permission, permits, require
from coalition.domain.errors import NotAllowedNow, NotFound
from coalition.domain.vocabulary import Role
from coalition.encryption import seal_file, unseal_file
from coalition.services import audit
from coalition.services.work import OPERATOR, Work

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3
PERMISSION_OF: Mapping[str, Permission] = {
    "submission": Permission.BUILD_SUBMISSION,
    "report": Permission.BUILD_REPORT,
    "import": Permission.UPLOAD_INCIDENTS,
    "matching": Permission.BUILD_SUBMISSION,
}
"""The kinds of job, and what asking for one needs."""


class LeaseLost(Exception):
    """The job is in other hands, or at its end: whoever held this lease has to stop."""


@dataclass(frozen=True)
class JobFile:
    """One file that a job made."""

    name: str
    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True)
class JobView:
    """One job as its reader sees it."""

    id: str
    reference: str
    kind: str
    params: Mapping[str, Any]
    state: str
    done: int
    total: int
    step: str
    result: Mapping[str, Any]
    error: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    outdated: bool = False
    """Whether consent was taken back, or a record erased, that is still in its files: they are not handed out."""

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen."""
        return self.state in {"done", "failed"}

    @property
    def files(self) -> tuple[JobFile, ...]:
        """The files it made, in the order in which people want them."""
        sizes, checksums = self.result.get("sizes", {}), self.result.get("sha256", {})
        return tuple(JobFile(name, sizes[name], checksums[name]) for name in self.result.get("files", ()))


def _view(row: storage.Job, names: Mapping[str, str]) -> JobView:
    return JobView(
        id=row.id,
        reference=row.reference,
        kind=row.kind,
        params=row.params,
        state=row.state,
        done=row.done,
        total=row.total,
        step=row.step,
        result=row.result,
        error=row.error,
        requested_by=names.get(row.requested_by or "", ""),
        requested_at=row.requested_at,
        finished_at=row.finished_at,
    )


def request_job(work: Work, kind: str, params: Mapping[str, Any]) -> str:
    """Ask for a job; returns its reference.

    A job of the same kind and params that is not finished is that job.
    """
    require(work.actor, PERMISSION_OF[kind])
    for row in storage.recent_jobs(work.session, (kind,)):
        if row.params == dict(params) and row.state in {"queued", "running"}:
            return row.reference
    row = storage.Job(
        id=new_id(),
        reference=new_reference(),
        kind=kind,
        params=dict(params),
        requested_by=None if work.actor.role is Role.OPERATOR else work.actor.id,
        requested_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, f"{kind}.request", "job", row.id, **params)
    work.after_commit.append(lambda: work.runtime.queue.send(row.id))
    return row.reference


def follow_job(work: Work, reference: str) -> JobView:
    """Return how a job goes.

    Raises NotFound, also for a job of a kind that the actor could not ask for.
    """
    require(work.actor, Permission.FOLLOW_JOB)
    row = storage.job_with_reference(work.session, reference)
    if row is None or not permits(work.actor, PERMISSION_OF[row.kind]):
        raise NotFound("job", reference)
    job = _view(row, account_names(work.session))
    return replace(job, outdated=releases.is_outdated(work.session, row.id))


def list_jobs(work: Work, kind: str) -> list[JobView]:
    """Return the latest jobs of a kind, newest first."""
    require(work.actor, Permission.FOLLOW_JOB)
    names = account_names(work.session)
    return [_view(row, names) for row in storage.recent_jobs(work.session, (kind,))]


def folder_of(config: Config, job_id: str) -> Path:
    """Return the folder of what a job makes."""
    return config.files / job_id


def file_key(work: Work, job_id: str) -> bytes:
    """Return the key that seals a job's files, which is made for its first attempt."""
    keys = keys_of(work.session)
    return keys.store.open_keys((job_id,)).get(job_id) or keys.make(job_id, COALITION)


def seal_files(config: Config, key: bytes, job_id: str, built: Path, names: Iterable[str]) -> None:
    """Put the files that a job built into its folder, sealed; what an earlier attempt left there goes."""
    folder = folder_of(config, job_id)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        seal_file(key, built / name, folder / name, _about(job_id, name))


def _about(job_id: str, name: str) -> str:
    return f"job.file/{name}:{job_id}"


def open_file(work: Work, reference: str, file: str) -> Iterator[bytes]:
    """Return what a file holds that a job made, part by part.

    Only names that the job itself gave are looked up, so no name leads out of its folder. Raises NotFound,
    NotAllowedNow when what the file holds may not leave any more, and CannotOpen when it is not what was written.
    """
    job = follow_job(work, reference)
    if job.outdated:
        raise NotAllowedNow("download", job.state)
    if file not in {made.name for made in job.files}:
        raise NotFound("file", file)
    return sealed_file(work, job.id, file)


def sealed_file(work: Work, files_id: str, file: str) -> Iterator[bytes]:
    """Return what a sealed file holds, part by part, for whoever has made sure that the actor may have it.

    Raises NotFound for a file that is not there, or whose key is not.
    """
    path = folder_of(work.runtime.config, files_id) / file
    key = keys_of(work.session).of(files_id) if path.is_file() else None
    if key is None:
        raise NotFound("file", file)
    return unseal_file(key, path, _about(files_id, file))


def note_download(work: Work, reference: str, file: str) -> None:
    """Write into the log that the actor took a file."""
    require(work.actor, Permission.FOLLOW_JOB)
    audit.record(work, "job.download", "job", reference, file=file)


@dataclass(frozen=True)
class Lease:
    """A job in a worker's hands, with the person on whose behalf it runs."""

    id: str
    kind: str
    params: Mapping[str, Any]
    actor: Actor
    attempt: int
    """How often the job has been begun, this time included."""

    @property
    def is_last(self) -> bool:
        """Tell whether the job is not begun again after this."""
        return self.attempt >= MOST_ATTEMPTS


def waiting_jobs(work: Work) -> list[str]:
    """Return the ids of the jobs that nobody works on."""
    return [row.id for row in storage.unfinished_jobs(work.session, work.now)]


def lease_job(work: Work, job_id: str) -> Lease | None:
    """Take a job; None when somebody else has it or it is finished.

    A job that may not run, or not again, ends here.
    """
    row = storage.take_free_job(work.session, job_id, work.now)
    if row is None:
        return None
    actor = _actor_of(work, row.requested_by)
    if actor is None:
        _end(work, row, "failed", "not_permitted")
        return None
    if row.attempts >= MOST_ATTEMPTS:
        _end(work, row, "failed", "interrupted")
        return None
    row.state, row.attempts, row.leased_until = "running", row.attempts + 1, work.now + LEASE
    row.done, row.total, row.step = 0, 0, ""
    work.session.flush()
    return Lease(row.id, row.kind, row.params, actor, row.attempts)


def _actor_of(work: Work, account_id: str | None) -> Actor | None:
    if account_id is None:
        return OPERATOR
    row = work.session.get_one(Account, account_id)
    return Actor(row.id, Role(row.role), row.organisation_id, row.name, row.affiliation_id) if row.active else None


def _held(work: Work, lease: Lease) -> storage.Job:
    row = work.session.get_one(storage.Job, lease.id, with_for_update=True)
    if row.state != "running" or row.attempts != lease.attempt:
        raise LeaseLost
    return row


def _end(work: Work, row: storage.Job, state: str, error: str = "") -> None:
    row.state, row.error, row.finished_at, row.leased_until = state, error, work.now, None
    work.session.flush()


def keep_lease(work: Work, lease: Lease) -> None:
    """Keep a job that is still worked on. Raises LeaseLost, as everything that takes a lease does."""
    _held(work, lease).leased_until = work.now + LEASE
    work.session.flush()


def advance_job(work: Work, lease: Lease, done: int, total: int, step: str) -> None:
    """Say how far a job is, and keep its lease."""
    row = _held(work, lease)
    row.done, row.total, row.step, row.leased_until = done, total, step, work.now + LEASE
    work.session.flush()


def release_job(work: Work, lease: Lease, wait: timedelta = timedelta()) -> None:
    """Give a job back unfinished, to be begun again, not before `wait` is over."""
    row = _held(work, lease)
    row.state, row.leased_until = "queued", work.now + wait if wait else None
    work.session.flush()


def finish_job(work: Work, lease: Lease, result: Mapping[str, Any]) -> None:
    """Say that a job is done and what it made."""
    row = _held(work, lease)
    row.result = dict(result)
    row.done = row.total = max(row.total, 1)
    _end(work, row, "done")
    audit.record(work, f"{row.kind}.build", "job", row.id, **row.params)


def fail_job(work: Work, lease: Lease, error: str) -> None:
    """Say that a job failed, with a code that a page can explain."""
    _end(work, _held(work, lease), "failed", error)

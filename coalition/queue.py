"""The queue: carries the ids of jobs from whoever asks to whoever works. The `job` table is the truth.

Huey loses the task that a killed worker was running, so nothing depends on a message arriving: the worker looks for
unfinished jobs itself, and a message only makes it look sooner. Messages are JSON: whoever can write to the queue file
must not be able to run code, as they could with pickles.
"""

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from huey.api import Huey, SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer

_TASK = "run_job"


class _JsonMessages(Serializer):
    """Messages as JSON lists."""

    def _serialize(self, data: Any) -> bytes:  # noqa: ANN401 - huey's signature
        return json.dumps(list(data) if isinstance(data, Message) else data).encode()

    def _deserialize(self, data: bytes) -> Any:  # noqa: ANN401 - huey's signature
        loaded = json.loads(data)
        return Message(*loaded) if isinstance(loaded, list) else loaded


class _EmbeddedConsumer(Consumer):
    """A consumer inside another process, whose signal handlers are none of its business."""

    def _set_signal_handlers(self) -> None:
        """Leave the process's handlers alone."""


class JobQueue:
    """One queue in one file."""

    def __init__(self, file: Path) -> None:
        """Name the file; it is opened when the queue is first used."""
        self._file = file
        self._run: Callable[[str], None] | None = None

    @cached_property
    def _huey(self) -> Huey:
        return SqliteHuey(
            "coalition",
            filename=str(self._file),
            serializer=_JsonMessages(),
            results=False,
            fsync=True,
            utc=True,
        )

    @cached_property
    def _task(self) -> Any:  # noqa: ANN401 - huey carries no types
        return self._huey.task(name=_TASK)(self._work)

    def _work(self, job_id: str) -> None:
        if self._run is not None:
            self._run(job_id)

    def send(self, job_id: str) -> None:
        """Tell the worker that a job waits."""
        self._task(job_id)

    def consumer(self, run: Callable[[str], None]) -> Consumer:
        """Return a consumer that hands each job's id to `run`; it has start() and stop(graceful)."""
        self._run = run
        _ = self._task
        return _EmbeddedConsumer(
            self._huey,
            workers=1,
            periodic=False,
            backoff=1.0,
            initial_delay=0.2,
            max_delay=0.5,
            check_worker_health=True,
        )

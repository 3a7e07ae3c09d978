"""Writing the files of a large submission in a process of its own, while the process that asks still reads.

Selecting an incident costs about as much as writing its row: two cores do both at once. The other process is handed
finished cells and nothing else. It knows no database and no key, gets none of the secrets of the environment, leaves no
dump of its memory, and ends with the process that started it: the pipe between them ends then.
"""

import json
import os
import pickle  # nosec B403
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

from coalition.documents.submission_files import write_submission
from coalition.documents.submissions import Batch, Submission
from coalition.documents.workbook import About, Progress
from coalition.domain.profiles import Profile

_CODE = Path(__file__).resolve().parents[2]
"""Where the package is. It is all that the other process gets for an environment."""
_AHEAD = 60
"""So many batches may wait to be written; with some 500 lines in each it is about 20 MB."""
_STOPPED_BY = (signal.SIGTERM, signal.SIGINT)
_PROGRESS, _DONE, _FAILED = "progress", "done", "failed"


class WritingFailed(Exception):
    """The other process ended before it was done.

    The message names the kind of error and places in the code, or how the process ended; nothing that people wrote.
    """


@dataclass(frozen=True)
class Order:
    """What is to be written, and where."""

    year: int
    profile: Profile
    about: About
    folder: Path
    """For the files."""
    lines: Path
    """The file that the lines lie in meanwhile, and are left in."""


def write_here(order: Order, coming: Iterable[Batch], progress: Progress | None = None) -> dict[str, Any]:
    """Write the files in this process; returns what their manifest begins with."""
    with Submission.of(order.year, order.profile, order.lines, coming) as submission:
        return write_submission(submission, order.about, order.folder, progress)


def write_beside(order: Order, coming: Iterable[Batch], progress: Progress | None = None) -> dict[str, Any]:
    """Write the files in another process, which begins while this one still makes what is coming.

    Returns the same as `write_here`. Raises WritingFailed, and what making the batches raises.
    """
    with _started() as other:
        if other.stdin is None or other.stdout is None:
            raise WritingFailed("no pipe")
        try:
            _hand_over(other.stdin, order, coming)
            return _told(other.stdout, progress)
        except EOFError:
            raise WritingFailed(f"ended with {other.wait()}") from None
        finally:
            other.kill()
            with suppress(BrokenPipeError):  # of what it did not read any more
                other.stdin.close()


def _started() -> "subprocess.Popen[bytes]":
    # Whoever stops a group of processes stops the first one, which gives its job back and ends this one. So the other
    # one begins with these signals held back: it may get them before it has come so far as to take no notice.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPED_BY)
    try:
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", __name__],
            env={"PYTHONPATH": str(_CODE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hand_over(stream: IO[bytes], order: Order, coming: Iterable[Batch]) -> None:
    """Hand everything over. The pipe stays open: its end is the end of this process."""
    for item in chain((order,), coming, (None,)):
        try:
            pickle.dump(item, stream, pickle.HIGHEST_PROTOCOL)
            stream.flush()
        except BrokenPipeError:
            return  # it has failed, and says why


def _told(stream: IO[bytes], progress: Progress | None) -> dict[str, Any]:
    """Return what the other process made. Raises EOFError when it ended without a word."""
    for line in stream:
        what, said = json.loads(line)
        if what == _DONE:
            manifest: dict[str, Any] = said
            return manifest
        if what == _FAILED:
            raise WritingFailed(said)
        if progress:
            progress(*said)
    raise EOFError


# --- in the other process ----------------------------------------------------------------------------------


def main() -> None:
    """Write what is handed over, and say how far it is."""
    # What is in memory here is about victims: no dump of it lies anywhere.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stopped in _STOPPED_BY:
        signal.signal(stopped, signal.SIG_IGN)
    waiting: Queue[Any] = Queue(_AHEAD)
    Thread(target=_take_in, args=(sys.stdin.buffer, waiting), daemon=True).start()
    try:
        order = waiting.get()
        _say(_DONE, write_here(order, _coming(waiting), lambda *said: _say(_PROGRESS, said)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the process that asked is told
        frames = traceback.extract_tb(error.__traceback__)
        places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        # Without its message: that may hold what people wrote.
        _say(_FAILED, f"{type(error).__name__} at {places}")
    # At once: the thread still waits for the end of the pipe.
    os._exit(0)


def _take_in(stream: IO[bytes], waiting: "Queue[Any]") -> None:
    """Take some in ahead, so that nobody waits while the lines of a month are written; end with the pipe."""
    with suppress(Exception):
        while True:
            # It comes from the process that started this one, through a pipe that nobody else has.
            waiting.put(pickle.load(stream))  # noqa: S301  # nosec B301
    # The process that started this one is gone, whatever was still to be done.
    os._exit(1)


def _coming(waiting: "Queue[Any]") -> Iterator[Batch]:
    while (batch := waiting.get()) is not None:
        yield batch


def _say(what: str, said: object) -> None:
    sys.stdout.write(f"{json.dumps((what, said))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Writing the files of a large submission in a process of its own, while the process that asks still reads.

Selecting an incident costs about as much as writing its row: two cores do both at once. The other process is handed
finished cells and nothing else. It knows no database and no key, gets none of the secrets of the environment, and ends
with the process that started it, whose end it sees as the end of what it is handed.
"""

import json
import pickle  # nosec B403
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
_PROGRESS, _DONE, _FAILED = "progress", "done", "failed"


class WritingFailed(Exception):
    """The other process ended before it was done. The message names the kind of error and places in the code."""


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
    command = [sys.executable, "-P", "-m", __name__]
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        env={"PYTHONPATH": str(_CODE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as other:
        try:
            with suppress(BrokenPipeError):  # it has failed, and says why
                _hand_over(other, order, coming)
            return _told(other, progress)
        finally:
            other.kill()


def _hand_over(other: "subprocess.Popen[bytes]", order: Order, coming: Iterable[Batch]) -> None:
    if other.stdin is None:
        raise WritingFailed
    with other.stdin as stream:
        for item in chain((order,), coming, (None,)):
            pickle.dump(item, stream, pickle.HIGHEST_PROTOCOL)


def _told(other: "subprocess.Popen[bytes]", progress: Progress | None) -> dict[str, Any]:
    for line in other.stdout or ():
        what, said = json.loads(line)
        if what == _DONE:
            manifest: dict[str, Any] = said
            return manifest
        if what == _FAILED:
            raise WritingFailed(said)
        if progress:
            progress(*said)
    raise WritingFailed


def main() -> None:
    """Write what is handed over, and say how far it is."""
    try:
        order = _next(sys.stdin.buffer)
        _say(_DONE, write_here(order, _coming(sys.stdin.buffer), lambda *said: _say(_PROGRESS, said)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the process that asked is told
        frames = traceback.extract_tb(error.__traceback__)
        places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        # Without its message: that may hold what people wrote.
        _say(_FAILED, f"{type(error).__name__} at {places}")


def _coming(stream: IO[bytes]) -> Iterator[Batch]:
    """Yield the batches; some are taken in ahead, so that nobody waits while the lines of a month are written."""
    waiting: Queue[Batch | Exception | None] = Queue(_AHEAD)
    Thread(target=_take_in, args=(stream, waiting), daemon=True).start()
    while (batch := waiting.get()) is not None:
        if isinstance(batch, Exception):
            raise batch
        yield batch


def _take_in(stream: IO[bytes], waiting: "Queue[Batch | Exception | None]") -> None:
    try:
        while (batch := _next(stream)) is not None:
            waiting.put(batch)
        waiting.put(None)
    except Exception as error:  # noqa: BLE001 - raised where the batches are used
        waiting.put(error)


def _next(stream: IO[bytes]) -> Any:  # noqa: ANN401 - what `_hand_over` wrote
    # It comes from the process that started this one, through a pipe that nobody else has.
    return pickle.load(stream)  # noqa: S301  # nosec B301


def _say(what: str, said: object) -> None:
    sys.stdout.write(f"{json.dumps((what, said))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

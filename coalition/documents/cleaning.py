"""Have a file looked at and cleaned by a process of its own (`coalition.documents.cleaner`)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, BinaryIO, Final

import coalition
from coalition.domain.errors import RefusedFile
from coalition.domain.evidence import Captured, FileKind, Refusal

_PART: Final = 256 * 1024
_AT_ONCE: Final = BoundedSemaphore(2)
"""So many files are cleaned at the same moment in one process of the site; others wait for their turn."""
_LONGEST_LINE: Final = 10_000
# Isolated: nothing in the folder where the command is run, and no variable, can take a module's place; ours come last.
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); from coalition.documents.cleaner import main; main(sys.argv[2])"
)


@dataclass(frozen=True)
class Cleaned:
    """What became of a file."""

    captured: Captured
    parts: Iterator[bytes] | None
    """The cleaned copy; None where the file is as it should be already. It may raise RefusedFile."""


@contextmanager
def cleaned(source: BinaryIO, kind: FileKind) -> Iterator[Cleaned]:
    """Look at a file and give its cleaned copy, part by part: in this process it is never whole.

    Raises RefusedFile when it is broken, or takes more memory or time than one file may have.
    """
    root = str(Path(coalition.__file__).parents[1])
    command = [sys.executable, "-I", "-c", _PROGRAM, root, kind.value]
    with (
        _AT_ONCE,
        subprocess.Popen(  # noqa: S603 - our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={}
        ) as cleaner,
    ):
        try:
            yield _conversation(cleaner, source)
        finally:
            cleaner.kill()


def _conversation(cleaner: subprocess.Popen[bytes], source: BinaryIO) -> Cleaned:
    if cleaner.stdin is None or cleaner.stdout is None:
        raise ValueError("a cleaner is asked and answers")
    # It reads everything before it says anything, so neither waits for the other. One that died is heard of below.
    with suppress(BrokenPipeError):
        while part := source.read(_PART):
            cleaner.stdin.write(part)
    with suppress(BrokenPipeError):
        cleaner.stdin.close()
    line = cleaner.stdout.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise RefusedFile(Refusal.TOO_COSTLY)
    said = json.loads(line)
    if "refused" in said:
        raise RefusedFile(Refusal(said["refused"]))
    captured = Captured(str(said["at"]), str(said["place"]))
    return Cleaned(captured, None if said["same"] else _rest(cleaner, cleaner.stdout))


def _rest(cleaner: subprocess.Popen[bytes], answer: IO[bytes]) -> Iterator[bytes]:
    while part := answer.read(_PART):
        yield part
    if cleaner.wait():
        raise RefusedFile(Refusal.TOO_COSTLY)

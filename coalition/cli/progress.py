"""How far a long command is, on standard error.

On a terminal it is one line that is written over. Anywhere else, such as in a log, it is a line every few seconds, so
that a command that is soon done says nothing.
"""

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import click

_EVERY = 0.1
"""Seconds between two changes of the line on a terminal."""
_SELDOM = 5.0
"""Seconds between two lines, and before the first, where lines are kept."""


class Progress:
    """Tells how far a command is, as long as the block lasts."""

    def __init__(self, steps: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        """Take how the steps are called; what is not there is called by its own name."""
        self._steps, self._clock = steps, clock
        self._on_terminal = sys.stderr.isatty()
        self._step: str | None = None
        self._said_at, self._length = clock(), 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal clean."""
        if self._length:
            click.echo("\r" + " " * self._length + "\r", nl=False, err=True)

    def __call__(self, done: int, total: int, step: str) -> None:
        """Say that so much of a step is done."""
        now = self._clock()
        due = step != self._step or now - self._said_at >= _EVERY
        if not (due if self._on_terminal else now - self._said_at >= _SELDOM):
            return
        self._step, self._said_at = step, now
        words = self._steps.get(step, step)
        line = f"{words}: {done * 100 // total} %" if total > 1 and 0 < done < total else words
        if self._on_terminal:
            click.echo("\r" + line.ljust(self._length), nl=False, err=True)
            self._length = len(line)
        else:
            click.echo(line, err=True)

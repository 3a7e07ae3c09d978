"""An installation in a folder of its own, worked on by the command line as operators do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

from coalition import cli


@dataclass(frozen=True)
class Installation:
    """A folder for an installation, and the commands run on it."""

    data: Path

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
        return {**kept, "COALITION_DATA": str(self.data), **more}

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command, status, out, err = ["coalition", *arguments], 0, StringIO(), StringIO()
        before = os.umask(0o022)
        try:
            with (
                mock.patch.dict(os.environ, self.variables(variables), clear=True),
                mock.patch.multiple(sys, argv=command, stdin=StringIO(stdin)),
                redirect_stdout(out),
                redirect_stderr(err),
            ):
                cli.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        finally:
            os.umask(before)
        return subprocess.CompletedProcess(command, status, out.getvalue(), err.getvalue())

    @contextmanager
    def process(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command as a process of its own, stopped in the end."""
        command = [sys.executable, "-m", "coalition", *arguments]
        with subprocess.Popen(
            command, env=self.variables(variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def copied(self, folder: Path) -> "Installation":
        """Return a copy for a test that changes it."""
        return Installation(Path(shutil.copytree(self.data, folder / "data")))

    def done(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to succeed and say nothing on standard error; returns what it said."""
        result = self.run(*arguments, stdin=stdin)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of a command that failed as it should."""
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def children(process: int) -> dict[str, int]:
    """Return the processes that a process started, by the module they run."""
    numbers = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    commands_of = {int(number): Path(f"/proc/{number}/cmdline").read_text().split("\0") for number in numbers}
    return {words[2]: number for number, words in commands_of.items()}

"""A demonstration of this checkout in a folder that is thrown away: for the scripts that look at it from outside."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Login:
    """How one of the demonstration's people signs in."""

    email: str
    password: str
    code: str
    """Of the authenticator app at this moment; empty for whoever needs none."""


class Demonstration:
    """A demonstration that is served on a free port."""

    def __init__(self, folder: Path) -> None:
        """Load it into a folder."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {"COALITION_DATA": str(folder / "data")}
        self.run("db", "upgrade")
        self.run("demo", "load")

    def command(self, *arguments: str) -> list[str]:
        """Return a command of the product."""
        return [sys.executable, "-m", "coalition", *arguments]

    def run(self, *arguments: str) -> str:
        """Run a command of the product; returns what it printed."""
        command = self.command(*arguments)
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def login(self, who: str) -> Login:
        """Return how the first person signs in whose address holds these words."""
        printed = self.run("demo", "accounts").splitlines()
        place = next(number for number, line in enumerate(printed) if who in line)
        email, password = printed[place].split()[:2]
        code = re.search(r"code now ([0-9]+)", printed[place + 1]) if place + 1 < len(printed) else None
        return Login(email, password, code[1] if code else "")

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve it for the length of a block."""
        with subprocess.Popen(self.command("serve", "--port", str(self.port)), env=self.environment) as server:
            try:
                self._wait()
                yield
            finally:
                server.terminate()

    def _wait(self) -> None:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        sys.exit("the demonstration did not answer")

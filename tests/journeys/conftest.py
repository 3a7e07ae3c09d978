"""A served installation and a browser for each journey."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60
"""Seconds to wait for a server or a job on a busy machine."""


@dataclass
class Site:
    """An installation that is being served."""

    address: str
    data: Path
    environment: dict[str, str] = field(repr=False)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run the command line in this installation."""
        done = subprocess.run(
            [sys.executable, "-m", "coalition", *arguments],
            env=self.environment,
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, "the server has stopped"
        try:
            with urllib.request.urlopen(f"{address}/healthz"):  # noqa: S310 - our own address
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail("the server did not answer")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve an empty, migrated installation by the command that `make run` uses."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    made = Site(f"http://127.0.0.1:{port}", tmp_path / "data", environment | {"COALITION_DATA": str(tmp_path / "data")})
    made.command("db", "upgrade")
    server = subprocess.Popen(
        [sys.executable, "-m", "coalition", "serve", "--port", str(port)],
        env=made.environment,
        stdout=subprocess.DEVNULL,
    )
    _wait_for(made.address, server)
    yield made
    server.send_signal(signal.SIGTERM)
    assert server.wait(PATIENCE) == 0, "the server did not stop well"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium once."""
    program = next((path for path in CHROMIUM if Path(path).exists()), None) or shutil.which("chromium")
    if program is None:
        message = "NOT TESTED IN A BROWSER: no Chromium; install Debian's package chromium"
        pytest.fail(message) if os.environ.get("COALITION_TESTS_REQUIRE") == "all" else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()

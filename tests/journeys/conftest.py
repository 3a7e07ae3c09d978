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
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from coalition.config import Config
from coalition.domain.incidents import Facts
from coalition.services import factors, incidents
from coalition.services.account_views import view
from coalition.services.accounts import account_of
from coalition.services.codes import code_at
from coalition.services.work import OPERATOR, Work, make_runtime, reading, unit_of_work
from tests.domain.samples import COMPLETE
from tests.installation import Installation
from tests.journeys import windows
from tests.journeys.seen import SEEN
from tests.services.records import answers

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 60
"""Seconds to wait for a server or a job on a busy machine."""
PASSWORD = "quiet river morning bread"
"""Of everybody in the journeys."""
NUMBERS = count(1)
UPGRADED: list[Path] = []
"""The folder with an empty, migrated installation, while there are journeys."""


@dataclass
class Site:
    """An installation that is being served."""

    address: str
    data: Path
    environment: dict[str, str] = field(repr=False)
    server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve it by the command that `make run` uses."""
        port = self.address.rpartition(":")[2]
        self.server = subprocess.Popen(
            [sys.executable, "-m", "coalition", "serve", "--port", port],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        _wait_for(self.address, self.server)

    def kill(self) -> None:
        """End the server at once, as a power cut does."""
        assert self.server is not None
        self.server.kill()
        self.server.wait(PATIENCE)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run the command line in this installation; in this process, which has imported it already."""
        return Installation(self.data).done(*arguments, stdin=stdin)

    def member(self, name: str = "Център Зора") -> str:
        """Make a member organisation that no other journey knows; returns its code."""
        code = f"ORG{next(NUMBERS)}"
        self.command("organisations", "create", code, name)
        return code

    def account(self, role: str, *more: str, name: str = "Вера Колева") -> str:
        """Make an account that no other journey knows; returns its e-mail address."""
        email = f"{role}-{next(NUMBERS)}@example.org"
        arguments = ("--name", name, "--role", role, *more, "--password-stdin")
        self.command("users", "create", email, *arguments, stdin=f"{PASSWORD}\n")
        return email

    def app_of(self, email: str) -> str:
        """Set up an authenticator app as somebody would have done an hour ago; returns its secret."""
        with self.acting(email) as work:
            own = replace(work, now=work.now - timedelta(hours=1))
            secret = factors.begin_app(own, "Coalition").secret
            factors.confirm_app(own, code_at(secret, own.now), "Phone")
        return secret

    @contextmanager
    def acting(self, email: str) -> Iterator[Work]:
        """Do as somebody what a page would ask the services for: what a journey does not show itself."""
        runtime = make_runtime(Config.from_env({"COALITION_DATA": str(self.data)}))
        try:
            with reading(runtime, OPERATOR) as work:
                actor = view(account_of(work, email)).actor
            with unit_of_work(runtime, actor) as work:
                yield work
        finally:
            runtime.dispose()

    def filed(self, email: str, facts: Facts = COMPLETE) -> str:
        """Hand in a record, as its form would; the form has journeys of its own. Returns its reference."""
        with self.acting(email) as work:
            reference = incidents.begin_incident(work, answers(facts))
            incidents.submit_incident(work, reference, 1)
        return reference


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


@pytest.fixture(scope="session", autouse=True)
def _upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrate an installation once by the command that operators use: every journey begins with a copy."""
    folder = tmp_path_factory.mktemp("upgraded") / "data"
    Installation(folder).done("db", "upgrade")
    UPGRADED.append(folder)
    yield
    UPGRADED.clear()


@contextmanager
def served(data: Path) -> Iterator[Site]:
    """Serve an empty, migrated installation in a folder."""
    shutil.copytree(UPGRADED[0], data)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COALITION_")}
    made = Site(f"http://127.0.0.1:{_free_port()}", data, environment | {"COALITION_DATA": str(data)})
    made.start()
    yield made
    assert made.server is not None
    made.server.send_signal(signal.SIGTERM)
    assert made.server.wait(PATIENCE) == 0, "the server did not stop well"


@pytest.fixture(scope="session")
def _shared(_upgraded: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("shared") / "data") as made:
        yield made


@pytest.fixture
def site(_shared: Site) -> Site:
    """Return the installation that the journeys of this process share: each brings people and records of its own.

    A server takes seconds to start. What counts all records, or changes the site for everybody, asks for `own_site`.
    """
    assert _shared.server is not None
    if _shared.server.poll() is not None:  # a journey that kills it has failed
        _shared.start()
    return _shared


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """Serve an empty, migrated installation for one journey alone."""
    with served(tmp_path / "data") as made:
        yield made


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


@pytest.fixture(scope="session", autouse=True)
def _seen(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the processes of a run know of each other which pages axe has looked at."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "seen-by-axe"
    folder.mkdir(exist_ok=True)
    SEEN.folder = folder


@pytest.fixture(autouse=True)
def _windows_are_closed() -> Iterator[None]:
    """Close every window after its journey: those that stay open go on asking their servers."""
    yield
    windows.close_all()

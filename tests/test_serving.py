"""The real servers: on a socket of the machine, and asked by whoever tries to hide a request in another."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest
from flask.sessions import SecureCookieSessionInterface

from coalition.app import create_app
from coalition.cli.serving import _socket_at
from coalition.config import Config
from tests.installation import Installation, children, refused

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
HEALTHY = b"\r\n\r\nok"
"""How the answer of /healthz ends."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation without anything in it. A socket's path has to be short."""
    made = Installation(tmp_path_factory.mktemp("s") / "data")
    made.done("db", "upgrade")
    return made


def asked(path: Path, request: bytes) -> bytes:
    """Send bytes as they are and return every byte that comes until the other side closes."""
    got = b""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        with suppress(ConnectionError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                got += part
    return got


def healthy(path: Path) -> bool:
    with suppress(OSError):
        return HEALTHY in asked(path, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return False


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def gunicorn(installation: Installation, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Serve as the containers do: with the settings of deploy/gunicorn.conf.py."""
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "coalition.wsgi:application"]
    variables = installation.variables({"BIND": f"unix:{path}", "WEB_CONCURRENCY": "1"})
    with subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["waitress", "gunicorn"])
def served(request: pytest.FixtureRequest, installed: Installation) -> Iterator[Path]:
    """The socket of each server in turn: that of `coalition serve`, as `make run` has it, and that of containers."""
    path = installed.data.parent / f"{request.param}.sock"
    embedded = installed.process("serve", "--bind", f"unix:{path}")
    with embedded if request.param == "waitress" else gunicorn(installed, path) as process:
        until(lambda: healthy(path) or process.poll() is not None)
        yield path
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert not path.exists()


def test_the_socket_is_for_the_sites_user_and_its_group(served: Path):
    assert healthy(served)
    assert stat.S_IMODE(served.stat().st_mode) == 0o660
    assert served.stat().st_gid == os.getegid()
    assert stat.S_ISSOCK(served.stat().st_mode)


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
"""What somebody tries to have taken for a request of its own. Answered, it says "ok"."""
LENGTH = b"%d" % len(HIDDEN)
CHUNKED = b"0\r\n\r\n" + HIDDEN
WHOLE = b"%d" % len(CHUNKED)


def post(headers: bytes, body: bytes = HIDDEN, version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST /en/sign-in " + version + b"\r\nHost: x\r\n" + headers + b"\r\n" + body


SHAPES = {
    "two lengths, the shorter first": post(b"Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n"),
    "two lengths, the longer first": post(b"Content-Length: " + LENGTH + b"\r\nContent-Length: 0\r\n"),
    "twice the same length": post(2 * (b"Content-Length: " + LENGTH + b"\r\n")),
    "a list of lengths": post(b"Content-Length: 0, " + LENGTH + b"\r\n"),
    "a length with a sign": post(b"Content-Length: +" + LENGTH + b"\r\n"),
    "a negative length": post(b"Content-Length: -1\r\n"),
    "a hexadecimal length": post(b"Content-Length: 0x0\r\n"),
    "a length with a low line": post(b"Content-Length: 1_0\r\n"),
    "a length with a NUL": post(b"Content-Length: " + LENGTH + b"\x00\r\n"),
    "a length and chunks": post(b"Content-Length: " + WHOLE + b"\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    "chunks and a length": post(b"Transfer-Encoding: chunked\r\nContent-Length: " + WHOLE + b"\r\n", CHUNKED),
    "chunks after a tab": post(b"Content-Length: " + WHOLE + b"\r\nTransfer-Encoding:\tchunked\r\n", CHUNKED),
    "an unknown coding": post(b"Content-Length: " + WHOLE + b"\r\nTransfer-Encoding: xchunked\r\n", CHUNKED),
    "a coding after a control": post(b"Content-Length: 0\r\nTransfer-Encoding: \x0bchunked\r\n", CHUNKED),
    "chunks after another coding": post(b"Content-Length: 0\r\nTransfer-Encoding: identity, chunked\r\n", CHUNKED),
    "chunks before another coding": post(b"Transfer-Encoding: chunked, identity\r\n", CHUNKED),
    "two codings": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", CHUNKED),
    "chunks in HTTP/1.0": post(b"Transfer-Encoding: chunked\r\n", CHUNKED, b"HTTP/1.0"),
    "a space before the colon of a length": post(b"Content-Length : " + LENGTH + b"\r\n"),
    "a space before the colon of a coding": post(
        b"Content-Length: " + WHOLE + b"\r\nTransfer-Encoding : chunked\r\n", CHUNKED
    ),
    "a folded line": post(b"X: y\r\n Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n"),
    "a folded coding": post(b"Content-Length: " + WHOLE + b"\r\nTransfer-Encoding:\r\n chunked\r\n", CHUNKED),
    "a first header that is folded": b"POST /en/sign-in HTTP/1.1\r\n Content-Length: 0\r\nHost: x\r\n"
    b"Content-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN,
    "a bare line feed": post(b"X: y\nContent-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n"),
    "line feeds only": b"POST /en/sign-in HTTP/1.1\nHost: x\nContent-Length: " + LENGTH + b"\n\n" + HIDDEN,
    "a bare carriage return": post(b"X: y\rContent-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n"),
    "a low line in a name": post(b"Content_Length: 0\r\nContent-Length: " + LENGTH + b"\r\n"),
    "a body of a GET": b"GET /en/none HTTP/1.1\r\nHost: x\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN,
    "a chunk's size with a low line": post(b"Transfer-Encoding: chunked\r\n", b"0_0\r\n\r\n" + HIDDEN),
    "a chunk's size with a prefix": post(b"Transfer-Encoding: chunked\r\n", b"0x0\r\n\r\n" + HIDDEN),
    "a chunk that is longer than it says": post(b"Transfer-Encoding: chunked\r\n", b"1\r\nABC0\r\n\r\n" + HIDDEN),
    "a chunk without end": post(b"Transfer-Encoding: chunked\r\n", b"1" + 16 * b"0" + b"\r\n" + HIDDEN),
    "no version": b"POST /en/sign-in\r\nHost: x\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + HIDDEN,
}
"""Requests whose end two readers could see in different places, by what is odd about them (RFC 9112, section 11.2)."""


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_request_is_hidden_in_another(served: Path, shape: str):
    answer = asked(served, SHAPES[shape])
    assert HEALTHY not in answer, "the hidden request was answered"
    assert 200 not in statuses(answer)
    assert set(statuses(answer)) <= {400, 404, 501}


def test_two_hosts_are_refused(served: Path):
    assert statuses(asked(served, b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")) == [400]


def test_what_is_two_requests_is_answered_twice(served: Path):
    """The measure of the tests above: the hidden request is answered where it is none."""
    assert statuses(asked(served, post(b"Content-Length: 0\r\n"))) == [400, 200]


def test_several_processes_serve_on_a_socket_too(installed: Installation):
    path = installed.data.parent / "many.sock"
    with installed.process("serve", "--bind", f"unix:{path}", "--workers", "2") as server:
        until(lambda: healthy(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        started = children(server.pid)
        assert set(started) == {"gunicorn", "coalition"}
        first = Path(f"/proc/{started['gunicorn']}")
        assert "cryptography" in (first / "maps").read_text(), "the first process has loaded the site's modules"
        assert len(list((first / "task").iterdir())) == 1, "and no thread"
        held = [str(file.readlink()) for file in (first / "fd").iterdir()]
        assert not [file for file in held if str(installed.data) in file], "and nothing of the installation is open"
        server.send_signal(signal.SIGTERM)
        _, complaints = server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    assert "Traceback" not in complaints
    assert not any(Path(f"/proc/{child}").exists() for child in started.values())
    assert not path.exists()


LARGE = 200_000_000


def sending(path: Path, cookie: str = "", where: str = "/en/imports", size: int = LARGE) -> socket.socket:
    """Announce a large request, with nothing of it sent: whoever may send it is told to go on (RFC 9110, 10.1.1)."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(str(path))
    connection.sendall(
        f"POST {where} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nContent-Length: {size}\r\n"
        "Expect: 100-continue\r\n\r\n".encode("latin-1")
    )
    return connection


def told(connection: socket.socket) -> list[int]:
    with connection:
        return statuses(connection.recv(65536))


@pytest.fixture(scope="module")
def embedded(installed: Installation) -> Iterator[Path]:
    path = installed.data.parent / "embedded.sock"
    with installed.process("serve", "--bind", f"unix:{path}") as process:
        until(lambda: healthy(path) or process.poll() is not None)
        yield path


@pytest.fixture(scope="module")
def cookie(installed: Installation) -> Callable[[dict[str, str]], str]:
    """Sign what a cookie holds, as the site does."""
    app = create_app(Config.from_env({"COALITION_DATA": str(installed.data)}))
    sessions = app.session_interface
    assert isinstance(sessions, SecureCookieSessionInterface)
    serializer = sessions.get_signing_serializer(app)
    assert serializer
    return lambda held: f"coalition={serializer.dumps(held)}"


SIGNED_IN = {"_user_id": "a token"}


def test_nothing_large_is_taken_in_from_somebody_who_has_not_signed_in(
    embedded: Path, cookie: Callable[[dict[str, str]], str]
):
    signed = cookie(SIGNED_IN)
    assert told(sending(embedded)) == [413]
    assert told(sending(embedded, cookie({"csrf_token": "of a visitor"}))) == [413]
    # Not the last character: some of its bits are padding, and another one can mean the same.
    other = "A" if signed[-5] != "A" else "B"
    assert told(sending(embedded, signed[:-5] + other + signed[-4:])) == [413]
    assert told(sending(embedded, "coalition=\xff")) == [413]
    assert told(sending(embedded, signed, "/%ff")) == [413]
    assert told(sending(embedded, signed, "/en/sign-in")) == [413]
    assert told(sending(embedded, signed, size=9_000_000_000)) == [413]
    assert told(sending(embedded, signed)) == [100]
    assert told(sending(embedded, signed, "/bg/incidents/AAAAA-BBBBB/evidence")) == [100]
    assert told(sending(embedded, size=1_000)) == [100]


def test_so_much_is_taken_in_at_the_same_time_and_no_more(embedded: Path, cookie: Callable[[dict[str, str]], str]):
    signed = cookie(SIGNED_IN)
    until(lambda: told(sending(embedded, signed, size=207_000_000)) == [100])  # those of the test before have gone
    with sending(embedded, signed) as first, sending(embedded, signed) as second:
        assert [statuses(one.recv(65536)) for one in (first, second)] == [[100], [100]]
        assert told(sending(embedded, signed)) == [503]
        assert healthy(embedded)
    until(lambda: told(sending(embedded, signed)) == [100])


def test_a_socket_that_somebody_serves_on_stays_theirs(served: Path, installed: Installation):
    assert refused(installed.run("serve", "--bind", f"unix:{served}")) == f"somebody else serves on {served}"
    assert healthy(served)


def test_what_a_killed_process_left_is_no_hindrance_and_nothing_else_is_removed(tmp_path: Path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert _socket_at(f"unix:{path}") == path
    assert not path.exists()
    path.write_text("no socket")
    with pytest.raises(click.ClickException, match="is no socket"):
        _socket_at(f"unix:{path}")
    assert path.read_text() == "no socket"


@pytest.mark.parametrize("place", ["site.sock", "unix:site.sock", f"unix:/{'x' * 120}", "tcp:/site.sock"])
def test_a_socket_is_named_by_its_full_path(installed: Installation, place: str):
    assert "unix: and a full path" in refused(installed.run("serve", "--bind", place))


def test_the_containers_socket_is_for_a_group_that_the_proxy_can_be_in():
    """Gunicorn gives the socket to its own group, whatever folder it is in: that number has to be the host's."""
    image, compose = (
        (ROOT / "deploy" / name).read_text(encoding="utf-8") for name in ("Containerfile", "compose.yaml")
    )
    user = re.search(
        r"groupadd --system --gid (\d+) coalition .*\s.*useradd --system --uid (\d+) --gid coalition ", image
    )
    folder = re.search(r"d /run/coalition 0750 (\d+) (\d+)", compose)
    group = re.search(r"groupadd --system --gid (\d+) (\S+) && usermod --append --groups (\S+) www-data", compose)
    assert user
    assert folder
    assert group
    assert user.groups() == folder.groups()[::-1]
    assert (group[1], group[2]) == (user[1], group[3])


def test_the_database_is_healthy_only_when_it_is_the_one_that_stays():
    compose = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    database, upgrade = (
        compose.partition(f"\n  {name}:\n")[2].partition("\n\n")[0] for name in ("database", "upgrade")
    )
    assert "grep -qx postgres /proc/1/comm && pg_isready" in database
    assert "restart: on-failure" in upgrade


def test_as_delivered_nothing_is_served_on_a_port():
    for name in ("coalition.service", "compose.yaml", "Containerfile", "gunicorn.conf.py", "nginx.conf"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert "unix:/run/coalition/site.sock" in text, name
        assert not re.search(r"(127\.0\.0\.1|0\.0\.0\.0|localhost):\d|--port|^ *ports:", text, re.MULTILINE), name

"""Nothing that somebody sends gets into the logs, whichever server runs and whatever goes wrong."""

import http.client
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from coalition import logs
from coalition.config import Config
from coalition.services.work import Runtime, make_runtime
from tests.conftest import Coalition
from tests.installation import Installation

CANARY = "canary7Q"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, workers: int) -> Iterator[tuple[int, Path]]:
    """Serve an installation; yields the port and the file that holds all it says."""
    environment = os.environ | {"COALITION_DATA": str(folder / "data")}
    Installation(folder / "data").done("db", "upgrade")
    port, said = free_port(), folder / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "coalition", "serve", "--port", str(port), "--workers", str(workers)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port)
        yield port, said
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            if ask(port, "GET", "/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the site did not answer")


def ask(port: int, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {**FORM, **named} if body else named)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def raw(port: int, content: bytes) -> bytes:
    """Send what is no HTTP."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(content)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while got := line.recv(65536):
            answer += got
    return answer


def attack(port: int) -> None:
    """Make every kind of request fail, with canaries in all its parts."""
    sent = f"email={CANARY}%40example.org&password={CANARY}&csrf_token={CANARY}"
    everywhere = {
        "Cookie": f"coalition={CANARY}",
        "User_Agent": CANARY,
        "Referer": f"http://{CANARY}/",
        "X_Other": CANARY,
    }
    for path in (
        "/en/",
        f"/en/{CANARY}",
        f"/{CANARY}",
        "/en/sign-in",
        f"/en/incidents/{CANARY}",
        f"/static/{CANARY}.css",
    ):
        for method in ("GET", "POST", "PUT", CANARY.upper()):
            ask(port, method, f"{path}?next={CANARY}&{CANARY}=1", sent, **everywhere)
    canary = CANARY.encode()
    for content in (
        canary + b"\r\n\r\n",
        b"GET /" + canary + b" HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + canary + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + canary + b" : bad\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + canary * 2000 + b"\r\n\r\n",
        b"POST /en/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: " + canary + b"\r\n\r\n",
        b"POST /en/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + b"\r\n",
        b"POST /en/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nemail=" + canary,
        b"\x16\x03\x01" + canary,
    ):
        raw(port, content)


@pytest.mark.parametrize("workers", [1, 2], ids=["waitress", "gunicorn"])
def test_a_served_site_says_nothing_of_what_is_sent(tmp_path: Path, workers: int):
    with served(tmp_path, workers) as (port, said):
        attack(port)
        answer = ask(port, "GET", "/en/")
        assert "waitress" not in (answer.headers.get("Server") or "")
        # The database is taken away from under the site: now every request fails.
        config = Config.from_env({"COALITION_DATA": str(tmp_path / "data")})
        runtime = make_runtime(config)
        with runtime.engine.begin() as connection:
            connection.execute(text("ALTER TABLE setting RENAME TO elsewhere"))
        runtime.dispose()
        attack(port)
        assert ask(port, "GET", f"/en/{CANARY}").status == 500
    words = said.read_text(errors="replace")
    assert CANARY.lower() not in words.lower()
    assert "failure" in words
    assert "OperationalError at " in words
    assert "Traceback" not in words


@pytest.mark.usefixtures("own_app")
def test_a_failure_is_logged_by_class_and_place_only(
    app: Flask, runtime: Runtime, coalition: Coalition, caplog: pytest.LogCaptureFixture
):
    assert coalition
    app.testing = False

    def broken() -> str:
        raise ValueError(CANARY)

    app.add_url_rule("/en/broken", "broken", broken)
    app.view_functions["broken"].access = "public"  # type: ignore[attr-defined] # the mark of `public`
    assert app.test_client().get(f"/en/broken?{CANARY}", headers={"Cookie": CANARY}).status_code == 500
    with runtime.engine.begin() as connection:
        connection.execute(text("ALTER TABLE setting RENAME TO elsewhere"))
    assert app.test_client().get(f"/en/{CANARY}").status_code == 500
    assert "ValueError at " in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("logger", "level", "message"),
    [
        ("waitress", logging.INFO, f"Client disconnected while serving /{CANARY}"),
        ("waitress", logging.ERROR, f"uncaptured python exception ({CANARY})"),
        ("gunicorn.error", logging.WARNING, f"Invalid request from ip=192.0.2.1: Invalid HTTP Header: '{CANARY}'"),
    ],
)
def test_what_a_server_quotes_is_left_out(caplog: pytest.LogCaptureFixture, logger: str, level: int, message: str):
    logs.keep_content_out()
    caplog.set_level(logging.DEBUG, logger)
    logging.getLogger(logger).log(level, message)
    try:
        raise RuntimeError(CANARY)  # noqa: TRY301 - an error to be logged
    except RuntimeError:
        logging.getLogger(logger).exception("Error handling request %s", CANARY)
    assert CANARY not in caplog.text
    assert "RuntimeError at " in caplog.text


def test_what_a_server_says_of_itself_is_kept(caplog: pytest.LogCaptureFixture):
    logs.keep_content_out()
    logging.getLogger("gunicorn.error").warning("Worker (pid:%s) was sent SIGKILL", 7)
    logging.getLogger("waitress.queue").warning("Task queue depth is %d", 5)
    assert "Worker (pid:7) was sent SIGKILL" in caplog.text
    assert "Task queue depth is 5" in caplog.text

"""coalition serve, coalition worker: the processes of the site."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import ready
from coalition.config import Config
from coalition.domain.evidence import AT_ONCE, MEGABYTE
from coalition.services import settings
from coalition.services.work import OPERATOR, Runtime, reading
from coalition.spool import SealedSpool
from coalition.worker import Worker

_LOOK_EVERY = 0.2
"""Seconds after which `serve` notices that one of its processes has ended."""
_IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a request or an answer that stay in memory; what is larger goes to a disk, sealed."""
_BACKLOG = 2048
"""Connections that may wait for a server process."""
_UNIX = "unix:"
_SOCKET_MODE = 0o660
"""For the site's user and its group, to which the proxy belongs."""
_LONGEST_PATH = 107
"""Bytes of a socket's path, as the kernel has them."""
_FORMS = 8
"""Megabytes for what a form holds besides files."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--bind", metavar="unix:PATH", help="Listen on a socket of this machine instead, for a proxy beside it.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@plainly
def serve(host: str, port: int, bind: str | None, workers: int) -> None:
    """Serve the site. One process does everything; more than one run background jobs in a process of their own."""
    config, runtime = ready()
    place = _socket_at(bind) if bind else (host, port)
    if isinstance(place, tuple):
        socket.getaddrinfo(host, port)
    if workers == 1:
        _serve_embedded(config, runtime, place)
    else:
        _serve_many(place, workers)


Place = Path | tuple[str, int]
"""Where the site listens: a socket of this machine, or host and port."""


def _socket_at(bind: str) -> Path:
    """Return the path of a socket that nobody listens on; what a process that died left there is removed."""
    path = Path(bind.removeprefix(_UNIX))
    if not bind.startswith(_UNIX) or not path.is_absolute() or len(os.fsencode(path)) > _LONGEST_PATH:
        raise click.ClickException(f"--bind takes {_UNIX} and a full path of up to {_LONGEST_PATH} bytes")
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise click.ClickException(f"{path} is there and is no socket")
        with socket.socket(socket.AF_UNIX) as probe, suppress(ConnectionRefusedError):
            probe.connect(str(path))
            raise click.ClickException(f"somebody else serves on {path}")
        path.unlink()
    return path


def _told(place: Place) -> str:
    return f"{_UNIX}{place}" if isinstance(place, Path) else f"http://{place[0]}:{place[1]}"


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _largest_request(runtime: Runtime) -> int:
    """Return the most bytes of any request; the application allows much less to whoever may send no files."""
    with reading(runtime, OPERATOR) as work:
        return (AT_ONCE * settings.read(work).evidence_megabytes + _FORMS) * MEGABYTE


def _serve_embedded(config: Config, runtime: Runtime, place: Place) -> None:
    # Imported here so that every other command starts without a web server and the pages.
    from waitress import create_server  # noqa: PLC0415
    from waitress.buffers import TempfileBasedBuffer  # noqa: PLC0415
    from waitress.server import BaseWSGIServer  # noqa: PLC0415

    from coalition.app import create_app  # noqa: PLC0415
    from coalition.cli.strict_channel import Gate, StrictChannel  # noqa: PLC0415
    from coalition.web.uploads import may_send_much  # noqa: PLC0415

    # What does not fit into memory would be written to a disk as it is: what people send lies there sealed.
    TempfileBasedBuffer.newfile = lambda _buffer: SealedSpool()
    application, largest = create_app(config, runtime), _largest_request(runtime)
    # Before there is a server: where a name has several addresses, there are several.
    BaseWSGIServer.channel_class = partial(StrictChannel, gate=Gate(partial(may_send_much, application), largest))
    listening: dict[str, object] = (
        {"unix_socket": str(place), "unix_socket_perms": f"{_SOCKET_MODE:o}"}
        if isinstance(place, Path)
        else {"host": place[0], "port": place[1]}
    )
    server = create_server(
        application,
        **listening,
        threads=8,
        ident=None,
        inbuf_overflow=_IN_MEMORY,
        outbuf_overflow=_IN_MEMORY,
        max_request_body_size=largest,
        # The application itself decides how many proxies it believes; without any, their headers go no further.
        clear_untrusted_proxy_headers=not config.proxies,
    )
    signal.signal(signal.SIGTERM, _stop)
    worker = Worker(runtime)
    worker.start()
    click.echo(f"Serving on {_told(place)}")
    try:
        server.run()
    finally:
        worker.stop()
        _tidy(place)


def _tidy(place: Place) -> None:
    if isinstance(place, Path):
        place.unlink(missing_ok=True)


def _listening(place: Place) -> socket.socket:
    if isinstance(place, tuple):
        family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        return socket.create_server(place, family=family, backlog=_BACKLOG)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))  # for us alone, by the mask of this process, until the next line
    place.chmod(_SOCKET_MODE)
    listener.listen(_BACKLOG)
    return listener


def _serve_many(place: Place, workers: int) -> None:
    # The address is taken here, before anything runs: that it is busy is one line, not Gunicorn's five attempts.
    with _listening(place) as listener:
        gunicorn = (
            "gunicorn",
            f"--bind=fd://{listener.fileno()}",
            f"--workers={workers}",
            "--threads=4",
            "--worker-class=gthread",
            "--no-control-socket",
            "--config=python:coalition.cli.before_fork",
            "coalition.wsgi:application",
        )
        _run_together(
            {
                "web server": _Module(gunicorn, files=(listener.fileno(),)),
                "worker": _Module(("coalition", "worker")),
            }
        )
    _tidy(place)


@dataclass(frozen=True)
class _Module:
    """A Python module to run as a process, and the open files it inherits."""

    words: tuple[str, ...]
    files: tuple[int, ...] = ()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *self.words]
        return subprocess.Popen(command, pass_fds=self.files)  # noqa: S603 - our own command


def _run_together(modules: Mapping[str, _Module]) -> None:
    """Run modules until one ends or we are told to stop; then stop them all and wait for them.

    Raises ClickException when one ended badly that nobody had told to stop.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    told: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        for process in processes.values():
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    try:
        for name, module in modules.items():
            processes[name] = module.start()
        failed = _first_to_fail(processes, told)
    finally:
        _end(processes.values())
    if failed:
        raise click.ClickException(f"the {failed} stopped with status {processes[failed].returncode}")


def _first_to_fail(processes: Mapping[str, subprocess.Popen[bytes]], told: Sequence[int]) -> str | None:
    """Wait until a process ends or we are told to stop; returns the name of one that ended badly by itself."""
    while not told and all(process.poll() is None for process in processes.values()):
        time.sleep(_LOOK_EVERY)
    return None if told else next((name for name, process in processes.items() if process.poll()), None)


def _end(processes: Collection[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


@click.command()
@plainly
def worker() -> None:
    """Run background jobs until told to stop."""
    _, runtime = ready()
    Worker(runtime).run_forever()

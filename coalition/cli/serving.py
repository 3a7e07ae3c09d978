"""coalition serve, coalition worker: the processes of the site."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import ready
from coalition.config import Config
from coalition.services.work import Runtime
from coalition.worker import Worker

_LOOK_EVERY = 0.2
"""Seconds after which `serve` notices that one of its processes has ended."""
_IN_MEMORY = 64 * 1024 * 1024
"""Bytes of a request or an answer that stay in memory."""
_BACKLOG = 2048
"""Connections that may wait for a server process."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@plainly
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site. One process does everything; more than one run background jobs in a process of their own."""
    config, runtime = ready()
    socket.getaddrinfo(host, port)
    if workers == 1:
        _serve_embedded(config, runtime, host, port)
    else:
        _serve_many(host, port, workers)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _serve_embedded(config: Config, runtime: Runtime, host: str, port: int) -> None:
    # Imported here so that every other command starts without a web server and the pages.
    from waitress import create_server  # noqa: PLC0415

    from coalition.app import create_app  # noqa: PLC0415

    application = create_app(config, runtime)
    server = create_server(
        application,
        host=host,
        port=port,
        threads=8,
        ident=None,
        # A form fits into memory: what people write is never spooled to a disk.
        inbuf_overflow=_IN_MEMORY,
        outbuf_overflow=_IN_MEMORY,
        # The application itself decides how many proxies it believes; without any, their headers go no further.
        clear_untrusted_proxy_headers=not config.proxies,
    )
    signal.signal(signal.SIGTERM, _stop)
    worker = Worker(runtime)
    worker.start()
    click.echo(f"Serving on http://{host}:{port}")
    try:
        server.run()
    finally:
        worker.stop()


def _serve_many(host: str, port: int, workers: int) -> None:
    # The port is taken here, before anything runs: that it is busy is one line, not Gunicorn's five attempts.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
        gunicorn = (
            "gunicorn",
            f"--bind=fd://{listener.fileno()}",
            f"--workers={workers}",
            "--threads=4",
            "--worker-class=gthread",
            "--no-control-socket",
            "coalition.wsgi:application",
        )
        _run_together(
            {
                "web server": _Module(gunicorn, files=(listener.fileno(),)),
                "worker": _Module(("coalition", "worker")),
            }
        )


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

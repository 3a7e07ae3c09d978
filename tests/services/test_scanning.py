"""Files are shown to a virus scanner first, where the installation has one (OWASP ASVS 5.0, 5.4.3)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from coalition.config import Config, ConfigurationError
from coalition.domain.evidence import FileKind, Refusal
from coalition.scanner import ScannerUnavailable, scanner_at
from coalition.services.evidence import evidence_counts
from tests.conftest import Coalition
from tests.documents.evidence_samples import HONEST
from tests.services import records
from tests.services.filing import take_in

SIGNATURE = b"a program that is known"


class Clamd:
    """A server that speaks clamd's INSTREAM and knows one signature; `answer` says what it says instead."""

    def __init__(self, path: Path, answer: bytes = b"") -> None:
        self.seen: list[bytes] = []
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                content = b""
                while size := int.from_bytes(stream.read(4), "big"):
                    content += stream.read(size)
                self.seen.append(content)
                found = b"stream: Test.Signature FOUND\0" if SIGNATURE in content else b"stream: OK\0"
                stream.write(self.answer or found)


@contextmanager
def clamd(path: Path, answer: bytes = b"") -> Iterator[Clamd]:
    """Serve at a path."""
    server = Clamd(path, answer)
    yield server
    server.listener.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "clamd"


@pytest.fixture
def scanned(coalition: Coalition, place: Path) -> Coalition:
    """Let the installation ask a scanner."""
    coalition.runtime = replace(
        coalition.runtime, config=replace(coalition.runtime.config, virus_scanner=f"unix:{place}")
    )
    return coalition


def kept(coalition: Coalition, reference: str) -> dict[str, int]:
    with coalition.reading("case_worker") as work:
        return evidence_counts(work, reference)


def test_every_file_is_shown_to_the_scanner_whole_before_it_is_kept(scanned: Coalition, place: Path):
    reference, picture = records.begun(scanned), HONEST[FileKind.JPEG]
    with clamd(place) as server:
        numbers, refused = take_in(scanned, reference, ("street.jpg", picture))
    assert (numbers, refused, server.seen, kept(scanned, reference)) == ([1], [], [picture], {"jpeg": 1})


def test_what_the_scanner_knows_is_refused_and_nothing_of_it_stays(scanned: Coalition, place: Path):
    reference = records.begun(scanned)
    with clamd(place):
        _numbers, (refused,) = take_in(scanned, reference, ("mail.eml", HONEST[FileKind.EMAIL] + SIGNATURE))
    assert (refused.reason, kept(scanned, reference)) == (Refusal.INFECTED, {})
    folder = scanned.runtime.config.evidence
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0"])
def test_what_could_not_be_checked_is_not_taken(scanned: Coalition, place: Path, answer: bytes):
    reference = records.begun(scanned)
    if answer:
        with clamd(place, answer):
            _numbers, (refused,) = take_in(scanned, reference, ("street.jpg", HONEST[FileKind.JPEG]))
    else:
        _numbers, (refused,) = take_in(scanned, reference, ("street.jpg", HONEST[FileKind.JPEG]))
    assert (refused.reason, kept(scanned, reference)) == (Refusal.NOT_SCANNED, {})


def test_what_the_scanner_says_is_not_passed_on(place: Path):
    with clamd(place, b"stream: the name of somebody ERROR\0"), pytest.raises(ScannerUnavailable) as failure:
        scanner_at(f"unix:{place}").finds_malware([b"anything"])
    assert "somebody" not in str(failure.value)


@pytest.mark.parametrize("address", ["/run/clamd", "tcp://127.0.0.1:3310", "unix:clamd", "unix:"])
def test_a_scanner_is_a_socket_of_this_machine(address: str, tmp_path: Path):
    with pytest.raises(ConfigurationError, match="COALITION_VIRUS_SCANNER: a scanner is unix:/PATH"):
        Config.from_env({"COALITION_DATA": str(tmp_path), "COALITION_VIRUS_SCANNER": address})

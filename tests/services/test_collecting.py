"""A copy of the log elsewhere: sent over TLS to a real server, whole, in order, and again after an outage."""

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import delete, select, update

from coalition import collector as collector_module
from coalition.collector import collector_at
from coalition.config import Config, ConfigurationError
from coalition.db.audit import AuditEntry
from coalition.domain.errors import NotFound
from coalition.services import collecting
from coalition.services.work import Runtime
from coalition.worker import Worker
from tests.conftest import Coalition
from tests.installation import Installation, refused
from tests.services import records


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for a name, signed by itself; returns it, and its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


@dataclass
class Collector:
    """A syslog collector in a thread: reads everything up to the other side's end, and only then says its own."""

    listener: socket.socket
    context: ssl.SSLContext
    ca: Path
    messages: list[bytes] = field(default_factory=list)
    breaks_off: bool = False
    ends: str = "as TLS has it"
    """Or "at once" or "by a reset", both without a word of TLS."""

    @property
    def address(self) -> str:
        return f"tls://localhost:{self.listener.getsockname()[1]}?ca={self.ca}"

    def entries(self) -> list[dict[str, object]]:
        return [json.loads(message.split(b" - ", 2)[-1]) for message in self.messages]

    def numbers(self) -> list[object]:
        return [entry["number"] for entry in self.entries()]

    def run(self) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            with suppress(OSError):
                self.take(plain)
            plain.close()

    def take(self, plain: socket.socket) -> None:
        with self.context.wrap_socket(plain, server_side=True) as connection:
            if self.breaks_off:
                connection.recv(10)
                return
            got = b""
            while part := connection.recv(65536):
                got += part
            while got:
                length, _, rest = got.partition(b" ")
                self.messages.append(rest[: int(length)])
                got = rest[int(length) :]
            if self.ends == "as TLS has it":
                connection.unwrap()
            elif self.ends == "by a reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    public, private = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Collector(listener, context, public)
        thread = threading.Thread(target=made.run)
        thread.start()
        yield made
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def sending(coalition: Coalition, collector: Collector) -> Coalition:
    """A coalition whose log is sent."""
    return replace(coalition, runtime=towards(coalition.runtime, collector.address))


def towards(runtime: Runtime, address: str) -> Runtime:
    return replace(runtime, config=replace(runtime.config, log_collector=address))


def stored(coalition: Coalition) -> list[AuditEntry]:
    with coalition.reading("operator") as work:
        rows = list(work.session.scalars(select(AuditEntry).order_by(AuditEntry.number)))
        work.session.expunge_all()
        return rows


def test_every_entry_arrives_once_in_order_and_says_what_the_log_says(sending: Coalition, collector: Collector):
    rows = stored(sending)
    assert collecting.send_log(sending.runtime) == len(rows)
    assert collecting.send_log(sending.runtime) == 0
    records.begun(sending)
    later = stored(sending)
    assert collecting.send_log(sending.runtime) == len(later) - len(rows) > 0
    assert collector.numbers() == [row.number for row in later]
    for entry, row in zip(collector.entries(), later, strict=True):
        assert entry["hash"] == row.hash
        assert datetime.fromisoformat(str(entry["at"])) == row.at
        assert {name: entry[name] for name in ("id", "actor", "role", "action", "subject_kind", "subject")} == {
            name: getattr(row, name) for name in ("id", "actor", "role", "action", "subject_kind", "subject")
        }
        assert entry["details"] == row.details


def test_a_message_has_the_head_of_a_syslog_message_and_nothing_personal(sending: Coalition, collector: Collector):
    collecting.send_log(sending.runtime)
    for message in collector.messages:
        assert re.match(
            rb"<10[89]>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]+ coalition - [a-z._]{1,32} - \{.*\}\Z", message
        )
    everything = b"\n".join(collector.messages)
    for person in sending.people.values():
        assert person.name.encode() not in everything
        assert person.email.encode() not in everything


def test_an_outage_loses_nothing(sending: Coalition, collector: Collector):
    collector.breaks_off = True
    for _ in range(2):
        with pytest.raises(OSError, match=r".*"):
            collecting.send_log(sending.runtime)
    nowhere = towards(sending.runtime, "tls://localhost:1")
    with pytest.raises(OSError, match=r".*"):
        collecting.send_log(nowhere)
    assert collector.messages == []
    collector.breaks_off = False
    records.begun(sending)
    collecting.send_log(sending.runtime)
    assert collector.numbers() == [row.number for row in stored(sending)]


def test_a_collector_that_ends_the_connection_without_a_word_of_tls_has_read_everything(
    sending: Coalition, collector: Collector
):
    """As rsyslog does."""
    collector.ends = "at once"
    count = len(stored(sending))
    assert collecting.send_log(sending.runtime) == count
    assert collecting.send_log(sending.runtime) == 0
    assert collector.numbers() == list(range(1, count + 1))


def test_a_reset_is_no_receipt(sending: Coalition, collector: Collector):
    collector.ends = "by a reset"
    with pytest.raises(OSError, match=r".*"):
        collecting.send_log(sending.runtime)
    collector.ends = "as TLS has it"
    assert collecting.send_log(sending.runtime) == len(stored(sending))


@pytest.mark.parametrize("pause", [0, 0.3])
def test_an_end_before_ours_is_no_receipt(collector: Collector, monkeypatch: pytest.MonkeyPatch, pause: float):
    """Whoever goes away while we still speak has read nothing of it, however politely their system ends."""
    collector.breaks_off = True
    close = collector_module._close

    def later(connection: ssl.SSLSocket) -> None:
        time.sleep(pause)
        close(connection)

    monkeypatch.setattr(collector_module, "_close", later)
    for _ in range(20 if not pause else 1):
        with pytest.raises(OSError, match=r".*"):
            collector_at(collector.address).deliver([b"a message"])


def test_a_log_that_is_not_what_was_sent_is_sent_again_beside_it(sending: Coalition, collector: Collector):
    collecting.send_log(sending.runtime)
    first = len(collector.messages)
    with sending.runtime.engine.begin() as connection:
        connection.execute(delete(AuditEntry).where(AuditEntry.number == first))
        connection.execute(update(AuditEntry).where(AuditEntry.number == first - 1).values(actor="x", hash="forged"))
    assert collecting.send_log(sending.runtime) == first - 1
    assert collector.numbers() == [*range(1, first + 1), *range(1, first)]
    assert collector.entries()[first - 2]["hash"] != "forged"
    assert collecting.send_log(sending.runtime) == 0


def test_nothing_is_said_to_a_collector_that_cannot_show_who_it_is(sending: Coalition, tmp_path: Path):
    folder = tmp_path / "other"
    folder.mkdir()
    for name in ("localhost", "logs.example.org"):
        public, private = certificate(folder, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(public, private)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            # An authority that did not sign it; then its own, but for another name.
            ca = public if name != "localhost" else tmp_path / "localhost.pem"
            other = Collector(listener, context, ca)
            thread = threading.Thread(target=other.run)
            thread.start()
            with pytest.raises(ssl.SSLCertVerificationError):
                collecting.send_log(towards(sending.runtime, other.address))
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            assert other.messages == []


def test_the_worker_sends_what_is_new_by_itself(sending: Coalition, collector: Collector):
    worker = Worker(sending.runtime, look_every=0.05)
    worker.start()
    try:
        records.begun(sending)
        count = len(stored(sending))
        until(lambda: len(collector.messages) >= count)
    finally:
        worker.stop()
    assert collector.numbers()[:count] == list(range(1, count + 1))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_an_operator_sends_it_by_hand(coalition: Coalition, collector: Collector):
    own = Installation(coalition.runtime.config.data)
    count = len(stored(coalition))
    sent = own.run("audit", "send", COALITION_LOG_COLLECTOR=collector.address)
    assert (sent.returncode, sent.stdout) == (0, f"Sent {count} entries.\n")
    assert "COALITION_LOG_COLLECTOR" in refused(own.run("audit", "send"))
    assert refused(own.run("audit", "send", COALITION_LOG_COLLECTOR="tls://localhost:1"))
    with pytest.raises(NotFound):
        collecting.send_log(coalition.runtime)


@pytest.mark.parametrize(
    "address", ["logs.example.org", "udp://logs.example.org", "tls://", "tls://x/y", "tls://x?verify=no", "tls://x:y"]
)
def test_no_collector_is_reached_without_tls(address: str):
    with pytest.raises(ConfigurationError, match="COALITION_LOG_COLLECTOR"):
        Config.from_env({"COALITION_LOG_COLLECTOR": address})

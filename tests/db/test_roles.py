"""The site as a user of PostgreSQL that owns nothing: what it needs works, everything else is refused by the server."""

import getpass
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, ProgrammingError

from coalition.config import Config, create_secrets
from coalition.db import migrating, tables
from coalition.db import resealing as storage
from coalition.db.engine import make_engine
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import RejectionReason, State
from coalition.services import audit, incidents, jobs, keys, resealing, summaries
from coalition.services.work import Runtime, make_runtime
from coalition.worker import run_job
from tests.conftest import Clock, Founding
from tests.domain.samples import COMPLETE
from tests.installation import Installation, refused
from tests.postgres import _database
from tests.services import records

DELIVERED = Path(__file__).resolve().parents[2] / "deploy" / "postgresql"
pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Server:
    """A database of its own, as deploy/postgresql/roles.sql leaves it, and its two users."""

    url: URL
    owner: str
    site: str

    def as_(self, user: str) -> str:
        return self.url.set(username=user).render_as_string(hide_password=False)

    def named(self, delivered: str) -> str:
        """Return one of the delivered files with the names of this database in it."""
        words = (DELIVERED / delivered).read_text(encoding="utf-8")
        return words.replace("coalition_owner", self.owner).replace("TO coalition;", f"TO {self.site};")


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[Server]:
    administrator = make_url(postgres_url).set(database="postgres")
    with _database(administrator) as url:
        some = uuid4().hex[:8]
        made = Server(url, f"owner_{some}", f"site_{some}")
        statements = made.named("roles.sql").replace("ROLE coalition ", f"ROLE {made.site} ")
        statements = statements.replace("DATABASE coalition ", f"DATABASE {url.database} ")
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statements.encode())
        owner = make_engine(made.as_(made.owner))
        migrating.upgrade(owner)
        tables.grant(owner, made.site)
        owner.dispose()
        yield made
    with psycopg.connect(
        administrator.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f"DROP ROLE {made.site}".encode())
        connection.execute(f"DROP ROLE {made.owner}".encode())


@pytest.fixture
def runtime(server: Server, tmp_path: Path, clock: Clock) -> Iterator[Runtime]:
    """The site, connected as its own user."""
    url = server.as_(server.site)
    config = Config.from_env({"COALITION_DATA": str(tmp_path / "data"), "COALITION_DATABASE_URL": url})
    create_secrets(config)
    made = make_runtime(config, clock)
    yield made
    made.dispose()


def test_a_working_year_is_done_by_a_user_that_owns_nothing(runtime: Runtime, founding: Founding):
    coalition = founding.repeated_in(runtime)
    accepted = records.in_state(coalition, State.ACCEPTED)
    records.reopen(coalition, accepted)
    records.decide(coalition, accepted)
    records.decide(
        coalition,
        records.in_state(coalition, State.SUBMITTED),
        Decision(Step.REJECT, {}, reason=RejectionReason.NOT_CRIMINAL.value, text="No law is broken."),
    )
    draft = records.begun(coalition)
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, draft, 1)
    year = COMPLETE.date.year if COMPLETE.date else 0
    with coalition.work("coordinator") as work:
        jobs.request_job(work, "submission", {"year": year})
        summaries.publish_summary(work, year)
    with coalition.reading("operator") as work:
        (job,) = jobs.waiting_jobs(work)
    run_job(runtime, job)
    with coalition.reading("operator") as work:
        keys.rotate_keys(work)
        assert jobs.waiting_jobs(work) == []
    assert resealing.reseal(runtime).waiting == 0
    with coalition.reading("operator") as work:
        verdict = audit.verify_log(work)
        assert (verdict.fault, verdict.entries > 10) == (None, True)
    assert tables.is_current(runtime.engine)


def test_no_key_is_destroyed_while_somebody_reads_whom_the_server_hides(runtime: Runtime, server: Server):
    """PostgreSQL tells only its administrator and the same user when a transaction began."""
    owner = make_engine(server.as_(server.owner))
    try:
        with runtime.engine.connect() as reader:
            reader.execute(text("SELECT 1"))
            assert not storage.everybody_is_past(owner, storage.moment_of(owner)), "asked as another user"
            assert not storage.everybody_is_past(runtime.engine, storage.moment_of(runtime.engine)), "as the same"
        owner.dispose()
        moment = storage.moment_of(runtime.engine)
        assert until(lambda: storage.everybody_is_past(runtime.engine, moment)), "whoever only stays connected"
        runtime.engine.dispose()
        assert until(lambda: storage.everybody_is_past(owner, moment)), "and nobody is"
    finally:
        owner.dispose()


FORBIDDEN = [
    "UPDATE audit_entry SET actor = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "DROP TABLE audit_entry",
    "ALTER TABLE audit_entry ADD COLUMN x integer",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "CREATE RULE r AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
    "CREATE TABLE x (y integer)",
    "CREATE TEMPORARY TABLE audit_entry (y integer)",
    "CREATE SCHEMA x",
    "ALTER TABLE incident DROP COLUMN narrative",
    "DROP TABLE incident CASCADE",
    "TRUNCATE incident CASCADE",
    "CREATE INDEX x ON incident (year)",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO PUBLIC",
    "SET ROLE {owner}",
    "COPY incident TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_server_refuses_everything_else(runtime: Runtime, server: Server, statement: str):
    with runtime.engine.connect() as connection:
        with pytest.raises(ProgrammingError) as refusal:
            connection.execute(text(statement.format(owner=server.owner)))
        connection.rollback()
    assert isinstance(refusal.value.orig, psycopg.errors.InsufficientPrivilege)


def test_the_command_grants_to_another_user_and_only_on_a_server(server: Server, tmp_path: Path):
    own = Installation(tmp_path / "data")
    owner = {"COALITION_DATABASE_URL": server.as_(server.owner)}
    assert own.run("db", "upgrade", **owner).returncode == 0
    said = own.run("db", "grant", server.site, **owner)
    count = len(tables.METADATA.tables) + 1
    assert said.stdout.startswith(f"{server.site} may work with the rows of {count} tables, and only read and add")
    assert "owns the tables" in refused(own.run("db", "grant", server.owner, **owner))
    assert refused(own.run("db", "grant", "no such role", **owner)) == "the database refused: UndefinedObject"
    other = Installation(tmp_path / "embedded")
    other.done("db", "upgrade")
    assert "only PostgreSQL has users" in refused(other.run("db", "grant", "site"))


@pytest.fixture
def by_peer(server: Server) -> Iterator[None]:
    """Have the server read the delivered rules for this database before its own."""
    administrator = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(administrator, autocommit=True) as connection:
        places = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("hba_file", "ident_file")]
        files = [Path(place[0]) for place in places if place]
        if not all(file.exists() and file.stat().st_mode & 0o200 for file in files):
            pytest.skip("the server is not ours: its rules stay as they are")
        before = [file.read_bytes() for file in files]
        rules = server.named("pg_hba.conf").replace("local all all", f"local {server.url.database} all")
        users = server.named("pg_ident.conf").replace("coalition root ", f"coalition {getpass.getuser()} ")
        for file, content, words in zip(files, before, (rules, users), strict=True):
            file.write_bytes(words.encode() + b"\n" + content)
        connection.execute(b"SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for file, content in zip(files, before, strict=True):
                file.write_bytes(content)
            connection.execute(b"SELECT pg_reload_conf()")


def connects(url: str) -> bool:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text("SELECT true")).scalar_one())
    except OperationalError:
        return False
    finally:
        engine.dispose()


def until(true: Callable[[], bool]) -> bool:
    return any(true() for _ in range(100))


@pytest.mark.usefixtures("by_peer")
def test_who_connects_is_shown_by_the_system_and_by_no_password(server: Server):
    assert until(lambda: not connects(server.as_("postgres"))), "nobody is the administrator by saying so"
    assert connects(server.as_(server.owner))
    assert not connects(server.as_(server.site)), "whoever runs upgrades is not the site, and the other way round"


def test_as_delivered_there_is_no_password():
    for name in ("compose.yaml", "postgresql/Containerfile", "postgresql/pg_hba.conf"):
        words = (DELIVERED.parent / name).read_text(encoding="utf-8")
        assert "PASSWORD" not in words
        assert "://coalition:" not in words
    rules = (DELIVERED / "pg_hba.conf").read_text(encoding="utf-8")
    assert [line.split() for line in rules.splitlines() if line[0] != "#"] == [
        ["local", "all", "all", "peer", "map=coalition"]
    ]

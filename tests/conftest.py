"""Fixtures: a real installation per test, on SQLite and where it matters on PostgreSQL, and people who work in it."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings
from sqlalchemy import Engine, Table, update

from coalition.app import create_app
from coalition.config import Config, create_secrets, master_keys
from coalition.db import migrating, tables
from coalition.db.engine import make_engine
from coalition.db.factors import SecondFactor
from coalition.db.keys import KeyStore
from coalition.domain.access import Actor
from coalition.domain.authentication import Stage
from coalition.domain.vocabulary import Role
from coalition.queue import JobQueue
from coalition.services import accounts, factors, organisations, passwords, sessions
from coalition.services.account_views import AccountView
from coalition.services.codes import code_at
from coalition.services.work import OPERATOR, Runtime, Work, make_runtime, reading, unit_of_work
from tests.diary import Diary, done_once
from tests.page import Browser
from tests.postgres import postgres_url  # noqa: F401 - a fixture

# On a busy machine a slow example is no finding; the same examples come every time.
settings.register_profile("coalition", deadline=None, derandomize=True)
settings.load_profile("coalition")

PASSWORD = "four plain words together"

STRONG = passwords.HASHER
"""What the product hashes passwords with: a quarter of a second each, because guessing them is to be slow."""
QUICK = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
"""The same algorithm at its least, for every test that is not about the hashing itself."""
passwords.HASHER = PasswordHasher(**QUICK)


MEMORY = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own in it


@dataclass
class Clock:
    """The time of a test: stands still until the test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Early March: the weeks before a submission is due."""


def pytest_collection_finish() -> None:
    """Leave all that is there now to itself: looking through it for what can go costs a second in every minute."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def clock() -> Clock:
    """Stand in early March."""
    return Clock(START)


@pytest.fixture
def strong_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as the product does."""
    monkeypatch.setattr(passwords, "HASHER", STRONG)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate an SQLite database once; every test gets a copy."""
    folder = tmp_path_factory.mktemp("migrated")
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(folder)}))
    migrating.upgrade(runtime.engine)
    with runtime.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.dispose()
    return folder / "coalition.sqlite3"


@pytest.fixture(scope="session")
def migrated_server(postgres_url: str) -> str:  # noqa: F811 - the fixture
    """Migrate this worker's PostgreSQL database once."""
    runtime = make_runtime(Config.from_env({"COALITION_DATABASE_URL": postgres_url}))
    migrating.upgrade(runtime.engine)
    runtime.dispose()
    return postgres_url


@dataclass(frozen=True)
class Ground:
    """Where every test of this process has its installation, one after the other: always the same folder.

    So the engines can stay, with the statements that they have compiled, and the application with its routes: these
    cost several times as much as most tests. No state stays: the files are taken away and put there anew.
    """

    config: Config
    engine: Engine
    keys: Engine
    secrets: Path
    """The master key and the key of the cookies, as they were made at first."""
    diary: Diary

    @classmethod
    def in_folder(cls, folder: Path, **variables: str) -> "Ground":
        """Make the secrets of a new installation, and the engines that will work there."""
        config = Config.from_env({"COALITION_DATA": str(folder / "data"), **variables})
        create_secrets(config)
        secrets = folder / "secrets"
        shutil.copytree(config.keys.parent, secrets)
        engine, keys = make_engine(config.database_url), make_engine(f"sqlite:///{config.keys}")
        return cls(config, engine, keys, secrets, Diary(engine, keys))

    def new_installation(self, clock: Clock, migrated: Path | None = None) -> Runtime:
        """Take away what the last test left; a new key store knows nothing of the keys of the last."""
        self.diary.close()
        shutil.rmtree(self.config.data)
        self.config.data.mkdir(mode=0o700)
        shutil.copytree(self.secrets, self.config.keys.parent)
        if migrated:
            shutil.copy(migrated, self.config.data / "coalition.sqlite3")
        keys = KeyStore(self.keys, master_keys(self.config), clock)
        return Runtime(self.config, self.engine, JobQueue(self.config.queue), keys, clock)


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Lend a folder in memory where the machine has one: every commit waits for the disk, and here it need not."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path_factory.mktemp("ground")
        return
    for left in MEMORY.glob("coalition-tests-*-*"):
        if not Path("/proc", left.name.split("-")[2]).exists():  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"coalition-tests-{os.getpid()}-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def ground(memory: Path) -> Ground:
    """Prepare the place of the installations on SQLite."""
    return Ground.in_folder(memory / "sqlite")


@pytest.fixture(scope="session")
def server_ground(memory: Path, migrated_server: str) -> Ground:
    """Prepare the place of the installations on PostgreSQL."""
    return Ground.in_folder(memory / "postgresql", COALITION_DATABASE_URL=migrated_server)


@pytest.fixture
def runtime(ground: Ground, migrated_file: Path, clock: Clock) -> Iterator[Runtime]:
    """Give an empty installation on SQLite."""
    made = ground.new_installation(clock, migrated_file)
    yield made
    made.dispose()


@pytest.fixture
def server_runtime(server_ground: Ground, clock: Clock) -> Iterator[Runtime]:
    """Give an empty installation on PostgreSQL."""
    made = server_ground.new_installation(clock)
    yield made
    empty(made)
    made.dispose()


def empty(runtime: Runtime) -> None:
    """Take every row out of an installation, for whoever uses the database next."""
    statements = [f'DELETE FROM "{table.name}"' for table in reversed(tables.METADATA.sorted_tables)]  # noqa: S608 - ours
    if runtime.engine.dialect.name == "postgresql":
        # One message, where dozens would take as long as the test; and where everything goes, no row is looked for that
        # another one names. Whoever may not leave that out has it looked for.
        free = (
            "SELECT set_config('session_replication_role', 'replica', true) WHERE current_setting('is_superuser')::bool"
        )
        statements = ["; ".join([free, *statements])]
    with runtime.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_runtime(request: pytest.FixtureRequest) -> Runtime:
    """Give an empty installation on each database in turn."""
    name = "runtime" if request.param == "sqlite" else "server_runtime"
    found: Runtime = request.getfixturevalue(name)
    return found


@dataclass
class Coalition:
    """Two members and one person of each role; `second_worker` works for the other member."""

    runtime: Runtime
    people: dict[str, AccountView]
    secrets: dict[str, str] = field(default_factory=dict)
    """What the codes of the authenticator apps are computed from, by person; the others have no second factor."""
    diary: Diary | None = None
    """Where it is noted what helpers did, so that it need not be done in every test."""

    def code(self, who: str) -> str:
        """Return what somebody's app shows now; it is taken even though this moment's code was taken before."""
        with unit_of_work(self.runtime, OPERATOR) as work:
            work.session.execute(update(SecondFactor).values(last_step=0))
        return code_at(self.secrets[who], self.runtime.clock())

    def actor(self, who: str) -> Actor:
        """Return a person as the policy knows them; "operator" is the command line."""
        if who == "operator":
            return OPERATOR
        return self.people[who].actor

    def work(self, who: str) -> AbstractContextManager[Work]:
        """Open a unit of work on behalf of a person."""
        return unit_of_work(self.runtime, self.actor(who))

    def reading(self, who: str) -> AbstractContextManager[Work]:
        """Read on behalf of a person."""
        return reading(self.runtime, self.actor(who))


def people_of(work: Work) -> tuple[dict[str, AccountView], dict[str, str]]:
    """Create the two members and their people; returns these, and the secrets of their authenticator apps."""
    organisations.create_organisation(work, "FIRST", "First Member", names={"bg": "Първи член"})
    organisations.create_organisation(work, "SECOND", "Second Member")
    wanted = {
        "case_worker": (Role.CASE_WORKER, "FIRST"),
        "lead": (Role.LEAD, "FIRST"),
        "second_worker": (Role.CASE_WORKER, "SECOND"),
        "coordinator": (Role.COORDINATOR, None),
        "administrator": (Role.ADMINISTRATOR, None),
        "auditor": (Role.AUDITOR, None),
    }
    people = {
        who: accounts.create_account(
            work,
            email=f"{who}@example.org",
            name=who.replace("_", " ").title(),
            role=role,
            organisation_code=code,
            password=PASSWORD,
        )
        for who, (role, code) in wanted.items()
    }
    secured = ("coordinator", "administrator", "auditor")
    return people, {who: with_app(work, people[who]) for who in secured}


def with_app(work: Work, account: AccountView) -> str:
    """Give somebody an authenticator app, as if they had set it up an hour ago; returns its secret."""
    own = replace(work, actor=account.actor, now=work.now - timedelta(hours=1))
    secret = factors.begin_app(own, "Coalition").secret
    factors.confirm_app(own, code_at(secret, own.now), "Телефон")
    return secret


@dataclass(frozen=True)
class Founding:
    """The rows with which a coalition begins: made once through the services, because hashing passwords is slow.

    The keys come along: what is sealed in the rows, and the chain of the log, is good in every copy.
    """

    people: dict[str, AccountView]
    secrets: dict[str, str]
    keys: tuple[Path, ...]
    rows: tuple[tuple[Table, list[dict[str, object]]], ...]
    file: Path
    """All of it as an SQLite database."""

    def repeated_in(self, runtime: Runtime, diary: Diary | None = None) -> Coalition:
        """Put the rows and the keys into an empty installation that has not used its own keys yet."""
        for file in self.keys:
            shutil.copy(file, runtime.config.keys.parent)
        database = runtime.config.data / "coalition.sqlite3"
        if runtime.engine.dialect.name == "sqlite" and not database.with_name(f"{database.name}-wal").exists():
            shutil.copy(self.file, database)  # nobody has opened it yet
        else:
            with runtime.engine.begin() as connection:
                for table, rows in self.rows:
                    connection.execute(table.insert(), rows)
        if diary:
            diary.open()
        return Coalition(runtime, dict(self.people), dict(self.secrets), diary)


@pytest.fixture(scope="session")
def founding(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Founding:
    """Found a coalition once."""
    folder = tmp_path_factory.mktemp("founded")
    shutil.copy(migrated_file, folder / "coalition.sqlite3")
    config = Config.from_env({"COALITION_DATA": str(folder)})
    create_secrets(config)
    made = make_runtime(config, Clock(START))
    with unit_of_work(made, OPERATOR) as work:
        people, secrets = people_of(work)
    with made.engine.connect() as connection:
        tables_with_rows = ((table, connection.execute(table.select())) for table in tables.METADATA.sorted_tables)
        rows = tuple((table, [dict(row) for row in found.mappings()]) for table, found in tables_with_rows)
        connection.rollback()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    keys = (config.keys, config.master_key_file)
    filled = tuple((table, found) for table, found in rows if found)
    return Founding(people, secrets, keys, filled, folder / "coalition.sqlite3")


@pytest.fixture
def coalition(request: pytest.FixtureRequest, ground: Ground, runtime: Runtime, founding: Founding) -> Coalition:
    """Give a coalition on SQLite."""
    return founding.repeated_in(runtime, diary_of(request, ground))


@pytest.fixture
def any_coalition(request: pytest.FixtureRequest, any_runtime: Runtime, founding: Founding) -> Coalition:
    """Give a coalition on each database in turn."""
    place = "ground" if any_runtime.engine.dialect.name == "sqlite" else "server_ground"
    return founding.repeated_in(any_runtime, diary_of(request, request.getfixturevalue(place)))


def diary_of(request: pytest.FixtureRequest, ground: Ground) -> Diary | None:
    """Return where helpers look up what they did before; a test that changes the product has none."""
    return None if "monkeypatch" in request.fixturenames else ground.diary


@pytest.fixture(scope="session")
def served(ground: Ground) -> Flask:
    """Make the application once: preparing its routes takes longer than most tests, and no test changes them."""
    return create_app(ground.config)


@pytest.fixture
def own_app(runtime: Runtime) -> Flask:
    """Make an application for one test alone, which adds to it."""
    return create_app(runtime.config, runtime)


@pytest.fixture
def app(request: pytest.FixtureRequest, served: Flask, runtime: Runtime) -> Iterator[Flask]:
    """Give the application of the SQLite installation; unexpected errors are let through."""
    made: Flask = request.getfixturevalue("own_app") if "own_app" in request.fixturenames else served
    made.extensions["coalition"] = runtime
    made.testing = True
    before = (dict(made.config), made.url_map._rules.copy())
    yield made
    made.testing = True
    same = before == (dict(made.config), made.url_map._rules)
    assert same or made is not served, "a test that changes the application asks for the fixture own_app"


@pytest.fixture
def client(app: Flask) -> Browser:
    """Give a browser that inspects every page it fetches; nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, coalition: Coalition) -> Callable[[str], Browser]:
    """Give a browser for one of the coalition's people, in a session such as signing in leads to.

    The pages of signing in have tests of their own; hashing a password for every other test would double their time.
    """

    def open_for(who: str) -> Browser:
        browser = Browser(app.test_client())
        token = session_of(coalition, who)
        with browser.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return browser

    return open_for


@done_once
def session_of(coalition: Coalition, who: str) -> str:
    """Begin a session such as signing in leads to; returns its token."""
    with coalition.work(who) as work:
        return sessions.begin(work, Stage.OPEN, "", "password")


@pytest.fixture
def through_the_door(app: Flask, coalition: Coalition) -> Callable[[str], Browser]:
    """Give a browser for one of the coalition's people, signed in through the sign-in page and the second step."""

    def open_for(who: str) -> Browser:
        browser = Browser(app.test_client())
        browser.get("/en/sign-in")
        browser.submit(email=f"{who}@example.org", password=PASSWORD, to="/en/sign-in")
        if browser.path == "/en/sign-in/second-step":
            browser.submit("/en/sign-in/second-step", code=coalition.code(who))
        return browser

    return open_for

"""Fixtures: a real installation per test, on SQLite and where it matters on PostgreSQL, and people who work in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings
from sqlalchemy import Table

from coalition.app import create_app
from coalition.config import Config, create_secrets
from coalition.db import tables
from coalition.domain.access import Actor
from coalition.domain.vocabulary import Role
from coalition.services import accounts, organisations
from coalition.services.accounts import AccountView
from coalition.services.work import OPERATOR, Runtime, Work, make_runtime, reading, unit_of_work
from tests.page import Browser
from tests.postgres import postgres_url  # noqa: F401 - a fixture

# On a busy machine a slow example is no finding; the same examples come every time.
settings.register_profile("coalition", deadline=None, derandomize=True)
settings.load_profile("coalition")

PASSWORD = "four plain words together"


@dataclass
class Clock:
    """The time of a test: stands still until the test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Early March: the weeks before a submission is due."""


@pytest.fixture
def clock() -> Clock:
    """Stand in early March."""
    return Clock(START)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate an SQLite database once; every test gets a copy."""
    folder = tmp_path_factory.mktemp("migrated")
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(folder)}))
    tables.upgrade(runtime.engine)
    with runtime.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.engine.dispose()
    return folder / "coalition.sqlite3"


@pytest.fixture(scope="session")
def migrated_server(postgres_url: str) -> str:  # noqa: F811 - the fixture
    """Migrate this worker's PostgreSQL database once."""
    runtime = make_runtime(Config.from_env({"COALITION_DATABASE_URL": postgres_url}))
    tables.upgrade(runtime.engine)
    runtime.engine.dispose()
    return postgres_url


@pytest.fixture
def runtime(tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Runtime]:
    """Give an empty installation on SQLite."""
    config = Config.from_env({"COALITION_DATA": str(tmp_path / "data")})
    create_secrets(config)
    shutil.copy(migrated_file, config.data / "coalition.sqlite3")
    made = make_runtime(config, clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def server_runtime(tmp_path: Path, migrated_server: str, clock: Clock) -> Iterator[Runtime]:
    """Give an empty installation on PostgreSQL."""
    config = Config.from_env({"COALITION_DATA": str(tmp_path / "data"), "COALITION_DATABASE_URL": migrated_server})
    create_secrets(config)
    made = make_runtime(config, clock)
    yield made
    empty(made)
    made.engine.dispose()


def empty(runtime: Runtime) -> None:
    """Take every row out of an installation, for whoever uses the database next."""
    with runtime.engine.begin() as connection:
        for table in reversed(tables.METADATA.sorted_tables):
            connection.execute(table.delete())


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


def people_of(work: Work) -> dict[str, AccountView]:
    """Create the two members and their people."""
    organisations.create_organisation(work, "FIRST", "First Member", names={"bg": "Първи член"})
    organisations.create_organisation(work, "SECOND", "Second Member")
    wanted = {
        "case_worker": (Role.CASE_WORKER, "FIRST"),
        "lead": (Role.LEAD, "FIRST"),
        "second_worker": (Role.CASE_WORKER, "SECOND"),
        "coordinator": (Role.COORDINATOR, None),
        "administrator": (Role.ADMINISTRATOR, None),
    }
    return {
        who: accounts.create_account(
            work,
            email=f"{who}@example.org",
            name=who.replace("_", " ").title(),
            role=role,
            organisation_code=code,
            password=PASSWORD,
        )[0]
        for who, (role, code) in wanted.items()
    }


@dataclass(frozen=True)
class Founding:
    """The rows with which a coalition begins: made once through the services, because hashing passwords is slow."""

    people: dict[str, AccountView]
    rows: tuple[tuple[Table, list[dict[str, object]]], ...]

    def repeated_in(self, runtime: Runtime) -> Coalition:
        """Put the rows into an empty installation."""
        with runtime.engine.begin() as connection:
            for table, rows in self.rows:
                connection.execute(table.insert(), rows)
        return Coalition(runtime, dict(self.people))


@pytest.fixture(scope="session")
def founding(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Founding:
    """Found a coalition once."""
    folder = tmp_path_factory.mktemp("founded")
    shutil.copy(migrated_file, folder / "coalition.sqlite3")
    made = make_runtime(Config.from_env({"COALITION_DATA": str(folder)}), Clock(START))
    with unit_of_work(made, OPERATOR) as work:
        people = people_of(work)
    with made.engine.connect() as connection:
        tables_with_rows = ((table, connection.execute(table.select())) for table in tables.METADATA.sorted_tables)
        rows = tuple((table, [dict(row) for row in found.mappings()]) for table, found in tables_with_rows)
    made.engine.dispose()
    return Founding(people, tuple((table, found) for table, found in rows if found))


@pytest.fixture
def coalition(runtime: Runtime, founding: Founding) -> Coalition:
    """Give a coalition on SQLite."""
    return founding.repeated_in(runtime)


@pytest.fixture
def any_coalition(any_runtime: Runtime, founding: Founding) -> Coalition:
    """Give a coalition on each database in turn."""
    return founding.repeated_in(any_runtime)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """Give the application of the SQLite installation; unexpected errors are let through."""
    made = create_app(runtime.config, runtime)
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask) -> Browser:
    """Give a browser that inspects every page it fetches; nobody is signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, coalition: Coalition) -> Callable[[str], Browser]:  # noqa: ARG001 - they have to exist
    """Give a browser for one of the coalition's people, signed in through the sign-in page."""

    def open_for(who: str) -> Browser:
        browser = Browser(app.test_client())
        browser.get("/en/sign-in")
        browser.submit(email=f"{who}@example.org", password=PASSWORD, to="/en/sign-in")
        return browser

    return open_for

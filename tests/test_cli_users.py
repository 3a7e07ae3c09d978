"""`coalition users`: people as an operator looks after them."""

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from coalition.app import create_app
from coalition.config import Config
from coalition.db.accounts import Account
from coalition.services.codes import code_at
from coalition.services.work import OPERATOR, make_runtime, system_clock, unit_of_work
from tests.conftest import PASSWORD
from tests.installation import Installation, refused
from tests.page import Browser

PEOPLE = (
    ("ana@example.org", "coordinator"),
    ("ben@example.org", "administrator"),
    ("eva@example.org", "auditor"),
)


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give an installation with three people."""
    made = Installation(tmp_path_factory.mktemp("peopled") / "data")
    made.done("db", "upgrade")
    for email, role in PEOPLE:
        said = made.done("users", "create", email, "--name", "A", "--role", role, "--password-stdin", stdin=PASSWORD)
        assert said == f"Created {role} {email}.\n"
    return made


@pytest.fixture
def own(peopled: Installation, tmp_path: Path) -> Installation:
    """Give a copy of it to one test."""
    return peopled.copied(tmp_path)


@pytest.mark.parametrize(
    ("by", "second"),
    [("ben", "ben"), ("ana", "ben"), ("ben", "ana"), ("eva", "eva")],
)
def test_a_second_factor_is_not_reset_by_one_person_nor_by_its_owner(own: Installation, by: str, second: str):
    command = (
        "users",
        "reset-factor",
        "ana@example.org",
        "--by",
        f"{by}@example.org",
        "--and",
        f"{second}@example.org",
    )
    assert "two other people" in refused(own.run(*command))


def test_a_reset_names_two_people_who_exist(own: Installation):
    command = ("users", "reset-factor", "ana@example.org", "--by", "ben@example.org")
    assert "--and" in refused(own.run(*command))
    assert "nobody@example.org" in refused(own.run(*command, "--and", "nobody@example.org"))
    assert "nobody@example.org" in refused(own.run("users", "invite", "nobody@example.org"))


def test_an_operator_gives_a_link_sets_a_role_and_resets_a_factor(own: Installation):
    said = own.done("users", "invite", "ana@example.org")
    (link,) = re.findall(r"^/en/invitation/\S+$", said, re.MULTILINE)
    assert own.done("users", "set-role", "eva@example.org", "coordinator") == "eva@example.org is now coordinator.\n"
    assert "organisations" in refused(own.run("users", "set-role", "eva@example.org", "lead"))
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(own.data)}))
    browser = Browser(create_app(runtime.config, runtime).test_client())
    browser.get(link)
    page = browser.submit("/en/invitation", new="quite another sentence", again="quite another sentence")
    assert page.heading == "Set up your second factor"
    page = browser.get("/en/account/second-factor/app")
    secret = next("".join(code.itertext()) for code in page.all("code")).replace(" ", "").strip()
    browser.submit("/en/account/second-factor/app", code=code_at(secret, system_clock()))
    browser.get("/en/reviews")
    people = ("--by", "eva@example.org", "--and", "ben@example.org")
    said = own.done("users", "reset-factor", "ana@example.org", *people)
    assert said == "ana@example.org sets up a new second factor at the next sign-in.\n"
    assert browser.fetch("/en/reviews").status_code == 302
    runtime.dispose()


def test_everybody_can_be_made_to_have_a_second_factor(own: Installation):
    assert "second factor: coordination" in own.done("settings", "show")
    own.done("settings", "set", "--second-factor", "everybody")
    assert "second factor: everybody" in own.done("settings", "show")
    assert "nobody" in refused(own.run("settings", "set", "--second-factor", "nobody"))


def test_a_link_for_an_account_in_use_takes_two_people(own: Installation):
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(own.data)}))
    with unit_of_work(runtime, OPERATOR) as work:
        work.session.execute(update(Account).where(Account.email == "ana@example.org").values(signed_in_at=work.now))
    runtime.dispose()
    command = ("users", "invite", "ana@example.org")
    for people in ((), ("--by", "ben@example.org"), ("--by", "ben@example.org", "--and", "ben@example.org")):
        assert "name two other people" in refused(own.run(*command, *people))
    said = own.done(*command, "--by", "eva@example.org", "--and", "ben@example.org")
    assert re.search(r"^/en/invitation/\S+$", said, re.MULTILINE)


def test_an_operator_ends_somebodys_sessions(own: Installation):
    assert own.done("users", "end-sessions", "ana@example.org") == "0 sessions of ana@example.org have ended.\n"
    assert "nobody@example.org" in refused(own.run("users", "end-sessions", "nobody@example.org"))

"""Signing in for real: an app, recovery codes, a passkey of the browser, and a session that is ended from elsewhere."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Site
from tests.journeys.people import DESK, PHONE, Person, word

pytestmark = pytest.mark.journey


@pytest.fixture
def coordinator(site: Site) -> str:
    """Create a coordinator for this test; returns their address."""
    return site.account("coordinator")


def named(site: Site) -> str:
    """Return the site's address by a name: browsers bind passkeys to names, not to numbers."""
    return site.address.replace("127.0.0.1", "localhost")


def with_authenticator(person: Person) -> None:
    """Give a browser a built-in authenticator that knows its holder."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def signs_out(person: Person) -> None:
    """Sign out, and wait until it is done: the next address would take it back."""
    with person.page.expect_navigation():
        person.page.get_by_role("button", name=word("Sign out")).click()


def test_an_app_is_set_up_and_a_recovery_code_stands_in_for_it(site: Site, chromium: Browser, coordinator: str) -> None:
    person = Person(chromium, site.address, PHONE)
    person.signs_in(coordinator)
    expect(person.page).to_have_url(f"{site.address}/bg/reviews")
    assert len(person.recovery_codes) == 10

    other = Person(chromium, site.address, DESK)
    other.opens("sign-in")
    other.types_the_password(coordinator)
    other.page.locator("details summary").last.click()
    other.finds_nothing_wrong()
    other.page.get_by_label(word("Recovery code")).fill(person.recovery_codes[0])
    other.presses("Use the recovery code")
    expect(other.page).to_have_url(f"{site.address}/bg/reviews")
    other.opens("account/second-factor")
    other.finds_nothing_wrong()
    expect(other.page.get_by_role("main")).to_contain_text("9 ")


def test_a_passkey_signs_in_alone_and_as_the_second_step(site: Site, chromium: Browser, coordinator: str) -> None:
    person = Person(chromium, named(site), DESK, lasting=False)
    with_authenticator(person)
    person.opens("sign-in")
    person.types_the_password(coordinator)
    person.follows("Set up a passkey")
    person.finds_nothing_wrong()
    person.presses("Set up a passkey")
    expect(person.page.locator(".recovery-codes code")).to_have_count(10)
    person.follows("I have kept them")
    expect(person.page).to_have_url(f"{named(site)}/bg/reviews")

    signs_out(person)
    person.opens("sign-in")
    person.finds_nothing_wrong()
    person.presses("Sign in with a passkey")
    expect(person.page).to_have_url(f"{named(site)}/bg/reviews")

    signs_out(person)
    person.opens("sign-in")
    person.types_the_password(coordinator)
    person.presses("Use the passkey")
    expect(person.page).to_have_url(f"{named(site)}/bg/reviews")


def test_a_session_is_ended_from_another_browser(site: Site, chromium: Browser, coordinator: str) -> None:
    phone, desk = Person(chromium, site.address, PHONE), Person(chromium, site.address, DESK)
    phone.signs_in(coordinator)
    desk.secret, desk.taken = phone.secret, phone.taken
    desk.signs_in(coordinator)
    desk.opens("account/sessions")
    desk.finds_nothing_wrong()
    desk.presses("Sign out there")
    desk.reads(word("That session has ended."))
    phone.opens("reviews")
    phone.reads(word("Your session has ended. Sign in to go on where you were."))


def test_after_a_rest_one_is_told_and_goes_on_where_one_was(site: Site, chromium: Browser, coordinator: str) -> None:
    person = Person(chromium, site.address, PHONE)
    person.signs_in(coordinator)
    expect(person.page).to_have_url(f"{site.address}/bg/reviews")
    # Nobody waits half an hour for a test: the session is made to have rested.
    with sqlite3.connect(site.data / "coalition.sqlite3") as connection:
        rested = datetime.now(UTC) - timedelta(minutes=31)
        connection.execute("UPDATE sign_in_session SET seen_at = ?", (rested.strftime("%Y-%m-%d %H:%M:%S.%f"),))
    connection.close()
    person.opens("submissions")
    person.reads(word("You were signed out after 30 minutes of rest. Sign in to go on where you were."))
    person.finds_nothing_wrong()
    person.types_the_password(coordinator)
    person.types_the_code()
    expect(person.page).to_have_url(f"{site.address}/bg/submissions")

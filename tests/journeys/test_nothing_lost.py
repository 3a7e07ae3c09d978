"""Nothing typed is ever lost: a session that ends, a server that dies, two windows, the way back. On a phone."""

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD, Site
from tests.journeys.people import LANGUAGE, PHONE, Person, word

pytestmark = pytest.mark.journey

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one point."""
TOWN = "Село <Ъгъл> & „Завой“"
WORKERS: list[str] = []
"""The case worker of these journeys, once there is one."""
SOON = 10_000
"""Milliseconds: nobody waits longer for what they typed to be safe."""
SAVED, KEPT, FAILED, CONFLICT = (re.compile(f"autosave--{kind}") for kind in ("saved", "kept", "failed", "conflict"))


@pytest.fixture
def email(site: Site) -> str:
    """Return the case worker's address: each journey begins a record of its own."""
    if not WORKERS:
        WORKERS.append(site.account("case_worker", "--organisation", site.member()))
    return WORKERS[0]


def town(page: Page):
    return page.get_by_label(word("Town or village"))


def status(page: Page):
    return page.locator("[data-autosave-status]")


def rested(site: Site) -> None:
    """Make every session have rested for half an hour."""
    at = (datetime.now(UTC) - timedelta(minutes=31)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(site.data / "coalition.sqlite3")) as connection, connection:
        connection.execute("UPDATE sign_in_session SET seen_at = ?", (at,))


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Hold the database, so that whatever is being saved at this moment waits in the middle of it."""
    with closing(sqlite3.connect(site.data / "coalition.sqlite3", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def records(site: Site) -> int:
    with closing(sqlite3.connect(site.data / "coalition.sqlite3")) as connection:
        return int(connection.execute("SELECT count(*) FROM incident").fetchone()[0])


def taken_again(site: Site, person: Person) -> None:
    """Let the code of this half minute be taken once more: nobody waits for the next one."""
    with closing(sqlite3.connect(site.data / "coalition.sqlite3")) as connection, connection:
        connection.execute("UPDATE second_factor SET last_step = 0")
    person.taken = 0


def signs_in_here(page: Page, email: str) -> None:
    """Sign in in the dialog that covers the page."""
    cover = page.get_by_role("dialog")
    cover.get_by_label(word("E-mail address")).fill(email)
    cover.get_by_label(word("Password"), exact=True).fill(PASSWORD)
    cover.get_by_role("button", name=word("Sign in"), exact=True).click()


def test_with_scripts_every_character_stays(site: Site, chromium: Browser, email: str) -> None:
    before = records(site)
    person = Person(chromium, site.address, PHONE)
    person.comes_in(email)
    draft = types_and_is_saved(person)
    finds_again_what_is_no_answer_yet(person, draft)
    signs_in_on_the_page_and_goes_on(person, site, email)
    meets_a_server_that_dies_in_the_middle(person, site)
    person.presses("Save and continue")
    expect(person.page).not_to_have_url(draft)
    person.page.go_back()
    expect(town(person.page)).to_have_value(f"{TOWN} 3")
    assert records(site) == before + 1
    assert person.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def begins_a_draft(person: Person) -> str:
    """Type on the page of a new incident, which begins a draft by itself; returns the draft's address."""
    person.opens("incidents/new")
    town(person.page).fill("Дол")
    expect(status(person.page)).to_have_class(SAVED, timeout=SOON)
    expect(person.page).to_have_url(re.compile("/edit/when-and-where$"))
    return person.page.url


def types_and_is_saved(person: Person) -> str:
    """Type on the first page: it begins a draft by itself; returns the draft's address."""
    page = person.page
    begins_a_draft(person)
    town(page).fill(TOWN)
    page.get_by_label(word("Day"), exact=True).fill("31")
    expect(status(page)).to_have_class(KEPT, timeout=SOON)
    person.finds_nothing_wrong()
    return page.url


def finds_again_what_is_no_answer_yet(person: Person, draft: str) -> None:
    """Open the page again: what could not be read is back as it was typed."""
    person.page.goto(draft)
    person.reads(word("What you typed is back"))
    expect(town(person.page)).to_have_value(TOWN)
    expect(person.page.get_by_label(word("Day"), exact=True)).to_have_value("31")
    person.finds_nothing_wrong()


def signs_in_on_the_page_and_goes_on(person: Person, site: Site, email: str) -> None:
    """Type after the session has ended, and sign in without leaving the page."""
    page = person.page
    rested(site)
    page.get_by_label(word("Day"), exact=True).fill("")
    town(page).fill(f"{TOWN} 2")
    cover = page.get_by_role("dialog", name=word("You are signed out"))
    expect(cover).to_be_visible(timeout=SOON)
    expect(page.get_by_role("heading", level=1)).to_have_count(0)
    expect(town(page)).to_be_hidden()
    assert word("When and where") not in page.title()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    signs_in_here(page, email)
    expect(cover).to_be_hidden()
    expect(town(page)).to_have_value(f"{TOWN} 2")
    expect(status(page)).to_have_class(SAVED, timeout=SOON)


def meets_a_server_that_dies_in_the_middle(person: Person, site: Site) -> None:
    """Press the button; the server dies while it saves, and what was typed is saved when it is back."""
    page = person.page
    town(page).fill(f"{TOWN} 3")
    with held(site):
        person.presses("Save and continue")
        page.wait_for_timeout(1000)
        site.kill()
    expect(status(page)).to_have_class(FAILED, timeout=SOON)
    expect(town(page)).to_have_value(f"{TOWN} 3")
    site.start()
    expect(status(page)).to_have_class(SAVED, timeout=2 * SOON)


def test_the_second_of_two_windows_meets_the_first(site: Site, chromium: Browser, email: str) -> None:
    before = records(site)
    person = Person(chromium, site.address, PHONE)
    person.comes_in(email)
    first = person.page
    draft = begins_a_draft(person)
    first.goto(draft)
    second = person.context.new_page()
    second.goto(draft)
    town(first).fill("От първия")
    person.presses("Save and continue")
    expect(first).not_to_have_url(draft)
    town(second).fill("От втория")
    expect(status(second)).to_have_class(CONFLICT, timeout=SOON)
    second.get_by_role("main").get_by_role("button", name=word("Save and continue")).first.click()
    expect(second.get_by_role("alert").first).to_contain_text(word("This incident was saved meanwhile"))
    expect(second.locator("main [name=municipality]")).to_have_value("От втория")
    second.locator("[name=choose-country][value=mine]").check()
    second.get_by_role("main").locator("button.button--primary").click()
    expect(second).not_to_have_url(draft)
    second.goto(draft)
    expect(town(second)).to_have_value("От втория")
    assert records(site) == before + 1


def test_a_page_that_is_left_alone_warns_and_then_closes(site: Site, chromium: Browser, email: str) -> None:
    person = Person(chromium, site.address, PHONE, lasting=False)
    page = person.page
    page.clock.install()
    person.signs_in(email)
    person.opens("incidents")

    # Two minutes before the end somebody is asked, and can stay
    with closing(sqlite3.connect(site.data / "coalition.sqlite3")) as connection, connection:
        at = (datetime.now(UTC) - timedelta(minutes=28, seconds=15)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute("UPDATE sign_in_session SET seen_at = ?", (at,))
    page.clock.fast_forward(28 * 60 * 1000 + 15_000)
    warning = page.get_by_role("dialog", name=word("Are you still there?"))
    expect(warning).to_be_visible()
    expect(warning.get_by_role("timer")).to_contain_text("1:")
    person.finds_nothing_wrong()
    warning.get_by_role("button", name=word("Stay signed in")).click()
    expect(warning).to_be_hidden()

    # A page that holds nothing typed is left
    rested(site)
    page.clock.fast_forward(30 * 60 * 1000 + 5000)
    expect(page).to_have_url(f"{site.address}/{LANGUAGE}/sign-in?next=/{LANGUAGE}/incidents")

    # Coming back to it by the browser's button shows nothing of it either
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(word("Sign in"))


def test_a_chosen_file_is_sent_after_signing_in_on_the_page(
    site: Site, chromium: Browser, email: str, tmp_path: Path
) -> None:
    picture = tmp_path / "seen.png"
    picture.write_bytes(PIXEL)
    person = Person(chromium, site.address, PHONE)
    person.comes_in(email)
    page = person.page
    page.goto(begins_a_draft(person).replace("/edit/when-and-where", "/evidence"))
    page.get_by_role("main").locator("input[type=file]").first.set_input_files(picture)
    rested(site)
    page.get_by_role("main").locator("form:has(input[type=file]) [type=submit]").first.click()
    expect(page.get_by_role("dialog", name=word("You are signed out"))).to_be_visible(timeout=SOON)
    signs_in_here(page, email)
    expect(page.get_by_role("main").locator("a[href$='/evidence/1/file']").first).to_be_visible()


def test_whoever_has_a_second_factor_shows_it_on_the_page_too(site: Site, chromium: Browser) -> None:
    person = Person(chromium, site.address, PHONE)
    administrator = site.account("administrator", name="Ада Иванова")
    person.comes_in(administrator, site.app_of(administrator))
    page = person.page
    person.opens("organisations/new")
    page.locator("[name=name]").fill("Зора и приятели")
    rested(site)
    taken_again(site, person)
    page.evaluate("document.dispatchEvent(new CustomEvent('presence:over'))")
    cover = page.get_by_role("dialog", name=word("You are signed out"))
    signs_in_here(page, administrator)
    cover.get_by_label(word("Code from your app")).fill("000000")
    cover.get_by_role("button", name=word("Go on"), exact=True).click()
    expect(cover.get_by_role("alert")).to_have_text(word("This code is not right, or it was used already"))
    cover.get_by_label(word("Code from your app")).fill(person.code())
    cover.get_by_role("button", name=word("Go on"), exact=True).click()
    expect(cover).to_be_hidden()
    page.locator("[name=code]").fill("PRIYATELI")
    page.get_by_role("main").locator("form [type=submit]").first.click()
    expect(page.get_by_role("main")).to_contain_text("Зора и приятели")
    expect(page).to_have_url(f"{site.address}/{LANGUAGE}/organisations")


def test_without_scripts_a_form_that_came_too_late_waits_for_its_person(
    site: Site, chromium: Browser, email: str
) -> None:
    before = records(site)
    person = Person(chromium, site.address, PHONE, scripts=False)
    person.comes_in(email)
    page = person.page
    page.goto(f"{site.address}/{LANGUAGE}/incidents/new")
    town(page).fill(TOWN)
    page.get_by_label(word("Year"), exact=True).fill("2017")
    rested(site)
    save = page.get_by_role("main").get_by_role("button", name=word("Save and continue"))
    save.click()
    expect(page.get_by_role("main")).to_contain_text(
        word("What you typed is kept. Sign in, and you can send it again.")
    )
    assert "Ъгъл" not in page.content()
    page.get_by_label(word("E-mail address")).fill(email)
    page.get_by_label(word("Password"), exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name=word("Sign in"), exact=True).click()
    expect(town(page)).to_have_value(TOWN)
    assert records(site) == before
    save.click()
    expect(page).to_have_url(re.compile("/edit/"))
    assert records(site) == before + 1

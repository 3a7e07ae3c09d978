"""A coordinator works through a list with the keyboard: search, tick, look at what would change, do it, undo it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Site, served
from tests.journeys.people import DESK, LANGUAGE, PHONE, Person, label, word

pytestmark = pytest.mark.journey

EMAIL = "coordinator@example.org"
TAKEN: dict[str, int] = {}
"""The last code that was used, by installation."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the invented coalition: some of its incidents wait."""
    with served(tmp_path_factory.mktemp("queue") / "data") as made:
        made.command("demo", "load", "--incidents", "120")
        yield made


def coordinator(browser: Browser, site: Site, viewport: dict[str, int], *, scripts: bool = True) -> Person:
    """Sign the coordinator of the invented coalition in."""
    logins = site.command("demo", "accounts")
    found = re.search(re.escape(EMAIL) + r"\s+(\S+)\s.*\n\s+second factor: key (\w+),", logins)
    assert found, logins
    person = Person(browser, site.address, viewport, scripts=scripts)
    # A code is good once: whoever signs in again waits for the next one.
    person.secret, person.taken = found[2], TAKEN.get(site.address, 0)
    person.signs_in(EMAIL, found[1])
    TAKEN[site.address] = person.taken
    person.page.wait_for_url(f"**/{LANGUAGE}/reviews*")
    return person


def ticked(person: Person) -> int:
    return person.page.locator("input[name=chosen]:checked").count()


def test_a_list_is_worked_through_with_the_keyboard(chromium: Browser, site: Site):
    person = coordinator(chromium, site, DESK)
    page = person.page
    person.finds_nothing_wrong()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=word("Keys for this list"))).to_be_visible()
    person.finds_nothing_wrong()
    page.keyboard.press("Escape")

    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert ticked(person) == 2
    expect(page.locator("[data-ticked]")).to_have_text(word("Ticked: %(count)s", count="2"))
    chosen = [box.input_value() for box in page.locator("input[name=chosen]:checked").all()]

    page.keyboard.press("/")
    page.keyboard.type("xjk")
    expect(page.locator("input[type=search]")).to_have_value("xjk")
    assert ticked(person) == 2, "a key does nothing while somebody types"

    page.locator("#together-act").select_option("take")
    person.presses_on("See what would change")
    for reference in chosen:
        person.reads(reference)
    person.finds_nothing_wrong()
    page.get_by_role("main").locator("form[action$='/together/done'] button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(word("Take into review"))
    person.finds_nothing_wrong()
    page.get_by_role("main").locator("form[action$='/together/done'] button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(word("Put back into the queue"))
    person.opens("reviews?state=submitted")
    for reference in chosen:
        person.reads(reference)

    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("o")
    page.wait_for_url(f"**/reviews/{first}*")


def test_the_keys_can_be_switched_off(chromium: Browser, site: Site):
    person = coordinator(chromium, site, DESK)
    page = person.page
    page.keyboard.press("?")
    page.get_by_label(word("Use these keys")).uncheck()
    page.keyboard.press("Escape")
    page.reload()
    for key in ("j", "x"):
        page.keyboard.press(key)
    assert ticked(person) == 0
    page.locator("[data-keys-help]").click()
    expect(page.get_by_label(word("Use these keys"))).not_to_be_checked()


def test_without_scripts_a_list_is_narrowed_saved_and_found_again(chromium: Browser, site: Site):
    person = coordinator(chromium, site, PHONE, scripts=False)
    page = person.page
    page.locator("summary", has_text=word("More ways to narrow the list")).click()
    page.locator("#state").select_option("all")
    page.locator("#motivation").select_option("anti_roma")
    person.presses_on("Show")
    narrowed = page.locator(".chip--set")
    expect(narrowed).to_have_count(1)
    expect(narrowed).to_contain_text(label("bias_motivations", "anti_roma"))
    person.finds_nothing_wrong()
    page.locator("summary", has_text=word("Save this filter")).click()
    page.get_by_label(word("Name of the filter")).fill("Роми")
    person.presses_on("Save the filter")
    person.opens("reviews")
    page.get_by_role("link", name="Роми", exact=True).click()
    expect(narrowed).to_contain_text(label("bias_motivations", "anti_roma"))
    person.opens("filters")
    person.finds_nothing_wrong()

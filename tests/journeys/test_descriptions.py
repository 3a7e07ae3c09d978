"""A public description is written on a phone: what may give somebody away is shown while it is typed, and cleared."""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import Site
from tests.journeys.people import PHONE, Person, word

pytestmark = pytest.mark.journey

SECRETS = ("Стефка Минчева", "17-годишна", "Пазарджик")
TEXT = "Стефка Минчева, 17-годишна, беше обидена в Пазарджик от двама мъже."
HARMLESS = "Момиче от ромски произход беше обидено от двама мъже."
REASON = "Името е на организация."


def at_descriptions(browser: Browser, site: Site, *, scripts: bool) -> Person:
    """Begin a record and open its descriptions."""
    person = Person(browser, site.address, PHONE, scripts=scripts)
    person.comes_in(site.account("case_worker", "--organisation", site.member()))
    person.opens("incidents/new")
    person.page.get_by_label(word("Year"), exact=True).fill("2016")
    person.presses("Save and continue")
    person.page.wait_for_url("**/edit/what-happened*")
    person.page.goto(person.page.url.replace("what-happened", "descriptions"))
    return person


def marks(person: Person):
    return person.page.locator("#checked-bg .marked mark")


def test_while_it_is_typed_the_marks_come_and_go_and_a_reason_clears_one(chromium: Browser, site: Site):
    person = at_descriptions(chromium, site, scripts=True)
    text = person.page.locator("#description_bg")
    text.press_sequentially(TEXT)
    expect(marks(person)).to_have_text(SECRETS)
    person.finds_nothing_wrong()

    reason = person.page.get_by_label(word("“%(text)s” is harmless, because", text=SECRETS[0]))
    reason.fill(REASON)
    text.focus()
    expect(person.page.locator("#checked-bg .marked .flag--open")).to_have_text(SECRETS[1:])
    expect(reason).to_have_value(REASON)

    text.fill(HARMLESS)
    expect(marks(person)).to_have_count(0)
    person.reads(word("Nothing in it was marked. Read it once more as somebody who knows the people."))
    text.fill(TEXT)
    expect(marks(person)).to_have_text(SECRETS)
    person.finds_nothing_wrong()
    person.presses("Save and go to the overview")
    person.page.wait_for_url(lambda address: "/edit/" not in address)


def test_without_scripts_a_button_shows_the_marks_and_saving_keeps_the_reason(chromium: Browser, site: Site):
    person = at_descriptions(chromium, site, scripts=False)
    person.page.locator("#description_bg").fill(TEXT)
    person.presses("Check the texts")
    expect(marks(person)).to_have_text(SECRETS)
    person.finds_nothing_wrong()
    person.page.get_by_label(word("“%(text)s” is harmless, because", text=SECRETS[0])).fill(REASON)
    address = person.page.url.partition("#")[0]
    person.presses_on("Save and go to the overview")
    person.page.goto(address)
    expect(person.page.locator("#checked-bg .marked .flag--open")).to_have_text(SECRETS[1:])
    expect(person.page.locator("[name=clearances_bg-0-reason]")).to_have_value(REASON)

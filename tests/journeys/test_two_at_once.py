"""Two signed-in people type into one record at the same time, one of them without scripts; neither loses a word."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Site
from tests.journeys.people import DESK, PHONE, Person, word

pytestmark = pytest.mark.journey

SOON = 10_000
"""Milliseconds: nobody waits longer for what they typed to be safe."""


def town(page: Page):
    return page.get_by_label(word("Town or village"))


def test_two_people_type_into_one_record_and_choose_answer_by_answer(site: Site, chromium: Browser) -> None:
    organisation = ("--organisation", site.member())
    worker = Person(chromium, site.address, PHONE)
    lead = Person(chromium, site.address, DESK, scripts=False)
    worker.comes_in(site.account("case_worker", *organisation))
    lead.comes_in(site.account("lead", *organisation, name="Лили Стоева"))
    draft = begins_a_draft(worker)
    meets_the_other_while_a_script_saves(worker, lead, draft)
    meets_the_other_without_scripts(lead, worker, draft)
    reads_the_history(worker, draft)


def meets_the_other_while_a_script_saves(worker: Person, lead: Person, draft: str) -> None:
    """Type after the lead has saved: the script overwrites nothing, and the page lets one choose."""
    lead.page.goto(draft)
    town(lead.page).fill("Връх")
    lead.presses_on("Save and continue")
    town(worker.page).fill("Долина")
    status = worker.page.locator("[data-autosave-status]")
    expect(status).to_have_class(re.compile("autosave--conflict"), timeout=SOON)
    worker.presses_on("Save and continue")
    worker.reads(word("Take what %(name)s saved", name="Лили Стоева"))
    worker.reads("Връх")
    worker.reads("Долина")
    finds_only_the_refusal(worker)
    worker.chooses("choose-country", "mine")
    worker.presses_on("Save these answers")


def meets_the_other_without_scripts(lead: Person, worker: Person, draft: str) -> None:
    """Save after the case worker has: whoever chooses nothing is asked once more, and loses nothing else."""
    page = lead.page
    page.goto(draft)
    expect(town(page)).to_have_value("Долина")
    worker.page.goto(draft)
    town(worker.page).fill("Долина 2")
    worker.presses_on("Save and continue")
    town(page).fill("Връх 2")
    page.get_by_label(word("Time of day")).fill("вечерта")
    lead.presses_on("Save and continue")
    finds_only_the_refusal(lead)
    lead.presses_on("Save these answers")
    lead.reads(word("Choose one of the two answers."))
    finds_only_the_refusal(lead)
    lead.chooses("choose-country", "theirs")
    lead.presses_on("Save these answers")
    page.goto(draft)
    expect(town(page)).to_have_value("Долина 2")
    expect(page.get_by_label(word("Time of day"))).to_have_value("вечерта")


def finds_only_the_refusal(person: Person) -> None:
    """Find nothing wrong but that the save was not taken as it was, which browsers note in their console."""
    person.complaints[:] = [line for line in person.complaints if not re.search(r"status of (409|422)", line)]
    person.finds_nothing_wrong()


def begins_a_draft(person: Person) -> str:
    """Type on the first page until it is saved; returns the address of the draft's own page, and stays on it."""
    person.opens("incidents/new")
    town(person.page).fill("Дол")
    expect(person.page.locator("[data-autosave-status]")).to_have_class(re.compile("autosave--saved"), timeout=SOON)
    draft = person.page.url
    person.page.goto(draft)
    return draft


def reads_the_history(person: Person, draft: str) -> None:
    """See who changed what."""
    person.page.goto(draft.partition("/edit/")[0])
    person.follows("Every change of the answers")
    for said in ("Лили Стоева", "Вера Колева"):
        person.reads(said)
    gone = person.page.locator("del.diff").all_inner_texts()
    came = person.page.locator("ins.diff").all_inner_texts()
    assert any("Връх" in text for text in gone), gone
    assert any("Долина" in text for text in came), came
    person.finds_nothing_wrong()

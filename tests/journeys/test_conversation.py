"""A question and its answer, between a coordinator at a desk and a case worker on a phone, each told by the inbox."""

from dataclasses import fields

import pytest
from playwright.sync_api import Browser, expect

from coalition.config import Config
from coalition.services import incidents
from coalition.services.account_views import view
from coalition.services.accounts import account_of
from coalition.services.work import OPERATOR, make_runtime, reading, unit_of_work
from tests.domain.samples import COMPLETE
from tests.journeys.conftest import Site
from tests.journeys.people import DESK, PHONE, Person, word

pytestmark = pytest.mark.journey

PASSWORD = "quiet river morning bread"
WORKER, COORDINATOR = "worker@example.org", "coordinator@example.org"
QUESTION, ANSWER = "Същата сграда ли беше и през май?", "Да, същата. Говорихме със съседите."


def with_people(site: Site) -> None:
    """Make a member, its case worker and a coordinator."""
    site.command("organisations", "create", "ZORA", "Център Зора")
    people = (
        (WORKER, "Вера Колева", "case_worker", ("--organisation", "ZORA")),
        (COORDINATOR, "Ада", "coordinator", ()),
    )
    for email, name, role, more in people:
        arguments = ("--name", name, "--role", role, *more, "--password-stdin")
        site.command("users", "create", email, *arguments, stdin=f"{PASSWORD}\n")


def filed(site: Site) -> str:
    """Hand in a record, as its form would; the form has a journey of its own."""
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(site.data)}))
    try:
        with reading(runtime, OPERATOR) as work:
            actor = view(account_of(work, WORKER)).actor
        with unit_of_work(runtime, actor) as work:
            reference = incidents.begin_incident(work, {f.name: getattr(COMPLETE, f.name) for f in fields(COMPLETE)})
            incidents.submit_incident(work, reference, 1)
    finally:
        runtime.dispose()
    return reference


def asks(coordinator: Person, reference: str) -> None:
    """Find in the inbox what waits, and ask about it."""
    coordinator.signs_in(COORDINATOR, PASSWORD)
    coordinator.opens("inbox")
    coordinator.reads(reference)
    coordinator.finds_nothing_wrong()
    from_inbox(coordinator, "Waits for a reviewer")
    coordinator.follows("Ask the organisation")
    coordinator.page.get_by_label(word("Your words")).fill(QUESTION)
    coordinator.finds_nothing_wrong()
    coordinator.presses_on("Send")
    coordinator.reads(QUESTION)


def answers(worker: Person) -> None:
    """Find the question through the inbox, which does not say it, and answer; look again when it names somebody."""
    worker.signs_in(WORKER, PASSWORD)
    worker.opens("inbox")
    worker.finds_nothing_wrong()
    expect(worker.page.get_by_text(QUESTION)).to_have_count(0)
    from_inbox(worker, "A question waits for your answer")
    worker.reads(QUESTION)
    worker.follows("Answer")
    worker.page.get_by_label(word("Your words")).fill(f"{ANSWER} Казва го Иван Петров.")
    worker.presses_on("Send")
    worker.reads(word("Does it name somebody?"))
    expect(worker.page.locator("mark")).to_have_text("Иван Петров")
    worker.page.get_by_label(word("Your words")).fill(ANSWER)
    worker.finds_nothing_wrong()
    worker.presses_on("Send it as it is")
    worker.reads(ANSWER)
    worker.opens("inbox")
    worker.reads(word("Nothing waits for you"))


def puts_aside_and_takes_up_again(coordinator: Person) -> None:
    """Read the answer, put it aside, and think again."""
    coordinator.opens("inbox")
    from_inbox(coordinator, "An answer came")
    coordinator.reads(ANSWER)
    coordinator.finds_nothing_wrong()
    coordinator.opens("inbox")
    row = coordinator.page.get_by_role("listitem").filter(has_text=word("An answer came"))
    with coordinator.page.expect_navigation():
        row.get_by_role("button", name=word("Put aside")).click()
    coordinator.presses_on("Undo")
    coordinator.reads(word("It waits again."))
    expect(row).to_have_count(1)


def from_inbox(person: Person, message: str) -> None:
    """Follow a line of the inbox; it also names the record."""
    with person.page.expect_navigation():
        person.page.get_by_role("link", name=word(message)).click()


def test_a_question_is_asked_answered_and_put_aside(site: Site, chromium: Browser):
    with_people(site)
    reference = filed(site)
    coordinator, worker = Person(chromium, site.address, DESK), Person(chromium, site.address, PHONE)
    asks(coordinator, reference)
    answers(worker)
    puts_aside_and_takes_up_again(coordinator)
    assert not coordinator.complaints + worker.complaints

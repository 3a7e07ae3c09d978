"""A question and its answer, between a coordinator at a desk and a case worker on a phone, each told by the inbox."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.journeys.conftest import Site
from tests.journeys.people import DESK, PHONE, Person, word

pytestmark = pytest.mark.journey

QUESTION, ANSWER = "Същата сграда ли беше и през май?", "Да, същата. Говорихме със съседите."


def asks(coordinator: Person, reference: str) -> None:
    """Find in the inbox what waits, and ask about it."""
    coordinator.opens("inbox")
    coordinator.finds_nothing_wrong()
    from_inbox(coordinator, "Waits for a reviewer", reference)
    coordinator.follows("Ask the organisation")
    coordinator.page.get_by_label(word("Your words")).fill(QUESTION)
    coordinator.finds_nothing_wrong()
    coordinator.presses_on("Send")
    coordinator.reads(QUESTION)


def answers(worker: Person, reference: str) -> None:
    """Find the question through the inbox, which does not say it, and answer; look again when it names somebody."""
    worker.opens("inbox")
    worker.finds_nothing_wrong()
    expect(worker.page.get_by_text(QUESTION)).to_have_count(0)
    from_inbox(worker, "A question waits for your answer", reference)
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


def puts_aside_and_takes_up_again(coordinator: Person, reference: str) -> None:
    """Read the answer, put it aside, and think again."""
    coordinator.opens("inbox")
    from_inbox(coordinator, "An answer came", reference)
    coordinator.reads(ANSWER)
    coordinator.finds_nothing_wrong()
    coordinator.opens("inbox")
    row = line(coordinator, "An answer came", reference)
    with coordinator.page.expect_navigation():
        row.get_by_role("button", name=word("Put aside")).click()
    coordinator.presses_on("Undo")
    coordinator.reads(word("It waits again."))
    expect(row).to_have_count(1)


def line(person: Person, message: str, reference: str) -> Locator:
    """Return the line of the inbox that says this of a record."""
    return person.page.get_by_role("listitem").filter(has_text=word(message)).filter(has_text=reference)


def from_inbox(person: Person, message: str, reference: str) -> None:
    """Follow a line of the inbox; it also names the record."""
    with person.page.expect_navigation():
        line(person, message, reference).get_by_role("link", name=word(message)).click()


def test_a_question_is_asked_answered_and_put_aside(site: Site, chromium: Browser):
    recorder, reviewer = site.account("case_worker", "--organisation", site.member()), site.account("coordinator")
    reference = site.filed(recorder)
    coordinator, worker = Person(chromium, site.address, DESK), Person(chromium, site.address, PHONE)
    coordinator.comes_in(reviewer, site.app_of(reviewer))
    worker.comes_in(recorder)
    asks(coordinator, reference)
    answers(worker, reference)
    puts_aside_and_takes_up_again(coordinator, reference)
    assert not coordinator.complaints + worker.complaints

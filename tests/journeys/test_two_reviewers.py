"""Two reviewers at their desks: one comes from a member that recorded the incident, so it takes the other one too."""

from dataclasses import fields, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from coalition.config import Config
from coalition.domain.incidents import Facts
from coalition.services import incidents
from coalition.services.account_views import view
from coalition.services.accounts import account_of
from coalition.services.work import OPERATOR, make_runtime, reading, unit_of_work
from tests.domain.samples import COMPLETE
from tests.journeys.conftest import Site
from tests.journeys.people import DESK, Coordinator, label, word

pytestmark = pytest.mark.journey

PASSWORD = "quiet river morning bread"
WORKERS = {"ZORA": "zora@example.org", "MOST": "most@example.org"}
INSIDER, COLLEAGUE = "insider@example.org", "colleague@example.org"
WHY = "Един ден, една улица, едни и същи думи."
ANOTHER = "Оказа се друга улица."


def with_people(site: Site) -> None:
    """Make two members with a case worker each, and two coordinators: one comes from the first member."""
    for code, email in WORKERS.items():
        site.command("organisations", "create", code, f"Център {code}")
        arguments = ("--name", f"Работник {code}", "--role", "case_worker", "--organisation", code, "--password-stdin")
        site.command("users", "create", email, *arguments, stdin=f"{PASSWORD}\n")
    for email, more in ((INSIDER, ("--affiliation", "ZORA")), (COLLEAGUE, ())):
        arguments = ("--name", email.partition("@")[0], "--role", "coordinator", *more, "--password-stdin")
        site.command("users", "create", email, *arguments, stdin=f"{PASSWORD}\n")


def filed(site: Site, who: str, facts: Facts) -> str:
    """Hand in a record, as its form would; the form has a journey of its own."""
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(site.data)}))
    try:
        with reading(runtime, OPERATOR) as work:
            actor = view(account_of(work, who)).actor
        answers: dict[str, Any] = {item.name: getattr(facts, item.name) for item in fields(facts)}
        with unit_of_work(runtime, actor) as work:
            reference = incidents.begin_incident(work, answers)
            incidents.submit_incident(work, reference, 1)
    finally:
        runtime.dispose()
    return reference


def test_one_incident_of_two_members_is_counted_once_by_two_reviewers_and_told_apart_again(
    site: Site, chromium: Browser
) -> None:
    with_people(site)
    first = filed(site, WORKERS["MOST"], COMPLETE)
    second = filed(site, WORKERS["ZORA"], replace(COMPLETE, narrative="Чухме за побоя от съсед."))
    insider, colleague = (Coordinator(chromium, site.address, DESK) for _ in range(2))
    finds_the_same_incident(insider, second, first)
    colleague.signs_in(COLLEAGUE, PASSWORD)
    agrees(colleague, second, first)
    is_told_what_was_decided(insider, second, first)
    tells_them_apart(colleague, second)


def finds_the_same_incident(insider: Coordinator, reference: str, other: str) -> None:
    """See the other member's record beside one's own organisation's, compare them, and propose to count them as one."""
    insider.signs_in(INSIDER, PASSWORD)
    insider.opens(f"reviews/{reference}")
    insider.finds_nothing_wrong()
    insider.goes_to('a[href*="/same-incident/compare"]')
    insider.reads(reference)
    insider.reads(other)
    insider.finds_nothing_wrong()
    insider.opens(f"reviews/{reference}")
    decides_that_they_are_the_same(insider, other)
    insider.reads(word("Proposed: %(verdict)s", verdict=label("verdicts", "link")))
    insider.reads(label("states", "in_review"))
    insider.finds_nothing_wrong()


def decides_that_they_are_the_same(coordinator: Coordinator, other: str) -> None:
    """Choose the candidate, say why the test is answered so, and send it."""
    page = coordinator.page
    page.locator("[name=test_not_duplicate][value=no]").check()
    page.locator("[name=step][value=link]").check()
    page.locator(f"[name=other][value='{other}']").check()
    page.locator("[name=why]").fill(WHY)
    with page.expect_navigation():
        page.locator("form:has([name=step]) button[type=submit]").last.click()


def agrees(colleague: Coordinator, reference: str, other: str) -> None:
    """Read the proposal and its reason, look at the record oneself, and say the same: now it holds."""
    colleague.opens(f"reviews/{reference}")
    colleague.reads(word("Proposed: %(verdict)s", verdict=label("verdicts", "link")))
    colleague.reads(WHY)
    colleague.finds_nothing_wrong()
    decides_that_they_are_the_same(colleague, other)
    colleague.opens(f"reviews/{reference}")
    colleague.reads(label("states", "duplicate"))
    expect(colleague.page.get_by_role("main").get_by_role("link", name=other).first).to_be_visible()


def is_told_what_was_decided(insider: Coordinator, reference: str, other: str) -> None:
    """Find the decision in the history; who comes from one of the members tells nothing apart alone."""
    insider.opens(f"reviews/{reference}")
    insider.reads(label("steps", "link"))
    insider.reads(other)
    insider.finds_nothing_wrong()


def tells_them_apart(colleague: Coordinator, reference: str) -> None:
    """Take it back with a reason: the record stands where it stood before."""
    colleague.opens(f"reviews/{reference}")
    colleague.follows("Count it by itself again")
    colleague.finds_nothing_wrong()
    colleague.page.locator("[name=text]").fill(ANOTHER)
    colleague.presses_on("Count it by itself")
    colleague.reads(word("The record is counted by itself again, where it stood before."))
    colleague.reads(label("states", "in_review"))
    colleague.reads(ANOTHER)
    colleague.finds_nothing_wrong()

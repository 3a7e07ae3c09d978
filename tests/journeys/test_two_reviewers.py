"""Two reviewers at their desks: one comes from a member that recorded the incident, so it takes the other one too."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from tests.domain.samples import COMPLETE
from tests.journeys.conftest import Site
from tests.journeys.people import DESK, Coordinator, label, word

pytestmark = pytest.mark.journey

WHY = "Един ден, една улица, едни и същи думи."
ANOTHER = "Оказа се друга улица."


def test_one_incident_of_two_members_is_counted_once_by_two_reviewers_and_told_apart_again(
    site: Site, chromium: Browser
) -> None:
    bridge, dawn = site.member("Център Мост"), site.member()
    first = site.filed(site.account("case_worker", "--organisation", bridge))
    told = replace(COMPLETE, narrative="Чухме за побоя от съсед.")
    second = site.filed(site.account("case_worker", "--organisation", dawn), told)
    insider, colleague = (Coordinator(chromium, site.address, DESK) for _ in range(2))
    comes_in(insider, site, "--affiliation", dawn)
    finds_the_same_incident(insider, second, first)
    comes_in(colleague, site)
    agrees(colleague, second, first)
    is_told_what_was_decided(insider, second, first)
    tells_them_apart(colleague, second)


def comes_in(coordinator: Coordinator, site: Site, *more: str) -> None:
    """Be signed in as a coordinator of one's own."""
    email = site.account("coordinator", *more)
    coordinator.comes_in(email, site.app_of(email))


def finds_the_same_incident(insider: Coordinator, reference: str, other: str) -> None:
    """See the other member's record beside one's own organisation's, compare them, and propose to count them as one."""
    insider.opens(f"reviews/{reference}")
    insider.finds_nothing_wrong()
    insider.goes_to(f'a[href*="/same-incident/compare"][href*="{other}"]')
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

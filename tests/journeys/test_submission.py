"""A coordinator builds a submission twice, reads what a withdrawn consent took out, and makes ready to send."""

import email.policy
from collections.abc import Sequence
from dataclasses import replace
from email.parser import BytesParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from coalition.domain.criterion import Finding
from coalition.domain.incidents import PartialDate
from coalition.domain.packages import MESSAGE, Check
from coalition.domain.reviews import Decision, Step
from coalition.domain.vocabulary import Purpose
from coalition.services import consents, reviews
from coalition.web.packages import LOOKED_AT
from tests.domain.samples import COMPLETE
from tests.journeys.conftest import PATIENCE, Site
from tests.journeys.people import DESK, PHONE, Coordinator, word

pytestmark = pytest.mark.journey

YEAR = 2019
"""A data year of which no other journey has a record."""
TOLD = ("A boy was beaten in a park.", "A family was threatened at its door.")


def accepted(site: Site, worker: str, reviewer: str) -> Sequence[str]:
    """Have two records of the year accepted: how that is done, other journeys show."""
    found = [
        site.filed(worker, replace(COMPLETE, date=PartialDate(YEAR, month), descriptions={"en": text}, proceedings=()))
        for month, text in enumerate(TOLD, 3)
    ]
    with site.acting(reviewer) as work:
        for reference in found:
            view = reviews.open_review(work, reference)
            findings = {item.test: Finding(item.finding) for item in view.proposals}
            reviews.decide(work, reference, view.incident.version, Decision(Step.ACCEPT, findings))
    return found


def test_a_revision_leaves_out_what_was_withdrawn_and_is_made_ready_to_send(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    worker, reviewer = site.account("case_worker", "--organisation", site.member()), site.account("coordinator")
    gone, kept = accepted(site, worker, reviewer)
    coordinator = Coordinator(chromium, site.address, DESK)
    coordinator.comes_in(reviewer, site.app_of(reviewer))
    builds(coordinator, 1)
    with site.acting(worker) as work:
        consents.withdraw_consent(work, gone, [Purpose.ODIHR])
    builds(coordinator, 2)
    reads_what_was_taken_out(coordinator, gone, kept)
    makes_ready_to_send(coordinator, tmp_path)


def builds(coordinator: Coordinator, number: int) -> None:
    """Build the year as it is now, wait for it, and find it among the versions."""
    coordinator.opens(f"submissions/{YEAR}")
    coordinator.goes_to("form[action$='/submissions'] button[type=submit]")
    expect(coordinator.page.locator('main a[href*="/files/"]').first).to_be_visible(timeout=PATIENCE * 1000)
    coordinator.opens(f"submissions/{YEAR}")
    coordinator.reads(word("Nothing would be different from version %(number)s.", number=number))


def reads_what_was_taken_out(coordinator: Coordinator, gone: str, kept: str) -> None:
    """Open what differs between the two, on a telephone: which record went, and why; nothing of the others."""
    coordinator.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    coordinator.follows("Version %(number)s", number=2)
    coordinator.goes_to("a[href*='/difference?before=1&after=2']")
    coordinator.reads(gone)
    coordinator.reads(word("Consent was taken back."))
    expect(coordinator.page.get_by_role("main")).not_to_contain_text(kept)
    coordinator.finds_nothing_wrong()


def makes_ready_to_send(coordinator: Coordinator, folder: Path) -> None:
    """Take the e-mail with everything attached, and tick what only a person can look at; in English, at the desk."""
    page = coordinator.page
    page.set_viewport_size({"width": DESK["width"], "height": DESK["height"]})
    page.goto(f"{coordinator.address}/en/submissions/{YEAR}/v2/package")
    with page.expect_download() as waiting:
        page.locator(f'main a[href*="/{MESSAGE}"]').first.click()
    file = folder / MESSAGE
    waiting.value.save_as(file)
    message = BytesParser(policy=email.policy.default).parsebytes(file.read_bytes())
    assert str(YEAR) in message["Subject"]
    attached = b"".join(part.get_payload(decode=True) for part in message.iter_attachments())
    assert attached
    with page.expect_navigation():
        page.locator(f"main button[name=done][value={Check.CALL.value}]").click()
    line = page.get_by_role("listitem").filter(has_text=str(LOOKED_AT[Check.CALL]))
    expect(line.get_by_role("button")).to_contain_text("Take back")
    coordinator.finds_nothing_wrong()

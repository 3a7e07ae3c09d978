"""The readiness board in a browser: what stands in the way, numbers that lead to their records, reminders."""

from collections.abc import Callable

from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import Purpose, State
from tests.conftest import Coalition
from tests.domain.samples import facts, without
from tests.page import Browser, Page
from tests.services import records

SignIn = Callable[[str], Browser]
MARCH = PartialDate(2025, 3, 2)


def reached(browser: Browser, page: Page, words: str) -> str:
    """Follow the link with these words and return the text of the list."""
    (address,) = {href for text, href in page.links().items() if text.endswith(words)}
    return browser.get(address).text


def test_an_empty_year_says_so_and_how_long_there_is(signed_in: SignIn):
    page = signed_in("coordinator").get("/en/readiness")
    assert page.heading == "Readiness of 2025"
    assert "59 days left 30 April 2026 0 incidents ready" in page.text
    assert "Nothing of this year was handed in yet." in page.text
    assert "Second Member" in page.text
    assert "No month has a record." in page.text
    assert "No record lacks anything" in page.text


def test_the_board_says_what_is_in_the_way_and_leads_there(signed_in: SignIn, coalition: Coalition):
    ready = records.in_state(coalition, State.ACCEPTED, facts(date=MARCH))
    barred = records.in_state(
        coalition, State.ACCEPTED, facts(date=MARCH, consents=without(Purpose.ODIHR).consents), who="second_worker"
    )
    asked = records.in_state(coalition, State.RETURNED, facts(date=PartialDate(2025), descriptions={"bg": "Бой."}))
    draft = records.begun(coalition, facts(date=MARCH))
    browser = signed_in("coordinator")
    page = browser.get("/en/readiness")
    assert "Of the records, 1 has an open question, 1 has something missing and 1 lacks a consent." in page.text
    assert "Month not known" in page.text
    assert "Months without any record: January, February, April," in page.text
    assert draft not in page.html
    assert ready in reached(browser, page, "March, Ready")
    assert barred in reached(browser, page, "Second Member, Consent missing")
    for words in ("Month not known, Open question", "First Member, Something missing", "No English description"):
        text = reached(browser, page, words)
        assert asked in text
        assert ready not in text
    assert "Month: Month not known" not in reached(browser, page, "First Member, Something missing")
    assert "Month: Month not known" in reached(browser, page, "Month not known, Open question")
    first = browser.get("/en/readiness?year=2025&member=FIRST")
    assert "By month: First Member" in first.text
    browser.get("/en/readiness?member=NOWHERE", status=404)
    assert browser.get("/en/readiness?year=x&member=").heading == "Readiness of 2025"


def test_a_lead_sees_the_own_organisation_with_its_drafts(signed_in: SignIn, coalition: Coalition):
    draft = records.begun(coalition, facts(date=MARCH, sources=()))
    records.in_state(coalition, State.SUBMITTED, facts(date=MARCH), who="second_worker")
    browser = signed_in("lead")
    page = browser.get("/en/readiness")
    assert "Of the records, 1 has something missing and 1 is still a draft." in page.text
    assert "Second Member" not in page.text
    assert draft in reached(browser, page, "March, Drafts")
    assert draft in reached(browser, page, "No source of information")
    assert not [form for form in page.forms() if "remind" in form.action]
    signed_in("case_worker").get("/en/readiness", status=403)


def test_a_member_is_reminded_once_a_day_and_finds_it_in_the_inbox(signed_in: SignIn, coalition: Coalition):
    records.in_state(coalition, State.RETURNED, facts(date=MARCH))
    browser = signed_in("coordinator")
    browser.get("/en/readiness")
    action = "/en/readiness/2025/remind"
    page = browser.submit(action, button=("member", "*"))
    assert "1 member is reminded." in page.text
    assert "2 Mar 2026, 12:00, Coordinator" in page.text
    assert [form.buttons for form in page.forms() if form.action == action] == [
        (("member", "*"),),
        (("member", "SECOND"),),
    ]
    assert "Nobody was reminded now" in browser.submit(action, button=("member", "*")).text
    token = page.form(action).values["csrf_token"]
    browser.post(action, {"csrf_token": token, "member": "NOWHERE"}, status=404)
    browser.post("/en/readiness/2020/remind", {"csrf_token": token, "member": "FIRST"}, status=404)
    lead, worker = signed_in("lead"), signed_in("case_worker")
    told = "The coalition reminds you: data year 2025"
    inbox = lead.get("/en/inbox")
    assert inbox.links()[told] == "/en/readiness?year=2025"
    assert "The coalition reminded you on 2 Mar 2026, 12:00." in lead.get("/en/readiness").text
    assert worker.get("/en/inbox").links()[told] == "/en/incidents?year=2025"
    lead.get("/en/inbox")
    (aside,) = [form.action for form in inbox.forms() if form.action.endswith("/aside")][:1]
    page = lead.submit(aside)
    assert "2025: The coalition reminds you" in page.text
    assert told not in page.links()
    (again,) = [form.action for form in page.forms() if form.action.endswith("/again")]
    assert told in lead.submit(again).links()

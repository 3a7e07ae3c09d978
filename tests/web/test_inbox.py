"""The inbox in a browser: what waits, putting aside and undoing, its number in the navigation, the e-mail choice."""

from collections.abc import Callable
from dataclasses import replace

from flask import Flask

from coalition.db.accounts import Account
from coalition.domain.notices import FOLDED_FROM
from coalition.domain.vocabulary import State
from coalition.services import messages
from tests.conftest import Coalition
from tests.page import Browser, Page
from tests.services import records

SignIn = Callable[[str], Browser]


def entries(page: Page) -> list[str]:
    return [" ".join("".join(item.itertext()).split()) for item in page.all("li") if item.get("class") == "record"]


def number(page: Page) -> str:
    """Return what the navigation says beside the inbox."""
    (entry,) = [link for link in page.links() if link.startswith("Inbox")]
    return entry.removeprefix("Inbox").strip()


def test_an_empty_inbox_says_so_and_the_navigation_says_nothing(signed_in: SignIn):
    for who in ("lead", "coordinator"):
        page = signed_in(who).get("/en/inbox")
        assert "Nothing waits for you" in page.text
        assert number(page) == ""


def test_what_waits_leads_to_the_record_and_goes_when_it_is_dealt_with(signed_in: SignIn, coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    lead = signed_in("lead")
    page = lead.get("/en/inbox")
    assert number(page) == "1"
    (line,) = entries(page)
    assert line.startswith("A question waits for your answer")
    assert reference in line
    (address,) = [href for text, href in page.links().items() if text.startswith("A question waits")]
    assert address == f"/en/incidents/{reference}#conversation"
    records.submit(coalition, reference, answer="Yes.")
    assert number(lead.get("/en/incidents")) == ""
    assert "An answer came" in signed_in("coordinator").get("/en/inbox").text


def test_no_line_says_what_was_asked(signed_in: SignIn, coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED, words="Canary7Q?")
    with coalition.work("coordinator") as work:
        messages.comment(work, reference, "Canary7Q!")
    page = signed_in("lead").get("/en/inbox")
    assert len(entries(page)) == 2
    assert "Canary7Q" not in page.text


def test_what_is_put_aside_can_be_taken_up_again(signed_in: SignIn, coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    lead = signed_in("lead")
    page = lead.get("/en/inbox")
    (action,) = [form.action for form in page.forms() if form.action.endswith("/aside")]
    page = lead.submit(action)
    assert entries(page) == []
    assert f"{reference}: A question waits for your answer" in page.text
    assert signed_in("case_worker").get("/en/inbox").text.count(reference) == 0
    page = lead.submit(action.replace("/aside", "/again"))
    assert "It waits again" in page.text
    assert len(entries(page)) == 1


def test_many_new_records_are_one_line_that_leads_to_the_queue(signed_in: SignIn, coalition: Coalition):
    for _ in range(FOLDED_FROM):
        records.in_state(coalition, State.SUBMITTED)
    page = signed_in("coordinator").get("/en/inbox")
    assert page.links()[f"{FOLDED_FROM} records wait for a reviewer"] == "/en/reviews?state=submitted"
    assert number(page) == "1"
    assert len(entries(page)) == 1


def test_a_decision_that_was_taken_back_is_called_so(signed_in: SignIn, coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    assert "The coalition has decided" in signed_in("lead").get("/en/inbox").text
    records.reopen(coalition, reference)
    assert "The coalition took its decision back" in signed_in("lead").get("/en/inbox").text


def test_strange_addresses_do_no_harm(signed_in: SignIn):
    lead = signed_in("lead")
    for query in ("page=-7", "page=x", "aside=AAAAA-AAAAA", "aside=%27"):
        assert "Nothing waits" in lead.get(f"/en/inbox?{query}").text


def test_nobody_else_puts_it_aside(signed_in: SignIn, coalition: Coalition):
    records.in_state(coalition, State.RETURNED)
    page = signed_in("lead").get("/en/inbox")
    (action,) = [form.action for form in page.forms() if form.action.endswith("/aside")]
    for who in ("second_worker", "coordinator"):
        browser = signed_in(who)
        browser.get("/en/inbox")
        assert browser.client.post(action, data={"csrf_token": browser.token()}).status_code == 404
    assert len(entries(signed_in("lead").get("/en/inbox"))) == 1


def choice(coalition: Coalition, who: str) -> str:
    with coalition.reading("operator") as work:
        return work.session.get_one(Account, coalition.people[who].id).mail_choice


def test_everybody_with_an_inbox_chooses_when_to_be_told_by_email(app: Flask, signed_in: SignIn, coalition: Coalition):
    config = replace(coalition.runtime.config, mail="smtp://localhost", mail_sender="notices@example.net")
    app.extensions["coalition"] = replace(coalition.runtime, config=config)
    lead = signed_in("lead")
    lead.get("/en/account")
    page = lead.submit("/en/account/mail", choice="at_once")
    assert "Saved." in page.text
    assert choice(coalition, "lead") == "at_once"
    (chosen,) = [
        item.get("value") for item in page.all("input") if item.get("name") == "choice" and "checked" in item.attrib
    ]
    assert chosen == "at_once"
    page = lead.submit("/en/account/mail", choice="hourly")
    assert "Choose when you want to be told" in page.text
    assert choice(coalition, "lead") == "at_once"
    assert signed_in("administrator").get("/en/account").by_id("mail") is None


def test_where_no_email_is_sent_the_account_says_so(signed_in: SignIn):
    page = signed_in("lead").get("/en/account")
    assert "This site sends no e-mail" in page.text
    assert "/en/account/mail" not in [form.action for form in page.forms()]

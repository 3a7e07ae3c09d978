"""Restricted answers on a member's page, showing the identity once, and the page that tells who looked."""

from collections.abc import Callable
from datetime import timedelta

from coalition.db.audit import actions_used
from coalition.domain.vocabulary import Role, State
from coalition.i18n.acts import ACTS
from coalition.services import accounts
from coalition.services.work import OPERATOR, unit_of_work
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page
from tests.services import records

SignIn = Callable[[str], Browser]
SEALED = ("OWN-17", "21:30", "20 May 2024", "Име на човек", "дневник 7")


def rows(page: Page) -> list[list[str]]:
    """Return the cells of the table, words only."""
    return [
        [" ".join(" ".join(cell.itertext()).split()) for cell in row if cell.tag in {"th", "td"}]
        for row in page.all("tr")[1:]
    ]


def test_identity_is_restricted_until_the_recorder_asks_and_hidden_again_on_the_next_page(
    signed_in: SignIn, coalition: Coalition
):
    reference = records.in_state(coalition, State.ACCEPTED)
    browser, address = signed_in("case_worker"), f"/en/incidents/{reference}"
    page = browser.get(address)
    assert [text for text in SEALED if text in page.text] == []
    assert page.text.count("Restricted") == 6
    page = browser.submit(f"{address}/identity")
    assert [text for text in SEALED if text not in page.text] == []
    assert "Restricted" not in page.text
    assert browser.response is not None
    assert browser.response.headers["Cache-Control"] == "no-store"
    assert page.links()["Hide identity details"] == address
    assert [text for text in SEALED if text in browser.get(address).text] == []


def test_after_ten_minutes_asking_for_identity_asks_who_one_is(signed_in: SignIn, coalition: Coalition, clock: Clock):
    reference = records.begun(coalition)
    browser, address = signed_in("lead"), f"/en/incidents/{reference}"
    browser.get(address)
    clock.now += timedelta(minutes=11)
    page = browser.submit(f"{address}/identity", status=401)
    assert [text for text in SEALED if text in page.text] == []
    assert [form.action for form in page.forms() if "confirm" in form.action]


def test_a_colleague_is_told_who_may_see_it_and_has_no_button(through_the_door: SignIn, coalition: Coalition):
    reference = records.begun(coalition)
    with unit_of_work(coalition.runtime, OPERATOR) as work:
        accounts.create_account(
            work,
            email="colleague@example.org",
            name="Colleague",
            role=Role.CASE_WORKER,
            organisation_code="FIRST",
            password=PASSWORD,
        )
    browser = through_the_door("colleague")
    page = browser.get(f"/en/incidents/{reference}")
    assert "Only whoever recorded it and your organisation’s lead can see it." in page.text
    assert [form for form in page.forms() if form.action.endswith("/identity")] == []
    assert "Who looked at it" not in page.links()


def test_the_lead_reads_who_looked(signed_in: SignIn, coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED)
    records.read(coalition, reference)
    signed_in("coordinator").get(f"/en/reviews/{reference}")
    browser = signed_in("lead")
    address = browser.get(f"/en/incidents/{reference}").links()["Who looked at it"]
    found = rows(browser.get(address))
    case_worker, account = "Case Worker Case worker, First Member", "Account and other texts"
    assert [row[1:] for row in found[:5]] == [
        ["Lead Organisation lead, First Member", "Read it", account],
        ["Coordinator Coordinator, Coalition", "Read it", account],
        [case_worker, "Opened identity details", f"Identity details; {account}"],
        [case_worker, "Read it", account],
        [case_worker, "Submitted it", "–"],
    ]


def test_every_act_that_a_member_can_see_has_words(coalition: Coalition):
    reference = records.in_state(coalition, State.RETURNED)
    records.withdraw(coalition, reference)
    with coalition.reading("operator") as work:
        used = [name for name in actions_used(work.session) if name.startswith("incident.")]
    assert set(used) <= set(ACTS)

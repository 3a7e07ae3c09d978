"""People who wait to be confirmed: what the administrator, the confirmer and the invited person see."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from coalition.domain.approvals import ADMISSION_LASTS
from coalition.domain.authentication import PROOF_LASTS
from coalition.services import accounts
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page
from tests.web.test_accounts import is_in, link_on, person, token_of

SignIn = Callable[[str], Browser]

NEW = "new@example.org"
CHOSEN = "quite another long password"
WAITS = "Your link is good, but does not open yet"


@pytest.fixture
def administrator(signed_in: SignIn) -> Browser:
    return signed_in("administrator")


def add(administrator: Browser, role: str = "lead", organisation: str = "FIRST") -> Page:
    """Add a person; returns the page with the link."""
    administrator.get("/en/people/new")
    typed = {"name": "New Person", "email": NEW, "role": role, "organisation": organisation}
    return administrator.submit("/en/people/new", **typed)


def wish_of(browser: Browser) -> str:
    """Return the address of what waits for somebody."""
    page = browser.get("/en/account")
    assert "Waiting for you" in page.text
    return page.links()["Look at it"]


def test_whomever_an_administrator_adds_gets_in_once_the_lead_has_confirmed_them(
    administrator: Browser, signed_in: SignIn, app: Flask
) -> None:
    page = add(administrator)
    assert "Somebody who knows New Person has to confirm first" in page.text
    link, fresh, lead = link_on(page), Browser(app.test_client()), signed_in("lead")
    listed = person(administrator.get("/en/people"), "New Person")
    assert "Somebody has to confirm this person first" in listed
    assert "Not confirmed" in listed
    assert fresh.get(link).heading == WAITS
    assert fresh.get("/en/invitation").heading == WAITS
    fresh.post("/en/invitation", {"csrf_token": token_of(lead_page(fresh)), "new": CHOSEN, "again": CHOSEN})
    assert not is_in(fresh)
    page = lead.get("/en/incidents")
    assert "1 person waits for you to confirm them" in page.text
    page = lead.get(wish_of(lead))
    assert page.heading == "A new person"
    for words in ("New Person", NEW, "Organisation lead, First Member", "Administrator"):
        assert words in page.text
    page = lead.submit(f"{lead.path}/confirm")
    assert "Confirmed. The one-time link of this person opens from now on." in page.text
    assert "Waiting for you" not in page.text
    assert "waits for you" not in lead.get("/en/incidents").text
    assert fresh.get("/en/invitation").heading == "Choose a password", "the link stayed good"
    fresh.submit("/en/invitation", new=CHOSEN, again=CHOSEN)
    assert is_in(fresh)
    assert "Not confirmed" not in person(administrator.get("/en/people"), "New Person")


def lead_page(browser: Browser) -> Browser:
    """Have a visitor open a page that carries a form's token."""
    browser.get("/en/sign-in")
    return browser


def test_the_administrator_who_asked_takes_back_and_cannot_confirm(administrator: Browser, signed_in: SignIn) -> None:
    add(administrator)
    page = administrator.get("/en/account")
    assert "You asked for it" in page.text
    assert "Waiting for you" not in page.text
    wish = wish_of(signed_in("lead"))
    page = administrator.get(wish)
    assert f"{wish}/confirm" not in [form.action for form in page.forms()]
    for act in ("confirm", "refuse"):
        page = administrator.post(f"{wish}/{act}", {"csrf_token": token_of(administrator)})
        assert "You cannot decide about this person. It takes somebody else." in page.text
    administrator.get(wish)
    page = administrator.submit(f"{wish}/withdraw")
    assert "The request is taken back." in page.text
    assert "Nobody has confirmed this person" in person(administrator.get("/en/people"), "New Person")


def test_refusing_ends_the_link(administrator: Browser, signed_in: SignIn, app: Flask) -> None:
    link, lead = link_on(add(administrator)), signed_in("lead")
    lead.get(wish_of(lead))
    page = lead.submit(f"{lead.path}/refuse")
    assert "Refused. Nothing opens." in page.text
    assert Browser(app.test_client()).get(link, status=410).heading == "This link does not open"


@pytest.mark.parametrize(
    ("role", "organisation", "who"),
    [("coordinator", "", "coordinator"), ("case_worker", "SECOND", "coordinator"), ("case_worker", "FIRST", "lead")],
)
def test_who_is_asked_sees_it_and_others_do_not(
    administrator: Browser, signed_in: SignIn, role: str, organisation: str, who: str
) -> None:
    add(administrator, role, organisation)
    wish = wish_of(signed_in(who))
    for other in {"lead", "coordinator"} - {who}:
        browser = signed_in(other)
        assert "Waiting for you" not in browser.get("/en/account").text
        browser.get(wish, status=404)
    for other in ("case_worker", "auditor"):
        signed_in(other).get(wish, status=403)


def test_a_second_administrator_confirms_as_well(
    administrator: Browser, signed_in: SignIn, coalition: Coalition
) -> None:
    with coalition.work("operator") as work:
        coalition.people["second"] = accounts.create_account(
            work, email="a2@example.org", name="A2", role="administrator", organisation_code=None, password=PASSWORD
        )
    add(administrator, "administrator", "")
    second = signed_in("second")
    second.get(wish_of(second))
    assert "Confirmed." in second.submit(f"{second.path}/confirm").text


def test_a_wider_role_waits_and_is_shown_with_the_present_one(
    administrator: Browser, signed_in: SignIn, coalition: Coalition
) -> None:
    worker, lead = signed_in("case_worker"), signed_in("lead")
    path = f"/en/people/{coalition.people['case_worker'].reference}"
    administrator.get(path)
    page = administrator.submit(path, role="lead")
    assert "Saved. The new role or organisation holds once somebody else has confirmed it" in page.text
    assert "Somebody has to confirm the new role: Organisation lead" in person(page, "Case Worker")
    assert is_in(worker), "nothing has changed yet"
    page = lead.get(wish_of(lead))
    assert page.heading == "A new role"
    assert "Role until now Case worker, First Member New role Organisation lead, First Member" in page.text
    page = lead.submit(f"{lead.path}/confirm")
    assert "Confirmed. The new role holds from now on" in page.text
    assert not is_in(worker)
    assert "Organisation lead" in person(administrator.get("/en/people"), "Case Worker")


def test_confirming_asks_first_who_one_is(administrator: Browser, signed_in: SignIn, clock: Clock) -> None:
    add(administrator)
    lead = signed_in("lead")
    lead.get(wish_of(lead))
    wish = lead.path
    clock.now += PROOF_LASTS
    page = lead.submit(f"{wish}/confirm", status=401)
    assert page.heading == "Show that it is you"
    lead.submit("/en/confirm", password=PASSWORD)
    assert "Confirmed." in lead.submit(f"{wish}/confirm").text


def test_what_waited_too_long_is_gone(
    administrator: Browser, signed_in: SignIn, coalition: Coalition, clock: Clock
) -> None:
    add(administrator)
    wish = wish_of(signed_in("lead"))
    clock.now += ADMISSION_LASTS + timedelta(seconds=1)
    late = signed_in("lead")
    assert "waits for you" not in late.get("/en/incidents").text
    late.get(wish, status=404)
    late.get("/en/account")
    late.post(f"{wish}/confirm", {"csrf_token": token_of(late)}, status=404)
    assert coalition.people


def test_the_pages_speak_the_readers_language(administrator: Browser, signed_in: SignIn) -> None:
    add(administrator)
    lead = signed_in("lead")
    wish = wish_of(lead).replace("/en/", "/bg/")
    for path in (wish, "/bg/account", "/bg/incidents"):
        assert lead.get(path).root.get("lang") == "bg"

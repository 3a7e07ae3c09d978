"""One's own password, people as the administrator looks after them, one-time links, lost second factors."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from coalition.domain.throttling import FREE, Counter
from coalition.services.codes import code_at
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page

SignIn = Callable[[str], Browser]

NOT_RIGHT = "The e-mail address or the password is not right"
LEAD = "lead@example.org"
OTHER_PASSWORD = "quite another long password"


@pytest.fixture
def administrator(signed_in: SignIn) -> Browser:
    return signed_in("administrator")


def enter(browser: Browser, email: str, password: str = PASSWORD, status: int = 200, where: str = "") -> Page:
    """Fill in the sign-in page."""
    browser.get(f"/en/sign-in{where}")
    return browser.submit("/en/sign-in", status=status, email=email, password=password)


def is_in(browser: Browser) -> bool:
    """Tell whether a browser's session is good."""
    response = browser.fetch("/en/account")
    assert response.status_code in {200, 302}
    return response.status_code == 200


def person(page: Page, name: str) -> str:
    """Return what the list of people says of one of them."""
    found = [item for item in page.all("li") if item.get("class") == "record"]
    texts = [" ".join("".join(item.itertext()).split()) for item in found]
    return next(text for text in texts if text.startswith(name))


def link_on(page: Page) -> str:
    """Return the path of the one-time link that a page shows."""
    (shown,) = [code for code in page.all("code") if code.get("class") == "secret"]
    return urlsplit("".join(shown.itertext()).strip()).path


def token_of(browser: Browser) -> str:
    assert browser.page is not None
    return next(form.values["csrf_token"][0] for form in browser.page.forms() if "csrf_token" in form.values)


# --- one's own password ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"present": "not my password"}, "This is not your present password"),
        ({"present": ""}, "Enter your present password"),
        ({"new": "", "again": ""}, "Enter a new password"),
        ({"again": "something else"}, "The two passwords are not the same"),
        ({"new": "short", "again": "short"}, "The password needs at least 12 characters"),
        ({"new": "x" * 257, "again": "x" * 257}, "The password has more than 256 characters"),
        ({"new": "abababababab", "again": "abababababab"}, "The password repeats the same few characters"),
        ({"new": "lead password", "again": "lead password"}, "The password is mostly a common word"),
    ],
)
def test_a_password_that_cannot_be_is_refused_with_the_reason(
    signed_in: SignIn, app: Flask, typed: dict[str, str], error: str
) -> None:
    browser = signed_in("lead")
    browser.get("/en/account")
    everything = {"present": PASSWORD, "new": OTHER_PASSWORD, "again": OTHER_PASSWORD, **typed}
    page = browser.submit("/en/account", status=422, **everything)
    assert [text.startswith(error) for text in page.errors()] == [True]
    for text in filter(None, everything.values()):
        assert f'value="{text}"' not in page.html, "a password is never sent back"
    enter(Browser(app.test_client()), LEAD)


def test_changing_the_password_ends_every_other_session(signed_in: SignIn, app: Flask) -> None:
    browser, other = signed_in("lead"), signed_in("lead")
    assert is_in(other)
    browser.get("/en/account")
    page = browser.submit("/en/account", present=PASSWORD, new=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert "The password is changed. You are signed out everywhere else." in page.text
    assert is_in(browser)
    assert not is_in(other)
    fresh = Browser(app.test_client())
    enter(fresh, LEAD, PASSWORD, 422)
    enter(fresh, LEAD, OTHER_PASSWORD)
    assert is_in(fresh)


def test_guessing_the_present_password_has_to_wait(through_the_door: SignIn) -> None:
    browser = through_the_door("lead")
    browser.get("/en/account")
    typed = {"new": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    for _ in range(FREE[Counter.DEVICE]):
        browser.submit("/en/account", status=422, present="wrong", **typed)
    assert browser.submit("/en/account", status=429, present=PASSWORD, **typed).errors()


# --- people ------------------------------------------------------------------------------------------------


def test_the_list_says_who_there_is_and_when_they_were_last_there(administrator: Browser) -> None:
    page = administrator.get("/en/people")
    lead = person(page, "Lead")
    assert "lead@example.org Organisation lead First Member Never signed in" in lead
    assert lead.endswith("Active Change One-time link End their sessions Stop access")
    own = person(page, "Administrator")
    assert "Last signed in on 2 Mar 2026, 12:00" in own, "in the coalition's own time"
    assert "With a second factor" in own
    assert not [form.action for form in page.forms() if "@" in form.action or "%40" in form.action]


def add(administrator: Browser) -> str:
    """Add a person; returns the path of the link made for them."""
    administrator.get("/en/people/new")
    typed = {"name": "New Person", "email": "New@Example.org", "role": "case_worker", "organisation": "SECOND"}
    page = administrator.submit("/en/people/new", **typed)
    assert page.heading == "The person was added"
    assert administrator.response.headers["Cache-Control"] == "no-store"
    return link_on(page)


def admitted(browser: Browser) -> None:
    """Have somebody confirm the person who waits for them."""
    page = browser.get("/en/account")
    browser.get(page.links()["Look at it"])
    browser.submit(f"{browser.path}/confirm")


def test_a_person_is_added_and_chooses_a_password_by_a_link_that_is_shown_once(
    administrator: Browser, signed_in: SignIn, app: Flask
) -> None:
    link = add(administrator)
    admitted(signed_in("coordinator"))
    listed = administrator.get("/en/people")
    told = person(listed, "New Person")
    assert "new@example.org Case worker Second Member Never signed in A one-time link waits to be opened" in told
    assert link not in listed.html
    for _ in range(2):
        preview = Browser(app.test_client()).fetch(link)
        assert (preview.status_code, preview.headers["Location"]) == (302, "/en/invitation")
        assert preview.headers["Cache-Control"] == "no-store"
    fresh = Browser(app.test_client())
    page = fresh.get(link)
    assert fresh.path == "/en/invitation", "the address does not keep the link"
    assert "You will sign in with new@example.org and this password." in page.text
    assert {page.by_id(name).get("autocomplete") for name in ("new", "again")} == {"new-password"}
    for typed, error in (
        ({"new": "short", "again": "short"}, "The password needs at least 12 characters"),
        ({"new": OTHER_PASSWORD, "again": "x"}, "The two passwords are not the same"),
        ({"new": "1qaz2wsx3edc", "again": "1qaz2wsx3edc"}, "This is one of the passwords that are tried first."),
    ):
        assert fresh.submit("/en/invitation", status=422, **typed).errors()[0].startswith(error)
    fresh.submit("/en/invitation", new=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert fresh.path == "/en/incidents"
    assert is_in(fresh)
    late = Browser(app.test_client())
    assert late.get(link, status=410).heading == "This link does not open"


def test_every_link_that_is_not_good_gets_the_same_answer(administrator: Browser, app: Flask, clock: Clock) -> None:
    link = add(administrator)
    clock.now += timedelta(hours=72)
    pages = []
    for path in (link, "/en/invitation/nothing", "/en/invitation"):
        browser = Browser(app.test_client())
        pages.append(browser.get(path, status=410).html)
    assert len(set(pages)) == 1


def test_a_link_leads_whoever_needs_a_second_factor_to_setting_it_up(
    administrator: Browser, signed_in: SignIn, app: Flask
) -> None:
    administrator.get("/en/people/new")
    typed = {"name": "New Person", "email": "new@example.org", "role": "coordinator", "organisation": ""}
    link = link_on(administrator.submit("/en/people/new", **typed))
    admitted(signed_in("coordinator"))
    fresh = Browser(app.test_client())
    fresh.get(link)
    page = fresh.submit("/en/invitation", new=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert page.heading == "Set up your second factor"
    assert fresh.fetch("/en/reviews").status_code == 302


def test_a_link_instead_of_a_lost_password_ends_every_session_once_it_is_used(
    administrator: Browser, signed_in: SignIn, app: Flask, coalition: Coalition
) -> None:
    browser, second = signed_in("lead"), signed_in("coordinator")
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{coalition.people['lead'].reference}/link")
    assert page.heading == "A one-time link"
    assert "It does not open yet" in page.text
    assert is_in(browser), "a link that nobody opens changes nothing"
    fresh, link = Browser(app.test_client()), link_on(page)
    fresh.get(link, status=410)
    assert "A second person has to confirm the one-time link" in person(administrator.get("/en/people"), "Lead")
    page = second.get("/en/account")
    assert "Administrator made a one-time link to choose a new password with" in page.text
    page = second.submit(next(form.action for form in page.forms() if "/account/resets/" in form.action))
    assert "The link is good now." in page.text
    fresh.get(link)
    fresh.submit("/en/invitation", new=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert is_in(fresh)
    assert "Others made a one-time link" in fresh.page.text, "whoever comes in is told"
    assert not is_in(browser)
    enter(Browser(app.test_client()), LEAD, PASSWORD, 422)


def test_an_administrator_signs_somebody_out_everywhere(
    administrator: Browser, signed_in: SignIn, coalition: Coalition
) -> None:
    browsers = [signed_in("lead"), signed_in("lead")]
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{coalition.people['lead'].reference}/sessions")
    assert "Every session of this person has ended." in page.text
    assert not [browser for browser in browsers if is_in(browser)]
    assert is_in(administrator)
    enter(browsers[0], LEAD)
    assert is_in(browsers[0])


def test_the_page_with_a_link_leads_nowhere_that_cannot_be_opened(administrator: Browser, coalition: Coalition) -> None:
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{coalition.people['lead'].reference}/link")
    assert page.links()["Български"] == "/bg/"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"role": "case_worker"}, "Case worker First Member"),
        ({"organisation": "SECOND"}, "Organisation lead First Member"),
        ({"role": "coordinator", "organisation": ""}, "lead@example.org Organisation lead First Member"),
    ],
)
def test_a_narrower_role_holds_at_once_and_anything_else_waits(
    administrator: Browser, signed_in: SignIn, coalition: Coalition, typed: dict[str, str], says: str
) -> None:
    browser, path = signed_in("lead"), f"/en/people/{coalition.people['lead'].reference}"
    form = administrator.get(path).form(path)
    assert (form.values["role"], form.values["organisation"]) == (["lead"], ["FIRST"])
    page = administrator.submit(path, **typed)
    assert "Saved." in page.text
    assert says in person(page, "Lead")
    assert is_in(browser) is (typed != {"role": "case_worker"})


def test_a_role_that_cannot_be_is_explained(administrator: Browser, coalition: Coalition) -> None:
    path = f"/en/people/{coalition.people['coordinator'].reference}"
    administrator.get(path)
    page = administrator.submit(path, status=422, role="lead", organisation="")
    assert page.errors() == ["Choose the organisation this person works for"]
    assert administrator.submit(path, status=422, name="").errors() == ["Enter a name"]


def test_a_lost_second_factor_takes_two_people(administrator: Browser, signed_in: SignIn, coalition: Coalition) -> None:
    lost = signed_in("coordinator")
    reference = coalition.people["coordinator"].reference
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{reference}/second-factor")
    assert "Nothing has happened yet." in page.text
    assert "A second person has to confirm" in person(page, "Coordinator")
    assert "Take back" in administrator.get("/en/account").text
    assert is_in(lost)
    assert "Waiting for a second person" not in lost.get("/en/account").text
    second = signed_in("lead")
    page = second.get("/en/account")
    assert "Administrator says that the second factor is lost" in page.text
    action = next(form.action for form in page.forms() if "/account/resets/" in form.action)
    administrator.get("/en/account")
    refused = administrator.post(action, {"csrf_token": token_of(administrator)})
    assert "This needs two people" in refused.text
    page = second.submit(action)
    assert "The second factor is taken away." in page.text
    assert not is_in(lost)
    page = enter(lost, "coordinator@example.org")
    assert page.heading == "Set up your second factor"


def test_the_person_is_told_that_others_took_the_second_factor_away(
    administrator: Browser, signed_in: SignIn, coalition: Coalition, clock: Clock, app: Flask
) -> None:
    administrator.get("/en/people")
    administrator.submit(f"/en/people/{coalition.people['coordinator'].reference}/second-factor")
    second = signed_in("lead")
    page = second.get("/en/account")
    second.submit(next(form.action for form in page.forms() if "/account/resets/" in form.action))
    browser = Browser(app.test_client())
    enter(browser, "coordinator@example.org")
    page = browser.get("/en/account/second-factor/app")
    (shown,) = [code for code in page.all("code") if code.get("class") == "secret"]
    secret = "".join("".join(shown.itertext()).split())
    page = browser.submit("/en/account/second-factor/app", code=code_at(secret, clock.now))
    told = "Two people of the coalition took away your second factor because it was lost."
    assert told in page.text
    assert told not in browser.get("/en/account").text, "once"


@pytest.mark.parametrize(
    ("typed", "error", "field"),
    [
        ({"name": ""}, "Enter a name", "name"),
        ({"name": "  "}, "Enter a name", "name"),
        ({"email": ""}, "Enter the e-mail address", "email"),
        ({"email": "no address"}, "Enter an e-mail address such as name@example.org", "email"),
        ({"email": "LEAD@example.org"}, "Somebody signs in with this address already", "email"),
        ({"role": ""}, "Choose a role", "role"),
        ({"organisation": ""}, "Choose the organisation this person works for", "organisation"),
    ],
)
def test_a_person_who_cannot_be_added_is_explained_beside_the_field(
    administrator: Browser, typed: dict[str, str], error: str, field: str
) -> None:
    administrator.get("/en/people/new")
    everything = {"name": "New", "email": "new@example.org", "role": "lead", "organisation": "FIRST", **typed}
    page = administrator.submit("/en/people/new", status=422, **everything)
    assert page.errors() == [error]
    beside = page.by_id(f"{field}-error")
    assert beside is not None
    assert error in "".join(beside.itertext())
    assert page.form("/en/people/new").values["name"] == [everything["name"].strip()]
    assert "New" not in [words.text for words in administrator.get("/en/people").all("h2")]


@pytest.mark.parametrize("typed", [{"role": "operator"}, {"role": "nobody"}, {"organisation": "NOWHERE"}])
def test_only_what_is_offered_can_be_chosen(administrator: Browser, typed: dict[str, str]) -> None:
    administrator.get("/en/people/new")
    everything = {"name": "New", "email": "new@example.org", "role": "lead", "organisation": "FIRST", **typed}
    assert administrator.submit("/en/people/new", status=422, **everything).errors()


def test_access_is_stopped_and_restored(
    administrator: Browser, signed_in: SignIn, app: Flask, coalition: Coalition
) -> None:
    browser, action = signed_in("lead"), f"/en/people/{coalition.people['lead'].reference}/access"
    administrator.get("/en/people")
    page = administrator.submit(action, button=("active", "no"))
    assert "Access is stopped and every session has ended." in page.text
    assert "Stopped" in person(page, "Lead")
    assert not is_in(browser)
    assert enter(Browser(app.test_client()), LEAD, PASSWORD, 422).errors() == [NOT_RIGHT]
    page = administrator.submit(action, button=("active", "yes"))
    assert "Access is restored." in page.text
    assert not is_in(browser), "the sessions that ended stay ended"
    enter(browser, LEAD)
    assert is_in(browser)


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/access", {"active": "no"}, "You cannot stop or restore your own access."),
        ("/access", {"active": "yes"}, "You cannot stop or restore your own access."),
        ("/link", {}, "You change your own password under “My account”."),
        ("/sessions", {}, "You end your own sessions under “My account”."),
        ("/second-factor", {}, "Your own second factor is taken away by two other people"),
        ("", {"name": "A", "role": "coordinator", "organisation": ""}, "You cannot change your own role."),
    ],
)
def test_administrators_look_after_others_and_not_after_themselves(
    administrator: Browser, coalition: Coalition, path: str, fields: dict[str, str], words: str
) -> None:
    own = person(administrator.get("/en/people"), "Administrator")
    assert own.endswith("Active"), "no button is offered"
    where = f"/en/people/{coalition.people['administrator'].reference}{path}"
    page = administrator.post(where, {"csrf_token": token_of(administrator), **fields})
    assert administrator.path == "/en/people"
    assert words in page.text
    assert is_in(administrator)


@pytest.mark.parametrize("what", ["", "/access", "/link", "/sessions", "/second-factor"])
def test_somebody_who_does_not_exist_is_not_found(administrator: Browser, what: str) -> None:
    administrator.get("/en/people")
    administrator.post(f"/en/people/AAAAA-AAAAA{what}", {"csrf_token": token_of(administrator)}, status=404)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator", "auditor"])
def test_only_administrators_look_after_people(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    browser = signed_in(who)
    browser.get("/en/account")
    token = token_of(browser)
    other = coalition.people["second_worker"].reference
    for path in ("/en/people", "/en/people/new", f"/en/people/{other}"):
        browser.get(path, status=403)
    for path in ("new", other, f"{other}/access", f"{other}/link", f"{other}/second-factor"):
        browser.post(f"/en/people/{path}", {"csrf_token": token}, status=403)
    assert is_in(signed_in("second_worker")), "nothing has changed for whom it was about"


def test_the_pages_speak_the_readers_language(administrator: Browser, coalition: Coalition) -> None:
    for path in ("people", "people/new", f"people/{coalition.people['lead'].reference}", "account"):
        assert administrator.get(f"/bg/{path}").root.get("lang") == "bg"

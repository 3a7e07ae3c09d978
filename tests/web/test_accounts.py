"""Signing in and out, sessions, one's own password, and people as the administrator looks after them."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask

from coalition.services.accounts import MOST_FAILURES
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


def password_on(page: Page) -> str:
    """Return the password that a page shows."""
    return "".join(page.all("code")[0].itertext()).strip()


# --- signing in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "start"),
    [
        ("case_worker", "/en/incidents"),
        ("lead", "/en/incidents"),
        ("coordinator", "/en/reviews"),
        ("administrator", "/en/people"),
    ],
)
@pytest.mark.usefixtures("coalition")
def test_everybody_begins_where_their_work_is(client: Browser, who: str, start: str) -> None:
    enter(client, f" {who.upper()}@example.org ")
    assert client.path == start
    client.get("/en/sign-in")
    assert client.path == start, "whoever is signed in is not asked again"


@pytest.mark.usefixtures("coalition")
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Browser) -> None:
    pages = [enter(client, email, "wrong password", 422) for email in (LEAD, "unknown@example.org")]
    assert [page.errors() for page in pages] == [[NOT_RIGHT], [NOT_RIGHT]]
    assert pages[0].text == pages[1].text
    for page in pages:
        (shown,) = [field for field in page.all("input") if field.get("type") == "password"]
        assert shown.get("value", "") == "", "a password is never sent back"
    assert not is_in(client)


@pytest.mark.usefixtures("coalition")
def test_an_empty_form_says_what_is_missing(client: Browser) -> None:
    assert enter(client, "", "", 422).errors() == ["Enter the e-mail address", "Enter the password"]


@pytest.mark.usefixtures("coalition")
def test_after_too_many_failures_even_the_right_password_has_to_wait(client: Browser, clock: Clock) -> None:
    for _ in range(MOST_FAILURES):
        enter(client, LEAD, "wrong password", 422)
    page = enter(client, LEAD, PASSWORD, 429)
    assert page.errors() == ["Too many failed attempts. Wait a quarter of an hour and try again."]
    assert not is_in(client)
    clock.now += timedelta(minutes=16)
    enter(client, LEAD)
    assert is_in(client)


@pytest.mark.parametrize("path", ["/en/account", "/bg/incidents?state=draft&page=2"])
@pytest.mark.usefixtures("coalition")
def test_signing_in_comes_back_to_the_page_that_was_asked_for(client: Browser, path: str) -> None:
    page = client.get(path)
    language = path[1:3]
    assert client.path == f"/{language}/sign-in"
    assert page.form(f"/{language}/sign-in").values["next"] == [path]
    data = {**page.form(f"/{language}/sign-in").values, "email": LEAD, "password": PASSWORD}
    response = client.client.post(f"/{language}/sign-in", data=data)
    assert response.headers["Location"] == path


STRANGE = (
    "//evil.example",
    "///evil.example",
    "http://evil.example",
    "https:evil.example",
    "http:",
    "javascript:alert(1)",
    "/\\evil.example",
    "\\\\evil.example",
    "/\tevil",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\x00",
    "evil.example",
    "",
)


@pytest.mark.parametrize("target", STRANGE)
@pytest.mark.usefixtures("coalition")
def test_signing_in_leads_to_no_other_site(client: Browser, target: str) -> None:
    page = client.get(f"/en/sign-in?next={quote(target, safe='')}")
    values = page.form("/en/sign-in").values
    assert values["next"] == [""]
    data = {**values, "email": LEAD, "password": PASSWORD, "next": target}
    assert client.client.post("/en/sign-in", data=data).headers["Location"] == "/en/incidents"


@pytest.mark.usefixtures("coalition")
def test_a_form_without_its_token_is_not_taken(client: Browser) -> None:
    page = client.post("/en/sign-in", {"email": LEAD, "password": PASSWORD}, status=400)
    assert page.heading == "The form has expired"
    assert not is_in(client)


# --- sessions ----------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session(signed_in: SignIn) -> None:
    browser = signed_in("lead")
    assert is_in(browser)
    page = browser.submit("/en/sign-out")
    assert browser.path == "/en/"
    assert "You are signed out." in page.text
    assert not is_in(browser)


def test_a_session_lasts_twelve_hours_however_much_it_is_used(signed_in: SignIn, clock: Clock) -> None:
    browser = signed_in("lead")
    for _ in range(11):
        clock.now += timedelta(hours=1)
        assert is_in(browser)
    clock.now += timedelta(minutes=59, seconds=59)
    assert is_in(browser)
    clock.now += timedelta(seconds=1)
    assert not is_in(browser)
    enter(browser, LEAD)
    assert is_in(browser), "signing in again begins a new session"


@pytest.mark.parametrize("started", [None, "now"])
def test_a_session_that_does_not_say_when_it_began_is_refused(signed_in: SignIn, started: str | None) -> None:
    browser = signed_in("lead")
    with browser.client.session_transaction() as session:
        session["started_at"] = started
    assert not is_in(browser)


@pytest.mark.parametrize("path", ["/en/account", "/en/incidents", "/en/", "/en/nothing-here"])
def test_what_a_signed_in_person_sees_is_kept_nowhere(signed_in: SignIn, path: str) -> None:
    assert signed_in("lead").fetch(path).headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("coalition")
def test_signing_in_and_out_is_kept_nowhere_either(client: Browser) -> None:
    assert client.fetch("/en/sign-in").headers["Cache-Control"] == "no-store"
    enter(client, LEAD)
    assert client.page is not None
    token = client.page.form("/en/sign-out").values["csrf_token"]
    response = client.client.post("/en/sign-out", data={"csrf_token": token})
    assert response.headers["Cache-Control"] == "no-store"


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


# --- people ------------------------------------------------------------------------------------------------


def test_the_list_says_who_there_is_and_when_they_were_last_there(administrator: Browser) -> None:
    page = administrator.get("/en/people")
    lead = person(page, "Lead")
    assert "lead@example.org Organisation lead First Member Never signed in" in lead
    assert lead.endswith("Active New password Stop access")
    assert "Last signed in on 2 Mar 2026, 12:00" in person(page, "Administrator"), "in the coalition's own time"


def test_a_person_is_added_and_the_password_is_shown_once(administrator: Browser, app: Flask) -> None:
    administrator.get("/en/people/new")
    typed = {"name": "New Person", "email": "New@Example.org", "role": "case_worker", "organisation": "SECOND"}
    page = administrator.submit("/en/people/new", **typed)
    assert page.heading == "The person was added"
    password = password_on(page)
    listed = administrator.get("/en/people")
    assert "new@example.org Case worker Second Member Never signed in" in person(listed, "New Person")
    assert password not in listed.html
    fresh = Browser(app.test_client())
    enter(fresh, "new@example.org", password)
    assert fresh.path == "/en/incidents"


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


def test_access_is_stopped_and_restored(administrator: Browser, signed_in: SignIn, app: Flask) -> None:
    browser, action = signed_in("lead"), f"/en/people/{LEAD}/access"
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


def test_a_reset_password_is_shown_once_and_ends_every_session(
    administrator: Browser, signed_in: SignIn, app: Flask
) -> None:
    browser = signed_in("lead")
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{LEAD}/password")
    assert page.heading == "A new password"
    assert not is_in(browser)
    fresh = Browser(app.test_client())
    enter(fresh, LEAD, PASSWORD, 422)
    enter(fresh, LEAD, password_on(page))
    assert is_in(fresh)


def test_the_page_with_a_new_password_leads_nowhere_that_cannot_be_opened(administrator: Browser) -> None:
    administrator.get("/en/people")
    page = administrator.submit(f"/en/people/{LEAD}/password")
    assert page.links()["Български"] == "/bg/"
    administrator.get("/en/people/new")
    typed = {"name": "New", "email": "new@example.org", "role": "lead", "organisation": "FIRST"}
    links = administrator.submit("/en/people/new", **typed).links()
    assert links["Български"] == "/bg/people/new"
    administrator.get(links["Български"])


@pytest.mark.parametrize(
    ("path", "active", "words"),
    [
        ("administrator@example.org/access", "no", "You cannot stop or restore your own access."),
        ("Administrator@EXAMPLE.org/access", "no", "You cannot stop or restore your own access."),
        ("administrator@example.org/access", "yes", "You cannot stop or restore your own access."),
        ("administrator@example.org/password", "", "You cannot reset your own password."),
        ("Administrator@EXAMPLE.org/password", "", "You cannot reset your own password."),
    ],
)
def test_administrators_do_not_lock_themselves_out(
    administrator: Browser, app: Flask, path: str, active: str, words: str
) -> None:
    own = person(administrator.get("/en/people"), "Administrator")
    assert own.endswith("Active"), "no button is offered"
    assert administrator.page is not None
    token = administrator.page.form("/en/sign-out").values["csrf_token"]
    page = administrator.post(f"/en/people/{path}", {"csrf_token": token, "active": active})
    assert administrator.path == "/en/people"
    assert words in page.text
    assert is_in(administrator)
    enter(Browser(app.test_client()), "administrator@example.org")


@pytest.mark.parametrize("what", ["access", "password"])
def test_somebody_who_does_not_exist_is_not_found(administrator: Browser, what: str) -> None:
    token = administrator.get("/en/people").form("/en/sign-out").values["csrf_token"]
    administrator.post(f"/en/people/unknown@example.org/{what}", {"csrf_token": token}, status=404)


@pytest.mark.parametrize("who", ["case_worker", "lead", "coordinator"])
def test_only_administrators_look_after_people(signed_in: SignIn, coalition: Coalition, who: str) -> None:
    browser = signed_in(who)
    token = browser.get("/en/account").form("/en/account").values["csrf_token"]
    for path in ("/en/people", "/en/people/new"):
        browser.get(path, status=403)
    other = coalition.people["second_worker"].email
    for path in ("new", f"{other}/access", f"{other}/password"):
        browser.post(f"/en/people/{path}", {"csrf_token": token}, status=403)
    assert is_in(signed_in("second_worker")), "nothing has changed for whom it was about"


def test_the_pages_speak_the_readers_language(administrator: Browser) -> None:
    for path in ("people", "people/new", "account"):
        assert administrator.get(f"/bg/{path}").root.get("lang") == "bg"

"""The sign-in pages: password, second step, passkey, sessions that end, and showing once more who one is."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask

from coalition.app import create_app
from coalition.db.factors import remove_factors
from coalition.domain.authentication import IDLE, PROOF_LASTS
from coalition.domain.throttling import FREE, Counter
from coalition.domain.vocabulary import State
from coalition.services import accounts, jobs, settings
from coalition.services.codes import code_at
from coalition.services.work import Runtime
from coalition.web.access import needs_recent_proof
from tests.conftest import PASSWORD, Clock, Coalition
from tests.page import Browser, Page
from tests.services import records
from tests.services.authenticator import Authenticator

SignIn = Callable[[str], Browser]


@pytest.fixture
def signed_in(through_the_door: SignIn) -> SignIn:
    """Sign everybody in through the pages: they are what is tested here."""
    return through_the_door


NOT_RIGHT = "The e-mail address or the password is not right"
WRONG_CODE = "This code is not right, or it was used already"
LEAD, COORDINATOR = "lead@example.org", "coordinator@example.org"
ADMINISTRATOR = "administrator@example.org"
SECOND_STEP, SET_UP = "/en/sign-in/second-step", "/en/account/second-factor"


def enter(browser: Browser, email: str, password: str = PASSWORD, status: int = 200, where: str = "") -> Page:
    """Fill in the sign-in page."""
    browser.get(f"/en/sign-in{where}")
    return browser.submit("/en/sign-in", status=status, email=email, password=password)


def is_in(browser: Browser) -> bool:
    """Tell whether a browser's session is good."""
    response = browser.fetch("/en/account")
    assert response.status_code in {200, 302}
    return response.status_code == 200


def token_of(browser: Browser) -> str:
    assert browser.page is not None
    return next(form.values["csrf_token"][0] for form in browser.page.forms() if "csrf_token" in form.values)


# --- the password ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "start"),
    [
        ("case_worker", "/en/incidents"),
        ("lead", "/en/incidents"),
        ("coordinator", "/en/reviews"),
        ("administrator", "/en/people"),
        ("auditor", "/en/log"),
    ],
)
def test_everybody_begins_where_their_work_is(signed_in: SignIn, who: str, start: str) -> None:
    browser = signed_in(who)
    assert browser.path == start
    browser.get("/en/sign-in")
    assert browser.path == start, "whoever is signed in is not asked again"


def without_tokens(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


def test_a_known_and_an_unknown_address_get_the_same_answer_byte_for_byte(
    coalition: Coalition, app: Flask, clock: Clock
) -> None:
    with coalition.work("administrator") as work:
        accounts.set_active(work, "second_worker@example.org", active=False)
    answers: list[list[tuple[int, str, str]]] = []
    for email in (LEAD, COORDINATOR, "second_worker@example.org", "unknown@example.org"):
        browser, seen = Browser(app.test_client()), []
        for _ in range(FREE[Counter.PAIR] + 2):
            browser.get("/en/sign-in")
            response = browser.client.post(
                "/en/sign-in", data={"csrf_token": token_of(browser), "email": email, "password": "wrong password"}
            )
            page = without_tokens(response.get_data(as_text=True)).replace(email, "")
            headers = {name: value for name, value in response.headers if name not in {"Set-Cookie", "Content-Length"}}
            seen.append((response.status_code, page, str(headers)))
        answers.append(seen)
        clock.now += timedelta(hours=2)
    assert [status for status, _page, _headers in answers[0]] == [422] * FREE[Counter.PAIR] + [429] * 2
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.usefixtures("coalition")
def test_a_wrong_password_is_said_and_never_sent_back(client: Browser) -> None:
    page = enter(client, LEAD, "wrong password", 422)
    assert page.errors() == [NOT_RIGHT]
    (shown,) = [field for field in page.all("input") if field.get("type") == "password"]
    assert shown.get("value", "") == ""
    assert not is_in(client)


@pytest.mark.usefixtures("coalition")
def test_an_empty_form_says_what_is_missing(client: Browser) -> None:
    assert enter(client, "", "", 422).errors() == ["Enter the e-mail address", "Enter the password"]


@pytest.mark.usefixtures("coalition")
def test_password_fields_let_password_managers_do_their_work(client: Browser) -> None:
    page = client.get("/en/sign-in")
    wanted = {"email": "username webauthn", "password": "current-password"}
    assert {name: page.by_id(name).get("autocomplete") for name in wanted} == wanted


@pytest.mark.usefixtures("coalition")
def test_the_wait_is_told_and_ends(client: Browser, clock: Clock) -> None:
    for _ in range(FREE[Counter.PAIR]):
        enter(client, LEAD, "wrong password", 422)
    assert enter(client, LEAD, status=429).errors() == ["Too many failed attempts. Try again in 30 seconds."]
    for minutes in (0.5, 1, 2, 4, 8):
        clock.now += timedelta(minutes=minutes)
        enter(client, LEAD, "wrong password", 422)
    assert enter(client, LEAD, status=429).errors() == ["Too many failed attempts. Try again in 15 minutes."]
    assert not is_in(client)
    clock.now += timedelta(minutes=15)
    enter(client, LEAD)
    assert is_in(client)


def test_the_device_somebody_signed_in_on_is_not_held_up_by_an_attack_from_elsewhere(
    signed_in: SignIn, app: Flask
) -> None:
    known = signed_in("lead")
    known.submit("/en/sign-out")
    attacker = Browser(app.test_client())
    for _ in range(FREE[Counter.PAIR]):
        enter(attacker, LEAD, "wrong password", 422)
    enter(attacker, LEAD, status=429)
    enter(known, LEAD)
    assert is_in(known)


def test_a_device_cookie_that_was_made_up_helps_nobody(signed_in: SignIn, app: Flask) -> None:
    cookie = signed_in("lead").client.get_cookie("coalition-device")
    assert cookie is not None
    attacker = Browser(app.test_client())
    attacker.client.set_cookie("coalition-device", cookie.value.split(".")[0] + ".forged")
    for _ in range(FREE[Counter.PAIR]):
        enter(attacker, LEAD, "wrong password", 422)
    enter(attacker, LEAD, status=429)


@pytest.mark.parametrize("path", ["/en/account", "/bg/incidents?state=draft&page=2"])
@pytest.mark.usefixtures("coalition")
def test_signing_in_comes_back_to_the_page_that_was_asked_for(client: Browser, path: str) -> None:
    page = client.get(path)
    language = path[1:3]
    assert client.path == f"/{language}/sign-in"
    form = next(form for form in page.forms() if "email" in form.values)
    assert form.values["next"] == [path]
    response = client.client.post(f"/{language}/sign-in", data={**form.values, "email": LEAD, "password": PASSWORD})
    assert response.headers["Location"] == path


def test_the_second_step_comes_back_as_well(client: Browser, coalition: Coalition) -> None:
    client.get("/en/submissions")
    client.submit("/en/sign-in", email=COORDINATOR, password=PASSWORD)
    assert client.path == SECOND_STEP
    client.submit(SECOND_STEP, code=coalition.code("coordinator"))
    assert client.path == "/en/submissions"


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
    "evil.example",
    "",
)


@pytest.mark.parametrize("target", STRANGE)
@pytest.mark.usefixtures("coalition")
def test_signing_in_leads_to_no_other_site(client: Browser, target: str) -> None:
    page = client.get(f"/en/sign-in?next={quote(target, safe='')}")
    values = next(form for form in page.forms() if "email" in form.values).values
    assert values["next"] == [""]
    data = {**values, "email": LEAD, "password": PASSWORD, "next": target}
    assert client.client.post("/en/sign-in", data=data).headers["Location"] == "/en/incidents"


@pytest.mark.parametrize("target", STRANGE)
def test_neither_the_second_step_nor_a_kept_form_leads_to_another_site(
    client: Browser, coalition: Coalition, target: str
) -> None:
    enter(client, COORDINATOR)
    data = {"csrf_token": token_of(client), "next": target, "carried": '[["a", "b"]]'}
    response = client.client.post(SECOND_STEP, data={**data, "code": coalition.code("coordinator")})
    assert response.headers["Location"] == "/en/reviews"


@pytest.mark.usefixtures("coalition")
def test_a_form_without_its_token_is_not_taken(client: Browser) -> None:
    page = client.post("/en/sign-in", {"email": LEAD, "password": PASSWORD}, status=400)
    assert page.heading == "The form has expired"
    assert not is_in(client)


# --- the second step ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("coalition")
def test_the_password_alone_opens_nothing_of_who_needs_a_second_step(client: Browser) -> None:
    enter(client, COORDINATOR)
    assert client.path == SECOND_STEP
    for path in ("/en/reviews", "/en/account", "/en/account/second-factor", "/en/account/sessions", "/en/confirm"):
        assert client.fetch(path).headers["Location"] == SECOND_STEP, path
    assert "Review" not in client.get("/en/").links()


def test_a_code_opens_the_session_once(client: Browser, app: Flask, coalition: Coalition) -> None:
    shown = coalition.code("coordinator")
    enter(client, COORDINATOR)
    client.submit(SECOND_STEP, code=shown)
    assert client.path == "/en/reviews"
    other = Browser(app.test_client())
    enter(other, COORDINATOR)
    page = other.submit(SECOND_STEP, status=422, code=shown)
    assert page.errors() == [WRONG_CODE]
    assert not is_in(other)


def test_wrong_codes_have_to_wait(client: Browser, coalition: Coalition) -> None:
    enter(client, COORDINATOR)
    for wrong in ("", "12345", "000000"):
        client.submit(SECOND_STEP, status=422, code=wrong)
    for _ in range(FREE[Counter.PAIR] - 2):
        client.submit(SECOND_STEP, status=422, code="000000")
    page = client.submit(SECOND_STEP, status=429, code=coalition.code("coordinator"))
    assert page.errors() == ["Too many failed attempts. Try again in 30 seconds."]


def test_the_cookie_changes_with_every_step_and_the_old_one_opens_nothing(
    client: Browser, app: Flask, coalition: Coalition
) -> None:
    cookies = []
    client.get("/en/sign-in")
    cookies.append(client.client.get_cookie("coalition").value)
    client.submit("/en/sign-in", email=COORDINATOR, password=PASSWORD)
    cookies.append(client.client.get_cookie("coalition").value)
    client.submit(SECOND_STEP, code=coalition.code("coordinator"))
    cookies.append(client.client.get_cookie("coalition").value)
    assert len(set(cookies)) == 3
    for old in cookies[:2]:
        thief = Browser(app.test_client())
        thief.client.set_cookie("coalition", old)
        assert not is_in(thief)


def test_the_cookie_carries_a_token_and_nothing_personal(signed_in: SignIn, coalition: Coalition) -> None:
    browser = signed_in("lead")
    browser.get("/en/account")
    with browser.client.session_transaction() as session:
        carried = dict(session)
    assert set(carried) <= {"_user_id", "_fresh", "csrf_token"}
    assert len(carried["_user_id"]) >= 43
    assert coalition.people["lead"].id not in str(carried)


@pytest.mark.usefixtures("coalition")
def test_over_https_both_cookies_are_bound_to_the_host(runtime: Runtime) -> None:
    secure = replace(runtime, config=replace(runtime.config, https=True))
    browser = Browser(create_app(secure.config, secure).test_client())
    page = browser.client.get("/en/sign-in", base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True)).group(1)
    response = browser.client.post(
        "/en/sign-in",
        base_url="https://localhost",
        headers={"Referer": "https://localhost/en/sign-in"},
        data={"csrf_token": token, "email": LEAD, "password": PASSWORD},
    )
    cookies = {text.split("=")[0]: text for text in response.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-coalition", "__Host-coalition-device"}
    for text in cookies.values():
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(text.split("; "))
        assert "Domain" not in text


# --- sessions ----------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_on_the_server(signed_in: SignIn, app: Flask) -> None:
    browser, thief = signed_in("lead"), Browser(app.test_client())
    thief.client.set_cookie("coalition", browser.client.get_cookie("coalition").value)
    assert is_in(thief)
    page = browser.submit("/en/sign-out")
    assert browser.path == "/en/"
    assert "You are signed out." in page.text
    assert not is_in(browser)
    assert not is_in(thief), "a copy of the cookie is worth nothing"


def test_a_session_lasts_twelve_hours_however_much_it_is_used(signed_in: SignIn, clock: Clock) -> None:
    browser, began = signed_in("lead"), clock.now
    while clock.now < began + timedelta(hours=12) - timedelta(minutes=20):
        clock.now += timedelta(minutes=20)
        assert is_in(browser)
    clock.now = began + timedelta(hours=12)
    page = browser.get("/en/account")
    assert "You were signed out after 12 hours." in page.text
    enter(browser, LEAD)
    assert is_in(browser), "signing in again begins a new session"


def test_after_half_an_hour_of_rest_one_signs_in_and_goes_on_where_one_was(signed_in: SignIn, clock: Clock) -> None:
    browser = signed_in("lead")
    clock.now += timedelta(minutes=30)
    page = browser.get("/en/incidents/new")
    assert browser.path == "/en/sign-in"
    assert "You were signed out after 30 minutes of rest. Sign in to go on where you were." in page.text
    browser.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert browser.path == "/en/incidents/new"
    assert "signed out after" not in browser.page.text


def test_what_was_typed_before_the_rest_is_not_lost(signed_in: SignIn, clock: Clock, coalition: Coalition) -> None:
    browser = signed_in("lead")
    form = browser.get("/en/incidents/new").form("/en/incidents/new")
    clock.now += timedelta(minutes=45)
    typed = {**form.values, "municipality": ['Село <Ъгъл> & "Завой"'], "date-year": ["2025"]}
    page = browser.post("/en/incidents/new", typed, status=401)
    assert "What you typed is kept" in page.text
    browser.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert browser.path == "/en/incidents/new"
    assert "What you typed is back" in browser.page.text
    assert browser.response.headers["Cache-Control"] == "no-store"
    browser.submit("/en/incidents/new")
    reference = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", browser.path).group(0)
    assert records.read(coalition, reference, "lead").facts.municipality == 'Село <Ъгъл> & "Завой"'


def test_a_passphrase_that_was_typed_is_not_written_into_the_next_page(signed_in: SignIn, clock: Clock) -> None:
    browser = signed_in("lead")
    form = browser.get("/en/account").form("/en/account")
    clock.now += timedelta(minutes=45)
    secrets = {"present": ["canary of now"], "new": ["canary of then"], "again": ["canary of then"]}
    page = browser.post("/en/account", {**form.values, **secrets}, status=401)
    assert "canary" not in page.html


def test_a_link_on_another_site_sets_nothing_off_that_needs_a_proof(signed_in: SignIn) -> None:
    browser = signed_in("lead")
    download = "/en/incidents/export.json"
    here = browser.client.get(download, headers={"Sec-Fetch-Site": "same-origin"})
    elsewhere = browser.client.get(download, headers={"Sec-Fetch-Site": "cross-site"})
    assert (here.status_code, here.mimetype) == (200, "application/json")
    assert (elsewhere.status_code, elsewhere.headers["Location"].split("?")[0]) == (302, "/en/confirm")


def test_what_was_typed_is_carried_through_the_second_step_too(
    signed_in: SignIn, clock: Clock, coalition: Coalition
) -> None:
    browser = signed_in("administrator")
    form = browser.get("/en/organisations/new").form("/en/organisations/new")
    clock.now += timedelta(minutes=45)
    browser.post("/en/organisations/new", {**form.values, "code": ["ZORA"], "name": ["Зора"]}, status=401)
    browser.submit("/en/sign-in", email="administrator@example.org", password=PASSWORD)
    browser.submit(SECOND_STEP, status=422, code="000000")
    browser.submit(SECOND_STEP, code=coalition.code("administrator"))
    page = browser.submit("/en/organisations/new")
    assert "Зора" in page.text


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    signed_in: SignIn, coalition: Coalition, clock: Clock
) -> None:
    browser = signed_in("coordinator")
    with coalition.work("coordinator") as work:
        reference = jobs.request_job(work, "submission", {"year": 2025})
    for _ in range(29):
        clock.now += timedelta(minutes=1)
        assert browser.fetch(f"/en/jobs/{reference}/state").status_code == 200
    clock.now += timedelta(minutes=1)
    assert browser.fetch(f"/en/jobs/{reference}/state").status_code == 302
    page = browser.get(f"/en/jobs/{reference}")
    assert "You were signed out after 30 minutes of rest." in page.text


@pytest.mark.parametrize("path", ["/en/account", "/en/incidents", "/en/", "/en/nothing-here"])
def test_what_a_signed_in_person_sees_is_kept_nowhere(signed_in: SignIn, path: str) -> None:
    assert signed_in("lead").fetch(path).headers["Cache-Control"] == "no-store"


def test_one_sees_where_one_is_signed_in_and_ends_it_from_elsewhere(signed_in: SignIn, app: Flask) -> None:
    phone, desk, third = signed_in("lead"), signed_in("lead"), signed_in("lead")
    page = desk.get("/en/account/sessions")
    assert len([item for item in page.all("li") if item.get("class") == "record"]) == 3
    assert page.text.count("This one") == 1
    ends = [form.action for form in page.forms() if form.action.endswith("/end")]
    assert len(ends) == 2
    desk.submit(ends[0])
    assert sorted([is_in(phone), is_in(third)]) == [False, True]
    page = desk.submit("/en/account/sessions/end-others")
    assert "1 other session has ended." in page.text
    assert [is_in(browser) for browser in (phone, third, desk)] == [False, False, True]
    assert Browser(app.test_client()).fetch("/en/account/sessions").status_code == 302


# --- once more ---------------------------------------------------------------------------------------------


def test_what_leaves_needs_a_fresh_proof_and_a_page_is_come_back_to(
    signed_in: SignIn, clock: Clock, coalition: Coalition
) -> None:
    browser = signed_in("administrator")
    clock.now += PROOF_LASTS
    page = browser.get("/en/people/new")
    assert page.heading == "Show that it is you"
    for password, code, error in (
        ("wrong", coalition.code("administrator"), "This is not your password"),
        (PASSWORD, "000000", WRONG_CODE),
    ):
        assert browser.submit("/en/confirm", status=422, password=password, code=code).errors() == [error]
    assert browser.submit("/en/confirm", status=422).errors()
    browser.submit("/en/confirm", password=PASSWORD, code=coalition.code("administrator"))
    assert browser.path == "/en/people/new"
    clock.now += PROOF_LASTS - timedelta(seconds=1)
    assert browser.fetch("/en/people/new").status_code == 200


def test_a_sent_form_is_kept_while_one_shows_who_one_is(signed_in: SignIn, clock: Clock, coalition: Coalition) -> None:
    browser = signed_in("coordinator")
    records.in_state(coalition, State.ACCEPTED)
    form = browser.get("/en/submissions").form("/en/submissions")
    clock.now += PROOF_LASTS
    button = next(value for name, value in form.buttons if name == "year")
    page = browser.post("/en/submissions", {**form.values, "year": [button]}, status=401)
    assert "What you wanted to do is kept" in page.text
    page = browser.submit("/en/confirm", password=PASSWORD, code=coalition.code("coordinator"))
    assert page.heading == "Go on where you were"
    assert page.form("/en/submissions").values["year"] == [button]
    browser.submit("/en/submissions")
    assert browser.path.startswith("/en/jobs/")


def test_showing_who_one_is_changes_the_token(signed_in: SignIn, app: Flask) -> None:
    browser, thief = signed_in("lead"), Browser(app.test_client())
    thief.client.set_cookie("coalition", browser.client.get_cookie("coalition").value)
    browser.get("/en/confirm?next=/en/account")
    browser.submit("/en/confirm", password=PASSWORD)
    assert browser.path == "/en/account"
    assert not is_in(thief)


def test_guessing_the_password_in_an_open_session_has_to_wait(signed_in: SignIn) -> None:
    browser = signed_in("lead")
    browser.get("/en/confirm")
    for _ in range(FREE[Counter.DEVICE]):
        browser.submit("/en/confirm", status=422, password="wrong")
    assert browser.submit("/en/confirm", status=429, password=PASSWORD).errors()


RECENTLY = {
    "accounts.create",
    "accounts.edit",
    "accounts.set_access",
    "accounts.make_link",
    "accounts.ask_reset",
    "accounts.end_sessions",
    "accounts.confirm_reset",
    "factors.add_app",
    "factors.add_passkey",
    "factors.remove",
    "factors.renew_codes",
    "sessions.end",
    "sessions.end_others",
    "admissions.confirm",
    "admissions.refuse",
    "submissions.build",
    "reports.build",
    "jobs.download",
    "summaries.publish",
}


def test_everything_that_leaves_or_changes_who_may_sign_in_asks_for_a_fresh_proof(app: Flask) -> None:
    assert {name for name in RECENTLY if not needs_recent_proof(app, name)} == set()


# --- setting up --------------------------------------------------------------------------------------------


def test_whoever_needs_a_second_factor_sets_it_up_before_anything_else(
    client: Browser, coalition: Coalition, clock: Clock
) -> None:
    with coalition.work("operator") as work:
        settings.change(work, second_factor="everybody")
    page = enter(client, LEAD)
    assert client.path == SET_UP
    assert page.heading == "Set up your second factor"
    for path in ("/en/incidents", "/en/account", "/en/account/sessions"):
        assert client.fetch(path).headers["Location"] == SET_UP
    page = set_up_app(client, clock)
    assert page.heading == "Your recovery codes"
    assert len(page.all("code")) == 10
    client.get(page.links()["I have kept them"])
    assert client.path == "/en/incidents"
    assert is_in(client)


def test_setting_up_leads_on_to_the_page_that_was_asked_for(
    client: Browser, coalition: Coalition, clock: Clock
) -> None:
    with coalition.work("operator") as work:
        settings.change(work, second_factor="everybody")
    client.get("/en/incidents/new")
    page = client.submit("/en/sign-in", email=LEAD, password=PASSWORD)
    assert client.path == SET_UP
    page = set_up_app(client, clock, where=page.links()["Set up an app"])
    client.get(page.links()["I have kept them"])
    assert client.path == "/en/incidents/new"


def forgotten_in_the_middle(browser: Browser, coalition: Coalition, *, clock: Clock | None = None) -> Page:
    """Have somebody without a second factor send a form once their session has rested too long, or was ended."""
    form = browser.get("/en/people/new").form("/en/people/new")
    if clock:
        clock.now += IDLE
    with coalition.work("operator") as work:
        if not clock:
            accounts.end_sessions_of(work, ADMINISTRATOR)
        remove_factors(work.session, coalition.actor("administrator").id)
    typed = {"name": "Мария", "email": "m@example.org", "role": "lead", "organisation": "FIRST"}
    page = browser.post("/en/people/new", {**form.values, **typed}, status=401)
    assert "What you typed is kept." in page.text
    page = browser.submit("/en/sign-in", email=ADMINISTRATOR, password=PASSWORD)
    assert page.heading == "Set up your second factor"
    return page


def test_setting_up_keeps_what_was_typed(signed_in: SignIn, coalition: Coalition, clock: Clock) -> None:
    browser = signed_in("administrator")
    page = forgotten_in_the_middle(browser, coalition)
    assert "What you typed is kept" in page.text
    page = browser.submit(SET_UP)
    assert "What you typed is kept" in page.text
    page = browser.submit("/en/account/second-factor/passkey")
    assert page.heading == "Set up a passkey"
    assert page.errors() == []
    page = browser.submit("/en/account/second-factor/app")
    page = browser.submit("/en/account/second-factor")
    page = browser.submit("/en/account/second-factor/app")
    page = filled_in(browser, clock)
    assert page.heading == "Your recovery codes"
    kept = page.form("/en/people/new").values
    assert (kept["name"], kept["email"], kept["organisation"]) == (["Мария"], ["m@example.org"], ["FIRST"])
    page = browser.submit("/en/people/new")
    assert page.heading == "The person was added"


def test_setting_up_keeps_what_the_server_keeps(signed_in: SignIn, coalition: Coalition, clock: Clock) -> None:
    browser = signed_in("administrator")
    page = forgotten_in_the_middle(browser, coalition, clock=clock)
    where = SET_UP if "What you typed is kept" in page.text else page.links()["Set up an app"]
    page = set_up_app(browser, clock, where=where)
    assert page.form("/en/people/new").values["name"] == ["Мария"]


def test_a_passkey_that_is_set_up_keeps_what_was_typed(signed_in: SignIn, coalition: Coalition) -> None:
    browser, key = signed_in("administrator"), Authenticator()
    forgotten_in_the_middle(browser, coalition)
    browser.submit(SET_UP)
    browser.submit("/en/account/second-factor/passkey")
    answer = key.create(ask(browser, "/en/account/second-factor/passkey/options"))
    page = browser.submit("/en/account/second-factor/passkey", passkey=answer, name="Key")
    assert page.form("/en/people/new").values["name"] == ["Мария"]


@pytest.mark.parametrize("target", STRANGE)
def test_setting_up_leads_to_no_other_site(client: Browser, coalition: Coalition, clock: Clock, target: str) -> None:
    with coalition.work("operator") as work:
        settings.change(work, second_factor="everybody")
    enter(client, LEAD)
    page = set_up_app(client, clock, where=f"/en/account/second-factor/app?next={quote(target, safe='')}")
    assert page.links()["I have kept them"] == "/en/incidents"


def test_a_new_or_removed_second_factor_ends_the_other_sessions_and_says_so(signed_in: SignIn, clock: Clock) -> None:
    browser, other = signed_in("lead"), signed_in("lead")
    page = set_up_app(browser, clock)
    assert page.heading == "Your recovery codes"
    assert "You are signed out everywhere else." in page.text
    assert is_in(browser)
    assert not is_in(other)
    page = browser.get(SET_UP)
    page = browser.submit(next(form.action for form in page.forms() if form.action.endswith("/remove")))
    assert "The second factor is removed. You are signed out everywhere else." in page.text
    assert is_in(browser)


def test_ending_sessions_asks_first_who_one_is_and_then_goes_on(signed_in: SignIn, clock: Clock) -> None:
    browser, other = signed_in("lead"), signed_in("lead")
    clock.now += PROOF_LASTS
    browser.get("/en/account/sessions")
    page = browser.submit("/en/account/sessions/end-others", status=401)
    assert page.heading == "Show that it is you"
    assert is_in(other)
    browser.submit("/en/confirm", password=PASSWORD)
    page = browser.submit("/en/account/sessions/end-others")
    assert "1 other session has ended." in page.text
    assert not is_in(other)


def test_a_second_factor_for_everybody_signs_out_whoever_has_none_at_once(
    signed_in: SignIn, coalition: Coalition
) -> None:
    lead, coordinator = signed_in("lead"), signed_in("coordinator")
    with coalition.work("operator") as work:
        settings.change(work, second_factor="everybody")
    assert not is_in(lead)
    assert is_in(coordinator)
    page = enter(lead, LEAD)
    assert page.heading == "Set up your second factor"


def set_up_app(browser: Browser, clock: Clock, name: str = "", where: str = "/en/account/second-factor/app") -> Page:
    """Set up an app from its page; returns the page that follows."""
    browser.get(where)
    return filled_in(browser, clock, name)


def filled_in(browser: Browser, clock: Clock, name: str = "") -> Page:
    """Type the code that an app shows which took its key from the present page."""
    page = browser.page
    assert page is not None
    (shown,) = [code for code in page.all("code") if code.get("class") == "secret"]
    secret = "".join("".join(shown.itertext()).split())
    assert "<svg" in page.html
    assert "style=" not in page.html
    assert secret not in page.html.replace(" ", "").split("<code")[0], "the picture says it in squares only"
    wrong = browser.submit("/en/account/second-factor/app", status=422, code="000000", name=name)
    assert wrong.errors() == ["This is not the code that the app shows now. Is the clock of your phone right?"]
    return browser.submit("/en/account/second-factor/app", code=code_at(secret, clock.now), name=name)


def test_ones_second_factors_are_named_counted_and_removed(signed_in: SignIn, clock: Clock) -> None:
    browser = signed_in("coordinator")
    page = browser.get(SET_UP)
    assert not [form for form in page.forms() if form.action.endswith("/remove")], "the last one stays"
    set_up_app(browser, clock, "Spare phone")
    page = browser.get(SET_UP)
    assert "Spare phone" in page.text
    assert "10 recovery codes are left." in page.text
    removals = [form.action for form in page.forms() if form.action.endswith("/remove")]
    assert len(removals) == 2
    page = browser.submit(removals[0])
    assert "The second factor is removed." in page.text
    data = {"csrf_token": token_of(browser)}
    page = browser.post(removals[1], data)
    assert "You need a second factor." in page.text


def test_a_recovery_code_opens_once_and_the_number_left_is_shown(
    signed_in: SignIn, app: Flask, coalition: Coalition
) -> None:
    browser = signed_in("coordinator")
    browser.get(SET_UP)
    page = browser.submit("/en/account/second-factor/recovery-codes")
    codes = ["".join(item.itertext()).strip() for item in page.all("code")]
    assert len(set(codes)) == 10
    assert browser.response.headers["Cache-Control"] == "no-store"
    for typed, status in ((codes[0].lower(), 200), (codes[0], 422)):
        other = Browser(app.test_client())
        enter(other, COORDINATOR)
        other.post(SECOND_STEP, {"csrf_token": token_of(other), "recovery": typed}, status=status)
        assert is_in(other) is (status == 200)
    assert "9 recovery codes are left." in browser.get(SET_UP).text
    assert coalition.people


# --- passkeys ----------------------------------------------------------------------------------------------


def ask(browser: Browser, path: str) -> str:
    """Fetch a question for a passkey as the script does."""
    response = browser.client.post(path, headers={"X-CSRFToken": token_of(browser)})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_data(as_text=True)


def with_passkey(browser: Browser) -> Authenticator:
    key = Authenticator()
    browser.get("/en/account/second-factor/passkey")
    answer = key.create(ask(browser, "/en/account/second-factor/passkey/options"))
    page = browser.submit("/en/account/second-factor/passkey", passkey=answer, name="Key")
    assert page.heading in {"Your recovery codes", "Second factor"}
    return key


def test_a_passkey_signs_in_by_itself_and_shows_who_one_is(signed_in: SignIn, app: Flask, clock: Clock) -> None:
    key, browser = with_passkey(signed_in("lead")), Browser(app.test_client())
    browser.get("/en/sign-in?next=/en/account")
    answer = key.get(ask(browser, "/en/sign-in/passkey"))
    browser.post("/en/sign-in", {"csrf_token": token_of(browser), "passkey": answer, "next": "/en/account"})
    assert browser.path == "/en/account"
    clock.now += PROOF_LASTS
    browser.get("/en/account/second-factor/app")
    assert browser.path == "/en/confirm"
    answer = key.get(ask(browser, "/en/confirm/passkey"))
    data = {"csrf_token": token_of(browser), "passkey": answer, "next": "/en/account/second-factor/app"}
    browser.post("/en/confirm", data)
    assert browser.path == "/en/account/second-factor/app"


def test_a_passkey_is_a_second_step(signed_in: SignIn, app: Flask) -> None:
    key, browser = with_passkey(signed_in("coordinator")), Browser(app.test_client())
    page = enter(browser, COORDINATOR)
    assert "Use the passkey" in page.text
    assert "A passkey needs a browser that knows them" in page.text, "what is read without a script"
    answer = key.get(ask(browser, "/en/sign-in/second-step/passkey"))
    browser.post(SECOND_STEP, {"csrf_token": token_of(browser), "passkey": answer})
    assert browser.path == "/en/reviews"


@pytest.mark.parametrize("answer", ["x", "{}", json.dumps({"id": "a", "rawId": "a", "type": "public-key"})])
def test_a_passkey_that_does_not_hold_is_refused_everywhere(signed_in: SignIn, app: Flask, answer: str) -> None:
    browser = signed_in("coordinator")
    browser.get("/en/account/second-factor/passkey")
    page = browser.submit("/en/account/second-factor/passkey", status=422, passkey=answer)
    assert page.errors() == ["The passkey could not be set up. Try again, or use an authenticator app."]
    browser.get("/en/confirm")
    browser.post("/en/confirm", {"csrf_token": token_of(browser), "passkey": answer}, status=422)
    fresh = Browser(app.test_client())
    fresh.get("/en/sign-in")
    page = fresh.post("/en/sign-in", {"csrf_token": token_of(fresh), "passkey": answer}, status=422)
    assert page.errors() == ["This passkey could not be used. Try again, or sign in in another way."]
    enter(fresh, COORDINATOR)
    fresh.post(SECOND_STEP, {"csrf_token": token_of(fresh), "passkey": answer}, status=422)
    assert not is_in(fresh)


@pytest.mark.usefixtures("coalition")
def test_the_question_for_a_passkey_is_the_same_for_everybody(client: Browser) -> None:
    client.get("/en/sign-in")
    first, second = (json.loads(ask(client, "/en/sign-in/passkey")) for _ in range(2))
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second

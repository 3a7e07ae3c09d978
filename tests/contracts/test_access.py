"""Who gets in where: denied unless marked, every page by every role, and other members' incidents by nobody."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from coalition.domain.access import POLICY, Permission
from coalition.domain.vocabulary import SIGN_IN_ROLES, State
from coalition.web.access import PUBLIC, access_of
from tests.conftest import Coalition
from tests.page import Browser
from tests.services import records

CASE_WORKER, LEAD, COORDINATOR, ADMINISTRATOR = "case_worker", "lead", "coordinator", "administrator"
AUDITOR = "auditor"
MEMBERS = {CASE_WORKER, LEAD}
PEOPLE = {*MEMBERS, COORDINATOR, ADMINISTRATOR, AUDITOR}
EVERYBODY = {*PEOPLE, "nobody"}

REACHED_BY = {
    "static": EVERYBODY,
    "root": EVERYBODY,
    "health": EVERYBODY,
    "pages.home": EVERYBODY,
    "pages.years": EVERYBODY,
    "pages.summary": EVERYBODY,
    "pages.descriptions": EVERYBODY,
    "pages.gap": EVERYBODY,
    "pages.gap_file": EVERYBODY,
    "pages.members": EVERYBODY,
    "pages.method": EVERYBODY,
    "sign_in.sign_in": EVERYBODY,
    "sign_in.passkey_options": EVERYBODY,
    "sign_in.sign_out": EVERYBODY,
    "sign_in.second_step": PEOPLE,
    "sign_in.second_step_options": PEOPLE,
    "sign_in.confirm": PEOPLE,
    "sign_in.confirm_options": PEOPLE,
    "presence.state": EVERYBODY,
    "presence.stay": PEOPLE,
    "invitations.open_link": EVERYBODY,
    "invitations.accept": EVERYBODY,
    "factors.list_own": PEOPLE,
    "factors.add_app": PEOPLE,
    "factors.add_passkey": PEOPLE,
    "factors.passkey_options": PEOPLE,
    "factors.remove": PEOPLE,
    "factors.renew_codes": PEOPLE,
    "sessions.list_own": PEOPLE,
    "sessions.end": PEOPLE,
    "sessions.end_others": PEOPLE,
    "accounts.own": PEOPLE,
    "accounts.confirm_reset": PEOPLE,
    "accounts.withdraw_reset": PEOPLE,
    "admissions.detail": {LEAD, COORDINATOR, ADMINISTRATOR},
    "admissions.confirm": {LEAD, COORDINATOR, ADMINISTRATOR},
    "admissions.refuse": {LEAD, COORDINATOR, ADMINISTRATOR},
    "admissions.withdraw": {LEAD, COORDINATOR, ADMINISTRATOR},
    "accounts.list_all": {ADMINISTRATOR},
    "accounts.create": {ADMINISTRATOR},
    "accounts.edit": {ADMINISTRATOR},
    "accounts.set_access": {ADMINISTRATOR},
    "accounts.make_link": {ADMINISTRATOR},
    "accounts.ask_reset": {ADMINISTRATOR},
    "accounts.end_sessions": {ADMINISTRATOR},
    "organisations.list_all": {ADMINISTRATOR},
    "organisations.create": {ADMINISTRATOR},
    "organisations.edit": {ADMINISTRATOR},
    "audit.log": {AUDITOR},
    "audit.verify": {AUDITOR},
    "incidents.list_all": MEMBERS,
    "incidents.new": MEMBERS,
    "incidents.begin": MEMBERS,
    "incidents.detail": MEMBERS,
    "incidents.submit": MEMBERS,
    "incidents.edit": MEMBERS,
    "incidents.save": MEMBERS,
    "incidents.consider": MEMBERS,
    "incidents.asked_again": MEMBERS,
    "incidents.withdraw": MEMBERS,
    "incidents.unseal": MEMBERS,
    "incidents.see_readers": {LEAD},
    "history.of_incident": MEMBERS,
    "history.unseal": MEMBERS,
    "history.of_review": {COORDINATOR},
    "messages.conversation": {*MEMBERS, COORDINATOR},
    "messages.send": {*MEMBERS, COORDINATOR},
    "inbox.overview": {*MEMBERS, COORDINATOR},
    "inbox.put_aside": {*MEMBERS, COORDINATOR},
    "inbox.take_up": {*MEMBERS, COORDINATOR},
    "inbox.choose_mail": {*MEMBERS, COORDINATOR},
    "consents.overview": MEMBERS,
    "consents.ask": MEMBERS,
    "consents.withdraw": MEMBERS,
    "consents.proof": MEMBERS,
    "incidents.confirm_discard": MEMBERS,
    "incidents.discard": MEMBERS,
    "erasures.ask_hold": MEMBERS,
    "erasures.hold": MEMBERS,
    "erasures.lift": {LEAD},
    "erasures.ask": MEMBERS,
    "erasures.request_erasure": MEMBERS,
    "erasures.list_all": {*MEMBERS, ADMINISTRATOR},
    "erasures.detail": {*MEMBERS, ADMINISTRATOR},
    "erasures.confirm": {*MEMBERS, ADMINISTRATOR},
    "erasures.take_back": {*MEMBERS, ADMINISTRATOR},
    "erasures.due": {LEAD},
    "erasures.ask_keep": {LEAD},
    "erasures.keep": {LEAD},
    "importing.overview": {LEAD},
    "importing.send": {LEAD},
    "importing.follow": {LEAD},
    "importing.state": {LEAD},
    "importing.again": {LEAD},
    "importing.discard": {LEAD},
    "importing.columns": {LEAD},
    "importing.keep_columns": {LEAD},
    "importing.choose_sheet": {LEAD},
    "importing.values": {LEAD},
    "importing.keep_values": {LEAD},
    "importing.preview": {LEAD},
    "importing.record": {LEAD},
    "importing.problems": {LEAD},
    "importing.forget": {LEAD},
    "exports.ask": {*MEMBERS, COORDINATOR},
    "exports.download": {*MEMBERS, COORDINATOR},
    "exports.ask_copy": MEMBERS,
    "exports.copy": MEMBERS,
    "paper.overview": {*MEMBERS, COORDINATOR},
    "paper.blank_form": {*MEMBERS, COORDINATOR},
    "paper.ask_sheet": MEMBERS,
    "paper.case_sheet": MEMBERS,
    "descriptions.check": MEMBERS,
    "evidence.overview": MEMBERS,
    "evidence.add": MEMBERS,
    "evidence.unseal": MEMBERS,
    "evidence.edit": MEMBERS,
    "evidence.describe": MEMBERS,
    "evidence.ask_remove": MEMBERS,
    "evidence.remove": MEMBERS,
    "evidence.download": MEMBERS,
    "evidence.download_original": MEMBERS,
    "reviews.queue": {COORDINATOR},
    "reviews.review": {COORDINATOR},
    "reviews.decide": {COORDINATOR},
    "reviews.take": {COORDINATOR},
    "reviews.put_back": {COORDINATOR},
    "reviews.assign": {COORDINATOR},
    "reviews.ask_reopen": {COORDINATOR},
    "reviews.reopen": {COORDINATOR},
    "same_incident.compare": {COORDINATOR},
    "same_incident.ask_unlink": {COORDINATOR},
    "same_incident.unlink": {COORDINATOR},
    "filters.narrow": {*MEMBERS, COORDINATOR},
    "filters.list_all": {*MEMBERS, COORDINATOR},
    "filters.keep": {*MEMBERS, COORDINATOR},
    "filters.edit": {*MEMBERS, COORDINATOR},
    "filters.change": {*MEMBERS, COORDINATOR},
    "filters.remove": {*MEMBERS, COORDINATOR},
    "bulk.preview": {*MEMBERS, COORDINATOR},
    "bulk.carry_out": {*MEMBERS, COORDINATOR},
    "readiness.board": {LEAD, COORDINATOR},
    "readiness.remind": {COORDINATOR},
    "calendar.overview": EVERYBODY,
    "calendar.feed": EVERYBODY,
    "calendar.members_file": {*MEMBERS, COORDINATOR},
    "calendar.new": {COORDINATOR},
    "calendar.add": {COORDINATOR},
    "calendar.edit": {COORDINATOR},
    "calendar.change": {COORDINATOR},
    "calendar.remove": {COORDINATOR},
    "calendar.ask_part": {COORDINATOR},
    "calendar.set_part": {COORDINATOR},
    "calendar.let_usual_hold": {COORDINATOR},
    "submissions.overview": {COORDINATOR},
    "submissions.build": {COORDINATOR},
    "submissions.close": {COORDINATOR},
    "submissions.message": {COORDINATOR},
    "published.overview": {COORDINATOR},
    "published.send": {COORDINATOR},
    "published.year": {COORDINATOR},
    "published.state": {COORDINATOR},
    "published.again": {COORDINATOR},
    "published.others": {COORDINATOR},
    "published.record": {COORDINATOR},
    "published.decide": {COORDINATOR},
    "published.confirm": {COORDINATOR},
    "published.undo": {COORDINATOR},
    "versions.year": {COORDINATOR},
    "versions.version": {COORDINATOR},
    "versions.download": {COORDINATOR},
    "versions.sent": {COORDINATOR},
    "versions.difference": {COORDINATOR},
    "packages.overview": {COORDINATOR},
    "packages.check": {COORDINATOR},
    "packages.download": {COORDINATOR},
    "queries.overview": {COORDINATOR},
    "queries.note": {COORDINATOR},
    "queries.detail": {COORDINATOR},
    "queries.answer": {COORDINATOR},
    "queries.assign": {COORDINATOR},
    "queries.move": {COORDINATOR},
    "queries.log": {COORDINATOR},
    "profiles.overview": {COORDINATOR},
    "profiles.choose": {COORDINATOR},
    "profiles.show": {COORDINATOR},
    "profiles.download": {COORDINATOR},
    "profiles.copy": {COORDINATOR},
    "profiles.edit": {COORDINATOR},
    "profiles.change": {COORDINATOR},
    "profiles.edit_text": {COORDINATOR},
    "profiles.change_text": {COORDINATOR},
    "profiles.ask_text": {COORDINATOR},
    "profiles.add": {COORDINATOR},
    "profiles.take_back": {COORDINATOR},
    "profiles.put_away": {COORDINATOR},
    "profiles.take_up": {COORDINATOR},
    "reports.overview": {COORDINATOR},
    "reports.build": {COORDINATOR},
    "official.overview": {COORDINATOR},
    "official.cell": {COORDINATOR},
    "official.download": {COORDINATOR},
    "official.enter": {COORDINATOR},
    "official.take_back": {COORDINATOR},
    "official.choose_file": {COORDINATOR},
    "official.read_file": {COORDINATOR},
    "summaries.overview": {COORDINATOR},
    "summaries.preview": {COORDINATOR},
    "summaries.publish": {COORDINATOR},
    "summaries.ask_withdraw": {COORDINATOR},
    "summaries.withdraw": {COORDINATOR},
    "jobs.follow": {COORDINATOR},
    "jobs.again": {COORDINATOR},
    "jobs.state": {COORDINATOR},
    "jobs.download": {COORDINATOR},
}
"""Every endpoint, and who gets past its door. A new page fails here until somebody decides."""

NOBODYS = {
    "language": "en",
    "reference": "AAAAA-AAAAA",
    "section": "when-and-where",
    "code": "NOWHERE",
    "token": "nothing",
    "kind": "json",
    "sheet": "internal",
    "year": 1999,
    "filename": "nothing.css",
    "name": "nothing.csv",
    "number": 99,
    "part": "nothing",
}
"""Values for every part of an address, of things that do not exist."""

BAD_REQUEST, FORBIDDEN = 400, 403
INCIDENT = "/<language>/incidents/<reference>"
OF_A_MEMBER = re.compile(
    r"incidents\.|consents\.|erasures\.ask|exports\.(ask_)?copy|paper\.(ask|case)_sheet|evidence\.overview"
).match
"""The endpoints that show a member its own incidents."""


def addresses(app: Flask, **known: object) -> Iterator[tuple[str, str, str]]:
    """Yield (endpoint, method, address) of everything that the application answers to."""
    bound = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        path = bound.build(rule.endpoint, {name: known.get(name, NOBODYS[name]) for name in rule.arguments})
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            yield rule.endpoint, method, path


def ask(browser: Browser, method: str, path: str) -> TestResponse:
    """Open an address, or send it nothing but the token that every form carries."""
    if method == "GET":
        return browser.fetch(path)
    response = browser.client.post(path, data={"csrf_token": browser.token()})
    if response.status_code == BAD_REQUEST:  # what was asked before may have ended the session of the token
        response = browser.client.post(path, data={"csrf_token": browser.token(renewed=True)})
    return response


def test_every_endpoint_is_decided(app: Flask):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(REACHED_BY)


def test_every_endpoint_is_marked_and_the_mark_says_what_the_table_says(app: Flask):
    for endpoint, who in REACHED_BY.items():
        mark = access_of(app, endpoint)
        assert mark is not None, f"{endpoint} is marked neither @public nor @requires(…)"
        if mark == PUBLIC:
            assert who == EVERYBODY, f"{endpoint} is open to everybody"
        else:
            roles = {role.value for role in POLICY[Permission(mark)] if role in SIGN_IN_ROLES}
            assert who == roles, f"{endpoint} needs {mark}"


def test_every_permission_guards_something(app: Flask):
    marks = {access_of(app, rule.endpoint) for rule in app.url_map.iter_rules()} - {PUBLIC}
    assert marks == set(Permission) - {
        Permission.IMPORT_INCIDENTS,
        Permission.MANAGE_KEYS,
        Permission.SEND_MAIL,
        Permission.COMPARE_INCIDENTS,
        Permission.LIST_CODED,
    }


@pytest.mark.usefixtures("own_app")
def test_a_view_that_nobody_marked_is_closed_to_everybody(
    app: Flask, client: Browser, signed_in: Callable[[str], Browser]
):
    app.add_url_rule("/en/forgotten", "forgotten", lambda: "secret")
    assert client.fetch("/en/forgotten").status_code == FORBIDDEN
    for who in sorted(PEOPLE):
        response = signed_in(who).fetch("/en/forgotten")
        assert response.status_code == FORBIDDEN
        assert b"secret" not in response.data


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_every_door_by_role(app: Flask, signed_in: Callable[[str], Browser], who: str):
    browser, wrong = signed_in(who), []
    for endpoint, method, path in addresses(app):
        if endpoint == "sign_in.sign_out":
            continue
        status = ask(browser, method, path).status_code
        if (status != FORBIDDEN) != (who in REACHED_BY[endpoint]):
            wrong.append((endpoint, method, path, status))
    assert not wrong


@pytest.mark.usefixtures("coalition")
def test_without_a_session_everything_else_leads_to_signing_in(app: Flask, client: Browser):
    for endpoint, method, path in addresses(app):
        response = ask(client, method, path)
        if "nobody" in REACHED_BY[endpoint]:
            assert response.headers.get("Location", "").split("?")[0] != "/en/sign-in", path
            continue
        assert response.status_code == 302, path
        target = urlsplit(response.headers["Location"])
        assert target.path == "/en/sign-in"
        assert parse_qs(target.query) == ({"next": [path]} if method == "GET" else {})


def test_no_form_is_taken_without_its_token(app: Flask, signed_in: Callable[[str], Browser]):
    browser = signed_in("coordinator")
    posts = [path for _, method, path in addresses(app) if method == "POST"]
    assert len(posts) > 10
    assert {path: browser.client.post(path).status_code for path in posts} == dict.fromkeys(posts, 400)


@pytest.mark.parametrize("state", list(State))
def test_another_members_incident_does_not_exist_at_any_address(
    app: Flask, coalition: Coalition, signed_in: Callable[[str], Browser], state: State
):
    reference = records.in_state(coalition, state, who="second_worker")
    before = records.read(coalition, reference, "second_worker")
    tried = set()
    for who in sorted(MEMBERS):
        browser = signed_in(who)
        for endpoint, method, path in addresses(app, reference=reference):
            if path.startswith(f"/en/incidents/{reference}") and who in REACHED_BY[endpoint]:
                response = ask(browser, method, path)
                assert response.status_code == 404, (endpoint, method)
                assert before.facts.municipality not in response.get_data(as_text=True)
                tried.add((who, endpoint))
    about_one = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith(INCIDENT)}
    assert len(about_one) > 5
    assert tried == {(who, endpoint) for endpoint in about_one for who in MEMBERS & REACHED_BY[endpoint]}
    assert records.read(coalition, reference, "second_worker") == before


def test_the_same_addresses_open_for_the_member_itself(
    app: Flask, coalition: Coalition, signed_in: Callable[[str], Browser]
):
    browser, opened = signed_in("lead"), set()
    for reference in (records.begun(coalition), records.in_state(coalition, State.ACCEPTED)):
        for endpoint, method, path in addresses(app, reference=reference):
            if method == "GET" and OF_A_MEMBER(endpoint) and browser.fetch(path).status_code == 200:
                opened.add(endpoint)
    assert opened == {rule.endpoint for rule in app.url_map.iter_rules() if is_page_of_a_member(rule)}


def is_page_of_a_member(rule: Rule) -> bool:
    return OF_A_MEMBER(rule.endpoint) and "GET" in (rule.methods or ())


def test_a_draft_does_not_exist_for_the_coordinator_at_any_address(
    app: Flask, coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.begun(coalition)
    browser = signed_in("coordinator")
    for endpoint, method, path in addresses(app, reference=reference):
        if endpoint.startswith("reviews.") and reference in path:
            response = ask(browser, method, path)
            # A decision that comes too late is told in one sentence on the queue; it says no more than "not found".
            assert response.status_code in {404, 303}, (endpoint, method)
            if response.status_code == 303:
                assert response.headers["Location"] == "/en/reviews"
    assert records.read(coalition, reference).state is State.DRAFT


def test_stopping_somebodys_access_ends_the_session_they_are_in(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    browser, administrator = signed_in("lead"), signed_in("administrator")
    assert browser.fetch("/en/incidents").status_code == 200
    page = administrator.get("/en/people")
    action = f"/en/people/{coalition.people['lead'].reference}/access"
    assert page.form(action).method.lower() == "post"
    administrator.submit(action, button=("active", "no"))
    assert browser.fetch("/en/incidents").headers["Location"].startswith("/en/sign-in")

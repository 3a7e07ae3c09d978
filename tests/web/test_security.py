"""What every answer carries, what a form of another site cannot do, and where nobody is led."""

import base64
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text
from werkzeug.test import create_environ, run_wsgi_app

from coalition.app import create_app
from coalition.db import tables
from coalition.services import audit
from coalition.services.work import Runtime
from coalition.web.access import safe_next
from coalition.web.security import CLEAR_ON_SIGN_OUT, HEADERS, STRICT_TRANSPORT
from tests.conftest import Coalition
from tests.contracts.test_access import addresses
from tests.page import Browser

CSP = HEADERS["Content-Security-Policy"]
ANSWERS = (
    ("GET", "/", 302),
    ("GET", "/en/", 200),
    ("HEAD", "/en/", 200),
    ("OPTIONS", "/en/sign-in", 200),
    ("GET", "/en/sign-in", 200),
    ("GET", "/en/account", 302),
    ("GET", "/healthz", 200),
    ("GET", "/static/css/base.css", 200),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/en/nothing", 404),
    ("GET", "/nothing", 308),
    ("GET", "/nothing/", 404),
    ("POST", "/en/", 405),
    ("POST", "/en/sign-in", 400),
    ("PUT", "/en/sign-in", 405),
    ("DELETE", "/en/sign-in", 405),
    ("PATCH", "/en/sign-in", 405),
    ("TRACE", "/en/", 405),
    ("CONNECT", "/en/", 405),
    ("PROPFIND", "/en/", 405),
)


def over_https(runtime: Runtime, **config: object) -> Flask:
    """The application as it stands behind a proxy with TLS."""
    settings = replace(runtime.config, https=True, **config)
    made = create_app(settings, replace(runtime, config=settings))
    made.testing = True
    return made


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_the_headers(app: Flask, method: str, path: str, status: int):
    with app.test_client().open(path, method=method) as response:
        assert response.status_code == status
        headers = dict(response.headers)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    unwanted = {"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Strict-Transport-Security"}
    assert not unwanted & set(headers)


def test_a_failure_carries_the_headers_and_says_nothing(app: Flask, runtime: Runtime):
    app.testing = False
    with runtime.engine.begin() as connection:
        connection.execute(text("ALTER TABLE setting RENAME TO elsewhere"))
    for path in ("/en/", "/en/nothing", "/en/sign-in", "/healthz"):
        response = app.test_client().get(path)
        assert response.status_code == 500
        assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
        assert "setting" not in response.get_data(as_text=True)


def test_the_policy_names_no_way_around_it():
    assert "unsafe" not in CSP
    assert "*" not in CSP
    assert not re.search(r"https?:|data:|blob:", CSP)
    sources = dict(part.split(" ", 1) for part in CSP.split("; "))
    assert sources["default-src"] == sources["object-src"] == sources["base-uri"] == "'none'"
    assert sources["frame-ancestors"] == sources["trusted-types"] == "'none'"
    assert {source for name, source in sources.items() if name != "require-trusted-types-for"} == {
        "'none'",
        "'self'",
    }


@pytest.mark.usefixtures("coalition")
def test_over_https_a_browser_is_told_to_stay_there_and_cookies_do_not_leave_it(runtime: Runtime):
    client = over_https(runtime).test_client()
    for path in ("/en/sign-in", "/static/css/base.css", "/en/nothing", "/"):
        with client.get(path, base_url="https://localhost") as response:
            assert response.headers["Strict-Transport-Security"] == STRICT_TRANSPORT
        assert int(re.search(r"max-age=(\d+)", STRICT_TRANSPORT)[1]) >= 365 * 24 * 3600
    for cookie in client.get("/en/sign-in", base_url="https://localhost").headers.getlist("Set-Cookie"):
        name, *rest = cookie.split("; ")
        assert name.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(rest)
        assert not any(part.startswith("Domain") for part in rest)


@pytest.mark.usefixtures("coalition")
def test_only_our_own_host_names_are_answered(runtime: Runtime):
    client = over_https(runtime, trusted_hosts=("reports.example.org",)).test_client()
    assert client.get("/en/", base_url="https://reports.example.org").status_code == 200
    for host in ("evil.example", "reports.example.org.evil.example", "xreports.example.org", "127.0.0.1"):
        response = client.get("/en/sign-in", base_url=f"https://{host}")
        assert response.status_code == 400, host
        assert host not in response.get_data(as_text=True)
        assert "Location" not in response.headers
        assert response.headers["Content-Security-Policy"] == CSP


@pytest.mark.parametrize("who", ["case_worker", "coordinator", "administrator"])
def test_no_page_of_somebody_signed_in_stays_on_the_device(app: Flask, signed_in: Callable[[str], Browser], who: str):
    browser = signed_in(who)
    for endpoint, method, path in addresses(app):
        if method == "GET" and endpoint != "static":
            response = browser.fetch(path)
            assert response.headers.get("Cache-Control") == "no-store", path


def test_signing_out_clears_what_the_browser_kept(signed_in: Callable[[str], Browser]):
    browser = signed_in("lead")
    page = browser.get("/en/account")
    token = page.form("/en/sign-out").values["csrf_token"]
    response = browser.client.post("/en/sign-out", data={"csrf_token": token})
    assert response.headers["Clear-Site-Data"] == CLEAR_ON_SIGN_OUT
    assert browser.fetch("/en/account").headers["Location"].startswith("/en/sign-in")


def everything_in(runtime: Runtime) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, except what looking at a page may note of the session, and what was refused."""
    with runtime.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in tables.METADATA.sorted_tables
            if "session" not in table.name and table.name != "audit_entry"
        }


@pytest.mark.parametrize(("who", "turn"), [("case_worker", 0), ("lead", 1), ("coordinator", 2), ("administrator", 0)])
def test_a_form_without_its_own_token_changes_nothing(
    app: Flask, coalition: Coalition, signed_in: Callable[[str], Browser], who: str, turn: int
):
    browser, stranger = signed_in(who), Browser(app.test_client())
    foreign = stranger.get("/en/sign-in").form("/en/sign-in").values["csrf_token"][0]
    posts = [path for _, method, path in addresses(app) if method == "POST"]
    before = everything_in(coalition.runtime)
    # Every address gets every token, each person sends a third of them: they are refused before anybody is asked who.
    tokens = (None, "", foreign, foreign[:-1], "x" * 5000, "\x00")[turn::3]
    for path in posts:
        for token in tokens:
            data = {} if token is None else {"csrf_token": token}
            response = browser.client.post(path, data={**data, "active": "no", "year": "2025"})
            assert response.status_code == 400, (path, token)
    assert everything_in(coalition.runtime) == before
    assert browser.fetch("/en/account").status_code == 200, "and the session goes on"


def test_every_route_that_changes_something_is_a_post(app: Flask):
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.usefixtures("coalition")
def test_a_body_that_is_too_large_is_refused_by_what_it_says_of_itself(app: Flask):
    class Unread(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body was read")

    environment = create_environ("/en/sign-in", method="POST", content_type="application/x-www-form-urlencoded")
    environment |= {"CONTENT_LENGTH": "5000000", "wsgi.input": Unread()}
    _body, status, _headers = run_wsgi_app(app, environment)
    assert status.startswith("413")


HOSTILE_NEXT = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    " //evil.example",
    "/ /evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "/。evil.example",
    "/／evil.example",
    "//evil。example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "/javascript:alert(1)",
    "data:text/html,x",
    "//user@evil.example",
    "/@evil.example",
    "/.evil.example",
    ".evil.example",
    "/..//evil.example",
    "/en/..//evil.example",
    "/./\\evil.example",
    "/;/evil.example",
    "/?next=//evil.example",
    "/#//evil.example",
    "/\u2028/evil.example",
    "/\x00/evil.example",
    "/\u202e//evil.example",
    "/en/\ud800",
    "x" * 100_000,
    "/" * 100_000,
    "",
)
ADDRESSES = st.lists(
    st.sampled_from(["/", "//", "\\", "%2f", "%5c", "\t", "\r", "\n", ".", "。", "／", "@", ":", "?", "#", " "])
    | st.sampled_from(["evil.example", "https:", "javascript:", "en", "\x7f", "\x00", "\u202e", "\ud800", "[", "]"])
    | st.text(max_size=3),
    max_size=8,
).map("".join)


def landing(target: str) -> tuple[str, str]:
    """Scheme and host to which a browser goes from our page, by the URL standard's own steps: tabs and line breaks are
    taken out, outer control characters are cut, and backslashes are slashes.
    """
    read = re.sub(r"[\t\r\n]", "", target).strip("".join(map(chr, range(33)))).replace("\\", "/")
    if re.match(r"//", read):
        return "https", read[2:]
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", read)
    return (scheme[1].lower(), read) if scheme else ("https", "us")


@given(ADDRESSES)
@example("/en/incidents?state=draft&page=2")
def test_going_on_never_leaves_the_site(target: str):
    safe = safe_next(target)
    assert safe in {None, target}
    if safe is not None:
        assert landing(safe) == ("https", "us")


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize("target", HOSTILE_NEXT)
def test_no_page_leads_away_or_shows_where_it_would_lead(app: Flask, target: str):
    client = app.test_client()
    response = client.get("/en/sign-in", query_string={"next": target.encode("utf-8", "surrogatepass")})
    assert response.status_code in {200, 400}, response.status_code
    address = response.headers.get("Location", "")
    assert urlsplit(address).netloc == ""
    shown = re.search(r'name="next"[^>]* value="([^"]*)"', response.get_data(as_text=True))
    assert not shown or landing(shown[1]) == ("https", "us")


def test_no_script_of_ours_makes_markup_or_code_out_of_text():
    """The policy of trusted types forbids it; a browser without that policy would let it happen."""
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|setTimeout\(\s*[\"']"
    scripts = sorted((Path(tables.__file__).parents[1] / "static" / "js").glob("*.js"))
    assert scripts
    for script in scripts:
        assert not re.search(sinks, script.read_text(encoding="utf-8")), script.name


def test_a_form_without_its_token_is_logged_once_a_minute(
    coalition: Coalition, signed_in: Callable[[str], Browser]
) -> None:
    browser = signed_in("lead")
    for _ in range(3):
        assert browser.client.post("/en/sign-out", data={"csrf_token": "x"}).status_code == 400
    with coalition.reading("auditor") as work:
        entries = audit.read_log(work, actions=("access.token_refused",)).entries
    (entry,) = entries
    assert (entry.actor, entry.subject_kind, entry.subject) == (coalition.people["lead"].id, "page", "sign_in.sign_out")


def test_cookies_and_form_tokens_are_signed_with_sha256(app: Flask, through_the_door: Callable[[str], Browser]) -> None:
    browser = through_the_door("lead")
    token = browser.get("/en/account").form("/en/sign-out").values["csrf_token"][0]
    cookies = [browser.client.get_cookie(name) for name in ("coalition", "coalition-device")]
    signed = [token, *(cookie.value for cookie in cookies if cookie)]
    sizes = [len(base64.urlsafe_b64decode(text.rsplit(".", 1)[1] + "=")) for text in signed]
    assert sizes == [hashlib.sha256().digest_size] * 3
    assert app.session_interface.digest_method is hashlib.sha256  # type: ignore[attr-defined] # ours

"""Whatever is typed, sent or forged: never a failure, nothing stored of what is refused, nothing typed is lost.

Every form of every page is found by walking the site as each person, and filled with bad input through the real client.
`make hostile` tries more of it.
"""

import os
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from coalition.documents.delimited import write_csv
from coalition.domain.errors import UnreadableFile
from coalition.domain.exports import COLUMNS
from coalition.domain.vocabulary import State
from coalition.services import imports
from coalition.web.forms.base import clean
from tests.conftest import Coalition
from tests.contracts.test_access import REACHED_BY, addresses
from tests.domain.samples import COMPLETE
from tests.page import Browser, Page, inspected
from tests.services import records

EXAMPLES = int(os.environ.get("COALITION_TESTS_HOSTILE", "3"))
"""Bad inputs per form; `make hostile` asks for more."""
THOROUGH = EXAMPLES > 5
REFUSALS = {400, 403, 404, 405, 409, 410, 413, 415, 422, 429}
ANSWERS = {200, 302, 303, *REFUSALS}
EVERYBODY = ("nobody", "case_worker", "lead", "coordinator", "administrator", "auditor")
PEOPLE = EVERYBODY if THOROUGH else ("nobody", "lead", "coordinator", "administrator")
"""A lead reaches all that a case worker does."""

LONG = 100_000
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "".join(map(chr, range(32))) + "\x7f\x85",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff\U0010ffff",
    "\u202e\u2066txt.exe\u2069",
    "\u200b\u200d\ufeff",
    "e\u0301" * 50,
    "Z\u0334\u0360" * 200,
    "ﷺ" * 200,
    "я" * LONG,
    "x" * LONG,
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</textarea></title><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}%(name)s%s%n${7*7}",
    "'; DROP TABLE incident; --",
    "=1+1",
    "../../../../etc/passwd",
    "\\\\server\\share",
    "http://[::1",
    "javascript:alert(1)",
    "name@example.org\r\nBcc: all@example.org",
    "\r\n\r\n",
    "null",
    "undefined",
    "None",
    "true",
    "[]",
    "{}",
)
NUMBERS = (
    "0",
    "-1",
    "1e999",
    "NaN",
    "Infinity",
    "-0",
    "0x10",
    "1_000",
    "1,5",
    "²",
    "٣",
    "１２",
    "३",
    "9" * 30,
    "9" * 5000,
    "2147483648",
    "9223372036854775808",
    "99999999",
    "0000",
    "00",
    "32",
    "13",
    "0000-00-00",
    "2025-02-30",
    "9999-12-31",
    "10000",
)
HOSTILE = st.sampled_from(TEXTS) | st.sampled_from(NUMBERS) | st.text(max_size=30)
STRANGE = (
    "victims-²-kind",
    "victims-٣-kind",
    "victims--1-kind",
    "victims-99999999999-kind",
    f"victims-{'9' * 5000}-kind",
    "victims-0-kind-0",
    "victims-0",
    "victims",
    "perpetrators-1-number",
    "sources-19-name",
    "sources-20-name",
    "date-day-0",
    "date",
    "indicator_expression_note[]",
    "a[b][c]",
    "__proto__",
    "__class__.__init__",
    "language",
    "go",
    "rows",
    "active",
    "check",
    "\0",
    "\ud800",
    "x" * 1000,
    "",
)
BUTTONS = ("add", "remove-0", "remove-1", "remove-99", "remove-²", "remove--1", f"remove-{'9' * 5000}", "overview")

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Target:
    """A form that a person finds: where it goes and what it would send untouched."""

    path: str
    values: dict[str, list[str]]
    kinds: dict[str, str]
    """Of each field, its element or the type of its input."""
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass
class Site:
    """An installation that is the same before every input: what one changed is put back before the next."""

    app: Flask
    coalition: Coalition
    browser: Browser
    who: str
    tried: int = 0
    _kept: dict[Path, sqlite3.Connection] = field(default_factory=dict)
    _rows: dict[str, list[Any]] = field(default_factory=dict)

    def keep(self) -> None:
        """Remember everything as it is."""
        for file in self._files():
            copy = sqlite3.connect(":memory:")
            with sqlite3.connect(file) as present:
                present.backup(copy)
            present.close()
            self._kept[file] = copy
        self._cookies = dict(self.browser.client._cookies)
        self._before = self.stored()
        self._version = sqlite3.connect(self._data(), isolation_level=None)
        self._seen = self._present_version()

    def _data(self) -> Path:
        return self.coalition.runtime.config.data / "coalition.sqlite3"

    def _files(self) -> list[Path]:
        return sorted(self.coalition.runtime.config.data.rglob("*.sqlite3"))

    def _present_version(self) -> int:
        return int(self._version.execute("PRAGMA data_version").fetchone()[0])

    def stored(self) -> dict[str, list[Any]]:
        """Everything that a refused form must leave alone: not the log, nor what counts attempts and sessions.

        A form that could not be saved is kept for whoever typed it: that is no change of any record.
        """
        with sqlite3.connect(self._data()) as present:
            names = [name for (name,) in present.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            noted = re.compile("audit|attempt|failure|session|throttle|device|counter|challenge|kept_form")
            found = {
                name: present.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - names of our own tables
                for name in names
                if not noted.search(name)
            }
        present.close()
        return found

    def changed(self) -> list[str]:
        """Return the tables in which anything is different from what was kept."""
        if self._present_version() == self._seen:
            return []
        return [name for name, rows in self.stored().items() if rows != self._before.get(name)]

    def put_back(self) -> None:
        """Make everything as it was kept."""
        if self._present_version() != self._seen:
            for file, copy in self._kept.items():
                with sqlite3.connect(file) as present:
                    copy.backup(present)
                present.close()
            self._seen = self._present_version()
        self.browser.client._cookies.clear()
        self.browser.client._cookies.update(self._cookies)

    def close(self) -> None:
        """Let go of the copies."""
        for copy in (*self._kept.values(), self._version):
            copy.close()

    def send(self, path: str, **options: Any) -> TestResponse:
        """Send something, and hold the answer to the rules."""
        self.tried += 1
        response = self.browser.client.open(path, **options)
        status = response.status_code
        assert status in ANSWERS, f"{self.who}: {path}: {status}"
        if status in REFUSALS:
            assert self.changed() == [], f"{self.who}: {path}: refused with {status}, and stored"
        assert not urlsplit(response.headers.get("Location", "")).netloc.endswith("evil.example")
        return response


def encoded(fields: Fields) -> bytes:
    """What a hostile client sends: lone surrogates go as bytes that are no UTF-8."""
    return urlencode(fields, errors="surrogatepass").encode()


def kinds_of(page: Page) -> dict[str, str]:
    """Return the kind of every control of a page by its name."""
    controls = (*page.all("input"), *page.all("textarea"), *page.all("select"))
    return {
        control.get("name", ""): control.get("type", "text") if control.tag == "input" else control.tag
        for control in controls
    }


def references_for(coalition: Coalition) -> dict[State, str]:
    return {state: records.in_state(coalition, state) for state in State}


def pages_of(app: Flask, coalition: Coalition, references: dict[State, str], who: str) -> Iterator[str]:
    """Yield every address that shows somebody a page: of things that exist, and of each state of an incident.

    A short run leaves out what their role never reaches: it answers with a page of an error, which has no form.
    """
    year = COMPLETE.date.year if COMPLETE.date else 2025
    for known in (*references.values(), coalition.people["lead"].reference):
        parts = {"reference": known, "code": "FIRST", "year": year}
        for endpoint, method, path in addresses(app, **parts):
            shows_a_page = method == "GET" and not path.endswith(".pdf")
            if shows_a_page and (THOROUGH or who in REACHED_BY.get(endpoint, PEOPLE)):
                yield path
    for section in SECTION_SLUGS:
        yield f"/en/incidents/{references[State.DRAFT]}/edit/{section}"


def is_tried_by(who: str, endpoint: str) -> bool:
    """Tell whether a person tries an address: nobody tries all, in a short run the others what their role reaches."""
    return THOROUGH or who == "nobody" or who in REACHED_BY[endpoint]


COMMON = ("version", "year", "language", "email", "name", "code", "answer", "reason", "text", "active", "role")
SECTION_SLUGS = (
    "what-happened",
    "victims",
    "motivation",
    "perpetrators",
    "sources",
    "police",
    "consent",
    "descriptions",
)


def kind_of(path: str) -> str:
    """Return a path by which forms are told apart: a short run takes each once, whichever record it is about."""
    whole = urlsplit(path).path
    return whole if THOROUGH else re.sub("[0-9A-Z]{5}-[0-9A-Z]{5}", "…", whole)


def targets(site: Site, paths: list[str]) -> dict[tuple[str, tuple[str, ...]], Target]:
    """Walk the pages and return their forms, each once."""
    found: dict[tuple[str, tuple[str, ...]], Target] = {}
    for path in dict.fromkeys(paths):
        with site.browser.fetch(path) as response:
            shown = response.status_code == 200 and response.mimetype == "text/html"
            markup = response.get_data(as_text=True) if shown else ""
        # Only the forms are parsed: whether the page around them is sound is the other tests' matter.
        for part in re.findall(r'<form[^>]*method="post".*?</form>', markup, re.DOTALL):
            page = Page(f"<!DOCTYPE html><html><head><title>x</title></head><body>{part}</body></html>")
            form = page.forms()[0]
            key = (kind_of(form.action or path), tuple(sorted(form.values)))
            if not form.action.endswith("/sign-out"):
                found.setdefault(key, Target(form.action or path, form.values, kinds_of(page), form.buttons))
    return found


@st.composite
def fillings(draw: st.DrawFn, target: Target) -> Fields:
    """Fill a form: most of it as the page does, some of it badly, and something that no page asked for."""
    fields: Fields = []
    names = [name for name in target.values if name != "csrf_token"]
    bad = set(draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))) if names else set()
    for name, values in target.values.items():
        if name not in bad:
            fields += [(name, value) for value in values]
        elif draw(st.booleans()) or draw(st.booleans()):
            fields += [(name, draw(HOSTILE)) for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])))]
    if draw(st.integers(0, 3)) == 0:
        fields += [(draw(st.sampled_from(STRANGE)), draw(HOSTILE)) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 3)) == 0:
        fields.append((draw(st.sampled_from(["rows", "go", "active", "action"])), draw(st.sampled_from(BUTTONS))))
    elif target.buttons and draw(st.booleans()):
        fields.append(draw(st.sampled_from(target.buttons)))
    return fields


def folded(text: str) -> str:
    """What is left of a text whatever a form does with spaces and control characters."""
    seen = clean(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return "".join(char for char in seen if not char.isspace() and unicodedata.category(char) != "Cc")


def check_shown_again(response: TestResponse, target: Target, fields: Fields) -> None:
    """Nothing typed is lost: each text is in its field again, and the list of errors is there."""
    page = inspected(response)
    assert page.errors() or "notice" in page.html, f"{target.path}: refused without a word"
    shown = {name: values for form in page.forms() for name, values in form.values.items()}
    sent: dict[str, str] = {}
    for name, value in fields:
        sent.setdefault(name, value)
    kinds = kinds_of(page)
    for name, value in sent.items():
        if kinds.get(name) in {"text", "email", "url", "textarea"} and "autocomplete" not in name:
            assert folded(value) in {folded(text) for text in shown[name]}, f"{target.path}: {name} is lost"


def hidden_targets(site: Site, seen: set[str], references: dict[State, str]) -> list[Target]:
    """Return the addresses that take something from this person, and whose form no page showed on the walk."""
    page = site.browser.get("/en/sign-in")
    token = next(form.values["csrf_token"] for form in page.forms() if "csrf_token" in form.values)
    values = {"csrf_token": token, **{name: ["1"] for name in COMMON}}
    found = {}
    for reference in (site.coalition.people["lead"].reference, *references.values()):
        for endpoint, method, path in addresses(site.app, reference=reference, code="FIRST"):
            if method == "POST" and site.who in REACHED_BY.get(endpoint, PEOPLE) and not endpoint.endswith("sign_out"):
                found.setdefault(kind_of(path), Target(path, values, {}))
    return [target for kind, target in found.items() if kind not in seen]


def attack(site: Site, target: Target) -> None:
    """Send a form with bad input, again and again."""

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(fillings(target))
    def once(fields: Fields) -> None:
        response = site.send(
            target.path, method="POST", data=encoded(fields), content_type="application/x-www-form-urlencoded"
        )
        try:
            if response.status_code == 422 and target.kinds:
                check_shown_again(response, target, fields)
        finally:
            response.close()
            site.put_back()

    once()


def ask(site: Site, path: str) -> None:
    """Open an address with bad questions after it, again and again."""

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(QUESTIONS)
    def once(questions: Fields) -> None:
        site.send(f"{path}?{urlencode(questions, errors='surrogatepass')}", method="GET").close()
        site.put_back()

    once()


@pytest.mark.parametrize("who", PEOPLE)
def test_no_form_can_be_broken_by_what_is_typed(
    app: Flask,
    coalition: Coalition,
    signed_in: Callable[[str], Browser],
    record_property: Callable[[str, object], None],
    who: str,
):
    references = references_for(coalition)
    browser = Browser(app.test_client()) if who == "nobody" else signed_in(who)
    site = Site(app, coalition, browser, who)
    walked = targets(site, list(pages_of(app, coalition, references, who)))
    forms = [*walked.values(), *hidden_targets(site, {kind for kind, _ in walked}, references)]
    assert forms
    site.keep()

    for target in forms:
        attack(site, target)
    record_property("inputs", site.tried)
    record_property("forms", len(forms))
    site.close()


BODIES = (
    (b"", "application/x-www-form-urlencoded"),
    (b"&" * 200_000, "application/x-www-form-urlencoded"),
    (b"&".join(b"%d=1" % number for number in range(50_000)), "application/x-www-form-urlencoded"),
    (b"csrf_token=" + b"%ff%fe" * 1000, "application/x-www-form-urlencoded"),
    (b"%" * 1000, "application/x-www-form-urlencoded"),
    (b"x" * 5_000_000, "application/x-www-form-urlencoded"),
    (b'{"csrf_token": 1}', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b"<x/>", "application/xml"),
    (b"\0" * 1000, "application/octet-stream"),
    (b"--b\r\n", "multipart/form-data; boundary=b"),
    (b"--b--", "multipart/form-data"),
    (
        b'--b\r\nContent-Disposition: form-data; name="csrf_token"; filename="x"\r\n\r\nx\r\n--b--',
        "multipart/form-data; boundary=b",
    ),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" * 2000 + b"--b--", "multipart/form-data; boundary=b"),
    (b"x", "multipart/form-data; boundary=" + "b" * 5000),
    (b"x", "text/plain; charset=nonsense"),
    (b"x", "nonsense"),
)


@pytest.mark.parametrize("who", PEOPLE if THOROUGH else ["lead"])
def test_no_body_that_is_no_form_breaks_an_address(
    app: Flask,
    coalition: Coalition,
    signed_in: Callable[[str], Browser],
    record_property: Callable[[str, object], None],
    who: str,
):
    site = Site(app, coalition, Browser(app.test_client()) if who == "nobody" else signed_in(who), who)
    site.keep()
    posts = sorted({path for _, method, path in addresses(app) if method == "POST"})
    for number, path in enumerate(posts):
        for body, kind in BODIES if THOROUGH else (BODIES[number % len(BODIES)],):
            site.send(path, method="POST", data=body, content_type=kind).close()
            site.put_back()
    record_property("inputs", site.tried)
    record_property("forms", len(posts))
    site.close()


PARTS = (
    "..",
    "%2e%2e%2f",
    "%00",
    "%0d%0aSet-Cookie:x=1",
    "%ff",
    "%ed%a0%80",
    "²",
    "-1",
    "0",
    "99999999999999999999",
    "AAAAA-AAAAA'--",
    "x" * 4000,
    "%F0%9F%92%A9",
    "%E2%80%AE",
    "<script>",
    "a%2Fb",
    "coalition.sqlite3",
    "..%5c..%5csecret",
)
WORDS = (
    "year",
    "page",
    "state",
    "motivation",
    "check",
    "next",
    "language",
    "kind",
    "q",
    "order",
    "field",
    "from",
    "to",
    "action",
    "actor",
    "values",
    "endpoint",
    "_anchor",
    "_external",
    "_scheme",
    "_method",
    "\x00",
)
QUESTIONS = st.lists(st.tuples(st.sampled_from(WORDS), HOSTILE), max_size=4)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_address_can_be_broken_by_its_parts_or_by_what_follows_them(
    app: Flask,
    coalition: Coalition,
    signed_in: Callable[[str], Browser],
    record_property: Callable[[str, object], None],
    who: str,
):
    references = references_for(coalition)
    site = Site(app, coalition, Browser(app.test_client()) if who == "nobody" else signed_in(who), who)
    site.keep()
    known = {"reference": references[State.SUBMITTED], "code": "FIRST"}
    gets = sorted(
        {
            path
            for endpoint, method, path in addresses(app, **known)
            if method == "GET" and endpoint != "static" and is_tried_by(who, endpoint)
        }
    )
    for path in gets:
        ask(site, path)
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.arguments - {"language"} and is_tried_by(who, rule.endpoint)
    ]
    for number, rule in enumerate(rules):
        for part in PARTS if THOROUGH else (PARTS[number % len(PARTS)],):
            path = re.sub(r"<[^>]+>", quote(part, safe="%/"), rule.replace("<language>", "en", 1))
            for method in ("GET", "POST"):
                response = site.browser.client.open(path, method=method)
                site.tried += 1
                assert response.status_code in {*ANSWERS, 308}, (path, method)
                response.close()
    record_property("inputs", site.tried)
    record_property("forms", len(gets) + len(rules))
    site.close()


HEADS = (
    {"Cookie": "coalition=" + "x" * 4000},
    {"Cookie": "coalition=.eJw\x00"},
    {"Cookie": "; ; =; coalition; \xff=\xff"},
    {"Accept-Language": "," * 5000},
    {"Accept-Language": "bg;q=1e999, *;q=nan, \xff"},
    {"Accept": "\xff" * 1000},
    {"User-Agent": "\xff<script>" * 500},
    {"Referer": "http://[::1"},
    {"X-Forwarded-For": "'; --", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
    {"Range": "bytes=-1,0-,99999999999999-"},
    {"If-Modified-Since": "0000-00-00", "If-None-Match": '"' * 1000},
    {"Content-Length": "-1"},
    {"Transfer-Encoding": "chunked"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-CSRFToken": "\xff" * 100},
)


@pytest.mark.usefixtures("coalition")
def test_no_header_breaks_a_page(app: Flask, record_property: Callable[[str, object], None]):
    tried = 0
    for path in ("/", "/en/", "/en/sign-in", "/en/incidents", "/static/css/base.css", "/healthz"):
        for headers in HEADS:
            for method in ("GET", "POST"):
                response = app.test_client().open(path, method=method, headers=headers)
                assert response.status_code in {*ANSWERS, 206, 304, 308, 416}, (path, headers)
                assert "evil.example" not in response.headers.get("Location", "")
                response.close()
                tried += 1
    record_property("inputs", tried)
    record_property("forms", 6)


CELLS = HOSTILE.filter(lambda text: not re.search("[\ud800-\udfff]", text)) | st.sampled_from(
    ["2019", "2019-05", "Bulgaria", "Anti-Roma hate crime", "Threats", "Near Shore"]
)


def test_no_file_breaks_the_import(
    coalition: Coalition, tmp_path: Path, record_property: Callable[[str, object], None]
):
    tried = 0

    @settings(max_examples=EXAMPLES * 10, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(*[CELLS] * len(COLUMNS)), max_size=4))
    def read(rows: list[tuple[str, ...]]) -> None:
        nonlocal tried
        tried += 1
        file = tmp_path / "rows.csv"
        write_csv(file, COLUMNS, rows)
        with coalition.work("operator") as work:
            try:
                lines = imports.import_incidents(work, file, "FIRST")
            except UnreadableFile:
                lines = []
        assert len(lines) <= len(rows)
        assert all("\n" not in line.message for line in lines)

    read()
    record_property("inputs", tried)
    record_property("forms", 1)

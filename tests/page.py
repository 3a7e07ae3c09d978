"""The checking client: every page that any test fetches is held to the same rules.

Valid HTML5, one h1, a title, unique ids, every input labelled, language and direction, no inline style or script, no
reference to another site, every description and error that is referred to exists, and the security headers.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from coalition.i18n import available_languages
from coalition.web.security import HEADERS
from tests import markup


@dataclass(frozen=True)
class Form:
    """A form as the page shows it: its address and what it would send untouched."""

    action: str
    method: str
    values: dict[str, list[str]]
    buttons: tuple[tuple[str, str], ...]


class Page:
    """A parsed page."""

    def __init__(self, html: str) -> None:
        """Parse strictly: what a browser would repair is refused."""
        self.html = html
        self.root: Element = markup.parsed(html)

    @property
    def text(self) -> str:
        """All visible words, spaces folded: what waits in a template is not seen."""
        waiting = {id(part) for template in self.all("template") for part in template.iter()}
        words = "".join(text for part, text in _words(self.body) if id(part) not in waiting)
        return " ".join(words.split())

    @property
    def body(self) -> Element:
        """The body."""
        found = self.root.find("body")
        assert found is not None
        return found

    @property
    def heading(self) -> str:
        """The one h1."""
        return " ".join("".join(self.all("h1")[0].itertext()).split())

    def all(self, tag: str) -> list[Element]:
        """Every element of a kind."""
        return list(self.root.iter(tag))

    def by_id(self, name: str) -> Element | None:
        """The element with an id."""
        return next((element for element in self.root.iter() if element.get("id") == name), None)

    def links(self) -> dict[str, str]:
        """Every link: words to address."""
        return {" ".join("".join(link.itertext()).split()): link.get("href", "") for link in self.all("a")}

    def errors(self) -> list[str]:
        """The lines of the error summary."""
        summary = next((e for e in self.root.iter("div") if "error-summary" in (e.get("class") or "").split()), None)
        return [] if summary is None else [" ".join("".join(li.itertext()).split()) for li in summary.iter("li")]

    def forms(self) -> list[Form]:
        """Every form that is there; those in a template are not yet."""
        waiting = {id(form) for template in self.all("template") for form in template.iter("form")}
        return [_form(element) for element in self.all("form") if id(element) not in waiting]

    def form(self, action: str) -> Form:
        """The form that goes to an address."""
        return next(form for form in self.forms() if urlsplit(form.action).path == action)


def _words(element: Element) -> Iterator[tuple[Element, str]]:
    """Yield every text inside of an element, with the element that it stands in directly."""
    yield element, element.text or ""
    for part in element:
        yield from _words(part)
        yield element, part.tail or ""


def _form(element: Element) -> Form:
    values: dict[str, list[str]] = {}
    buttons = []
    for control in element.iter():
        name = control.get("name")
        if control.tag == "button" and name:
            buttons.append((name, control.get("value", "")))
        if not name or control.tag not in {"input", "select", "textarea"}:
            continue
        values.setdefault(name, []).extend(_sent(control))
    return Form(element.get("action", ""), element.get("method", "get"), values, tuple(buttons))


def _sent(control: Element) -> list[str]:
    if control.tag == "textarea":
        return ["".join(control.itertext()).removeprefix("\n")]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        return [option.get("value", "") for option in (chosen or options[:1])]
    if control.get("type") in {"checkbox", "radio"}:
        return [control.get("value", "on")] if control.get("checked") is not None else []
    return [control.get("value", "")]


class Browser:
    """A client that keeps the page it is on, follows redirects and inspects what it gets."""

    def __init__(self, client: FlaskClient) -> None:
        """Wrap a test client."""
        self.client = client
        self.page: Page | None = None
        self.response: TestResponse | None = None
        self.path = ""
        self._token = ""

    def get(self, path: str, status: int = 200) -> Page:
        """Fetch a page."""
        return self._take(self.client.get(path, follow_redirects=True), status)

    def fetch(self, path: str) -> TestResponse:
        """Fetch anything as it is, without following."""
        return self.client.get(path)

    def post(self, path: str, data: dict[str, Any], status: int = 200) -> Page:
        """Send fields as they are and follow to the page that comes."""
        return self._take(self.client.post(path, data=data, follow_redirects=True), status)

    def submit(self, to: str, button: tuple[str, str] | None = None, status: int = 200, **fields: Any) -> Page:
        """Fill in the form of the present page that goes to an address, and send all it holds."""
        assert self.page is not None
        form = self.page.form(to)
        data: dict[str, Any] = {**form.values, **fields}
        if button:
            assert button in form.buttons, f"no button {button} among {form.buttons}"
            data[button[0]] = button[1]
        return self.post(to, data, status)

    def token(self, *, renewed: bool = False) -> str:
        """Return what every form of this session carries, read from a page of it once, or once more."""
        if renewed or not self._token:
            page = self.get("/en/account")
            self._token = next(form.values["csrf_token"][0] for form in page.forms() if "csrf_token" in form.values)
        return self._token

    def _take(self, response: TestResponse, status: int) -> Page:
        assert response.status_code == status, f"{response.request.path}: {response.status_code}, expected {status}"
        self.response, self.path = response, response.request.path
        self.page = inspected(response)
        return self.page


def inspected(response: TestResponse) -> Page:
    """Parse a response and hold it to the rules."""
    for name, value in HEADERS.items():
        assert response.headers.get(name) == value, f"header {name} is missing"
    page = Page(response.get_data(as_text=True))
    _check_document(page, response.request.path)
    _check_references(page)
    for element in page.root.iter():
        _check_element(element)
    _check_labels(page)
    _check_rest(page)
    return page


def _check_rest(page: Page) -> None:
    """A page that leads away by itself when its session is over holds nothing that anybody types."""
    if not any(element.get("http-equiv") == "refresh" for element in page.all("meta")):
        return
    later = {id(element) for template in page.all("template") for element in template.iter()}
    for form in page.all("form"):
        if form.get("method", "get").lower() == "get" or id(form) in later:
            continue
        controls = [element for element in form.iter() if element.tag in {"input", "select", "textarea"}]
        typed = [item.get("name") for item in controls if item.get("type") not in {"hidden", "submit"}]
        assert not typed, f"{typed} would be lost: give the page an empty block “resting”"


def _check_document(page: Page, path: str) -> None:
    html = page.root
    language = path.split("/")[1]
    if language in available_languages():
        assert html.get("lang") == language, f"{path}: the page speaks another language than its address says"
    assert html.get("lang"), "html has no lang"
    assert html.get("dir") in {"ltr", "rtl"}, "html has no dir"
    assert len(page.all("h1")) == 1, f"{path}: {len(page.all('h1'))} h1 elements; a page has one"
    title = "".join(page.all("title")[0].itertext()).strip()
    assert title and not title.startswith("–"), f"{path}: the title says nothing"  # noqa: PT018
    assert len(page.all("main")) == 1, "a page has one main"


def _check_references(page: Page) -> None:
    ids = Counter(element.get("id") for element in page.root.iter() if element.get("id"))
    twice = {name for name, times in ids.items() if times > 1}
    assert not twice, f"ids used twice: {twice}"
    for element in page.root.iter():
        for attribute in ("aria-describedby", "aria-labelledby", "for", "headers"):
            for name in (element.get(attribute) or "").split():
                assert name in ids, f"{attribute} names {name!r}, which is not on the page"
        href = element.get("href") or ""
        if href.startswith("#") and element.tag == "a":
            assert href[1:] in ids, f"link to {href}, which is not on the page"


def _check_element(element: Element) -> None:
    assert element.get("style") is None, f"inline style on {element.tag}: the policy forbids it"
    assert element.tag != "style", "a style element: the policy forbids it"
    handlers = [name for name in element.keys() if str(name).startswith("on")]  # noqa: SIM118 - an Element, not a dict
    assert not handlers, f"inline script {handlers} on {element.tag}"
    if element.tag == "script":
        assert element.get("src", "").startswith("/static/"), "an inline or foreign script"
    if element.tag in {"img", "link", "script", "use"}:
        address = element.get("src") or element.get("href") or ""
        assert element.get("rel") == "alternate" or address.startswith(("/static/", "#")), f"loads {address}"
    if element.tag == "img":
        assert element.get("alt") is not None, "a picture without alt"
    if element.tag == "form" and element.get("method", "get").lower() == "post":
        names = [item.get("name") for item in element.iter("input")]
        assert "csrf_token" in names, f"the form to {element.get('action')} has no CSRF token"
    if element.tag == "a":
        words = "".join(element.itertext()).strip() or element.get("aria-label")
        assert words, f"a link to {element.get('href')} without words"


def _check_labels(page: Page) -> None:
    labelled = {element.get("for") for element in page.all("label")}
    for control in (*page.all("input"), *page.all("select"), *page.all("textarea")):
        if control.get("type") in {"hidden", "submit"}:
            continue
        named = control.get("id") in labelled or control.get("aria-label") or control.get("aria-labelledby")
        assert named, f"{control.tag} {control.get('name')!r} has no label"


def untranslated(text: str) -> list[str]:
    """Return the Latin words outside the marks that the pseudo-language puts around every translation.

    A translation may stand inside another as the value of a placeholder, so the marks are taken off from inside out.
    """
    while True:
        rest = re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
        if rest == text:
            break
        text = rest
    assert not set(rest) & set("⟦⟧"), f"a translation was cut: {' '.join(rest.split())}"
    return re.findall(r"[A-Za-z]{3,}", rest)

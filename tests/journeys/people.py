"""People at their browsers, with verbs they would use themselves. Everything is found by its words in Bulgarian."""

import re
import time
from pathlib import Path

import pyotp
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Browser, Page, expect

from coalition.i18n import gettext, in_language, labels
from coalition.services.codes import STEP
from tests.journeys import windows
from tests.journeys.conftest import PASSWORD, PATIENCE
from tests.journeys.seen import SEEN

LANGUAGE = "bg"
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
expect.set_options(timeout=PATIENCE * 1000)
TYPING = 15
"""Seconds that typing and sending a code may take before its time is over."""
TOKEN = re.compile('name="csrf_token"[^>]* value="([^"]+)"')
SKELETON = """[...document.querySelectorAll("*")].map(element => [element.tagName, ...[...element.attributes]
    .filter(({name}) => !["value", "href", "action", "content", "src"].includes(name))
    .map(({name, value}) => `${name}=${value}`)].join(" ")).join("\\n")"""
"""A page without its words: two pages with the same have the same problems, if any."""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""By how many pixels a page is wider than its window."""


def word(message: str, **values: object) -> str:
    """Return a message as this journey's people read it."""
    with in_language(LANGUAGE):
        return gettext(message, **values)


def label(list_name: str, code: str) -> str:
    """Return a code's label as this journey's people read it."""
    with in_language(LANGUAGE):
        return labels.label(list_name, code)


class Person:
    """Somebody at a browser of their own."""

    def __init__(
        self, browser: Browser, address: str, viewport: dict[str, int], *, scripts: bool = True, lasting: bool = True
    ) -> None:
        """Open a window, with scripts or without; scripts that are refused or fail make the journey fail."""
        self.scripts = scripts
        self.complaints: list[str] = []
        self.page: Page = windows.opened(browser, viewport, self.complaints, scripts=scripts, lasting=lasting)
        self.context = self.page.context
        self.address = address
        self.secret, self.taken = "", 0
        self.recovery_codes: list[str] = []
        self.page.set_default_timeout(PATIENCE * 1000)

    def opens(self, path: str) -> None:
        """Go to a page in Bulgarian."""
        self.page.goto(f"{self.address}/{LANGUAGE}/{path}")

    def signs_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in; whoever needs a second factor and has none sets it up, whoever has an app types its code."""
        self.opens("sign-in")
        self.types_the_password(email, password)
        if self.page.url.endswith("/account/second-factor"):
            self.sets_up_an_app()
        elif "/second-step" in self.page.url:
            self.types_the_code()

    def comes_in(self, email: str, secret: str = "") -> None:
        """Be signed in, by the requests that the pages send: the pages themselves are shown by `signs_in`.

        `secret` is of an app that was set up before; without one the password has to be enough.
        """
        self.secret = secret
        answer = self._sends("sign-in", email=email, password=PASSWORD)
        if secret:
            answer = self._sends(answer.url.removeprefix(f"{self.address}/{LANGUAGE}/"), code=self.code())
        assert "/sign-in" not in answer.url, "nobody is signed in"

    def _sends(self, path: str, **values: str) -> APIResponse:
        """Send the form of a page, with the cookies of this window and no page."""
        address = f"{self.address}/{LANGUAGE}/{path}"
        (token, *_others) = TOKEN.findall(self.context.request.get(address).text())
        answer = self.context.request.post(address, form={"csrf_token": token, **values})
        assert answer.ok, answer.text()
        return answer

    def types_the_password(self, email: str, password: str = PASSWORD) -> None:
        """Fill in the page to sign in."""
        self.page.get_by_label(word("E-mail address")).fill(email)
        self.page.get_by_label(word("Password"), exact=True).fill(password)
        self.presses_on("Sign in")

    def sets_up_an_app(self) -> None:
        """Type the key of a new authenticator app, then its first code, and keep the recovery codes."""
        self.finds_nothing_wrong()
        self.follows("Set up an app")
        self.finds_nothing_wrong()
        self.secret = "".join(self.page.locator("code.secret").inner_text().split())
        self.page.get_by_label(word("Code from your app")).fill(self.code())
        self.presses_on("Set up")
        self.recovery_codes = self.page.locator(".recovery-codes code").all_inner_texts()
        self.finds_nothing_wrong()
        self.follows("I have kept them")

    def code(self) -> str:
        """Return a code of the app that is taken now: that of the half minute before, else the present one, or wait.

        The site takes both, each once, so a person who signs in twice need not wait half a minute in between.
        """
        present, passed = divmod(time.time(), STEP)
        earliest = int(present) - (passed < STEP - TYPING)
        step = max(self.taken + 1, earliest)
        if step > present:
            time.sleep(max(0.0, step * STEP - time.time()))
        self.taken = step
        return pyotp.TOTP(self.secret).at(step * STEP)

    def types_the_code(self) -> None:
        """Show the second factor by the app's code."""
        self.page.get_by_label(word("Code from your app")).fill(self.code())
        self.presses_on("Go on")

    def presses(self, message: str) -> None:
        """Press the button in the main part with these words."""
        self.page.get_by_role("main").get_by_role("button", name=word(message), exact=True).first.click()

    def presses_on(self, message: str) -> None:
        """Press the button in the main part with these words, and wait for the page that it leads to.

        A click returns before the browser has gone anywhere: what is looked at next could be the page before, and an
        address that is opened next could take back what the button sent.
        """
        with self.page.expect_navigation():
            self.presses(message)

    def follows(self, message: str, **values: object) -> None:
        """Follow the link in the main part with these words."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=word(message, **values), exact=True).first.click()

    def goes_to(self, selector: str) -> None:
        """Follow the first link, or press the first button, that is found by its place in the main part."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").locator(selector).first.click()

    def chooses(self, name: str, value: str) -> None:
        """Choose from a list or from radio buttons, whichever the page offers."""
        boxes = self.page.get_by_role("main").locator(f"select[name={name}]")
        if boxes.count():
            boxes.first.select_option(value)
        else:
            self.page.locator(f"input[name={name}][value={value}]").check()

    def ticks(self, list_name: str, *codes: str) -> None:
        """Tick or choose options of a list of the code book."""
        for code in codes:
            self.page.get_by_label(label(list_name, code), exact=True).first.check()

    def reads(self, text: str) -> None:
        """Find a text in the main part."""
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def finds_nothing_wrong(self) -> None:
        """Look at the page with axe, for sideways scrolling, and for what the browser complained of."""
        self.page.wait_for_load_state()
        if self.scripts:
            self._is_accessible()
        wide = self.page.locator("body").evaluate(SIDEWAYS)
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"
        assert not self.complaints, self.complaints

    def _is_accessible(self) -> None:
        """Look at the page with axe, once for all pages of the same make."""
        place = SEEN.place_of((self.page.viewport_size or DESK)["width"], self.page.evaluate(SKELETON))
        if place.exists():
            return
        problems = Axe().run(self.page).response["violations"]
        assert not problems, [(found["id"], [node["html"] for node in found["nodes"]][:3]) for found in problems]
        place.touch()

    def fetches(self, name: str, folder: Path) -> Path:
        """Take a file by the link with its name in its address."""
        with self.page.expect_download() as waiting:
            self.page.locator(f'a[href$="/{name}"]').first.click()
        target = folder / name
        waiting.value.save_as(target)
        return target


class CaseWorker(Person):
    """Records on a phone."""

    def begins_an_incident(self, day: str, month: str, year: str, town: str) -> None:
        """Say when and where."""
        self.opens("incidents")
        self.follows("Record an incident")
        self.finds_nothing_wrong()
        for name, value in (("Day", day), ("Month", month), ("Year", year)):
            self.page.get_by_label(word(name), exact=True).fill(value)
        self.page.get_by_label(word("Town or village")).fill(town)
        self.goes_on()

    def goes_on(self) -> None:
        """Save this section and go to the next."""
        self.finds_nothing_wrong()
        self.presses_on("Save and continue")

    def says_what_happened(self, *offences: str) -> None:
        """Tick the offences."""
        self.ticks("offences", *offences)
        self.goes_on()

    def says_who_was_targeted(self, number: int) -> None:
        """Give the number of victims."""
        self.page.locator("[name=victims-0-kind]").select_option("person")
        self.page.locator("[name=victims-0-number]").fill(str(number))
        self.goes_on()

    def says_why(self, motivation: str, indicator: str, note: str) -> None:
        """Choose a motivation and what shows it."""
        self.ticks("bias_motivations", motivation)
        self.page.locator(f"[name=indicator_{indicator}]").check()
        self.page.locator(f"[name=indicator_{indicator}_note]").fill(note)
        self.goes_on()

    def says_who_did_it(self, number: int) -> None:
        """Give the number of perpetrators."""
        self.page.locator("[name=perpetrators-0-number]").fill(str(number))
        self.page.locator("[name=perpetrators-0-relation]").select_option("stranger")
        self.goes_on()

    def names_the_source(self, kind: str) -> None:
        """Choose the kind of source."""
        self.page.locator("[name=sources-0-kind]").select_option(kind)
        self.goes_on()

    def tells_of_the_police(self, status: str) -> None:
        """Choose the status of the case."""
        self.ticks("case_statuses", status)
        self.goes_on()

    def records_consent(self, *purposes: str) -> None:
        """Tick what the person agreed to."""
        self.ticks("bases", "consent")
        self.ticks("consent_purposes", *purposes)
        self.page.locator("[name=consent_way]").select_option("spoken")
        for part, value in (("day", "14"), ("month", "5"), ("year", "2025")):
            self.page.locator(f"[name=consent_date-{part}]").fill(value)
        self.goes_on()

    def describes(self, narrative: str, english: str, bulgarian: str) -> None:
        """Write what happened, for inside and for outside."""
        self.page.locator("[name=narrative]").fill(narrative)
        self.page.locator("[name=descriptions-en], [name=description_en]").first.fill(english)
        self.page.locator("[name=descriptions-bg], [name=description_bg]").first.fill(bulgarian)
        self.goes_on()

    def checks_the_answers(self) -> None:
        """Look at the answers once more and go on to the overview."""
        self.finds_nothing_wrong()
        self.presses_on("Save and go on to submitting")

    def hands_it_in(self, answer: str = "") -> None:
        """Submit from the overview, with an answer where a question waits."""
        if answer:
            self.page.get_by_role("main").locator("textarea").first.fill(answer)
        self.goes_to("form.form button.button--primary")


class Coordinator(Person):
    """Reviews, builds and publishes at a desk."""

    def opens_the_first_waiting(self) -> None:
        """Open what has waited longest."""
        self.opens("reviews")
        self.finds_nothing_wrong()
        self.goes_to('a[href*="/reviews/"]')
        self.finds_nothing_wrong()

    def opens_from_the_inbox(self, message: str) -> None:
        """Open what a line of the inbox is about."""
        self.opens("inbox")
        self.finds_nothing_wrong()
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=word(message)).first.click()

    def decides(self, step: str, text: str = "") -> None:
        """Choose a decision and send it."""
        self.page.locator(f"[name=step][value={step}]").check()
        if text:
            self.page.locator("[name=question]" if step == "return" else "[name=remark]").fill(text)
        with self.page.expect_navigation():
            self.page.locator("form:has([name=step]) button[type=submit]").last.click()

    def waits_for_the_files(self) -> None:
        """Stay on the page of a job until it is done; the page follows by itself."""
        expect(self.page.locator('main a[href*="/files/"]').first).to_be_visible(timeout=PATIENCE * 1000)
        self.finds_nothing_wrong()

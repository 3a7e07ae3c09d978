"""Translation is a gate: catalogues are complete and true to their sources, and no word of any page escapes them.

The pseudo-language has every message in marks. It goes by the code of Arabic, so that every page is also laid out from
right to left, and so that what the formats of dates, numbers and countries put in is not taken for a bare word.
"""

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po
from flask import Flask

from coalition import i18n, services
from coalition.documents.annual_report import report_html
from coalition.documents.blank_form import BlankForm, form_html
from coalition.documents.case_sheet import sheet_html
from coalition.domain.authentication import IDLE, PROOF_LASTS
from coalition.domain.errors import NotAllowedNow
from coalition.domain.evidence import FileKind
from coalition.domain.filters import ListFilter
from coalition.domain.incidents import Facts, Indicator, PartialDate, Source
from coalition.domain.official import Cell, Entry, Figure, Kind, Value
from coalition.domain.paper import SheetKind
from coalition.domain.profiles import shipped, shipped_text
from coalition.domain.published import Line
from coalition.domain.queries import Asked
from coalition.domain.retention import ErasureReason
from coalition.domain.reviews import Step
from coalition.domain.vocabulary import Purpose, Role, State
from coalition.i18n import catalogues
from coalition.i18n.acts import ACTS
from coalition.services import (
    accounts,
    admissions,
    consents,
    erasures,
    filters,
    invitations,
    jobs,
    official,
    organisations,
    paper,
    published,
    queries,
    reminders,
    settings,
    summaries,
    versions,
)
from coalition.services.codes import code_at
from coalition.services.jobs import PERMISSION_OF
from coalition.services.published import ReadList
from coalition.services.work import OPERATOR, Runtime, unit_of_work
from coalition.web.forms.incidents import SECTIONS
from coalition.web.jobs import WHY
from coalition.web.paper import sheet_pages
from tests.conftest import PASSWORD, START, Clock, Coalition, with_app
from tests.contracts.test_access import EVERYBODY, REACHED_BY
from tests.documents.evidence_samples import HONEST
from tests.domain.samples import facts
from tests.page import Browser, Page, inspected, untranslated
from tests.services import records
from tests.services.building import built
from tests.services.filing import take_in
from tests.services.sheets import run_jobs

PSEUDO = "ar"
ONE = 1
"""Which of that language's six plural forms is the one for a single thing."""
PROPER_NOUNS = {
    "ODIHR",
    "OSCE",
    "HCR",
    "English",
    "CSV",
    "DOCX",
    "EML",
    "ICS",
    "JSON",
    "PDF",
    "SIG",
    "TOML",
    "XLSX",
    "ZIP",
    "SHA",
    "Enter",
}
"""Names that are the same in every language, keys among them, and may stand outside a message."""
READ_OUT = ("title", "alt", "placeholder", "aria-label", "aria-description", "data-label", "label")
"""Attributes whose text people see or hear."""


@cache
def template() -> Catalog:
    """Return every message of the product: reading all of it takes seconds."""
    return catalogues.extracted()


# --- the catalogues ----------------------------------------------------------------------------------------


def test_the_whole_product_is_extracted():
    messages = {message.id if isinstance(message.id, str) else message.id[0] for message in template()}
    assert len(messages) > 400
    # One from each kind of place: code, template, code book, regions.
    assert {"Case worker", "Skip to the main content", "Anti-Roma hate crime", "Sofia (capital)"} <= messages


def test_every_catalogue_is_complete_and_true_to_its_sources():
    assert list(catalogues.faults()) == []


def test_both_languages_of_the_first_members_are_served():
    assert i18n.available_languages()[:2] == ("en", "bg")
    i18n.check_languages(("bg", "en"))
    with pytest.raises(i18n.UnusableLanguage, match="tlh"):
        i18n.check_languages(("en", "tlh"))


@pytest.mark.parametrize(
    ("source", "translation", "fault"),
    [
        ("Save", "", "not translated"),
        ("By %(name)s", "От %(name)s", ""),
        ("By %(name)s", "От", "placeholders differ"),
        ("By %(name)s", "От %(име)s", "placeholders differ"),
        ("By {name}", "От", "placeholders differ"),
        ("Save", "Запис %(name)s", "placeholders differ"),
        ("<q>Save</q>", "<q>Запис</q>", ""),
        ("<q>Save</q>", "Запис", "tags differ"),
        (("%(num)s day", "%(num)s days"), ("ден", "%(num)s дни"), ""),
        (("%(num)s day", "%(num)s days"), ("%(num)s ден", ""), "not translated"),
        (("%(num)s day %(of)s", "%(num)s days %(of)s"), ("ден %(of)s", "%(num)s дни"), "placeholders differ"),
    ],
)
def test_a_wrong_translation_is_found(source: str | tuple[str, str], translation: str | tuple[str, str], fault: str):
    template, catalogue = Catalog(), Catalog(locale="bg")
    message = template.add(source)
    catalogue.add(source, translation)
    found = list(catalogues._faults_of(message, catalogue))
    assert [text.split(":")[0] for text in found] == ([fault] if fault else [])


def test_a_guessed_translation_counts_as_none():
    template, catalogue = Catalog(), Catalog(locale="bg")
    message = template.add("Save")
    catalogue.add("Save", "Запис", flags={"fuzzy"})
    assert list(catalogues._faults_of(message, catalogue)) == ["not translated: 'Save'"]


def test_a_text_that_is_also_the_singular_of_another_is_found():
    plural = ("A question", "%(count)s questions")
    found = [("A question", [], None), (plural, [], None), ("Save", [], None), ("A question", [], "menu")]
    assert list(catalogues._merged(found)) == ["both a text and the singular of another: 'A question'"]
    assert list(catalogues._merged([(plural, [], None), ("A question", [], "menu")])) == []


# --- the pseudo-language -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("⟦Save⟧ 12 – ⟦By ⟦Ana⟧ and others⟧", []),
        ("⟦Save⟧ Cancel", ["Cancel"]),
        ("⟦By ⟦Ana⟧⟧ Cancel ⟦x⟧", ["Cancel"]),
        ("Запис", []),
    ],
)
def test_a_bare_word_is_one_outside_all_marks(text: str, bare: list[str]):
    assert untranslated(text) == bare


def pseudo_catalogue(folder: Path) -> None:
    """Write a catalogue in which every form of every message stands in marks."""
    catalogue = Catalog(locale=PSEUDO)
    for message in template():
        if not message.id:
            continue
        if isinstance(message.id, str):
            catalogue.add(message.id, f"⟦{message.id}⟧", context=message.context)
        else:
            forms = [message.id[number != ONE] for number in range(catalogue.num_plurals)]
            catalogue.add(message.id, tuple(f"⟦{form}⟧" for form in forms), context=message.context)
    with (folder / "messages.po").open("wb") as file:
        write_po(file, catalogue)


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Offer the pseudo-language."""
    folder = tmp_path_factory.mktemp("pseudo")
    pseudo_catalogue(folder)
    with i18n.further_catalogue(PSEUDO, folder):
        yield


CYRILLIC = "Къде беше това?"
TOLD = facts(
    municipality="Столична",
    sources=(Source("media", "Вестник", "стр. 3"), Source("partner_organisation", "Близък бряг")),
    own_reference="17",
    descriptions={"bg": "Описание."},
)
"""An incident in which nothing but codes is written in Latin letters."""


@pytest.fixture
def translated(runtime: Runtime, pseudo: None) -> Coalition:  # noqa: ARG001 - the language is in force
    """Give a coalition that reads the pseudo-language, and whose own data hold no Latin word."""
    people, secrets = {}, {}
    with unit_of_work(runtime, OPERATOR) as work:
        settings.change(work, name={"en": "Коалиция"}, languages=("en", PSEUDO), contact="+359 2 000 0000")
        for code, name in (("1-1", "Първи член"), ("2-2", "Втори член")):
            organisations.create_organisation(
                work, code, name, about={"bg": "Помага."}, website="https://member.example"
            )
        for role in (Role.LEAD, Role.COORDINATOR, Role.ADMINISTRATOR):
            people[role.value] = accounts.create_account(
                work,
                email=f"{role}@example.org",
                name="Някой",
                role=role,
                organisation_code="1-1" if role is Role.LEAD else None,
                password=PASSWORD,
                language=PSEUDO,
            )
            if role is not Role.LEAD:
                secrets[role.value] = with_app(work, people[role.value])
    return Coalition(runtime, people, secrets)


def texts(element: Element, language: str) -> Iterator[str]:
    """Yield what is read in an element, except where it says that it is in another language."""
    if element.tag in {"script", "style", "code"} or element.get("lang", language) != language:
        return
    yield element.text or ""
    for name in READ_OUT:
        yield f"\n{element.get(name, '')}\n"
    if element.get("type") in {"submit", "button"} and element.tag == "input":
        yield element.get("value", "")
    for child in element:
        yield from texts(child, language)
        yield child.tail or ""


DATA = re.compile(
    r"[^\s⟦⟧]+@[^\s⟦⟧]+"  # addresses of people
    r"|https?://[^\s⟦⟧]+|\b[\w.]+\.example\b"  # and of sites
    r"|\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b"  # references
    r"|\b[\w-]+\.(?:csv|xlsx|pdf|json|sig|zip)\b"  # files
    r"|\b[0-9a-f]{4}(?: [0-9a-f]{4}){15}\b"  # fingerprints
    r"|\bodihr-[\d.]+\b"  # profiles
    r"|\b[0-9a-f]{64}\b"  # checksums
    r"|⟪.*?⟫"
)


OF_PROFILES = ("/profiles", "/submissions/2024/v2/package")
"""Pages on which fields hold, and codes name, what a profile says in the language of its receiving body."""


@cache
def words_of_profiles() -> frozenset[str]:
    """Return every word of the profiles that come with the product, and the code of the test's own."""
    text = " ".join(shipped_text(code) for code in shipped())
    return frozenset({*re.findall(r"[^\W\d_]+", text), "ours"})


def bare_words(page: Page) -> list[str]:
    """Return the words of a page that went past the catalogues."""
    text = "".join(texts(page.root, PSEUDO))
    return [word for word in untranslated(DATA.sub(" ", text)) if word not in PROPER_NOUNS]


def test_bare_words_are_found_wherever_a_page_says_them():
    page = Page(
        f'<!DOCTYPE html><html lang="{PSEUDO}"><head><title>Heading</title></head><body>'
        '<p>⟦Save⟧ – ⟦by <b>⟦Ana⟧</b> and others⟧</p><p>Cancel <span lang="en">English words</span></p>'
        '<button aria-label="Close">×</button><img alt="Drawing"><input placeholder="Town" type="text">'
        '<input type="submit" value="Send"><svg><text>Threats</text></svg>'
        "<p>ana@example.org https://member.example K7QMX-X9PDF report.pdf ODIHR</p></body></html>"
    )
    assert bare_words(page) == ["Heading", "Cancel", "Close", "Drawing", "Town", "Send", "Threats"]


class Reader:
    """Reads pages in the pseudo-language, and collects what is wrong with each."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.browser = Browser(app.test_client())
        self.read: set[str] = set()
        self.faults: dict[str, list[str]] = {}

    def sign_in(self, who: str, code: str = "") -> None:
        self.browser.get(f"/{PSEUDO}/sign-in")
        page = self.browser.submit(f"/{PSEUDO}/sign-in", email=f"{who}@example.org", password=PASSWORD)
        self.check(page, "after the password")
        if code:
            page = self.browser.submit(f"/{PSEUDO}/sign-in/second-step", code=code)
            self.check(page, "after signing in")
        self.read_own_pages()

    def read_own_pages(self) -> None:
        """Read what is about one's own sign-in."""
        for name in ("", "/sessions", "/second-factor", "/second-factor/passkey", "/second-factor/app"):
            self.get(f"/account{name}")
        self.send("/account/second-factor/app", code=["000000"])
        for path in ("/sign-in/second-step", "/confirm"):
            self.get(path)
        self.send("/confirm", password=["x"], code=["000000"])

    def check(self, page: Page, what: str) -> None:
        assert page.root.get("dir") == "rtl", what
        assert "⟦" in page.text, what
        found = bare_words(page)
        if what.startswith(OF_PROFILES):
            found = [word for word in found if word not in words_of_profiles()]
        if found:
            self.faults[what] = found

    def get(self, path: str, status: int = 200) -> Page:
        """Read a page."""
        page = self.browser.get(f"/{PSEUDO}{path}", status)
        matched = self.app.url_map.bind("localhost").match(f"/{PSEUDO}{path.split('?', maxsplit=1)[0]}")
        self.read.add(matched[0])
        self.check(page, path)
        return page

    def send(self, path: str, button: tuple[str, str] | None = None, **values: object) -> Page:
        """Send the form of the page that was read last, and read what comes back."""
        assert self.browser.page is not None
        form = self.browser.page.form(f"/{PSEUDO}{path}")
        data = {**form.values, **values, **dict([button] if button else [])}
        response = self.browser.client.post(f"/{PSEUDO}{path}", data=data, follow_redirects=True)
        assert response.status_code < SERVER_ERROR
        self.browser.page = page = inspected(response)
        self.check(page, f"{path} sent with {values}")
        return page

    def finish(self, who: str) -> None:
        """Fail on every bare word, and on every page of this role that was not read."""
        wanted = {
            name for name, roles in REACHED_BY.items() if who in roles and (roles != EVERYBODY or who == "nobody")
        }
        pages = {rule.endpoint for rule in self.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
        assert (wanted & pages) - self.read - NO_PAGES == set()
        assert self.faults == {}


SERVER_ERROR = 500
NO_PAGES = {
    "pages.gap_file",
    "official.download",
    "packages.download",
    "profiles.download",
    "published.state",
    "queries.log",
    "static",
    "root",
    "health",
    "jobs.state",
    "jobs.download",
    "consents.proof",
    "submissions.message",
    "versions.download",
    "exports.download",
    "exports.copy",
    "paper.blank_form",
    "paper.case_sheet",
    "presence.state",
    "evidence.download",
    "evidence.download_original",
    "importing.state",
    "importing.problems",
    "calendar.feed",
    "calendar.members_file",
}
EMPTY = Facts(offences=("unspecified",), indicators=(Indicator("expression"),), basis="consent")
"""A draft in which nearly everything is missing."""


def every_state(coalition: Coalition) -> dict[State, str]:
    """Record an incident in every state; returns their references."""
    return {state: records.in_state(coalition, state, TOLD, "lead", CYRILLIC) for state in State}


def test_no_word_of_the_public_site_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    for path in ("/", "/figures"):
        reader.get(path)
    records.in_state(translated, State.ACCEPTED, TOLD, "lead")
    records.in_state(translated, State.ACCEPTED, replace(TOLD, date=PartialDate(2023), country="RO"), "lead")
    records.in_state(translated, State.REJECTED, TOLD, "lead", CYRILLIC)
    records.in_state(translated, State.SUBMITTED, TOLD, "lead")
    records.in_state(translated, State.ACCEPTED, replace(TOLD, consents=frozenset({"share_coalition"})), "lead")
    with translated.work("coordinator") as work:
        for year in (2023, 2024):
            summary = summaries.publish_summary(work, year)
    for path in ("/", "/figures", "/figures/2024", "/figures/2023", "/figures/2024/incidents"):
        reader.get(path)
    reader.get("/figures/2024/incidents?motivation=anti_roma")
    for path in ("/invitation", "/invitation/nothing"):
        reader.get(path, status=410)
    for path in ("/members", "/method", "/calendar", "/sign-in"):
        reader.get(path)
    reader.send("/sign-in")
    reader.send("/sign-in", email=["no address"], password=["x"])
    reader.send("/sign-in", email=["nobody@example.org"], password=[PASSWORD])
    reader.get("/figures/gap")
    with translated.work("coordinator") as work:
        for figure, value in zip(Figure, (Value.of(22), Value(Kind.ZERO), Value(Kind.DASH)), strict=True):
            official.enter_figure(work, figure_seen(figure, value))
    reader.get("/figures/gap")
    reader.get("/figures/2024")
    reader.get("/figures/1999", status=404)
    reader.check(Page(report_html(summary, PSEUDO)), "the report")
    reader.finish("nobody")


def test_no_word_of_signing_in_escapes_translation(app: Flask, translated: Coalition, clock: Clock):
    reader = Reader(app)
    with translated.work("administrator") as work:
        person = {"email": "waits@example.org", "name": "Някой", "role": Role.LEAD, "organisation_code": "1-1"}
        new = accounts.create_account(work, **person)
        token = invitations.make_link(work, new.reference).token
    reader.get(f"/invitation/{token}")
    with translated.work("operator") as work:
        settings.change(work, second_factor="everybody")
        token = invitations.make_link(work, "lead@example.org").token
    reader.get(f"/invitation/{token}")
    reader.send("/invitation")
    reader.send("/invitation", new=["1qaz2wsx3edc"], again=["1qaz2wsx3edc"])
    reader.send("/invitation", new=["нещо съвсем различно"], again=["нещо съвсем различно"])
    page = reader.get("/account/second-factor/app")
    secret = next("".join(code.itertext()) for code in page.all("code")).replace(" ", "").strip()
    reader.send("/account/second-factor/app", code=[code_at(secret, clock.now)], name=["Телефон"])
    reader.get("/account/second-factor")
    reader.send("/account/second-factor/recovery-codes")
    clock.now += PROOF_LASTS
    reader.get("/account/second-factor/app")
    reader.send("/confirm", password=["нещо съвсем различно"], code=[code_at(secret, clock.now)])
    draft = reader.get("/incidents/new").form(f"/{PSEUDO}/incidents/new").values
    clock.now += IDLE
    response = reader.browser.client.post(f"/{PSEUDO}/incidents/new", data=draft)
    reader.browser.page = inspected(response)
    reader.check(reader.browser.page, "asked to sign in with a form under way")
    reader.send("/sign-in", email=["lead@example.org"], password=["нещо съвсем различно"])
    reader.send("/sign-in/second-step", code=["000000"])
    reader.send("/sign-in/second-step", code=[code_at(secret, clock.now)])
    assert reader.faults == {}


def read_who_waits(reader: Reader, coalition: Coalition, who: str, role: Role) -> None:
    """Read what somebody sees of people who wait to be confirmed: a new one, and one with a wider role."""
    place = "1-1" if role is Role.LEAD else None
    person = {"name": "Някой", "role": role}
    with coalition.work("operator") as work:
        old = accounts.create_account(work, email="old@example.org", **person, organisation_code=place)
        accounts.set_role(work, old.reference, Role.AUDITOR)
    with coalition.work("administrator") as work:
        accounts.create_account(work, email="waits@example.org", **person, organisation_code=place)
        accounts.edit_account(work, old.reference, **person, organisation_code=place)
    with coalition.reading(who) as work:
        waiting = [item.reference for item in admissions.list_waiting(work)]
    assert len(waiting) == 2
    reader.get("/account")
    for reference in waiting:
        reader.get(f"/account/people/{reference}")
    if who == "administrator":
        reader.get("/people")
        reader.send(f"/people/{old.reference}/access", button=("active", "no"))
        return
    reader.send(f"/account/people/{waiting[1]}/confirm")
    reader.get(f"/account/people/{waiting[0]}")
    reader.send(f"/account/people/{waiting[0]}/refuse")


def test_no_word_of_a_members_pages_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("lead")
    with translated.work("coordinator") as work:
        reminders.remind(work, 2025, ("1-1",))
    for path in ("/readiness", "/inbox", "/calendar"):
        reader.get(path)
    reader.get("/incidents")
    reader.get("/incidents/new")
    reader.send("/incidents/new")
    references = every_state(translated)
    for reference in references.values():
        reader.get(f"/incidents/{reference}")
    for state in ("", *State):
        reader.get(f"/incidents?state={state}")
    draft = records.begun(translated, EMPTY, "lead")
    read_sections(reader, draft, references[State.DRAFT])
    read_evidence(reader, translated, draft)
    read_import(reader, translated)
    reader.get(f"/incidents/{draft}/discard")
    for page in ("consents", "consent", "readers", "copy", "sheet", "lock", "erase", "keep", "history"):
        reader.get(f"/incidents/{references[State.ACCEPTED]}/{page}")
    read_conversation(reader, references[State.ACCEPTED])
    read_filters(reader, translated, "lead")
    wish = asked_to_erase(translated, references[State.REJECTED])
    for page in ("/due", "/erasures", f"/erasures/{wish}", "/incidents/export", "/paper"):
        reader.get(page)
    reader.get("/account")
    reader.send("/account")
    reader.send("/account", present=["wrong wrong"], new=[PASSWORD], again=[PASSWORD])
    reader.get(f"/incidents/{references[State.ACCEPTED]}/edit/consent", status=409)
    reader.get("/people", status=403)
    read_who_waits(reader, translated, "lead", Role.LEAD)
    reader.finish("lead")


def read_conversation(reader: Reader, reference: str) -> None:
    """Read what was said about a record, and send nothing, then something that names somebody; then look what waits."""
    reader.get(f"/conversations/{reference}")
    reader.send(f"/conversations/{reference}")
    reader.get(f"/conversations/{reference}?kind=comment")
    reader.send(f"/conversations/{reference}", text=["Иван Петров, +359 88 000 0000"])
    reader.get("/inbox")


def read_filters(reader: Reader, coalition: Coalition, who: str) -> None:
    """Read the list of filters without any and with one, and give it no name."""
    reader.get("/filters")
    with coalition.work(who) as work:
        wanted = ListFilter(state=State.ACCEPTED.value, year=2024, country="BG", type="threat", motivation="gender")
        reference = filters.name_filter(work, wanted, "⟪Намерени⟫", shared=True)
    reader.get("/filters")
    reader.get(f"/filters/{reference}")
    reader.send(f"/filters/{reference}", name=[""])


def read_sections(reader: Reader, draft: str, other: str) -> None:
    """Read and send every section of a draft with nothing, with every button and with wrong answers; read another's."""
    reader.get(f"/incidents/{draft}")
    reader.send(f"/incidents/{draft}")
    for slug in SECTIONS:
        reader.get(f"/incidents/{other}/edit/{slug}")
        page = reader.get(f"/incidents/{draft}/edit/{slug}?check=1")
        form = page.form(f"/{PSEUDO}/incidents/{draft}/edit/{slug}")
        for button in form.buttons:
            reader.send(f"/incidents/{draft}/edit/{slug}", button)
            reader.get(f"/incidents/{draft}/edit/{slug}")
        wrong = {name: ["⟪x⟫"] for name in form.values if name not in {"csrf_token", "version"}}
        reader.send(f"/incidents/{draft}/edit/{slug}", **wrong)


def read_evidence(reader: Reader, coalition: Coalition, reference: str) -> None:
    """Read the pages of files: empty, with a file, with one that is refused."""
    place = f"/incidents/{reference}/evidence"
    reader.get(place)
    reader.send(place)
    take_in(coalition, reference, ("⟪a.jpg⟫", HONEST[FileKind.JPEG]), who="lead")
    for page in ("", "/1/note", "/1/remove"):
        reader.get(f"{place}{page}")
    reader.send(f"{place}/1/remove")


def read_import(reader: Reader, coalition: Coalition) -> None:
    """Read the pages that a member's own spreadsheet goes through."""
    reader.get("/imports")
    reader.send("/imports")
    token = reader.browser.token()
    file = (io.BytesIO("⟪x⟫,⟪date⟫\n⟪one⟫,⟪nothing⟫\n⟪two⟫,2024-05-17\n".encode()), "⟪cases.csv⟫")
    answer = reader.browser.client.post(f"/{PSEUDO}/imports", data={"csrf_token": token, "file": file})
    here = answer.headers["Location"].removeprefix(f"/{PSEUDO}")
    reader.get(here)
    run_jobs(coalition)
    reader.get(here)
    reader.get(f"{here}/columns")
    reader.send(f"{here}/columns", key=["nonsense"])
    reader.get(f"{here}/columns")
    reader.send(f"{here}/columns", column_0=["own_reference"], column_1=["date"], key=["0"])
    reader.get(f"{here}/words")
    reader.send(f"{here}/words", every_country=["BG"])
    run_jobs(coalition)
    reader.get(here)
    reader.get(f"{here}/preview")
    reader.send(f"{here}/preview")
    reader.get(here)
    run_jobs(coalition)
    reader.get(here)
    reader.get("/imports")


def test_no_word_on_paper_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("lead")
    reader.check(Page(form_html(BlankForm("Коалиция", PSEUDO, "112"))), "the paper form")
    known = replace(TOLD, consents=frozenset(Purpose) - {Purpose.POLICE})
    for facts_known in (known, EMPTY, Facts()):
        reference = records.begun(translated, facts_known, "lead")
        for kind in SheetKind:
            with translated.reading("lead") as work, i18n.in_language(PSEUDO), suppress(NotAllowedNow):
                html = sheet_html(sheet_pages(paper.case_sheet(work, reference, kind)))
                reader.check(Page(html), f"the sheet {kind}")
        reader.get(f"/incidents/{reference}/sheet")
    assert reader.faults == {}


def asked_to_erase(coalition: Coalition, reference: str) -> str:
    """Ask for a record to be erased; returns the reference of the wish."""
    with coalition.work("lead") as work:
        return erasures.ask_erasure(work, reference, ErasureReason.PERSON_REQUEST)


def test_no_word_of_the_pages_on_erasing_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("lead")
    page = f"/incidents/{records.in_state(translated, State.ACCEPTED, TOLD, 'lead')}"
    for act in ("lock", "erase", "keep"):
        reader.get(f"{page}/{act}")
        reader.send(f"{page}/{act}")
    reader.get(f"{page}/lock")
    reader.send(f"{page}/lock", reason=["complaint"])
    reader.get(page)
    assert reader.faults == {}


def test_no_word_of_the_pages_on_consent_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("lead")
    page = f"/incidents/{records.in_state(translated, State.ACCEPTED, TOLD, 'lead')}"
    reader.get(f"{page}/consents")
    reader.get(f"{page}/consent")
    reader.send(f"{page}/consent")
    with translated.work("coordinator") as work:
        summaries.publish_summary(work, 2024)
    reader.get(f"{page}/consent")
    reader.send(f"{page}/consent", purposes=["record"])
    reader.get(f"{page}/consents")
    assert reader.faults == {}


STATES_OF_REVIEWS = ("submitted", "in_review", "returned", "accepted", "rejected", "duplicate", "all")


def test_no_word_of_the_coordinators_pages_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("coordinator", translated.code("coordinator"))
    for path in ("/reviews", "/submissions", "/reports", "/publication", "/account", "/incidents/export", "/paper"):
        reader.get(path)
    references = every_state(translated)
    speech = replace(TOLD, offences=("hate_speech",), indicators=(Indicator("expression", "Чуто."),))
    references |= {"speech": records.in_state(translated, State.SUBMITTED, speech, "lead")}
    del references[State.DRAFT]
    for reference in references.values():
        reader.get(f"/reviews/{reference}")
    for step in ("accept", "return", "", "reject"):
        reader.get(f"/reviews/{references['speech']}")
        reader.send(f"/reviews/{references['speech']}", step=[step])
    for other in (reference for reference in references.values() if reference != references[State.ACCEPTED]):
        reader.get(f"/same-incident/compare?record={references[State.ACCEPTED]}&record={other}")
    reader.get(f"/same-incident/{references[State.DUPLICATE]}/undo")
    reader.send(f"/same-incident/{references[State.DUPLICATE]}/undo")
    reader.get(f"/reviews/{references[State.ACCEPTED]}/history")
    read_conversation(reader, references[State.ACCEPTED])
    read_filters(reader, translated, "coordinator")
    reader.get(f"/reviews/{references[State.REJECTED]}/reopen")
    reader.send(f"/reviews/{references[State.REJECTED]}/reopen")
    for path in (*(f"/reviews?state={state}" for state in STATES_OF_REVIEWS), "/publication", "/publication/2024"):
        reader.get(path)
    reader.send("/publication/2024")
    reader.get("/publication/2024/withdraw")
    read_versions(reader, translated, references[State.ACCEPTED])
    reader.get("/submissions")
    for reference in jobs_of_every_kind(translated):
        reader.get(f"/jobs/{reference}")
    reader.get("/publication")
    reader.get("/reports")
    reader.send("/reports", year=[""], language=[""])
    read_the_rest_of_the_cycle(reader, translated)
    read_who_waits(reader, translated, "coordinator", Role.COORDINATOR)
    reader.finish("coordinator")


def read_versions(reader: Reader, coalition: Coalition, reference: str) -> None:
    """Read two versions of a submission, the first with a record that is withdrawn, and what differs."""
    for number in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            with coalition.reading("coordinator") as work:
                made = built(work, 2024, Path(folder) / "made")
            with coalition.work("coordinator") as work:
                versions.keep(work, made, Path(folder) / "made")
        if number == 1:
            reader.get("/submissions/2024/v1")
            reader.send("/submissions/2024/v1/sent")
            with coalition.work("lead") as work:
                consents.withdraw_consent(work, reference, [Purpose.ODIHR])
            reader.get("/submissions/2024")
    for path in ("", "/v1", "/v2", "/difference?before=1&after=2", "/difference?before=2"):
        reader.get(f"/submissions/2024{path}")
    reader.get("/submissions")


def read_the_rest_of_the_cycle(reader: Reader, coalition: Coalition) -> None:
    """Read everything about a submission beside its versions."""
    read_what_goes_with_a_version(reader, coalition)
    read_profiles(reader)
    read_official_figures(reader, coalition)
    read_readiness_and_calendar(reader)


def read_what_goes_with_a_version(reader: Reader, coalition: Coalition) -> None:
    """Read the package of a version, questions about it, and what became of it."""
    reader.get("/submissions/2024/v2/package")
    reader.get("/queries")
    reader.get("/queries/new")
    reader.send("/queries/new")
    asked = Asked(year=2024, version=2, on=START.date(), lines="", question=CYRILLIC)
    with coalition.work("coordinator") as work:
        (noted,) = queries.note_questions(work, asked)
    reader.get(f"/queries/{noted}")
    reader.get("/queries")
    reader.get("/published")
    reader.send("/published")
    with coalition.work("coordinator") as work:
        published.keep_list(work, 2024, ReadList(PUBLISHED, (), "0" * 64))
        jobs.request_job(work, "matching", {"year": 2024})
    reader.get("/published/2024")
    run_jobs(coalition)
    page = reader.get("/published/2024")
    records_shown = {href.removeprefix(f"/{PSEUDO}") for href in page.links().values() if "/records/" in href}
    assert records_shown
    for path in ("/published/2024/others", "/published", *sorted(records_shown)[:2]):
        reader.get(path)


PUBLISHED = (
    Line(2, ("2024-05", "Bulgaria", "Anti-Roma hate crime", "Threats", CYRILLIC, CYRILLIC)),
    Line(3, ("2024-06", "Bulgaria", "Anti-Muslim hate crime", "Threats", CYRILLIC, CYRILLIC)),
)
"""What ODIHR is said to have published."""


def read_profiles(reader: Reader) -> None:
    """Read the profiles, copy one and change it, wrongly too."""
    for path in ("", "/new"):
        reader.get(f"/profiles{path}")
    reader.send("/profiles/new")
    reader.get("/profiles/odihr-2022")
    reader.send("/profiles/odihr-2022/copy", code=["Ours!"])
    reader.send("/profiles/odihr-2022/copy", code=["ours"])
    for path in ("/ours", "/ours/text", "/ours/edit"):
        reader.get(f"/profiles{path}")
    reader.send("/profiles/ours/edit", ("act", "preview"))
    reader.send("/profiles/ours/edit", ("act", "save"), recipient=["nobody"])


def read_official_figures(reader: Reader, coalition: Coalition) -> None:
    """Read the official figures without any and with one, enter one wrongly."""
    reader.get("/official-figures")
    reader.get("/official-figures/enter")
    reader.send("/official-figures/enter")
    with coalition.work("coordinator") as work:
        entered = official.enter_figure(work, figure_seen(Figure.RECORDED, Value.of(22)))
    assert entered is not None
    reader.get(f"/official-figures/{entered.reference}")
    reader.get("/official-figures")
    reader.get("/official-figures/file")
    reader.send("/official-figures/file")


def figure_seen(figure: Figure, value: Value) -> Entry:
    """Return an official figure of the year of the records."""
    return Entry(Cell("BG", 2024, figure), value, "https://пример.бг/", START.date(), CYRILLIC)


def read_readiness_and_calendar(reader: Reader) -> None:
    """Read the board of years with and without records, remind a member, keep the calendar."""
    for path in ("/readiness", "/readiness?year=2024", "/readiness?year=2025&member=1-1"):
        reader.get(path)
    reader.send("/readiness/2025/remind", member=["1-1"])
    reader.get("/readiness?year=2025")
    reader.send("/readiness/2025/remind", member=["1-1"])
    reader.get("/calendar/dates/new")
    reader.send("/calendar/dates/new")
    day = {"first-day": ["10"], "first-month": ["4"], "first-year": ["2026"]}
    reader.get("/calendar/dates/new")
    backwards = {"last-day": ["9"], "last-month": ["4"], "last-year": ["2026"]}
    reader.send("/calendar/dates/new", title=[CYRILLIC], **day, **backwards)
    reader.get("/calendar/dates/new")
    reader.send("/calendar/dates/new", title=[CYRILLIC], **day)
    reader.get("/calendar/cycle/2025/deadline")
    reader.send("/calendar/cycle/2025/deadline", **day)
    reader.get("/calendar/cycle/2025/deadline")
    page = reader.get("/calendar")
    (own,) = {href for text, href in page.links().items() if CYRILLIC in text}
    reader.get(own.removeprefix(f"/{PSEUDO}"))


WITHOUT_FILES = {"import", "matching"}
"""The kinds of job that are followed on the page of their subject."""


def jobs_of_every_kind(coalition: Coalition) -> list[str]:
    """Ask for jobs and let each come to another end; returns their references."""
    references = []
    for number, (kind, end) in enumerate(
        (kind, end)
        for kind in jobs.PERMISSION_OF
        if kind not in WITHOUT_FILES
        for end in ("queued", "running", "done", *WHY)
    ):
        params: dict[str, object] = {"year": 2000 + number, "language": PSEUDO}
        with coalition.work("coordinator") as work:
            references.append(jobs.request_job(work, kind, params))
        if end == "queued":
            continue
        with coalition.work("operator") as work:
            lease = jobs.lease_job(work, jobs.follow_job(work, references[-1]).id)
            assert lease is not None
            jobs.advance_job(work, lease, 1, 3, "submission.xlsx" if kind == "submission" else "pages")
            if end == "done":
                files = [f"file.{suffix}" for suffix in ("csv", "json", "pdf", "xlsx", "zip")]
                sizes = {name: 10 ** (3 * place) for place, name in enumerate(files)}
                counts = {"incidents": 3, "descriptive": 2, "statistical": 1}
                made = {"files": files, "sizes": sizes, "sha256": dict.fromkeys(files, "0" * 64), "counts": counts}
                jobs.finish_job(work, lease, {**made, "incidents": 3})
            elif end != "running":
                jobs.fail_job(work, lease, end)
    return references


def test_no_word_of_the_administrators_pages_escapes_translation(app: Flask, translated: Coalition):
    reader = Reader(app)
    reader.sign_in("administrator", translated.code("administrator"))
    wish = asked_to_erase(translated, records.in_state(translated, State.ACCEPTED, TOLD, "lead"))
    for path in ("/people", "/organisations", "/organisations/1-1", "/erasures", f"/erasures/{wish}", "/account"):
        reader.get(path)
    reader.send("/account")
    reader.get("/organisations/new")
    reader.send("/organisations/new")
    reader.send("/organisations/new", code=["1-1"], name=["Име"], website=["няма"])
    reader.send("/organisations/new", code=["1-1"], name=["Име"], website=["https://member.example"])
    reader.get("/people/new")
    reader.send("/people/new")
    reader.send("/people/new", email=["lead@example.org"], name=["Някой"], role=["coordinator"])
    reader.send("/people/new", email=["new@example.org"], name=["Някой"], role=["lead"])
    page = reader.browser.get(f"/{PSEUDO}/people")
    lead = translated.people["lead"].reference
    reader.get(f"/people/{lead}")
    reader.send(f"/people/{lead}", name=[""])
    reader.get("/people")
    reader.send(f"/people/{lead}/link")
    reader.get("/people")
    reader.send(f"/people/{translated.people['coordinator'].reference}/second-factor")
    reader.get("/account")
    reader.get("/people")
    stopped = reader.send(f"/people/{lead}/access", button=("active", "no"))
    assert page.text != stopped.text
    assert translated.people
    read_who_waits(reader, translated, "administrator", Role.ADMINISTRATOR)
    reader.finish("administrator")


def test_every_act_of_the_log_has_words():
    told = re.compile(
        r'"((?:access|account|backup|consent|correction|erasure|incident|job|keys|log|organisation|report|'
        r'retention|settings|submission|summary)\.[a-z_]+)"'
    )
    texts = [path.read_text(encoding="utf-8") for path in Path(services.__path__[0]).glob("*.py")]
    acts = {act for text in texts for act in told.findall(text)}
    acts |= {f"incident.{step}" for step in Step} | {
        f"{kind}.{what}" for kind in PERMISSION_OF for what in ("request", "build")
    }
    assert len(acts) > 50
    assert sorted(acts - set(ACTS)) == []

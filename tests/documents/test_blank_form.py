"""The paper form: two pages, every list of the code book, room for a hand."""

import re

import pytest

from coalition import i18n
from coalition.documents.blank_form import LINE, PAGES, SHEET, BlankForm, DoesNotFit, Fit, form_as_pdf, form_html
from coalition.domain.codebook import codebook
from coalition.i18n import labels
from tests.documents.ua import faults, read, text_of

LANGUAGES = i18n.available_languages()
NAMES = {"en": "Hate Crime Recording Coalition", "bg": "Коалиция за регистриране на престъпления от омраза"}

ASKED = (
    "location_types", "offences", "weapons", "bias_motivations", "bias_indicators", "observers", "victim_kinds",
    "genders", "age_bands", "links_to_group", "harms", "earlier_targeting", "perpetrator_relations",
    "perpetrator_capacities", "source_kinds", "source_reliabilities", "information_credibilities", "case_statuses",
    "reasons_not_reported", "bias_recorded", "police_steps", "needs", "referral_outcomes", "consent_purposes",
    "consent_ways", "consent_givers",
)  # fmt: skip
"""The lists whose answers have their numbers on paper."""
NOT_ASKED = {
    "incident_types": "follows from the offences",
    "scopes": "follows from the answers",
    "sub_grounds": "written in words: a list of 25 takes longer to search than to write",
    "bases": "a box for the public source; without it, it is the person's consent",
    "rejection_reasons": "the coordinator's",
}


def form(language: str) -> BlankForm:
    return BlankForm(NAMES.get(language, NAMES["en"]), language, "112")


@pytest.fixture(scope="module", params=LANGUAGES)
def printed(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    return request.param, form_as_pdf(form(request.param))


def test_it_has_two_pages_a4_in_every_language(printed: tuple[str, bytes]):
    _, pdf = printed
    pages = read(pdf).pages
    assert len(pages) == PAGES
    for page in pages:
        assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == [210, 297]


def test_it_is_tagged_for_screen_readers(printed: tuple[str, bytes]):
    language, pdf = printed
    assert faults(pdf, language) == []


def test_every_answer_stands_on_it_with_its_number_in_the_code_book(printed: tuple[str, bytes]):
    language, pdf = printed
    text = text_of(pdf).replace("\xa0", " ")
    with i18n.in_language(language):
        for name in ASKED:
            for number, entry in enumerate(codebook()[name], start=1):
                label = labels.label(name, entry.code)
                assert f"{number} {label}" in text, (name, entry.code)


def test_each_list_is_asked_on_paper_or_left_out_for_a_reason():
    assert {*ASKED, *NOT_ASKED} == set(codebook().lists)


def test_the_version_of_the_code_book_stands_on_every_page(printed: tuple[str, bytes]):
    _, pdf = printed
    for number, page in enumerate(read(pdf).pages, start=1):
        text = " ".join(page.extract_text().split())
        assert codebook().version in text
        assert f"{number} / {PAGES}" in text


def test_the_person_is_told_first_what_happens_to_the_report():
    text = text_of(form_as_pdf(form("en")))
    beginning = text[: text.index("A When and where")]
    for words in (
        "Is anybody in danger now? Call 112 first.",
        "Recording here does not inform the police.",
        "What happens to my report?",
        "ODIHR: Receives month and country",
        "the person can take each one back at any time",
        "Never write a name.",
    ):
        assert words in beginning


def test_consent_is_asked_for_each_purpose_with_a_yes_and_a_no():
    html = form_html(form("en"))
    consents = html[html.index('class="consents"') :]
    assert len(re.findall(r"</span>yes\b", consents)) == len(codebook()["consent_purposes"].codes)
    text = text_of(form_as_pdf(form("en")))
    for words in ("Consent given on", "If a guardian: relation to the person", "words of consent 2026"):
        assert words in text


def test_there_is_room_to_write():
    """Lines and cells are 8 mm high or more, and what a page has left becomes further lines."""
    sheet = SHEET.read_text()
    for rule in (r"\.line \{[^}]*height: 8\.6mm", r"\.fill td \{[^}]*height: 8mm", r"\.ruled \{[^}]*height: 8mm"):
        assert re.search(rule, sheet)
    assert LINE > 8
    least, more = form_html(form("en"), Fit()), form_html(form("en"), Fit(notes=6, account=7))
    assert more.count('class="ruled"') - least.count('class="ruled"') == 7 - Fit().account
    assert more.count("<td>") > least.count("<td>")


def test_it_is_made_once_and_the_same_to_the_byte():
    first = form_as_pdf(form("en"))
    assert form_as_pdf(form("en")) is first
    assert form_as_pdf.__wrapped__(form("en")) == first


def test_a_language_that_does_not_fit_is_refused_rather_than_printed_badly():
    with pytest.raises(DoesNotFit):
        form_as_pdf(BlankForm("Coalition " * 300, "en", "112"))

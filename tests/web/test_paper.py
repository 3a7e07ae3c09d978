"""Paper from the site: the blank form in every language, and the sheet of a case for whom it is made."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition import i18n
from coalition.domain.codebook import codebook
from coalition.domain.vocabulary import Purpose, State
from tests.conftest import Clock, Coalition
from tests.documents.ua import faults, text_of
from tests.domain.samples import without
from tests.page import Browser
from tests.services import records


@pytest.mark.parametrize(("who", "path"), [("case_worker", "/en/incidents"), ("coordinator", "/en/reviews")])
def test_the_blank_form_is_offered_in_every_language_of_the_site(signed_in: Callable[[str], Browser], who, path):
    browser = signed_in(who)
    page = browser.get(browser.get(path).links()["Paper form"])
    assert "Never write a name on it." in page.text
    links = page.links()
    assert [links[i18n.language_name(code)] for code in ("en", "bg")] == ["/en/paper/form.pdf", "/bg/paper/form.pdf"]


@pytest.mark.parametrize("language", ["en", "bg"])
def test_the_blank_form_is_fetched(signed_in: Callable[[str], Browser], language: str):
    response = signed_in("case_worker").fetch(f"/{language}/paper/form.pdf")
    assert response.content_type == "application/pdf"
    name = f"form-{language}-{codebook().version}.pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert faults(response.data, language) == []


def test_a_sheet_is_asked_for_by_whom_it_is_for(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.in_state(coalition, State.SUBMITTED, without(Purpose.POLICE))
    browser = signed_in("case_worker")
    page = browser.get(browser.get(f"/en/incidents/{reference}").links()["Incident sheet"])
    offered = {words: link for words, link in page.links().items() if link.endswith(".pdf")}
    assert offered == {
        "Your organisation, without identity details": f"/en/incidents/{reference}/sheet/internal.pdf",
        "Your organisation, with identity details": f"/en/incidents/{reference}/sheet/identity.pdf",
        "The coalition and its members": f"/en/incidents/{reference}/sheet/coalition.pdf",
        "A support service": f"/en/incidents/{reference}/sheet/support.pdf",
    }
    assert "Not possible, because the person has not agreed to it or took it back: The police" in page.text


@pytest.mark.parametrize("language", ["en", "bg"])
@pytest.mark.parametrize("sheet", ["internal", "coalition"])
def test_a_sheet_is_a_tagged_pdf_without_identity(
    coalition: Coalition, signed_in: Callable[[str], Browser], language: str, sheet: str
):
    reference = records.in_state(coalition, State.RETURNED)
    response = signed_in("case_worker").fetch(f"/{language}/incidents/{reference}/sheet/{sheet}.pdf")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == f'attachment; filename="incident-{reference}-{sheet}.pdf"'
    assert faults(response.data, language) == []
    text = text_of(response.data)
    assert "Подробен разказ." in text
    for secret in ("21:30", "OWN-17", "Име на човек", "дневник 7"):
        assert secret not in text
    assert ("Case Worker" in text, "Which street was it?" in text) == (sheet == "internal",) * 2


def test_a_sheet_with_identity_is_for_the_recorder_and_the_lead(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.begun(coalition, who="lead")
    text = text_of(signed_in("lead").fetch(f"/en/incidents/{reference}/sheet/identity.pdf").data)
    for secret in ("21:30", "OWN-17", "Име на човек"):
        assert secret in text
    worker = signed_in("case_worker")
    page = worker.get(f"/en/incidents/{reference}/sheet")
    assert "Your organisation, with identity details" not in page.links()
    assert worker.fetch(f"/en/incidents/{reference}/sheet/identity.pdf").status_code == 403


def test_a_sheet_needs_a_fresh_proof_of_who_asks(
    coalition: Coalition, signed_in: Callable[[str], Browser], clock: Clock
):
    reference = records.begun(coalition)
    worker = signed_in("case_worker")
    clock.now += timedelta(minutes=11)
    response = worker.fetch(f"/en/incidents/{reference}/sheet/internal.pdf")
    assert response.status_code in {302, 303}
    assert "/confirm" in response.headers["Location"]


def test_without_consent_the_page_says_so_and_no_sheet_is_made(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.begun(coalition, without(Purpose.POLICE))
    page = signed_in("case_worker").get(f"/en/incidents/{reference}/sheet/police.pdf")
    assert "No sheet was made: there is no consent for it, or it was taken back." in page.text
    assert page.heading == "Incident sheet"


def test_what_was_handed_on_is_listed_with_what_to_ask_back(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    worker = signed_in("case_worker")
    worker.fetch(f"/en/incidents/{reference}/sheet/support.pdf")
    page = worker.get(f"/en/incidents/{reference}/sheet")
    assert "A support service May stay there" in page.text
    records.save(coalition, reference, consents=frozenset({Purpose.RECORD.value}))
    page = worker.get(f"/en/incidents/{reference}/sheet")
    assert "A support service Ask for it back: there is no consent any more" in page.text


def test_there_is_no_sheet_of_another_kind(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    assert signed_in("case_worker").fetch(f"/en/incidents/{reference}/sheet/everybody.pdf").status_code == 404


def test_the_recording_form_explains_its_questions_from_the_code_book(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.begun(coalition)
    page = signed_in("case_worker").get(f"/en/incidents/{reference}/edit/motivation")
    helps = [element for element in page.all("details") if "help" in (element.get("class") or "").split()]
    words = " ".join(" ".join("".join(element.itertext()).split()) for element in helps)
    for part in (
        "What belongs here? Bias motivations",
        "A hate crime is a criminal offence motivated by bias.",
        "The list and what belongs to it are ODIHR’s",
        "Swastikas are painted on Jewish graves.",
        "Not here: Jews, Muslims and Christians have motivations of their own.",
        "What belongs here? Bias indicators",
        "An indicator indicates, it never proves",
    ):
        assert part in words
    assert all(element.get("open") is None for element in helps)


def test_the_page_on_consent_leads_to_the_sheets_that_were_handed_on(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    reference = records.in_state(coalition, State.ACCEPTED)
    links = signed_in("case_worker").get(f"/en/incidents/{reference}/consents").links()
    assert links["Sheets on paper that were made to hand on"] == f"/en/incidents/{reference}/sheet"

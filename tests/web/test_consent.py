"""Consent on the site: what is in force, taking it back after the decision, what it touched, the proof."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from coalition.services import jobs, summaries
from coalition.worker import run_job
from tests.conftest import Clock, Coalition
from tests.page import Browser
from tests.services.records import begun, read
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]


def published(coalition: Coalition) -> None:
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)


def built(browser: Browser, coalition: Coalition) -> None:
    """Let the coordinator build the submission on the site."""
    browser.get("/en/submissions")
    browser.submit("/en/submissions", button=("year", "2024"))
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)


def take_back(browser: Browser, reference: str, *purposes: str) -> str:
    """Take consent back on the pages; returns the words of the page that follows."""
    address = f"/en/incidents/{reference}/consent"
    browser.get(address)
    return browser.submit(to=address, purposes=list(purposes)).text


def test_the_recorder_takes_consent_back_and_sees_what_it_touched(
    coalition: Coalition, signed_in: SignIn, client: Browser
):
    reference = accepted(coalition)
    published(coalition)
    browser = signed_in("case_worker")
    overview = browser.get(f"/en/incidents/{reference}").links()["Consent and what left"]
    page = browser.get(overview)
    assert "Public figures of 2024" in page.text
    assert "Counted and described" in page.text
    assert "A teenage Roma boy was beaten." in client.get("/en/figures/2024").text
    browser.get(page.links()["Take consent back"])
    page = browser.submit(to=f"/en/incidents/{reference}/consent", purposes=["publish"])
    assert browser.path == overview
    assert "The consent is taken back" in page.text
    assert "The description is off the page." in page.text
    assert "publish" not in read(coalition, reference).facts.consents


def test_the_public_page_says_nothing_of_what_was_taken_off(coalition: Coalition, signed_in: SignIn, client: Browser):
    first, _ = accepted(coalition), accepted(coalition)
    published(coalition)
    assert "2 descriptions are published" in client.get("/en/figures/2024").text
    take_back(signed_in("case_worker"), first, "publish")
    page = client.get("/en/figures/2024")
    assert "1 description is published" in page.text
    assert "2 hate incidents counted" in page.text
    assert "1 description." in client.get("/en/figures/2024/incidents").text
    assert "1 description." in client.get("/en/figures/2024/incidents?motivation=anti_roma").text
    assert first not in page.html
    take_back(signed_in("case_worker"), _, "publish")
    assert "descriptions" not in client.get("/en/figures/2024").text
    assert "0 descriptions." in client.get("/en/figures/2024/incidents").text


def test_the_coordinator_gets_the_correction_ready_to_send(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    coordinator = signed_in("coordinator")
    assert "Corrections to send" not in coordinator.get("/en/submissions").text
    built(coordinator, coalition)
    assert "The coordinator is asked to have the record removed." in take_back(
        signed_in("case_worker"), reference, "odihr"
    )
    page = coordinator.get("/en/submissions")
    assert "1 correction waits for you." in page.text
    assert "Record No. 1" in page.text
    assert "HCR 2024 (Hate Crime Recording Coalition): correction" in page.text
    assert reference not in page.html
    saved = coordinator.fetch(page.links()["Save it as a text file"])
    assert saved.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert saved.headers["Cache-Control"] == "no-store"
    assert "Record: No. 1 in the sheet, line 2 of either file" in saved.get_data(as_text=True)
    action = next(form.action for form in page.forms() if "/corrections/" in form.action)
    page = coordinator.submit(action, button=("outcome", "sent"))
    assert "The correction is closed." in page.text
    assert "Corrections to send" not in page.text
    page = signed_in("lead").get(f"/en/incidents/{reference}/consents")
    assert "The coordinator has dealt with the correction." in page.text


def test_the_coordinator_is_told_to_publish_again(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    published(coalition)
    coordinator = signed_in("coordinator")
    take_back(signed_in("case_worker"), reference, "statistics")
    assert "Publish it again: it counts 1 incident" in coordinator.get("/en/publication").text
    page = coordinator.get("/en/submissions")
    assert "Publish the year again" in page.text
    assert page.links()["Preview and publish 2024"] == "/en/publication/2024"
    assert "Publish this year again" in coordinator.get("/en/publication/2024").text
    coordinator.submit("/en/publication/2024")
    assert "Publish it again" not in coordinator.get("/en/publication").text
    assert "Corrections to send" not in coordinator.get("/en/submissions").text


def test_a_wrong_outcome_or_correction_changes_nothing(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    coordinator = signed_in("coordinator")
    built(coordinator, coalition)
    take_back(signed_in("case_worker"), reference, "odihr")
    page = coordinator.get("/en/submissions")
    form = next(form for form in page.forms() if "/corrections/" in form.action)
    coordinator.post(form.action, {"csrf_token": form.values["csrf_token"], "outcome": "lost"}, status=400)
    coordinator.post(form.action, {"csrf_token": form.values["csrf_token"]}, status=400)
    elsewhere = "/en/submissions/corrections/AAAAA-AAAAA"
    coordinator.post(elsewhere, {"csrf_token": form.values["csrf_token"], "outcome": "sent"}, status=404)
    assert coordinator.fetch(f"{elsewhere}/message.txt").status_code == 404
    assert "1 correction waits for you." in coordinator.get("/en/submissions").text


def test_taking_back_nothing_is_an_error_beside_the_boxes(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    browser = signed_in("case_worker")
    address = f"/en/incidents/{reference}/consent"
    browser.get(address)
    page = browser.submit(to=address, status=422)
    assert page.errors() == ["Tick what the person takes back"]


def test_the_consent_to_be_recorded_ends_all_and_asks_for_erasure(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    browser = signed_in("lead")
    assert "the record itself has to be erased" in browser.get(f"/en/incidents/{reference}/consent").text
    words = take_back(browser, reference, "record")
    assert "This record has to go" in words
    assert "every other consent ended too" in words
    assert read(coalition, reference).facts.consents == frozenset()
    browser.get(f"/en/incidents/{reference}/consent", status=409)


def test_a_withdrawal_that_comes_second_is_told(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    browser, other = signed_in("case_worker"), signed_in("lead")
    address = f"/en/incidents/{reference}/consent"
    browser.get(address)
    take_back(other, reference, "contact")
    assert "Nothing was changed" in browser.submit(to=address, purposes=["odihr"]).text
    assert "odihr" in read(coalition, reference).facts.consents


def test_nobody_else_can_take_it_back(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    for who, status in (("second_worker", 404), ("coordinator", 403), ("lead", 200)):
        signed_in(who).get(f"/en/incidents/{reference}/consent", status=status)
        signed_in(who).get(f"/en/incidents/{reference}/consents", status=status)


def test_a_draft_changes_its_consent_in_the_form_instead(coalition: Coalition, signed_in: SignIn):
    reference = begun(coalition)
    browser = signed_in("case_worker")
    browser.get(f"/en/incidents/{reference}/consent", status=409)
    page = browser.get(f"/en/incidents/{reference}/consents")
    assert "Take consent back" not in page.links()
    assert "Nothing yet" in page.text


def test_a_public_source_says_that_it_needs_no_consent(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition, basis="public_source", consents=frozenset(), consent_way="", consent_date=None)
    page = signed_in("lead").get(f"/en/incidents/{reference}/consents")
    assert "it needs no consent" in page.text
    assert "Proof of consent" not in page.text


def test_the_proof_is_handed_out_as_pdf_and_as_data(coalition: Coalition, signed_in: SignIn):
    reference = accepted(coalition)
    browser = signed_in("lead")
    page = browser.get(f"/bg/incidents/{reference}/consents")
    assert page.root.get("lang") == "bg"
    for kind, content_type in (("pdf", "application/pdf"), ("json", "application/json")):
        response = browser.fetch(f"/en/incidents/{reference}/consents/proof.{kind}")
        assert response.status_code == 200
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Disposition"] == f'attachment; filename="consent-{reference}.{kind}"'
        if kind == "json":
            assert json.loads(response.data)["reference"] == reference
        else:
            assert reference in PdfReader(BytesIO(response.data)).pages[0].extract_text()
    assert browser.fetch(f"/en/incidents/{reference}/consents/proof.xml").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("second_worker", 404), ("coordinator", 403), ("administrator", 403)])
def test_nobody_else_gets_the_proof(coalition: Coalition, signed_in: SignIn, who: str, status: int):
    reference = accepted(coalition)
    assert signed_in(who).fetch(f"/en/incidents/{reference}/consents/proof.json").status_code == status


def test_the_proof_asks_again_who_it_is_after_a_while(coalition: Coalition, signed_in: SignIn, clock: Clock):

    reference = accepted(coalition)
    browser = signed_in("lead")
    clock.now += timedelta(minutes=11)
    response = browser.fetch(f"/en/incidents/{reference}/consents/proof.json")
    assert response.status_code in {302, 303}
    assert "/confirm" in response.headers["Location"]

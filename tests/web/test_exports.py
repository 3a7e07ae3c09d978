"""Taking incidents away from the site: the file for another installation, and the copy for the person concerned."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from coalition.domain.evidence import FileKind
from coalition.domain.interchange import read_file, record_of
from coalition.domain.vocabulary import State
from tests.conftest import Clock, Coalition
from tests.documents.evidence_samples import HONEST
from tests.domain.samples import COMPLETE
from tests.page import Browser
from tests.services import records
from tests.services.filing import take_in

TODAY = date(2026, 3, 2)


def test_a_lead_exports_the_organisations_incidents(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    records.begun(coalition, who="second_worker")
    lead = signed_in("lead")
    assert lead.get("/en/incidents").links()["Export"] == "/en/incidents/export"
    page = lead.get("/en/incidents/export")
    assert "The file is not encrypted" in page.text
    response = lead.fetch("/en/incidents/export.json?year=2024")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == 'attachment; filename="incidents-2026-03-02.json"'
    (found,) = read_file(response.data)
    record = record_of(found, TODAY)
    assert (record.reference, record.facts) == (reference, COMPLETE)
    assert read_file(lead.fetch("/en/incidents/export.json?year=2019").data) == []


def test_a_coordinator_exports_what_was_handed_in_pseudonymised(
    coalition: Coalition, signed_in: Callable[[str], Browser]
):
    records.begun(coalition)
    reference = records.in_state(coalition, State.SUBMITTED)
    coordinator = signed_in("coordinator")
    assert "without what leads to a person" in coordinator.get("/en/incidents/export").text
    (found,) = read_file(coordinator.fetch("/en/incidents/export.json").data)
    assert record_of(found, TODAY).reference == reference
    assert "OWN-17" not in json.dumps(found)


@pytest.mark.parametrize("path", ["/en/incidents/export.json", "/en/incidents/{reference}/copy.json"])
def test_whoever_signed_in_long_ago_shows_who_they_are_first(
    coalition: Coalition, signed_in: Callable[[str], Browser], clock: Clock, path: str
):
    reference = records.begun(coalition)
    worker = signed_in("case_worker")
    clock.now += timedelta(minutes=11)
    response = worker.fetch(path.format(reference=reference))
    assert response.status_code in {302, 303}
    assert "/confirm" in response.headers["Location"]


def test_the_person_concerned_gets_a_copy_as_data(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.in_state(coalition, State.ACCEPTED)
    worker = signed_in("case_worker")
    assert worker.get(f"/en/incidents/{reference}").links()["Copy for the person concerned"]
    links = worker.get(f"/en/incidents/{reference}/copy").links()
    response = worker.fetch(links["Copy as data"])
    assert response.headers["Content-Disposition"] == f'attachment; filename="copy-{reference}.json"'
    told = json.loads(response.data)
    assert record_of(told["incidents"][0], TODAY).facts == COMPLETE
    assert {"at", "role", "organisation", "act"} == set(told["looks"][0])
    assert "Case Worker" not in response.get_data(as_text=True)
    assert worker.fetch(f"/en/incidents/{reference}/copy.xml").status_code == 404


@pytest.mark.parametrize(("language", "heading"), [("en", "What is held about you"), ("bg", "Какво се пази за Вас")])
def test_the_copy_to_read_is_a_tagged_pdf_in_the_readers_language(
    coalition: Coalition, signed_in: Callable[[str], Browser], language: str, heading: str
):
    reference = records.in_state(coalition, State.RETURNED)
    response = signed_in("lead").fetch(f"/{language}/incidents/{reference}/copy.pdf")
    assert response.headers["Content-Type"] == "application/pdf"
    pdf = PdfReader(BytesIO(response.data))
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.trailer["/Root"]["/Lang"] == language
    text = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    for part in (heading, reference, "Подробен разказ.", "OWN-17", "Which street was it?", "2026.1"):
        assert part in text
    assert "Case Worker" not in text
    assert len(pdf.pages) <= 4


def test_a_colleague_who_did_not_record_it_gets_no_copy(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition, who="lead")
    worker = signed_in("case_worker")
    assert "Copy for the person concerned" not in worker.get(f"/en/incidents/{reference}").links()
    assert worker.fetch(f"/en/incidents/{reference}/copy.json").status_code == 403


def test_the_copy_names_the_kinds_of_files_that_are_kept(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition)
    take_in(coalition, reference, ("street.jpg", HONEST[FileKind.JPEG]))
    worker = signed_in("case_worker")
    told = worker.fetch(f"/en/incidents/{reference}/copy.json").get_json()
    assert told["evidence"] == {"jpeg": 1}
    pdf = PdfReader(BytesIO(worker.fetch(f"/en/incidents/{reference}/copy.pdf").get_data()))
    text = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert "Picture (JPEG): 1" in text
    assert "street.jpg" not in text

"""The pages of evidence: what is hostile is stored and served as nothing, and nothing that was typed is lost."""

import io
import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from coalition.domain.evidence import FORMS, FileKind
from coalition.domain.vocabulary import State
from coalition.services import settings
from coalition.web.access import public
from tests.conftest import Clock, Coalition
from tests.documents.evidence_samples import HONEST, HOSTILE, PAYLOAD, jpeg
from tests.page import Browser, Page, inspected
from tests.services import records
from tests.services.filing import NAME, take_in

PICTURE = HONEST[FileKind.JPEG]
ENDINGS = {kind: form.ending for kind, form in FORMS.items()}
POLICY = "sandbox; default-src 'none'"


@pytest.fixture
def reference(coalition: Coalition) -> str:
    return records.begun(coalition)


@pytest.fixture
def browser(signed_in: Callable[[str], Browser]) -> Browser:
    return signed_in("case_worker")


def address(reference: str, more: str = "") -> str:
    return f"/en/incidents/{reference}/evidence{more}"


def send(
    browser: Browser, reference: str, *files: tuple[str, bytes], accept: str = "text/html", **fields: str
) -> TestResponse:
    """Send files as the page's form does, without following."""
    page = browser.get(address(reference))
    token = page.form(address(reference)).values["csrf_token"][0]
    return post(browser, address(reference), {"csrf_token": token, "note": "", "source": "", **fields}, files, accept)


def post(
    browser: Browser, path: str, fields: dict[str, str], files: Iterable[tuple[str, bytes]], accept: str = "text/html"
) -> TestResponse:
    """Send a form with files. The client by itself would put a large one into a temporary file and leave it open."""
    data: MultiDict[str, Any] = MultiDict(fields)
    for name, content in files:
        data.add("files", FileStorage(io.BytesIO(content), name))
    boundary, body = encode_multipart(data)
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post(path, data=body, content_type=kind, headers={"Accept": accept})


def taken(browser: Browser, reference: str, number: int, which: str = "file") -> TestResponse:
    return browser.fetch(address(reference, f"/{number}/{which}"))


def everything_stored(coalition: Coalition) -> bytes:
    data = coalition.runtime.config.data
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


def test_no_hostile_file_is_stored_or_served_as_what_it_pretends_to_be(
    browser: Browser, coalition: Coalition, reference: str
):
    assert len({file.name for file in HOSTILE}) == len(HOSTILE) >= 30
    with coalition.work("operator") as work:
        settings.change(work, evidence_files=len(HOSTILE))
    expected = [file.outcome for file in HOSTILE if isinstance(file.outcome, FileKind)]
    page = inspected(send(browser, reference, *((file.name, file.content) for file in HOSTILE), note="From the phone."))
    assert len(page.errors()) == len(HOSTILE) - len(expected)
    assert page.form(address(reference)).values["note"] == ["From the phone."]
    assert PAYLOAD.encode() not in everything_stored(coalition)
    for number, kind in enumerate(expected, start=1):
        copy = taken(browser, reference, number)
        assert copy.mimetype == FORMS[kind].media_type
        assert copy.headers["Content-Disposition"] == f'attachment; filename="{reference}-{number}.{ENDINGS[kind]}"'
        assert copy.headers["Content-Security-Policy"] == POLICY
        assert copy.headers["X-Content-Type-Options"] == "nosniff"
        assert copy.headers["Cache-Control"] == "no-store"
        assert PAYLOAD.encode() not in copy.data
        assert copy.content_length == len(copy.data)
    assert taken(browser, reference, len(expected) + 1).status_code == 404


def test_the_original_leaves_as_what_no_program_opens(browser: Browser, reference: str):
    content = jpeg(comment=PAYLOAD) + b"<script>"
    send(browser, reference, ("photo.jpg", content))
    original = taken(browser, reference, 1, "original")
    assert original.data == content
    assert original.mimetype == "application/octet-stream"
    assert original.headers["Content-Disposition"] == f'attachment; filename="{reference}-1.original"'
    assert original.headers["Content-Security-Policy"] == POLICY


def test_files_are_kept_and_shown_with_their_note(browser: Browser, reference: str):
    response = send(browser, reference, (NAME, PICTURE), ("b.png", HONEST[FileKind.PNG]), note="Left eye.", source="0")
    assert (response.status_code, response.headers["Location"]) == (303, address(reference))
    page = browser.get(address(reference))
    for told in ("2 files are kept.", NAME, "Left eye.", "Picture (JPEG)", "42.69750, 23.32389", "1. Interview"):
        assert told in page.text


def test_refused_files_are_named_beside_the_field_and_the_others_are_kept(browser: Browser, reference: str):
    page = inspected(send(browser, reference, ("a.svg", b"<svg onload='x'/>"), (NAME, PICTURE), note="Left eye."))
    assert page.errors() == ["“a.svg” is a picture of a kind that is not taken. Save it as JPEG or PNG."]
    error = page.by_id("files-error")
    assert error is not None
    assert "a.svg" in "".join(error.itertext())
    assert "1 file is kept." in page.text
    assert page.form(address(reference)).values["note"] == ["Left eye."]
    assert taken(browser, reference, 1).status_code == 200


def test_a_note_that_is_too_long_is_shown_again(browser: Browser, reference: str):
    page = inspected(send(browser, reference, (NAME, PICTURE), note="x" * 1001))
    assert "shorten the text" in page.errors()[0]
    assert page.form(address(reference)).values["note"] == ["x" * 1001]
    assert taken(browser, reference, 1).status_code == 404


def test_nothing_chosen_is_told(browser: Browser, reference: str):
    assert inspected(send(browser, reference, note="x")).errors() == ["Choose at least one file."]


def test_the_script_is_answered_in_data(browser: Browser, reference: str):
    kept = send(browser, reference, (NAME, PICTURE), accept="application/json")
    assert (kept.status_code, kept.json) == (200, {"kept": 1, "refused": []})
    again = send(browser, reference, ("other.jpg", PICTURE), accept="application/json")
    assert (again.status_code, again.json) == (200, {"kept": 0, "refused": ["“other.jpg” is here already, as file 1."]})


def test_a_file_that_is_too_large_is_refused_and_the_rest_is_kept(
    browser: Browser, coalition: Coalition, reference: str
):
    with coalition.work("operator") as work:
        settings.change(work, evidence_megabytes=1)
    page = inspected(send(browser, reference, ("film.jpg", PICTURE + bytes(1_500_000)), (NAME, PICTURE), note="x"))
    assert page.errors() == ["“film.jpg” is larger than 1 MB. Cut the recording, or save it smaller."]
    assert page.form(address(reference)).values["note"] == ["x"]
    assert "1 file is kept." in page.text


def claiming(browser: Browser, path: str, size: int) -> int:
    """Say that a request has so many bytes and send none; whoever reads on would be told that they are missing."""
    environment = {"CONTENT_LENGTH": str(size), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    return browser.client.post(path, environ_overrides=environment, input_stream=io.BytesIO(b"")).status_code


def test_how_much_is_taken_is_asked_before_anything_is_read(
    browser: Browser, signed_in: Callable[[str], Browser], client: Browser, reference: str
):
    largest = 4 * 50_000_000 + 4 * 1024 * 1024
    assert claiming(browser, address(reference), largest + 1) == 413
    assert claiming(browser, address(reference), largest - 1) == 400
    # Larger than a form only here, and only for those who may send files here.
    assert claiming(browser, address(reference, "/1/note"), 5_000_000) == 413
    assert claiming(signed_in("coordinator"), address(reference), 5_000_000) == 413
    assert claiming(client, address(reference), 5_000_000) == 413


@pytest.mark.usefixtures("own_app")
def test_what_is_sent_never_lies_on_a_disk_in_clear(app: Flask, client: Browser):
    found = {}

    def look() -> str:
        stream: Any = request.files["files"].stream
        found["class"] = type(stream).__name__
        found["disk"] = os.pread(stream._file.fileno(), 10_000_000, 0)
        found["clear"] = stream.read()
        return "ok"

    app.add_url_rule("/en/look", "look", public(look), methods=["POST"])
    app.config["WTF_CSRF_ENABLED"] = False
    content = b"canary in a file " * 100_000
    post(client, "/en/look", {}, [("a.txt", content)])
    assert found["class"] == "SealedSpool"
    assert found["clear"] == content
    assert len(found["disk"]) > 1_000_000
    assert b"canary" not in found["disk"]


def test_an_old_proof_is_asked_for_again_before_a_file_is_opened(
    browser: Browser, coalition: Coalition, reference: str, clock: Clock
):
    take_in(coalition, reference)
    browser.get(address(reference))
    clock.now = clock.now.replace(minute=clock.now.minute + 15)
    for which in ("file", "original"):
        response = taken(browser, reference, 1, which)
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/en/confirm?next=")


def test_a_colleague_is_shown_kinds_and_no_names(coalition: Coalition, signed_in: Callable[[str], Browser]):
    reference = records.begun(coalition, who="lead")
    take_in(coalition, reference, who="lead", note="Left eye.")
    browser = signed_in("case_worker")
    page = browser.get(address(reference))
    assert "Picture (JPEG)" in page.text
    for hidden in (NAME, "Left eye.", "42.69750"):
        assert hidden not in page.text
    assert not [link for link in page.links().values() if "/evidence/1" in link]
    assert taken(browser, reference, 1).status_code == 403


def test_after_the_record_is_closed_names_are_shown_on_request_only(browser: Browser, coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    take_in(coalition, reference, note="Left eye.")
    page = browser.get(address(reference))
    assert NAME not in page.text
    assert not [link for link in page.links().values() if link.endswith(("/remove", "/note"))]
    assert NAME in browser.submit(address(reference, "/details")).text
    assert browser.fetch(address(reference, "/1/remove")).status_code == 409


def test_a_note_is_changed_and_a_file_removed_after_a_question(browser: Browser, coalition: Coalition, reference: str):
    take_in(coalition, reference, note="Left eye.")
    page = browser.get(address(reference, "/1/note"))
    assert page.form(address(reference, "/1/note")).values["note"] == ["Left eye."]
    page = browser.submit(address(reference, "/1/note"), note="Right eye.")
    assert browser.path == address(reference)
    assert "Right eye." in page.text
    page = browser.get(address(reference, "/1/remove"))
    assert NAME in page.text
    page = browser.submit(address(reference, "/1/remove"))
    assert "File 1 is removed." in page.text
    assert taken(browser, reference, 1).status_code == 404


def test_a_full_incident_offers_no_form(browser: Browser, coalition: Coalition, reference: str):
    with coalition.work("operator") as work:
        settings.change(work, evidence_files=1)
    take_in(coalition, reference)
    page: Page = browser.get(address(reference))
    assert "as many files as it can keep: 1" in page.text
    assert address(reference) not in [form.action for form in page.forms()]


def test_the_coordinator_reads_how_many_there_are_of_which_kind(
    coalition: Coalition, signed_in: Callable[[str], Browser], browser: Browser
):
    reference = records.in_state(coalition, State.SUBMITTED)
    take_in(coalition, reference, (NAME, PICTURE), ("report.pdf", HONEST[FileKind.PDF]), note="Left eye.")
    told = "Picture (JPEG): 1; Document (PDF): 1"
    page = signed_in("coordinator").get(f"/en/reviews/{reference}")
    assert f"The organisation keeps evidence files: {told}" in page.text
    assert NAME not in page.text
    page = browser.get(f"/en/incidents/{reference}")
    assert told in page.text
    assert address(reference) in page.links().values()


@pytest.mark.parametrize("number", ["0", "2", "99999", "100000", "9" * 30, "-1", "x"])
@pytest.mark.parametrize("which", ["note", "remove", "file", "original"])
def test_a_number_that_no_file_has_is_not_found(browser: Browser, number: str, which: str, reference: str):
    assert browser.fetch(address(reference, f"/{number}/{which}")).status_code == 404


@pytest.mark.parametrize("source", ["99", "-1", "²", "x"])
def test_only_a_source_of_the_record_can_be_named(browser: Browser, reference: str, source: str):
    page = inspected(send(browser, reference, (NAME, PICTURE), source=source))
    assert page.errors() == ["Choose an answer from the list."]

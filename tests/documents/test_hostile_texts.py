"""What somebody typed reaches every document as text: it fetches nothing, links nowhere and is never calculated."""

import http.server
import io
import threading
from dataclasses import replace

import openpyxl
import pypdf
import pytest
from openpyxl.utils.escape import unescape

from coalition.documents import pdf
from coalition.documents.annual_report import annual_report
from coalition.documents.workbook import About, submission_workbook
from coalition.domain.same_incident import Candidate
from coalition.domain.summaries import Member
from tests.documents.samples import MEMBERS, NAMES, assault, described, submission, summary

FETCHING = (
    '<img src="{web}/img">',
    '<img src="file:///etc/passwd">',
    '<link rel="stylesheet" href="{web}/sheet.css">',
    "<style>@import url({web}/import.css); p {{ background: url({web}/background) }}</style>",
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{web}/svg"/><use href="{web}/use#x"/></svg>',
    '<object data="{web}/object"></object><embed src="{web}/embed"><iframe src="{web}/frame"></iframe>',
    '<p style="background: url({web}/style)">',
    '<a href="{web}/link" rel="attachment">attached</a><base href="{web}/">',
    '"><script src="{web}/script"></script><meta http-equiv="refresh" content="0;url={web}/meta">',
    "</text></svg><img src={web}/after>",
    "{{{{ config }}}}{{% include '/etc/passwd' %}}",
)
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
)
LINKS = (
    "http://evil.example",
    "mailto:a@b.example",
    "internal:Sheet2!A1",
    "file:///etc/passwd",
    "ftp://evil.example/x",
)


@pytest.fixture
def web():
    """A real web server that remembers who asked."""
    asked = []

    class Remember(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_args):
            """Stay silent."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Remember)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def asked_for(monkeypatch):
    """Every address that a document asked for, allowed or not."""
    addresses = []

    def remember(address, served=pdf.SERVED):
        addresses.append(address)
        return own_file(address, served)

    own_file = pdf.own_file
    monkeypatch.setattr(pdf, "own_file", remember)
    return addresses


def year_of(text):
    """A year in which every text that somebody can type is the same one."""
    member = Member({"": text, "en": text}, {"en": text}, f"https://example.org/{text}")
    incidents = tuple(replace(item, texts={"en": text}, sources=(text,)) for item in described(2))
    names = {key: f"{name} {text}" for key, name in NAMES.items()}
    return replace(summary(coalition=names, members=(*MEMBERS, member)), descriptions=incidents)


def test_no_text_makes_a_report_fetch_anything_but_our_own_files(web, asked_for):
    address, asked = web
    text = " ".join(FETCHING).format(web=address)
    made = annual_report(year_of(text), "en")
    assert asked == []
    assert asked_for
    assert all(address.startswith("file://") and pdf.own_file(address) for address in list(asked_for))
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    shown = "".join("".join(page.extract_text() for page in pages).split())
    for part in FETCHING:
        assert "".join(part.format(web=address).split())[:20] in shown
    assert not pypdf.PdfReader(io.BytesIO(made)).attachments


def cells_of(tmp_path, text):
    facts = assault(descriptions={"en": text})
    file = tmp_path / "submission.xlsx"
    about = About(text, (Member({"": text}, {"en": text}, text),), text)
    with submission(2020, [Candidate(facts, text)]) as made:
        submission_workbook(made, about, file)
    book = openpyxl.load_workbook(file)
    assert not book.defined_names
    return book, [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("text", [*FORMULAS, *LINKS, "'=1", "{=1}", "_x0041_"])
def test_every_text_of_the_workbook_is_a_text_and_no_link(tmp_path, text):
    book, cells = cells_of(tmp_path, text)
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(isinstance(cell.value, int) for cell in cells if cell.data_type == "n")
    assert not any(cell.hyperlink for cell in cells)
    assert not any(sheet.conditional_formatting or sheet.data_validations.dataValidation for sheet in book)
    # The format writes some characters as their numbers; a spreadsheet shows the characters.
    assert unescape(book["Incidents"]["E2"].value) == text
    assert sum(unescape(str(cell.value)) == text for cell in cells) >= 3

import http.server
import io
import threading

import pypdf
import pytest

from coalition import paths
from coalition.documents.pdf import SERVED, RefusedAddress, own_file, to_pdf

PAGE = """<!doctype html><html lang="en"><head><title>Test</title>
<meta name="dcterms.created" content="2020-12-31">{head}</head><body><p>Text</p>{body}</body></html>"""


def page(head="", body=""):
    return PAGE.format(head=head, body=body)


def test_a_page_becomes_a_tagged_pdf_with_title_language_and_a_fixed_date():
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(page(), [])))
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert (pdf.metadata.title, pdf.metadata["/CreationDate"]) == ("Test", "D:20201231")


def test_our_own_templates_and_fonts_are_served():
    font = paths.STATIC / "vendor" / "noto-sans-5.3.0" / "noto-sans-latin-400-normal.woff2"
    for file in (font, SERVED[0] / "annual_report.css"):
        assert own_file(file.as_uri()) == file.resolve()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/font.woff2",
        "https://example.org/style.css",
        "ftp://example.org/style.css",
        "data:text/css,p{}",
        "//example.org/style.css",
        "style.css",
        "file:///etc/passwd",
        "file://example.org/etc/style.css",
        f"{SERVED[0].as_uri()}/../base.html",
        f"{SERVED[0].as_uri()}/%2e%2e/%2e%2e/coalition/static/css/base.css",
        f"{SERVED[0].as_uri()}/annual_report.html",
        f"{SERVED[0].as_uri()}/missing.css",
        f"{SERVED[0].as_uri()}/",
    ],
)
def test_nothing_else_is(address):
    with pytest.raises(RefusedAddress):
        own_file(address)


def test_a_link_out_of_the_folder_is_followed_before_it_is_judged(tmp_path):
    served, secret = tmp_path / "served", tmp_path / "secret.css"
    served.mkdir()
    secret.write_text("p {}")
    (served / "style.css").symlink_to(secret)
    with pytest.raises(RefusedAddress):
        own_file((served / "style.css").as_uri(), (served,))


@pytest.fixture
def web():
    """A real web server that answers every request with a redirect to a file, and remembers who asked."""
    asked = []

    class Redirect(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()

        def log_message(self, *_args):
            """Stay silent."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Redirect)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<link rel="stylesheet" href="{web}/style.css">', ""),
        ("<style>@import url({web}/style.css);</style>", ""),
        ('<style>@font-face {{ font-family: "F"; src: url({web}/font.woff2) }}</style>', ""),
        ("", '<img src="{web}/picture.svg" alt="">'),
        ("", '<img src="file:///etc/passwd" alt="">'),
        ("", '<object data="{web}/picture.svg"></object>'),
    ],
)
def test_a_document_that_loads_what_is_not_ours_is_not_made_and_nobody_is_asked(web, head, body):
    address, asked = web
    with pytest.raises(RefusedAddress):
        to_pdf(page(head.format(web=address), body.format(web=address)), [])
    assert asked == []

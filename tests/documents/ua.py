"""What PDF/UA-1 (ISO 14289-1) asks of a document, as far as a program can tell from the file."""

import io
from collections.abc import Iterator
from typing import Any

import pypdf

HEADINGS = {"/H1": 1, "/H2": 2, "/H3": 3}
INSIDE = {
    "/LI": {"/L"},
    "/TR": {"/Table", "/THead", "/TBody", "/TFoot"},
    "/TH": {"/TR"},
    "/TD": {"/TR"},
    "/THead": {"/Table"},
    "/TBody": {"/Table"},
}
"""Which element may only stand in which."""


def read(pdf: bytes) -> pypdf.PdfReader:
    """Return the document."""
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """Return the text as a reader's own program finds it, white space folded."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def faults(pdf: bytes, language: str) -> list[str]:
    """Return what is missing: tags, language, title, fonts, headings in order, and elements where they belong."""
    return [fault for check in (_document, _fonts, _structure) for fault in check(read(pdf), language)]


def _document(document: pypdf.PdfReader, language: str) -> Iterator[str]:
    root = document.trailer["/Root"]
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "not marked as tagged"
    if root.get("/Lang") != language:
        yield f"language is {root.get('/Lang')}"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "the title is not shown"
    if not (document.metadata and document.metadata.title):
        yield "no title"
    if b"pdfuaid" not in root["/Metadata"].get_data():
        yield "does not say that it is PDF/UA"


def _fonts(document: pypdf.PdfReader, _language: str) -> Iterator[str]:
    for page in document.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            if not {"/FontFile2", "/FontFile3"} & set(inner):
                yield f"{font.get_object()['/BaseFont']} is not embedded"


def _structure(document: pypdf.PdfReader, _language: str) -> Iterator[str]:
    elements = list(_elements(document.trailer["/Root"]["/StructTreeRoot"]["/K"], ""))
    kinds = [kind for kind, _ in elements]
    if kinds.count("/H1") != 1:
        yield f"{kinds.count('/H1')} first headings"
    before = 0
    for kind in kinds:
        if kind in HEADINGS:
            if HEADINGS[kind] > before + 1:
                yield f"{kind} after a heading of level {before}"
            before = HEADINGS[kind]
    for kind, parent in elements:
        if kind in INSIDE and parent not in INSIDE[kind]:
            yield f"{kind} in {parent}"


def _elements(node: Any, parent: str) -> Iterator[tuple[str, str]]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for item in node:
            yield from _elements(item, parent)
    elif isinstance(node, dict) and "/S" in node:
        yield str(node["/S"]), parent
        yield from _elements(node.get("/K", []), str(node["/S"]))

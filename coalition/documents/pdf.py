"""HTML to PDF with WeasyPrint: tagged for screen readers (PDF/UA-1), from our own files, the same every time.

WeasyPrint needs Pango, a system library. It is therefore imported only when a PDF is wanted: everything
else works without it.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from coalition import paths
from coalition.documents import fonts
from coalition.domain.errors import CoalitionError

TEMPLATES = paths.TEMPLATES / "documents"
SERVED = (TEMPLATES, paths.STATIC / "vendor" / "noto-sans-5.3.0")
"""The folders from which a document may load anything: its templates and the bundled fonts."""
VARIANT = "pdf/ua-1"
_MILLIMETRES_IN_PIXEL = 25.4 / 96
_CONTENT_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class PdfUnavailable(CoalitionError):
    """This machine cannot make PDF files: the library Pango is missing. Everything else works."""

    def __init__(self, reason: str) -> None:
        """Keep what the system said."""
        super().__init__(f"PDF needs the system libraries libpango-1.0-0 and libpangoft2-1.0-0: {reason}")
        self.reason = reason


class RefusedAddress(CoalitionError):
    """A document asked for something that is not one of our own files."""

    def __init__(self, address: str) -> None:
        """Keep the address."""
        super().__init__(f"a document may not load {address}")
        self.address = address


def own_file(address: str, served: Sequence[Path] = SERVED) -> Path:
    """Return the file that an address names, if a document may load it.

    A fixed set of folders rather than a list of forbidden schemes: nothing that a template or a text says
    can make the server fetch from the network or read another file.

    Raises RefusedAddress.
    """
    parts = urlsplit(address)
    path = Path(url2pathname(parts.path)).resolve()
    inside = any(path.is_relative_to(folder.resolve()) for folder in served)
    local = parts.scheme == "file" and not parts.netloc
    if not (local and inside and path.suffix in _CONTENT_TYPES and path.is_file()):
        raise RefusedAddress(address)
    return path


@dataclass(frozen=True)
class Layout:
    """A document laid out on pages, before it is written."""

    pages: int
    ends: Mapping[str, tuple[int, float]]
    """Where every element with an id begins: (page, from 1; millimetres from the page's upper edge)."""
    write: Callable[[], bytes]
    """Makes the PDF."""


def lay_out(html: str, sheets: Sequence[Path]) -> Layout:
    """Lay a document out. It must name its language, its title and, to be the same twice, its date.

    Raises PdfUnavailable without Pango, RefusedAddress if the document loads what is not ours.
    """
    weasyprint, urls, fonts_of_text = _weasyprint()

    def fetch(address: str) -> Any:  # noqa: ANN401 - the type exists only where WeasyPrint is importable
        try:
            path = own_file(address)
        except RefusedAddress as refusal:
            # WeasyPrint logs any ordinary exception and goes on without the resource; a report must not.
            raise urls.FatalURLFetchingError(refusal.address) from refusal
        content = _unpacked(path) if path.suffix == ".woff2" else path.read_bytes()
        return urls.URLFetcherResponse(address, content, {"Content-Type": _CONTENT_TYPES[path.suffix]})

    # One configuration for style sheets and document: without it, and without any system font, Pango crashes.
    configuration = fonts_of_text.FontConfiguration()
    try:
        needed = fonts.sheet_for((html, *(sheet.read_text() for sheet in sheets)))
        styles = [
            weasyprint.CSS(font_config=configuration, url_fetcher=fetch, **source)
            for source in (
                {"string": needed, "base_url": fonts.SHEET.as_uri()},
                *({"filename": str(sheet)} for sheet in sheets),
            )
        ]
        document = weasyprint.HTML(string=html, base_url=f"{TEMPLATES.as_uri()}/", url_fetcher=fetch)
        made = document.render(stylesheets=styles, font_config=configuration, pdf_variant=VARIANT)
    except urls.FatalURLFetchingError as fatal:
        raise RefusedAddress(str(fatal)) from fatal
    return Layout(len(made.pages), _ends(made.pages), lambda: bytes(made.write_pdf(pdf_variant=VARIANT)))


@cache
def _unpacked(font: Path) -> bytes:
    """Return a font as WeasyPrint needs it: unpacking one takes longer than laying out a page, so it is kept."""
    unpacked = io.BytesIO()
    import_module("fontTools.ttLib.woff2").decompress(io.BytesIO(font.read_bytes()), unpacked)
    return unpacked.getvalue()


def _ends(pages: Sequence[Any]) -> dict[str, tuple[int, float]]:
    return {
        name: (number, place[1] * _MILLIMETRES_IN_PIXEL)
        for number, page in enumerate(pages, start=1)
        for name, place in page.anchors.items()
    }


def to_pdf(html: str, sheets: Sequence[Path]) -> bytes:
    """Return a document as PDF.

    Raises what `lay_out` raises.
    """
    return lay_out(html, sheets).write()


def can_make_pdf() -> bool:
    """Tell whether this machine can make PDF files."""
    try:
        _weasyprint()
    except PdfUnavailable:
        return False
    return True


def _weasyprint() -> tuple[Any, Any, Any]:
    try:
        return (
            import_module("weasyprint"),
            import_module("weasyprint.urls"),
            import_module("weasyprint.text.fonts"),
        )
    except OSError as error:
        raise PdfUnavailable(str(error).splitlines()[0]) from error

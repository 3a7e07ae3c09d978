"""HTML to PDF with WeasyPrint: tagged for screen readers (PDF/UA-1), from our own files, the same every time.

WeasyPrint needs Pango, a system library. It is therefore imported only when a PDF is wanted: everything
else works without it.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from coalition import paths
from coalition.domain.errors import CoalitionError

TEMPLATES = paths.TEMPLATES / "documents"
FONT_SHEET = paths.STATIC / "css" / "fonts.css"
SERVED = (TEMPLATES, paths.STATIC / "vendor" / "noto-sans-5.3.0")
"""The folders from which a document may load anything: its templates and the bundled fonts."""
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


def to_pdf(html: str, sheets: Sequence[Path]) -> bytes:
    """Return a document as PDF. It must name its language, its title and, to be the same twice, its date.

    Raises PdfUnavailable without Pango, RefusedAddress if the document loads what is not ours.
    """
    weasyprint, urls, fonts = _weasyprint()

    def fetch(address: str) -> Any:  # noqa: ANN401 - the type exists only where WeasyPrint is importable
        try:
            path = own_file(address)
        except RefusedAddress as refusal:
            # WeasyPrint logs any ordinary exception and goes on without the resource; a report must not.
            raise urls.FatalURLFetchingError(refusal.address) from refusal
        return urls.URLFetcherResponse(address, path.read_bytes(), {"Content-Type": _CONTENT_TYPES[path.suffix]})

    # One configuration for style sheets and document: without it, and without any system font, Pango crashes.
    configuration = fonts.FontConfiguration()
    try:
        styles = [
            weasyprint.CSS(filename=str(sheet), font_config=configuration, url_fetcher=fetch)
            for sheet in (FONT_SHEET, *sheets)
        ]
        document = weasyprint.HTML(string=html, base_url=f"{TEMPLATES.as_uri()}/", url_fetcher=fetch)
        made = document.write_pdf(stylesheets=styles, font_config=configuration, pdf_variant="pdf/ua-1")
    except urls.FatalURLFetchingError as fatal:
        raise RefusedAddress(str(fatal)) from fatal
    return bytes(made)


def _weasyprint() -> tuple[Any, Any, Any]:
    try:
        return (
            import_module("weasyprint"),
            import_module("weasyprint.urls"),
            import_module("weasyprint.text.fonts"),
        )
    except OSError as error:
        raise PdfUnavailable(str(error).splitlines()[0]) from error

"""The copy of everything held about one incident, for the person concerned (GDPR Art. 15), as PDF."""

from dataclasses import dataclass
from datetime import datetime

from coalition.documents.letter import Letter, Section, letter_as_pdf, letter_html
from coalition.documents.pdf import TEMPLATES
from coalition.domain.interchange import Record
from coalition.domain.names import Name

TEMPLATE = "documents/persons_copy.html"
SHEET = TEMPLATES / "persons_copy.css"
"""The house look of short documents, and what this one adds."""


@dataclass(frozen=True, kw_only=True)
class CopyPages(Letter):
    """What the template prints: nothing else about the person can get in."""

    record: Record
    sections: tuple[Section, ...]
    looks: tuple[tuple[datetime, str, Name | None, str], ...]
    """(when, role, member or None for the coalition, what was done), the oldest first."""


def copy_as_pdf(pages: CopyPages) -> bytes:
    """Return the copy as PDF/UA.

    Raises PdfUnavailable where Pango is missing.
    """
    return letter_as_pdf(TEMPLATE, pages, [SHEET])


def copy_html(pages: CopyPages) -> str:
    """Return the copy as the HTML that is printed."""
    return letter_html(TEMPLATE, pages)

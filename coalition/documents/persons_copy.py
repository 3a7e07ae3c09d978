"""The copy of everything held about one incident, for the person concerned (GDPR Art. 15), as PDF."""

from dataclasses import dataclass
from datetime import datetime

from coalition import i18n, rendering
from coalition.documents.pdf import TEMPLATES, to_pdf
from coalition.domain.interchange import Record
from coalition.domain.names import Name

TEMPLATE = "documents/persons_copy.html"
SHEETS = (TEMPLATES / "consent_proof.css", TEMPLATES / "persons_copy.css")
"""The house look of short documents, and what this one adds."""


@dataclass(frozen=True)
class Section:
    """The answers of one section of the record, in words."""

    title: str
    answers: tuple[tuple[str, str, str], ...]
    """(question, answer, language of the answer where it is not the document's own)."""


@dataclass(frozen=True)
class CopyPages:
    """What the template prints: nothing else about the person can get in."""

    record: Record
    organisation: Name
    coalition: Name
    made_at: datetime
    time_zone: str
    language: str
    sections: tuple[Section, ...]
    looks: tuple[tuple[datetime, str, Name | None, str], ...]
    """(when, role, member or None for the coalition, what was done), the oldest first."""

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return i18n.locale(self.language).direction


def copy_as_pdf(pages: CopyPages) -> bytes:
    """Return the copy as PDF/UA.

    Raises PdfUnavailable where Pango is missing.
    """
    return to_pdf(copy_html(pages), SHEETS)


def copy_html(pages: CopyPages) -> str:
    """Return the copy as the HTML that is printed."""
    with i18n.in_language(pages.language):
        return rendering.environment().get_template(TEMPLATE).render(pages=pages)

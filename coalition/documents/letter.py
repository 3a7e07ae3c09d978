"""A short document about one record, on paper: the proof of a consent, the copy for the person concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coalition import i18n, rendering
from coalition.documents.pdf import TEMPLATES, to_pdf
from coalition.domain.names import Name

SHEET = TEMPLATES / "letter.css"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What stands on top of every such document. What it prints below is in a class of its own."""

    reference: str
    organisation: Name
    coalition: Name
    made_at: datetime
    time_zone: str
    language: str

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return i18n.locale(self.language).direction


def letter_html(template: str, pages: Letter) -> str:
    """Return a document as the HTML that is printed."""
    with i18n.in_language(pages.language):
        return rendering.environment().get_template(template).render(pages=pages)


def letter_as_pdf(template: str, pages: Letter, sheets: Sequence[Path]) -> bytes:
    """Return a document as PDF/UA.

    Raises PdfUnavailable where Pango is missing.
    """
    return to_pdf(letter_html(template, pages), [SHEET, *sheets])

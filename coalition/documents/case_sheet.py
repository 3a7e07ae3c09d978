"""One case on a sheet of paper, as PDF: for work inside the organisation, or to hand on without identity.

Every page bears that it is confidential, the reference and its number. It prints what it is given: what may be on it
was decided where the record was read.
"""

from dataclasses import dataclass

from coalition.documents.letter import Letter, Section, letter_as_pdf, letter_html
from coalition.documents.pdf import TEMPLATES
from coalition.domain.interchange import StepRecord
from coalition.domain.paper import SheetKind, leaves
from coalition.domain.vocabulary import State

TEMPLATE = "documents/case_sheet.html"
SHEET = TEMPLATES / "case_sheet.css"
"""What this document adds to the house look of short ones."""


@dataclass(frozen=True, kw_only=True)
class SheetPages(Letter):
    """What the template prints: nothing else about the case can get in."""

    kind: SheetKind
    made_by: str
    """Name of the person; empty on what leaves the organisation."""
    state: State
    sections: tuple[Section, ...]
    steps: tuple[StepRecord, ...]
    """The conversation with the coordinator; empty on what leaves the organisation."""
    verification: str = ""
    """A VerificationLevel; empty while nobody has checked."""
    late: bool = False

    @property
    def leaves(self) -> bool:
        """Tell whether it is made to leave the organisation."""
        return leaves(self.kind)

    @property
    def restricted(self) -> bool:
        """Tell whether anything on it is kept from whoever reads it."""
        return any(told.restricted for section in self.sections for told in section.answers)


def sheet_as_pdf(pages: SheetPages) -> bytes:
    """Return the sheet as PDF/UA.

    Raises PdfUnavailable where Pango is missing.
    """
    return letter_as_pdf(TEMPLATE, pages, [SHEET])


def sheet_html(pages: SheetPages) -> str:
    """Return the sheet as the HTML that is printed."""
    return letter_html(TEMPLATE, pages)

"""A short document about one record, on paper: the proof of a consent, the copy for the person concerned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from coalition import i18n, rendering
from coalition.documents.pdf import TEMPLATES, to_pdf
from coalition.domain.names import Name

SHEET = TEMPLATES / "letter.css"
LONG = 600
"""Characters: an answer with more is a text of its own."""


@dataclass(frozen=True)
class Told:
    """One question of the record, and what is known of it."""

    question: str
    answer: str
    language: str = ""
    """Language of the answer where it is not the document's own."""
    restricted: bool = False
    """Whether the answer, or a part of it, is kept from the reader, whether there is one or not."""


@dataclass(frozen=True)
class Section:
    """The answers of one section of the record, in words."""

    title: str
    answers: tuple[Told, ...]

    @property
    def runs(self) -> tuple[tuple[bool, tuple[Told, ...]], ...]:
        """Return the answers in order, in runs of short and of long ones: (whether they are long, the answers).

        A long one is printed under its question: beside it, it would be a column that no page holds.
        """
        return tuple((long, tuple(run)) for long, run in groupby(self.answers, lambda told: len(told.answer) > LONG))


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

"""The blank paper form as PDF: the code book's questions on two pages A4, to be filled in by hand.

It holds no data. Every answer has its number in the list, so that what was ticked or written can be typed in quickly
and without doubt; the numbers belong to the version of the code book that stands on every page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from coalition import i18n, rendering
from coalition.documents.pdf import TEMPLATES, Layout, lay_out
from coalition.domain.codebook import codebook
from coalition.domain.consents import TEXT_VERSION, Wording, wordings
from coalition.domain.errors import CoalitionError
from coalition.i18n import gettext, labels

TEMPLATE = "documents/blank_form.html"
SHEET = TEMPLATES / "blank_form.css"
PAGES = 2
SIZES = ("large", "medium", "small")
"""The sizes of its type, the best first: a language that needs more words takes the next."""
LINE = 8.3
"""Millimetres that one more line takes with its rule: 8 mm are to write in, less is no room for a hand in a hurry."""
BOTTOM = 287.0
"""Millimetres from the upper edge of the page to where it is full, as in the style sheet."""


@dataclass(frozen=True)
class Choice:
    """One answer of a list."""

    number: int
    """Its place in the list, which stands for it on paper."""
    code: str
    label: str
    hint: str


@dataclass(frozen=True)
class BlankForm:
    """What the template prints. Two equal ones are the same file, so it is made once."""

    coalition: str
    """Its name in the language of the form."""
    language: str
    emergency_number: str

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return i18n.locale(self.language).direction

    @property
    def version(self) -> str:
        """Return the version of the code book."""
        return codebook().version

    @property
    def text_version(self) -> str:
        """Return the version of the words in which consent is asked for."""
        return TEXT_VERSION

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Return what the person is told before the first question: (who, what they see).

        These are the words of the consent, so a person who agreed on paper was told what everybody is told.
        """
        return tuple((gettext(who), gettext(what)) for who, what in _words().told)

    @property
    def note(self) -> str:
        """Return what the person is told about taking consent back."""
        return gettext(_words().note)

    @property
    def question(self) -> str:
        """Return the question for consent."""
        return gettext(_words().question)

    def choices(self, list_name: str) -> tuple[Choice, ...]:
        """Return the answers of a list that are offered now, each with its number in the whole list."""
        return tuple(_choices(list_name))

    def offences(self, *groups: str) -> tuple[Choice, ...]:
        """Return the offences that roll up to one of these."""
        entries = codebook()["offences"]
        return tuple(choice for choice in _choices("offences") if entries[choice.code].rolls_up_to in groups)


def _words() -> Wording:
    return next(words for words in wordings() if (words.version, words.language) == (TEXT_VERSION, "en"))


def _choices(list_name: str) -> Iterator[Choice]:
    for number, entry in enumerate(codebook()[list_name], start=1):
        if entry.until is None:
            yield Choice(number, entry.code, labels.label(list_name, entry.code), labels.hint(list_name, entry.code))


def form_html(form: BlankForm, fit: "Fit | None" = None) -> str:
    """Return the form as the HTML that is printed."""
    with i18n.in_language(form.language):
        return rendering.environment().get_template(TEMPLATE).render(pages=form, fit=fit or Fit())


@dataclass(frozen=True)
class Fit:
    """How the form fills its pages."""

    size: str = SIZES[0]
    notes: int = 2
    """Rows for notes on indicators, on the first page."""
    account: int = 3
    """Lines for the account, on the second page."""


class DoesNotFit(CoalitionError):
    """The words of a language take more than two pages even in the smallest type."""

    def __init__(self, language: str) -> None:
        """Keep the language."""
        super().__init__(f"the paper form in {language!r} takes more than {PAGES} pages")
        self.language = language


@lru_cache(maxsize=64)
def form_as_pdf(form: BlankForm) -> bytes:
    """Return the form as PDF/UA on two pages, the same to the byte for the same form.

    Raises PdfUnavailable where Pango is missing, DoesNotFit.
    """
    for size in SIZES:
        least = Fit(size)
        layout = lay_out(form_html(form, least), [SHEET])
        if layout.pages == PAGES:
            filled = lay_out(form_html(form, _filled(least, layout)), [SHEET])
            return (filled if filled.pages == PAGES else layout).write()
    raise DoesNotFit(form.language)


def _filled(least: Fit, layout: Layout) -> Fit:
    """Return the fit that gives what is left of each page to the lines to write on."""
    first, second = (int((BOTTOM - layout.ends[name][1]) // LINE) for name in ("end-1", "end-2"))
    return replace(least, notes=least.notes + first, account=least.account + second)

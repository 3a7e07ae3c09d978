"""The letter that goes with a submission: who submits, what is in it, how it came about, and which files belong to it.

What it says is put together once, as blocks; PDF and DOCX show the same blocks. Both bear the day on which the version
was built, and are equal to the byte for the same content.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from coalition import i18n, rendering
from coalition.documents.archive import packed
from coalition.documents.letter import SHEET
from coalition.documents.pdf import TEMPLATES, to_pdf
from coalition.documents.submission_files import CHANGES
from coalition.documents.workbook import caveats, method
from coalition.domain.profiles import Profile
from coalition.domain.summaries import Member
from coalition.i18n import gettext as _
from coalition.i18n import in_language

if TYPE_CHECKING:
    from docx.document import Document

TEMPLATE = "documents/cover_letter.html"
STYLE = TEMPLATES / "cover_letter.css"
"""What this document adds to the house look of short ones."""
_SENTENCE: Final = re.compile(r".+?[.!?…](?=\s|$)", re.DOTALL)
_SHORT: Final = 240
"""Characters: so much of what a member says of itself is taken whole."""
_INK: Final = (0x0E, 0x4A, 0x57)


@dataclass(frozen=True, kw_only=True)
class CoverLetter:
    """Everything that the letter is made from."""

    profile: Profile
    year: int
    coalition: str
    members: tuple[Member, ...]
    """The organisations that submit together."""
    contact: str
    """Where the receiving body sends its questions; may be empty."""
    version: int
    built_at: datetime
    time_zone: str
    counts: Mapping[str, int]
    files: Mapping[str, str]
    """SHA-256 by name."""
    fingerprint: str = ""
    """Of the key that signed the manifest; empty where it is not signed."""
    based_on: int | None = None
    """The version that this one revises."""
    changes: Mapping[str, int] = field(default_factory=dict)
    """How many incidents were "added", "removed" and "changed" since; empty where that is not known."""

    @property
    def language(self) -> str:
        """The receiving body's."""
        return self.profile.language

    @property
    def direction(self) -> str:
        """Return "ltr" or "rtl"."""
        return i18n.locale(self.language).direction

    @property
    def subject(self) -> str:
        """The same as that of the e-mail."""
        return self.profile.texts.subject.format(year=self.year, coalition=self.coalition)

    def fill(self, text: str) -> str:
        """Fill what the letter knows into one of the profile's texts: `coalition.domain.profiles.LETTER_NAMES`."""
        return text.strip().format(
            year=self.year,
            coalition=self.coalition,
            version=self.version,
            address=self.contact,
            **{name: self.counts[name] for name in ("incidents", "descriptive", "statistical")},
        )


@dataclass(frozen=True)
class Heading:
    """A heading of the second level."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class Points:
    """A list of points: what stands out in each, and what follows; either may be empty."""

    points: tuple[tuple[str, str], ...]
    kind: str = "points"


@dataclass(frozen=True)
class Sheet:
    """A table: its caption, heading and rows."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = "sheet"


Block = Heading | Paragraph | Points | Sheet


def blocks(letter: CoverLetter) -> list[Block]:
    """Return what the letter says, in the receiving body's language."""
    with in_language(letter.language):
        opening: list[Block] = [Paragraph(text) for text in _paragraphs(letter.fill(letter.profile.texts.letter))]
        parts = (_content, _revision, _members, _method, _files, _contact, _signature)
        return opening + [block for part in parts for block in part(letter)]


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _content(letter: CoverLetter) -> list[Block]:
    counts = letter.counts
    rows = (
        (_("Data year"), str(letter.year)),
        (_("Incidents"), i18n.format_number(counts["incidents"])),
        (_("Of these described"), i18n.format_number(counts["descriptive"])),
        (_("Of these statistical"), i18n.format_number(counts["statistical"])),
        (_("Version"), str(letter.version)),
        (_("Built on"), i18n.format_date(_day(letter))),
    )
    return [Heading(_("What is in the submission")), Points(rows)]


def _day(letter: CoverLetter) -> date:
    return letter.built_at.astimezone(ZoneInfo(letter.time_zone)).date()


def _revision(letter: CoverLetter) -> list[Block]:
    if letter.based_on is None:
        return []
    said: list[Block] = [
        Heading(_("What has changed")),
        Paragraph(
            _("This version takes the place of version %(number)s. Please use its files only.", number=letter.based_on)
        ),
    ]
    if letter.changes:
        number = {name: i18n.format_number(letter.changes.get(name, 0)) for name in ("added", "removed", "changed")}
        told = {"added": _("Incidents added"), "removed": _("Incidents removed"), "changed": _("Incidents changed")}
        said.append(Points(tuple((told[name], number[name]) for name in told)))
    if CHANGES in letter.files:
        said.append(Paragraph(_("The file %(name)s names each of them.", name=CHANGES)))
    return said


def _members(letter: CoverLetter) -> list[Block]:
    if not letter.members:
        return []
    points = tuple((one.name_in(letter.language), _about(one, letter.language)) for one in letter.members)
    told = _("%(coalition)s submits for these organisations:", coalition=letter.coalition)
    return [Heading(_("Who submits")), Paragraph(told), Points(points)]


def _about(member: Member, language: str) -> str:
    return " ".join(text for text in (first_sentence(member.about_in(language)), member.website.strip()) if text)


def first_sentence(text: str) -> str:
    """Return what a member says of itself, or the first sentence of it where it says a lot."""
    folded = " ".join(text.split())
    found = _SENTENCE.match(folded)
    return folded if len(folded) <= _SHORT or found is None else found[0]


def _method(letter: CoverLetter) -> list[Block]:
    return [
        Heading(_("Method")),
        *(Paragraph(text) for text in method(letter.profile)),
        Heading(_("How to read the figures")),
        *(Paragraph(text) for text in caveats()),
    ]


def _files(letter: CoverLetter) -> list[Block]:
    found: list[Block] = [
        Heading(_("Files")),
        Sheet(_("Files of the submission"), (_("File"), "SHA-256"), tuple(letter.files.items())),
    ]
    if letter.fingerprint:
        mark = letter.fingerprint
        found.append(
            Paragraph(_("The manifest is signed (Ed25519). Fingerprint of the key: %(fingerprint)s", fingerprint=mark))
        )
    return found


def _contact(letter: CoverLetter) -> list[Block]:
    return [Heading(_("Contact")), Paragraph(letter.contact)] if letter.contact else []


def _signature(letter: CoverLetter) -> list[Block]:
    head = (_("Name and office"), _("Place and date"), _("Signature"))
    signed = Sheet(_("Signature"), head, (("",) * len(head),), "signature")
    return [Paragraph(_("For %(coalition)s", coalition=letter.coalition)), signed]


# --- as PDF ------------------------------------------------------------------------------------------------


def letter_html(letter: CoverLetter) -> str:
    """Return the letter as the HTML that is printed."""
    said = blocks(letter)
    with in_language(letter.language):
        template = rendering.environment().get_template(TEMPLATE)
        return template.render(letter=letter, blocks=said, day=_day(letter))


def letter_pdf(letter: CoverLetter) -> bytes:
    """Return the letter as PDF/UA.

    Raises PdfUnavailable where Pango is missing.
    """
    return to_pdf(letter_html(letter), [SHEET, STYLE])


# --- as DOCX -----------------------------------------------------------------------------------------------


def letter_docx(letter: CoverLetter) -> bytes:
    """Return the letter as a Word document that can be changed before it is sent."""
    # The library takes a tenth of a second to load, and few pages need it.
    made: Document = import_module("docx").Document()
    said = blocks(letter)
    with in_language(letter.language):
        _set_up(made, letter)
        _head(made, letter)
        for block in said:
            _WRITERS[block.kind](made, block)
    content = io.BytesIO()
    made.save(content)
    return _reproducible(content.getvalue())


def _set_up(made: "Document", letter: CoverLetter) -> None:
    shared, namespaces = import_module("docx.shared"), import_module("docx.oxml.ns")
    moment = letter.built_at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    about = made.core_properties
    about.author = about.last_modified_by = letter.coalition[:255]
    about.title, about.comments, about.language = letter.subject[:255], "", letter.language
    about.created = about.modified = moment
    about.revision = 1
    page = made.sections[0]
    page.page_width, page.page_height = shared.Mm(210), shared.Mm(297)
    page.left_margin = page.right_margin = shared.Mm(22)
    page.top_margin = page.bottom_margin = shared.Mm(20)
    for name, size in (("Normal", 11), ("Heading 1", 20), ("Heading 2", 13)):
        style: Any = made.styles[name]
        style.font.size, style.font.name = shared.Pt(size), "Calibri"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(namespaces.qn(kind), "Calibri")
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(namespaces.qn(theme), None)
        if name != "Normal":
            style.font.color.rgb = shared.RGBColor(*_INK)
    for tag in made.styles.element.iter(namespaces.qn("w:lang")):
        tag.set(namespaces.qn("w:val"), letter.language)


def _head(made: "Document", letter: CoverLetter) -> None:
    made.add_paragraph().add_run(letter.coalition).bold = True
    made.add_paragraph("\n".join(text for text in (letter.profile.name, letter.profile.recipient) if text))
    made.add_paragraph(i18n.format_date(_day(letter)))
    made.add_heading(letter.subject, level=1)


def _add_points(made: "Document", block: Points) -> None:
    for strong, text in block.points:
        point = made.add_paragraph(style="List Bullet")
        point.add_run(f"{strong}: " if text else strong).bold = True
        point.add_run(text)


def _add_sheet(made: "Document", block: Sheet) -> None:
    shared = import_module("docx.shared")
    table = made.add_table(rows=1, cols=len(block.head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, block.head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in block.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            run = cell.paragraphs[0].add_run(text)
            run.font.size = shared.Pt(9)
    if block.kind == "signature":
        table.rows[-1].height = shared.Mm(18)
    made.add_paragraph()


_WRITERS: Final[Mapping[str, Any]] = {
    "heading": lambda made, block: made.add_heading(block.text, level=2),
    "paragraph": lambda made, block: made.add_paragraph(block.text),
    "points": _add_points,
    "sheet": _add_sheet,
    "signature": _add_sheet,
}


def _reproducible(content: bytes) -> bytes:
    """Pack a document anew without the clock: the library writes when it was saved into every entry."""
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        return packed({name: made.read(name) for name in made.namelist()})

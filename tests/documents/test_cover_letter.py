"""The cover letter: the same words as PDF and as DOCX, in the receiving body's language, the same bytes every time."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import docx
import pytest

from coalition import i18n
from coalition.documents.cover_letter import CoverLetter, first_sentence, letter_docx, letter_html, letter_pdf
from coalition.domain.profiles import profile
from coalition.domain.summaries import Member
from tests import markup
from tests.documents.ua import faults, text_of

ODIHR = profile("odihr-2022")
LETTER = CoverLetter(
    profile=ODIHR,
    year=2024,
    coalition="Hate Crime Recording Coalition",
    members=(
        Member({"": "Near Shore"}, {"en": "Helps families in the north-west."}, "https://near.example"),
        Member({"": "Отворен дом", "en": "Open House & <Friends>"}, {}, ""),
    ),
    contact="office@coalition.example",
    version=2,
    # Late in the evening in UTC it is the next day for the coalition.
    built_at=datetime(2025, 4, 12, 22, 30, tzinfo=UTC),
    time_zone="Europe/Sofia",
    counts={"incidents": 1234, "descriptive": 1000, "statistical": 234},
    files={name: name[0] * 64 for name in ("submission.xlsx", "incidents.csv", "changes.csv")},
    fingerprint="1f2e 3d4c",
    based_on=1,
    changes={"added": 3, "removed": 1, "changed": 17},
)
SAID = (
    "HCR 2024 (Hate Crime Recording Coalition)", "ODIHR hate incident reporting", "tndinfo@odihr.pl", "13 April 2025",
    "Dear colleagues,", "1,234", "1,000", "234", "takes the place of version 1", "17", "changes.csv",
    "Near Shore", "Helps families in the north-west. https://near.example", "Open House & <Friends>",
    "one shared form", "prevalence", "s" * 64, "1f2e 3d4c", "office@coalition.example",
)  # fmt: skip


def words(content: bytes) -> str:
    made = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return " ".join(" ".join([*(paragraph.text for paragraph in made.paragraphs), *cells]).split())


def test_both_forms_say_everything() -> None:
    pdf, made = letter_pdf(LETTER), letter_docx(LETTER)
    printed = text_of(pdf).replace(" ", "")
    for text in SAID:
        assert text.replace(" ", "") in printed, text
        assert text in words(made), text
    assert faults(pdf, "en") == []
    assert made == letter_docx(LETTER)


def test_the_word_document_knows_its_author_day_and_language_and_no_clock() -> None:
    content = letter_docx(LETTER)
    about = docx.Document(io.BytesIO(content)).core_properties
    assert (about.author, about.title, about.language) == (LETTER.coalition, LETTER.subject, "en")
    assert about.created == about.modified == datetime(2025, 4, 12, 22, 30, tzinfo=UTC)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_is_not_known_is_left_out() -> None:
    plain = replace(
        LETTER, members=(), contact="", fingerprint="", based_on=None, changes={}, files={"a.csv": "0" * 64}
    )
    said = words(letter_docx(plain))
    for text in ("Who submits", "Contact", "Ed25519", "What has changed", "changes.csv"):
        assert text not in said


@pytest.mark.parametrize("language", i18n.available_languages())
def test_a_profile_in_another_language_has_its_letter_in_that_language(language: str) -> None:
    letter = replace(LETTER, profile=replace(ODIHR, language=language))
    root = markup.parsed(letter_html(letter))
    assert (root.get("lang"), root.get("dir")) == (language, "ltr")
    assert docx.Document(io.BytesIO(letter_docx(letter))).core_properties.language == language


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("We help.  And\nmore.", "We help. And more."),
        (f"We help. {'More. ' * 60}", "We help."),
        ("без точка " * 40, ("без точка " * 40).strip()),
    ],
)
def test_of_what_a_member_says_at_length_the_first_sentence_is_taken(text: str, told: str) -> None:
    assert first_sentence(text) == told

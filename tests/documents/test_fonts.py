import re

import pytest

from coalition import paths
from coalition.documents import fonts
from coalition.documents.pdf import to_pdf

PAGE = """<!doctype html><html lang="en"><head><title>Test</title>
<meta name="dcterms.created" content="2020-12-31"></head><body><!-- {unseen} --><p>{text}</p><ul><li>{text}</li></ul>
</body></html>"""
LATIN = {"Noto Sans Latin"}


def families_for(*texts):
    return set(re.findall(r'font-family: "([^"]+)"', fonts.sheet_for(texts)))


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("", set()),
        ("naïve – “quoted” • 5 €", set()),
        ("Łut", {"Noto Sans Latin Extended"}),
        ("ÿ", {"Noto Sans Latin Extended"}),  # its capital is Ÿ
        ("Доклад № 5", {"Noto Sans Cyrillic"}),
        ("&#1076;", {"Noto Sans Cyrillic"}),
        ("e\N{COMBINING CARON}", {"Noto Sans Latin Extended"}),  # drawn as one letter, ě
        ("ὀσμη", {"Noto Sans Greek", "Noto Sans Greek Extended"}),
        ("ó", {"Noto Sans Cyrillic"}),  # whose fonts have the accent alone, should the letter be taken apart
        ("עברית", {"Noto Sans Hebrew"}),
        ("العربية", {"Noto Sans Arabic"}),
        ("a\N{NON-BREAKING HYPHEN}b", set()),  # the Arabic fonts have it too, and come later
        ("漢", set()),
    ],
)
def test_a_document_is_given_the_fonts_of_what_is_written_in_it(text, more):
    assert families_for(text) == families_for("", text) == LATIN | more


def test_together_the_families_are_all_that_the_sheet_names():
    everything = "".join(max(family.characters) for family in fonts.families())
    assert len(families_for(everything)) == len(fonts.families()) == 10
    assert sorted(fonts.sheet_for([everything])) == sorted(fonts.SHEET.read_text())


def test_a_document_is_the_same_to_the_last_byte_with_more_fonts_than_it_needs():
    for text in ("Доклад and report, e\N{COMBINING ACUTE ACCENT} и\N{COMBINING ACUTE ACCENT} → ☐ 漢", "text 5 €"):
        alone, beside_others = (to_pdf(PAGE.format(text=text, unseen=unseen), []) for unseen in ("", "ελ Հայ עב"))
        assert alone == beside_others


def test_style_sheets_draw_no_character_that_a_document_does_not_have():
    """The fonts are chosen by what is written: numbers of lists and escapes in style sheets are not read for it."""
    for sheet in (paths.TEMPLATES / "documents").glob("*.css"):
        text = sheet.read_text()
        assert "\\" not in text, sheet.name
        assert set(re.findall(r"list-style(?:-type)?: ([^;]+);", text)) <= {"none", "decimal", "disc"}, sheet.name
        assert "text-transform: capitalize" not in text, sheet.name

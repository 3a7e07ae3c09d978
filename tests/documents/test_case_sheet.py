"""The sheet of one case: confidential on every page, nothing empty, whole however long."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from coalition import i18n
from coalition.documents.case_sheet import SheetPages, sheet_as_pdf, sheet_html
from coalition.documents.letter import LONG, Section, Told
from coalition.domain.disclosure import Audience, disclose, withheld
from coalition.domain.incidents import Facts, Indicator
from coalition.domain.interchange import StepRecord
from coalition.domain.names import Name
from coalition.domain.paper import SheetKind
from coalition.domain.vocabulary import State
from coalition.web.answers import printed
from tests.documents.ua import faults, read, text_of
from tests.domain.samples import COMPLETE

MADE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def pages(
    facts: Facts = COMPLETE, kind: SheetKind = SheetKind.COALITION, audience: Audience = Audience.COALITION,
    language: str = "en", **changes: object,
) -> SheetPages:  # fmt: skip
    with i18n.in_language(language):
        sections = printed(disclose(facts, audience), withheld(facts, audience))
    made = SheetPages(
        kind=kind,
        reference="ABCDE-FGHIJ",
        organisation=Name("Near Shore"),
        coalition=Name("Hate Crime Recording Coalition"),
        made_at=MADE,
        made_by="",
        time_zone="Europe/Sofia",
        language=language,
        state=State.SUBMITTED,
        sections=sections,
        steps=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # the fields of the pages


@pytest.mark.parametrize("language", i18n.available_languages())
@pytest.mark.parametrize("facts", [COMPLETE, Facts()], ids=["full", "empty"])
def test_it_is_tagged_for_screen_readers(language: str, facts: Facts):
    assert faults(sheet_as_pdf(pages(facts, language=language)), language) == []


def test_it_says_who_made_it_when_for_whom_and_that_it_is_confidential_on_every_page():
    long = replace(COMPLETE, narrative="A long account. " * 600)
    pdf = sheet_as_pdf(
        pages(long, SheetKind.INTERNAL, Audience.MEMBER, made_by="Ana Petrova", organisation=Name("Near Shore"))
    )
    text = text_of(pdf)
    for words in (
        "For Your organisation, without identity details",
        "Made by Ana Petrova, Near Shore",
        "Made on 2 Mar 2026, 12:00",
        "State Submitted",
    ):
        assert words in text
    found = read(pdf).pages
    assert len(found) > 3
    for number, page in enumerate(found, start=1):
        words = " ".join(page.extract_text().split())
        assert "Confidential · ABCDE-FGHIJ" in words
        assert f"{number} / {len(found)}" in words


def test_a_long_case_is_printed_whole():
    long = replace(
        COMPLETE,
        narrative=" ".join(f"sentence{number}." for number in range(2500)),
        indicators=tuple(Indicator("expression", f"note{number} " * 100, "witness") for number in range(3)),
        victims=COMPLETE.victims * 40,
    )
    text = text_of(sheet_as_pdf(pages(long)))
    assert all(f"sentence{number}." in text for number in range(2500))
    assert "note2 note2" in text
    assert "Victims 40" in text


def test_what_is_kept_from_the_reader_says_so_and_never_is_an_empty_box():
    html = sheet_html(pages(Facts()))
    assert html.count(">Restricted<") >= 2
    assert "means that an answer is kept back" in html
    whole = sheet_html(pages(COMPLETE, SheetKind.IDENTITY, Audience.OWNER))
    assert "Restricted" not in whole
    for page in (html, whole):
        assert "<dd></dd>" not in "".join(page.split())


def test_a_record_of_which_nothing_is_known_says_so():
    assert "Nothing is recorded yet." in sheet_html(pages(Facts(), SheetKind.IDENTITY, Audience.OWNER))


def test_the_conversation_is_printed_where_it_is_given():
    asked = StepRecord("return", MADE, "", "Which street was it?", "", {})
    assert "Which street was it?" in sheet_html(pages(steps=(asked,)))


def test_what_somebody_typed_is_text_and_never_markup():
    hostile = '<img src="http://127.0.0.1:9/x.png">'
    assert hostile in text_of(sheet_as_pdf(pages(replace(COMPLETE, narrative=hostile))))


def test_long_answers_stand_under_their_questions_and_keep_the_order():
    short, long = Told("a", "x"), Told("b", "x" * (LONG + 1))
    section = Section("S", (short, short, long, short))
    assert section.runs == ((False, (short, short)), (True, (long,)), (False, (short,)))

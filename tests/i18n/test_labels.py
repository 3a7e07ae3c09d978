"""Codes in words: the help on a question."""

from coalition import i18n
from coalition.domain.codebook import HelpSource, codebook
from coalition.i18n.labels import help_on


def test_help_says_what_is_meant_and_whose_list_it_is():
    about = help_on("bias_motivations")
    assert about
    assert about.source is HelpSource.ODIHR
    assert "criminal offence motivated by bias" in about.meaning
    assert [entry.label for entry in about.entries] == [entry.label for entry in codebook()["bias_motivations"]]


def test_a_field_that_offers_a_part_of_a_list_is_helped_with_that_part():
    about = help_on("offences", ("hate_speech", "discrimination"))
    assert about
    assert [entry.label for entry in about.entries] == ["Hate speech", "Discrimination"]


def test_what_the_code_book_does_not_say_is_empty_in_every_language():
    for language in i18n.available_languages():
        with i18n.in_language(language):
            about = help_on("source_reliabilities")
            assert about
            assert (about.example, about.not_here, about.entries) == ("", "", ())
    assert help_on("location_types") is None

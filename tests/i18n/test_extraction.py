import io
from importlib import resources

from coalition.domain.codebook import codebook, regions
from coalition.i18n.extraction import extract_toml


def extracted(text):
    return [message for _, _, message, _ in extract_toml(io.BytesIO(text.encode()), {}, (), {})]


def package_file(name):
    return resources.files("coalition.domain").joinpath("data", name).read_text(encoding="utf-8")


def test_only_the_regions_of_translated_countries_become_messages():
    names = [name for context, name in extracted(package_file("regions.toml")) if context == "regions"]
    assert names == [entry.label for entry in regions("BG")]


def test_every_label_and_help_text_of_the_code_book_becomes_a_message():
    messages = set(extracted(package_file("codebook.toml")))
    for entries in codebook().lists.values():
        for entry in entries:
            assert (entries.name, entry.label) in messages
            for text in (entry.hint, entry.example, entry.not_here):
                assert not text or (entries.name, text) in messages


def test_every_help_on_a_question_becomes_a_message():
    messages = set(extracted(package_file("codebook.toml")))
    for entries in codebook().lists.values():
        if entries.help:
            for text in (entries.help.meaning, entries.help.example, entries.help.not_here):
                assert not text or ("help", text) in messages


def test_a_file_that_names_no_translated_tables_is_taken_whole():
    assert extracted('[a]\nx = { label = "X" }\n[b]\ny = { label = "Y" }\n') == [("a", "X"), ("b", "Y")]
    assert extracted('translated = ["b"]\n[a]\nx = "X"\n[b]\ny = "Y"\n') == [("regions", "Y")]

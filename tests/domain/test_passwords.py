import unicodedata

import pytest

from coalition.domain.passwords import (
    MAXIMUM_LENGTH,
    MINIMUM_LENGTH,
    common_stems,
    generated_password,
    is_common,
    normalised,
    stem,
    weakness,
)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too_short"),
        ("x" * (MAXIMUM_LENGTH + 1), "too_long"),
        ("ababababababab", "too_plain"),
        ("password123456", "too_common"),
        ("Парола-Парола1", "too_common"),
        ("snezhana.asenova", "too_common"),
        ("1qaz2wsx3edc", "common"),
        ("F00tb@ll!!!!", "common"),
        ("football-football", "common"),
        ("Левски1914Левски", "common"),
        ("обичаммама2026", "common"),
        ("йцукенгшщзхъ!", "common"),
        ("correct horse battery staple", "common"),
        ("three brown horses", ""),
        ("кафява къща край реката", ""),
        ("football under a purple roof", ""),
    ],
)
def test_what_is_too_weak_says_why(password, reason):
    assert weakness(password, ["Снежана Асенова", "snezhana.asenova@example.org"]) == reason


def test_the_list_is_long_and_knows_the_words_and_keyboards_of_this_country():
    stems = common_stems()
    assert len(stems) > 20_000
    assert all(word == stem(word) and len(word) >= 5 for word in stems)
    assert {"qwertyuiop", "обичамте", "левски", "явертъуиоп", "obichamte", "iloveyou"} <= stems


def test_more_than_three_thousand_listed_words_are_refused_at_the_length_that_is_asked_for():
    long_enough = {word.ljust(MINIMUM_LENGTH, "1") for word in common_stems()}
    refused = {word for word in long_enough if weakness(word, [])}
    assert len(refused) > 20_000
    assert len(refused) / len(long_enough) > 0.99


def test_any_length_up_to_256_and_any_characters_are_taken():
    for password in ("дълга фраза " * 21, "space and ☃ and 𝄞 together", "a1 " * 80 + "lambda mu nu"):
        assert len(password) <= MAXIMUM_LENGTH
        assert weakness(password, []) == ""


def test_a_password_is_the_same_whatever_form_the_keyboard_sends_its_letters_in():
    composed, decomposed = "кафе й ø é на брега", unicodedata.normalize("NFD", "кафе й ø é на брега")
    assert composed != decomposed
    assert normalised(composed) == normalised(decomposed)
    assert normalised("Case And  Spaces ") == "Case And  Spaces "


def test_a_common_word_inside_a_longer_phrase_is_no_common_password():
    assert not is_common("my dragon eats football boots")


def test_made_up_passwords_are_strong_and_never_the_same():
    made = {generated_password() for _ in range(50)}
    assert len(made) == 50
    assert {weakness(password, []) for password in made} == {""}

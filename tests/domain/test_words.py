"""Words as they are searched: stems of both languages, names in one script."""

import pytest

from coalition.domain.words import Word, keys_of, named, sought, stem, words_of


@pytest.mark.parametrize(
    "forms",
    [
        "джамия джамията джамии джамиите",
        "прозорец прозорецът",
        "свастика свастиката свастики свастиките",
        "гробище гробища гробищата",
        "нападател нападателя нападателят нападатели нападателите",
        "надпис надписи надписите",
        "attack attacks attacked attacking",
        "cemetery cemeteries",
        "church churches",
        "vandalise vandalised vandalized vandalizing",
        "stop stopped stopping",
        "threat threats",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str):
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("църква", "цвят"),
        ("мост", "място"),
        ("school", "shoot"),
        ("park", "part"),
        ("bus", "business"),
        ("stone", "stopped"),
    ],
)
def test_other_words_have_other_stems(one: str, other: str):
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("София", "Sofia"),
        ("Пловдив", "Plovdiv"),
        ("Варна", "Varna"),
        ("Плевен", "Pleven"),
        ("Русе", "Rousse"),
        ("Кюстендил", "Kyustendil"),
        ("Стара", "Stara"),
        ("Ямбол", "Yambol"),
        ("Благоевград", "Blagoevgrad"),
        ("Харманли", "Harmanli"),
        ("Хасково", "Khaskovo"),
    ],
)
def test_a_name_is_the_same_in_either_script(cyrillic: str, latin: str):
    assert named(cyrillic.lower()) == named(latin.lower()) != ()


def test_only_what_is_written_like_a_name_has_the_key_of_a_name():
    assert keys_of(Word("пловдив", capital=True)) == ("пловдив", "~plovdiv")
    assert keys_of(Word("камък", capital=False)) == (stem("камък"),)


def test_words_that_every_text_has_are_not_looked_for():
    assert sought("и на the of") == []
    assert sought("the mosque in Sofia") == [frozenset({"mosqu", *named("mosque")}), frozenset({"sofia", "~sof"})]


def test_single_letters_are_left_out_and_numbers_stay():
    assert [word.text for word in words_of("A pig's head, 7 of 12 т.")] == ["pig", "head", "7", "of", "12"]


def test_a_word_of_any_length_is_read():
    (word,) = words_of("а" * 100_000)
    assert len(word.text) <= 60
    assert keys_of(word)


@pytest.mark.parametrize("text", ["ﾞﾞ", "ﾟﾟ", "ﾞﾟﾞ"])
def test_letters_of_which_folding_leaves_nothing_are_no_word(text: str):
    assert list(words_of(text)) == []
    assert sought(text) == []

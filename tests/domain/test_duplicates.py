"""How two records are compared: by what they speak of, by how precisely their dates are known, never by equality."""

from dataclasses import replace

import pytest

from coalition.domain.anonymity.text import fold
from coalition.domain.duplicates import (
    ENOUGH,
    Case,
    Features,
    Reason,
    Span,
    features,
    lexicon,
    place_keys,
    score,
    span_of,
    text_likeness,
)
from coalition.domain.incidents import PartialDate

ENGLISH = "A mosque was the target of an arson attack: seven Molotov cocktails were thrown at the building."
BULGARIAN = "Неизвестни хвърлиха седем коктейла „Молотов“ по сградата на джамията и я подпалиха."
RUSSIAN = "В мечеть бросили семь бутылок с зажигательной смесью, здание подожгли."
OTHER = "A gay man was insulted and punched on a tram by two men."


def dated(text: str) -> Span:
    return span_of(PartialDate.parse(text))


def case(text: str = ENGLISH, date: str = "2024-05-17", **changes: object) -> Case:
    made = Case(
        when=dated(date),
        country="BG",
        region="BG-16",
        place=place_keys("Пловдив"),
        type="property_attack",
        motivations=frozenset({"anti_muslim"}),
        text=features([text]),
    )
    return replace(made, **changes)


def test_a_text_and_its_retelling_in_another_language_speak_of_the_same():
    assert text_likeness(features([ENGLISH]), features([BULGARIAN])) > 0.7
    assert text_likeness(features([ENGLISH]), features([OTHER])) < 0.2
    assert text_likeness(features([BULGARIAN]), features([OTHER])) < 0.2


def test_what_another_slavic_language_shares_counts_too():
    russian = features([RUSSIAN])
    assert text_likeness(russian, features([BULGARIAN])) > text_likeness(russian, features([OTHER]))


def test_the_whole_record_told_again_is_nearly_certain_and_says_why():
    found = score(case(), case(BULGARIAN))
    assert found.score > 0.9
    assert set(found.reasons) == {
        Reason.SAME_DAY,
        Reason.SAME_PLACE,
        Reason.SAME_MOTIVATION,
        Reason.SAME_TYPE,
        Reason.SIMILAR_TEXT,
    }


def test_a_town_is_the_same_in_either_script_and_without_the_word_town():
    assert place_keys("гр. Пловдив") == place_keys("Plovdiv") == place_keys("град Пловдив")


def test_a_town_that_the_other_text_names_is_the_same_place():
    unplaced = case("Seven Molotov cocktails were thrown at a mosque in Plovdiv.", place=frozenset(), region="")
    assert Reason.SAME_PLACE in score(case(), unplaced).reasons


def test_the_same_day_is_stronger_than_the_same_month_and_that_stronger_than_the_year():
    scores = [score(case(), case(date=date)).score for date in ("2024-05-17", "2024-05", "2024")]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_a_date_known_to_the_month_overlaps_all_of_its_month():
    for day in ("2024-05-01", "2024-05-31"):
        assert Reason.SAME_MONTH in score(case(date="2024-05"), case(date=day)).reasons
    assert Reason.NEAR_IN_TIME in score(case(date="2024-05"), case(date="2024-06-02")).reasons


@pytest.mark.parametrize(
    ("text", "days"),
    [("2024-02-29", 1), ("2024-02", 29), ("2023-12", 31), ("2024", 366), ("9999", 365), ("9999-12", 31)],
)
def test_a_date_means_all_its_days_to_the_end_of_the_calendar(text: str, days: int):
    assert dated(text).days == days


def test_days_remembered_a_little_differently_are_near():
    assert Reason.NEAR_IN_TIME in score(case(), case(date="2024-05-19")).reasons
    assert score(case(), case(date="2024-05-19")).score > score(case(), case(date="2024-05-30")).score


@pytest.mark.parametrize("date", ["2024-06-18", "2024-07", "2023"])
def test_more_than_a_month_apart_is_another_incident(date: str):
    assert score(case(), case(date=date)).score == 0


def test_another_country_is_another_incident_and_an_unknown_one_may_be_the_same():
    assert score(case(), case(country="RO")).score == 0
    assert score(case(), case(country="")).score > ENOUGH


def test_without_a_date_nothing_is_compared():
    assert score(case(), case(when=None)).score == 0


def test_a_motivation_in_common_counts_less_than_the_same_ones():
    both = case(motivations=frozenset({"anti_muslim", "racist_xenophobic"}))
    other = case(motivations=frozenset({"anti_lgbti"}))
    assert Reason.SHARED_MOTIVATION in score(case(), both).reasons
    assert score(case(), case()).score > score(case(), both).score > score(case(), other).score


def test_what_is_not_known_is_neither_for_nor_against():
    bare = case(region="", place=frozenset(), type="", motivations=frozenset())
    assert score(case(), case(BULGARIAN)).score > score(case(), bare).score > ENOUGH


def test_the_order_of_the_two_records_changes_nothing():
    pairs = [(case(), case(BULGARIAN, "2024-05")), (case(OTHER), case(RUSSIAN, "2024-06-01", place=frozenset()))]
    for one, other in pairs:
        assert score(one, other) == score(other, one)


def test_two_empty_texts_are_not_alike():
    assert text_likeness(Features(), Features()) == 0
    assert Reason.SIMILAR_TEXT not in score(case(""), case("")).reasons


def test_every_concept_can_be_met_and_no_beginning_is_written_as_nobody_writes():
    known = lexicon()
    assert len(known.names) == len(set(known.names)) >= 250
    bits = 0
    for word in (*known.beginnings, *known.whole):
        assert fold(word) == word
        bits |= known.find(word)
    assert bits == (1 << len(known.names)) - 1


@pytest.mark.parametrize(
    ("english", "bulgarian"),
    [
        ("swastika", "свастиката"),
        ("synagogue", "синагогата"),
        ("cemetery", "гробищата"),
        ("beaten", "пребита"),
        ("graffiti", "графити"),
        ("stones", "камъни"),
        ("knife", "нож"),
        ("fire", "пожара"),
        ("mosque", "джамии"),
        ("school", "училището"),
        ("bus", "автобуса"),
        ("spat", "заплю"),
        ("kicked", "ритаха"),
        ("tombstones", "надгробни"),
        ("refugee", "бежанка"),
        ("headscarf", "забрадката"),
        ("wheelchair", "количка"),
        ("rainbow", "дъгата"),
        ("arrested", "арестуван"),
        ("hospitalized", "болницата"),
    ],
)
def test_the_words_of_the_field_mean_the_same_in_both_languages(english: str, bulgarian: str):
    assert lexicon().find(english) & lexicon().find(bulgarian)


@pytest.mark.parametrize(
    ("word", "concept"), [("business", "bus"), ("manager", "man"), ("parents", "park"), ("barn", "bar")]
)
def test_a_word_that_only_begins_alike_is_another_one(word: str, concept: str):
    assert not lexicon().find(word) & (1 << lexicon().names.index(concept))

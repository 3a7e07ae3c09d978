"""A proposed description: in ODIHR's order, agreeing in number and gender, and without anything that names somebody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.anonymity import flagged
from coalition.domain.codebook import codebook
from coalition.domain.drafting import drafted, drafts_in, words_of
from coalition.domain.incidents import Facts, Indicator, Perpetrators, Victims
from tests.domain.samples import COMPLETE, facts

LANGUAGES = ("en", "bg")

CASES = (
    (
        COMPLETE,
        (
            "A teenage Roma boy was subjected to anti-Roma insults and physically assaulted in the street by a group "
            "of four men. The victim needed medical treatment. The incident was reported to the police."
        ),
        (
            "Тийнейджър от ромски произход беше обиден с антиромски изрази и физически нападнат на улицата от група от "
            "четирима мъже. Пострадалото лице се нуждаеше от медицинска помощ. Подаден е сигнал в полицията."
        ),
    ),
    (
        Facts(
            offences=("graffiti", "damage"),
            motivations=("anti_semitic",),
            victims=(Victims("place"),),
            location_type="cemetery",
            case_status="investigation",
        ),
        "A site of the Jewish community was damaged and vandalized with graffiti. The police opened an investigation.",
        "Обект на еврейската общност беше повреден и надраскан с надписи. Полицията започна разследване.",
    ),
    (
        Facts(
            offences=("threats",),
            motivations=("anti_lgbti",),
            indicators=(Indicator("pattern", "Every week"),),
            victims=(Victims("group", 30, "mixed", "mixed", "member"),),
            perpetrators=(Perpetrators(None, "", "", "unknown"),),
            location_type="online",
            case_status="refused",
        ),
        (
            "Several LGBTI people were threatened online by unknown perpetrators. The police refused to take the "
            "report. This was one in a series of incidents."
        ),
        (
            "Няколко души от ЛГБТИ общността бяха заплашени в интернет от неизвестни лица. Полицията отказа да приеме "
            "сигнала. Случаят е част от поредица."
        ),
    ),
    (
        Facts(
            offences=("assault",),
            motivations=("disability",),
            victims=(Victims("person", 1, "woman", "older", "member"),),
            perpetrators=(Perpetrators(1, "woman", "", "neighbour"),),
        ),
        "An elderly woman with a disability was physically assaulted by a neighbour.",
        "Възрастна жена с увреждане беше физически нападната от съсед.",
    ),
)


@pytest.mark.parametrize(("record", "english", "bulgarian"), CASES)
def test_the_answers_become_a_sentence_in_each_language(record, english, bulgarian):
    assert (drafted(record, "en"), drafted(record, "bg")) == (english, bulgarian)


def test_who_is_associated_with_a_group_is_not_said_to_belong_to_it():
    record = facts(victims=(Victims("person", 1, "woman", "adult", "association"),))
    assert drafted(record, "en").startswith("A woman was subjected to anti-Roma insults")


def test_without_an_offence_or_a_motivation_or_in_a_language_without_phrases_nothing_is_proposed():
    assert drafted(Facts(narrative="Something."), "en") == ""
    assert not drafts_in("xx")
    assert drafted(COMPLETE, "xx") == ""


def codes(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *codebook()[name].codes])


def some(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(codebook()[name].codes), max_size=3, unique=True).map(tuple)


NUMBER = st.one_of(st.none(), st.integers(1, 2000))
PEOPLE = st.builds(
    Victims,
    kind=st.sampled_from(codebook()["victim_kinds"].codes),
    number=NUMBER,
    gender=codes("genders"),
    age_band=codes("age_bands"),
    link=codes("links_to_group"),
    sub_grounds=some("sub_grounds"),
    harm=codes("harms"),
    earlier=codes("earlier_targeting"),
    injury=st.just("Name and street"),
)
DOERS = st.builds(
    Perpetrators,
    number=NUMBER,
    gender=codes("genders"),
    age_band=codes("age_bands"),
    relation=codes("perpetrator_relations"),
)
RECORDS = st.builds(
    Facts,
    municipality=st.just("Perushtitsa"),
    location_type=codes("location_types"),
    offences=some("offences"),
    motivations=some("bias_motivations"),
    indicators=some("bias_indicators").map(lambda found: tuple(Indicator(code, "Said by Ivan") for code in found)),
    victims=st.lists(PEOPLE, max_size=2).map(tuple),
    perpetrators=st.lists(DOERS, max_size=2).map(tuple),
    case_status=codes("case_statuses"),
)


@given(RECORDS)
def test_whatever_the_answers_are_the_proposal_gives_nobody_away(record):
    for language in LANGUAGES:
        text = drafted(record, language)
        assert flagged(text, language) == ()
        assert not set("{}[]|_") & set(text)
        assert "  " not in text
        assert words_of(text) < 80

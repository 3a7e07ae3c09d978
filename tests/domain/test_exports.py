import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.completeness import problems
from coalition.domain.exports import (
    COLUMNS,
    JOINER,
    BadRow,
    ExportRow,
    digest,
    facts_of,
    known_names_with_commas,
    split_sources,
)
from coalition.domain.incidents import PartialDate
from coalition.domain.vocabulary import Basis, IncidentType
from tests.domain.samples import TODAY

WITH_COMMAS = "Eurasian Coalition on Health, Rights, Gender and Sexual Diversity"


def row(**cells):
    good = {
        "Date": "2019-04",
        "Country": "Bulgaria",
        "Bias motivations": "Anti-Roma hate crime",
        "Type of incident": "Threats",
        "Source": "Roma Centre",
        "Description": "A Roma family was threatened.",
    }
    return ExportRow(2, good | {name.replace("_", " "): text for name, text in cells.items()})


def read(**cells):
    return facts_of(row(**cells), known_names_with_commas())


def test_a_row_becomes_an_incident_from_a_public_source():
    read_back = read()
    assert read_back.date == PartialDate(2019, 4)
    assert read_back.country == "BG"
    assert read_back.type is IncidentType.THREAT
    assert read_back.motivations == ("anti_roma",)
    assert [(source.kind, source.name) for source in read_back.sources] == [("partner_organisation", "Roma Centre")]
    assert read_back.descriptions == {"en": "A Roma family was threatened."}
    assert read_back.basis is Basis.PUBLIC_SOURCE
    assert [str(problem) for problem in problems(read_back, TODAY)] == ["indicators: missing"]


def test_the_columns_are_odihrs_six():
    assert COLUMNS == ("Date", "Country", "Bias motivations", "Type of incident", "Source", "Description")


def test_a_year_alone_is_a_date():
    assert read(Date="2019").date == PartialDate(2019)


def test_a_row_without_a_description_is_a_statistical_one():
    assert read(Description="  ").descriptions == {}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("", ()),
        ("Roma Centre", ("Roma Centre",)),
        ("Consultation Network for the Victims of Racism, humanrights.ch",
         ("Consultation Network for the Victims of Racism", "humanrights.ch")),
        (WITH_COMMAS, (WITH_COMMAS,)),
        (f"A, {WITH_COMMAS}, B", ("A", WITH_COMMAS, "B")),
        (f"{WITH_COMMAS}, {WITH_COMMAS}", (WITH_COMMAS, WITH_COMMAS)),
        (f"{WITH_COMMAS} Foundation",
         ("Eurasian Coalition on Health", "Rights", "Gender and Sexual Diversity Foundation")),
        ("A,B, C", ("A,B", "C")),
    ],
)  # fmt: skip
def test_sources_are_split_but_names_with_commas_stay_whole(cell, names):
    assert split_sources(cell, known_names_with_commas()) == names


names = st.text(min_size=1).filter(lambda text: JOINER not in text and text == text.strip() and text[-1] != ",")


@given(st.lists(st.one_of(names, st.just(WITH_COMMAS)), min_size=1))
def test_joining_the_split_sources_gives_the_same_cell(several):
    cell = JOINER.join(several)
    split = split_sources(cell, [WITH_COMMAS])
    assert JOINER.join(split) == cell
    assert list(split) == several


def test_a_longer_known_name_wins_over_a_shorter_one():
    known = sorted(["A, B", "A, B, C"], key=len, reverse=True)
    assert split_sources("A, B, C, A, B", known) == ("A, B, C", "A, B")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Violent attacks against people, Threats", IncidentType.VIOLENT_ATTACK),
        ("Attacks against property, Threats", IncidentType.THREAT),
        ("Attacks against property, Violent attacks against people", IncidentType.VIOLENT_ATTACK),
        ("Threats/Harassment", IncidentType.THREAT),
        ("attacks against property", IncidentType.PROPERTY_ATTACK),
    ],
)
def test_a_row_with_two_types_takes_the_principal_one(cell, expected):
    assert read(Type_of_incident=cell).type is expected


@pytest.mark.parametrize(
    ("cell", "motivations"),
    [
        ("Racism and xenophobia", ("racist_xenophobic",)),
        ("Bias against Roma and Sinti, Anti-Semitism", ("anti_roma", "anti_semitic")),
        (
            "Disability hate crime, Gender-based hate crime, Anti-LGBTI hate crime",
            ("gender", "anti_lgbti", "disability"),
        ),
        ("People with disabilities, People with disabilities", ("disability",)),
        ("Sexual orientation or gender identity", ("anti_lgbti",)),
    ],
)
def test_motivations_are_a_set_and_older_names_are_known(cell, motivations):
    assert read(Bias_motivations=cell).motivations == motivations


@pytest.mark.parametrize("name", ["United States", "United States of America", "Türkiye", "turkey", "Czechia"])
def test_countries_are_known_by_more_than_one_name(name):
    assert read(Country=name).country in {"US", "TR", "CZ"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Date": ""}, "Date: '' is not YYYY or YYYY-MM"),
        ({"Date": "April 2019"}, "Date: 'April 2019' is not YYYY or YYYY-MM"),
        ({"Date": "2019-13"}, "Date: '2019-13' is not YYYY or YYYY-MM"),
        ({"Date": "2019-00"}, "Date: '2019-00' is not YYYY or YYYY-MM"),
        ({"Date": "0219"}, "Date: the year 219 is before 1990"),
        ({"Country": " "}, "Country: empty"),
        ({"Country": "Atlantis"}, "Country: 'Atlantis' is not an OSCE participating State"),
        ({"Type_of_incident": ""}, "Type of incident: empty"),
        ({"Type_of_incident": "Theft"}, "Type of incident: 'Theft' is unknown"),
        ({"Bias_motivations": " , "}, "Bias motivations: empty"),
        ({"Bias_motivations": "Envy"}, "Bias motivations: 'Envy' is unknown"),
    ],
)
def test_a_bad_row_says_which_column_is_wrong_and_why(cells, reason):
    with pytest.raises(BadRow) as caught:
        read(**cells)
    assert caught.value.reason == reason


def test_a_name_that_became_two_motivations_is_left_to_a_person():
    with pytest.raises(BadRow) as caught:
        read(Bias_motivations="Bias against Christians and members of other religions")
    assert "two motivations" in caught.value.reason
    assert "a person has to decide" in caught.value.reason


def digest_of(**cells):
    return digest(facts_of(row(**cells), ()))


OTHER_CELLS = {
    "Date": "2018",
    "Country": "Greece",
    "Bias_motivations": "Disability hate crime",
    "Type_of_incident": "Attacks against property",
    "Source": "Somebody else",
    "Description": "Something else happened.",
}


def test_the_digest_ignores_spacing_but_no_cell():
    assert digest_of(Source="Roma Centre") == digest_of(Source=" Roma  Centre ")
    changed = {digest_of(**{name: cell}) for name, cell in OTHER_CELLS.items()}
    assert len(changed | {digest_of()}) == len(COLUMNS) + 1


def test_the_digest_keeps_cells_apart():
    assert digest_of(Source="A B", Description="C") != digest_of(Source="A", Description="B C")


def test_the_digest_is_the_same_under_older_and_newer_labels():
    assert digest_of(Type_of_incident="Threats") == digest_of(Type_of_incident="Threats/Harassment")
    assert digest_of(Description="Café") == digest_of(Description="Cafe\u0301")

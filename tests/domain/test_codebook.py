import pytest

from coalition.domain.codebook import HelpSource, codebook, countries, read_data, regions
from coalition.domain.errors import UnknownCode
from coalition.domain.vocabulary import Basis, BiasMotivation, IncidentType, Purpose, RejectionReason


@pytest.mark.parametrize(
    ("list_name", "enumeration"),
    [
        ("bias_motivations", BiasMotivation),
        ("incident_types", IncidentType),
        ("bases", Basis),
        ("consent_purposes", Purpose),
        ("rejection_reasons", RejectionReason),
    ],
)
def test_an_enumeration_names_every_code_of_its_list_in_order(list_name, enumeration):
    assert tuple(member.value for member in enumeration) == codebook()[list_name].codes


def test_the_nine_motivations_have_odihrs_exact_wording_and_order():
    assert [entry.label for entry in codebook()["bias_motivations"]] == [
        "Racist and xenophobic hate crime",
        "Anti-Roma hate crime",
        "Anti-Semitic hate crime",
        "Anti-Muslim hate crime",
        "Anti-Christian hate crime",
        "Other hate crime based on religion or belief",
        "Gender-based hate crime",
        "Anti-LGBTI hate crime",
        "Disability hate crime",
    ]


def test_a_joined_cell_puts_disability_before_gender():
    motivations = codebook()["bias_motivations"]
    by_export_order = sorted(motivations, key=lambda entry: entry.export_order)
    numbers = [motivations.codes.index(entry.code) + 1 for entry in by_export_order]
    assert numbers == [1, 2, 3, 4, 5, 6, 9, 7, 8]


def test_the_three_types_have_odihrs_exact_wording_and_order():
    assert [entry.label for entry in codebook()["incident_types"]] == [
        "Violent attacks against people",
        "Threats",
        "Attacks against property",
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Racism and xenophobia", "racist_xenophobic"),
        ("Bias against Roma and Sinti", "anti_roma"),
        ("Anti-Semitism", "anti_semitic"),
        ("Bias against Muslims", "anti_muslim"),
        ("Sexual orientation or gender identity", "anti_lgbti"),
        ("Sex", "gender"),
        ("People with disabilities", "disability"),
        ("  anti-roma   HATE crime ", "anti_roma"),
    ],
)
def test_motivations_are_found_by_their_names_old_and_new(name, code):
    assert codebook()["bias_motivations"].find(name).code == code


@pytest.mark.parametrize("name", ["Threats", "Threats/Harassment", "Threats / Harassment", "threats"])
def test_threats_are_found_by_every_label_that_odihr_has_used(name):
    assert codebook()["incident_types"].find(name).code == "threat"


def test_an_unknown_name_or_code_says_which_list_was_searched():
    with pytest.raises(UnknownCode) as caught:
        codebook()["incident_types"].find("Discrimination")
    assert (caught.value.list_name, caught.value.text) == ("incident_types", "Discrimination")
    with pytest.raises(UnknownCode):
        codebook()["offences"]["treason"]


def test_no_two_entries_of_a_list_answer_to_the_same_name():
    for entries in [*codebook().lists.values(), countries()]:
        names = [name.casefold() for entry in entries for name in (entry.label, *entry.aliases)]
        assert len(names) == len(set(names)), entries.name


def test_every_offence_rolls_up_to_a_type_or_says_who_decides():
    targets = {*IncidentType, "person_decides", "out_of_scope"}
    assert {entry.rolls_up_to for entry in codebook()["offences"]} == targets


def test_the_version_names_a_year_and_a_number():
    year, number = codebook().version.split(".")
    assert int(year) >= 2026
    assert int(number) >= 1


def test_an_entry_is_offered_from_its_first_to_its_last_data_year():
    entry = codebook()["offences"]["assault"]
    assert entry.offered_in(1990)
    bounded = type(entry)("x", "X", since=2020, until=2022)
    assert [year for year in range(2018, 2025) if bounded.offered_in(year)] == [2020, 2021, 2022]


HELPED = {"bias_motivations", "incident_types", "offences", "bias_indicators", "victim_kinds", "links_to_group"} | {
    "source_kinds", "consent_purposes", "bases",
}  # fmt: skip


def test_the_questions_that_matter_most_are_explained_and_say_whose_words_that_is():
    explained = {entries.name: entries.help for entries in codebook().lists.values() if entries.help}
    assert set(explained) >= HELPED
    assert {name for name, about in explained.items() if about.source is HelpSource.ODIHR} == {
        "bias_motivations", "incident_types", "bias_indicators",
    }  # fmt: skip
    assert all(about.meaning for about in explained.values())


def test_every_motivation_and_every_indicator_has_an_example():
    for name in ("bias_motivations", "incident_types", "bias_indicators"):
        assert all(entry.example for entry in codebook()[name]), name


def test_help_is_on_a_list_that_there_is():
    assert set(read_data("codebook.toml")["help"]) <= set(codebook().lists)


def test_codes_are_put_into_the_lists_order_each_once():
    assert codebook()["incident_types"].sorted(["threat", "violent_attack", "threat"]) == (
        "violent_attack",
        "threat",
    )


def test_there_are_57_participating_states():
    assert len(countries().codes) == 57
    assert countries().find("Turkey").code == "TR"
    assert "JP" not in countries()


def test_every_state_but_the_holy_see_has_regions_with_codes_of_its_own():
    without = [code for code in countries().codes if not regions(code).codes]
    assert without == ["VA"]
    for country in countries().codes:
        assert all(code.startswith(f"{country}-") for code in regions(country).codes)


def test_a_region_has_one_name_and_no_name_is_used_twice_in_a_country():
    for country in countries().codes:
        labels = [entry.label for entry in regions(country)]
        assert all(labels)
        assert len(labels) == len(set(labels)), country


def test_bulgaria_has_28_districts():
    assert len(regions("BG").codes) == 28
    assert regions("BG")["BG-22"].label == "Sofia (capital)"


def test_the_list_of_translated_countries_is_no_country():
    assert regions("translated").codes == ()
    assert set(read_data("regions.toml")["translated"]) <= set(countries().codes)

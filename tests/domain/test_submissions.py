from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part
from coalition.domain.incidents import PartialDate, Source, Victims
from coalition.domain.same_incident import Candidate, credited
from coalition.domain.submissions import (
    compile_submission,
    counted,
    is_descriptive,
    is_eligible,
    joined_motivations,
    overview_header,
    overview_rows,
    profile,
    statistics_rows,
)
from coalition.domain.vocabulary import Basis, Purpose
from tests.domain.samples import COMPLETE, facts, without

ODIHR = profile()


def candidate(member="Open Wheel", **changes):
    return Candidate(facts(**changes), member)


@pytest.mark.parametrize(("year", "descriptive"), [(2020, True), (2021, True), (2022, False), (2024, False)])
def test_attacks_on_property_are_statistics_from_data_year_2022(year, descriptive):
    attack = facts(date=PartialDate(year, 3), offences=("graffiti",))
    assert is_descriptive(attack, ODIHR) is descriptive


@pytest.mark.parametrize("kind", ["violent_attack", "threat"])
@pytest.mark.parametrize("year", [2021, 2022, 2024])
def test_attacks_on_people_are_described_in_every_year(kind, year):
    assert is_descriptive(facts(date=PartialDate(year), chosen_type=kind), ODIHR)


@pytest.mark.parametrize("descriptions", [{}, {"en": ""}, {"en": "  \n"}, {"bg": "Само на български."}])
def test_without_an_english_description_an_incident_is_a_number(descriptions):
    assert not is_descriptive(facts(descriptions=descriptions), ODIHR)


def test_an_incident_is_in_exactly_one_part():
    built = compile_submission([candidate(), candidate(offences=("damage",)), candidate(descriptions={})], 2024, ODIHR)
    assert built.counts == {"incidents": 3, "descriptive": 1, "statistical": 2}


@pytest.mark.parametrize(
    ("of", "eligible"),
    [
        (COMPLETE, True),
        (facts(date=PartialDate(2024)), True),
        (facts(date=PartialDate(2023, 12)), False),
        (facts(date=None), False),
        (facts(offences=("hate_speech",)), False),
        (facts(motivations=()), False),
        (without(Purpose.ODIHR), False),
        (without(Purpose.SHARE_COALITION), False),
        (without(Purpose.STATISTICS, Purpose.PUBLISH), True),
        (facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset()), True),
        (facts(basis=""), False),
    ],
)
def test_what_belongs_to_the_submission_of_a_year(of, eligible):
    assert is_eligible(of, 2024, ODIHR) is eligible


def test_it_is_known_which_incident_is_which_record():
    told = [
        Candidate(facts(date=PartialDate(2024, 8)), "Open Wheel", "later"),
        Candidate(facts(offences=("damage",)), "Open Wheel", "number"),
        Candidate(COMPLETE, "Open Wheel", "earlier"),
        Candidate(without(Purpose.ODIHR), "Open Wheel", "refused"),
    ]
    built = compile_submission(told, 2024, ODIHR)
    assert built.included == (
        Included("earlier", Part.DESCRIPTIVE, 1),
        Included("later", Part.DESCRIPTIVE, 2),
        Included("number", Part.STATISTICAL),
    )
    assert [row.date for row in built.rows] == ["2024-05", "2024-08"]


def test_a_row_shows_the_month_and_never_the_day():
    built = compile_submission([candidate()], 2024, ODIHR)
    assert built.rows[0].visible == (
        "2024-05",
        "Bulgaria",
        "Anti-Roma hate crime",
        "Violent attacks against people",
        "Open Wheel, Near Shore",
        "A teenage Roma boy was beaten.",
    )
    assert built.rows[0].facts.narrative == ""
    assert built.rows[0].facts.municipality == ""


def test_motivations_are_joined_in_the_exports_order():
    assert joined_motivations(codebook()["bias_motivations"].codes, ", ").split(", ") == [
        "Racist and xenophobic hate crime",
        "Anti-Roma hate crime",
        "Anti-Semitic hate crime",
        "Anti-Muslim hate crime",
        "Anti-Christian hate crime",
        "Other hate crime based on religion or belief",
        "Disability hate crime",
        "Gender-based hate crime",
        "Anti-LGBTI hate crime",
    ]
    assert joined_motivations(["gender", "gender"], ", ") == "Gender-based hate crime"


def test_every_member_is_credited_once():
    partners = (Source("partner_organisation", "Near Shore"), Source("partner_organisation", "Open Wheel"))
    assert credited(facts(sources=partners), "Open Wheel") == ("Open Wheel", "Near Shore")
    assert credited(facts(sources=()), "Open Wheel") == ("Open Wheel",)


def test_a_public_record_credits_whoever_published_it():
    partners = (Source("partner_organisation", "Near Shore"),)
    assert credited(facts(basis=Basis.PUBLIC_SOURCE, sources=partners), "Open Wheel") == ("Near Shore",)
    media = (Source("media", "Новинарски сайт"),)
    assert credited(facts(basis=Basis.PUBLIC_SOURCE, sources=media), "Open Wheel") == ("Open Wheel",)


def test_nothing_is_credited_for_what_is_not_in_the_submission():
    built = compile_submission([candidate(), Candidate(without(Purpose.ODIHR), "Low Threshold")], 2024, ODIHR)
    assert built.members == ("Near Shore", "Open Wheel")


def test_an_incident_with_two_motivations_is_in_two_rows_of_the_statistics_and_once_in_the_total():
    both = candidate(offences=("damage",), motivations=("anti_muslim", "racist_xenophobic"))
    built = compile_submission([both], 2024, ODIHR)
    assert statistics_rows(built) == [
        ("Bulgaria", "Racist and xenophobic hate crime", "Attacks against property", 1),
        ("Bulgaria", "Anti-Muslim hate crime", "Attacks against property", 1),
    ]
    assert overview_rows(built) == [
        ("Bulgaria", "Racist and xenophobic hate crime", 0, 0, 1, 1),
        ("Bulgaria", "Anti-Muslim hate crime", 0, 0, 1, 1),
        ("Bulgaria", "All incidents", 0, 0, 1, 1),
    ]


def test_the_overview_holds_both_parts_and_the_statistics_only_theirs():
    built = compile_submission([candidate(), candidate(offences=("damage",), country="RO")], 2024, ODIHR)
    assert [row[0] for row in statistics_rows(built)] == ["Romania"]
    assert [row[:2] for row in overview_rows(built) if row[1] == "All incidents"] == [
        ("Bulgaria", "All incidents"),
        ("Romania", "All incidents"),
    ]
    assert overview_header() == (
        "Country",
        "Bias motivation",
        "Violent attacks against people",
        "Threats",
        "Attacks against property",
        "Incidents",
    )


def test_what_has_no_date_or_no_type_cannot_be_counted():
    for broken in (facts(date=None), facts(offences=("hate_speech",))):
        with pytest.raises(ValueError, match="counted"):
            counted(broken)


def test_identical_incidents_are_all_kept():
    built = compile_submission([candidate(), candidate()], 2024, ODIHR)
    assert built.counts["descriptive"] == 2


candidates = st.lists(
    st.builds(
        candidate,
        member=st.sampled_from(["Open Wheel", "Near Shore"]),
        date=st.sampled_from([PartialDate(2024), PartialDate(2024, 5), PartialDate(2024, 5, 3)]),
        country=st.sampled_from(["BG", "RO"]),
        offences=st.sampled_from([("assault",), ("threats",), ("damage",)]),
        motivations=st.sampled_from([("anti_roma",), ("gender", "anti_lgbti"), ("disability",)]),
        victims=st.sampled_from([(), (Victims("person", 1),), (Victims("person", None, "woman"),)]),
        descriptions=st.sampled_from([{}, {"en": "X was beaten.", "bg": "Б"}, {"bg": "Б", "en": "X was beaten."}]),
    ),
    max_size=6,
)


@given(candidates.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_submission_does_not_depend_on_the_order_of_what_comes_in(pair):
    some, shuffled = pair
    assert compile_submission(some, 2024, ODIHR) == compile_submission(shuffled, 2024, ODIHR)


@given(candidates)
def test_the_two_parts_make_the_whole(some):
    counts = compile_submission(some, 2024, ODIHR).counts
    assert counts["incidents"] == counts["descriptive"] + counts["statistical"] == len(some)


def test_incidents_that_look_the_same_are_ordered_by_what_is_not_visible():
    one, two = candidate(case_status="closed"), candidate(case_status="sentenced")
    assert compile_submission([one, two], 2024, ODIHR).rows == compile_submission([two, one], 2024, ODIHR).rows


def test_another_profile_may_ask_for_another_consent():
    strict = replace(ODIHR, purpose=Purpose.PUBLISH)
    assert not is_eligible(without(Purpose.PUBLISH), 2024, strict)


def test_the_profile_is_the_one_that_odihr_published_for():
    assert ODIHR.export_columns == (
        "Date",
        "Country",
        "Bias motivations",
        "Type of incident",
        "Source",
        "Description",
    )
    assert ODIHR.property_as_statistics_from == 2022
    assert (ODIHR.deadline_month, ODIHR.deadline_day) == (4, 30)

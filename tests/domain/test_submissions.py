"""What is selected for a data year, which part it goes to, and what it is counted by."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.consents import Part
from coalition.domain.incidents import PartialDate, Source
from coalition.domain.profile_checks import DatePrecision
from coalition.domain.profiles import profile, profile_for
from coalition.domain.same_incident import Candidate, credited
from coalition.domain.statistics import TallyByCountry
from coalition.domain.submissions import (
    counted,
    is_descriptive,
    is_eligible,
    outgoing,
    overview_header,
    overview_rows,
    statistics_rows,
)
from coalition.domain.vocabulary import Basis, Purpose
from tests.domain.samples import COMPLETE, facts, without

YEAR = 2024
# The wording of types is that of the export of 2022; which year begins the newer one is not known.
ODIHR = profile("odihr-2022")


def candidate(member="Open Wheel", incident="", **changes):
    return Candidate(facts(**changes), member, incident)


def leaving(*some, taken=ODIHR):
    return list(outgoing(some, YEAR, taken))


def tables(some, part=None):
    tally = TallyByCountry()
    for out in some:
        if part in {None, out.part}:
            tally.add(counted(out.facts))
    return tally.tables


@pytest.mark.parametrize(("year", "descriptive"), [(2020, True), (2021, True), (2022, False), (2024, False)])
def test_attacks_on_property_are_statistics_from_data_year_2022(year, descriptive):
    attack = facts(date=PartialDate(year, 3), offences=("graffiti",))
    assert is_descriptive(attack, profile_for(year)) is descriptive


@pytest.mark.parametrize("kind", ["violent_attack", "threat"])
@pytest.mark.parametrize("year", [2021, 2022, 2024])
def test_attacks_on_people_are_described_in_every_year(kind, year):
    assert is_descriptive(facts(date=PartialDate(year), chosen_type=kind), profile_for(year))


@pytest.mark.parametrize("descriptions", [{}, {"en": ""}, {"en": "  \n"}, {"bg": "Само на български."}])
def test_without_an_english_description_an_incident_is_a_number(descriptions):
    assert not is_descriptive(facts(descriptions=descriptions), ODIHR)


def test_an_incident_is_in_exactly_one_part():
    some = leaving(candidate(), candidate(offences=("damage",)), candidate(descriptions={}))
    assert [out.part for out in some] == [Part.DESCRIPTIVE, Part.STATISTICAL, Part.STATISTICAL]


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


def test_it_is_known_which_incident_is_where_and_nothing_that_may_not_leave_does():
    some = leaving(
        candidate(incident="number", offences=("damage",)),
        candidate(incident="row"),
        Candidate(without(Purpose.ODIHR), "Open Wheel", "refused"),
    )
    assert [(out.incident, out.part) for out in some] == [("number", Part.STATISTICAL), ("row", Part.DESCRIPTIVE)]


def test_what_leaves_is_anonymised_and_says_the_month_and_never_the_day():
    (out,) = leaving(candidate())
    assert out.facts.date == PartialDate(2024, 5)
    assert (out.facts.narrative, out.facts.municipality, out.facts.region, out.facts.contact_name) == ("", "", "", "")


def test_a_profile_may_tell_the_year_only_and_the_numbers_do_not_change():
    by_year = replace(ODIHR, date=DatePrecision.YEAR)
    (out,) = leaving(candidate(), taken=by_year)
    assert out.facts.date == PartialDate(2024)


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
    some = leaving(candidate(), Candidate(without(Purpose.ODIHR), "Low Threshold"))
    assert [out.credited for out in some] == [("Open Wheel", "Near Shore")]


def test_an_incident_with_two_motivations_is_in_two_rows_of_the_statistics_and_once_in_the_total():
    both = leaving(candidate(offences=("damage",), motivations=("anti_muslim", "racist_xenophobic")))
    assert statistics_rows(ODIHR, tables(both, Part.STATISTICAL)) == [
        ("Bulgaria", "Racist and xenophobic hate crime", "Attacks against property", 1),
        ("Bulgaria", "Anti-Muslim hate crime", "Attacks against property", 1),
    ]
    assert overview_rows(ODIHR, tables(both)) == [
        ("Bulgaria", "Racist and xenophobic hate crime", 0, 0, 1, 1),
        ("Bulgaria", "Anti-Muslim hate crime", 0, 0, 1, 1),
        ("Bulgaria", "All incidents", 0, 0, 1, 1),
    ]


def test_the_overview_holds_both_parts_and_the_statistics_only_theirs():
    some = leaving(candidate(), candidate(offences=("damage",), country="RO"))
    assert [row[0] for row in statistics_rows(ODIHR, tables(some, Part.STATISTICAL))] == ["Romania"]
    assert [row[:2] for row in overview_rows(ODIHR, tables(some)) if row[1] == "All incidents"] == [
        ("Bulgaria", "All incidents"),
        ("Romania", "All incidents"),
    ]
    assert overview_header(ODIHR) == (
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
    assert len(leaving(candidate(), candidate())) == 2


candidates = st.lists(
    st.builds(
        candidate,
        date=st.sampled_from([PartialDate(2024), PartialDate(2024, 5), PartialDate(2024, 5, 3)]),
        offences=st.sampled_from([("assault",), ("threats",), ("damage",)]),
        motivations=st.sampled_from([("anti_roma",), ("gender", "anti_lgbti"), ("disability",)]),
        descriptions=st.sampled_from([{}, {"en": "X was beaten.", "bg": "Б"}, {"bg": "Б"}]),
    ),
    max_size=6,
)


@given(candidates)
def test_the_two_parts_make_the_whole(some):
    left = leaving(*some)
    parts = [sum(table.incidents for table in tables(left, part).values()) for part in (*Part, None)]
    assert parts[-1] == sum(parts[:-1]) == len(some)


def test_what_is_published_needs_the_consent_to_publish_and_not_the_one_to_odihr():
    national = replace(ODIHR, purpose=Purpose.PUBLISH)
    assert not is_eligible(without(Purpose.PUBLISH), YEAR, national)
    assert not is_eligible(without(Purpose.STATISTICS), YEAR, national), "whatever is told of in public is counted"
    assert is_eligible(without(Purpose.ODIHR), YEAR, national)
    other = Candidate(without(Purpose.PUBLISH), "Open Wheel", "a", (Candidate(without(Purpose.ODIHR), "Shore", "b"),))
    assert [out.incident for out in leaving(other, taken=national)] == ["b"], "the linked one may be told of"
    assert [out.incident for out in leaving(other)] == ["a"]


def test_what_is_published_tells_no_more_than_what_is_public():
    (to_odihr,) = leaving(candidate())
    (published,) = leaving(candidate(), taken=replace(ODIHR, purpose=Purpose.PUBLISH))
    assert to_odihr.facts.victims
    assert to_odihr.facts.location_type
    told = published.facts
    assert [told.victims, told.indicators, told.location_type, told.case_status, told.offences] == [(), (), "", "", ()]
    assert told.descriptions == to_odihr.facts.descriptions

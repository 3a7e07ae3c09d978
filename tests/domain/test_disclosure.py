from dataclasses import fields

import pytest

from coalition.domain.disclosure import FIELD_CLASSES, VISIBLE, Audience, FieldClass, disclose, hidden_fields
from coalition.domain.incidents import Facts, PartialDate
from tests.domain.samples import COMPLETE, facts

NAMES = {field.name for field in fields(Facts)}
OUTSIDE = [Audience.ODIHR, Audience.PUBLIC]

# What each audience does not see.
HIDDEN = {
    Audience.OWNER: set(),
    Audience.COALITION: {"time", "own_reference", "consent_date"},
    Audience.ODIHR: {
        "time", "own_reference", "consent_date", "region", "municipality",
        "narrative", "authorities_response", "impact",
    },
    Audience.PUBLIC: NAMES - {"date", "country", "chosen_type", "motivations", "descriptions"},
}  # fmt: skip


def test_every_field_of_the_facts_has_a_class_and_no_class_is_left_over():
    assert set(FIELD_CLASSES) == NAMES


def test_every_audience_is_decided():
    assert set(VISIBLE) == set(Audience)
    assert VISIBLE[Audience.OWNER] == set(FieldClass)


@pytest.mark.parametrize("audience", Audience)
def test_the_hidden_fields_are_those_of_the_table(audience):
    assert hidden_fields(audience) == HIDDEN[audience]


@pytest.mark.parametrize("audience", Audience)
def test_a_hidden_field_is_empty_and_a_visible_one_is_not_lost(audience):
    seen = disclose(COMPLETE, audience)
    for name in NAMES:
        if name in HIDDEN[audience]:
            assert getattr(seen, name) == getattr(Facts(), name), name
        else:
            assert bool(getattr(seen, name)) == bool(getattr(COMPLETE, name)) or name == "chosen_type", name


def test_the_owner_sees_everything_unchanged():
    assert disclose(COMPLETE, Audience.OWNER) == COMPLETE


def test_the_coordinator_sees_the_day_and_the_narrative():
    seen = disclose(COMPLETE, Audience.COALITION)
    assert seen.date == PartialDate(2024, 5, 17)
    assert seen.narrative == COMPLETE.narrative


def test_a_source_that_is_a_person_is_not_named_to_the_coordinator():
    assert [source.name for source in disclose(COMPLETE, Audience.COALITION).sources] == ["", "Near Shore"]
    assert [source.reference for source in disclose(COMPLETE, Audience.COALITION).sources] == ["", ""]
    assert disclose(COMPLETE, Audience.OWNER).sources == COMPLETE.sources


@pytest.mark.parametrize("audience", OUTSIDE)
def test_outside_the_date_is_cut_to_the_month(audience):
    assert disclose(COMPLETE, audience).date == PartialDate(2024, 5)
    assert disclose(facts(date=PartialDate(2024)), audience).date == PartialDate(2024)
    assert disclose(facts(date=None), audience).date is None


@pytest.mark.parametrize("audience", OUTSIDE)
def test_outside_nothing_is_left_of_any_internal_text(audience):
    seen = repr(disclose(COMPLETE, audience))
    internal = [
        COMPLETE.narrative, COMPLETE.municipality, COMPLETE.region, COMPLETE.time, COMPLETE.own_reference,
        COMPLETE.authorities_response, COMPLETE.impact,
        COMPLETE.indicators[0].note, COMPLETE.victims[0].injury,
        COMPLETE.sources[0].reference, COMPLETE.sources[0].name, "day=17",
    ]  # fmt: skip
    assert [text for text in internal if text in seen] == []


@pytest.mark.parametrize("audience", OUTSIDE)
def test_outside_the_type_is_stated_even_where_the_offences_are_not(audience):
    assert disclose(COMPLETE, audience).chosen_type == "violent_attack"


def test_odihr_is_told_which_organisations_stand_behind_an_incident_but_no_persons_name():
    sources = disclose(COMPLETE, Audience.ODIHR).sources
    assert [(source.kind, source.name) for source in sources] == [
        ("victim_interview", ""),
        ("partner_organisation", "Near Shore"),
    ]


@pytest.mark.parametrize("audience", Audience)
def test_disclosing_twice_discloses_nothing_more(audience):
    once = disclose(COMPLETE, audience)
    assert disclose(once, audience) == once

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from coalition.domain.codebook import codebook, countries
from coalition.domain.incidents import Facts, Indicator, differs_from_proposed_type, only_out_of_scope, proposed_type
from coalition.domain.scope import Scope, differs_from_proposed_scope, proposed_scope, scope_of
from tests.domain.samples import COMPLETE, facts

OFFENCES = some.lists(some.sampled_from(codebook()["offences"].codes), unique=True).map(tuple)
TYPES = some.sampled_from(["", *codebook()["incident_types"].codes])
SCOPES = some.sampled_from(["", *Scope])
ANY = some.builds(
    Facts,
    country=some.sampled_from(["", "BG", "FR", "JP"]),
    offences=OFFENCES,
    chosen_type=TYPES,
    chosen_scope=SCOPES.map(str),
    motivations=some.sampled_from([(), ("gender",)]),
    indicators=some.sampled_from([(), (Indicator("pattern", "Again."),)]),
)


def test_the_scopes_are_those_of_the_code_book() -> None:
    assert tuple(Scope) == codebook()["scopes"].codes


@given(ANY)
def test_what_happened_elsewhere_is_outside_whatever_else_is_said(told: Facts) -> None:
    assert "JP" not in countries()
    assert proposed_scope(replace(told, country="JP")) == Scope.NOT_PARTICIPATING_STATE


@given(ANY)
def test_speech_alone_is_outside_and_never_with_an_offence_that_counts(told: Facts) -> None:
    inside = replace(told, country="BG", chosen_type="")
    spoken = proposed_scope(inside) == Scope.SPEECH_OR_DISCRIMINATION
    assert spoken is only_out_of_scope(inside.offences)
    if proposed_type(inside.offences) is not None:
        assert not spoken


@given(ANY)
def test_the_rules_never_say_that_it_is_no_crime_or_not_about_bias(told: Facts) -> None:
    assert proposed_scope(told) not in {Scope.NOT_CRIMINAL, Scope.NO_BIAS}


@given(ANY)
def test_a_persons_word_holds_and_the_proposal_does_not_depend_on_it(told: Facts) -> None:
    assert scope_of(told) == (told.chosen_scope or proposed_scope(told))
    assert proposed_scope(told) == proposed_scope(replace(told, chosen_scope="", scope_reason=""))
    if differs_from_proposed_scope(told):
        assert told.chosen_scope not in {"", proposed_scope(told)}


@given(ANY)
def test_inside_is_only_said_of_what_has_place_type_motivation_and_indicator(told: Facts) -> None:
    if proposed_scope(told) == Scope.INSIDE:
        assert told.country in countries()
        assert told.type
        assert told.motivations
        assert told.indicators


@given(OFFENCES, TYPES)
def test_another_type_is_one_that_does_not_follow_from_the_offences(offences: tuple[str, ...], chosen: str) -> None:
    told = Facts(offences=offences, chosen_type=chosen)
    assert told.type == (chosen or proposed_type(offences))
    differs = bool(chosen) and proposed_type(offences) not in {None, chosen}
    assert differs_from_proposed_type(told) is differs


@pytest.mark.parametrize(
    ("told", "scope"),
    [
        (COMPLETE, Scope.INSIDE),
        (Facts(), ""),
        (facts(indicators=()), ""),
        (facts(offences=("discrimination", "hate_speech")), Scope.SPEECH_OR_DISCRIMINATION),
        (facts(offences=("discrimination", "hate_speech"), chosen_type="threat"), Scope.INSIDE),
        (facts(offences=("disturbance",)), ""),
    ],
)
def test_what_the_rules_propose(told: Facts, scope: str) -> None:
    assert proposed_scope(told) == scope

from datetime import date

import pytest

from coalition.domain.codebook import codebook
from coalition.domain.completeness import missing_for_odihr, needs_guardian, problems
from coalition.domain.incidents import Facts, Problem, Victims
from coalition.domain.vocabulary import Basis, Purpose
from tests.domain.samples import TODAY, facts, without


def child(band: str, **changes: object) -> Facts:
    return facts(victims=(Victims("person", 1), Victims("person", 1, age_band=band)), **changes)


@pytest.mark.parametrize("age", [12, 14, 16, 18])
@pytest.mark.parametrize("band", codebook()["age_bands"].codes)
def test_a_guardian_is_needed_for_whoever_is_certainly_below_the_age(band: str, age: int) -> None:
    below = {"child": 14, "teenager": 18, "young_adult": 30, "adult": 65}.get(band)
    assert needs_guardian(child(band), age) is (below is not None and below <= age)


@pytest.mark.parametrize(("by", "way"), [("guardian", "written"), ("person", "guardian"), ("", "guardian")])
def test_a_guardian_consents_for_a_child(by: str, way: str) -> None:
    told = child("child", consent_by=by, consent_way=way)
    assert problems(told, TODAY) == ()


def test_nobody_else_consents_for_a_child() -> None:
    told = child("child", consent_by="person", consent_way="written")
    assert problems(told, TODAY) == (Problem("consent_by", "guardian_needed"),)
    assert problems(told, TODAY, age_of_consent=13) == ()
    assert problems(child("child", basis=Basis.PUBLIC_SOURCE, consents=frozenset()), TODAY) == ()


def test_what_odihr_needs_more_is_the_consent_and_an_english_description() -> None:
    assert missing_for_odihr(facts()) == ()
    assert missing_for_odihr(without(Purpose.ODIHR)) == (Problem("consents", "odihr_missing"),)
    assert missing_for_odihr(facts(descriptions={"bg": "Текст."})) == (Problem("descriptions", "english_missing"),)


def test_attacks_on_property_are_statistics_and_need_no_description() -> None:
    assert missing_for_odihr(facts(offences=("graffiti",), descriptions={})) == ()


def test_nothing_asks_for_a_contact_a_weapon_or_a_need() -> None:
    bare = facts(
        **dict.fromkeys(("contact_name", "contact_phone", "contact_email", "contact_safely", "weapon"), ""),
        needs=(),
        proceedings=(),
        consent_date=date(2024, 5, 20),
    )
    assert problems(bare, TODAY) == ()

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.completeness import problems
from coalition.domain.incidents import (
    Facts,
    Indicator,
    PartialDate,
    only_out_of_scope,
    principal_type,
    proposed_type,
)
from coalition.domain.vocabulary import Basis, IncidentType, Purpose
from tests.domain.samples import COMPLETE, TODAY, facts, without

days = st.dates(min_value=date(1000, 1, 1))
precisions = st.sampled_from(["day", "month", "year"])


def at(day: date, precision: str) -> PartialDate:
    parts = (day.year, day.month, day.day)
    return PartialDate(*parts[: {"year": 1, "month": 2, "day": 3}[precision]])


@given(days, precisions)
def test_a_partial_date_is_read_back_as_it_was_written(day, precision):
    written = at(day, precision)
    assert PartialDate.parse(str(written)) == written
    assert written.precision == precision
    assert written.earliest() <= day


@given(days, precisions)
def test_what_leaves_the_coalition_never_has_a_day(day, precision):
    assert at(day, precision).to_month in {f"{day.year:04}", f"{day.year:04}-{day.month:02}"}


@pytest.mark.parametrize(
    "text",
    [
        "", "24", "2024-5", "2024-05-1", "05.2024", "2024/05", " 2024", "2024-13", "2024-02-30", "2024-00",
        "2024-05-00", "0000", "２０２４",
    ],
)  # fmt: skip
def test_what_no_calendar_holds_is_refused(text):
    with pytest.raises(ValueError, match=r"YYYY|month|day|year"):
        PartialDate.parse(text)


def test_a_day_without_a_month_is_refused():
    with pytest.raises(ValueError, match="month"):
        PartialDate(2024, None, 5)


types = st.lists(st.sampled_from(IncidentType))


@given(types)
def test_violence_beats_threats_and_threats_beat_property(several):
    principal = principal_type(several)
    if IncidentType.VIOLENT_ATTACK in several:
        assert principal is IncidentType.VIOLENT_ATTACK
    elif IncidentType.THREAT in several:
        assert principal is IncidentType.THREAT
    else:
        assert principal is (IncidentType.PROPERTY_ATTACK if several else None)


@given(types.flatmap(lambda several: st.tuples(st.just(several), st.permutations(several))))
def test_the_principal_type_depends_on_no_order_and_no_repetition(pair):
    several, shuffled = pair
    assert principal_type(several) == principal_type([*shuffled, *shuffled])


@given(st.lists(st.sampled_from(codebook()["offences"].codes)))
def test_the_proposed_type_is_the_principal_one_of_what_the_offences_roll_up_to(offences):
    rolled = [codebook()["offences"][code].rolls_up_to for code in offences]
    assert proposed_type(offences) == principal_type(code for code in rolled if code in set(IncidentType))


@pytest.mark.parametrize(
    ("offences", "expected"),
    [
        (("damage", "threats"), IncidentType.THREAT),
        (("arson", "serious_assault"), IncidentType.VIOLENT_ATTACK),
        (("desecration",), IncidentType.PROPERTY_ATTACK),
        (("disturbance",), None),
        (("hate_speech",), None),
        (("hate_speech", "graffiti"), IncidentType.PROPERTY_ATTACK),
        ((), None),
    ],
)
def test_offences_roll_up_to_one_type(offences, expected):
    assert proposed_type(offences) is expected


def test_a_persons_choice_beats_what_the_offences_roll_up_to():
    assert facts(chosen_type="threat", offences=("damage",)).type is IncidentType.THREAT


def test_speech_and_discrimination_alone_are_out_of_scope():
    assert only_out_of_scope(("hate_speech", "discrimination"))
    assert not only_out_of_scope(("hate_speech", "threats"))
    assert not only_out_of_scope(())


def test_complete_facts_have_no_problems():
    assert problems(COMPLETE, TODAY) == ()


def test_nothing_but_what_is_needed_is_required():
    little = Facts(
        date=PartialDate(2024),
        country="BG",
        offences=("unspecified",),
        chosen_type="threat",
        motivations=("gender",),
        indicators=(Indicator("perception", "Според разказа."),),
        sources=COMPLETE.sources,
        narrative="Кратък разказ.",
        basis=Basis.PUBLIC_SOURCE,
    )
    assert problems(little, TODAY) == ()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"date": None}, ["date: missing"]),
        ({"date": PartialDate(2025, 3, 2)}, ["date: in_future"]),
        ({"date": PartialDate(2026)}, ["date: in_future"]),
        ({"country": ""}, ["country: missing"]),
        ({"offences": ()}, ["offences: missing"]),
        ({"offences": ("disturbance",)}, ["chosen_type: person_decides"]),
        ({"motivations": ()}, ["motivations: missing"]),
        ({"indicators": ()}, ["indicators: missing"]),
        ({"indicators": (Indicator("perception"),)}, ["indicators: note_missing"]),
        ({"sources": ()}, ["sources: missing"]),
        ({"narrative": "", "descriptions": {"en": ""}}, ["narrative: missing"]),
        ({"basis": ""}, ["basis: missing"]),
        ({"consents": frozenset({"record"})}, ["consents: share_missing"]),
        ({"consent_way": ""}, ["consent_way: undocumented"]),
        ({"consent_date": None}, ["consent_way: undocumented"]),
        ({"consent_date": TODAY + timedelta(days=1)}, ["consent_date: in_future"]),
    ],
)
def test_each_missing_answer_is_named_with_its_field(changes, found):
    assert [str(problem) for problem in problems(facts(**changes), TODAY)] == found


@pytest.mark.parametrize(
    "changes",
    [
        {"date": PartialDate(2025)},
        {"date": PartialDate(2025, 3)},
        {"offences": ("hate_speech",)},
        {"offences": (), "chosen_type": "threat"},
        {"narrative": ""},
        {"descriptions": {}},
        {"basis": Basis.PUBLIC_SOURCE, "consents": frozenset(), "consent_way": "", "consent_date": None},
    ],
)
def test_what_may_stay_open_is_not_asked_for(changes):
    assert problems(facts(**changes), TODAY) == ()


def test_an_empty_record_names_its_problems_in_the_forms_order():
    assert [problem.field for problem in problems(Facts(), TODAY)] == [
        "date", "country", "offences", "motivations", "indicators", "sources", "narrative", "basis",
    ]  # fmt: skip


@pytest.mark.parametrize("purpose", Purpose)
def test_each_consent_stands_for_itself(purpose):
    assert COMPLETE.allows(purpose)
    assert not without(purpose).allows(purpose)
    assert all(without(purpose).allows(other) for other in Purpose if other is not purpose)


def test_a_public_source_needs_no_consent_but_allows_no_act_towards_a_person():
    public = facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset())
    refused = {purpose for purpose in Purpose if not public.allows(purpose)}
    assert refused == {Purpose.REFER, Purpose.POLICE, Purpose.CONTACT}


def test_without_a_basis_nothing_is_allowed_whatever_was_ticked():
    assert not any(facts(basis="").allows(purpose) for purpose in Purpose)

"""The levels of verification, and what the software proposes of a source."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.codebook import codebook
from coalition.domain.criterion import Finding
from coalition.domain.incidents import Source
from coalition.domain.verification import (
    CHECKS,
    PUBLISHED,
    SourceCheck,
    VerificationLevel,
    level,
    proposed_checks,
)

YES, NO, UNCLEAR, NOT_LOOKED_AT = Finding.YES.value, Finding.NO.value, Finding.UNCLEAR.value, ""
ANSWERS = st.sampled_from([YES, NO, UNCLEAR, NOT_LOOKED_AT])
CHECK = st.builds(SourceCheck, kind=st.just("media"), fact=ANSWERS, live=ANSWERS, published=ANSWERS)
SOURCES = st.lists(CHECK, max_size=5)
ORDER = list(VerificationLevel)

TELLS = SourceCheck("victim_interview", fact=YES)
IN_PUBLIC = SourceCheck("media", fact=YES, live=YES, published=YES)


@pytest.mark.parametrize(
    ("checks", "independent", "expected"),
    [
        ([], YES, VerificationLevel.UNVERIFIED),
        ([SourceCheck("media", fact=NO, live=YES, published=YES)], YES, VerificationLevel.UNVERIFIED),
        ([SourceCheck("media", fact=UNCLEAR)], YES, VerificationLevel.UNVERIFIED),
        ([TELLS], YES, VerificationLevel.ONE_SOURCE),
        ([IN_PUBLIC], YES, VerificationLevel.ONE_SOURCE),
        ([TELLS, TELLS], NOT_LOOKED_AT, VerificationLevel.ONE_SOURCE),
        ([TELLS, IN_PUBLIC], NO, VerificationLevel.ONE_SOURCE),
        ([TELLS, IN_PUBLIC], UNCLEAR, VerificationLevel.ONE_SOURCE),
        ([TELLS, TELLS], YES, VerificationLevel.CORROBORATED),
        ([TELLS, replace(IN_PUBLIC, live=NO)], YES, VerificationLevel.CORROBORATED),
        ([TELLS, replace(IN_PUBLIC, published=UNCLEAR)], YES, VerificationLevel.CORROBORATED),
        ([TELLS, TELLS, replace(IN_PUBLIC, fact=NO)], YES, VerificationLevel.CORROBORATED),
        ([TELLS, IN_PUBLIC], YES, VerificationLevel.DOCUMENTED),
    ],
)
def test_the_level_follows_from_the_checks(checks, independent, expected):
    assert level(checks, independent) is expected


@given(SOURCES, ANSWERS, st.randoms())
def test_the_order_of_the_sources_says_nothing(checks, independent, rng):
    mixed = list(checks)
    rng.shuffle(mixed)
    assert level(mixed, independent) is level(checks, independent)


@given(SOURCES, ANSWERS, st.data())
def test_a_check_that_turns_out_well_never_lowers_the_level(checks, independent, data):
    before = ORDER.index(level(checks, independent))
    assert ORDER.index(level(checks, YES)) >= before
    assert ORDER.index(level([*checks, data.draw(CHECK)], independent)) >= before
    if checks:
        at, name = data.draw(st.integers(0, len(checks) - 1)), data.draw(st.sampled_from(CHECKS))
        better = [replace(check, **{name: YES}) if at == number else check for number, check in enumerate(checks)]
        assert ORDER.index(level(better, independent)) >= before


@given(SOURCES, ANSWERS)
def test_what_no_source_tells_is_never_verified_and_one_voice_is_never_two(checks, independent):
    found = level(checks, independent)
    telling = sum(check.fact == YES for check in checks)
    assert (found is VerificationLevel.UNVERIFIED) == (telling == 0)
    if telling < 2 or independent != YES:
        assert ORDER.index(found) <= ORDER.index(VerificationLevel.ONE_SOURCE)


def test_what_was_not_looked_at_counts_for_nothing():
    assert not SourceCheck("media").looked_at
    assert SourceCheck("media", live=NO).looked_at
    assert level([SourceCheck("media"), SourceCheck("witness")], NOT_LOOKED_AT) is VerificationLevel.UNVERIFIED


@pytest.mark.parametrize(
    ("source", "published"),
    [
        (Source("media", "24 часа"), YES),
        (Source("social_media", url="https://example.org/1"), UNCLEAR),
        (Source("victim_interview", url="https://example.org/1"), NO),
        (Source("official_document"), NOT_LOOKED_AT),
        (Source("official_document", url="https://example.org/1"), UNCLEAR),
        (Source("partner_organisation"), NOT_LOOKED_AT),
    ],
)
def test_the_software_says_only_whether_a_source_is_published_and_leaves_the_rest_to_a_person(source, published):
    assert proposed_checks([source]) == (SourceCheck(source.kind, published=published),)


def test_every_kind_of_source_that_says_something_exists():
    assert set(PUBLISHED) <= set(codebook()["source_kinds"].codes)

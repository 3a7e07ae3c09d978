"""What a record lacks for the submission, and what stands in a year's way."""

from dataclasses import replace

import pytest

from coalition.domain.incidents import Facts, Indicator
from coalition.domain.profiles import profile_for
from coalition.domain.readiness import (
    ASKED_BEFORE_A_DECISION,
    OF_CONSENT,
    OF_FACTS,
    TEST_OF,
    Lack,
    Obstacle,
    Tally,
    lacking,
    obstacles,
    total,
)
from coalition.domain.submissions import is_eligible
from coalition.domain.vocabulary import Basis, Purpose, State
from tests.domain.samples import COMPLETE, facts, without

RULE = profile_for(2024)


def test_a_complete_record_lacks_nothing():
    assert lacking(COMPLETE, State.SUBMITTED, RULE) == frozenset()


@pytest.mark.parametrize(
    ("changed", "lack"),
    [
        (facts(country=""), Lack.COUNTRY),
        (facts(country="BR"), Lack.COUNTRY),
        (facts(offences=()), Lack.TYPE),
        (facts(offences=("hate_speech",)), Lack.TYPE),
        (facts(motivations=()), Lack.MOTIVATION),
        (facts(indicators=()), Lack.INDICATOR),
        (facts(indicators=(Indicator("expression"),)), Lack.INDICATOR),
        (facts(sources=()), Lack.SOURCE),
        (facts(descriptions={"bg": "Беше бит."}), Lack.DESCRIPTION),
        (without(Purpose.SHARE_COALITION), Lack.SHARING),
        (without(Purpose.ODIHR), Lack.SUBMITTING),
    ],
)
def test_each_thing_that_is_missing_is_named(changed: Facts, lack: Lack):
    assert lacking(changed, State.SUBMITTED, RULE) == {lack}


def test_without_any_text_there_is_no_description_either():
    assert lacking(facts(narrative="", descriptions={}), State.DRAFT, RULE) == {Lack.TEXT, Lack.DESCRIPTION}


def test_what_is_only_counted_needs_no_description_and_a_public_source_no_consent():
    damage = facts(offences=("graffiti",), chosen_type="property_attack", descriptions={})
    assert lacking(damage, State.SUBMITTED, RULE) == frozenset()
    assert lacking(damage, State.SUBMITTED, profile_for(2020)) == {Lack.DESCRIPTION}
    public = facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset())
    assert not lacking(public, State.SUBMITTED, RULE).intersection(OF_CONSENT)


def test_whoever_accepted_a_record_has_looked_and_what_is_out_lacks_nothing():
    bare = Facts()
    assert lacking(bare, State.SUBMITTED, RULE) == set(Lack)
    assert lacking(bare, State.ACCEPTED, RULE) == set(Lack) - ASKED_BEFORE_A_DECISION
    for state in (State.REJECTED, State.DUPLICATE):
        assert lacking(bare, state, RULE) == frozenset()


@pytest.mark.parametrize("lack", [Lack.TYPE, Lack.MOTIVATION, *OF_CONSENT])
def test_what_keeps_an_accepted_record_out_of_the_files_is_among_it(lack: Lack):
    lacks_it = {
        Lack.TYPE: facts(offences=()),
        Lack.MOTIVATION: facts(motivations=()),
        Lack.SHARING: without(Purpose.SHARE_COALITION),
        Lack.SUBMITTING: without(Purpose.ODIHR),
    }[lack]
    assert lacking(lacks_it, State.ACCEPTED, RULE) == {lack}
    assert not is_eligible(lacks_it, 2024, RULE)


def test_everything_lacking_belongs_to_the_facts_or_the_consents():
    assert {*OF_FACTS, *OF_CONSENT} == set(Lack)
    assert set(TEST_OF) <= set(Lack)


def test_cells_add_up_and_say_what_stands_in_the_way_in_order():
    one = Tally(ready=2, accepted=3, submitted=1, unconsented=1, lacks={Lack.SUBMITTING: 1})
    other = Tally(in_review=4, questions=2, incomplete=5, lacks={Lack.SUBMITTING: 1, Lack.SOURCE: 5})
    both = total((one, other))
    assert (both.ready, both.waiting, both.with_member) == (2, 5, 8)
    assert both.lacks == {Lack.SUBMITTING: 2, Lack.SOURCE: 5}
    assert obstacles(both) == (
        (Obstacle.WAITING, 5),
        (Obstacle.QUESTIONS, 2),
        (Obstacle.INCOMPLETE, 5),
        (Obstacle.UNCONSENTED, 1),
    )
    assert obstacles(replace(Tally(), ready=7)) == ()
    assert Tally().is_empty
    assert not both.is_empty

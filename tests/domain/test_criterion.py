from datetime import date

import pytest

from coalition.domain.criterion import REASON_OF, Finding, Test, propose, proposed_reason
from coalition.domain.incidents import Facts, Indicator, PartialDate
from coalition.domain.vocabulary import Basis, Purpose, RejectionReason
from tests.domain.samples import COMPLETE, TODAY, facts, without


def findings(of: Facts, *, today: date = TODAY, look_alikes: int = 0) -> dict[Test, Finding]:
    return {proposal.test: proposal.finding for proposal in propose(of, today, look_alikes)}


def test_every_test_is_proposed_once_in_the_order_of_the_decision_flow():
    assert [proposal.test for proposal in propose(COMPLETE, TODAY, 0)] == list(Test)


def test_every_no_has_its_own_reason():
    assert set(REASON_OF) == set(Test)
    assert len(set(REASON_OF.values())) == len(Test)


def test_only_what_a_person_finds_out_has_no_test():
    assert set(RejectionReason) - set(REASON_OF.values()) == {RejectionReason.NOT_VERIFIED}


def test_a_complete_record_passes_every_test():
    assert set(findings(COMPLETE).values()) == {Finding.YES}
    assert proposed_reason(propose(COMPLETE, TODAY, 0)) is None


@pytest.mark.parametrize(
    ("changes", "test", "finding"),
    [
        ({"country": "JP"}, Test.PARTICIPATING_STATE, Finding.NO),
        ({"country": ""}, Test.PARTICIPATING_STATE, Finding.UNCLEAR),
        ({"date": None}, Test.DATA_YEAR, Finding.UNCLEAR),
        ({"date": PartialDate(2025, 3, 2)}, Test.DATA_YEAR, Finding.NO),
        ({"date": PartialDate(2025)}, Test.DATA_YEAR, Finding.YES),
        ({"offences": ("disturbance",)}, Test.CRIMINAL_OFFENCE, Finding.UNCLEAR),
        ({"offences": ("hate_speech",)}, Test.CRIMINAL_OFFENCE, Finding.UNCLEAR),
        ({"offences": ("hate_speech",)}, Test.BEYOND_SPEECH, Finding.NO),
        ({"offences": ("discrimination", "hate_speech")}, Test.BEYOND_SPEECH, Finding.NO),
        ({"offences": ("hate_speech", "threats")}, Test.BEYOND_SPEECH, Finding.YES),
        ({"offences": ("hate_speech",), "chosen_type": "threat"}, Test.BEYOND_SPEECH, Finding.YES),
        ({"offences": ("disturbance",)}, Test.BEYOND_SPEECH, Finding.UNCLEAR),
        ({"indicators": (Indicator("perception"),)}, Test.BIAS_INDICATOR, Finding.UNCLEAR),
        ({"indicators": (), "descriptions": {}}, Test.BIAS_INDICATOR, Finding.NO),
        ({"indicators": (), "motivations": ()}, Test.BIAS_INDICATOR, Finding.NO),
        ({"date": None}, Test.ENOUGH_DETAIL, Finding.NO),
        ({"country": ""}, Test.ENOUGH_DETAIL, Finding.NO),
        ({"narrative": "", "descriptions": {}}, Test.ENOUGH_DETAIL, Finding.NO),
        ({"narrative": ""}, Test.ENOUGH_DETAIL, Finding.YES),
        ({"basis": ""}, Test.PERMITTED, Finding.NO),
        ({"chosen_scope": "not_criminal"}, Test.CRIMINAL_OFFENCE, Finding.UNCLEAR),
        ({"chosen_scope": "not_criminal"}, Test.BEYOND_SPEECH, Finding.YES),
        ({"chosen_scope": "no_bias"}, Test.BIAS_INDICATOR, Finding.UNCLEAR),
        ({"chosen_scope": "speech_or_discrimination"}, Test.BEYOND_SPEECH, Finding.UNCLEAR),
        ({"chosen_scope": "inside", "offences": ("hate_speech",)}, Test.BEYOND_SPEECH, Finding.UNCLEAR),
        ({"chosen_scope": "inside", "country": "JP"}, Test.PARTICIPATING_STATE, Finding.UNCLEAR),
        ({"chosen_scope": "inside", "basis": ""}, Test.PERMITTED, Finding.NO),
    ],
)
def test_what_the_record_says_decides_the_proposal(changes, test, finding):
    assert findings(facts(**changes))[test] is finding


def test_look_alikes_make_a_person_look_but_never_make_a_duplicate():
    assert findings(COMPLETE, look_alikes=3)[Test.NOT_DUPLICATE] is Finding.UNCLEAR
    assert proposed_reason(propose(COMPLETE, TODAY, 3)) is None


def test_without_consent_for_statistics_the_record_is_not_permitted():
    assert findings(without(Purpose.STATISTICS))[Test.PERMITTED] is Finding.NO
    assert findings(without(Purpose.ODIHR, Purpose.PUBLISH))[Test.PERMITTED] is Finding.YES


def test_a_public_source_is_permitted_without_consent():
    assert findings(facts(basis=Basis.PUBLIC_SOURCE, consents=frozenset()))[Test.PERMITTED] is Finding.YES


def test_the_first_failing_test_gives_the_reason():
    speech = facts(offences=("hate_speech",), basis="")
    assert proposed_reason(propose(speech, TODAY, 0)) is RejectionReason.SPEECH_OR_DISCRIMINATION
    abroad = facts(country="JP", offences=("hate_speech",))
    assert proposed_reason(propose(abroad, TODAY, 0)) is RejectionReason.NOT_PARTICIPATING_STATE


def test_an_empty_record_can_be_judged():
    assert set(findings(Facts())) == set(Test)


def test_the_evidence_holds_what_was_counted_but_no_text_of_the_record():
    for proposal in propose(COMPLETE, TODAY, 2):
        for value in proposal.values.values():
            assert value not in {COMPLETE.narrative, *COMPLETE.descriptions.values(), COMPLETE.municipality}

"""ODIHR's concept of hate crime, "a criminal offence motivated by bias", as a list of tests.

Software proposes, a person decides, and both are stored. Every "no" has its own rejection reason, and the number of
incidents rejected for each is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coalition.domain.codebook import countries
from coalition.domain.incidents import Facts, only_out_of_scope
from coalition.domain.scope import Scope
from coalition.domain.vocabulary import Purpose, RejectionReason


class Finding(StrEnum):
    """The answer to one test."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    """A person has to look."""


class Test(StrEnum):
    """The tests, in the order of the decision flow."""

    __test__ = False

    PARTICIPATING_STATE = "participating_state"
    DATA_YEAR = "data_year"
    CRIMINAL_OFFENCE = "criminal_offence"
    BEYOND_SPEECH = "beyond_speech"
    BIAS_INDICATOR = "bias_indicator"
    ENOUGH_DETAIL = "enough_detail"
    NOT_DUPLICATE = "not_duplicate"
    PERMITTED = "permitted"


REASON_OF: Mapping[Test, RejectionReason] = {
    Test.PARTICIPATING_STATE: RejectionReason.NOT_PARTICIPATING_STATE,
    Test.DATA_YEAR: RejectionReason.OUTSIDE_DATA_YEAR,
    Test.CRIMINAL_OFFENCE: RejectionReason.NOT_CRIMINAL,
    Test.BEYOND_SPEECH: RejectionReason.SPEECH_OR_DISCRIMINATION,
    Test.BIAS_INDICATOR: RejectionReason.NO_INDICATOR,
    Test.ENOUGH_DETAIL: RejectionReason.NOT_ENOUGH_DETAIL,
    Test.NOT_DUPLICATE: RejectionReason.DUPLICATE,
    Test.PERMITTED: RejectionReason.NO_CONSENT,
}
"""The reason under which an incident is rejected when a test is answered "no"."""


@dataclass(frozen=True)
class Proposal:
    """What the software proposes for one test, and the evidence it found, as a code with values."""

    test: Test
    finding: Finding
    evidence: str
    values: Mapping[str, str | int]


def propose(facts: Facts, today: date, look_alikes: int) -> tuple[Proposal, ...]:
    """Propose an answer to every test.

    `look_alikes` is the number of other records that could be about the same incident (`domain.duplicates`): enough to
    make a person look, never enough to call a record a duplicate (819 rows of ODIHR's export repeat another row
    exactly and are different incidents).
    """
    return tuple(
        _heard(proposal, facts)
        for proposal in (
            _participating_state(facts),
            _data_year(facts, today),
            _criminal_offence(facts),
            _beyond_speech(facts),
            _bias_indicator(facts),
            _enough_detail(facts),
            _not_duplicate(look_alikes),
            _permitted(facts),
        )
    )


_SCOPE_OF_TEST: Mapping[Test, Scope] = {
    Test.PARTICIPATING_STATE: Scope.NOT_PARTICIPATING_STATE,
    Test.CRIMINAL_OFFENCE: Scope.NOT_CRIMINAL,
    Test.BEYOND_SPEECH: Scope.SPEECH_OR_DISCRIMINATION,
    Test.BIAS_INDICATOR: Scope.NO_BIAS,
}
"""The tests on which a recorder may have spoken by naming a scope."""


def _heard(proposal: Proposal, facts: Facts) -> Proposal:
    """Return the proposal, left open where the recorder said otherwise: the software never overrules a person."""
    outside = _SCOPE_OF_TEST.get(proposal.test)
    if outside is None or not facts.chosen_scope:
        return proposal
    if facts.chosen_scope == outside and proposal.finding is not Finding.NO:
        return Proposal(proposal.test, Finding.UNCLEAR, "recorder_outside", {})
    if facts.chosen_scope == Scope.INSIDE and proposal.finding is Finding.NO:
        return Proposal(proposal.test, Finding.UNCLEAR, "recorder_inside", {})
    return proposal


def proposed_reason(proposals: tuple[Proposal, ...]) -> RejectionReason | None:
    """Return the reason of the first test that is proposed to fail, None if none is."""
    return next((REASON_OF[proposal.test] for proposal in proposals if proposal.finding is Finding.NO), None)


def _participating_state(facts: Facts) -> Proposal:
    inside = facts.country in countries()
    finding = Finding.YES if inside else Finding.NO if facts.country else Finding.UNCLEAR
    return Proposal(Test.PARTICIPATING_STATE, finding, "country", {"country": facts.country})


def _data_year(facts: Facts, today: date) -> Proposal:
    if facts.date is None:
        return Proposal(Test.DATA_YEAR, Finding.UNCLEAR, "no_date", {})
    finding = Finding.YES if facts.date.earliest() <= today else Finding.NO
    return Proposal(Test.DATA_YEAR, finding, "year", {"year": facts.date.year})


def _criminal_offence(facts: Facts) -> Proposal:
    if facts.type is not None:
        return Proposal(Test.CRIMINAL_OFFENCE, Finding.YES, "type", {"type": facts.type.value})
    if only_out_of_scope(facts.offences):
        return Proposal(Test.CRIMINAL_OFFENCE, Finding.UNCLEAR, "out_of_scope", {})
    return Proposal(Test.CRIMINAL_OFFENCE, Finding.UNCLEAR, "no_offence", {})


def _beyond_speech(facts: Facts) -> Proposal:
    if only_out_of_scope(facts.offences) and not facts.chosen_type:
        return Proposal(Test.BEYOND_SPEECH, Finding.NO, "only_speech", {})
    finding = Finding.YES if facts.type is not None else Finding.UNCLEAR
    return Proposal(Test.BEYOND_SPEECH, finding, "offences", {"count": len(facts.offences)})


def _bias_indicator(facts: Facts) -> Proposal:
    noted = sum(1 for indicator in facts.indicators if indicator.note)
    if noted:
        return Proposal(Test.BIAS_INDICATOR, Finding.YES, "indicators", {"count": noted})
    if facts.motivations and any(facts.descriptions.values()):
        return Proposal(Test.BIAS_INDICATOR, Finding.UNCLEAR, "described_only", {})
    return Proposal(Test.BIAS_INDICATOR, Finding.NO, "no_indicator", {})


def _enough_detail(facts: Facts) -> Proposal:
    told = bool(facts.narrative or any(facts.descriptions.values()))
    missing = [name for name, there in (("date", facts.date), ("country", facts.country), ("text", told)) if not there]
    if missing:
        return Proposal(Test.ENOUGH_DETAIL, Finding.NO, "missing", {"missing": " ".join(missing)})
    return Proposal(Test.ENOUGH_DETAIL, Finding.YES, "complete", {})


def _not_duplicate(look_alikes: int) -> Proposal:
    finding = Finding.UNCLEAR if look_alikes else Finding.YES
    return Proposal(Test.NOT_DUPLICATE, finding, "look_alikes", {"count": look_alikes})


def _permitted(facts: Facts) -> Proposal:
    finding = Finding.YES if facts.allows(Purpose.STATISTICS) else Finding.NO
    return Proposal(Test.PERMITTED, finding, "basis", {"basis": facts.basis})

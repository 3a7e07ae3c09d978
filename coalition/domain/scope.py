"""Whether an incident lies within what ODIHR's hate crime data take in: the software proposes, a person decides.

ODIHR's concept is a criminal offence motivated by bias that happened in an OSCE participating State; hate speech and
discrimination are left out (hatecrime.osce.org, domain of the yearly call). What lies outside is recorded and used
nationally all the same.
"""

from enum import StrEnum

from coalition.domain.codebook import countries
from coalition.domain.incidents import Facts, only_out_of_scope


class Scope(StrEnum):
    """Where an incident lies, and if outside, why."""

    INSIDE = "inside"
    NOT_PARTICIPATING_STATE = "not_participating_state"
    SPEECH_OR_DISCRIMINATION = "speech_or_discrimination"
    NOT_CRIMINAL = "not_criminal"
    NO_BIAS = "no_bias"


def proposed_scope(facts: Facts) -> str:
    """Return the scope that the facts speak for; empty while too little is known to say.

    Whether an act is a criminal offence under national law is for a person to say: the rules never propose
    that it is not.
    """
    if facts.country and facts.country not in countries():
        return Scope.NOT_PARTICIPATING_STATE.value
    if only_out_of_scope(facts.offences) and not facts.chosen_type:
        return Scope.SPEECH_OR_DISCRIMINATION.value
    told = facts.country and facts.type and facts.motivations and facts.indicators
    return Scope.INSIDE.value if told else ""


def differs_from_proposed_scope(facts: Facts) -> bool:
    """Tell whether a person said something else than the rules propose."""
    return bool(facts.chosen_scope) and proposed_scope(facts) not in {"", facts.chosen_scope}


def scope_of(facts: Facts) -> str:
    """Return the scope that holds: a person's word, else what the rules propose."""
    return facts.chosen_scope or proposed_scope(facts)

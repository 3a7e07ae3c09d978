"""What is still missing before an incident can be submitted to the coordinator, each with the field that mends it."""

import datetime

from coalition.domain.anonymity import open_flags
from coalition.domain.codebook import codebook
from coalition.domain.incidents import Facts, Problem, differs_from_proposed_type, only_out_of_scope
from coalition.domain.scope import differs_from_proposed_scope
from coalition.domain.vocabulary import Basis, IncidentType, Purpose

DEFAULT_AGE_OF_CONSENT = 14
"""Years; Bulgaria's. Below it a parent or guardian consents; a setting, because it differs by country."""


def needs_guardian(facts: Facts, age_of_consent: int) -> bool:
    """Tell whether some victim is certainly too young to consent: the whole age band lies below the age."""
    bands = codebook()["age_bands"]
    limits = [bands[row.age_band].below for row in facts.victims if row.age_band in bands]
    return any(below is not None and below <= age_of_consent for below in limits)


Check = tuple[object, str, str]
"""What has to hold, and the field and the code of the problem if it does not."""


def problems(facts: Facts, today: datetime.date, age_of_consent: int = DEFAULT_AGE_OF_CONSENT) -> tuple[Problem, ...]:
    """Return what has to be mended before the incident can be submitted to the coordinator, in the form's order.

    Few answers are required: when, where, what, why, from whom, and the permission to share it. ODIHR asks for
    location, date and an indication of bias; the rest may stay unknown. `age_of_consent` is in years.
    """
    checks = (*_of_what_happened(facts, today), *_of_sources(facts), *_of_consent(facts, today, age_of_consent))
    last = (facts.scope_reason or not differs_from_proposed_scope(facts), "scope_reason", "missing")
    return tuple(Problem(field, code) for holds, field, code in (*checks, last) if not holds)


def _of_what_happened(facts: Facts, today: datetime.date) -> tuple[Check, ...]:
    needs_choice = facts.offences and facts.type is None and not only_out_of_scope(facts.offences)
    return (
        (facts.date, "date", "missing"),
        (facts.date is None or facts.date.earliest() <= today, "date", "in_future"),
        (facts.country, "country", "missing"),
        (facts.offences or facts.chosen_type, "offences", "missing"),
        (not needs_choice, "chosen_type", "person_decides"),
        (facts.type_reason or not differs_from_proposed_type(facts), "type_reason", "missing"),
        (facts.motivations, "motivations", "missing"),
        (facts.indicators, "indicators", "missing"),
        (all(indicator.note for indicator in facts.indicators), "indicators", "note_missing"),
    )


def _of_sources(facts: Facts) -> tuple[Check, ...]:
    return (
        (facts.sources, "sources", "missing"),
        (all(source.kind for source in facts.sources), "sources", "kind_missing"),
        (all(item.step for item in facts.proceedings), "proceedings", "step_missing"),
        (all(item.need for item in facts.needs), "needs", "need_missing"),
        (facts.narrative or any(facts.descriptions.values()), "narrative", "missing"),
        (not open_flags(facts), "descriptions", "flagged"),
    )


def _of_consent(facts: Facts, today: datetime.date, age_of_consent: int) -> tuple[Check, ...]:
    documented = facts.basis != Basis.CONSENT or (facts.consent_way and facts.consent_date)
    by_guardian = "guardian" in {facts.consent_by, facts.consent_way}
    too_young = facts.basis == Basis.CONSENT and needs_guardian(facts, age_of_consent)
    return (
        (facts.basis, "basis", "missing"),
        (not facts.basis or facts.allows(Purpose.SHARE_COALITION), "consents", "share_missing"),
        (documented, "consent_way", "undocumented"),
        (facts.consent_date is None or facts.consent_date <= today, "consent_date", "in_future"),
        (by_guardian or not too_young, "consent_by", "guardian_needed"),
    )


def missing_for_odihr(facts: Facts) -> tuple[Problem, ...]:
    """Return what keeps a complete incident out of the yearly submission to ODIHR, or out of its descriptive part.

    Attacks on property are submitted as statistics only since data year 2022, so they need no English description.
    """
    found = []
    if not facts.allows(Purpose.ODIHR):
        found.append(Problem("consents", "odihr_missing"))
    if facts.type is not IncidentType.PROPERTY_ATTACK and not facts.descriptions.get("en"):
        found.append(Problem("descriptions", "english_missing"))
    return tuple(found)

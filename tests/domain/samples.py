"""Facts for the tests of the domain: complete ones, and ways to change them."""

from dataclasses import replace
from datetime import date
from typing import Any

from coalition.domain.incidents import Facts, Indicator, Need, PartialDate, Perpetrators, Proceeding, Source, Victims
from coalition.domain.vocabulary import Basis, Purpose

TODAY = date(2025, 3, 1)

COMPLETE = Facts(
    date=PartialDate(2024, 5, 17),
    time="21:30",
    country="BG",
    region="BG-22",
    municipality="Столична",
    location_type="street",
    offences=("assault",),
    motivations=("anti_roma",),
    indicators=(Indicator("expression", "Обиди, чути от свидетел.", "witness"),),
    victims=(Victims("person", 1, "man", "teenager", "member", "Счупена ръка", ("roma",), "treated", "once"),),
    perpetrators=(Perpetrators(4, "man", "adult", "stranger", "organised_group"),),
    sources=(
        Source(
            "victim_interview",
            "Име на човек",
            "дневник 7",
            PartialDate(2024, 5, 18),
            "reliable",
            "confirmed",
            "https://example.org/people/17",
        ),
        Source("partner_organisation", "Near Shore"),
    ),
    weapon="object",
    case_status="reported",
    bias_recorded="no",
    proceedings=(Proceeding("reported", PartialDate(2024, 5, 17), "ЗМ-117", "Не питаха за мотив."),),
    needs=(Need("psychosocial", "Кризисен център", "accepted", date(2024, 6, 1)),),
    reason_not_reported="",
    authorities_response="Приета жалба.",
    impact="Безсъние.",
    own_reference="OWN-17",
    narrative="Подробен разказ.",
    descriptions={"en": "A teenage Roma boy was beaten.", "bg": "Тийнейджър от ромски произход беше бит."},
    basis=Basis.CONSENT,
    consents=frozenset(purpose.value for purpose in Purpose),
    consent_by="person",
    consent_way="written",
    consent_date=date(2024, 5, 20),
    contact_name="Иван Примерен",
    contact_phone="+359 88 000 0000",
    contact_email="ivan@example.org",
    contact_safely="Само след 18 часа.",
)


def facts(**changes: Any) -> Facts:
    """Return the complete facts with some of them changed."""
    return replace(COMPLETE, **changes)


def without(*purposes: Purpose) -> Facts:
    """Return the complete facts without some of the consents."""
    return facts(consents=COMPLETE.consents - {purpose.value for purpose in purposes})

"""Police and support, consent, and the last look: the sections about what becomes of the record."""

from typing import Any

from coalition.domain.incidents import Facts, Need, Proceeding
from coalition.domain.vocabulary import Basis
from coalition.i18n import L_
from coalition.web.forms.fields import (
    CodeCheckboxes,
    CodeRadio,
    CodeSelect,
    LongText,
    PartForm,
    PartialDateField,
    Rows,
    Text,
    WholeDateField,
    boxes_of,
)
from coalition.web.forms.incidents.section import SectionForm, shown

_TEXT = 5000


class ProceedingRow(PartForm):
    """One step of police or justice."""

    step = CodeSelect(L_("What happened?"), "police_steps")
    date = PartialDateField(L_("When?"))
    reference = Text(L_("File number"), description=L_("It stays in your organisation."))
    note = Text(L_("Note"), most=500, description=L_("A few words, without names."))


class NeedRow(PartForm):
    """One need, and what became of it."""

    need = CodeSelect(L_("What does the person need?"), "needs")
    referred_to = Text(L_("Referred to"), description=L_("The service or organisation. Never the name of a person."))
    outcome = CodeSelect(L_("What came of it?"), "referral_outcomes")
    follow_up = WholeDateField(L_("Ask again on"))


class PoliceForm(SectionForm):
    """Whether the police know, what the authorities did, what it did to people, what they need."""

    plain = ("case_status", "bias_recorded", "reason_not_reported", "authorities_response", "impact", "own_reference")
    other = ("proceedings", "needs")

    case_status = CodeRadio(L_("Do the police know of it?"), "case_statuses")
    bias_recorded = CodeRadio(L_("Did the police write down that it was about bias?"), "bias_recorded")
    proceedings = Rows(ProceedingRow, L_("Step %(number)s of police and justice"), most=30)
    needs = Rows(NeedRow, L_("Need %(number)s"))
    reason_not_reported = CodeSelect(L_("Why was it not reported?"), "reasons_not_reported")
    authorities_response = LongText(
        L_("What did the authorities do?"),
        most=_TEXT,
        description=L_("For example whether they asked about a bias motive, or what was decided. Without names."),
        render_kw={"rows": 4},
    )
    impact = LongText(
        L_("What did it do to the victim and the community?"),
        most=_TEXT,
        description=L_("Injuries that last, fear, people who moved away or stay at home, support that was given."),
        render_kw={"rows": 4},
    )
    own_reference = Text(
        L_("Your own reference"),
        description=L_("Your organisation’s file number. Nobody outside your organisation sees it."),
    )

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        rows = {name: [shown(item) for item in getattr(facts, name)] for name in cls.other}
        return {**super().shown(facts), **rows}

    @property
    def said_to_police(self) -> bool:
        """Whether anything about police and justice is typed, so that it is in sight whatever is chosen above."""
        return bool(self.bias_recorded.data or self.proceedings.filled or self.errors)

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; a reason for not reporting only where none was reported."""
        found = {
            **super().changes(),
            "proceedings": tuple(Proceeding(**row) for row in self.proceedings.filled),
            "needs": tuple(Need(**row) for row in self.needs.filled),
        }
        return found if found["case_status"] == "not_reported" else {**found, "reason_not_reported": ""}


_PRIVATE: dict[str, Any] = {"render_kw": {"autocomplete": "off"}}
_TELEPHONE: dict[str, Any] = {"render_kw": {"autocomplete": "off", "inputmode": "tel"}}
_EMAIL: dict[str, Any] = {"render_kw": {"autocomplete": "off", "inputmode": "email"}}
_NO_CONSENT: dict[str, Any] = {
    "consents": frozenset(),
    "consent_date": None,
    **dict.fromkeys(
        ("consent_by", "consent_way", "contact_name", "contact_phone", "contact_email", "contact_safely"), ""
    ),
}
"""What a public source leaves of consent and contact: there is nobody who gave them."""


class CheckForm(SectionForm):
    """The last look: whether it lies within ODIHR's scope, and the answers."""

    plain = ("chosen_scope", "scope_reason")

    chosen_scope = CodeRadio(L_("ODIHR’s scope"), "scopes", blank=L_("As the answers say"))
    scope_reason = LongText(L_("Why do you see it differently?"), most=1000, render_kw={"rows": 3})


class ConsentForm(SectionForm):
    """What allows the record, and what it may be used for."""

    plain = (
        "basis",
        "consent_by",
        "consent_way",
        "contact_name",
        "contact_phone",
        "contact_email",
        "contact_safely",
    )
    other = ("consents", "consent_date")

    basis = CodeRadio(L_("What allows this record?"), "bases")
    consents = CodeCheckboxes(
        L_("What did the person agree to?"),
        "consent_purposes",
        description=L_("Ask about each separately. Tick only what the person agreed to; nothing is ticked for them."),
    )
    consent_by = CodeSelect(L_("Who consented?"), "consent_givers")
    consent_way = CodeSelect(L_("How was consent given?"), "consent_ways")
    consent_date = WholeDateField(L_("When was consent given?"))

    contact_name = Text(
        L_("What to call the person"), description=L_("A first name or a nickname is enough."), **_PRIVATE
    )
    contact_phone = Text(L_("Telephone"), most=40, **_TELEPHONE)
    contact_email = Text(L_("E-mail"), **_EMAIL)
    contact_safely = Text(
        L_("How to reach the person without danger"),
        description=L_("For example: after six in the evening, never leave a message."),
        **_PRIVATE,
    )

    @property
    def contact_fields(self) -> tuple[Text, ...]:
        """How the person can be reached, in the order of the page."""
        return (self.contact_name, self.contact_phone, self.contact_email, self.contact_safely)

    @property
    def reachable(self) -> bool:
        """Whether a contact is typed, so that it is in sight whatever is ticked above."""
        return any(field.data for field in self.contact_fields)

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        date = boxes_of(facts.consent_date)
        return {**super().shown(facts), "consents": sorted(facts.consents), "consent_date": date}

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; a public source has no consent."""
        basis = self.basis.data or ""
        if basis == Basis.PUBLIC_SOURCE:
            return {**_NO_CONSENT, "basis": basis}
        consents = frozenset(self.consents.chosen)
        return {**super().changes(), "consents": consents, "consent_date": self.consent_date.day_meant}

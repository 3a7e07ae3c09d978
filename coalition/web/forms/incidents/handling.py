"""Police and support, consent, and the texts: the sections about what becomes of the record."""

from collections.abc import Sequence
from typing import Any

from coalition import i18n
from coalition.domain.incidents import Facts
from coalition.domain.vocabulary import Basis
from coalition.i18n import L_, _
from coalition.services.settings import Settings
from coalition.web.forms.fields import (
    CodeCheckboxes,
    CodeRadio,
    CodeSelect,
    LongText,
    Text,
    WholeDateField,
    boxes_of,
)
from coalition.web.forms.incidents.section import SectionForm

ODIHR_LANGUAGE = "en"
_TEXT = 5000
_NARRATIVE = 20_000
_DESCRIPTION = 2000


class PoliceForm(SectionForm):
    """Whether the police know, what the authorities did, what it did to people."""

    plain = ("case_status", "reason_not_reported", "authorities_response", "impact", "own_reference")

    case_status = CodeRadio(L_("Do the police know of it?"), "case_statuses")
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

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; a reason for not reporting only where none was reported."""
        found = super().changes()
        return found if found["case_status"] == "not_reported" else {**found, "reason_not_reported": ""}


class ConsentForm(SectionForm):
    """What allows the record, and what it may be used for."""

    plain = ("basis", "consent_way")
    other = ("consents", "consent_date")

    basis = CodeRadio(L_("What allows this record?"), "bases")
    consents = CodeCheckboxes(
        L_("What did the person agree to?"),
        "consent_purposes",
        description=L_("Ask about each separately. Tick only what the person agreed to; nothing is ticked for them."),
    )
    consent_way = CodeSelect(L_("How was consent given?"), "consent_ways")
    consent_date = WholeDateField(L_("When was consent given?"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        date = boxes_of(facts.consent_date)
        return {**super().shown(facts), "consents": sorted(facts.consents), "consent_date": date}

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; a public source has no consent."""
        basis = self.basis.data or ""
        if basis == Basis.PUBLIC_SOURCE:
            return {"basis": basis, "consents": frozenset(), "consent_way": "", "consent_date": None}
        consents = frozenset(self.consents.chosen)
        return {**super().changes(), "consents": consents, "consent_date": self.consent_date.day_meant}


class DescriptionsForm(SectionForm):
    """The internal account, and the descriptions that may be published."""

    plain = ("narrative",)
    other = ("descriptions",)

    narrative = LongText(
        L_("What happened? Internal account"),
        most=_NARRATIVE,
        description=L_(
            "In any language, in as much detail as you need. Your organisation sees it and, once the incident "
            "is submitted, the coordinator. It is never published and never sent to ODIHR. Leave names out."
        ),
        render_kw={"rows": 10, "data-words": ""},
    )

    @classmethod
    def in_languages(cls, languages: Sequence[str]) -> "type[DescriptionsForm]":
        """Return the form with one description for English, which comes first, and for each language."""
        codes = tuple(dict.fromkeys((ODIHR_LANGUAGE, *languages)))
        return type("DescriptionsForm", (cls,), {f"description_{code}": _description(code) for code in codes})

    @property
    def description_fields(self) -> list[LongText]:
        """One field per language."""
        return [field for field in self if isinstance(field, LongText) and field.name != "narrative"]

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        texts = {f"description_{code}": text for code, text in facts.descriptions.items()}
        return {**super().shown(facts), **texts}

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; texts in languages that are not offered stay."""
        typed = {field.short_name.removeprefix("description_"): field.data or "" for field in self.description_fields}
        kept = {code: text for code, text in {**self.before.descriptions, **typed}.items() if text}
        return {**super().changes(), "descriptions": kept}


def _description(code: str) -> Any:  # noqa: ANN401 - a field that is not bound yet
    known = i18n.locale(code)
    return LongText(
        _("Public description (%(language)s)", language=known.native_name),
        most=_DESCRIPTION,
        description=_("ODIHR reads this one.") if code == ODIHR_LANGUAGE else "",
        render_kw={"rows": 5, "data-words": "", "lang": known.code, "dir": known.direction},
    )


def form_for(form: type[SectionForm], own: Settings) -> type[SectionForm]:
    """Return a section's form with the fields that depend on the coalition's languages."""
    return form.in_languages(own.languages) if issubclass(form, DescriptionsForm) else form

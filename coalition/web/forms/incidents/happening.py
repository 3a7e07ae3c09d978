"""When, where, what and why: the sections about what happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from wtforms import BooleanField, Field, ValidationError

from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.incidents import Facts, Indicator, Problem
from coalition.domain.likeness import Traits
from coalition.i18n import L_, _, labels
from coalition.services.settings import Settings
from coalition.web.forms.fields import (
    CodeCheckboxes,
    CodeRadio,
    CodeSelect,
    LongText,
    PartialDateField,
    Text,
    boxes_of,
)
from coalition.web.forms.incidents.section import SectionForm

_NOTE = 1000


def country_choices(first: str) -> dict[str, str]:
    """Return all participating States by name, the coalition's own country before the others."""
    names = {code: labels.label("countries", code) for code in countries().codes}
    ordered = sorted(names, key=lambda code: (code != first, names[code].casefold()))
    return {**{code: names[code] for code in ordered}, "": _("Not known")}


def region_choices(*of_countries: str) -> dict[str, str]:
    """Return the regions of some countries by name."""
    codes = [code for country in dict.fromkeys(of_countries) for code in regions(country).codes]
    names = {code: labels.label("regions", code) for code in codes}
    return {
        "": _("Not known, or elsewhere"),
        **dict(sorted(names.items(), key=lambda item: item[1].casefold())),
    }


class WhenAndWhereForm(SectionForm):
    """When and where it happened."""

    plain = ("time", "country", "region", "municipality", "location_type")
    other: ClassVar[tuple[str, ...]] = ("date",)

    date = PartialDateField(L_("Date"))
    time = Text(
        L_("Time of day"),
        most=60,
        description=L_("For example “14:30” or “late evening”. Only your organisation sees it."),
    )
    country = CodeSelect(L_("Country"))
    region = CodeSelect(L_("Region"))
    municipality = Text(L_("Town or village"), description=L_("Never published: only month and country are."))
    location_type = CodeSelect(L_("Kind of place"), "location_types")

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        return {**super().shown(facts), "date": boxes_of(facts.date)}

    def offer(self, own: Settings) -> None:
        """Offer the coalition's country first, and its regions."""
        self.country.choices = country_choices(own.country)
        self.region.choices = region_choices(own.country, self.before.region.partition("-")[0])

    def validate_region(self, field: CodeSelect) -> None:
        """Refuse a region of another country."""
        if field.data and field.data.partition("-")[0] != self.country.data:
            raise ValidationError(_("The region is not in the country you chose. Change one of the two."))

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold."""
        return {**super().changes(), "date": self.date.value}


class BeginningForm(WhenAndWhereForm):
    """The first page: when and where, and why, so that the same incident is found if it is recorded already."""

    other: ClassVar[tuple[str, ...]] = ("date", "motivations")

    motivations = CodeCheckboxes(
        L_("Bias motivations"),
        "bias_motivations",
        description=L_("As far as you know already. It helps to find out whether the incident is recorded."),
    )

    @property
    def traits(self) -> Traits:
        """What is compared with the records that there are."""
        return Traits(self.date.value, self.country.data or "", self.region.data or "", self.motivations.chosen)

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold."""
        return {**super().changes(), "motivations": self.motivations.chosen}


def _rolling_up_to(group: str) -> tuple[str, ...]:
    return tuple(entry.code for entry in codebook()["offences"] if entry.rolls_up_to == group)


class WhatHappenedForm(SectionForm):
    """What happened: offences, and the type where a person has to choose it."""

    plain = ("chosen_type", "type_reason", "weapon")
    other = ("offences",)
    groups: ClassVar[tuple[str, ...]] = (
        "violent_attack",
        "threat",
        "property_attack",
        "person_decides",
        "out_of_scope",
    )
    """What offences roll up to, in the order of the page."""

    offences_violent_attack = CodeCheckboxes(
        L_("Violence against people"), "offences", _rolling_up_to("violent_attack")
    )
    offences_threat = CodeCheckboxes(L_("Threats"), "offences", _rolling_up_to("threat"))
    offences_property_attack = CodeCheckboxes(
        L_("Attacks against property"), "offences", _rolling_up_to("property_attack")
    )
    offences_person_decides = CodeCheckboxes(
        L_("Something else"),
        "offences",
        _rolling_up_to("person_decides"),
        description=L_("If only these apply, choose the type of incident below."),
    )
    offences_out_of_scope = CodeCheckboxes(
        L_("Outside ODIHR’s hate crime data"),
        "offences",
        _rolling_up_to("out_of_scope"),
        description=L_("Worth recording for the coalition’s own work. Alone, they are not submitted to ODIHR."),
    )
    chosen_type = CodeRadio(
        L_("Type of incident"),
        "incident_types",
        blank=L_("As ticked above"),
        description=L_(
            "Each incident counts under one type. Of what you ticked, violence goes before threats, and "
            "threats before property. Choose a type yourself only if that is not right."
        ),
    )

    type_reason = LongText(L_("Why another type?"), most=1000, render_kw={"rows": 3})
    weapon = CodeSelect(L_("Was a weapon used?"), "weapons")

    @property
    def offence_fields(self) -> list[CodeCheckboxes]:
        """One field per group."""
        return [field for field in self if isinstance(field, CodeCheckboxes)]

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        ticked = set(facts.offences)
        grouped = {
            f"offences_{group}": [code for code in _rolling_up_to(group) if code in ticked] for group in cls.groups
        }
        return {**super().shown(facts), **grouped}

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold."""
        ticked = [code for field in self.offence_fields for code in field.data or ()]
        return {**super().changes(), "offences": codebook()["offences"].sorted(ticked)}


@dataclass(frozen=True)
class IndicatorFields:
    """The three fields of one bias indicator."""

    code: str
    tick: Field
    note: Field
    observer: Field


class MotivationForm(SectionForm):
    """Why: the bias motivations, and what indicates them."""

    other = ("motivations", "indicators")

    motivations = CodeCheckboxes(
        L_("Bias motivations"),
        "bias_motivations",
        description=L_(
            "Tick all that apply. What counts is how the perpetrator saw the victim, also if the perpetrator "
            "was wrong or the victim was only associated with the group."
        ),
    )

    def __init__(self, own: Settings, before: Facts, version: int = 0) -> None:
        """Name each indicator in the reader's language."""
        super().__init__(own, before, version)
        for item in self.indicators():
            item.tick.label.text = labels.label("bias_indicators", item.code)

    def indicators(self) -> Iterator[IndicatorFields]:
        """Go through the indicators in the code book's order."""
        for code in codebook()["bias_indicators"].codes:
            name = f"indicator_{code}"
            yield IndicatorFields(code, self[name], self[f"{name}_note"], self[f"{name}_observer"])

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        values: dict[str, Any] = {"motivations": list(facts.motivations)}
        for item in facts.indicators:
            name = f"indicator_{item.code}"
            values |= {name: True, f"{name}_note": item.note, f"{name}_observer": item.observer}
        return values

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold."""
        read = tuple(item for item in (self._indicator(fields) for fields in self.indicators()) if item)
        return {"motivations": self.motivations.chosen, "indicators": read}

    def _indicator(self, fields: IndicatorFields) -> Indicator | None:
        # A note without a tick counts as ticked, unless it is the stored note: then the tick was taken away.
        note, observer = fields.note.data or "", fields.observer.data or ""
        stored = {item.code: item.note for item in self.before.indicators}
        noted = bool(note) and note != stored.get(fields.code)
        return Indicator(fields.code, note, observer) if fields.tick.data or noted else None

    def places(self, problem: Problem) -> Iterable[Field]:
        """Show a missing note beside each of the empty notes, a missing indicator beside the first tick."""
        if problem.field != "indicators":
            return super().places(problem)
        if problem.code == "note_missing":
            return [item.note for item in self.indicators() if item.tick.data and not item.note.data]
        return [next(self.indicators()).tick]


for _code in codebook()["bias_indicators"].codes:
    setattr(MotivationForm, f"indicator_{_code}", BooleanField())
    setattr(
        MotivationForm,
        f"indicator_{_code}_note",
        LongText(
            L_("What was seen or heard?"),
            most=_NOTE,
            description=L_("One or two sentences, without names."),
            render_kw={"rows": 3},
        ),
    )
    setattr(MotivationForm, f"indicator_{_code}_observer", CodeSelect(L_("Who observed it?"), "observers"))

"""Who was targeted, who did it, and who told: the sections made of rows."""

import re
from collections.abc import Iterable
from typing import Any

from wtforms import Field, ValidationError

from coalition.domain.incidents import Facts, Perpetrators, Problem, Source, Victims
from coalition.domain.interchange import LINK, MOST_OF_URL
from coalition.i18n import L_, _
from coalition.web.forms.fields import (
    CodeCheckboxes,
    CodeSelect,
    PartForm,
    PartialDateField,
    Rows,
    Text,
    WholeNumber,
)
from coalition.web.forms.incidents.section import SectionForm, shown

MOST_PEOPLE = 100_000


class VictimsRow(PartForm):
    """One line of victims: a person, or several who are alike."""

    kind = CodeSelect(L_("Who or what was targeted?"), "victim_kinds")
    number = WholeNumber(
        L_("Number of people"), highest=MOST_PEOPLE, description=L_("Leave it empty if you do not know.")
    )
    gender = CodeSelect(L_("Gender"), "genders")
    age_band = CodeSelect(L_("Age"), "age_bands")
    link = CodeSelect(L_("Link to the targeted group"), "links_to_group")
    harm = CodeSelect(L_("How badly were they hurt?"), "harms")
    injury = Text(
        L_("Injury or damage"),
        most=500,
        description=L_("In a few words, for example “broken arm, treated in hospital” or “two windows broken”."),
    )
    earlier = CodeSelect(L_("Were they targeted before?"), "earlier_targeting")
    sub_grounds = CodeCheckboxes(
        L_("Grounds"),
        "sub_grounds",
        description=L_("Finer than the bias motivations, for your own work. Leave it empty if the person prefers so."),
    )

    @property
    def said_more(self) -> bool:
        """Whether any of the further answers is given, so that they are in sight."""
        return bool(self.earlier.data or self.sub_grounds.data)


class PerpetratorsRow(PartForm):
    """One line of perpetrators: numbers and categories, never an identity."""

    number = WholeNumber(
        L_("Number of people"), highest=MOST_PEOPLE, description=L_("Leave it empty if you do not know.")
    )
    gender = CodeSelect(L_("Gender"), "genders")
    age_band = CodeSelect(L_("Age"), "age_bands")
    relation = CodeSelect(L_("Relation to the victim"), "perpetrator_relations")
    capacity = CodeSelect(L_("They acted"), "perpetrator_capacities")


class SourceRow(PartForm):
    """One source of information."""

    kind = CodeSelect(L_("Kind of source"), "source_kinds")
    name = Text(
        L_("Organisation or medium"),
        description=L_("The organisation to be credited, or the newspaper or site. Never the name of a person."),
    )
    reference = Text(
        L_("Reference"),
        most=500,
        description=L_("A page, an issue or a file number. It does not leave the coalition."),
    )
    url = Text(
        L_("Web address"),
        most=MOST_OF_URL,
        description=L_("Where it can be read. Keep a copy under “Evidence files”: pages disappear."),
        render_kw={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"},
    )
    date = PartialDateField(L_("Date of the source"))
    reliability = CodeSelect(L_("How reliable is the source?"), "source_reliabilities")
    credibility = CodeSelect(L_("How well is what it says supported?"), "information_credibilities")

    @property
    def said_more(self) -> bool:
        """Whether any of the further answers is given, so that they are in sight."""
        said = self.said()
        return any(said[name] for name in ("date", "reliability", "credibility", "url", "reference"))

    def validate_url(self, field: Text) -> None:
        """Refuse what is no address of the web: it is shown as a link."""
        if field.data and not re.fullmatch(LINK, field.data):
            raise ValidationError(_("Write the whole link, beginning with https:// or http://."))


class VictimsForm(SectionForm):
    """Who was targeted."""

    other = ("victims",)
    victims = Rows(VictimsRow, L_("Victims %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"victims": [shown(item) for item in facts.victims]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"victims": tuple(Victims(**row) for row in self.victims.filled)}


class PerpetratorsForm(SectionForm):
    """Who did it."""

    other = ("perpetrators",)
    perpetrators = Rows(PerpetratorsRow, L_("Perpetrators %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"perpetrators": [shown(item) for item in facts.perpetrators]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"perpetrators": tuple(Perpetrators(**row) for row in self.perpetrators.filled)}


class SourcesForm(SectionForm):
    """Where the information comes from."""

    other = ("sources",)
    sources = Rows(SourceRow, L_("Source %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"sources": [shown(item) for item in facts.sources]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"sources": tuple(Source(**row) for row in self.sources.filled)}

    def places(self, problem: Problem) -> Iterable[Field]:
        """Show a missing kind beside each source that has none."""
        if problem.code != "kind_missing":
            return super().places(problem)
        return [row["kind"] for row in self.sources if any(row.form.said().values()) and not row["kind"].data]

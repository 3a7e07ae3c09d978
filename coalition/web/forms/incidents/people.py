"""Who was targeted, who did it, and who told: the sections made of rows."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from wtforms import Field

from coalition.domain.incidents import Facts, Perpetrators, Problem, Source, Victims
from coalition.i18n import L_
from coalition.web.forms.fields import CodeSelect, PartForm, Rows, Text, WholeNumber
from coalition.web.forms.incidents.section import SectionForm

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
    injury = Text(
        L_("Injury or damage"),
        most=500,
        description=L_("In a few words, for example “broken arm, treated in hospital” or “two windows broken”."),
    )


class PerpetratorsRow(PartForm):
    """One line of perpetrators: numbers and categories, never an identity."""

    number = WholeNumber(
        L_("Number of people"), highest=MOST_PEOPLE, description=L_("Leave it empty if you do not know.")
    )
    gender = CodeSelect(L_("Gender"), "genders")
    age_band = CodeSelect(L_("Age"), "age_bands")
    relation = CodeSelect(L_("Relation to the victim"), "perpetrator_relations")


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
        description=L_("A link, a date of publication or a file number. It does not leave the coalition."),
    )


class VictimsForm(SectionForm):
    """Who was targeted."""

    other = ("victims",)
    victims = Rows(VictimsRow, L_("Victims %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"victims": [asdict(item) for item in facts.victims]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"victims": tuple(Victims(**_said(row)) for row in self.victims.filled)}


class PerpetratorsForm(SectionForm):
    """Who did it."""

    other = ("perpetrators",)
    perpetrators = Rows(PerpetratorsRow, L_("Perpetrators %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"perpetrators": [asdict(item) for item in facts.perpetrators]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"perpetrators": tuple(Perpetrators(**_said(row)) for row in self.perpetrators.filled)}


class SourcesForm(SectionForm):
    """Where the information comes from."""

    other = ("sources",)
    sources = Rows(SourceRow, L_("Source %(number)s"))

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the rows show."""
        return {"sources": [asdict(item) for item in facts.sources]}

    def changes(self) -> dict[str, Any]:
        """Return the rows that hold anything."""
        return {"sources": tuple(Source(**_said(row)) for row in self.sources.filled)}

    def places(self, problem: Problem) -> Iterable[Field]:
        """Show a missing kind beside each source that has none."""
        if problem.code != "kind_missing":
            return super().places(problem)
        return [row["kind"] for row in self.sources if any(row.data.values()) and not row["kind"].data]


def _said(row: dict[str, Any]) -> dict[str, Any]:
    # Text that was not said is empty; a number that was not said is None.
    return {name: value if name == "number" else value or "" for name, value in row.items()}

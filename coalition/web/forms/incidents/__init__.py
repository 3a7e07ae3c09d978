"""The recording form: its sections in order, each one page."""

from collections.abc import Mapping
from dataclasses import dataclass

from coalition.domain.errors import NotFound
from coalition.domain.incidents import Facts, Problem
from coalition.i18n import L_
from coalition.i18n.problems import wording
from coalition.services.settings import Settings
from coalition.web.forms.incidents.describing import DescriptionsForm, form_for
from coalition.web.forms.incidents.handling import CheckForm, ConsentForm, PoliceForm
from coalition.web.forms.incidents.happening import MotivationForm, WhatHappenedForm, WhenAndWhereForm
from coalition.web.forms.incidents.people import PerpetratorsForm, SourcesForm, VictimsForm
from coalition.web.forms.incidents.section import SectionForm, VersionedForm, answered

__all__ = ["FIRST", "LAST", "SECTIONS", "Section", "SectionForm", "VersionedForm", "answered", "section_with_slug"]


@dataclass(frozen=True)
class Section:
    """One page of the form."""

    slug: str
    title: str
    kind: type[SectionForm]

    @property
    def number(self) -> int:
        """Its place in the form, from 1."""
        return list(SECTIONS).index(self.slug) + 1

    @property
    def next(self) -> "Section | None":
        """The section after it."""
        slugs = list(SECTIONS)
        return SECTIONS[slugs[self.number]] if self.number < len(slugs) else None

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts it is about."""
        return (*self.kind.plain, *self.kind.other)

    def form(self, own: Settings, before: Facts, version: int = 0) -> SectionForm:
        """Return the form, filled with the facts or with what was sent."""
        return form_for(self.kind, own)(own, before, version)

    def problems(self, found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Return those of the problems that are mended here."""
        return tuple(problem for problem in found if wording(problem).section == self.slug)


_IN_ORDER = (
    Section("when-and-where", L_("When and where"), WhenAndWhereForm),
    Section("what-happened", L_("What happened"), WhatHappenedForm),
    Section("victims", L_("Who was targeted"), VictimsForm),
    Section("motivation", L_("Why: motivation and indicators"), MotivationForm),
    Section("perpetrators", L_("Who did it"), PerpetratorsForm),
    Section("sources", L_("Sources and evidence"), SourcesForm),
    Section("police", L_("Police and support"), PoliceForm),
    Section("consent", L_("Consent"), ConsentForm),
    Section("descriptions", L_("Description"), DescriptionsForm),
    Section("check", L_("Check your answers"), CheckForm),
)
SECTIONS: Mapping[str, Section] = {section.slug: section for section in _IN_ORDER}
FIRST, LAST = _IN_ORDER[0], _IN_ORDER[-1]


def section_with_slug(slug: str) -> Section:
    """Return a section.

    Raises NotFound if the form has no such section.
    """
    if slug not in SECTIONS:
        raise NotFound("section", slug)
    return SECTIONS[slug]

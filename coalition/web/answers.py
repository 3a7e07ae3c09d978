"""An incident's facts in the reader's words, by section of the recording form: for every page that shows a record.

Only what is known is told, and what the reader may not see is told as restricted, whether it is filled in or not. The
caller hands over what its reader may see (`coalition.domain.disclosure`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from coalition import i18n
from coalition.documents.letter import Section as PrintedSection
from coalition.documents.letter import Told
from coalition.domain.codebook import codebook
from coalition.domain.incidents import Facts, Indicator, Need, PartialDate, Perpetrators, Victims
from coalition.domain.vocabulary import Basis
from coalition.i18n import _, labels
from coalition.services.incident_views import IncidentView
from coalition.web.forms.incidents import SECTIONS


@dataclass(frozen=True)
class Answer:
    """One question, and what is known of it."""

    key: str
    value: str
    restricted: bool = False
    """Whether the answer, or a part of it, is kept from the reader."""
    language: str = ""
    """Language of the value where it is not the page's own."""


@dataclass(frozen=True)
class Chapter:
    """The answers of one section."""

    slug: str
    title: str
    url: str
    """Where they are changed; empty where they cannot be."""
    answers: tuple[Answer, ...]


def chapters(
    incident: IncidentView, change: Callable[[str], str] = lambda _section: "", *, all_of_them: bool = False
) -> list[Chapter]:
    """Return the sections in which anything is said, or all of them; `change` gives the address of a section's form."""
    known = answers(incident.facts, incident.withheld)
    return [
        Chapter(slug, str(section.title), change(slug), known[slug])
        for slug, section in SECTIONS.items()
        if known[slug] or all_of_them
    ]


def answers(facts: Facts, withheld: Collection[str] = ()) -> Mapping[str, tuple[Answer, ...]]:
    """Return what is known and what is restricted, by section; a section without answers is empty."""
    told = {
        "when-and-where": _when_and_where(facts, withheld),
        "what-happened": _what_happened(facts),
        "victims": _each(_("Victims %(number)s"), map(_victims, facts.victims)),
        "motivation": _motivation(facts),
        "perpetrators": _each(_("Perpetrators %(number)s"), map(_perpetrators, facts.perpetrators)),
        "sources": _sources(facts, withheld),
        "police": _police(facts, withheld),
        "consent": _consent(facts, withheld),
        "descriptions": _descriptions(facts),
        "check": _check(facts),
    }
    return {
        section: tuple(answer for answer in known if answer.value or answer.restricted)
        for section, known in told.items()
    }


def printed(facts: Facts, withheld: Collection[str] = ()) -> tuple[PrintedSection, ...]:
    """Return what is known and what is restricted as documents print it: the sections in which anything is said."""
    known = answers(facts, withheld)
    return tuple(
        PrintedSection(
            str(section.title),
            tuple(Told(answer.key, answer.value, answer.language, answer.restricted) for answer in known[slug]),
        )
        for slug, section in SECTIONS.items()
        if known[slug]
    )


def _lines(list_name: str, codes: Iterable[str]) -> str:
    return "\n".join(labels.label(list_name, code) for code in codes)


def _beside(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _each(key: str, values: Iterable[str]) -> list[Answer]:
    return [Answer(key % {"number": i18n.format_number(n)}, text) for n, text in enumerate(values, start=1)]


def _when_and_where(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    return [
        Answer(_("Date"), i18n.format_partial_date(str(facts.date)) if facts.date else ""),
        Answer(_("Time of day"), facts.time, "time" in withheld),
        Answer(_("Country"), labels.label("countries", facts.country)),
        Answer(_("Region"), labels.label("regions", facts.region)),
        Answer(_("Town or village"), facts.municipality),
        Answer(_("Kind of place"), labels.label("location_types", facts.location_type)),
    ]


def _what_happened(facts: Facts) -> list[Answer]:
    kind = labels.label("incident_types", facts.type or "")
    return [
        Answer(_("What happened"), _lines("offences", facts.offences)),
        Answer(_("Weapon"), labels.label("weapons", facts.weapon)),
        Answer(_("Type of incident"), _("%(type)s (chosen by hand)", type=kind) if facts.chosen_type else kind),
        Answer(_("Why another type"), facts.type_reason),
    ]


def _motivation(facts: Facts) -> list[Answer]:
    indicators = [
        Answer(
            labels.label("bias_indicators", item.code),
            "\n".join(part for part in (item.note or _("No note yet"), _observed(item)) if part),
        )
        for item in facts.indicators
    ]
    return [Answer(_("Bias motivations"), _lines("bias_motivations", facts.motivations)), *indicators]


def _observed(item: Indicator) -> str:
    who = labels.label("observers", item.observer)
    return _("Observed by: %(who)s", who=who) if who else ""


def _people(number: int | None) -> str:
    return (
        i18n.ngettext("%(people)s person", "%(people)s people", number, people=i18n.format_number(number))
        if number
        else ""
    )


def _victims(row: Victims) -> str:
    return _beside(
        labels.label("victim_kinds", row.kind),
        _people(row.number),
        labels.label("genders", row.gender),
        labels.label("age_bands", row.age_band),
        labels.label("links_to_group", row.link),
        labels.label("harms", row.harm),
        row.injury,
        _told(_("Targeted before: %(answer)s"), labels.label("earlier_targeting", row.earlier)),
        _told(_("Grounds: %(answer)s"), ", ".join(labels.label("sub_grounds", code) for code in row.sub_grounds)),
    )


def _told(words: str, answer: str) -> str:
    return words % {"answer": answer} if answer else ""


def _perpetrators(row: Perpetrators) -> str:
    return _beside(
        _people(row.number),
        labels.label("genders", row.gender),
        labels.label("age_bands", row.age_band),
        labels.label("perpetrator_relations", row.relation),
        _told(_("They acted: %(answer)s"), labels.label("perpetrator_capacities", row.capacity)),
    )


def _sources(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    key = _("Source %(number)s")
    return [
        Answer(
            key % {"number": i18n.format_number(position + 1)},
            _beside(
                labels.label("source_kinds", row.kind),
                row.name,
                row.reference,
                _day(row.date),
                row.url,
                _told(_("Source: %(answer)s"), labels.label("source_reliabilities", row.reliability)),
                _told(_("Information: %(answer)s"), labels.label("information_credibilities", row.credibility)),
            ),
            f"sources.{position}.name" in withheld,
        )
        for position, row in enumerate(facts.sources)
    ]


def _police(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    return [
        Answer(_("Police"), labels.label("case_statuses", facts.case_status)),
        Answer(_("Bias recorded by the police"), labels.label("bias_recorded", facts.bias_recorded)),
        *_proceedings(facts, withheld),
        Answer(_("Why not reported"), labels.label("reasons_not_reported", facts.reason_not_reported)),
        Answer(_("What the authorities did"), facts.authorities_response),
        Answer(_("Impact on victim and community"), facts.impact),
        *_needs(facts, withheld),
        Answer(_("Your own reference"), facts.own_reference, "own_reference" in withheld),
    ]


def _day(day: PartialDate | None) -> str:
    return i18n.format_partial_date(str(day)) if day else ""


def _proceedings(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    key = _("Step %(number)s of police and justice")
    return [
        Answer(
            key % {"number": i18n.format_number(position + 1)},
            _beside(labels.label("police_steps", row.step), _day(row.date), row.reference, row.note),
            f"proceedings.{position}.reference" in withheld,
        )
        for position, row in enumerate(facts.proceedings)
    ]


def _needs(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    if "needs" in withheld:
        return [Answer(_("Needs and support"), "", restricted=True)]
    return _each(_("Need %(number)s"), map(_need, facts.needs))


def _need(row: Need) -> str:
    return _beside(
        labels.label("needs", row.need),
        row.referred_to,
        labels.label("referral_outcomes", row.outcome),
        _told(_("Ask again on %(answer)s"), i18n.format_date(row.follow_up) if row.follow_up else ""),
    )


def _consent(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    known = [Answer(_("What allows the record"), labels.label("bases", facts.basis))]
    if facts.basis != Basis.CONSENT:
        return known
    purposes = codebook()["consent_purposes"]
    return [
        *known,
        Answer(_("Agreed to"), _lines("consent_purposes", purposes.sorted(facts.consents))),
        Answer(
            _("Not agreed to"),
            _lines("consent_purposes", (code for code in purposes.codes if code not in facts.consents)),
        ),
        Answer(_("Who consented"), labels.label("consent_givers", facts.consent_by)),
        Answer(_("How consent was given"), labels.label("consent_ways", facts.consent_way)),
        Answer(
            _("Day of consent"),
            i18n.format_date(facts.consent_date) if facts.consent_date else "",
            "consent_date" in withheld,
        ),
        *_contact(facts, withheld),
    ]


def _contact(facts: Facts, withheld: Collection[str]) -> list[Answer]:
    if "contact_name" in withheld:
        return [Answer(_("How to reach the person"), "", restricted=True)]
    return [
        Answer(_("What to call the person"), facts.contact_name),
        Answer(_("Telephone"), facts.contact_phone),
        Answer(_("E-mail"), facts.contact_email),
        Answer(_("How to reach the person without danger"), facts.contact_safely),
    ]


def _descriptions(facts: Facts) -> list[Answer]:
    public = [
        Answer(
            _("Public description (%(language)s)", language=i18n.locale(code).native_name),
            facts.descriptions[code],
            language=code,
        )
        for code in sorted(facts.descriptions, key=lambda code: (code != i18n.SOURCE_LANGUAGE, code))
    ]
    cleared = "\n".join(f"“{item.text}” · {item.reason}" for item in facts.clearances)
    return [Answer(_("Internal account"), facts.narrative), *public, Answer(_("Looked at and found harmless"), cleared)]


def _check(facts: Facts) -> list[Answer]:
    return [
        Answer(_("ODIHR’s scope, as a person sees it"), labels.label("scopes", facts.chosen_scope)),
        Answer(_("Why the scope is seen differently"), facts.scope_reason),
    ]

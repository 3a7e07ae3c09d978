"""What of an incident may be seen by whom: every field has a class, and every audience a set of classes.

A field that is not listed here is seen by nobody: a test fails until somebody decides.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from enum import StrEnum
from functools import cache

from coalition.domain.incidents import Facts, PartialDate, Source


class FieldClass(StrEnum):
    """How revealing a field is."""

    IDENTITY = "identity"
    """Leads to the person; stays inside the recording organisation."""
    NARRATIVE = "narrative"
    """Free text that may say too much; the organisation, and the coordinator once the incident is shared."""
    LOCATING = "locating"
    """Narrows place or time down; the same audience as the narrative."""
    CODED = "coded"
    """Codes and numbers: what ODIHR is told of each incident."""
    PUBLIC = "public"
    """Written to be published."""


class Audience(StrEnum):
    """Who looks."""

    OWNER = "owner"
    """The recording organisation."""
    COALITION = "coalition"
    """The coordinator, for a shared incident: the pseudonymised record."""
    ODIHR = "odihr"
    """The receiving body of the yearly submission: the anonymised record."""
    PUBLIC = "public"
    """Everybody."""


FIELD_CLASSES: Mapping[str, FieldClass] = {
    "date": FieldClass.PUBLIC,
    "time": FieldClass.IDENTITY,
    "country": FieldClass.PUBLIC,
    "region": FieldClass.LOCATING,
    "municipality": FieldClass.LOCATING,
    "location_type": FieldClass.CODED,
    "offences": FieldClass.CODED,
    "chosen_type": FieldClass.PUBLIC,
    "motivations": FieldClass.PUBLIC,
    "indicators": FieldClass.CODED,
    "victims": FieldClass.CODED,
    "perpetrators": FieldClass.CODED,
    "sources": FieldClass.CODED,
    "case_status": FieldClass.CODED,
    "reason_not_reported": FieldClass.CODED,
    "authorities_response": FieldClass.NARRATIVE,
    "impact": FieldClass.NARRATIVE,
    "own_reference": FieldClass.IDENTITY,
    "narrative": FieldClass.NARRATIVE,
    "descriptions": FieldClass.PUBLIC,
    "basis": FieldClass.CODED,
    "consents": FieldClass.CODED,
    "consent_way": FieldClass.CODED,
    "consent_date": FieldClass.IDENTITY,
}

VISIBLE: Mapping[Audience, frozenset[FieldClass]] = {
    Audience.OWNER: frozenset(FieldClass),
    Audience.COALITION: frozenset(FieldClass) - {FieldClass.IDENTITY},
    Audience.ODIHR: frozenset({FieldClass.CODED, FieldClass.PUBLIC}),
    Audience.PUBLIC: frozenset({FieldClass.PUBLIC}),
}

NAMED_OUTSIDE = frozenset({"partner_organisation", "media"})
"""The kinds of source that may be named; the name of any other would be a person's."""

OUTSIDE = frozenset({Audience.ODIHR, Audience.PUBLIC})


@cache
def hidden_fields(audience: Audience) -> frozenset[str]:
    """Return the names of the fields that an audience does not see."""
    return frozenset(field.name for field in fields(Facts) if FIELD_CLASSES.get(field.name) not in VISIBLE[audience])


def disclose(facts: Facts, audience: Audience) -> Facts:
    """Return the facts with everything that the audience may not see taken out.

    Outside the recording organisation only organisations and media are named as sources. Outside the coalition the
    date is cut to the month (ODIHR publishes month and country only), the notes of indicators, injuries and
    references of sources are left out, and the type is stated even where the offences are not.
    """
    empty = Facts()
    visible = replace(facts, **{name: getattr(empty, name) for name in hidden_fields(audience)})
    if audience is Audience.OWNER:
        return visible
    visible = replace(visible, sources=tuple(_unnamed(item) for item in visible.sources))
    if audience not in OUTSIDE:
        return visible
    return replace(
        visible,
        date=facts.date and PartialDate(facts.date.year, facts.date.month),
        chosen_type=facts.type or "",
        indicators=tuple(replace(item, note="", observer="") for item in visible.indicators),
        victims=tuple(replace(item, injury="") for item in visible.victims),
        sources=tuple(replace(item, reference="") for item in visible.sources),
    )


def _unnamed(source: Source) -> Source:
    return source if source.kind in NAMED_OUTSIDE else replace(source, name="", reference="")

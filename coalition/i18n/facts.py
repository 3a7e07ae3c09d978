"""Facts by their names: what a change, or two different answers, are about."""

from collections.abc import Iterable, Mapping

from coalition.i18n import L_

_TITLES: Mapping[str, str] = {
    "date": L_("Date"),
    "time": L_("Time of day"),
    "country": L_("Country"),
    "region": L_("Region"),
    "municipality": L_("Town or village"),
    "location_type": L_("Kind of place"),
    "offences": L_("What happened"),
    "chosen_type": L_("Type of incident"),
    "type_reason": L_("Why another type"),
    "chosen_scope": L_("ODIHR’s scope, as a person sees it"),
    "scope_reason": L_("Why the scope is seen differently"),
    "weapon": L_("Weapon"),
    "motivations": L_("Bias motivations"),
    "indicators": L_("Bias indicators"),
    "victims": L_("Who was targeted"),
    "perpetrators": L_("Who did it"),
    "sources": L_("Sources"),
    "case_status": L_("Police"),
    "bias_recorded": L_("Bias recorded by the police"),
    "proceedings": L_("Steps of police and justice"),
    "reason_not_reported": L_("Why not reported"),
    "authorities_response": L_("What the authorities did"),
    "impact": L_("Impact on victim and community"),
    "needs": L_("Needs and support"),
    "own_reference": L_("Your own reference"),
    "narrative": L_("Internal account"),
    "descriptions": L_("Public descriptions"),
    "clearances": L_("Looked at and found harmless"),
    "basis": L_("What allows the record"),
    "consents": L_("Agreed to"),
    "consent_by": L_("Who consented"),
    "consent_way": L_("How consent was given"),
    "consent_date": L_("Day of consent"),
    "contact_name": L_("What to call the person"),
    "contact_phone": L_("Telephone"),
    "contact_email": L_("E-mail"),
    "contact_safely": L_("How to reach the person without danger"),
}
"""Each fact by its name. A test holds it complete."""

_OF_SEVERAL: Mapping[str, str] = {"country": L_("Where it happened"), "basis": L_("Consent")}
"""Several facts that are one question, by the first of them; of others the first gives its name."""


def title_of(*names: str) -> str:
    """Return what one fact, or several that belong together, are called."""
    several = _OF_SEVERAL.get(names[0]) if len(names) > 1 else None
    return str(several or _TITLES[names[0]])


def titles_of(names: Iterable[str]) -> list[str]:
    """Return what some facts are called, each by itself, in the order of the form."""
    wanted = set(names)
    return [str(title) for name, title in _TITLES.items() if name in wanted]

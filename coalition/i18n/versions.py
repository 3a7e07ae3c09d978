"""Versions of a submission in words: what became of an incident, and why."""

from collections.abc import Mapping

from coalition.domain.consents import Part
from coalition.domain.versions import PART, Place, Reason, What, Why
from coalition.i18n import L_, _, format_number
from coalition.i18n.facts import titles_of
from coalition.i18n.profiles import FIELDS

KINDS: Mapping[What, str] = {
    What.REMOVED: L_("Removed incidents"),
    What.CHANGED: L_("Changed incidents"),
    What.ADDED: L_("Added incidents"),
}
"""What became of incidents, above those of one kind."""
WHY: Mapping[Why, str] = {
    Why.ACCEPTED: L_("It was accepted since."),
    Why.LATE: L_("Late: it was accepted after that version had been sent."),
    Why.REOPENED: L_("The decision about it was taken back."),
    Why.REJECTED: L_("It was not accepted."),
    Why.LINKED: L_("It is counted together with another record now."),
    Why.UNLINKED: L_("It is not counted together with another record any more."),
    Why.CONSENT_GIVEN: L_("Consent was given."),
    Why.CONSENT_WITHDRAWN: L_("Consent was taken back."),
    Why.DATE_MOVED_IN: L_("Its date was changed, and lies in the data year now."),
    Why.DATE_MOVED_OUT: L_("Its date was changed, and lies outside the data year now."),
    Why.ANSWERS_CHANGED: L_("Its record was changed."),
    Why.WORDING: L_("Nobody changed the record: the names or labels that it is written with are others now."),
    Why.UNKNOWN: L_("The reason is not known."),
}
"""Why an incident is not where it was."""
PARTS: Mapping[Part, str] = {
    Part.DESCRIPTIVE: L_("Described"),
    Part.STATISTICAL: L_("In the statistics only"),
}
"""The parts of a submission."""


def place_in_words(place: Place | None) -> str:
    """Say where an incident stands in a version."""
    if place is None:
        return _("Not in it")
    if place.number:
        return _("Described, number %(number)s", number=format_number(place.number))
    return str(PARTS[place.part])


def reason_in_words(reason: Reason) -> str:
    """Say why, with the answers that were changed and the other record."""
    said = [str(WHY[reason.why])]
    if reason.fields:
        said.append(_("Answers: %(answers)s.", answers=", ".join(titles_of(reason.fields))))
    if reason.other:
        said.append(_("The other record: %(reference)s.", reference=reason.other))
    return " ".join(said)


def field_in_words(name: str) -> str:
    """Return what a cell is about."""
    return _("Part of the submission") if name == PART else str(FIELDS.get(name, name))

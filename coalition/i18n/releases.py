"""What left the coalition, in words: what it is, how an incident is in it, what is to be done about it."""

from coalition.domain.consents import Kind, Mending, Part
from coalition.i18n import L_, _, format_number, language_name

_ASKED = {
    Mending.REMOVE: L_("The coordinator is asked to have the record removed."),
    Mending.SUBTRACT: L_("The coordinator is asked to send corrected figures."),
    Mending.UNDESCRIBE: L_("The coordinator is asked to make it again without the description."),
    Mending.RECOUNT: L_("The coordinator is asked to make it again without the incident."),
}
_DONE = {
    Mending.REMOVE: L_("The coordinator has dealt with the correction."),
    Mending.SUBTRACT: L_("The coordinator has dealt with the correction."),
    Mending.UNDESCRIBE: L_("The coordinator has dealt with the correction."),
    Mending.RECOUNT: L_("The coordinator has dealt with the correction."),
}


def release_in_words(kind: Kind, year: int, language: str = "") -> str:
    """Name what left."""
    if kind is Kind.SUBMISSION:
        return _("Submission to ODIHR for %(year)s", year=year)
    if kind is Kind.REPORT:
        return _("PDF report on %(year)s: %(language)s", year=year, language=language_name(language))
    return _("Public figures of %(year)s", year=year)


def part_in_words(part: Part, number: int | None) -> str:
    """Say how an incident is in it."""
    if part is Part.DESCRIPTIVE:
        return _("Record No. %(number)s", number=format_number(number or 0))
    if part is Part.STATISTICAL:
        return _("Counted in the statistical part")
    if part is Part.TOLD:
        return _("Described, and counted through another record")
    return _("Counted and described") if part is Part.DESCRIBED else _("Counted")


def mending_in_words(kind: Kind, mending: Mending | None, *, done: bool) -> str:
    """Say what becomes of it now."""
    if mending is None:
        return _("Stays: it needs no consent that is gone.")
    if kind is Kind.SUMMARY and mending is Mending.UNDESCRIBE:
        return _("The description is off the page.")
    if kind is Kind.SUMMARY and not done:
        return _("The description is off the page. The coordinator is asked to publish the year again.")
    return str((_DONE if done else _ASKED)[mending])

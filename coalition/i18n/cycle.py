"""ODIHR's cycle and the coalition's dates in words: what each is, and how well it is known."""

from collections.abc import Mapping

from coalition.domain.cycle import Known, Milestone, Planned, Reach
from coalition.i18n import L_, _

TITLES: Mapping[Milestone, str] = {
    Milestone.CALL: L_("ODIHR calls for submissions: incidents of %(year)s"),
    Milestone.DEADLINE: L_("Last day to submit to ODIHR: incidents of %(year)s"),
    Milestone.CONSULTATION: L_("ODIHR asks contributors to check their entries: incidents of %(year)s"),
    Milestone.PUBLICATION: L_("ODIHR publishes its hate crime data: incidents of %(year)s"),
}
"""What each part of the cycle is called in a calendar."""

NAMES: Mapping[Milestone, str] = {
    Milestone.CALL: L_("Call for submissions"),
    Milestone.DEADLINE: L_("Deadline"),
    Milestone.CONSULTATION: L_("Consultation of contributors"),
    Milestone.PUBLICATION: L_("Publication"),
}
"""The same beside a data year."""

_TO_DO: Mapping[Milestone, str] = {
    Milestone.CALL: L_("ODIHR writes to those who have submitted before. The call names the deadline: compare it."),
    Milestone.DEADLINE: L_("Until then the files have to be with ODIHR."),
    Milestone.CONSULTATION: L_("ODIHR sends by e-mail what it will publish of each contributor. Answer what is wrong."),
    Milestone.PUBLICATION: L_("On the International Day for Tolerance."),
}

REACHES: Mapping[Reach, str] = {
    Reach.EVERYBODY: L_("Everybody: it stands on the public page and in the public calendar"),
    Reach.MEMBERS: L_("Members only"),
}
"""For whom a date is."""


def title_of(item: Planned) -> str:
    """Return what a part of a cycle is called in a calendar."""
    return str(TITLES[item.milestone]) % {"year": item.year}


def known_in_words(item: Planned) -> str:
    """Return how well the date is known, as a sentence."""
    if item.known is Known.SET:
        return _("Set by the coordinator for this year.")
    if item.known is Known.PUBLISHED:
        return _("The same day every year, as ODIHR says.")
    if item.seen_in is not None:
        return _(
            "The same day in every call from %(first)s to %(last)s that was read. Compare it with this year’s call.",
            first=str(item.seen_in[0]),
            last=str(item.seen_in[1]),
        )
    return _("Usually about then. ODIHR has named no day.")


def about(item: Planned) -> str:
    """Return what happens in a part of a cycle, and how well its date is known."""
    return f"{_TO_DO[item.milestone]} {known_in_words(item)}"

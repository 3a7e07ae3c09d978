"""What the software found for a test of the criterion, in words: one sentence per evidence code.

A proposal carries a code and values, so that a decision can be read in any language years later.
"""

from collections.abc import Callable, Mapping

from coalition.domain.criterion import Finding, Proposal
from coalition.domain.vocabulary import Basis
from coalition.i18n import L_, gettext, labels, ngettext

_MISSING = {"date": L_("the date"), "country": L_("the country"), "text": L_("what happened")}


def _country(proposal: Proposal) -> str:
    if proposal.finding is Finding.UNCLEAR:
        return gettext("No country is recorded.")
    country = labels.label("countries", str(proposal.values["country"]))
    if proposal.finding is Finding.NO:
        return gettext("%(country)s is not a participating State.", country=country)
    return gettext("It happened in %(country)s.", country=country)


def _year(proposal: Proposal) -> str:
    if proposal.finding is Finding.NO:
        return gettext("The date lies in the future.")
    return gettext("It belongs to data year %(year)s.", year=proposal.values["year"])


def _type(proposal: Proposal) -> str:
    kind = labels.label("incident_types", str(proposal.values["type"]))
    # Translators: type is ODIHR's name of a type of incident, such as “Threats”.
    return gettext("What is recorded counts as “%(type)s”.", type=kind)


def _offences(proposal: Proposal) -> str:
    if proposal.finding is Finding.UNCLEAR:
        return gettext("What is recorded does not say which type of incident it is.")
    count = int(proposal.values["count"])
    if not count:
        return gettext("The type of incident was chosen by the recorder; no offence is named.")
    return ngettext("%(num)s offence is recorded.", "%(num)s offences are recorded.", count)


def _indicators(proposal: Proposal) -> str:
    return ngettext(
        "%(num)s bias indicator has a note of what was observed.",
        "%(num)s bias indicators have a note of what was observed.",
        int(proposal.values["count"]),
    )


def _missing(proposal: Proposal) -> str:
    parts = str(proposal.values["missing"]).split()
    # Translators: parts is a list such as “the date, the country”.
    return gettext("Not recorded: %(parts)s.", parts=", ".join(str(_MISSING[part]) for part in parts))


def _look_alikes(proposal: Proposal) -> str:
    count = int(proposal.values["count"])
    if not count:
        return gettext("No other record looks like the same incident.")
    return ngettext(
        "%(num)s other record could be about the same incident.",
        "%(num)s other records could be about the same incident.",
        count,
    )


def _basis(proposal: Proposal) -> str:
    basis = proposal.values["basis"]
    if basis == Basis.PUBLIC_SOURCE:
        return gettext("It was recorded from a public source.")
    if basis == Basis.CONSENT and proposal.finding is Finding.YES:
        return gettext("The person consented to being counted in statistics.")
    if basis == Basis.CONSENT:
        return gettext("The person did not consent to being counted in statistics.")
    return gettext("Neither consent nor a public source is recorded.")


def _fixed(text: str) -> Callable[[Proposal], str]:
    return lambda _proposal: str(text)


SENTENCES: Mapping[str, Callable[[Proposal], str]] = {
    "country": _country,
    "no_date": _fixed(L_("No date is recorded.")),
    "year": _year,
    "type": _type,
    "out_of_scope": _fixed(L_("Only hate speech or discrimination is recorded.")),
    "no_offence": _fixed(L_("No offence is recorded that decides the type of incident.")),
    "only_speech": _fixed(L_("Nothing beyond hate speech or discrimination is recorded.")),
    "offences": _offences,
    "indicators": _indicators,
    "described_only": _fixed(L_("No bias indicator has a note, but a motivation and a description are recorded.")),
    "no_indicator": _fixed(L_("No bias indicator has a note of what was observed.")),
    "missing": _missing,
    "complete": _fixed(L_("The date, the country and what happened are recorded.")),
    "look_alikes": _look_alikes,
    "basis": _basis,
    "recorder_outside": _fixed(L_("The recorder says that it does not; see the scope and its reason.")),
    "recorder_inside": _fixed(L_("The record says no, but the recorder says yes; see the scope and its reason.")),
}
"""One sentence per evidence code of `coalition.domain.criterion`."""


def sentence(proposal: Proposal) -> str:
    """Return what the software found for a test."""
    return SENTENCES[proposal.evidence](proposal)

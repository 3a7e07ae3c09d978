"""What a list is narrowed to, and what is done with many of its records, in words."""

from collections.abc import Mapping

from coalition.domain.bulk import Act, Obstacle
from coalition.domain.filters import ALL, ME, NOBODY, UNCHECKED, UNKNOWN
from coalition.i18n import L_, _, labels, month_name

PARTS: Mapping[str, str] = {
    "state": L_("State"),
    "year": L_("Data year"),
    "organisation": L_("Organisation"),
    "country": L_("Country"),
    "type": L_("Type"),
    "motivation": L_("Bias motivation"),
    "reviewer": L_("Reviewer"),
    "verification": L_("Verification"),
    "overdue": L_("Overdue"),
    "late": L_("Late: accepted after the submission of its year"),
    "question": L_("Has an open question"),
    "second": L_("Waits for a second person"),
    "month": L_("Month"),
    "readiness": L_("For the submission"),
    "words": L_("Search"),
}
"""The parts of a filter; those of `_SAID_ALONE` are said by their name alone."""

_LISTS = {
    "state": "states",
    "country": "countries",
    "type": "incident_types",
    "motivation": "bias_motivations",
    "verification": "verification_levels",
    "readiness": "readiness",
}
_SAID_ALONE = frozenset({"overdue", "late", "question", "second"})
SPECIAL: Mapping[str, str] = {
    ALL: L_("All"),
    ME: L_("Me"),
    NOBODY: L_("Nobody yet"),
    UNCHECKED: L_("Not checked yet"),
    UNKNOWN: L_("Month not known"),
}
"""What a part can be beside codes and names."""

ACTS: Mapping[Act, str] = {
    Act.TAKE: L_("Take into review"),
    Act.ASSIGN: L_("Assign to a reviewer"),
    Act.PUT_BACK: L_("Put back into the queue"),
    Act.COMMENT: L_("Write a comment to the organisations"),
    Act.ACCEPT: L_("Accept where every test is proposed yes"),
    Act.MOTIVATION: L_("Add a bias motivation"),
    Act.REGION: L_("Say the region"),
    Act.SUBMIT: L_("Submit what is complete"),
    Act.WITHDRAW: L_("Take back"),
}
"""What can be done with many records."""

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.GONE: L_("It is not there any more, or not for you."),
    Obstacle.STATE: L_("Its state does not allow it."),
    Obstacle.CHANGED: L_("Somebody changed it since you looked at it."),
    Obstacle.NOT_YOURS: L_("Only who records it and the organisation lead can change it."),
    Obstacle.TESTS: L_("The software does not propose yes in every test. Look at it yourself."),
    Obstacle.SECOND: L_("A second person has to say the same. Decide on its own page."),
    Obstacle.INCOMPLETE: L_("Something is still missing."),
    Obstacle.SAID: L_("An answer is there already, and stays."),
    Obstacle.ELSEWHERE: L_("It happened in another country."),
}
"""Why a record is left out."""


def value_in_words(name: str, text: str, names: Mapping[str, str]) -> str:
    """Return what a part of a filter is set to; `names` are those of organisations and people, by code."""
    if name in _SAID_ALONE:
        return _("Yes")
    if text in SPECIAL:
        return str(SPECIAL[text])
    if name in {"organisation", "reviewer"}:
        return names.get(text, text)
    if name == "month":
        return month_name(int(text))
    if name == "words":
        return _("“%(words)s”", words=text)
    return labels.label(_LISTS[name], text) if name in _LISTS else text


def part_in_words(name: str, text: str, names: Mapping[str, str]) -> str:
    """Return one part of a filter as a short line, such as "Country: Bulgaria"."""
    if name in _SAID_ALONE:
        return str(PARTS[name])
    return _("%(part)s: %(value)s", part=PARTS[name], value=value_in_words(name, text, names))

"""What ODIHR made of a record, in words."""

from collections.abc import Mapping

from coalition.domain.matching import Outcome
from coalition.i18n import L_

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.INCLUDED: L_("As it was sent"),
    Outcome.CHANGED: L_("With changes"),
    Outcome.MERGED: L_("Merged with others"),
    Outcome.NOT_INCLUDED: L_("Not in the list"),
}
"""What became of a record."""
CELLS: Mapping[str, str] = {
    "date": L_("Date"),
    "country": L_("Country"),
    "motivations": L_("Bias motivations"),
    "type": L_("Type of incident"),
    "source": L_("Source"),
    "description": L_("Description"),
}
"""The six cells of ODIHR's export."""
_OTHER = L_("Something else")
_SAME = L_("The same")
_LIKENESS: Mapping[str, tuple[tuple[float, str], ...]] = {
    "date": (
        (1.0, _SAME),
        (0.7, L_("One of both names the year only")),
        (0.5, L_("A month apart")),
        (0.0, L_("More than a month apart")),
    ),
    "country": ((1.0, _SAME), (0.0, _OTHER)),
    "motivations": ((1.0, _SAME), (0.01, L_("Some in common")), (0.0, L_("None in common"))),
    "type": ((1.0, _SAME), (0.0, _OTHER)),
    "source": (
        (1.0, _SAME),
        (0.5, L_("Some of you, or others as well")),
        (0.01, L_("Other members only")),
        (0.0, L_("None of you")),
    ),
    "description": (
        (1.0, _SAME),
        (0.9, L_("Nearly the same words")),
        (0.6, L_("Most words in common")),
        (0.3, L_("Some words in common")),
        (0.0, L_("Hardly a word in common")),
    ),
}


def likeness_in_words(cell: str, likeness: float | None) -> str:
    """Return how much two cells say the same; a cell that is not compared says nothing."""
    if likeness is None:
        return ""
    return next(str(words) for least, words in _LIKENESS[cell] if likeness >= least)

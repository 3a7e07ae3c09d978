"""The words of a submission's tables of numbers and of its list of changes, in the language of its profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from coalition.domain.consents import Part
from coalition.domain.profiles import Profile
from coalition.domain.submissions import Wording, in_english
from coalition.domain.versions import What
from coalition.i18n import gettext as _
from coalition.i18n import in_language, pgettext
from coalition.i18n.labels import label

_ENGLISH = "en"


def words_of(taken: Profile) -> Wording:
    """Return the headings and labels of a profile: the receiving body's wordings, else those of its language."""
    if taken.language == _ENGLISH:
        return in_english(taken)
    with in_language(taken.language):
        header = (_("Country"), _("Bias motivation"), _("Type of incident"), _("Incidents"))
        return Wording(partial(called, taken), header, _("All incidents"))


def called(taken: Profile, list_name: str, code: str) -> str:
    """Return how a profile calls a code: in the receiving body's wording, else in the profile's language."""
    with in_language(taken.language):
        return taken.label_of(list_name, code) or label(list_name, code)


ERASED = "erased"
"""Beside What: the record is gone, and nothing but its number is known."""


@dataclass(frozen=True)
class ChangeWords:
    """The words of the list of what a revision changes, in one language."""

    header: tuple[str, str, str, str, str, str]
    part: str
    """How the part is called where it is among the things that are different."""
    called: Mapping[str, str]
    """What became of an incident, and the parts, by their codes."""

    def of(self, row: Sequence[str | int]) -> tuple[str | int, ...]:
        """Return a row with words for its codes: what became of the incident, where it was, where it is."""
        what, before, now, *parts, different = row
        return (self._word(what), before, now, *map(self._word, parts), different)

    def _word(self, code: str | int) -> str:
        return self.called[str(code)] if code else ""


def change_words(taken: Profile) -> ChangeWords:
    """Return the words for what a revision changes, in the language of a profile."""
    with in_language(taken.language):
        return ChangeWords(
            header=(
                pgettext("changes", "Change"),
                pgettext("changes", "Number before"),
                pgettext("changes", "Number now"),
                pgettext("changes", "Part before"),
                pgettext("changes", "Part now"),
                pgettext("changes", "What is different"),
            ),
            part=pgettext("changes", "Part"),
            called={
                What.ADDED: pgettext("changes", "added"),
                What.REMOVED: pgettext("changes", "removed"),
                What.CHANGED: pgettext("changes", "changed"),
                ERASED: pgettext("changes", "erased"),
                Part.DESCRIPTIVE: pgettext("changes", "descriptive"),
                Part.STATISTICAL: pgettext("changes", "statistical"),
            },
        )

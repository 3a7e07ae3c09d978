"""The words of a submission's tables of numbers, in the language of its profile."""

from functools import partial

from coalition.domain.profiles import Profile
from coalition.domain.submissions import Wording, in_english
from coalition.i18n import gettext as _
from coalition.i18n import in_language
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

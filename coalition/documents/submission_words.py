"""The words of a submission's tables of numbers, in the language of its profile."""

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

    def said(list_name: str, code: str) -> str:
        with in_language(taken.language):
            return taken.label_of(list_name, code) or label(list_name, code)

    with in_language(taken.language):
        header = (_("Country"), _("Bias motivation"), _("Type of incident"), _("Incidents"))
        return Wording(said, header, _("All incidents"))

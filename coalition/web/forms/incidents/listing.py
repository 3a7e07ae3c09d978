"""The small forms around the recording form: the filter of the list, and handing an incident in."""

from collections.abc import Collection

from wtforms.validators import InputRequired

from coalition.i18n import L_, labels
from coalition.web.forms.fields import CodeCheckboxes, LongText
from coalition.web.forms.incidents.section import VersionedForm

_ANSWER = 5000


class ConsentForm(VersionedForm):
    """Take consent back for some purposes; only those that were consented to are offered."""

    purposes = CodeCheckboxes(
        L_("Which consent does the person take back?"),
        "consent_purposes",
        validators=[InputRequired(L_("Tick what the person takes back"))],
    )

    def offer(self, given: Collection[str]) -> None:
        """Offer the purposes that were consented to."""
        self.purposes.choices = {
            code: labels.label("consent_purposes", code) for code in self.purposes.codes if code in given
        }


class SubmitForm(VersionedForm):
    """Hand an incident in, with the answer to a question if there is one."""

    answer = LongText(
        L_("Your answer to the coordinator"),
        most=_ANSWER,
        description=L_("Answer here, change the record, or do both. The coordinator sees your answer."),
        render_kw={"rows": 5},
    )

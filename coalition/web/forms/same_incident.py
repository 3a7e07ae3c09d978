"""The form that takes a record away from those that it is counted with."""

from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from coalition.i18n import L_
from coalition.web.forms.base import Form

LONGEST = 4000
"""Characters of a reason."""


class UnlinkForm(Form):
    """Why a record is counted by itself again."""

    version = HiddenField()
    text = TextAreaField(
        L_("Why is it not the same incident?"),
        [
            DataRequired(L_("Say why it is not the same incident")),
            Length(max=LONGEST, message=L_("Write at most 4,000 characters")),
        ],
        description=L_("The member reads it. Ask for no name, write no name."),
        render_kw={"rows": 4},
    )

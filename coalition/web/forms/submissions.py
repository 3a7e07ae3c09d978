"""The forms of the yearly submission: ask for it to be built, note that it was sent."""

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired

from coalition.i18n import L_
from coalition.web.forms.base import Form
from coalition.web.forms.fields import WholeDateField


class BuildForm(Form):
    """One data year; a button per year sends it."""

    year = IntegerField(validators=[InputRequired()])
    profile = StringField()
    """Code of the profile; empty for the one that the year is built with."""


class SentForm(Form):
    """The day on which a version was sent."""

    day = WholeDateField(L_("Sent on"))

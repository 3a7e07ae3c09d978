"""The form that asks for a yearly submission."""

from wtforms import IntegerField
from wtforms.validators import InputRequired

from coalition.web.forms.base import Form


class BuildForm(Form):
    """One data year; a button per year sends it."""

    year = IntegerField(validators=[InputRequired()])

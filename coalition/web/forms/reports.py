"""The form that asks for a PDF report."""

from collections.abc import Sequence
from typing import Self

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from coalition.i18n import L_, language_name
from coalition.web.forms.base import Form


class ReportForm(Form):
    """A data year and a language."""

    year = SelectField(L_("Data year"), [InputRequired(L_("Choose a data year"))])
    language = RadioField(L_("Language of the report"), [InputRequired(L_("Choose a language"))])

    @classmethod
    def offering(cls, years: Sequence[int], languages: Sequence[str], language: str) -> Self:
        """Return the form with these years and languages, and the reader's own language chosen."""
        form = cls(data={"year": str(years[0]) if years else "", "language": language})
        form.year.choices = {str(year): str(year) for year in years}
        form.language.choices = {code: language_name(code) for code in languages}
        return form

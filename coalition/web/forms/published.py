"""Forms about ODIHR's published list: the file, and what a person says of one record."""

from collections.abc import Mapping

from wtforms import FileField, IntegerField, RadioField, SelectField
from wtforms.validators import NumberRange, Optional

from coalition.i18n import L_, _
from coalition.web.forms.base import Form, add_error

MISSING, ANOTHER = "missing", "another"
"""What the choice of a line sends for "not in the list", and for a line whose number is typed."""
_MOST = 1_000_000


class ListForm(Form):
    """A list, and the data year that it is of."""

    year = SelectField(L_("Data year"), coerce=int)
    file = FileField(
        L_("ODIHR’s list"),
        description=L_(
            "CSV or XLSX, as ODIHR’s hate crime database exports it, up to 25 MB. It may hold other States and years."
        ),
        render_kw={"accept": ".csv,.xlsx"},
    )

    def offer(self, years: list[int]) -> None:
        """Offer the data years."""
        self.year.choices = [(year, str(year)) for year in years]


class LineForm(Form):
    """Which line of the list a record is."""

    line = RadioField(L_("Which line is it?"), validate_choice=False)
    number = IntegerField(
        L_("Number of the line"),
        [Optional(), NumberRange(2, _MOST)],
        description=L_("As the file counts them: the heading is line 1."),
    )

    def offer(self, lines: Mapping[int, str]) -> None:
        """Offer some lines by their number, another one, and none."""
        self.line.choices = {
            **{str(number): words for number, words in lines.items()},
            ANOTHER: _("Another line"),
            MISSING: _("It is not in the list"),
        }

    def chosen(self) -> int | None:
        """Return the number of the chosen line, None for "not in the list". Call it after `check`."""
        if self.line.data == MISSING:
            return None
        return self.number.data if self.line.data == ANOTHER else int(self.line.data)

    def check(self) -> bool:
        """Tell whether the choice is whole; what is not is said beside its field."""
        if self.line.data not in {value for value, _words, _chosen, _more in self.line.iter_choices()}:
            add_error(self.line, _("Choose a line, or that it is not in the list."))
        elif self.line.data == ANOTHER and self.number.data is None and not self.number.errors:
            add_error(self.number, _("Type the number of the line."))
        return not self.errors

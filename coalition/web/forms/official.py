"""Forms about official figures: one value as it was seen, and a file of them."""

from collections.abc import Callable, Mapping
from typing import Any

from wtforms import FileField, RadioField, ValidationError
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import URLInput

from coalition.domain.codebook import countries
from coalition.domain.incidents import EARLIEST_YEAR
from coalition.domain.official import (
    LARGEST,
    LONGEST_ADDRESS,
    LONGEST_NOTE,
    Cell,
    Entry,
    Figure,
    Kind,
    Value,
    Wrong,
    is_address,
)
from coalition.i18n import L_, _, by_country_name, labels
from coalition.i18n.official import FIGURES, KINDS, WRONG
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import LATEST_YEAR, CodeSelect, Text, WholeDateField, WholeNumber, Year


class _Choice(RadioField):
    """One of a few answers, all of them in sight."""

    def __init__(self, label: str, offered: Mapping[Any, str], **options: Any) -> None:  # noqa: ANN401 - a field's
        """Offer these, in the language of whoever reads."""
        super().__init__(label, choices=_in_words(offered), **options)

    def pre_validate(self, _form: object) -> None:
        """Refuse what is not offered; what is not answered at all is another question."""
        if self.data and self.data not in {code for code, *_words in self.iter_choices()}:
            raise ValidationError(_("Choose an answer from the list."))


def _in_words(offered: Mapping[Any, str]) -> Callable[[], dict[str, str]]:
    return lambda: {str(code): str(words) for code, words in offered.items()}


class _Address(Text):
    """An address on the web."""

    widget = URLInput()

    def pre_validate(self, form: object) -> None:
        """Refuse what no page may link to."""
        super().pre_validate(form)
        if self.data and not is_address(self.data):
            raise ValidationError(str(WRONG[Wrong.SOURCE]))


class FigureForm(Form):
    """One value of an official source. 0, "Not available" and "-" are answers of their own, and none is a number."""

    country = CodeSelect(L_("Country"))
    year = Year(L_("Year"), validators=[InputRequired(L_("Enter a year"))], lowest=EARLIEST_YEAR, highest=LATEST_YEAR)
    figure = _Choice(L_("What is counted"), FIGURES, validators=[InputRequired(L_("Choose what is counted"))])
    kind = _Choice(L_("What the source says"), KINDS, validators=[InputRequired(L_("Choose what the source says"))])
    number = WholeNumber(L_("Number"), lowest=0, highest=LARGEST)
    motivation = CodeSelect(L_("Bias motivation"), "bias_motivations", blank=L_("All together"))
    type = CodeSelect(L_("Type of incident"), "incident_types", blank=L_("All together"))
    unit_note = Text(
        L_("What the source counts"),
        validators=[Optional()],
        most=LONGEST_NOTE,
        description=L_("For example offences, cases or persons, in the words of the source. Everybody can read it."),
    )
    source_url = _Address(
        L_("Address of the source"),
        validators=[InputRequired(L_("Enter the address of the source"))],
        most=LONGEST_ADDRESS,
    )
    seen_on = WholeDateField(L_("Seen on"))

    @classmethod
    def asking(cls, **known: object) -> "FigureForm":
        """Return the form with what is known already, in the language of now."""
        form = cls(data=known)
        named = by_country_name((entry.code, "") for entry in countries())
        form.country.choices = {code: labels.label("countries", code) for code, _none in named}
        return form

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - as WTForms has it
        """Also ask for the number where the source prints one, and for the day."""
        valid = super().validate(extra_validators)
        if self.kind.data == Kind.NUMBER and self.number.data is None and not self.number.errors:
            add_error(self.number, _("Write the number."))
            return False
        if valid and self.seen_on.day_meant is None:
            add_error(self.seen_on.form.day, _("Write day, month and year."))
            return False
        return valid

    @property
    def entry(self) -> Entry:
        """What the valid form says."""
        cell = Cell(
            country=self.country.data or "",
            year=self.year.data or 0,
            figure=Figure(self.figure.data),
            motivation=self.motivation.data or "",
            type=self.type.data or "",
        )
        kind = Kind(self.kind.data)
        value = Value.of(self.number.data or 0) if kind is Kind.NUMBER else Value(kind)
        day = self.seen_on.day_meant
        if day is None:
            raise ValueError("a valid form has a day")
        return Entry(cell, value, self.source_url.data or "", day, self.unit_note.data or "")

    def refuse(self, wrong: str) -> None:
        """Say beside its field what a rule found."""
        fields = {
            Wrong.COUNTRY: self.country,
            Wrong.YEAR: self.year,
            Wrong.VALUE: self.number,
            Wrong.SEEN_ON: self.seen_on.form.day,
        }
        add_error(fields.get(Wrong(wrong), self.source_url), str(WRONG[Wrong(wrong)]))


class FileForm(Form):
    """A file of official figures."""

    file = FileField(
        L_("File"),
        description=L_(
            "CSV with the columns country, year, recorded_by_police, prosecuted, sentenced, source_url; motivation, "
            "type, unit_note and seen_on may stand beside them."
        ),
        render_kw={"accept": ".csv,.txt"},
    )
    seen_on = WholeDateField(L_("Seen on"))

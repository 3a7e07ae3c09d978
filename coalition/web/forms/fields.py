"""Fields that forms share: text that may be too long, numbers as people type them, codes, dates, rows.

What is typed is checked for being readable, never for being there: a draft may be incomplete. Each field keeps
what was typed, so that a form with an error comes back as it was sent.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import (
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from coalition.domain.codebook import codebook
from coalition.domain.incidents import EARLIEST_YEAR, PartialDate
from coalition.i18n import L_, _, format_number, labels
from coalition.web.forms.base import Form, add_error

LINE = 200
"""Most characters of a field of one line."""
LATEST_YEAR = 2100

Choices = Callable[[], dict[str, str]]


def _check_length(field: StringField, most: int) -> None:
    length = len(field.data or "")
    if length > most:
        raise ValidationError(
            _(
                "“%(field)s”: shorten the text to %(most)s characters; now it has %(length)s.",
                field=field.label.text,
                most=format_number(most),
                length=format_number(length),
            )
        )


class Text(StringField):
    """One line of text."""

    def __init__(self, label: str = "", *, most: int = LINE, **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Keep how long it may be."""
        super().__init__(label, **options)
        self.most = most

    def pre_validate(self, _form: object) -> None:
        """Refuse what is too long."""
        _check_length(self, self.most)


class LongText(TextAreaField):
    """Text of several lines."""

    def __init__(self, label: str = "", *, most: int, **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Keep how long it may be."""
        super().__init__(label, **options)
        self.most = most

    def pre_validate(self, _form: object) -> None:
        """Refuse what is too long."""
        _check_length(self, self.most)


class WholeNumber(IntegerField):
    """A whole number between two bounds."""

    def __init__(self, label: str = "", *, lowest: int = 1, highest: int, **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Keep the bounds."""
        super().__init__(label, **options)
        self.lowest, self.highest = lowest, highest

    def _refusal(self) -> str:
        return _(
            "%(field)s: write a whole number from %(lowest)s to %(highest)s.",
            field=self.label.text,
            lowest=format_number(self.lowest),
            highest=format_number(self.highest),
        )

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read digits; spaces between them, as many languages group thousands, are no error."""
        if not valuelist:
            return
        digits = "".join(valuelist[0].split())
        self.data = None
        if not digits:
            return
        if not digits.isdecimal() or len(digits) > len(str(self.highest)):
            raise ValueError(self._refusal())
        if not self.lowest <= int(digits) <= self.highest:
            raise ValueError(self._refusal())
        self.data = int(digits)


class Year(WholeNumber):
    """A year of four digits."""

    def _refusal(self) -> str:
        return _("Year: write four digits, for example %(year)s.", year="2025")


def choices_of(list_name: str, blank: str = "") -> Choices:
    """Return what makes a list's choices in the reader's language; `blank` is the label for no answer."""
    return lambda: {**({"": str(blank)} if blank else {}), **dict(labels.choices(list_name))}


def hints_of(list_name: str, codes: Sequence[str] = ()) -> dict[str, str]:
    """Return the hints of a list's choices, those that have one."""
    found = {code: labels.hint(list_name, code) for code in codes or codebook()[list_name].codes}
    return {code: text for code, text in found.items() if text}


def _refuse_unknown(field: SelectField) -> None:
    known = {str(code) for code in field.choices or ()}
    chosen: Sequence[str] = field.data if isinstance(field.data, list) else [field.data or ""]
    if any(code and code not in known for code in chosen):
        raise ValidationError(_("Choose an answer from the list."))


class CodeSelect(SelectField):
    """One code of a list, from a menu."""

    def __init__(
        self,
        label: str = "",
        list_name: str = "",
        *,
        blank: str = L_("Not said"),
        **options: Any,  # noqa: ANN401 - the options of any field
    ) -> None:
        """Offer a list of the code book; without a name the form sets the choices itself."""
        super().__init__(label, choices=choices_of(list_name, blank) if list_name else None, **options)
        self.list_name = list_name

    def pre_validate(self, _form: object) -> None:
        """Refuse a code that is not offered."""
        _refuse_unknown(self)


class CodeRadio(RadioField):
    """One code of a list, all of it in sight."""

    def __init__(self, label: str = "", list_name: str = "", *, blank: str = "", **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Offer a list of the code book."""
        super().__init__(label, choices=choices_of(list_name, blank), **options)
        self.list_name = list_name

    def pre_validate(self, _form: object) -> None:
        """Refuse a code that is not offered."""
        _refuse_unknown(self)

    @property
    def hints(self) -> dict[str, str]:
        """What belongs under each choice."""
        return hints_of(self.list_name)


class CodeCheckboxes(SelectMultipleField):
    """Any codes of a list, or of a part of it; its data keep the list's order."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, list_name: str, codes: Sequence[str] = (), **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Offer these codes of a list of the code book, all of them if none are named."""
        self.list_name = list_name
        self.codes = tuple(codes) or codebook()[list_name].codes
        super().__init__(label, choices=self._offered, **options)

    def _offered(self) -> dict[str, str]:
        return {code: labels.label(self.list_name, code) for code in self.codes}

    def pre_validate(self, _form: object) -> None:
        """Refuse a code that is not offered."""
        _refuse_unknown(self)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ticked codes in the list's order."""
        return codebook()[self.list_name].sorted(self.data or ())

    @property
    def hints(self) -> dict[str, str]:
        """What belongs under each choice."""
        return hints_of(self.list_name, self.codes)


class PartForm(Form):
    """A part of a form: it has no token of its own."""

    def said(self) -> dict[str, Any]:
        """Return what the fields say, by name: text that was not said is empty, a number or a date is None."""
        return {name: _said(field) for name, field in self._fields.items()}

    class Meta(Form.Meta):
        """The form around it carries the token."""

        csrf = False


def _said(field: Any) -> Any:  # noqa: ANN401 - any field, whatever it holds
    if isinstance(field, WholeDateField):
        return field.day_meant
    if isinstance(field, PartialDateField):
        return field.value
    if isinstance(field, CodeCheckboxes):
        return field.chosen
    return field.data if isinstance(field, WholeNumber) else field.data or ""


class DateParts(PartForm):
    """A date in three boxes; what is not known stays empty."""

    day = WholeNumber(L_("Day"), highest=31)
    month = WholeNumber(L_("Month"), highest=12)
    year = Year(L_("Year"), lowest=EARLIEST_YEAR, highest=LATEST_YEAR)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Refuse a day without its month, a month without its year, and days that no calendar has."""
        if not super().validate(extra_validators):
            return False
        if self.day.data and not self.month.data:
            add_error(self.month, _("Write the month too, or leave the day empty."))
        elif self.month.data and not self.year.data:
            add_error(self.year, _("Write the year too."))
        elif self.value() is None and self.year.data:
            add_error(self.day, _("This month has no day %(day)s.", day=str(self.day.data)))
        return not self.errors

    def value(self) -> PartialDate | None:
        """Return the date, None without a year or where no calendar has such a day."""
        if not self.year.data:
            return None
        try:
            return PartialDate(self.year.data, self.month.data, self.day.data)
        except ValueError:
            return None


class WholeDateParts(DateParts):
    """A date of which everything is known."""

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Refuse a part of a date."""
        if not super().validate(extra_validators):
            return False
        boxes = (self.day, self.month, self.year)
        if any(box.data for box in boxes):
            for box in boxes:
                if not box.data:
                    add_error(box, _("Write day, month and year."))
                    break
        return not self.errors


class PartialDateField(FormField):  # type: ignore[type-arg] # generic in the stubs only
    """A date as precisely as it is known."""

    def __init__(self, label: str = "", parts: type[DateParts] = DateParts, **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Use the three boxes."""
        super().__init__(parts, label, **options)

    @property
    def value(self) -> PartialDate | None:
        """The date that the boxes hold."""
        parts: DateParts = self.form
        return parts.value()


class WholeDateField(PartialDateField):
    """A day."""

    def __init__(self, label: str = "", **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Use three boxes that belong together."""
        super().__init__(label, WholeDateParts, **options)

    @property
    def day_meant(self) -> date | None:
        """The day that the boxes hold."""
        return self.value.earliest() if self.value else None


def boxes_of(day: PartialDate | date | None) -> dict[str, int | None]:
    """Return what the three boxes show for a date."""
    return {} if day is None else {"day": day.day, "month": day.month, "year": day.year}


class Rows(FieldList):  # type: ignore[type-arg] # generic in the stubs only
    """Rows of fields that a person adds and removes by pressing a button; an empty row is no row."""

    def __init__(self, row: type[PartForm], title: str, *, most: int = 20, **options: Any) -> None:  # noqa: ANN401 - the options of any field
        """Begin with one empty row; `title` names a row by its `%(number)s`."""
        unbound: Any = FormField(row)
        super().__init__(unbound, min_entries=1, max_entries=most, **options)
        self._title = title

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:  # noqa: ANN401 - whatever the form holds
        """Yield the numbers of the rows that were sent. The library also takes for numbers what is none, such as "²",
        or has more digits than Python reads.
        """
        sent = re.compile(re.escape(prefix) + "-([0-9]{1,6})-")
        yield from (int(found[1]) for found in map(sent.match, formdata) if found)

    def title_of(self, number: int) -> str:
        """Return the title of a row, counted from 1."""
        return str(self._title) % {"number": format_number(number)}

    @property
    def full(self) -> bool:
        """Whether no more rows fit."""
        return len(self.entries) >= (self.max_entries or 0)

    @property
    def filled(self) -> list[dict[str, Any]]:
        """What the rows that hold anything say."""
        rows: list[dict[str, Any]] = [entry.form.said() for entry in self.entries]
        return [row for row in rows if any(row.values())]

    def press(self, button: str) -> None:
        """Do what one of the rows' buttons says: "add", or "remove-" with a row's number; else nothing."""
        act, _dash, number = button.partition("-")
        if act == "add" and not self.full:
            self.append_entry()
        elif act == "remove" and re.fullmatch("[0-9]{1,6}", number) and int(number) < len(self.entries):
            self.pop_entry(int(number))  # type: ignore[call-arg] # newer than the stubs
            if not self.entries:
                self.append_entry()

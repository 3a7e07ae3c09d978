"""The forms of the calendar: a date of the coalition's own, and a part of ODIHR's cycle."""

from typing import Self

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # the stubs are older
from wtforms.validators import DataRequired, InputRequired

from coalition.domain.cycle import LONGEST_SPAN, LONGEST_TITLE, Reach, Span
from coalition.i18n import L_, _, format_number
from coalition.i18n.cycle import REACHES
from coalition.services.calendar import DateView
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import Text, WholeDateField, boxes_of


class SpanForm(Form):
    """One day, or the first and the last of several."""

    first = WholeDateField(L_("When"))
    last = WholeDateField(L_("Last day"), description=L_("Only if it lasts longer than one day."))

    def is_answered(self) -> bool:
        """Tell whether the form can be taken; what keeps it from that gets an error beside it."""
        if not self.validate():
            return False
        first, last = self.first.day_meant, self.last.day_meant
        if first is None:
            add_error(self.first.form.day, _("Write day, month and year."))
            return False
        if last is not None and not first <= last:
            add_error(self.last.form.day, _("The last day comes before the first."))
            return False
        if self.span.days > LONGEST_SPAN:
            add_error(self.last.form.day, _("Choose at most %(days)s days.", days=format_number(LONGEST_SPAN)))
            return False
        return True

    @property
    def span(self) -> Span:
        """The days that were typed.

        Raises ValueError before the form was taken.
        """
        first = self.first.day_meant
        if first is None:
            raise ValueError("there is no day")
        return Span(first, self.last.day_meant or first)


def _boxes(when: Span | None) -> dict[str, dict[str, int | None]]:
    """Return what the boxes of a form show for some days."""
    if when is None:
        return {}
    return {"first": boxes_of(when.first), "last": boxes_of(when.last if when.days > 1 else None)}


class MoveForm(SpanForm):
    """The days of one part of ODIHR's cycle in one year."""

    @classmethod
    def showing(cls, when: Span) -> Self:
        """Return the form with the days that hold now."""
        return cls(data=_boxes(when))


class DateForm(SpanForm):
    """A date of the coalition's own."""

    title = Text(
        L_("What happens"),
        most=LONGEST_TITLE,
        validators=[DataRequired(L_("Say what happens"))],
        description=L_("For example: All incidents of March are handed in. Write no person’s name."),
    )
    reach = RadioField(
        L_("For whom"),
        [InputRequired(L_("Choose for whom it is"))],
        choices=[SelectChoice(reach.value, REACHES[reach]) for reach in Reach],
    )

    @classmethod
    def showing(cls, item: DateView | None = None) -> Self:
        """Return the form with a date that is there, or with nothing but the more careful choice."""
        if item is None:
            return cls(data={"reach": Reach.MEMBERS.value})
        return cls(data={"title": item.title, "reach": item.reach.value, **_boxes(item.when)})

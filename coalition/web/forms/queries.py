"""Forms about the questions of a receiving body: note some, say who answers, note the answer."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Self

from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from coalition.domain.queries import LONGEST, MOST_AT_ONCE, About, Asked, UnreadableLines, about
from coalition.i18n import L_, _, format_number
from coalition.services.queries import Version
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import Text, WholeDateField, boxes_of

_SHOWN = 10
"""So many words that cannot be read are named; the page would be full of them else."""


def _words(label: str, empty: str, hint: str) -> TextAreaField:
    checks = [DataRequired(empty), Length(max=LONGEST, message=L_("Write at most 8,000 characters"))]
    return TextAreaField(label, checks, description=hint, render_kw={"rows": 7})


class AskedForm(Form):
    """What came from the receiving body."""

    version = SelectField(L_("Version that they ask about"), [InputRequired(L_("Choose a version"))])
    asked_on = WholeDateField(L_("Day on which the question came"))
    lines = Text(
        L_("Incidents that they ask about"),
        validators=[Optional()],
        most=1000,
        description=L_(
            "Numbers in the sheet or references, such as 3, 7-9, ABCDE-FGHIJ. One question is noted for each. "
            "Leave it empty when they ask about the submission as a whole."
        ),
    )
    question = _words(
        L_("What they ask"),
        L_("Write what they ask"),
        L_(
            "What is noted about an incident goes when its record is erased. So write here only what is about these "
            "incidents, and note the others by themselves."
        ),
    )

    @classmethod
    def offering(cls, versions: Iterable[Version], today: date) -> Self:
        """Return the form with the versions to choose from; it begins with today."""
        form = cls(data={"asked_on": boxes_of(today)})
        form.version.choices = {_code(one): _name(one) for one in versions}
        return form

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - as WTForms has it
        """Also read the numbers, and ask for the day."""
        valid = super().validate(extra_validators)
        if valid and self.asked_on.day_meant is None:
            add_error(self.asked_on.form.day, _("Write day, month and year."))
        self._read_lines()
        return not self.errors

    def _read_lines(self) -> About:
        try:
            return about(self.lines.data or "")
        except UnreadableLines as error:
            self.refuse_lines([str(word) for word in error.problems])
            return About()

    def refuse_lines(self, words: Iterable[str]) -> None:
        """Say beside the field which words name no incident."""
        named = list(words)
        if not named:
            add_error(self.lines, _("At most %(most)s incidents at once.", most=format_number(MOST_AT_ONCE)))
            return
        told = ", ".join(named[:_SHOWN]) + (" …" if len(named) > _SHOWN else "")
        add_error(
            self.lines, _("There is no incident in this version, or none that you may read, for: %(words)s", words=told)
        )

    def refuse_day(self) -> None:
        """Say beside the field which days can be."""
        add_error(self.asked_on.form.day, _("Write a day that has been."))

    @property
    def asked(self) -> Asked:
        """What the valid form says."""
        year, number, profile = (self.version.data or "0/0/").split("/", 2)
        day = self.asked_on.day_meant
        if day is None:
            raise ValueError("a valid form has a day")
        return Asked(int(year), int(number), day, self.lines.data or "", self.question.data or "", profile)


def _code(version: Version) -> str:
    return f"{version.year}/{version.number}/{version.profile}"


def _name(version: Version) -> str:
    words = {"year": version.year, "number": version.number, "profile": version.profile}
    if version.sent_at:
        return _("%(year)s, version %(number)s, sent (%(profile)s)", **words)
    return _("%(year)s, version %(number)s (%(profile)s)", **words)


class AnswerForm(Form):
    """What was answered, and when."""

    answer = _words(
        L_("What was answered"),
        L_("Write what was answered"),
        L_("In the words that were sent. Until the question is closed the answer can be changed."),
    )
    answered_on = WholeDateField(L_("Day on which it was answered"))

    @classmethod
    def of(cls, text: str, day: date) -> Self:
        """Return the form with what was answered before, and a day."""
        return cls(data={"answer": text, "answered_on": boxes_of(day)})

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - as WTForms has it
        """Also ask for the day."""
        valid = super().validate(extra_validators)
        if valid and self.answered_on.day_meant is None:
            add_error(self.answered_on.form.day, _("Write day, month and year."))
        return not self.errors

    @property
    def day(self) -> date:
        """The day that the valid form says."""
        found = self.answered_on.day_meant
        if found is None:
            raise ValueError("a valid form has a day")
        return found

    def refuse_day(self) -> None:
        """Say beside the field which days can be."""
        add_error(self.answered_on.form.day, _("Write a day between the question and today."))


class ReviewerForm(Form):
    """Who is to answer."""

    reviewer = SelectField(L_("Who answers it"), [Optional()])

    @classmethod
    def showing(cls, people: Mapping[str, str], chosen: str) -> Self:
        """Return the form with the people to choose from, by reference, whatever else the page was sent."""
        form = cls(formdata=None, data={"reviewer": chosen}, prefix="give-")
        form.offer(people)
        return form

    @classmethod
    def sent(cls, people: Mapping[str, str]) -> Self:
        """Return the form as it was sent."""
        form = cls(prefix="give-")
        form.offer(people)
        return form

    def offer(self, people: Mapping[str, str]) -> None:
        """Offer these people, and nobody."""
        self.reviewer.choices = {"": _("Nobody yet"), **people}

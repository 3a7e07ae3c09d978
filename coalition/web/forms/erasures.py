"""The forms around keeping and erasing: a reason, and for keeping a day."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from wtforms import RadioField
from wtforms.validators import InputRequired

from coalition.domain.retention import ErasureReason, HoldReason, KeepReason
from coalition.i18n import L_, _, labels
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import CodeSelect, PartForm, WholeDateField, boxes_of


def _choices(list_name: str, reasons: Iterable[StrEnum]) -> dict[str, str]:
    return {reason.value: labels.label(list_name, reason.value) for reason in reasons}


def _reason(label: str) -> RadioField:
    return RadioField(label, [InputRequired(L_("Choose a reason."))])


class HoldForm(Form):
    """Why a record is locked."""

    reason = _reason(L_("Why must it not be erased?"))

    @classmethod
    def offered(cls) -> "HoldForm":
        """Return the form with its reasons."""
        form = cls()
        form.reason.choices = _choices("hold_reasons", HoldReason)
        return form

    @property
    def chosen(self) -> HoldReason:
        """The reason; the form must be valid."""
        return HoldReason(self.reason.data)


class EraseForm(Form):
    """Why a record is to be erased."""

    reason = _reason(L_("Why is it erased?"))

    @classmethod
    def offered(cls) -> "EraseForm":
        """Return the form with its reasons."""
        form = cls()
        form.reason.choices = _choices("erasure_reasons", ErasureReason)
        return form

    @property
    def chosen(self) -> ErasureReason:
        """The reason; the form must be valid."""
        return ErasureReason(self.reason.data)


class KeepForm(Form):
    """Until when, and why, a record that was due is kept."""

    until = WholeDateField(L_("Look at it again on"))
    reason = _reason(L_("Why is it kept?"))

    @classmethod
    def proposing(cls, day: date) -> "KeepForm":
        """Return the form with a day to begin with."""
        form = cls(data={"until": boxes_of(day)})
        form.reason.choices = _choices("keep_reasons", KeepReason)
        return form

    @property
    def chosen(self) -> KeepReason:
        """The reason; the form must be valid."""
        return KeepReason(self.reason.data)

    def day(self) -> date | None:
        """Return the day, and None with an error beside the field where there is none."""
        meant = self.until.day_meant
        if meant is None:
            self.refuse_day()
        return meant

    def refuse_day(self) -> None:
        """Say beside the field which days can be chosen."""
        add_error(self.until.form.day, _("Choose a day from tomorrow on, at most ten years from now."))


class ExportForm(PartForm):
    """Which incidents are taken away: those of one year, or all."""

    year = CodeSelect(L_("Year of the incident"))

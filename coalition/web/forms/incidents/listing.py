"""The small forms around the recording form: the filter of the list, and handing an incident in."""

from collections.abc import Collection, Sequence

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField
from wtforms.validators import InputRequired

from coalition.domain.vocabulary import State
from coalition.i18n import L_, _, labels
from coalition.web.forms.fields import CodeCheckboxes, CodeSelect, LongText, PartForm
from coalition.web.forms.incidents.section import VersionedForm

_ANSWER = 5000


class FilterForm(PartForm):
    """Which incidents the list shows. What the address says wrongly is left out."""

    state = HiddenField()
    year = CodeSelect(L_("Year of the incident"))

    @classmethod
    def of(cls, address: MultiDict[str, str], years: Sequence[int]) -> "FilterForm":
        """Read the filter from an address; years are those that may be chosen."""
        form = cls(formdata=address)
        form.year.choices = {"": _("All years"), **{str(year): str(year) for year in years}}
        return form

    @property
    def state_code(self) -> str:
        """The state looked at, empty for all."""
        return self.state.data if self.state.data in set(State) else ""

    @property
    def year_number(self) -> int | None:
        """The year looked at, None for all."""
        year = self.year.data or ""
        return int(year) if year and year in (self.year.choices or ()) else None


class ConsentForm(VersionedForm):
    """Take consent back for some purposes; only those that were consented to are offered."""

    purposes = CodeCheckboxes(
        L_("Which consent does the person take back?"),
        "consent_purposes",
        validators=[InputRequired(L_("Tick what the person takes back"))],
    )

    def offer(self, given: Collection[str]) -> None:
        """Offer the purposes that were consented to."""
        self.purposes.choices = {
            code: labels.label("consent_purposes", code) for code in self.purposes.codes if code in given
        }


class SubmitForm(VersionedForm):
    """Hand an incident in, with the answer to a question if there is one."""

    answer = LongText(
        L_("Your answer to the coordinator"),
        most=_ANSWER,
        description=L_("Answer here, change the record, or do both. The coordinator sees your answer."),
        render_kw={"rows": 5},
    )

"""The forms around a list: what it is narrowed to, keeping that under a name, one thing done with many records."""

from collections.abc import Mapping, Sequence
from datetime import date

from wtforms import BooleanField, HiddenField, SearchField
from wtforms.validators import InputRequired

from coalition.domain.bulk import Act
from coalition.domain.codebook import countries, regions
from coalition.domain.filters import (
    ALL,
    FLAGS,
    LONGEST_NAME,
    LONGEST_WORDS,
    ME,
    NOBODY,
    UNCHECKED,
    UNKNOWN,
    ListFilter,
    ListPage,
)
from coalition.domain.readiness import SOUGHT, Standing
from coalition.domain.verification import VerificationLevel
from coalition.i18n import L_, _, by_country_name, labels, month_name
from coalition.i18n.filters import PARTS, SPECIAL
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import CodeSelect, LongText, Text, WholeDateField

_COMMENT = 4000
_OF_REVIEWS = ("organisation", "reviewer", "overdue", "second")


class NarrowForm(Form):
    """What a list is narrowed to. Whatever cannot be is left out, so nothing of it is ever refused."""

    words = SearchField(
        L_("Search in the records"),
        description=L_("Words from the texts in whatever form, in Bulgarian or English, or a whole reference."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    state = CodeSelect(PARTS["state"])
    year = CodeSelect(PARTS["year"])
    organisation = CodeSelect(PARTS["organisation"])
    country = CodeSelect(PARTS["country"])
    type = CodeSelect(PARTS["type"])
    motivation = CodeSelect(PARTS["motivation"])
    reviewer = CodeSelect(PARTS["reviewer"])
    verification = CodeSelect(PARTS["verification"])
    month = CodeSelect(PARTS["month"])
    readiness = CodeSelect(PARTS["readiness"])
    overdue = BooleanField(PARTS["overdue"])
    late = BooleanField(PARTS["late"])
    question = BooleanField(PARTS["question"])
    second = BooleanField(PARTS["second"])

    @classmethod
    def showing(cls, chosen: ListFilter, page: ListPage, states: Sequence[str], years: Sequence[int]) -> "NarrowForm":
        """Return the form with what is set; a member's own list is not narrowed by what only reviewers know."""
        printed = chosen.printed()
        form = cls(formdata=None, data={**printed, **{name: printed.get(name) == "1" for name in FLAGS}})
        form.state.choices = {ALL: _("All"), **{state: labels.label("states", state) for state in states}}
        form.year.choices = {"": _("All"), **{str(year): str(year) for year in years}}
        form.type.choices = {"": _("All"), **dict(labels.choices("incident_types"))}
        form.motivation.choices = {"": _("All"), **dict(labels.choices("bias_motivations"))}
        named = by_country_name((entry.code, "") for entry in countries())
        form.country.choices = {"": _("All"), **{code: labels.label("countries", code) for code, _none in named}}
        levels = {level.value: labels.label("verification_levels", level) for level in VerificationLevel}
        form.verification.choices = {"": _("All"), UNCHECKED: str(SPECIAL[UNCHECKED]), **levels}
        months = {str(month): month_name(month) for month in range(1, 13)}
        form.month.choices = {"": _("All"), **months, UNKNOWN: str(SPECIAL[UNKNOWN])}
        sought = [code for code in SOUGHT if page is ListPage.REVIEWS or code != Standing.ALIKE]
        form.readiness.choices = {"": _("All"), **{code.value: labels.label("readiness", code) for code in sought}}
        if page is ListPage.INCIDENTS:
            for name in _OF_REVIEWS:
                del form[name]
        return form

    def offer(self, organisations: Mapping[str, str], reviewers: Mapping[str, str]) -> None:
        """Offer the members and the reviewers by their names."""
        if "organisation" in self:
            self.organisation.choices = {"": _("All"), **organisations}
            people = {ME: str(SPECIAL[ME]), NOBODY: str(SPECIAL[NOBODY]), **reviewers}
            self.reviewer.choices = {"": _("All"), **people}

    @property
    def said(self) -> dict[str, str]:
        """What was sent, by the names of a filter's parts."""
        texts = {field.short_name: field.data or "" for field in self if field.short_name in PARTS}
        return {name: ("1" if text is True else str(text)) for name, text in texts.items()}


class NameForm(Form):
    """A filter's name, and whether colleagues may use it."""

    name = Text(
        L_("Name of the filter"),
        most=LONGEST_NAME,
        validators=[InputRequired(L_("Give the filter a name"))],
        description=L_("Colleagues read it when you share the filter. Write no person’s name."),
    )
    shared = BooleanField(L_("Colleagues can use it as well"))


class TogetherForm(Form):
    """One thing to be done with many records, and what it asks."""

    act = CodeSelect(L_("With the chosen records"))
    records = HiddenField()
    """References, each with the version that was looked at once that is known."""
    reviewer = CodeSelect(L_("Reviewer"))
    due = WholeDateField(L_("To be decided by"), description=L_("Leave it empty to keep the day that holds."))
    text = LongText(
        L_("Comment"),
        most=_COMMENT,
        description=L_(
            "Each organisation reads it with its record, and nobody can change it. Ask for no name, write no name."
        ),
        render_kw={"rows": 4},
    )
    motivation = CodeSelect(L_("Bias motivation"), "bias_motivations", blank=L_("Choose one"))
    region = CodeSelect(L_("Region"))

    def offer(self, acts: Mapping[str, str], reviewers: Mapping[str, str], country: str) -> None:
        """Offer what can be done, who can be chosen, and the regions of the coalition's country."""
        self.act.choices = {"": _("Choose what to do"), **acts}
        self.reviewer.choices = {"": _("Choose one"), **reviewers}
        named = {code: labels.label("regions", code) for code in regions(country).codes}
        self.region.choices = {"": _("Choose one"), **named}

    def is_answered(self, act: Act, today: date) -> bool:
        """Tell whether what the act asks was answered; what was not gets an error beside it."""
        asked = _ASKED.get(act)
        if asked is None:
            return True
        if not self.validate():
            return False
        if self.due.day_meant and self.due.day_meant < today:
            add_error(self.due.form.day, _("Choose a day from today on."))
            return False
        if not (self[asked].data or "").strip():
            add_error(self[asked], _("This is needed."))
            return False
        return True

    @property
    def code(self) -> str:
        """The motivation or the region that was chosen."""
        return self.motivation.data or self.region.data or ""


_ASKED: Mapping[Act, str] = {
    Act.ASSIGN: "reviewer",
    Act.COMMENT: "text",
    Act.MOTIVATION: "motivation",
    Act.REGION: "region",
}
"""The field that each act needs."""
MOST_WORDS = LONGEST_WORDS
